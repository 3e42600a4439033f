"""Fitting a recogniser: sparse features, a softmax over rules, a choice of circumstances, a sigmoid for each flag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from triage.catalogue import Catalogue, Elsewhere, Party, Rule
from triage.choice import fit_choice, open_choices
from triage.counting import count_features
from triage.features import Vocabulary
from triage.recogniser import Outputs, Recogniser
from triage.wording import cue_texts, rule_texts, words_of

__all__ = ["CAUSES", "FLAGS", "Cue", "Settings", "Targets", "fit_recogniser", "pooled"]

FLAGS = ("several", "open", "urgent")
"""What is told about a message as a whole: several defects, left open, urgent."""

CAUSES: dict[Party, str] = {"tenant": "tenant_cause", "landlord": "landlord_cause"}
"""Outputs that pool the circumstances which turn a default towards a party."""

_SEED = 20261123
_NEVER = -10.0
"""Score of an output that no example shows."""


@dataclass(frozen=True)
class Settings:
    """How to fit; see `triage.estimator.TriageClassifier`."""

    C: float = 30.0
    circumstance_C: float = 10.0
    flag_C: float = 100.0
    catalogue_weight: float = 1.0
    min_count: int = 2
    max_features: int = 30_000
    max_iter: int = 60
    choice_iter: int = 150
    mixes: int = 3
    mix_weight: float = 0.1
    blur_weight: float = 0.5


@dataclass(frozen=True)
class Targets:
    """What is known about each text.

    Parameters
    ----------
    exclusive : sequence of str or None
        Rule or kind of message; None where it is not known: such a text does not train the softmax.
    circumstances : sequence of frozenset of str
    flags : mapping of str to ndarray of bool
    """

    exclusive: Sequence[str | None]
    circumstances: Sequence[frozenset[str]]
    flags: Mapping[str, NDArray[np.bool_]]


class Cue(NamedTuple):
    """A phrase by which people say that a circumstance holds, or does not."""

    circumstance: str
    holds: bool
    text: str


def fit_recogniser(
    texts: Sequence[Sequence[str]],
    targets: Targets,
    catalogue: Catalogue,
    settings: Settings,
    phrases: Sequence[Cue] = (),
) -> Recogniser:
    """Fit a recogniser on texts given as lists of folded words.

    Parameters
    ----------
    texts : sequence of sequence of str
    targets : Targets
    catalogue : Catalogue
        Its texts train along.
    settings : Settings
    phrases : sequence of Cue
        More ways to say that a circumstance holds, besides those of the catalogue.

    Returns
    -------
    Recogniser
    """
    outputs = Outputs(
        [rule.id for rule in catalogue.rules],
        [kind.id for kind in catalogue.elsewhere],
        [circumstance.id for circumstance in catalogue.circumstances],
        [*FLAGS, *CAUSES.values()],
    )
    described: list[Rule | Elsewhere] = (
        [*catalogue.rules, *catalogue.elsewhere] if settings.catalogue_weight > 0 else []
    )
    own_texts, own_names = rule_texts(described)
    cues = [*cue_texts(catalogue), *(words_of(cue.text) for cue in phrases)]
    vocabulary = Vocabulary.learn([*texts, *own_texts, *cues], settings.min_count)
    matrix = count_features(vocabulary, texts)
    own_matrix = count_features(vocabulary, own_texts) if own_texts else matrix[:0]

    weights = np.zeros((len(vocabulary.names), len(outputs)), dtype=np.float32)
    biases = np.full(len(outputs), _NEVER, dtype=np.float32)
    labelled = [i for i, name in enumerate(targets.exclusive) if name is not None]
    plain_cues = cue_texts(catalogue) if settings.blur_weight > 0 else []
    blurred, blurred_names = _blur(texts, targets, catalogue, plain_cues)
    _fit_exclusive(
        sparse.vstack([matrix[labelled], own_matrix, count_features(vocabulary, blurred)], format="csr"),
        np.array([targets.exclusive[i] for i in labelled] + own_names + blurred_names),
        np.array(
            [1.0] * len(labelled)
            + [settings.catalogue_weight] * len(own_names)
            + [settings.blur_weight] * len(blurred_names)
        ),
        (weights, biases),
        outputs,
        settings,
    )
    mixed, holding = _mix_in_cues(texts, targets, catalogue, phrases, settings.mixes)
    together = sparse.vstack([matrix, count_features(vocabulary, mixed)], format="csr") if mixed else matrix
    sample_weight = np.array([1.0] * len(texts) + [settings.mix_weight] * len(mixed))
    _fit_circumstances(together, targets, holding, sample_weight, catalogue, (weights, biases), outputs, settings)
    first = outputs.n_exclusive + len(outputs.circumstances)
    for i, flag in enumerate(outputs.flags):
        if flag in targets.flags:
            _fit_single(matrix, targets.flags[flag], np.ones(len(texts)), settings, (weights, biases), first + i)

    for party, name in CAUSES.items():
        counts, truth = pooled(party, targets, catalogue)
        own = np.array([any(catalogue.circumstance(key).responsible == party for key in keys) for keys in holding])
        _fit_single(
            together,
            np.append(truth, own.astype(bool)),
            sample_weight * np.append(counts, np.ones(len(mixed), dtype=bool)),
            settings,
            (weights, biases),
            outputs.place[name],
        )

    strength = np.square(weights).sum(axis=1)
    kept = np.sort(np.argsort(-strength, kind="stable")[: settings.max_features])
    gains = np.ones(len(outputs), dtype=np.float32)
    return Recogniser.pack(vocabulary.keep(kept), weights[kept], gains, biases, outputs)


def pooled(party: Party, targets: Targets, catalogue: Catalogue) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which texts are about a rule that is the other party's by default, and which of these turn towards a party.

    Returns
    -------
    counts, truth : ndarray of bool, shape (n_texts,)
    """
    turning = {
        rule.id: {entry.when for entry in catalogue.exceptions(rule) if entry.responsible == party}
        for rule in catalogue.rules
        if rule.responsible != party
    }
    names = targets.exclusive
    counts = np.array([name in turning for name in names], dtype=bool)
    truth = np.array(
        [bool(turning.get(str(name), set()) & keys) for name, keys in zip(names, targets.circumstances, strict=True)],
        dtype=bool,
    )
    return counts, truth


