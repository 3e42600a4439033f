"""Texts as a sparse matrix, for fitting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from triage.features import Vocabulary, pairs

__all__ = ["count_features"]


def count_features(vocabulary: Vocabulary, texts: Sequence[Sequence[str]]) -> sparse.csr_array:
    """Count the features of texts, scaled by the same additive norm that the recogniser uses.

    Returns
    -------
    csr_array of shape (n_texts, n_features), float32
    """
    known: dict[str, tuple[NDArray[np.int32], NDArray[np.float32]]] = {}
    numbers: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    values: list[NDArray[np.float32]] = [np.empty(0, np.float32)]
    ends = [0]
    for words in texts:
        units = [*words, *pairs(words)]
        for unit in units:
            if unit not in known:
                known[unit] = vocabulary.pair(unit) if " " in unit else vocabulary.word(unit)
        parts = [known[unit] for unit in units]
        norm = np.float32(np.sqrt(sum(float(v @ v) for _, v in parts)) or 1.0)
        numbers += [n for n, _ in parts]
        values += [v / norm for _, v in parts]
        ends.append(ends[-1] + sum(len(n) for n, _ in parts))
    matrix = sparse.csr_array(
        (np.concatenate(values), np.concatenate(numbers), np.array(ends, dtype=np.int32)),
        shape=(len(texts), len(vocabulary.names)),
    )
    matrix.sum_duplicates()
    return matrix
