"""Teaching a fitted recogniser the rules that a catalogue adds, from their own words, without refitting the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.catalogue import Catalogue, Rule
from triage.features import Vocabulary, is_pair, pairs, word_features
from triage.recogniser import Direct, Outputs, Recogniser
from triage.wording import cue_texts, rule_texts

__all__ = ["adopt"]

_SEED = 20261123
_PENALTY = 1 / 30
_STEPS = 25
_COPIES = 3
"""How often each text of a new rule is also shown with something behind it that says nothing of the rule."""
_SHORTEST_NEW = 4
"""Shorter character sequences that no message had before say too little to be added."""
_START = -4.0


def adopt(recogniser: Recogniser, catalogue: Catalogue) -> Recogniser:
    """Add outputs for the rules of a catalogue that a recogniser does not know.

    The features of the new rules speak to them directly, and are fitted to tell the words and examples of these rules
    from those of all others; what was learned stays as it is.

    Parameters
    ----------
    recogniser : Recogniser
        As fitted, without added rules.
    catalogue : Catalogue

    Returns
    -------
    Recogniser
        The same one if there is nothing new.
    """
    known = set(recogniser.outputs.rules)
    added = list({rule.id: rule for rule in catalogue.rules if rule.id not in known}.values())
    if not added:
        return recogniser
    texts, names = rule_texts(added)
    shown, labels = _with_company(texts, names, catalogue)
    others = _others(known, catalogue)
    wider = _widen(recogniser, texts)
    ids = [rule.id for rule in added]
    truth = np.zeros((len(shown) + len(others), len(ids)), dtype=np.float32)
    truth[np.arange(len(shown)), [ids.index(label) for label in labels]] = 1
    weights, biases = _fit(wider, [*shown, *others], truth)
    return _insert(wider, added, weights, biases)


def _with_company(
    texts: Sequence[list[str]], names: Sequence[str], catalogue: Catalogue
) -> tuple[list[list[str]], list[str]]:
    """Show each text by itself and with phrases about circumstances behind it, as it will stand in messages."""
    rng = np.random.default_rng(_SEED)
    cues = cue_texts(catalogue) or [[]]
    company = [[*text, *cues[k]] for text in texts for k in rng.integers(len(cues), size=_COPIES)]
    return [*texts, *company], [*names, *(name for name in names for _ in range(_COPIES))]


def _others(known: set[str], catalogue: Catalogue) -> list[list[str]]:
    """List the texts of all other rules and kinds, every second with company, so that company speaks for no rule."""
    texts, _ = rule_texts([*(rule for rule in catalogue.rules if rule.id in known), *catalogue.elsewhere])
    rng = np.random.default_rng(_SEED)
    cues = cue_texts(catalogue) or [[]]
    return [[*text, *cues[rng.integers(len(cues))]] if i % 2 else text for i, text in enumerate(texts)]


def _widen(recogniser: Recogniser, texts: Sequence[list[str]]) -> Recogniser:
    """Add the words that no message had before, as rare as words can be."""
    vocabulary = recogniser.vocabulary
    known = set(vocabulary.names)
    features = {name for words in texts for word in words for name in word_features(word)}
    features |= {pair for words in texts for pair in pairs(words)}
    new = sorted(name for name in features - known if len(name.strip(" =")) >= _SHORTEST_NEW)
    rarest: dict[tuple[bool, bool], float] = {}
    for name, weight in zip(vocabulary.names, vocabulary.weights.tolist(), strict=True):
        rarest[_kind(name)] = max(rarest.get(_kind(name), 0.0), weight)
    return replace(
        recogniser,
        vocabulary=Vocabulary(
            [*vocabulary.names, *new],
            np.append(vocabulary.weights, [rarest.get(_kind(name), 1.0) for name in new]).astype(np.float32),
        ),
        codes=np.vstack([recogniser.codes, np.zeros((len(new), recogniser.codes.shape[1]), dtype=np.int8)]),
        scales=np.append(recogniser.scales, np.zeros(len(new))).astype(np.float32),
    )


def _kind(name: str) -> tuple[bool, bool]:
    """Tell features apart that weigh differently: words, pairs of words, and sequences of characters."""
    return name[0] == "=", is_pair(name)


def _fit(
    recogniser: Recogniser, texts: Sequence[list[str]], truth: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit the new columns of the softmax, the old ones given (L-BFGS, ridge penalty)."""
    from scipy.optimize import minimize

    from triage.counting import count_features

    matrix = count_features(recogniser.vocabulary, texts)
    used = np.unique(matrix[: int(truth.sum())].indices)
    part = matrix[:, used]
    given = recogniser.scores(texts)[:, : recogniser.outputs.n_exclusive]
    shift = given.max(axis=1, keepdims=True)
    rest = shift[:, 0] + np.log(np.exp(given - shift).sum(axis=1))
    n_new = truth.shape[1]

    def loss(flat: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        weights = flat[n_new:].reshape(len(used), n_new)
        scores = part @ weights + flat[:n_new]
        top = np.maximum(scores.max(axis=1), rest)
        exp = np.exp(scores - top[:, None])
        total = exp.sum(axis=1) + np.exp(rest - top)
        error = exp / total[:, None] - truth
        told = np.where(truth.any(axis=1), (scores * truth).sum(axis=1), rest)
        value = float((np.log(total) + top - told).sum() + _PENALTY / 2 * (weights**2).sum())
        return value, np.concatenate([error.sum(axis=0), (part.T @ error + _PENALTY * weights).ravel()])

    start = np.concatenate([np.full(n_new, _START), np.zeros(len(used) * n_new)])
    flat = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}).x
    weights = np.zeros((matrix.shape[1], n_new), dtype=np.float32)
    weights[used] = flat[n_new:].reshape(len(used), n_new)
    return weights, flat[:n_new].astype(np.float32)


def _insert(
    recogniser: Recogniser, added: Sequence[Rule], weights: NDArray[np.float32], biases: NDArray[np.float32]
) -> Recogniser:
    """Put the new columns behind those of the rules."""
    old = recogniser.outputs
    place = len(old.rules)
    outputs = Outputs([*old.rules, *(rule.id for rule in added)], old.elsewhere, old.circumstances, old.flags)
    insert: Callable[..., NDArray[Any]] = np.insert
    return replace(
        recogniser,
        readout=insert(recogniser.readout, [place] * len(added), 0, axis=1),
        gains=insert(recogniser.gains, [place] * len(added), 1).astype(np.float32),
        biases=insert(recogniser.biases, place, biases).astype(np.float32),
        outputs=outputs,
        direct=Direct(tuple(range(place, place + len(added))), weights),
    )
