"""Fitting a recogniser: sparse features, a softmax over rules, a sigmoid for each circumstance and flag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from triage.catalogue import Catalogue
from triage.features import Vocabulary, pairs, tokens
from triage.recogniser import Outputs, Recogniser

__all__ = ["FLAGS", "Settings", "Targets", "features", "fit_recogniser"]

FLAGS = ("several", "open", "urgent")
"""What is told about a message as a whole: several defects, left open, urgent."""

_NEVER = -10.0
"""Score of an output that no example shows."""


@dataclass(frozen=True)
class Settings:
    """How to fit; see `triage.estimator.TriageClassifier`."""

    C: float = 30.0
    circumstance_C: float = 10.0
    catalogue_weight: float = 0.3
    min_count: int = 2
    max_features: int = 30_000
    max_iter: int = 60


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


def features(vocabulary: Vocabulary, texts: Sequence[Sequence[str]]) -> sparse.csr_array:
    """Count the features of texts, scaled by the same additive norm that the recogniser uses.

    Returns
    -------
    csr_array of shape (n_texts, n_features), float32
    """
    known: dict[str, tuple[NDArray[np.int32], NDArray[np.float32]]] = {}
    numbers: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    values: list[NDArray[np.float32]] = [np.empty(0, np.float32)]
    ends = [0]
    for words in texts:
        units = [*words, *pairs(words)]
        for unit in units:
            if unit not in known:
                known[unit] = vocabulary.pair(unit) if " " in unit else vocabulary.word(unit)
        parts = [known[unit] for unit in units]
        norm = np.float32(np.sqrt(sum(float(v @ v) for _, v in parts)) or 1.0)
        numbers += [n for n, _ in parts]
        values += [v / norm for _, v in parts]
        ends.append(ends[-1] + sum(len(n) for n, _ in parts))
    matrix = sparse.csr_array(
        (np.concatenate(values), np.concatenate(numbers), np.array(ends, dtype=np.int32)),
        shape=(len(texts), len(vocabulary.names)),
    )
    matrix.sum_duplicates()
    return matrix


def fit_recogniser(
    texts: Sequence[Sequence[str]], targets: Targets, catalogue: Catalogue, settings: Settings
) -> Recogniser:
    """Fit a recogniser on texts given as lists of folded words.

    Parameters
    ----------
    texts : sequence of sequence of str
    targets : Targets
    catalogue : Catalogue
        Its texts train along.
    settings : Settings

    Returns
    -------
    Recogniser
    """
    outputs = Outputs(
        [rule.id for rule in catalogue.rules],
        [kind.id for kind in catalogue.elsewhere],
        [circumstance.id for circumstance in catalogue.circumstances],
        list(FLAGS),
    )
    own_texts, own_names = _catalogue_texts(catalogue) if settings.catalogue_weight > 0 else ([], [])
    vocabulary = Vocabulary.learn([*texts, *own_texts], settings.min_count)
    matrix = features(vocabulary, texts)
    own_matrix = features(vocabulary, own_texts) if own_texts else matrix[:0]

    weights = np.zeros((len(vocabulary.names), len(outputs)), dtype=np.float32)
    biases = np.full(len(outputs), _NEVER, dtype=np.float32)
    labelled = [i for i, name in enumerate(targets.exclusive) if name is not None]
    _fit_exclusive(
        sparse.vstack([matrix[labelled], own_matrix], format="csr"),
        np.array([targets.exclusive[i] for i in labelled] + own_names),
        np.array([1.0] * len(labelled) + [settings.catalogue_weight] * len(own_names)),
        (weights, biases),
        outputs,
        settings,
    )
    hints, hint_names = _circumstance_texts(catalogue)
    for place, truth in _single_targets(targets, outputs):
        name = outputs.names[place]
        own = features(vocabulary, [hints[i] for i, n in enumerate(hint_names) if n == name])
        _fit_single(matrix, truth, own, settings, (weights, biases), place)

    strength = np.square(weights).sum(axis=1)
    kept = np.sort(np.argsort(-strength, kind="stable")[: settings.max_features])
    gains = np.ones(len(outputs), dtype=np.float32)
    return Recogniser.pack(vocabulary.keep(kept), weights[kept], gains, biases, outputs)


def _catalogue_texts(catalogue: Catalogue) -> tuple[list[list[str]], list[str]]:
    """List the catalogue's own texts about rules and kinds, each with its rule or kind."""
    texts: list[str] = []
    names: list[str] = []
    for rule in catalogue.rules:
        own = [rule.title.nl, rule.title.en, *rule.words.all(), *rule.examples.all()]
        texts += own
        names += [rule.id] * len(own)
    for kind in catalogue.elsewhere:
        own = [kind.title.nl, kind.title.en, *kind.words.all()]
        texts += own
        names += [kind.id] * len(own)
    return [_words(text) for text in texts], names


def _circumstance_texts(catalogue: Catalogue) -> tuple[list[list[str]], list[str]]:
    hints = [(text, c.id) for c in catalogue.circumstances for text in c.words.all()]
    return [_words(text) for text, _ in hints], [name for _, name in hints]


def _words(text: str) -> list[str]:
    return [token.word for token in tokens(text)]


def _single_targets(targets: Targets, outputs: Outputs) -> list[tuple[int, NDArray[np.bool_]]]:
    """List the place and the truth of each circumstance, and of each flag that is known."""
    first = outputs.n_exclusive
    found = [
        (first + i, np.array([key in holding for holding in targets.circumstances], dtype=bool))
        for i, key in enumerate(outputs.circumstances)
    ]
    first += len(outputs.circumstances)
    return found + [(first + i, targets.flags[name]) for i, name in enumerate(outputs.flags) if name in targets.flags]


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
    model = LogisticRegression(C=settings.C, max_iter=settings.max_iter, tol=1e-3)
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


def _fit_single(matrix: Any, truth: NDArray[np.bool_], own: Any, settings: Settings, head: Head, place: int) -> None:
    if not truth.any() or truth.all():
        return
    both = sparse.vstack([matrix, own], format="csr")
    labels = np.concatenate([truth, np.ones(own.shape[0], dtype=bool)])
    sample_weight = np.concatenate([np.ones(len(truth)), np.full(own.shape[0], settings.catalogue_weight)])
    model = LogisticRegression(C=settings.circumstance_C, solver="liblinear", random_state=0, tol=1e-3)
    _run(model, both, labels, sample_weight)
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
