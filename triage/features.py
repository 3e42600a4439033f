"""The features each word of a message brings, all by itself.

Every feature but the word pair lies inside one word, so what a word contributes to a score is one row of a table,
whatever stands around it. That makes scoring fast and evidence exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from triage.words import find_words, hash_words, multipliers

__all__ = ["Vocabulary", "hash_pairs", "is_pair", "pairs", "word_features", "words_of"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Hashes = NDArray[np.uint64]

_SHORTEST, _LONGEST = 2, 5
_WORD_WEIGHT = 2.0
"""Whole words count double against the many character sequences inside them."""
_PAIR_WEIGHT = 3.0
"""Pairs of words tell who did what to what, and are rarer still."""

_IN_SEQUENCE = multipliers(_LONGEST, 1000)
_BY_LENGTH = multipliers(_LONGEST + 1, 2000)
_FIRST_OF_PAIR, _SECOND_OF_PAIR = multipliers(2, 3000)
_EDGE = ord(" ")


def words_of(text: str) -> list[str]:
    """Return the folded words of a text.

    Examples
    --------
    >>> words_of("Café 12b lekt!")
    ['cafe', '00b', 'lekt']
    """
    return find_words([text]).of_text(0)


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


def is_pair(name: str) -> bool:
    """Tell whether a feature is a pair of words.

    Examples
    --------
    >>> is_pair("kraan lekt"), is_pair(" wc "), is_pair("=wc")
    (True, False, False)
    """
    return " " in name[1:-1]


def hash_pairs(first: Hashes, second: Hashes) -> Hashes:
    """Hash pairs of words, given the hashes of both."""
    mixed = first * _FIRST_OF_PAIR + second * _SECOND_OF_PAIR
    return np.asarray(mixed ^ (mixed >> np.uint64(29)))


@dataclass(frozen=True)
class Vocabulary:
    """The features a model knows, each with its weight.

    Parameters
    ----------
    names : list of str
        Feature names; the position is the feature's number.
    weights : ndarray of shape (n_features,)
        Inverse document frequency, times more for whole words and for pairs.
    """

    names: list[str]
    weights: Floats

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
        factor = [_PAIR_WEIGHT if is_pair(name) else _WORD_WEIGHT if name[0] == "=" else 1.0 for name in names]
        return cls(names, np.asarray(np.multiply(idf, factor), dtype=np.float32))

    def keep(self, numbers: NDArray[np.intp]) -> Vocabulary:
        """Return the vocabulary of some of the features, in the order given."""
        return Vocabulary([self.names[i] for i in numbers], self.weights[numbers])

    def word(self, word: str) -> tuple[Ints, Floats]:
        """Return the numbers and values of a word's known features."""
        return self._values(Counter(word_features(word)))

    def pair(self, pair: str) -> tuple[Ints, Floats]:
        """Return the number and value of a pair, empty if it is not known."""
        return self._values({pair: 1})

    def _values(self, counts: dict[str, int] | Counter[str]) -> tuple[Ints, Floats]:
        known = [(self._numbers[name], count) for name, count in counts.items() if name in self._numbers]
        numbers = np.fromiter((i for i, _ in known), dtype=np.int32, count=len(known))
        values = np.fromiter((count for _, count in known), dtype=np.float32, count=len(known))
        return numbers, values * self.weights[numbers]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names)}

    def many_words(self, words: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
        """Find the known features of many words at once.

        Parameters
        ----------
        words : sequence of str
            Folded words.

        Returns
        -------
        owners, numbers, values : ndarray of shape (n_found,)
            Which word each belongs to (ascending), the feature's number and its value.
        """
        hashes, order = self._hashed
        wanted, owners = _hash_features(words)
        places = np.minimum(np.searchsorted(hashes, wanted), max(len(hashes) - 1, 0))
        known = hashes[places] == wanted if len(hashes) else np.zeros(len(wanted), dtype=bool)
        keys, counts = np.unique(owners[known] * len(self.names) + order[places[known]], return_counts=True)
        owners, numbers = np.divmod(keys, max(len(self.names), 1))
        return owners, numbers, counts.astype(np.float32) * self.weights[numbers]

    @cached_property
    def _hashed(self) -> tuple[Hashes, NDArray[np.int64]]:
        """Hashes of all features inside one word, ascending, and the feature's number."""
        whole = np.array([i for i, name in enumerate(self.names) if name[0] == "="], dtype=np.int64)
        sequences = [i for i, name in enumerate(self.names) if name[0] != "=" and not is_pair(name)]
        sequences.sort(key=lambda i: len(self.names[i]))
        hashes = [_hash_whole(hash_words([self.names[i][1:] for i in whole]))]
        lengths = np.array([len(self.names[i]) for i in sequences])
        for n in range(_SHORTEST, _LONGEST + 1):
            joined = "".join(self.names[i] for i, length in zip(sequences, lengths, strict=True) if length == n)
            points = np.frombuffer(joined.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
            hashes.append(_hash_sequences(points.reshape(-1, n)))
        together = np.concatenate(hashes)
        order = np.argsort(together, kind="stable")
        return together[order], np.concatenate([whole, np.array(sequences, dtype=np.int64)])[order]

    @cached_property
    def known_pairs(self) -> tuple[Hashes, NDArray[np.int64]]:
        """Hashes of all pairs, ascending, and the feature's number."""
        numbers = np.array([i for i, name in enumerate(self.names) if is_pair(name)], dtype=np.int64)
        halves = hash_words([half for i in numbers for half in self.names[i].split(" ")])
        hashes = hash_pairs(halves[::2], halves[1::2])
        order = np.argsort(hashes, kind="stable")
        return hashes[order], numbers[order]


def _hash_features(words: Sequence[str]) -> tuple[Hashes, NDArray[np.int64]]:
    """Hash all features of words, and tell which word each belongs to."""
    lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    longest = int(lengths.max(initial=0))
    joined = "".join(word.ljust(longest) for word in words)
    points = np.full((len(words), longest + 2), _EDGE, dtype=np.uint64)
    points[:, 1:-1] = np.frombuffer(joined.encode("utf-32-le"), dtype="<u4").reshape(len(words), longest)
    hashes = [_hash_whole(hash_words(words))]
    owners = [np.arange(len(words))]
    for n in range(_SHORTEST, min(_LONGEST, longest + 2) + 1):
        windows = np.lib.stride_tricks.sliding_window_view(points, n, axis=1)
        inside = np.arange(windows.shape[1]) <= (lengths + 2 - n)[:, None]
        hashes.append(_hash_sequences(windows[inside]))
        owners.append(np.nonzero(inside)[0])
    return np.concatenate(hashes), np.concatenate(owners)


def _hash_whole(hashes: Hashes) -> Hashes:
    return np.asarray(hashes ^ _BY_LENGTH[0])


def _hash_sequences(points: Hashes) -> Hashes:
    """Hash character sequences of one length, one a row."""
    n = points.shape[1]
    return np.asarray((points * _IN_SEQUENCE[:n]).sum(axis=1, dtype=np.uint64) ^ _BY_LENGTH[n])
