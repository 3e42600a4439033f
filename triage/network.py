"""Training one layer of hidden units that rules, circumstances, urgency and the label share.

What tells of rules helps to tell circumstances apart, and the other way round; and since the label is a known function
of both, by the catalogue, its errors teach both. Plain NumPy; a step touches only the features of its own texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from triage.counting import Counted
from triage.lessons import Lessons, Responsibility, disagreement, errors
from triage.recogniser import Outputs

__all__ = ["Network", "Training", "train"]

Floats = NDArray[np.float32]
Places = NDArray[np.int64]

_SPREAD = 0.05
"""Of the weights of features at the start."""
_RARE = -3.0
"""Log-odds of a circumstance before anything is learned: where nobody tells of one, hardly any holds."""
_WARM_UP = 0.1
"""Share of the steps in which the step size rises; then it falls as a cosine."""
_FEATURE_RATE = 10.0
"""A feature is met far less often than a hidden unit, and learns in larger steps."""


@dataclass(frozen=True)
class Training:
    """How to train.

    Attributes
    ----------
    hidden : int
        Hidden units.
    epochs : int
        Times that each text is shown.
    least_steps : int
        Steps that even few texts are given; twice as many, since a recogniser is trained in two halves.
    batch_size : int
        Texts a step.
    learning_rate : float
        Largest step size.
    dropout : float
        Share of hidden units that a text is shown without.
    feature_dropout : float
        Share of its features that a text is shown without.
    label_weight : float
        What the label counts for beside the rule.
    agreement : float
        What it counts for that a text, shown twice without different features and units, gets the same rule; 0 shows
        it once. Good against learning by heart where texts are few or rules alike (Liang et al. 2021).
    mix_share : float
        Further texts that join a step, for each of its own.
    aside_share : float
        Share of the texts that are shown beside an aside, another one each time.
    random_state : int
    """

    hidden: int = 256
    epochs: int = 6
    least_steps: int = 800
    batch_size: int = 256
    learning_rate: float = 0.003
    dropout: float = 0.5
    feature_dropout: float = 0.0
    label_weight: float = 3.0
    agreement: float = 2.0
    mix_share: float = 0.3
    aside_share: float = 0.0
    random_state: int = 0


@dataclass(frozen=True)
class Network:
    """Scores are ``max(features @ inner + thresholds, 0) @ readout + biases``.

    Attributes
    ----------
    inner : ndarray of shape (n_features, n_hidden)
    thresholds : ndarray of shape (n_hidden,)
    readout : ndarray of shape (n_hidden, n_outputs)
    biases : ndarray of shape (n_outputs,)
    """

    inner: Floats
    thresholds: Floats
    readout: Floats
    biases: Floats

    def copy(self) -> Network:
        """Return a network that can be trained further without changing this one."""
        return Network(*(getattr(self, part.name).copy() for part in fields(self)))

    def keep(self, features: Places) -> Network:
        """Return the network of some of the features, in the order given."""
        return replace(self, inner=self.inner[features])

    def hidden(self, matrix: Any) -> Floats:
        """Return how loud each hidden unit is for each text, shape (n_texts, n_hidden)."""
        return np.asarray(np.maximum(np.asarray(matrix @ self.inner) + self.thresholds, 0), dtype=np.float32)


def train(
    texts: Counted,
    asides: Counted,
    lessons: Lessons,
    n_core: int,
    outputs: Outputs,
    responsibility: Responsibility,
    how: Training,
    start: Network | None = None,
) -> Network:
    """Train a network; the same texts always give the same one.

    Parameters
    ----------
    texts : Counted
    asides : Counted
        What may stand beside any text and teaches nothing; the first is empty.
    lessons : Lessons
    n_core : int
        The first so many texts are shown in turn; those behind them join at random.
    outputs : Outputs
    responsibility : Responsibility
    how : Training
    start : Network, optional
        What was learned before, to go on from.

    Returns
    -------
    Network
    """
    rng = np.random.default_rng(how.random_state)
    network = _begin(texts.matrix.shape[1], outputs, how.hidden, rng) if start is None else start.copy()
    features = _Adagrad(network.inner)
    others = [_Adam(part) for part in (network.thresholds, network.readout, network.biases)]
    n, views = outputs.n_exclusive, 2 if how.agreement else 1
    for rows, rate in _steps(len(lessons), n_core, how, rng):
        shown = np.tile(rows, views)
        counted = texts.take(shown)
        if how.aside_share:
            counted = counted.beside(asides.take(_drawn(len(shown), len(asides.norms), how.aside_share, rng)))
        own: Any = counted.matrix
        if how.feature_dropout:
            own.data *= _thinning(own.data.shape, how.feature_dropout, rng)
        before = np.asarray(own @ network.inner) + network.thresholds
        passing = np.where(before > 0, _thinning(before.shape, how.dropout, rng), np.float32(0))
        hidden = before * passing
        scores = hidden @ network.readout + network.biases
        error = errors(scores, lessons.take(shown), outputs, responsibility, how.label_weight)
        if how.agreement:
            error[:, :n] += np.float32(how.agreement) * disagreement(scores[:, :n])
        error /= np.float32(how.batch_size * views)
        back = (error @ network.readout.T) * passing
        for learner, gradient in zip(others, (back.sum(axis=0), hidden.T @ error, error.sum(axis=0)), strict=True):
            learner.step(gradient, rate)
        met, places = np.unique(own.indices, return_inverse=True)
        narrow = sparse.csr_array((own.data, places, own.indptr), shape=(len(shown), len(met)))
        features.step(met, np.asarray(narrow.T.tocsr() @ back), rate * _FEATURE_RATE)
    return network


def _begin(n_features: int, outputs: Outputs, n_hidden: int, rng: np.random.Generator) -> Network:
    inner = rng.standard_normal((n_features, n_hidden), dtype=np.float32) * np.float32(_SPREAD)
    readout = rng.standard_normal((n_hidden, len(outputs)), dtype=np.float32) / np.float32(np.sqrt(n_hidden))
    biases = np.zeros(len(outputs), np.float32)
    biases[outputs.n_exclusive : outputs.n_exclusive + len(outputs.circumstances)] = _RARE
    return Network(inner, np.zeros(n_hidden, np.float32), readout, biases)


def _drawn(count: int, n_asides: int, share: float, rng: np.random.Generator) -> Places:
    """Draw an aside for a share of the texts, and the empty one for the others."""
    return np.where(rng.random(count) < share, rng.integers(min(1, n_asides - 1), n_asides, size=count), 0)


def _thinning(shape: tuple[int, ...], share: float, rng: np.random.Generator) -> Floats:
    """Draw factors that leave out a share of the values, and raise the others to make up for it."""
    kept = rng.random(shape, dtype=np.float32) >= share
    return np.where(kept, np.float32(1 / (1 - share)), np.float32(0))


def _steps(n_texts: int, n_core: int, how: Training, rng: np.random.Generator) -> Iterator[tuple[Places, float]]:
    """Give the texts of each step, and its size."""
    batch = min(how.batch_size, n_core)
    per_epoch = n_core // batch
    n_steps = max(how.epochs * per_epoch, how.least_steps)
    company = round(batch * how.mix_share) if n_texts > n_core else 0
    order = np.empty(0, dtype=np.int64)
    for step in range(n_steps):
        place = step % per_epoch
        if place == 0:
            order = rng.permutation(n_core)
        joining = rng.integers(n_core, n_texts, size=company) if company else order[:0]
        done = step / n_steps
        falling = 0.5 * (1 + np.cos(np.pi * (done - _WARM_UP) / (1 - _WARM_UP)))
        rate = how.learning_rate * float(done / _WARM_UP if done < _WARM_UP else falling)
        yield np.concatenate([order[place * batch : (place + 1) * batch], joining]), rate


class _Adam:
    """Steps by the mean of gradients over their spread (Kingma and Ba 2015)."""

    def __init__(self, values: Floats) -> None:
        self._values, self._count = values, 0
        self._mean, self._square = np.zeros_like(values), np.zeros_like(values)

    def step(self, gradient: Floats, rate: float) -> None:
        self._count += 1
        self._mean += np.float32(0.1) * (gradient - self._mean)
        self._square += np.float32(0.001) * (gradient * gradient - self._square)
        size = np.float32(rate * np.sqrt(1 - 0.999**self._count) / (1 - 0.9**self._count))
        self._values -= size * self._mean / (np.sqrt(self._square) + np.float32(1e-8))


class _Adagrad:
    """Steps that shrink as a row has learned more (Duchi et al. 2011), one size for all of a row."""

    def __init__(self, values: Floats) -> None:
        self._values = values
        self._sums = np.zeros(len(values), dtype=np.float32)

    def step(self, rows: Places, gradient: Floats, rate: float) -> None:
        sums = self._sums[rows] + np.einsum("ij,ij->i", gradient, gradient) / gradient.shape[1]
        self._sums[rows] = sums
        gradient *= (np.float32(rate) / (np.sqrt(sums) + np.float32(1e-8)))[:, None]
        self._values[rows] -= gradient
