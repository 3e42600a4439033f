"""A fitted recogniser: words in, probabilities of rules and circumstances out. NumPy alone.

Its scores are linear in the features, so each word's share in a score is known exactly: one row of a table, filled as
words are met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.features import Hashes, Vocabulary, hash_pairs
from triage.words import Words, find_words

__all__ = ["Outputs", "Recogniser", "Recognition", "Units", "largest", "sigmoid", "softmax"]

Floats = NDArray[np.float32]
Places = NDArray[np.int64]

_MOST_BYTES = 64_000_000
"""What the table of words may take; it starts afresh when it is full."""
_FEW = 8
"""As many texts are worked out by themselves; more together."""
_SIEVE_BITS = 20
_SLOT_BITS = 20
"""A word is looked for in the slot that its hash names; few words share one."""


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

    @property
    def causes(self) -> Floats | None:
        """How likely something turns a default towards tenant and landlord, shape (n_texts, 2); None if not learned."""
        if "tenant_cause" not in self.flags:
            return None
        return np.column_stack([self.flags["tenant_cause"], self.flags["landlord_cause"]])

    def take(self, rows: Places) -> Recognition:
        """Return the probabilities of some of the texts."""
        flags = {name: chances[rows] for name, chances in self.flags.items()}
        return Recognition(self.rules[rows], self.elsewhere[rows], self.circumstances[rows], flags)


@dataclass(frozen=True)
class Units:
    """What the words of a batch bring: for each word its row, then that of the pair it begins; 0 where there is none.

    Attributes
    ----------
    rows : ndarray of float32, shape (n_rows, n_outputs + 1)
        What a word or pair adds to every sum, and to the squared norm. The first row is empty.
    places : ndarray of int, shape (2 * n_words,)
        The row of each word and pair, in the order of the text.
    table : int
        Which table the rows are of: a word keeps its row in one table.
    """

    rows: Floats
    places: Places
    table: int


@dataclass
class Recogniser:
    """Linear scores over a vocabulary.

    Parameters
    ----------
    vocabulary : Vocabulary
    codes : ndarray of int8, shape (n_features, n_outputs)
        Weights, packed to one byte each.
    scales : ndarray of float32, shape (n_features,)
        What a feature's codes are multiplied by.
    gains, biases : ndarray of float32, shape (n_outputs,)
        Calibration of each output: score = gain * sum / norm + bias.
    outputs : Outputs
    """

    vocabulary: Vocabulary
    codes: NDArray[np.int8]
    scales: Floats
    gains: Floats
    biases: Floats
    outputs: Outputs
    _table: _Table | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def pack(
        cls, vocabulary: Vocabulary, weights: Floats, gains: Floats, biases: Floats, outputs: Outputs
    ) -> Recogniser:
        """Pack float weights to bytes; costs no measurable accuracy."""
        scales = np.maximum(np.abs(weights).max(axis=1), 1e-12) / 127
        codes = np.rint(weights / scales[:, None]).astype(np.int8)
        return cls(vocabulary, codes, scales.astype(np.float32), gains, biases, outputs)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the table behind: a worker fills its own faster than it could be sent."""
        return self.__dict__ | {"_table": None}

    def units(self, words: Words) -> Units:
        """Look up what the words of a batch bring."""
        if self._table is None:
            self._table = _Table(self)
        return self._table.units(words)

    def score(self, units: Units, firsts: Places, lasts: Places) -> Floats:
        """Score stretches of words, each from its first word up to, not including, its last.

        Returns
        -------
        ndarray of shape (n_stretches, n_outputs)
        """
        sums = _add_up(units, 2 * firsts, np.maximum(2 * lasts - 1, 2 * firsts))
        norm = np.sqrt(sums[:, -1:])
        norm[norm == 0] = 1
        scores = np.asarray(sums[:, :-1] / norm, dtype=np.float32)
        scores *= self.gains
        scores += self.biases
        return scores

    def shares(self, units: Units, first: int, last: int, output: str) -> NDArray[np.float64]:
        """Divide a score over the words of a stretch; a pair is shared between its two words.

        Returns
        -------
        ndarray of shape (last - first,)
            With the output's bias they sum to its score.
        """
        column = self.outputs.place[output]
        places = units.places[2 * first : max(2 * last - 1, 2 * first)]
        brought = units.rows[places, column].astype(np.float64)
        norm = float(np.sqrt(units.rows[places, -1].astype(np.float64).sum())) or 1.0
        weights = brought[::2].copy()
        weights[:-1] += brought[1::2] / 2
        weights[1:] += brought[1::2] / 2
        return np.asarray(weights * (float(self.gains[column]) / norm))

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