def _mix_in_cues(
    texts: Sequence[Sequence[str]], targets: Targets, catalogue: Catalogue, phrases: Sequence[Cue], mixes: int
) -> tuple[list[list[str]], list[frozenset[str]]]:
    """Put each phrase about a circumstance behind or before a few messages that say nothing of the kind.

    So a circumstance is learned by its own words, whatever the message is about; and a denial as what it is.
    """
    free = [
        i
        for i, (name, keys) in enumerate(zip(targets.exclusive, targets.circumstances, strict=True))
        if name and not keys
    ]
    if not free:
        return [], []
    rng = np.random.default_rng(_SEED)
    mixed: list[list[str]] = []
    holding: list[frozenset[str]] = []
    told = [Cue(c.id, True, text) for c in catalogue.circumstances for text in c.words.all()]
    told += [Cue(c.id, False, text) for c in catalogue.circumstances for text in c.denials.all()]
    for cue in [*told, *phrases]:
        for i in rng.choice(free, size=mixes):
            words, message = words_of(cue.text), list(texts[i])
            mixed.append([*message, *words] if rng.random() < 0.7 else [*words, *message])
            holding.append(frozenset({cue.circumstance} if cue.holds else ()))
    return mixed, holding


def _blur(
    texts: Sequence[Sequence[str]], targets: Targets, catalogue: Catalogue, phrases: Sequence[list[str]]
) -> tuple[list[list[str]], list[str]]:
    """Put a phrase about any circumstance behind each request, so that such phrases do not speak for a rule.

    The catalogue's own phrases name no part of the house, which phrases of messages often do.
    """
    rules = {rule.id for rule in catalogue.rules}
    if not phrases:
        return [], []
    rng = np.random.default_rng(_SEED)
    chosen = [i for i, name in enumerate(targets.exclusive) if name in rules]
    behind = rng.integers(len(phrases), size=len(chosen))
    blurred = [[*texts[i], *phrases[k]] for i, k in zip(chosen, behind, strict=True)]
    return blurred, [str(targets.exclusive[i]) for i in chosen]


Head = tuple[NDArray[np.float32], NDArray[np.float32]]


def _fit_exclusive(
    matrix: Any, names: NDArray[Any], sample_weight: NDArray[Any], head: Head, outputs: Outputs, settings: Settings
) -> None:
    place = {name: i for i, name in enumerate(outputs.names[: outputs.n_exclusive])}
    present = np.unique(names)
    if len(present) < 2:
        raise ValueError(
            "need requests of at least two rules to learn from; add labelled requests or give the catalogue weight"
        )
    # With hundreds of rules every gradient is small from the start, so a usual tolerance would stop far too early.
    model = LogisticRegression(C=settings.C, max_iter=settings.max_iter, tol=1e-6)
    _run(model, matrix, names, sample_weight)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(present) == 2:
        coefficients, intercepts = (
            np.vstack([-coefficients, coefficients]) / 2,
            np.hstack([-intercepts, intercepts]) / 2,
        )
    weights, biases = head
    columns = [place[name] for name in model.classes_]
    # Centred, so that a word's weight for a rule reads as more or less than for the average rule.
    weights[:, columns] = (coefficients - coefficients.mean(axis=0)).T
    biases[columns] = intercepts - intercepts.mean()


def _fit_circumstances(
    matrix: Any,
    targets: Targets,
    mixed: Sequence[frozenset[str]],
    sample_weight: NDArray[Any],
    catalogue: Catalogue,
    head: Head,
    outputs: Outputs,
    settings: Settings,
) -> None:
    told = [*targets.circumstances, *mixed]
    shown = [key for key in outputs.circumstances if any(key in keys for keys in told)]
    if not shown:
        return
    holding = np.array([[key in keys for key in shown] for keys in told], dtype=bool)
    names = [*targets.exclusive, *(None for _ in mixed)]
    found = fit_choice(
        matrix,
        open_choices(names, shown, catalogue),
        holding,
        sample_weight,
        settings.circumstance_C,
        settings.choice_iter,
    )
    weights, biases = head
    columns = [outputs.place[key] for key in shown]
    weights[:, columns], biases[columns] = found


def _fit_single(
    matrix: Any, truth: NDArray[np.bool_], sample_weight: NDArray[Any], settings: Settings, head: Head, place: int
) -> None:
    if not truth.any() or truth.all():
        return
    model = LogisticRegression(C=settings.flag_C, solver="liblinear", random_state=0, tol=1e-3)
    _run(model, matrix, truth, sample_weight)
    weights, biases = head
    weights[:, place] = model.coef_[0]
    biases[place] = model.intercept_[0]


def _run(model: LogisticRegression, matrix: Any, labels: NDArray[Any], sample_weight: NDArray[Any]) -> None:
    """Fit, taking an early stop of the solver for what it is: regularisation."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    kept = sample_weight > 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(matrix[kept], labels[kept], sample_weight=sample_weight[kept])
