"""A fitted recogniser: words in, probabilities of rules and circumstances out. NumPy alone.

What reaches a hidden unit is linear in the features: each word brings one row of a table (`triage.table`). A unit
passes on what it hears, or nothing; so each word's share in a score is known exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.features import Vocabulary
from triage.table import FEW, Table, Units, add_up
from triage.words import Words, find_words

__all__ = ["MOST_HIDDEN", "Direct", "Outputs", "Recogniser", "Recognition", "largest", "sigmoid", "softmax"]

Floats = NDArray[np.float32]
Places = NDArray[np.int64]

_CODES = 7
"""Weights of features are packed to whole numbers from minus to plus this: coarser than a byte, costs no measurable
accuracy, since hundreds of them add up, and halves the file."""
_LOUDEST = 255
"""The highest level of a hidden unit."""
MOST_HIDDEN = (1 << 24) // (_LOUDEST * 127)
"""Of so many hidden units even the largest sum is a whole number that single precision holds exactly."""


@dataclass(frozen=True)
class Outputs:
    """What a recogniser scores, in the order of its outputs.

    Rules and elsewhere kinds exclude each other (one softmax); circumstances and flags stand alone (a sigmoid each).
    """

    rules: list[str]
    elsewhere: list[str]
    circumstances: list[str]
    flags: list[str]

    @cached_property
    def place(self) -> dict[str, int]:
        """The place of each output."""
        return {name: i for i, name in enumerate(self.names)}

    @property
    def n_exclusive(self) -> int:
        """Number of outputs that exclude each other."""
        return len(self.rules) + len(self.elsewhere)

    @property
    def names(self) -> list[str]:
        """All outputs in order."""
        return [*self.rules, *self.elsewhere, *self.circumstances, *self.flags]

    def __len__(self) -> int:
        return len(self.rules) + len(self.elsewhere) + len(self.circumstances) + len(self.flags)


@dataclass(frozen=True)
class Recognition:
    """Probabilities for texts, one row each.

    Attributes
    ----------
    rules : ndarray of shape (n_texts, n_rules)
    elsewhere : ndarray of shape (n_texts, n_kinds)
        Rows of both together sum to 1.
    circumstances : ndarray of shape (n_texts, n_circumstances)
    flags : dict of str to ndarray of shape (n_texts,)
    """

    rules: Floats
    elsewhere: Floats
    circumstances: Floats
    flags: dict[str, Floats]

    def take(self, rows: Places) -> Recognition:
        """Return the probabilities of some of the texts."""
        flags = {name: chances[rows] for name, chances in self.flags.items()}
        return Recognition(self.rules[rows], self.elsewhere[rows], self.circumstances[rows], flags)

    def put(self, rows: Places, other: Recognition) -> None:
        """Put the probabilities of other texts in the place of some of these."""
        self.rules[rows], self.elsewhere[rows] = other.rules, other.elsewhere
        self.circumstances[rows] = other.circumstances
        for name, chances in self.flags.items():
            chances[rows] = other.flags[name]


class Direct(NamedTuple):
    """What features say to some outputs directly, past the hidden units: to rules added to a fitted recogniser.

    Attributes
    ----------
    outputs : tuple of int
    weights : ndarray of float32, shape (n_features, n_direct)
    """

    outputs: tuple[int, ...]
    weights: Floats


@dataclass
class Recogniser:
    """Hidden units over a vocabulary, and what their levels say of each output.

    A hidden unit adds up what words bring; if that is above zero, it passes on the nearest whole number up to 255.
    Weights behind it are whole numbers too, and the largest sum of their products is exact in single precision: a text
    scores the same alone as among others, on any machine.

    Parameters
    ----------
    vocabulary : Vocabulary
    codes : ndarray of int8, shape (n_features, n_hidden)
        Weights of features, packed to one byte each.
    scales : ndarray of float32, shape (n_features,)
        What a feature's codes are multiplied by.
    thresholds : ndarray of float32, shape (n_hidden,)
        Added to what reaches each hidden unit.
    readout : ndarray of int8, shape (n_hidden, n_outputs)
        Weights of hidden units, packed to one byte each.
    gains, biases : ndarray of float32, shape (n_outputs,)
        score = gain * sum over hidden units + bias.
    outputs : Outputs
    direct : Direct, optional
    """

    vocabulary: Vocabulary
    codes: NDArray[np.int8]
    scales: Floats
    thresholds: Floats
    readout: NDArray[np.int8]
    gains: Floats
    biases: Floats
    outputs: Outputs
    direct: Direct | None = None
    _table: Table | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def pack(
        cls,
        vocabulary: Vocabulary,
        inner: Floats,
        thresholds: Floats,
        readout: Floats,
        biases: Floats,
        loudest: Floats,
        outputs: Outputs,
    ) -> Recogniser:
        """Pack the weights of a network to bytes; costs no measurable accuracy.

        Parameters
        ----------
        vocabulary : Vocabulary
        inner : ndarray of shape (n_features, n_hidden)
        thresholds : ndarray of shape (n_hidden,)
        readout : ndarray of shape (n_hidden, n_outputs)
        biases : ndarray of shape (n_outputs,)
        loudest : ndarray of shape (n_hidden,)
            How loud each hidden unit gets; louder counts no more.
        outputs : Outputs

        Raises
        ------
        ValueError
            If there are more hidden units than can be added up exactly.
        """
        if len(thresholds) > MOST_HIDDEN:
            raise ValueError(f"{len(thresholds)} hidden units cannot be added up exactly; use {MOST_HIDDEN} at most")
        # Codes of a feature share one scale, so quiet units are not made as loud as others.
        step = np.maximum(np.maximum(loudest, np.median(loudest)), 1e-6) / _LOUDEST
        inner = np.asarray(inner / step, dtype=np.float32)
        scales = np.maximum(np.abs(inner).max(axis=1, initial=0), 1e-12) / _CODES
        speaks = readout * step[:, None]
        gains = np.maximum(np.abs(speaks).max(axis=0), 1e-12) / 127
        return cls(
            vocabulary,
            np.rint(inner / scales[:, None]).astype(np.int8),
            scales.astype(np.float32),
            (thresholds / step).astype(np.float32),
            np.rint(speaks / gains).astype(np.int8),
            gains.astype(np.float32),
            biases.astype(np.float32),
            outputs,
        )

    def calibrated(self, gains: Floats, biases: Floats) -> Recogniser:
        """Return a recogniser of which each score is ``gain * score + bias``."""
        return replace(self, gains=self.gains * gains, biases=self.biases * gains + biases)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the table behind: a worker fills its own faster than it could be sent."""
        return self.__dict__ | {"_table": None}

    def units(self, words: Words) -> Units:
        """Look up what the words of a batch bring."""
        if self._table is None:
            direct = self.direct.weights if self.direct else None
            self._table = Table(self.vocabulary, self.codes, self.scales, direct)
        return self._table.units(words)

    def score(self, units: Units, firsts: Places, lasts: Places) -> Floats:
        """Score stretches of words, each from its first word up to, not including, its last.

        Returns
        -------
        ndarray of shape (n_stretches, n_outputs)
        """
        sums, _ = _by_length(add_up(units, 2 * firsts, np.maximum(2 * lasts - 1, 2 * firsts)))
        scores = self._levels(sums) @ self._readout
        scores *= self.gains
        scores += self.biases
        if self.direct:
            scores[:, list(self.direct.outputs)] += sums[:, len(self.thresholds) :]
        return np.asarray(scores, dtype=np.float32)

    @cached_property
    def _readout(self) -> Floats:
        return self.readout.astype(np.float32)

    def _levels(self, sums: Floats) -> Floats:
        levels = sums[:, : len(self.thresholds)] + self.thresholds
        np.rint(levels, out=levels)
        np.maximum(levels, 0, out=levels)
        return np.asarray(np.minimum(levels, _LOUDEST, out=levels))

    def shares(self, units: Units, first: int, last: int, output: str) -> tuple[NDArray[np.float64], float]:
        """Divide a score over the words of a stretch; a pair is shared between its two words.

        A hidden unit hands on what each word brought it in proportion, so that nothing is lost and nothing added.

        Returns
        -------
        shares : ndarray of shape (last - first,)
        rest : float
            What comes from no word: the output's bias, and the thresholds of the hidden units that speak. Together
            with the shares it is the score.
        """
        column = self.outputs.place[output]
        n_hidden = len(self.thresholds)
        rows = units.rows[units.places[2 * first : max(2 * last - 1, 2 * first)]]
        sums, norm = _by_length(np.add.reduce(rows, axis=0)[None])
        level = self._levels(sums)[0].astype(np.float64)
        heard = (sums[0, :n_hidden] + self.thresholds).astype(np.float64)
        passing = np.divide(level, heard, out=np.zeros_like(level), where=level > 0)
        speaks = float(self.gains[column]) * self.readout[:, column] * passing
        rest = float(self.biases[column]) + float(speaks @ self.thresholds)
        if self.direct:
            speaks = np.append(speaks, np.array(self.direct.outputs) == column)
        brought = rows[:, : len(speaks)].astype(np.float64) @ speaks / float(norm[0, 0])
        weights = brought[::2].copy()
        weights[:-1] += brought[1::2] / 2
        weights[1:] += brought[1::2] / 2
        return np.asarray(weights), rest

    def scores(self, texts: Sequence[Sequence[str]]) -> Floats:
        """Score texts given as lists of folded words.

        Returns
        -------
        ndarray of shape (n_texts, n_outputs)
        """
        words = find_words([" ".join(text) for text in texts])
        return self.score(self.units(words), words.firsts[:-1], words.firsts[1:])

    def recognise(self, texts: Sequence[Sequence[str]]) -> Recognition:
        """Return the probabilities for texts given as lists of folded words."""
        return self.probabilities(self.scores(texts))

    def probabilities(self, scores: Floats) -> Recognition:
        """Turn scores into probabilities."""
        n_rules, n = len(self.outputs.rules), self.outputs.n_exclusive
        exclusive = softmax(scores[:, :n])
        single = sigmoid(scores[:, n:])
        n_circumstances = len(self.outputs.circumstances)
        return Recognition(
            rules=exclusive[:, :n_rules],
            elsewhere=exclusive[:, n_rules:],
            circumstances=single[:, :n_circumstances],
            flags={flag: single[:, n_circumstances + i] for i, flag in enumerate(self.outputs.flags)},
        )


