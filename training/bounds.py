"""What so many decisions say of the share that is wrong: bounds, thresholds that keep below one, cases missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, stdtrit

__all__ = ["Tally", "fewest_missing", "least_confidence", "missing", "tally", "upper_bound"]

Floats = NDArray[np.float64]
Voices = NDArray[np.int64]
Picked = NDArray[np.bool_]

_CANDIDATES = 40
"""Thresholds that are tested."""
_STARTS = (0.0, 0.25, 0.5)
"""Where testing starts, as shares of the decisions."""
_MANY = 1000
"""From so many decisions on, testing starts at all of these places."""


def upper_bound(wrong: int, count: int, sure: float, effect: float = 1.0) -> float:
    """Bound the true share of wrong decisions from above (Clopper and Pearson 1934, one-sided).

    Parameters
    ----------
    wrong, count : int
    sure : float
        Confidence in the bound.
    effect : float
        Design effect: decisions that depend on each other count for so many times fewer (Korn and Graubard 1998).
        Infinite where nothing is known of it: then nothing is bounded.

    Returns
    -------
    float

    Examples
    --------
    >>> round(upper_bound(0, 149, 0.95), 3)
    0.02
    >>> round(upper_bound(0, 298, 0.95, effect=2.0), 3)
    0.02
    """
    if wrong >= count or math.isinf(effect):
        return 1.0
    return float(betaincinv(wrong / effect + 1, (count - wrong) / effect, sure))


@dataclass(frozen=True)
class Tally:
    """Decisions, those wrong among them, how much more their share varies than if each stood alone, and the voices."""

    count: int
    wrong: int
    effect: float
    voices: int

    def effect_at(self, sure: float) -> float:
        """Return the design effect that a bound is to use: few voices tell little of how much they vary.

        Korn and Graubard (1998): by the squared ratio of the quantiles of Student's t for so many voices and for so
        many decisions. One voice tells nothing of it.
        """
        if self.count and self.voices < 2:
            return math.inf
        by_voices, by_decisions = (float(stdtrit(max(n - 1, 1), sure)) for n in (self.voices, self.count))
        return self.effect * (by_voices / by_decisions) ** 2 if by_decisions else self.effect

    def bound(self, sure: float) -> float:
        """Bound the true share of wrong decisions from above."""
        return upper_bound(self.wrong, self.count, sure, self.effect_at(sure))

    def missing(self, accepted: float, sure: float) -> int:
        """Count how many more labelled cases, all decided right, would keep a promise."""
        return missing(self.count, self.wrong, accepted, sure, self.effect_at(sure))


def tally(wrong: Picked, voices: Voices) -> Tally:
    """Count wrong decisions, and estimate how much more their share varies than if each decision stood alone.

    What is misread of one writer is misread again: errors come in clusters.

    Parameters
    ----------
    wrong : ndarray of bool, shape (n,)
    voices : ndarray of int, shape (n,)
        Who wrote each, numbered from 0 on.

    Returns
    -------
    Tally
        With a design effect of at least 1.

    Examples
    --------
    >>> voices = np.repeat(np.arange(10), 20)
    >>> tally(voices == 0, voices).effect > 10
    True
    >>> tally(np.arange(200) % 20 == 0, voices)
    Tally(count=200, wrong=10, effect=1.0, voices=10)
    """
    return _tallies(wrong, voices, [len(wrong)])[0]


def _tallies(wrong: Picked, voices: Voices, counts: Sequence[int]) -> list[Tally]:
    """Tally so many of the first decisions, for each of some rising counts: what came before is not counted again."""
    n_voices = int(voices.max(initial=-1)) + 1
    own, errors = np.zeros(n_voices), np.zeros(n_voices)
    found = []
    for before, count in pairwise([0, *counts]):
        own += np.bincount(voices[before:count], minlength=n_voices)
        errors += np.bincount(voices[before:count], weights=wrong[before:count], minlength=n_voices)
        found.append(Tally(count, int(errors.sum()), _effect(own, errors), int(np.count_nonzero(own))))
    return found


def _effect(counts: Floats, errors: Floats) -> float:
    """Estimate the design effect from the decisions and errors of each voice."""
    total, wrong, n_voices = counts.sum(), errors.sum(), np.count_nonzero(counts)
    if wrong in (0, total) or n_voices < 2:
        return 1.0
    share = wrong / total
    apart = np.square(errors - share * counts).sum() * n_voices / (n_voices - 1)
    return max(1.0, float(apart / (share * (1 - share) * total)))


def least_confidence(
    confidence: Floats,
    right: Picked,
    accepted: float,
    sure: float,
    voices: Voices | None = None,
) -> float:
    """Find the least confidence from which on few enough decisions are wrong.

    Thresholds are tested from a start on, each laxer than the one before, until one fails (fixed-sequence testing). The
    very surest decisions are few, so that one odd label there may fail a test; where there are cases enough, testing
    starts at several places, which share the risk of being wrong (Bonferroni; Angelopoulos et al. 2021, section 2).

    Parameters
    ----------
    confidence : ndarray of shape (n,)
    right : ndarray of bool, shape (n,)
    accepted : float
        Share of wrong decisions that is accepted.
    sure : float
        Confidence in the bound.
    voices : ndarray of int, shape (n,), optional
        Who wrote each request, numbered from 0 on; each one by somebody else if left out.

    Returns
    -------
    float
        Over 1 if no threshold keeps the promise.
    """
    starts = _STARTS if len(right) >= _MANY else _STARTS[:1]
    each = 1 - (1 - sure) / len(starts)
    surest = [own for own in _surest(confidence, right, voices) if upper_bound(0, own.count, each) <= accepted]
    keeping = {own.count for own in surest if own.bound(each) <= accepted}
    most = 0
    for start in starts:
        tested = [own.count for own in surest if own.count >= start * len(right)]
        most = max([most, *takewhile(keeping.__contains__, tested)])
    return max(float(-np.sort(-confidence)[most - 1]), 0.5) if most else 1.01


def fewest_missing(
    confidence: Floats, right: Picked, accepted: float, sure: float, voices: Voices | None = None
) -> int:
    """Count the cases missing at the threshold that comes nearest to a promise.

    Parameters
    ----------
    confidence, right, accepted, sure, voices
        As for `least_confidence`.
    """
    tallies = [Tally(0, 0, 1.0, 0), *_surest(confidence, right, voices)]
    return min(own.missing(accepted, sure) for own in tallies)


def _surest(confidence: Floats, right: Picked, voices: Voices | None) -> list[Tally]:
    """Tally the surest so many decisions, for some counts up to all of them."""
    order = np.argsort(-confidence, kind="stable")
    writers = np.arange(len(order)) if voices is None else voices[order]
    counts = np.unique(np.linspace(0, len(order), _CANDIDATES + 1).astype(int)[1:])
    return _tallies(~right[order], writers, [count for count in counts.tolist() if count])


def missing(count: int, wrong: int, accepted: float, sure: float, effect: float = 1.0) -> int:
    """Count how many more labelled cases, all decided right, would keep a promise.

    Parameters
    ----------
    count, wrong : int
        Decisions so far, and how many of them are wrong.
    accepted, sure : float
    effect : float
        Design effect.

    Examples
    --------
    >>> missing(0, 0, 0.01, 0.95)
    299
    >>> missing(500, 1, 0.01, 0.95)
    0
    """
    effect = min(effect, float(max(count, 1)))
    most = 10 * effect * (wrong + 1) / accepted / (1 - sure)
    low, high = count, max(2 * count, math.ceil(most))
    while low < high:
        middle = (low + high) // 2
        enough = upper_bound(wrong, middle, sure, effect) <= accepted
        low, high = (low, middle) if enough else (middle + 1, high)
    return low - count