class _Table:
    """Rows of the words and pairs met so far; rows that were handed out stay when the table starts afresh."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._lock = Lock()
        self._pair_hashes, self._pair_numbers = recogniser.vocabulary.known_pairs
        self._sieve = np.zeros(1 << _SIEVE_BITS, dtype=bool)
        self._sieve[_sieved(self._pair_hashes)] = True
        self._most = max(_MOST_BYTES // (4 * (len(recogniser.outputs) + 1)), 1)
        self._number = 0
        self._start_afresh()

    def _start_afresh(self) -> None:
        self._rows = np.zeros((256, len(self._recogniser.outputs) + 1), dtype=np.float32)
        self._count = 1
        self._number += 1
        self._word_rows_by_hash: dict[int, int] = {}
        self._slot_hashes = np.zeros(1 << _SLOT_BITS, dtype=np.uint64)
        self._slot_rows = np.zeros(1 << _SLOT_BITS, dtype=np.int32)
        self._pair_rows_by_number = np.zeros(len(self._recogniser.vocabulary.names), dtype=np.int32)

    def units(self, words: Words) -> Units:
        """Look up the rows of words and pairs."""
        first, number = self._known_pairs(words)
        places = np.zeros(2 * len(words), dtype=np.int64)
        with self._lock:
            if self._count > self._most:
                self._start_afresh()
            places[::2] = self._rows_of_words(words)
            places[2 * first + 1] = self._rows_of_pairs(number)
            return Units(self._rows, places, self._number)

    def _rows_of_words(self, words: Words) -> Places:
        """Return the row of each word: from its slot, or, if another word has that slot, from the dictionary."""
        slots = words.hashes >> np.uint64(64 - _SLOT_BITS)
        rows = self._slot_rows[slots].astype(np.int64)
        missed = np.flatnonzero((self._slot_hashes[slots] != words.hashes) | (rows == 0))
        if len(missed):
            hashes, where, inverse = np.unique(words.hashes[missed], return_index=True, return_inverse=True)
            own = self._met_or_new(hashes.tolist(), words, missed[where])
            rows[missed] = own[inverse]
            self._slot_hashes[slots[missed[where]]] = hashes
            self._slot_rows[slots[missed[where]]] = own
        return np.asarray(rows)

    def _met_or_new(self, hashes: list[int], words: Words, where: Places) -> Places:
        known = self._word_rows_by_hash
        rows = np.fromiter((known.get(key, 0) for key in hashes), dtype=np.int64, count=len(hashes))
        new = np.flatnonzero(rows == 0)
        if len(new):
            rows[new] = self._add(self._word_rows([words.word(i) for i in where[new]]))
            known.update((hashes[i], row) for i, row in zip(new.tolist(), rows[new].tolist(), strict=True))
        return rows

    def _rows_of_pairs(self, numbers: Places) -> Places:
        """Return the row of each pair, given by its feature's number."""
        rows = self._pair_rows_by_number[numbers]
        if not rows.all():
            new = np.unique(numbers[rows == 0])
            self._pair_rows_by_number[new] = self._add(self._pair_rows(new))
            rows = self._pair_rows_by_number[numbers]
        return rows.astype(np.int64)

    def _known_pairs(self, words: Words) -> tuple[Places, Places]:
        """Find the pairs that the vocabulary knows: the place of the first word, and the feature's number."""
        first = np.flatnonzero(words.joined)
        if not len(first) or not len(self._pair_hashes):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        hashes = hash_pairs(words.hashes[first], words.hashes[first + 1])
        likely = self._sieve[_sieved(hashes)]
        first, hashes = first[likely], hashes[likely]
        found = np.minimum(np.searchsorted(self._pair_hashes, hashes), len(self._pair_hashes) - 1)
        known = self._pair_hashes[found] == hashes
        return first[known], self._pair_numbers[found[known]]

    def _add(self, rows: Floats) -> Places:
        """Add rows to the table; return their places."""
        start, end = self._count, self._count + len(rows)
        if end > len(self._rows):
            wider = np.zeros((max(end, 2 * len(self._rows)), self._rows.shape[1]), dtype=np.float32)
            wider[:start] = self._rows[:start]
            self._rows = wider
        self._rows[start:end] = rows
        self._count = end
        return np.arange(start, end)

    def _word_rows(self, words: Sequence[str]) -> Floats:
        owners, numbers, values = self._recogniser.vocabulary.many_words(words)
        ends = np.searchsorted(owners, np.arange(len(words) + 1))
        rows = np.empty((len(words), self._rows.shape[1]), dtype=np.float32)
        for row, (start, end) in zip(rows, pairwise(ends.tolist()), strict=True):
            self._bring(numbers[start:end], values[start:end], row)
        return rows

    def _pair_rows(self, numbers: Places) -> Floats:
        values = self._recogniser.vocabulary.weights[numbers]
        rows = np.empty((len(numbers), self._rows.shape[1]), dtype=np.float32)
        np.multiply(
            self._recogniser.codes[numbers], (values * self._recogniser.scales[numbers])[:, None], out=rows[:, :-1]
        )
        rows[:, -1] = values**2
        return rows

    def _bring(self, numbers: Places, values: Floats, row: Floats) -> None:
        """Add up what features add to every sum, and to the squared norm."""
        row[:-1] = (values * self._recogniser.scales[numbers]) @ self._recogniser.codes[numbers].astype(np.float32)
        row[-1] = values @ values


