"""Learning which circumstance decides: a choice between those that the rule's law knows, and none of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from triage.catalogue import Catalogue

__all__ = ["fit_choice", "open_choices"]

Floats = NDArray[np.float64]


def open_choices(names: Sequence[str | None], keys: Sequence[str], catalogue: Catalogue) -> NDArray[np.bool_]:
    """Tell which circumstances could decide each text: of others nobody says, or labels, whether they hold.

    Parameters
    ----------
    names : sequence of str or None
        Rule or kind of each text; where it is unknown, all are open.
    keys : sequence of str
        Circumstances.
    catalogue : Catalogue

    Returns
    -------
    ndarray of bool, shape (n_texts, n_keys)
    """
    turning = {rule.id: {entry.when for entry in catalogue.exceptions(rule)} for rule in catalogue.rules}
    rows = {name: [key in of_rule for key in keys] for name, of_rule in turning.items()}
    none, every = [False] * len(keys), [True] * len(keys)
    found = [every if name is None else rows.get(name, none) for name in names]
    return np.array(found, dtype=bool).reshape(len(names), len(keys))


def fit_choice(
    matrix: Any,
    open_to: NDArray[np.bool_],
    holding: NDArray[np.bool_],
    sample_weight: Floats,
    C: float,
    max_iter: int,
) -> tuple[Floats, Floats]:
    """Fit a conditional logit (McFadden 1974): what speaks for one circumstance speaks against the others.

    The score of a circumstance is the logarithm of its odds against none of those that are open. Where several hold,
    they share the text.

    Parameters
    ----------
    matrix : sparse array of shape (n_texts, n_features)
    open_to : ndarray of bool, shape (n_texts, n_keys)
        Circumstances that could decide each text.
    holding : ndarray of bool, shape (n_texts, n_keys)
        Circumstances that hold.
    sample_weight : ndarray of shape (n_texts,)
    C : float
        Inverse strength of regularisation, as in scikit-learn's `LogisticRegression`.
    max_iter : int

    Returns
    -------
    weights : ndarray of shape (n_features, n_keys)
    biases : ndarray of shape (n_keys,)
    """
    used = (sample_weight > 0) & open_to.any(axis=1)
    matrix, open_to, sample_weight = matrix[used], open_to[used], sample_weight[used]
    chosen = (holding[used] & open_to).astype(np.float64)
    chosen /= np.maximum(chosen.sum(axis=1, keepdims=True), 1)
    transposed = matrix.T.tocsr()
    shape = (matrix.shape[1], open_to.shape[1])
    n_weights = shape[0] * shape[1]

    def loss(x: Floats) -> tuple[float, Floats]:
        weights, biases = x[:n_weights].reshape(shape), x[n_weights:]
        scores = np.asarray(matrix @ weights) + biases
        greatest = np.maximum(np.where(open_to, scores, 0.0).max(axis=1, initial=0.0), 0.0)
        parts = np.where(open_to, np.exp(np.minimum(scores - greatest[:, None], 0.0)), 0.0)
        total = parts.sum(axis=1) + np.exp(-greatest)
        told = (chosen * scores).sum(axis=1) - greatest - np.log(total)
        error = (parts / total[:, None] - chosen) * sample_weight[:, None]
        gradient = np.concatenate([(weights / C + transposed @ error).ravel(), error.sum(axis=0)])
        return float(0.5 * np.square(weights).sum() / C - sample_weight @ told), gradient

    start = np.zeros(n_weights + shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": max_iter}).x
    return found[:n_weights].reshape(shape), found[n_weights:]
