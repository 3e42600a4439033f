"""Words of a message and the features each word brings, all by itself.

Every feature but the word pair lies inside one word, so what a word contributes to a score is one row of a table,
whatever stands around it. That makes scoring fast and evidence exact.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Token", "Vocabulary", "pairs", "tokens", "word_features"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_WORD = re.compile(r"[^\W_]+")
_SHORTEST, _LONGEST = 2, 5
_WORD_WEIGHT = 2.0
"""Whole words count double against the many character sequences inside them."""
_LONGEST_WORD = 40


class Token(NamedTuple):
    """A word and where it stands."""

    word: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """Split a text into folded words with their offsets.

    Case, diacritics and digits are folded: ``Café`` and ``cafe`` are one word, every digit is a 0.

    Examples
    --------
    >>> tokens("Kraan lékt!")
    [Token(word='kraan', start=0, end=5), Token(word='lekt', start=6, end=10)]
    """
    folded = _fold(text)
    return [Token(match.group()[:_LONGEST_WORD], match.start(), match.end()) for match in _WORD.finditer(folded)]


_DIGITS = str.maketrans("123456789", "000000000")


def _fold(text: str) -> str:
    """Fold character by character, so that the length stays."""
    if text.isascii():
        return text.lower().translate(_DIGITS)
    return "".join(_fold_character(c) for c in text).translate(_DIGITS)


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    return (unicodedata.normalize("NFKD", character)[0].lower() or character)[0]


@lru_cache(maxsize=65536)
def word_features(word: str) -> tuple[str, ...]:
    """List the features of one word: itself and its character sequences, its edges marked by a space.

    Examples
    --------
    >>> word_features("wc")
    ('=wc', ' w', 'wc', 'c ', ' wc', 'wc ', ' wc ')
    """
    padded = f" {word} "
    sequences = [
        padded[i : i + n] for n in range(_SHORTEST, min(_LONGEST, len(padded)) + 1) for i in range(len(padded) - n + 1)
    ]
    return (f"={word}", *sequences)


def pairs(words: Sequence[str]) -> list[str]:
    """List the pairs of neighbouring words.

    Examples
    --------
    >>> pairs(["kraan", "lekt", "weer"])
    ['kraan lekt', 'lekt weer']
    """
    return [f"{a} {b}" for a, b in pairwise(words)]


@dataclass(frozen=True)
class Vocabulary:
    """The features a model knows, each with its weight.

    Parameters
    ----------
    names : list of str
        Feature names; the position is the feature's number.
    weights : ndarray of shape (n_features,)
        Inverse document frequency, doubled for whole words.
    """

    names: list[str]
    weights: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {name: i for i, name in enumerate(self.names)})

    @classmethod
    def learn(cls, texts: Iterable[Sequence[str]], min_count: int = 2) -> Vocabulary:
        """Learn the vocabulary of texts given as lists of words.

        Parameters
        ----------
        texts : iterable of sequence of str
            The folded words of each text.
        min_count : int
            Texts that a feature must occur in.
        """
        counts: Counter[str] = Counter()
        n_texts = 0
        for words in texts:
            n_texts += 1
            counts.update({name for word in set(words) for name in word_features(word)}.union(pairs(words)))
        names = sorted(name for name, count in counts.items() if count >= min_count)
        idf = [1 + np.log((1 + n_texts) / (1 + counts[name])) for name in names]
        factor = [_WORD_WEIGHT if name[0] == "=" else 1.0 for name in names]
        return cls(names, np.asarray(np.multiply(idf, factor), dtype=np.float32))

    def word(self, word: str) -> tuple[Ints, Floats]:
        """Return the numbers and values of a word's known features."""
        counts = Counter(word_features(word))
        return self._values(counts)

    def pair(self, pair: str) -> tuple[Ints, Floats]:
        """Return the number and value of a pair, empty if it is not known."""
        return self._values({pair: 1})

    def _values(self, counts: dict[str, int] | Counter[str]) -> tuple[Ints, Floats]:
        index: dict[str, int] = self._index  # type: ignore[attr-defined]
        known = [(index[name], count) for name, count in counts.items() if name in index]
        numbers = np.fromiter((i for i, _ in known), dtype=np.int32, count=len(known))
        values = np.fromiter((count for _, count in known), dtype=np.float32, count=len(known))
        return numbers, values * self.weights[numbers]

    def keep(self, numbers: NDArray[np.intp]) -> Vocabulary:
        """Return the vocabulary of some of the features, in the order given."""
        return Vocabulary([self.names[i] for i in numbers], self.weights[numbers])
