"""The promise behind automatic decisions: how few of them may be wrong, and the thresholds that keep to it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from itertools import takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.stats import beta

from triage.catalogue import Party
from triage.decision import Policy
from triage.errors import ModelError

__all__ = [
    "Kept",
    "Outcomes",
    "Promise",
    "choose",
    "design_effect",
    "least_confidence",
    "missing",
    "report_promise",
    "simulate",
    "upper_bound",
]

Floats = NDArray[np.float64]

_SEED = 20261123
_FILE = "held_out.npz"
PARTIES: tuple[Party, ...] = ("landlord", "tenant")


class Promise(BaseModel):
    """What an association accepts of automatic decisions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    landlord: float = Field(default=0.02, gt=0, lt=1, description="Share of wrong labels among automatic 'landlord'")
    tenant: float = Field(default=0.01, gt=0, lt=1, description="The same among 'tenant', which costs a tenant money")
    sure: float = Field(default=0.95, gt=0, lt=1, description="How sure it must be that no share is greater")
    over_reach: float = Field(default=0.05, ge=0, le=1, description="Share of undecidable requests that may be decided")

    def accepted(self, party: Party) -> float:
        """Return the share of wrong labels that is accepted."""
        return self.landlord if party == "landlord" else self.tenant


@dataclass(frozen=True)
class Outcomes:
    """Requests of voices left out, as a model judged them that never saw their voice; one a place.

    Attributes
    ----------
    landlord : ndarray of shape (n_requests,)
        P(landlord), before the last calibration.
    truth : ndarray of bool, shape (n_requests,)
        Whether the landlord is responsible.
    decidable : ndarray of bool, shape (n_requests,)
    left_open : ndarray of shape (n_requests,)
        Probability that the message leaves the matter open.
    voices : ndarray of int, shape (n_requests,)
        Who wrote it, numbered.
    """

    landlord: Floats
    truth: NDArray[np.bool_]
    decidable: NDArray[np.bool_]
    left_open: Floats
    voices: NDArray[np.int64]

    def take(self, chosen: NDArray[np.bool_]) -> Outcomes:
        """Return some of the requests."""
        return Outcomes(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def save(self, folder: Path) -> None:
        """Write them beside a model, so that thresholds can be chosen anew without fitting."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        np.savez_compressed(folder / _FILE, **arrays)

    @classmethod
    def load(cls, folder: Path) -> Outcomes:
        """Read what was written beside a model.

        Raises
        ------
        ModelError
            If there is nothing, or nothing that can be read.
        """
        try:
            with np.load(folder / _FILE, allow_pickle=False) as archive:
                return cls(*(archive[field.name] for field in fields(cls)))
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise ModelError(f"{folder / _FILE}: cannot be read ({error}); run: python -m training fit") from error


def choose(outcomes: Outcomes, rough: Policy, promise: Promise) -> Policy:
    """Find the policy that decides most by itself while it keeps the promise.

    Parameters
    ----------
    outcomes : Outcomes
    rough : Policy
        All but the thresholds of automatic decisions.
    promise : Promise

    Returns
    -------
    Policy
        With thresholds over 1 for labels that no threshold keeps the promise for.
    """
    best = rough.model_copy(update={"landlord": 1.01, "tenant": 1.01, "open": 1.0})
    most = 0.0
    confidence = rough.confidence(outcomes.landlord)
    for most_open in np.quantile(outcomes.left_open, np.linspace(0.4, 1.0, _LEVELS)).tolist():
        thresholds = {party: _threshold(outcomes, confidence, party, most_open, promise) for party in PARTIES}
        policy = rough.model_copy(update=thresholds | {"open": most_open})
        automatic = _automatic(outcomes, policy)
        share = float(automatic[outcomes.decidable].mean()) if outcomes.decidable.any() else 0.0
        if share > most and _over_reach(outcomes, automatic, promise.sure) <= promise.over_reach:
            best, most = policy, share
    return best


def _over_reach(outcomes: Outcomes, automatic: NDArray[np.bool_], sure: float) -> float:
    """Bound the share of undecidable requests that are decided."""
    reached, voices = automatic[~outcomes.decidable], outcomes.voices[~outcomes.decidable]
    if not len(reached):
        return 0.0
    return upper_bound(int(reached.sum()), len(reached), sure, design_effect(reached, voices))


@dataclass(frozen=True)
class Line:
    """How a label fares: threshold, automatic decisions, those wrong among them, labelled cases missing."""

    party: Party
    least: float
    automatic: int
    wrong: int
    missing: int


def report_promise(outcomes: Outcomes, policy: Policy, promise: Promise) -> list[Line]:
    """Tell what comes of a policy; where a label is never automatic, how many more cases it takes at the least.

    Returns
    -------
    list of Line
        One for each label.
    """
    lines = []
    automatic = _automatic(outcomes, policy) & outcomes.decidable
    for party in PARTIES:
        own = automatic & ((outcomes.landlord >= 0.5) == (party == "landlord"))
        wrong = int((outcomes.truth[own] != (party == "landlord")).sum())
        least = policy.landlord if party == "landlord" else policy.tenant
        more = 0 if least <= 1 else _missing_at_best(outcomes, policy, party, promise)
        lines.append(Line(party, least, int(own.sum()), wrong, more))
    return lines


def _missing_at_best(outcomes: Outcomes, policy: Policy, party: Party, promise: Promise) -> int:
    """Count the cases missing at the threshold that comes nearest to the promise."""
    own = outcomes.take(outcomes.decidable & ((outcomes.landlord >= 0.5) == (party == "landlord")))
    order = np.argsort(-policy.confidence(own.landlord), kind="stable")
    wrong, voices = own.truth[order] != (party == "landlord"), own.voices[order]
    counts = range(0, len(order) + 1, max(len(order) // 40, 1))
    surest = {count: _surest(wrong, voices, count) for count in counts}
    accepted = promise.accepted(party)
    return min(missing(count, errors, accepted, promise.sure, effect) for count, (errors, effect) in surest.items())


def _automatic(outcomes: Outcomes, policy: Policy) -> NDArray[np.bool_]:
    least = np.where(outcomes.landlord >= 0.5, policy.landlord, policy.tenant)
    return np.asarray((policy.confidence(outcomes.landlord) >= least) & (outcomes.left_open <= policy.open))


def _threshold(outcomes: Outcomes, confidence: Floats, party: Party, most_open: float, promise: Promise) -> float:
    side = (outcomes.landlord >= 0.5) == (party == "landlord")
    counted = side & outcomes.decidable & (outcomes.left_open <= most_open)
    right = outcomes.truth == (party == "landlord")
    accepted = promise.accepted(party)
    return least_confidence(confidence[counted], right[counted], accepted, promise.sure, outcomes.voices[counted])


_LEVELS = 25
"""Greatest probabilities of being left open that are tried."""
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
    return 1.0 if wrong >= count else float(beta.ppf(sure, wrong / effect + 1, (count - wrong) / effect))


def design_effect(wrong: NDArray[np.bool_], voices: NDArray[np.int64]) -> float:
    """Estimate how much more a share of wrong decisions varies than if each decision stood alone.

    What is misread of one writer is misread again: errors come in clusters.

    Parameters
    ----------
    wrong : ndarray of bool, shape (n,)
    voices : ndarray of int, shape (n,)
        Who wrote each.

    Returns
    -------
    float
        At least 1.

    Examples
    --------
    >>> voices = np.repeat(np.arange(10), 20)
    >>> design_effect(voices == 0, voices) > 10
    True
    >>> design_effect(np.arange(200) % 20 == 0, voices)
    1.0
    """
    if wrong.all() or not wrong.any():
        return 1.0
    own = np.unique(voices, return_inverse=True)[1]
    counts, errors = np.bincount(own), np.bincount(own, weights=wrong)
    if len(counts) < 2:
        return 1.0
    share = float(wrong.mean())
    apart = float(np.square(errors - share * counts).sum()) * len(counts) / (len(counts) - 1)
    return max(1.0, apart / (share * (1 - share) * len(wrong)))


def least_confidence(
    confidence: Floats,
    right: NDArray[np.bool_],
    accepted: float,
    sure: float,
    voices: NDArray[np.int64] | None = None,
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
        Who wrote each request; each one by somebody else if left out.

    Returns
    -------
    float
        Over 1 if no threshold keeps the promise.
    """
    order = np.argsort(-confidence, kind="stable")
    ranked, wrong = confidence[order], ~right[order]
    writers = np.arange(len(order)) if voices is None else voices[order]
    counts = np.unique(np.linspace(0, len(order), _CANDIDATES + 1).astype(int)[1:]).tolist()
    starts = _STARTS if len(order) >= _MANY else _STARTS[:1]
    each = 1 - (1 - sure) / len(starts)
    possible = [count for count in counts if upper_bound(0, count, each) <= accepted]
    surest = {count: _surest(wrong, writers, count) for count in possible}
    keeping = {
        count for count, (errors, effect) in surest.items() if upper_bound(errors, count, each, effect) <= accepted
    }
    best = 1.01
    for start in starts:
        for count in takewhile(keeping.__contains__, [count for count in possible if count >= start * len(order)]):
            best = min(best, float(ranked[count - 1]))
    return max(best, 0.5)


def _surest(wrong: NDArray[np.bool_], voices: NDArray[np.int64], count: int) -> tuple[int, float]:
    """Count the wrong among so many of the first decisions, and estimate the design effect of these."""
    return int(wrong[:count].sum()), design_effect(wrong[:count], voices[:count])


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
    most = 10 * effect * (wrong + 1) / accepted / (1 - sure)
    low, high = count, max(2 * count, math.ceil(most))
    while low < high:
        middle = (low + high) // 2
        enough = upper_bound(wrong, middle, sure, effect) <= accepted
        low, high = (low, middle) if enough else (middle + 1, high)
    return low - count


@dataclass(frozen=True)
class Kept:
    """How one half of the voices fared with thresholds found on the other, over many random halves.

    Attributes
    ----------
    broken : dict of party to float
        Share of the halves in which more were wrong than accepted.
    wrong : dict of party to float
        Share wrong among all automatic decisions of all halves.
    automatic : float
        Share of decidable requests decided automatically, on average.
    halves : int
    """

    broken: dict[Party, float]
    wrong: dict[Party, float]
    automatic: float
    halves: int


def simulate(outcomes: Outcomes, rough: Policy, promise: Promise, halves: int = 200) -> Kept:
    """Test the promise: choose thresholds on half of the voices, count what is wrong on the others, again and again.

    Parameters
    ----------
    outcomes : Outcomes
    rough : Policy
    promise : Promise
    halves : int
        How often.

    Returns
    -------
    Kept
    """
    rng = np.random.default_rng(_SEED)
    names = np.unique(outcomes.voices)
    broken, wrong, count = (dict.fromkeys(PARTIES, 0) for _ in range(3))
    automatic = []
    for _ in range(halves):
        first = np.isin(outcomes.voices, rng.permutation(names)[: len(names) // 2])
        policy = choose(outcomes.take(first), rough, promise)
        rest = outcomes.take(~first & outcomes.decidable)
        decided = _automatic(rest, policy)
        automatic.append(float(decided.mean()))
        for party in PARTIES:
            own = decided & ((rest.landlord >= 0.5) == (party == "landlord"))
            errors = int((rest.truth[own] != (party == "landlord")).sum())
            broken[party] += errors > promise.accepted(party) * own.sum()
            wrong[party] += errors
            count[party] += int(own.sum())
    return Kept(
        {party: broken[party] / halves for party in PARTIES},
        {party: wrong[party] / max(count[party], 1) for party in PARTIES},
        float(np.mean(automatic)),
        halves,
    )