def _sieved(hashes: Hashes) -> Hashes:
    return hashes >> np.uint64(64 - _SIEVE_BITS)


def _add_up(units: Units, starts: Places, ends: Places) -> Floats:
    """Add up rows of units one by one, in the order of the text, so that no sum depends on what else is summed."""
    brings = units.places > 0
    counted = np.concatenate([[0], np.cumsum(brings)])
    places = units.places[brings]
    starts, ends = counted[starts], counted[ends]
    if len(starts) <= _FEW:
        sums = np.zeros((len(starts), units.rows.shape[1]), dtype=np.float32)
        for total, start, end in zip(sums, starts.tolist(), ends.tolist(), strict=True):
            np.add.reduce(units.rows[places[start:end]], axis=0, out=total)
        return sums
    # Imported here since a single message needs it not.
    from scipy.sparse import csr_array

    lengths = ends - starts
    firsts = np.concatenate([[0], np.cumsum(lengths)])
    chosen = places[np.arange(firsts[-1]) + np.repeat(starts - firsts[:-1], lengths)]
    ones = np.ones(len(chosen), dtype=np.float32)
    shape = (len(starts), len(units.rows))
    return np.asarray(csr_array((ones, chosen, firsts), shape=shape) @ units.rows)


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
    if len(values) <= _FEW:
        places = np.argsort(-values, axis=1, kind="stable")[:, :count]
        return places, np.take_along_axis(values, places, axis=1)
    left, rows = values.copy(), np.arange(len(values))
    places = np.empty((len(values), count), dtype=np.int64)
    for place in places.T:
        place[:] = left.argmax(axis=1)
        left[rows, place] = -np.inf
    return places, np.take_along_axis(values, places, axis=1)
