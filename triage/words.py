"""Where the words of texts stand, and a number for each: found for whole batches at once, with no loop over words."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["Words", "find_words", "hash_words", "multipliers"]

Places = NDArray[np.int64]
Hashes = NDArray[np.uint64]

LONGEST_WORD = 40
"""Characters of a word that count."""

_UNSEEN = 0xFFFFFFFF
_folded = np.full(0x110000, _UNSEEN, dtype=np.uint32)
"""What each code point is folded to; 0 if no part of a word. Filled as characters are met."""


def multipliers(count: int, seed: int) -> Hashes:
    """Make odd numbers for hashing by position (splitmix64, Steele et al. 2014).

    Parameters
    ----------
    count, seed : int

    Returns
    -------
    ndarray of uint64, shape (count,)
    """
    x = (np.arange(1, count + 1, dtype=np.uint64) + np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (x ^ (x >> np.uint64(31))) | np.uint64(1)


_BY_PLACE = np.append(multipliers(LONGEST_WORD, 1), np.uint64(0))
"""The last one is for all characters that no longer count."""


@dataclass(frozen=True)
class Words:
    """The words of texts, end to end.

    Attributes
    ----------
    hashes : ndarray of uint64, shape (n_words,)
        Equal for equal words.
    starts, ends : ndarray of int, shape (n_words,)
        Where each word stands in its own text.
    firsts : ndarray of int, shape (n_texts + 1,)
        Words ``firsts[i]`` to ``firsts[i + 1]`` are those of text ``i``.
    points : ndarray of uint32
        Code points of all texts, a line end between them.
    places : ndarray of int, shape (n_words,)
        Where each word stands in ``points``.
    """

    hashes: Hashes
    starts: Places
    ends: Places
    firsts: Places
    points: NDArray[np.uint32]
    places: Places

    def __len__(self) -> int:
        return len(self.hashes)

    @property
    def n_texts(self) -> int:
        """Number of texts."""
        return len(self.firsts) - 1

    def word(self, i: int) -> str:
        """Return a word, folded."""
        place = self.places[i]
        return self._text[place : place + min(self.ends[i] - self.starts[i], LONGEST_WORD)]

    def of_text(self, text: int) -> list[str]:
        """Return the words of a text, folded."""
        return self.of_stretch(int(self.firsts[text]), int(self.firsts[text + 1]))

    def of_stretch(self, first: int, last: int) -> list[str]:
        """Return the words from the first up to, not including, the last, folded."""
        lengths = np.minimum(self.ends[first:last] - self.starts[first:last], LONGEST_WORD)
        places = self.places[first:last]
        return [self._text[a:b] for a, b in zip(places.tolist(), (places + lengths).tolist(), strict=True)]

    @cached_property
    def _text(self) -> str:
        """All texts, folded."""
        return _folded[self.points].astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")

    @cached_property
    def counts(self) -> Places:
        """Words of each text, shape (n_texts,)."""
        return self.firsts[1:] - self.firsts[:-1]

    @cached_property
    def joined(self) -> NDArray[np.bool_]:
        """Whether each word is followed by another of the same text, shape (n_words,)."""
        followed = np.ones(len(self), dtype=bool)
        followed[self.firsts[1:][self.counts > 0] - 1] = False
        return followed


def find_words(texts: Sequence[str]) -> Words:
    """Find the words of texts.

    Case, diacritics and digits are folded: ``Café`` and ``cafe`` are one word, every digit is a 0.

    Examples
    --------
    >>> words = find_words(["Kraan lékt!", "", "wc 12"])
    >>> [words.of_text(i) for i in range(3)]
    [['kraan', 'lekt'], [], ['wc', '00']]
    >>> words.starts, words.firsts
    (array([0, 6, 0, 3]), array([0, 2, 2, 4]))
    """
    joined = "\n".join(texts)
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint32, copy=False)
    folded = _fold(points)
    inside = folded != 0
    bounded = np.zeros(len(inside) + 2, dtype=bool)
    bounded[1:-1] = inside
    edges = np.flatnonzero(bounded[1:] != bounded[:-1])
    places, stops = edges[::2], edges[1::2]
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    origins = np.concatenate([[0], np.cumsum(lengths + 1)])
    firsts = np.searchsorted(places, origins)
    origin = np.repeat(origins[:-1], firsts[1:] - firsts[:-1])
    return Words(_hash(folded[inside], stops - places), places - origin, stops - origin, firsts, points, places)


def _fold(points: NDArray[np.uint32]) -> NDArray[np.uint32]:
    folded = _folded[points]
    unseen = folded == _UNSEEN
    if unseen.any():
        for point in set(points[unseen].tolist()):
            _folded[point] = _fold_character(chr(point))
        folded = _folded[points]
    return folded


def _fold_character(character: str) -> int:
    folded = (unicodedata.normalize("NFKD", character)[0].lower() or character)[0]
    if folded in "0123456789":
        return ord("0")
    return ord(folded) if folded.isalnum() else 0


def hash_words(words: Sequence[str]) -> Hashes:
    """Hash folded words as `find_words` does.

    Examples
    --------
    >>> bool((hash_words(["kraan", "lekt"]) == find_words(["Kraan lekt"]).hashes).all())
    True
    """
    points = np.frombuffer("".join(words).encode("utf-32-le"), dtype="<u4").astype(np.uint32, copy=False)
    return _hash(points, np.fromiter(map(len, words), dtype=np.int64, count=len(words)))


def _hash(characters: NDArray[np.uint32], lengths: Places) -> Hashes:
    """Hash words that stand one behind the other: each character times a number of its place in the word, added up."""
    if not len(lengths):
        return np.empty(0, dtype=np.uint64)
    firsts = np.cumsum(lengths) - lengths
    place = np.arange(len(characters)) - np.repeat(firsts, lengths)
    return np.add.reduceat(characters * _BY_PLACE[np.minimum(place, LONGEST_WORD)], firsts)
