"""The promise behind automatic decisions: how few of them may be wrong, and the thresholds that keep to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from training import SEED
from training.bounds import Tally, fewest_missing, least_confidence, tally
from training.rows import CorpusError
from triage.catalogue import Party
from triage.decision import Policy
from triage.errors import ModelError

__all__ = [
    "Kept",
    "Outcomes",
    "OverReach",
    "Promise",
    "choose",
    "report_over_reach",
    "report_promise",
    "simulate",
]

Floats = NDArray[np.float64]

Picked = NDArray[np.bool_]

Part = Literal["landlord", "tenant", "open"]
"""What is promised: few wrong labels of either party, and few decisions where the message leaves the matter open."""
PARTIES: tuple[Party, ...] = ("landlord", "tenant")
PARTS: tuple[Part, ...] = (*PARTIES, "open")
_FILE = "held_out.npz"
_LEAST: dict[Party, float] = {"landlord": 0.92, "tenant": 0.98}
"""Nothing less sure than this is decided automatically, however much error is accepted."""
_LEVELS = np.linspace(0.3, 1.0, 29)
"""Shares of the requests, those left open least, that may be decided: tried from the strictest on."""


class Promise(BaseModel):
    """What an association accepts of automatic decisions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    landlord: float = Field(default=0.02, gt=0, lt=1, description="Share of wrong labels among automatic 'landlord'")
    tenant: float = Field(default=0.01, gt=0, lt=1, description="The same among 'tenant', which costs a tenant money")
    sure: float = Field(default=0.95, gt=0, lt=1, description="How sure it must be that no share is greater")
    over_reach: float = Field(default=0.05, gt=0, le=1, description="Share of undecidable requests that may be decided")

    def accepted(self, part: Part) -> float:
        """Return the share that is accepted: of wrong labels, or of decisions where the matter is left open."""
        return {"landlord": self.landlord, "tenant": self.tenant, "open": self.over_reach}[part]


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
        Who wrote it, numbered from 0 on.
    """

    landlord: Floats
    truth: Picked
    decidable: Picked
    left_open: Floats
    voices: NDArray[np.int64]

    def take(self, chosen: Picked) -> Outcomes:
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

    How far a message may leave the matter open is found on open requests alone, level after level until too many of
    them would be decided (fixed-sequence testing). So it is known before any label is counted, and each party's
    threshold is tested once.

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
    confidence = rough.confidence(outcomes.landlord)
    most_open = _most_open(outcomes, confidence, promise)
    may = _sure_enough(outcomes, confidence) & (outcomes.left_open <= most_open) & outcomes.decidable
    thresholds = {}
    for party in PARTIES:
        counted = may & _side(outcomes, party)
        right = (outcomes.truth == (party == "landlord"))[counted]
        thresholds[party] = least_confidence(
            confidence[counted], right, promise.accepted(party), promise.sure, outcomes.voices[counted]
        )
    return rough.model_copy(update=thresholds | {"open": most_open})


def _most_open(outcomes: Outcomes, confidence: Floats, promise: Promise) -> float:
    """Find up to which probability of being left open few enough open requests are decided; 0 if up to none.

    Where there are no such requests nothing can be promised of them, and nothing is held back.
    """
    sure = _sure_enough(outcomes, confidence)
    found = 0.0
    for level in np.quantile(outcomes.left_open, _LEVELS).tolist():
        if _over_reach(outcomes, sure & (outcomes.left_open <= level), promise).bound > promise.over_reach:
            break
        found = level
    return found if (~outcomes.decidable).any() else 1.0


def _sure_enough(outcomes: Outcomes, confidence: Floats) -> Picked:
    return np.asarray(confidence >= np.where(outcomes.landlord >= 0.5, _LEAST["landlord"], _LEAST["tenant"]))


def _side(outcomes: Outcomes, party: Party) -> Picked:
    return np.asarray((outcomes.landlord >= 0.5) == (party == "landlord"))


def _automatic(outcomes: Outcomes, confidence: Floats, policy: Policy) -> Picked:
    least = np.where(outcomes.landlord >= 0.5, policy.landlord, policy.tenant)
    return np.asarray((confidence >= least) & (outcomes.left_open <= policy.open))


def _tally(outcomes: Outcomes, automatic: Picked, part: Part) -> Tally:
    """Count what a part of the promise is about, and what goes against it."""
    if part == "open":
        counted, wrong = ~outcomes.decidable, automatic
    else:
        counted = automatic & outcomes.decidable & _side(outcomes, part)
        wrong = outcomes.truth != (part == "landlord")
    return tally(wrong[counted], outcomes.voices[counted])


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
    confidence = policy.confidence(outcomes.landlord)
    automatic = _automatic(outcomes, confidence, policy)
    for party in PARTIES:
        own = _tally(outcomes, automatic, party)
        least = policy.landlord if party == "landlord" else policy.tenant
        # Where every request may be left open, no labelled one that is decidable helps.
        more = 0 if least <= 1 or not policy.open else max(1, _missing(outcomes, confidence, party, promise))
        lines.append(Line(party, least, own.count, own.wrong, more))
    return lines


def _missing(outcomes: Outcomes, confidence: Floats, party: Party, promise: Promise) -> int:
    own = _side(outcomes, party) & outcomes.decidable
    right = (outcomes.truth == (party == "landlord"))[own]
    return fewest_missing(confidence[own], right, promise.accepted(party), promise.sure, outcomes.voices[own])


@dataclass(frozen=True)
class OverReach:
    """How many of the requests that leave the matter open are decided all the same.

    Attributes
    ----------
    count, decided : int
        Such requests, and those decided among them.
    bound : float
        What the true share is at most, as sure as the promise is.
    missing : int
        How many more such requests, none of them decided, would keep the promise.
    """

    count: int
    decided: int
    bound: float
    missing: int

    @property
    def share(self) -> float:
        """Share that is decided."""
        return self.decided / max(self.count, 1)


def report_over_reach(outcomes: Outcomes, policy: Policy, promise: Promise) -> OverReach:
    """Tell how many requests that leave the matter open are decided by a policy."""
    return _over_reach(outcomes, _automatic(outcomes, policy.confidence(outcomes.landlord), policy), promise)


def _over_reach(outcomes: Outcomes, automatic: Picked, promise: Promise) -> OverReach:
    own = _tally(outcomes, automatic, "open")
    missing = own.missing(promise.over_reach, promise.sure)
    return OverReach(own.count, own.wrong, own.bound(promise.sure), missing)


@dataclass(frozen=True)
class Kept:
    """How one half of the voices fared with thresholds found on the other, over many random halves.

    Attributes
    ----------
    broken : dict of {"landlord", "tenant", "open"} to float
        Share of the halves in which more were wrong, or decided where the matter is left open, than accepted.
    wrong : dict of {"landlord", "tenant", "open"} to float
        Share of these in all halves.
    automatic : float
        Share of decidable requests decided automatically, on average.
    halves : int
    """

    broken: dict[Part, float]
    wrong: dict[Part, float]
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

    Raises
    ------
    CorpusError
        If all requests are of one voice.
    """
    rng = np.random.default_rng(SEED)
    names = np.unique(outcomes.voices)
    tallies: dict[Part, list[Tally]] = {part: [] for part in PARTS}
    shares = []
    if len(names) < 2:
        raise CorpusError(["a promise is tested on the other half of the voices; there is one voice only"])
    for _ in range(halves):
        first = np.isin(outcomes.voices, rng.permutation(names)[: len(names) // 2])
        policy = choose(outcomes.take(first), rough, promise)
        rest = outcomes.take(~first)
        automatic = _automatic(rest, policy.confidence(rest.landlord), policy)
        shares.append(float(automatic[rest.decidable].mean()))
        for part, found in tallies.items():
            found.append(_tally(rest, automatic, part))
    return Kept(
        {part: _broken(found, promise.accepted(part)) for part, found in tallies.items()},
        {
            part: sum(own.wrong for own in found) / max(sum(own.count for own in found), 1)
            for part, found in tallies.items()
        },
        float(np.mean(shares)),
        halves,
    )


def _broken(tallies: Sequence[Tally], accepted: float) -> float:
    return sum(own.wrong > accepted * own.count for own in tallies) / len(tallies)