def _by_length(sums: Floats) -> tuple[Floats, Floats]:
    """Divide what words bring by the length of each stretch as a vector of features; and return those lengths."""
    norm = np.sqrt(sums[:, -1:])
    norm[norm == 0] = 1
    return np.asarray(sums[:, :-1] / norm, dtype=np.float32), norm


def softmax(scores: Floats) -> Floats:
    """Turn rows of scores into probabilities that sum to 1."""
    chances = scores - scores.max(axis=1, keepdims=True)
    np.exp(chances, out=chances)
    chances /= chances.sum(axis=1, keepdims=True)
    return np.asarray(chances, dtype=np.float32)


def sigmoid(scores: Floats) -> Floats:
    """Turn scores into probabilities, each by itself."""
    return np.asarray(1 / (1 + np.exp(-np.minimum(np.maximum(scores, -30), 30))), dtype=np.float32)


def largest(values: NDArray[np.floating], count: int) -> tuple[Places, NDArray[Any]]:
    """Find the largest values of each row, largest first: so few of so many are found soonest one after another.

    Returns
    -------
    places, values : ndarray of shape (n_rows, count)

    Examples
    --------
    >>> places, values = largest(np.array([[0.1, 0.6, 0.3]]), 2)
    >>> places, values
    (array([[1, 2]]), array([[0.6, 0.3]]))
    """
    if len(values) <= FEW:
        places = np.argsort(-values, axis=1, kind="stable")[:, :count]
        return places, np.take_along_axis(values, places, axis=1)
    left, rows = values.copy(), np.arange(len(values))
    places = np.empty((len(values), count), dtype=np.int64)
    found = np.empty((len(values), count), dtype=values.dtype)
    for i in range(count):
        place = left.argmax(axis=1)
        places[:, i], found[:, i] = place, left[rows, place]
        left[rows, place] = -np.inf
    return places, found
