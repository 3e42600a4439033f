"""A fitted recogniser: words in, probabilities of rules and circumstances out. NumPy alone.

Its scores are linear in the features, so each word's share in a score is known exactly: one row of a table, filled as
words are met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from triage.catalogue import Party
from triage.features import Vocabulary, pairs

__all__ = ["Outputs", "Recogniser", "Recognition"]

Floats = NDArray[np.float32]

_REMEMBERED = 20_000
"""Rows kept in memory (some 30 MB); the table starts afresh when it is full."""


@dataclass(frozen=True)
class Outputs:
    """What a recogniser scores, in the order of its outputs.

    Rules and elsewhere kinds exclude each other (one softmax); circumstances and flags stand alone (a sigmoid each).
    """

    rules: list[str]
    elsewhere: list[str]
    circumstances: list[str]
    flags: list[str]

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

    def causes(self, row: int) -> dict[Party, float] | None:
        """Return how likely something in a text turns a default towards each party; None if that was not learned."""
        if "tenant_cause" not in self.flags:
            return None
        return {"tenant": float(self.flags["tenant_cause"][row]), "landlord": float(self.flags["landlord_cause"][row])}


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
    _rows: dict[str, tuple[Floats, float]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def pack(
        cls, vocabulary: Vocabulary, weights: Floats, gains: Floats, biases: Floats, outputs: Outputs
    ) -> Recogniser:
        """Pack float weights to bytes; costs no measurable accuracy."""
        scales = np.maximum(np.abs(weights).max(axis=1), 1e-12) / 127
        codes = np.rint(weights / scales[:, None]).astype(np.int8)
        return cls(vocabulary, codes, scales.astype(np.float32), gains, biases, outputs)

    def row(self, unit: str) -> tuple[Floats, float]:
        """Return what a word or pair adds to every sum, and to the squared norm."""
        known = self._rows.get(unit)
        if known is None:
            if len(self._rows) >= _REMEMBERED:
                self._rows.clear()
            numbers, values = self.vocabulary.pair(unit) if " " in unit else self.vocabulary.word(unit)
            row = (values * self.scales[numbers]) @ self.codes[numbers].astype(np.float32)
            known = self._rows[unit] = (row, float(values @ values))
        return known

    def units(self, words: Sequence[str]) -> list[str]:
        """List all units of a text: its words and the pairs of neighbours."""
        return [*words, *pairs(words)]

    def scores(self, texts: Sequence[Sequence[str]]) -> Floats:
        """Score texts given as lists of folded words.

        Returns
        -------
        ndarray of shape (n_texts, n_outputs)
        """
        scores = np.empty((len(texts), len(self.outputs)), dtype=np.float32)
        for i, words in enumerate(texts):
            scores[i] = self._sum(words)
        return scores * self.gains + self.biases

    def _sum(self, words: Sequence[str]) -> Floats:
        rows = [self.row(unit) for unit in self.units(words)]
        total = np.zeros(len(self.outputs), dtype=np.float32)
        for row, _ in rows:
            total += row
        return total / np.float32(self.norm(words))

    def norm(self, words: Sequence[str]) -> float:
        """Return the length of a text's feature vector, added up over its units; 1 for a text without features."""
        return float(np.sqrt(sum(self.row(unit)[1] for unit in self.units(words)))) or 1.0

    def recognise(self, texts: Sequence[Sequence[str]]) -> Recognition:
        """Return the probabilities for texts given as lists of folded words."""
        scores = self.scores(texts)
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


def softmax(scores: Floats) -> Floats:
    """Turn rows of scores into probabilities that sum to 1."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)


def sigmoid(scores: Floats) -> Floats:
    """Turn scores into probabilities, each by itself."""
    return np.asarray(1 / (1 + np.exp(-np.clip(scores, -30, 30))), dtype=np.float32)
