"""What each word says all by itself, whatever stands around it: its language, and the signs of danger it may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.table import Units
from triage.urgency import Marked
from triage.words import Words

__all__ = [
    "DUTCH",
    "ENGLISH",
    "FAMILIAR",
    "FOREIGN",
    "FUNCTION",
    "JOINT",
    "LETTERS",
    "SIGN",
    "SPOKEN",
    "TELLING",
    "Marker",
    "count_marked",
]

_N_MARKS = 10
DUTCH, ENGLISH, FUNCTION, LETTERS, JOINT, FAMILIAR, SPOKEN, TELLING, FOREIGN, SIGN = (1 << n for n in range(_N_MARKS))
"""Marks of a word: of one language alone; in either list; written with letters; joins clauses; known to be of either
language; says something; of one language alone, and hardly another language has it; of another language; may be part of
a sign of danger."""

_COUNT_BITS = 15
"""No text has more words than that many bits count: see `triage.message.LIMIT`."""
_AT_ONCE = 4
"""So many counts one number holds."""


def count_marked(marks: NDArray[np.uint16], bits: Sequence[int], firsts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the words of each text that have each of some marks.

    Parameters
    ----------
    marks : ndarray of uint16, shape (n_words,)
        Text after text.
    bits : sequence of int
        The marks.
    firsts : ndarray of int, shape (n_texts + 1,)
        Where the words of each text begin; no text has more than 32,767.

    Returns
    -------
    ndarray of int, shape (n_bits, n_texts)
    """
    if len(firsts) == 2:
        return np.asarray(((marks & np.array(bits, dtype=np.uint16)[:, None]) > 0).sum(axis=1, keepdims=True))
    counted = np.empty((len(bits), len(firsts) - 1), dtype=np.int64)
    for first in range(0, len(bits), _AT_ONCE):
        # Sums may run over; what they differ by is right all the same.
        sums = np.concatenate([[0], np.cumsum(_packed(tuple(bits[first : first + _AT_ONCE]))[marks])])
        own = sums[firsts[1:]] - sums[firsts[:-1]]
        for i, count in enumerate(counted[first : first + _AT_ONCE]):
            count[:] = (own >> (_COUNT_BITS * i)) & ((1 << _COUNT_BITS) - 1)
    return counted


@lru_cache(maxsize=8)
def _packed(bits: tuple[int, ...]) -> NDArray[np.int64]:
    """Turn every set of marks into a number that holds a count, 1 or 0, of each of some."""
    sets = np.arange(1 << _N_MARKS)
    counts = [((sets & bit) > 0).astype(np.int64) << (_COUNT_BITS * i) for i, bit in enumerate(bits)]
    return np.asarray(np.sum(counts, axis=0))


class Marker:
    """Marks words, each only once: a word keeps its marks as long as it keeps its row in the recogniser's table.

    Parameters
    ----------
    mark : callable
        Gives the marks of a folded word: its own, and those of signs of danger.
    """

    def __init__(self, mark: Callable[[str], tuple[int, int]]) -> None:
        self.__setstate__({"_mark": mark})

    def __getstate__(self) -> dict[str, Any]:
        """Leave the marks behind: a worker makes its own faster than they could be sent."""
        return {"_mark": self._mark}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Start with no word marked."""
        self._mark = state["_mark"]
        self._lock = Lock()
        self._table = 0
        self._start_afresh(0)

    def _start_afresh(self, n_rows: int) -> None:
        self._known = np.zeros(n_rows, dtype=bool)
        self._plain = np.zeros(n_rows, dtype=np.uint16)
        self._kinds = np.zeros(n_rows, dtype=np.int64)
        self._signs = {0: 0}
        """Every kind of word, by what parts of signs of danger it may be."""

    def marks(self, words: Words, units: Units) -> tuple[NDArray[np.uint16], Marked]:
        """Return the marks of each word, shape (n_words,), and the words that may be part of a sign of danger."""
        rows = units.places[::2]
        with self._lock:
            if units.table != self._table:
                self._table = units.table
                self._start_afresh(len(units.rows))
            self._make_room(len(units.rows))
            new = np.flatnonzero(~self._known[rows])
            for row, place in dict(zip(rows[new].tolist(), new.tolist(), strict=True)).items():
                own, signs = self._mark(words.word(place))
                self._plain[row] = own | SIGN * (signs > 0)
                self._kinds[row] = self._signs.setdefault(signs, len(self._signs))
                self._known[row] = True
            plain = self._plain[rows]
            places = np.flatnonzero(plain & SIGN)
            return plain, Marked(places, self._kinds[rows[places]], [*self._signs])

    def _make_room(self, n_rows: int) -> None:
        short = n_rows - len(self._known)
        if short > 0:
            self._known = np.pad(self._known, (0, short))
            self._plain = np.pad(self._plain, (0, short))
            self._kinds = np.pad(self._kinds, (0, short))
