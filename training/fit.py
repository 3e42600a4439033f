"""From labelled messages to a model: fit, calibrate on voices that were not fitted on, save."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from training import SEED
from training.calibration import Held, calibrate
from training.corpus import DATASETS, Corpus, CorpusError, fingerprint
from training.noise import MISPRINTS, with_misprints
from training.promise import Outcomes, Promise
from triage.artefact import Fingerprint, Model, save_model
from triage.catalogue import Catalogue
from triage.catalogue_file import BUNDLED as CATALOGUE_FILE
from triage.catalogue_file import read_catalogue
from triage.decision import Policy
from triage.estimator import words_of
from triage.fitting import REPAIRS, Cue, Settings, Targets, fit_recogniser
from triage.recogniser import Recogniser

__all__ = [
    "CODE",
    "Sample",
    "build",
    "code_fingerprint",
    "current_fingerprint",
    "fit",
    "fold_voices",
    "recogniser_of",
    "sample_of",
]

CODE = (
    "training/__init__.py",
    "training/fit.py",
    "training/corpus.py",
    "training/rows.py",
    "training/labelling.py",
    "training/noise.py",
    "training/calibration.py",
    "training/promise.py",
    "training/bounds.py",
    "triage/fitting.py",
    "triage/lessons.py",
    "triage/network.py",
    "triage/counting.py",
    "triage/wording.py",
    "triage/words.py",
    "triage/features.py",
    "triage/message.py",
    "triage/estimator.py",
    "triage/recogniser.py",
    "triage/table.py",
    "triage/defects.py",
    "triage/catalogue.py",
    "triage/catalogue_file.py",
    "triage/overlay.py",
    "triage/departures.py",
    "triage/versions.py",
    "triage/in_force.py",
    "triage/facts.py",
    "triage/law.py",
    "triage/ruling.py",
    "triage/decision.py",
    "triage/urgency.py",
)
"""The files that decide what a model looks like: with any of them changed, it is to be fitted anew."""
_FOLDS = 4


@dataclass(frozen=True)
class Sample:
    """Texts ready for fitting, with their targets.

    Parameters
    ----------
    words : list of list of str
    targets : Targets
    phrases : list of Cue
    asides : list of list of str
    """

    words: list[list[str]]
    targets: Targets
    phrases: list[Cue]
    asides: list[list[str]]


def sample_of(corpus: Corpus) -> Sample:
    """Turn messages into a sample: requests, nothing-to-repair, several defects whole and each defect's own words."""
    texts: list[str] = []
    exclusive: list[str | None] = []
    circumstances: list[frozenset[str]] = []
    several: list[bool] = []
    left_open: list[bool] = []
    urgent: list[bool] = []

    def add(text: str, name: str | None, holding: Sequence[str], flags: tuple[bool, bool, bool]) -> None:
        texts.append(text)
        exclusive.append(name)
        circumstances.append(frozenset(holding))
        for values, flag in zip((several, left_open, urgent), flags, strict=True):
            values.append(flag)

    for row in corpus.requests:
        add(row.text, row.rule, row.circumstances, (False, not row.decidable, row.urgent))
    for nothing in corpus.elsewhere:
        add(nothing.text, nothing.kind, (), (False, False, False))
    for message in corpus.several:
        held = [key for defect in message.defects for key in defect.circumstances]
        add(message.text, None, held, (True, False, any(defect.urgent for defect in message.defects)))
        for defect in message.defects:
            add(defect.quote, defect.rule, defect.circumstances, (False, False, defect.urgent))
    kept = {"several": several, "open": left_open, "urgent": urgent}
    flags = {name: np.array(own, dtype=bool) for name, own in kept.items()}
    phrases = [Cue(saying.circumstance, saying.holds, saying.text) for saying in corpus.sayings]
    asides = words_of([aside.text for aside in corpus.asides])
    return Sample(words_of(texts), Targets(exclusive, circumstances, flags), phrases, asides)


def recogniser_of(
    corpus: Corpus, catalogue: Catalogue, settings: Settings = REPAIRS, misprints: float = MISPRINTS
) -> Recogniser:
    """Fit a recogniser on all messages of a corpus, without calibration.

    Parameters
    ----------
    corpus : Corpus
    catalogue : Catalogue
    settings : Settings, optional
    misprints : float, optional
        Share of the requests that are learned once more with misprints.

    Returns
    -------
    Recogniser
    """
    sample = sample_of(with_misprints(corpus, misprints))
    return fit_recogniser(sample.words, sample.targets, catalogue, settings, sample.phrases, sample.asides)


