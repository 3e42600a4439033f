"""Fitting a recogniser: what is known of texts, and how they are shown to a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.artefact import FLAGS
from triage.catalogue import Catalogue, Party
from triage.counting import count
from triage.features import Vocabulary
from triage.lessons import NONE, UNKNOWN, Lessons, Responsibility
from triage.network import Network, Training, train
from triage.recogniser import Outputs, Recogniser
from triage.wording import rule_texts, words_of

__all__ = ["FLAGS", "REPAIRS", "Cue", "Settings", "Targets", "fit_recogniser", "lessons_of"]

_SEED = 20261123
_NEVER = -10.0
"""Score of a circumstance or flag of which no text teaches whether it holds."""


@dataclass(frozen=True)
class Settings(Training):
    """How to fit.

    Attributes
    ----------
    learn_catalogue : bool
        Whether the catalogue's titles, words and examples train along.
    min_count : int
        Texts that a feature must occur in.
    max_features : int
        Features that are kept: those that tell most.
    mixes : int
        Messages that each phrase about a circumstance is mixed in with.
    """

    learn_catalogue: bool = True
    min_count: int = 3
    max_features: int = 50_000
    mixes: int = 3


REPAIRS = Settings(
    least_steps=300,
    learning_rate=0.006,
    dropout=0.1,
    feature_dropout=0.6,
    agreement=0.5,
    aside_share=0.5,
)
"""For a corpus of tens of thousands with circumstances labelled, as found on held-out voices. Without most of its
features a text teaches to heed all that tells of a defect, not the few words that tell most; shown so twice, that what
is left of it should tell of the same rule; and among asides, that those tell of none."""
_COMBINED = 6
"""Times that each aside is put together with others."""
_MORE = 0.5
"""Chance of a second aside, and then of a third, and so on."""


@dataclass(frozen=True)
class Targets:
    """What is known about each text.

    Parameters
    ----------
    exclusive : sequence of str or None
        Rule or kind of message; None where it is not known.
    circumstances : sequence of (frozenset of str) or None
        Those that hold; None where it is not known.
    flags : mapping of str to ndarray of bool
    parties : sequence of {"landlord", "tenant"}, optional
        Who is responsible. Where rule and circumstances are known, the catalogue tells instead.
    """

    exclusive: Sequence[str | None]
    circumstances: Sequence[frozenset[str] | None]
    flags: Mapping[str, NDArray[np.bool_]]
    parties: Sequence[Party] | None = None


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
    asides: Sequence[Sequence[str]] = (),
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
    asides : sequence of sequence of str
        Words that stand around a defect and change nothing; by themselves they tell of none.

    Returns
    -------
    Recogniser

    Raises
    ------
    ValueError
        If there is nothing to tell apart.
    """
    outputs = Outputs(
        [rule.id for rule in catalogue.rules],
        [kind.id for kind in catalogue.elsewhere],
        [circumstance.id for circumstance in catalogue.circumstances],
        list(FLAGS),
    )
    own_texts, own_names = rule_texts([*catalogue.rules, *catalogue.elsewhere] if settings.learn_catalogue else [])
    if targets.parties is None and len({*targets.exclusive, *own_names} - {None}) < 2:
        raise ValueError("need requests of at least two rules to learn from; add labelled requests")
    cues = [Cue(c.id, True, text) for c in catalogue.circumstances for text in c.words.all()]
    cues += [Cue(c.id, False, text) for c in catalogue.circumstances for text in c.denials.all()]
    mixed, of_mixed = _mix_in_cues(texts, targets, [*cues, *phrases], settings.mixes if settings.mix_share else 0)
    own = Targets(own_names, [None] * len(own_names), {})
    around = _combined(asides)
    responsibility = Responsibility(catalogue, outputs.circumstances)
    parts = (texts, own_texts, mixed, around[1:])
    lessons = [lessons_of(known, catalogue, outputs, responsibility) for known in (targets, own, of_mixed)]
    learned = Lessons.join([*lessons, _saying_nothing(len(around) - 1, outputs)])
    vocabulary = Vocabulary.learn(
        [*texts, *own_texts, *(words_of(cue.text) for cue in [*cues, *phrases]), *asides], settings.min_count
    )

    def trained(vocabulary: Vocabulary, epochs: int, start: Network | None = None) -> tuple[Network, Any]:
        counted = count(vocabulary, [text for part in parts for text in part])
        n_core = len(texts) + len(own_texts)
        how = replace(settings, epochs=epochs)
        network = train(counted, count(vocabulary, around), learned, n_core, outputs, responsibility, how, start)
        return network, counted.matrix[:n_core]

    network, matrix = trained(vocabulary, settings.epochs - settings.epochs // 2)
    kept = _strongest(network, matrix, settings.max_features)
    vocabulary = vocabulary.keep(kept)
    network, matrix = trained(vocabulary, settings.epochs // 2, network.keep(kept))
    return _pack(network, vocabulary, matrix, learned, outputs)


def lessons_of(targets: Targets, catalogue: Catalogue, outputs: Outputs, responsibility: Responsibility) -> Lessons:
    """Say what each text teaches.

    Of circumstances that are no exception to its rule nobody says, or labels, whether they hold.

    Parameters
    ----------
    targets : Targets
    catalogue : Catalogue
    outputs : Outputs
    responsibility : Responsibility

    Returns
    -------
    Lessons
    """
    n, place = len(targets.exclusive), outputs.place
    turning = responsibility.turning.T > 0
    exclusive = np.array([UNKNOWN if name is None else place[name] for name in targets.exclusive], dtype=np.int64)
    open_to = np.zeros((n, len(outputs.circumstances)), dtype=bool)
    holding = np.zeros_like(open_to)
    landlord = np.full(n, np.nan, dtype=np.float32)
    left_open = targets.flags.get("open", np.zeros(n, dtype=bool))
    for i, (number, keys) in enumerate(zip(exclusive.tolist(), targets.circumstances, strict=True)):
        is_rule = 0 <= number < len(outputs.rules)
        if keys is not None:
            open_to[i] = number < 0 or (is_rule and turning[number])
            holding[i] = [key in keys for key in outputs.circumstances]
        if left_open[i] or not (is_rule or number < 0):
            continue
        if is_rule and keys is not None:
            landlord[i] = catalogue.ruled(outputs.rules[number], keys)[0] == "landlord"
        elif targets.parties is not None:
            landlord[i] = targets.parties[i] == "landlord"
    flags = np.full((n, len(outputs.flags)), np.nan, dtype=np.float32)
    for j, flag in enumerate(outputs.flags):
        if flag in targets.flags:
            flags[:, j] = targets.flags[flag]
    return Lessons(exclusive, open_to, holding, landlord, flags)


def _saying_nothing(n: int, outputs: Outputs) -> Lessons:
    """Say what texts teach that tell of no defect: no rule is likelier than another."""
    unknown = np.zeros((n, len(outputs.circumstances)), dtype=bool)
    flags = np.full((n, len(outputs.flags)), np.nan, dtype=np.float32)
    return Lessons(np.full(n, NONE), unknown, unknown, np.full(n, np.nan, dtype=np.float32), flags)


def _mix_in_cues(
    texts: Sequence[Sequence[str]], targets: Targets, cues: Sequence[Cue], mixes: int
) -> tuple[list[list[str]], Targets]:
    """Put each phrase about a circumstance behind or before a few messages that say nothing of the kind.

    So a circumstance is learned by its own words, whatever the message is about; and a denial as what it is.
    """
    free = [
        i
        for i, (name, keys) in enumerate(zip(targets.exclusive, targets.circumstances, strict=True))
        if name and keys is not None and not keys
    ]
    rng = np.random.default_rng(_SEED)
    mixed: list[list[str]] = []
    holding: list[frozenset[str]] = []
    for cue in cues if free else ():
        for i in rng.choice(free, size=mixes):
            words, message = words_of(cue.text), list(texts[i])
            mixed.append([*message, *words] if rng.random() < 0.7 else [*words, *message])
            holding.append(frozenset({cue.circumstance} if cue.holds else ()))
    return mixed, Targets([None] * len(mixed), holding, {})


def _combined(asides: Sequence[Sequence[str]]) -> list[list[str]]:
    """Put asides together, as people say several things by the way; behind an empty one."""
    rng = np.random.default_rng(_SEED)
    combined: list[list[str]] = [[]]
    for aside in asides:
        for further in rng.geometric(_MORE, size=_COMBINED) - 1:
            others = [asides[i] for i in rng.integers(len(asides), size=further)]
            combined.append([word for own in [aside, *others] for word in own])
    return combined


def _strongest(network: Network, matrix: Any, count: int) -> NDArray[np.intp]:
    """Find the features that bring most to the hidden units, in all texts together; ascending."""
    brought = np.square(network.inner).sum(axis=1) * np.asarray(matrix.power(2).sum(axis=0)).ravel()
    return np.sort(np.argsort(-brought, kind="stable")[:count])


def _pack(network: Network, vocabulary: Vocabulary, matrix: Any, lessons: Lessons, outputs: Outputs) -> Recogniser:
    """Pack the weights; those of rules and kinds centred, so that a word speaks for one against the average of them."""
    readout, biases, n = network.readout.copy(), network.biases.copy(), outputs.n_exclusive
    readout[:, :n] -= readout[:, :n].mean(axis=1, keepdims=True)
    biases[:n] -= biases[:n].mean()
    told = lessons.open_to.any(axis=0) | bool((lessons.landlord >= 0).any())
    untaught = n + np.flatnonzero(~np.append(told, (lessons.flags >= 0).any(axis=0)))
    readout[:, untaught], biases[untaught] = 0, _NEVER
    loudest = network.hidden(matrix).max(axis=0)
    return Recogniser.pack(vocabulary, network.inner, network.thresholds, readout, biases, loudest, outputs)
