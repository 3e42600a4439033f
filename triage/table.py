"""What each word and pair of words brings to the hidden units: a row of a table, filled as they are met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, pairwise
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from triage.features import Hashes, Vocabulary, hash_pairs
from triage.words import Words

__all__ = ["FEW", "Table", "Units", "add_up"]

Floats = NDArray[np.float32]
Places = NDArray[np.int64]

FEW = 8
"""As many texts are worked out by themselves; more together."""
_MOST_BYTES = 64_000_000
"""What the table of words may take; it starts afresh when it is full."""
_PAIR_BITS = 18
"""A pair is looked for among the few whose hashes begin with the same bits."""
_SLOT_BITS = 20
"""A word is looked for in the slot that its hash names; few words share one."""
_NUMBERS = count(1)
"""Numbers of tables: no two have the same, of whichever recogniser, so that what is known of a table's rows is not
taken for that of another's."""


@dataclass(frozen=True)
class Units:
    """What the words of a batch bring: for each word its row, then that of the pair it begins; 0 where there is none.

    Attributes
    ----------
    rows : ndarray of float32, shape (n_rows, n_sums + 1)
        What a word or pair adds to every sum, and to the squared norm. The first row is empty.
    places : ndarray of int, shape (2 * n_words,)
        The row of each word and pair, in the order of the text.
    table : int
        Which table the rows are of: a word keeps its row in one table.
    """

    rows: Floats
    places: Places
    table: int

    @cached_property
    def bringing(self) -> tuple[Places, Places]:
        """The rows of the words and pairs that bring anything, and how many of those go before each place."""
        brings = self.places > 0
        return self.places[brings], np.concatenate([[0], np.cumsum(brings)])


class Table:
    """Rows of the words and pairs met so far; rows that were handed out stay when the table starts afresh.

    Parameters
    ----------
    vocabulary : Vocabulary
    codes : ndarray of int8, shape (n_features, n_hidden)
    scales : ndarray of float32, shape (n_features,)
        What a feature's codes are multiplied by.
    direct : ndarray of float32, shape (n_features, n_direct), optional
        Further weights of each feature.
    """

    def __init__(
        self, vocabulary: Vocabulary, codes: NDArray[np.int8], scales: Floats, direct: Floats | None = None
    ) -> None:
        self._vocabulary, self._codes, self._scales, self._direct = vocabulary, codes, scales, direct
        self._lock = Lock()
        self._pair_hashes, self._pair_numbers = vocabulary.known_pairs
        counts = np.bincount(_beginnings(self._pair_hashes), minlength=1 << _PAIR_BITS)
        self._pair_places = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        self._most_alike = int(counts.max())
        self._n_hidden = codes.shape[1]
        self._n_sums = self._n_hidden + (0 if direct is None else direct.shape[1])
        self._most = max(_MOST_BYTES // (4 * (self._n_sums + 1)), 1)
        self._start_afresh()

    def _start_afresh(self) -> None:
        self._rows = np.zeros((256, self._n_sums + 1), dtype=np.float32)
        self._count = 1
        self._number = next(_NUMBERS)
        self._word_rows_by_hash: dict[int, int] = {}
        self._slot_hashes = np.zeros(1 << _SLOT_BITS, dtype=np.uint64)
        self._slot_rows = np.zeros(1 << _SLOT_BITS, dtype=np.int32)
        self._pair_rows_by_number = np.zeros(len(self._vocabulary.names), dtype=np.int32)

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
        beginnings = _beginnings(hashes)
        places, ends = self._pair_places[beginnings], self._pair_places[beginnings + 1]
        likely = np.flatnonzero(places < ends)
        first, hashes, places, ends = first[likely], hashes[likely], places[likely], ends[likely]
        for _ in range(self._most_alike - 1):
            places += (self._pair_hashes[places] != hashes) & (places + 1 < ends)
        known = self._pair_hashes[places] == hashes
        return first[known], self._pair_numbers[places[known]]

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
        owners, numbers, values = self._vocabulary.many_words(words)
        ends = np.searchsorted(owners, np.arange(len(words) + 1))
        rows = np.empty((len(words), self._rows.shape[1]), dtype=np.float32)
        for row, (start, end) in zip(rows, pairwise(ends.tolist()), strict=True):
            self._bring(numbers[start:end], values[start:end], row)
        return rows

    def _pair_rows(self, numbers: Places) -> Floats:
        values = self._vocabulary.weights[numbers]
        rows = np.empty((len(numbers), self._rows.shape[1]), dtype=np.float32)
        scales = (values * self._scales[numbers])[:, None]
        np.multiply(self._codes[numbers], scales, out=rows[:, : self._n_hidden])
        if self._direct is not None:
            rows[:, self._n_hidden : -1] = values[:, None] * self._direct[numbers]
        rows[:, -1] = values**2
        return rows

    def _bring(self, numbers: Places, values: Floats, row: Floats) -> None:
        """Add up what features add to every sum, and to the squared norm."""
        scales = values * self._scales[numbers]
        row[: self._n_hidden] = scales @ self._codes[numbers].astype(np.float32)
        if self._direct is not None:
            row[self._n_hidden : -1] = values @ self._direct[numbers]
        row[-1] = values @ values


def _beginnings(hashes: Hashes) -> Places:
    return (hashes >> np.uint64(64 - _PAIR_BITS)).astype(np.int64)


def add_up(units: Units, starts: Places, ends: Places) -> Floats:
    """Add up rows of units one by one, in the order of the text, so that no sum depends on what else is summed."""
    places, counted = units.bringing
    starts, ends = counted[starts], counted[ends]
    if len(starts) <= FEW:
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
