"""What each word says all by itself, whatever stands around it: its language, and the signs of danger it may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.table import Units
from triage.urgency import AlarmMarks, Marked
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

DUTCH, ENGLISH, FUNCTION, LETTERS, JOINT, FAMILIAR, SPOKEN, TELLING, FOREIGN, SIGN = (1 << n for n in range(10))
"""Marks of a word: of one language alone; in either list; written with letters; joins clauses; known to be of either
language; says something; of one language alone, and hardly another language has it; of another language; may be part of
a sign of danger."""


def count_marked(marks: NDArray[np.uint16], bits: Sequence[int], firsts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the words of each text that have each of some marks.

    Parameters
    ----------
    marks : ndarray of uint16, shape (n_words,)
        Text after text.
    bits : sequence of int
        The marks.
    firsts : ndarray of int, shape (n_texts + 1,)
        Where the words of each text begin.

    Returns
    -------
    ndarray of int, shape (n_bits, n_texts)
    """
    counted = np.zeros((len(bits), len(marks) + 1), dtype=np.int64)
    np.cumsum((marks & np.array(bits, dtype=np.uint16)[:, None]) > 0, axis=1, out=counted[:, 1:])
    return np.asarray(counted[:, firsts[1:]] - counted[:, firsts[:-1]])


class Marker:
    """Marks words, each only once: a word keeps its marks as long as it keeps its row in the recogniser's table.

    Parameters
    ----------
    mark : callable
        Gives the marks of a folded word: its own, and those of signs of danger.
    n_signs : int
        How many numbers the latter are packed to.
    """

    def __init__(self, mark: Callable[[str], tuple[int, AlarmMarks]], n_signs: int) -> None:
        self.__setstate__({"_mark": mark, "_n_signs": n_signs})

    def __getstate__(self) -> dict[str, Any]:
        """Leave the marks behind: a worker makes its own faster than they could be sent."""
        return {"_mark": self._mark, "_n_signs": self._n_signs}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Start with no word marked."""
        self._mark, self._n_signs = state["_mark"], state["_n_signs"]
        self._lock = Lock()
        self._table = 0
        self._start_afresh(0)

    def _start_afresh(self, n_rows: int) -> None:
        self._known = np.zeros(n_rows, dtype=bool)
        self._plain = np.zeros(n_rows, dtype=np.uint16)
        self._signs = np.zeros((n_rows, self._n_signs), dtype=np.uint64)

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
                self._plain[row], self._signs[row] = own | SIGN * bool(signs.any()), signs
                self._known[row] = True
            plain = self._plain[rows]
            places = np.flatnonzero(plain & SIGN)
            return plain, Marked(places, self._signs[rows[places]])

    def _make_room(self, n_rows: int) -> None:
        short = n_rows - len(self._known)
        if short > 0:
            self._known = np.pad(self._known, (0, short))
            self._plain = np.pad(self._plain, (0, short))
            self._signs = np.pad(self._signs, ((0, short), (0, 0)))