def fold_voices(voices: Sequence[str], folds: int = _FOLDS) -> list[list[str]]:
    """Deal voices over folds, at random but always the same way."""
    order = np.random.default_rng(SEED).permutation(sorted(voices))
    return [sorted(map(str, order[i::folds])) for i in range(folds)]


def fit(
    corpus: Corpus,
    catalogue: Catalogue,
    settings: Settings = REPAIRS,
    promise: Promise | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Recogniser, Policy, Outcomes]:
    """Fit on all voices of a corpus, with a policy found on voices left out in turn.

    Parameters
    ----------
    corpus : Corpus
        Should not hold the test voices.
    catalogue : Catalogue
    settings : Settings, optional
    promise : Promise, optional
        What is accepted of automatic decisions.
    say : callable, optional
        Told what is going on.

    Returns
    -------
    recogniser : Recogniser
        Fitted on every voice and calibrated.
    policy : Policy
    outcomes : Outcomes
        What the policy was found on.

    Raises
    ------
    CorpusError
        If there are too few voices to leave some out in turn.
    """
    writing = sorted({row.voice for row in corpus.messages()})
    folds = fold_voices(writing)
    if not all(folds):
        need = f"a fit needs {_FOLDS} train or calibration voices with messages at least, to leave some out in turn"
        raise CorpusError([f"{need}; there are {len(writing)}"])
    if not any(row.decidable for row in corpus.requests):
        raise CorpusError(["a fit needs requests that can be decided, to find out how sure it may be; there are none"])
    say(f"fitting {len(folds)} times with voices left out, to calibrate")
    held = Parallel(n_jobs=-1)(delayed(_hold_out)(corpus, catalogue, settings, fold) for fold in folds)
    say("fitting on all voices")
    recogniser = recogniser_of(corpus, catalogue, settings)
    say("calibrating")
    gains, biases, policy, outcomes = calibrate(list(held), catalogue, recogniser.outputs, promise or Promise())
    return recogniser.calibrated(gains, biases), policy, outcomes


def _hold_out(corpus: Corpus, catalogue: Catalogue, settings: Settings, voices: list[str]) -> Held:
    """Fit without some voices and score them."""
    others = set(corpus.voices) - set(voices)
    recogniser = recogniser_of(corpus.by_voices(others), catalogue, settings)
    held = corpus.by_voices(voices)
    own = sample_of(held)
    return Held(held, recogniser, own.targets, recogniser.scores(own.words))


def code_fingerprint() -> str:
    """Hash the code that decides what a model looks like."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for name in CODE:
        digest.update(name.encode() + b"\0" + (root / name).read_bytes())
    return digest.hexdigest()


def current_fingerprint(datasets: Path = DATASETS, catalogue_file: Path = CATALOGUE_FILE) -> Fingerprint:
    """Hash what a model would be built from now; a model with another fingerprint is stale."""
    return Fingerprint(
        data=fingerprint(datasets),
        catalogue=_catalogue_fingerprint(catalogue_file),
        code=code_fingerprint(),
    )


def _catalogue_fingerprint(file: Path) -> str:
    """Hash a catalogue's file; of an association's own also what comes of it, since that may extend another."""
    digest = hashlib.sha256(file.read_bytes())
    if file.resolve() != CATALOGUE_FILE.resolve():
        digest.update(read_catalogue(file).hash.encode())
    return digest.hexdigest()


def build(
    corpus: Corpus,
    catalogue: Catalogue,
    folder: Path,
    prints: Fingerprint,
    settings: Settings = REPAIRS,
    promise: Promise | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Model:
    """Fit on the train and calibration voices and save the model.

    Parameters
    ----------
    corpus : Corpus
        All voices; the test voices are left out here.
    catalogue : Catalogue
    folder : Path
        Where the model goes.
    prints : Fingerprint
        What it is built from.
    settings : Settings, optional
    promise : Promise, optional
    say : callable, optional

    Returns
    -------
    Model
    """
    recogniser, policy, outcomes = fit(corpus.part("train", "calibration"), catalogue, settings, promise, say)
    model = save_model(
        folder,
        recogniser,
        policy,
        catalogue,
        name=catalogue.id,
        fingerprint=prints,
        built_with={"python": platform.python_version()}
        | {name: version(name) for name in ("numpy", "scipy", "scikit-learn")},
    )
    outcomes.save(folder)
    return model
