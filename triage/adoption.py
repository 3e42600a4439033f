"""Teaching a fitted recogniser the rules that a catalogue adds, from their own words, without refitting the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.catalogue import Catalogue, Rule
from triage.features import Vocabulary, pairs, word_features
from triage.recogniser import Outputs, Recogniser
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

    The weights of the new rules are fitted to tell their own words and examples from those of all other rules; every
    other weight stays as it is.

    Parameters
    ----------
    recogniser : Recogniser
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
    rarest = {
        kind: max((w for n, w in zip(vocabulary.names, vocabulary.weights, strict=True) if (n[0] == "=") == kind))
        for kind in (True, False)
    }
    return Recogniser(
        Vocabulary(
            [*vocabulary.names, *new],
            np.append(vocabulary.weights, [rarest[name[0] == "="] for name in new]).astype(np.float32),
        ),
        np.vstack([recogniser.codes, np.zeros((len(new), len(recogniser.outputs)), dtype=np.int8)]),
        np.append(recogniser.scales, np.zeros(len(new))).astype(np.float32),
        recogniser.gains,
        recogniser.biases,
        recogniser.outputs,
    )


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
    floats = recogniser.codes * recogniser.scales[:, None]
    insert: Callable[..., NDArray[np.float32]] = np.insert
    return Recogniser.pack(
        recogniser.vocabulary,
        np.hstack([floats[:, :place], weights, floats[:, place:]]).astype(np.float32),
        insert(recogniser.gains, place, np.ones(len(added))).astype(np.float32),
        insert(recogniser.biases, place, biases).astype(np.float32),
        outputs,
    )
