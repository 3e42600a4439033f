"""Texts as a sparse matrix, for fitting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from triage.features import Vocabulary, pairs

__all__ = ["Counted", "count", "count_features"]

Floats = NDArray[np.float32]


class Counted(NamedTuple):
    """The features of texts, counted.

    Attributes
    ----------
    matrix : csr_array of shape (n_texts, n_features), float32
        Each text divided by its norm.
    norms : ndarray of float32, shape (n_texts,)
        The norm that the recogniser uses: its square adds up over words.
    """

    matrix: sparse.csr_array
    norms: Floats

    def take(self, texts: NDArray[np.intp]) -> Counted:
        """Return some of the texts."""
        return Counted(self.matrix[texts], self.norms[texts])

    def beside(self, others: Counted) -> Counted:
        """Put each text beside another, as if they were one; an empty one leaves it as it is."""
        norms = np.sqrt(self.norms**2 + others.norms**2)
        divisors = np.where(norms == 0, np.float32(1), norms)
        return Counted(_scaled(self, divisors) + _scaled(others, divisors), norms)


def _scaled(counted: Counted, norms: Floats) -> sparse.csr_array:
    """Divide texts by other norms than their own."""
    matrix = counted.matrix
    factors = np.repeat(counted.norms / norms, np.diff(matrix.indptr))
    return sparse.csr_array((matrix.data * factors, matrix.indices, matrix.indptr), shape=matrix.shape)


def count(vocabulary: Vocabulary, texts: Sequence[Sequence[str]]) -> Counted:
    """Count the features of texts given as lists of folded words."""
    known: dict[str, tuple[NDArray[np.int32], Floats]] = {}
    numbers: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    values: list[Floats] = [np.empty(0, np.float32)]
    ends, norms = [0], []
    for words in texts:
        units = [*words, *pairs(words)]
        for unit in units:
            if unit not in known:
                known[unit] = vocabulary.pair(unit) if " " in unit else vocabulary.word(unit)
        parts = [known[unit] for unit in units]
        norm = np.float32(np.sqrt(sum(float(v @ v) for _, v in parts)))
        numbers += [n for n, _ in parts]
        values += [v / (norm or np.float32(1)) for _, v in parts]
        ends.append(ends[-1] + sum(len(n) for n, _ in parts))
        norms.append(norm)
    matrix = sparse.csr_array(
        (np.concatenate(values), np.concatenate(numbers), np.array(ends, dtype=np.int32)),
        shape=(len(texts), len(vocabulary.names)),
    )
    matrix.sum_duplicates()
    return Counted(matrix, np.array(norms, dtype=np.float32))


def count_features(vocabulary: Vocabulary, texts: Sequence[Sequence[str]]) -> sparse.csr_array:
    """Count the features of texts, scaled by the same additive norm that the recogniser uses.

    Returns
    -------
    csr_array of shape (n_texts, n_features), float32
    """
    return count(vocabulary, texts).matrix
