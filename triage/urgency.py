"""Danger that needs somebody now, whatever the classifier thinks of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

import numpy as np
from numpy.typing import NDArray

from triage.catalogue import Catalogue, Danger

__all__ = ["Alarm"]

_WINDOW = 6
_NEGATIONS = frozenset({"geen", "niet", "nooit", "no", "not", "never", "zonder", "without", "isnt", "geeneens"})


class Alarm:
    """Finds the dangers of a catalogue in messages.

    A sign of danger is a phrase such as ``ruik* gas``: its words must occur in order within a few words of each other,
    a star stands for any beginning or ending, and a negation right before or in between takes it away.

    Parameters
    ----------
    catalogue : Catalogue

    Examples
    --------
    >>> import triage
    >>> alarm = Alarm(triage.load().catalogue)
    >>> alarm.find("ik ruik overal gas in huis".split()).id
    'gas'
    >>> alarm.find("ik ruik geen gas".split()) is None
    True
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._dangers = catalogue.dangers
        signs = [(i, sign.lower().split()) for i, danger in enumerate(self._dangers) for sign in danger.signs.all()]
        steps = dict.fromkeys(step for _, sign in signs for step in sign)
        self._bits = {step: 1 << n for n, step in enumerate(steps)}
        self._signs = [(i, sign, reduce(or_, (self._bits[step] for step in sign))) for i, sign in signs]
        self.n_marks = len(steps) // 64 + 1
        self._needed = self.packed([bits for *_, bits in self._signs])
        self._beginnings = sorted({len(step) - 1 for step in steps if step.endswith("*")})
        self._endings = sorted({len(step) - 1 for step in steps if step.startswith("*")})

    def mark(self, word: str) -> int:
        """Mark a word for the parts of signs that it may be, a bit for each."""
        beginnings = [f"{word[:n]}*" for n in self._beginnings if n <= len(word)]
        endings = [f"*{word[-n:]}" for n in self._endings if n <= len(word)]
        return reduce(or_, (self._bits.get(step, 0) for step in (word, *beginnings, *endings)))

    def packed(self, marks: Sequence[int]) -> NDArray[np.uint64]:
        """Pack marks into an array of shape (n_words, n_marks)."""
        joined = b"".join(mark.to_bytes(8 * self.n_marks, "little") for mark in marks)
        return np.frombuffer(joined, dtype="<u8").reshape(-1, self.n_marks)

    def may_ring(self, marks: NDArray[np.uint64], firsts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find the texts that hold all words of any sign; no other one tells of danger.

        Parameters
        ----------
        marks : ndarray of uint64, shape (n_words, n_marks)
            Packed, text after text.
        firsts : ndarray of int, shape (n_texts + 1,)
            Where the words of each text begin.

        Returns
        -------
        ndarray of int
            Places of those texts, ascending.
        """
        filled = np.flatnonzero(np.diff(firsts) > 0)
        if not len(filled) or not len(self._needed):
            return np.empty(0, dtype=np.int64)
        marked = np.bitwise_or.reduceat(marks, firsts[filled], axis=0)
        complete = np.ones((len(filled), len(self._needed)), dtype=bool)
        for own, needed in zip(marked.T, self._needed.T, strict=True):
            complete &= (own[:, None] & needed) == needed
        return np.asarray(filled[complete.any(axis=1)])

    def find(self, words: Sequence[str]) -> Danger | None:
        """Find the first danger of the catalogue that a message tells of.

        Parameters
        ----------
        words : sequence of str
            Folded words of the message.

        Returns
        -------
        Danger or None
        """
        marked = reduce(or_, map(self.mark, words), 0)
        likely = ((i, sign) for i, sign, bits in self._signs if bits & marked == bits)
        return next((self._dangers[i] for i, sign in likely if _occurs(sign, words)), None)


def _occurs(sign: list[str], words: Sequence[str]) -> bool:
    return any(_follows(sign, words, i) for i, word in enumerate(words) if _matches(sign[0], word))


def _follows(sign: list[str], words: Sequence[str], start: int) -> bool:
    """Tell whether a sign whose first word stands at a place goes on from there, unnegated."""
    window = words[start : start + _WINDOW]
    i = 0
    for step in sign:
        while i < len(window) and not _matches(step, window[i]):
            i += 1
        if i == len(window):
            return False
        i += 1
    around = [*words[max(0, start - 1) : start], *window[:i]]
    return not any(word in _NEGATIONS and word not in sign for word in around)


def _matches(step: str, word: str) -> bool:
    if step.startswith("*"):
        return word.endswith(step[1:])
    return word.startswith(step[:-1]) if step.endswith("*") else word == step
