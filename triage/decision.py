"""Deciding by itself, asking back, or leaving it to a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from triage.catalogue import Catalogue, Text, Urgency
from triage.defects import SIGNS
from triage.law import Law
from triage.ruling import Rulings

__all__ = ["DECISIONS", "FAULTS", "Asker", "Decision", "Policy", "Question", "Reason", "decide"]

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]

Decision = Literal["auto", "ask", "review"]
DECISIONS: tuple[Decision, ...] = ("auto", "ask", "review")
"""From the boldest to the most careful."""

Reason = Literal[
    "ambiguous", "unrecognised", "out-of-scope", "several-defects", "no-rule", "language", "empty", "error"
]

FAULTS = ("own_fault", "misuse")
"""Circumstances by which somebody is to blame: not what to ask about of who is in danger."""
_ALTERNATIVES = 3
_LEAST_WEIGHT = 0.05
"""A rule less likely than this is not worth telling from others."""
_RECOGNISED = 0.3
"""Below this the likeliest rule does not count as recognised."""
_LEAST_LISTED = 0.5
"""Where the rules that could be asked about are less likely than this, it may well be none of them."""
_LEAST_GAIN = 0.02
"""A question that is not expected to raise the chance of being right by this much is not worth asking."""


class Policy(BaseModel):
    """When a label is given without a person; all found on calibration data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    landlord: float = Field(ge=0.5, le=1.01, description="Least confidence for an automatic 'landlord'; over 1: never")
    tenant: float = Field(ge=0.5, le=1.01, description="Least confidence for an automatic 'tenant'; over 1: never")
    open: float = Field(ge=0, le=1, description="Greatest probability that the message leaves the matter open")
    elsewhere: float = Field(ge=0, le=1, description="From this probability on a message is out of scope")
    urgent: float = Field(ge=0, le=1, description="From this probability on a request is urgent")
    pressing: dict[Urgency, float] = Field(
        default={}, description="What a rule of each urgency adds to the log-odds that a request is urgent"
    )
    sharpness: float = Field(gt=0, description="Slope of the calibration of the label's log-odds")
    division: tuple[float, ...] = Field(
        min_length=len(SIGNS) + 1,
        max_length=len(SIGNS) + 1,
        description="Weights of the signs that a message tells of several defects, and a constant",
    )

    def confidence(self, landlord: Floats) -> Floats:
        """Turn probabilities of landlord into the calibrated probabilities of the likelier label.

        Examples
        --------
        >>> policy = Policy(landlord=.9, tenant=.95, open=.3, elsewhere=.5, urgent=.5, sharpness=1, division=[0] * 7)
        >>> policy.confidence(np.array([0.2, 0.5]))
        array([0.8, 0.5])
        """
        certainty = np.minimum(np.maximum(landlord, 1 - landlord), 1 - 1e-6)
        return np.asarray(1 / (1 + ((1 - certainty) / certainty) ** self.sharpness))


@dataclass(slots=True)
class Question:
    """The question worth asking, and the fact that its answer gives.

    Attributes
    ----------
    text : Text
    fact : str
        Pass the answer back as ``facts={fact: answer}``.
    answers : tuple
        Values the fact can take.
    gain : float
        By how much the answer is expected to raise the probability of the right label.
    """

    text: Text
    fact: str
    answers: tuple[bool | str, ...]
    gain: float


class Asker:
    """Finds the question whose answer is expected to help most.

    Parameters
    ----------
    catalogue : Catalogue
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._questions = {c.id: c.question for c in catalogue.circumstances}

    def questions(
        self, rulings: Rulings, strongest: NDArray[np.floating], unasked: NDArray[np.bool_] | None = None
    ) -> Objects:
        """Find the question for each defect; None where no answer would change much.

        Parameters
        ----------
        rulings : Rulings
        strongest : ndarray of shape (n_defects,)
            Probability of the likeliest rule.
        unasked : ndarray of bool, shape (n_defects, n_keys + 1), optional
            Circumstances not to be asked for, since nobody knows; and, last, whether that is so of the rule.

        Returns
        -------
        ndarray of Question or None, shape (n_defects,)
        """
        questions = np.full(len(rulings), None, dtype=object)
        law, landlord = rulings.law, rulings.landlord
        certainty = np.maximum(landlord, 1 - landlord)
        by_circumstance = self._gains_by_circumstance(rulings, certainty)
        by_rule = _gains_by_rule(rulings, certainty)
        vague = _listed(rulings, strongest) < _LEAST_LISTED
        by_circumstance[vague] = by_rule[vague] = -1.0
        if unasked is not None:
            by_circumstance[unasked[:, :-1]] = by_rule[unasked[:, -1]] = -1.0
        best = by_circumstance.argmax(axis=1)
        gains = by_circumstance[np.arange(len(rulings)), best]
        asked = np.flatnonzero(np.maximum(gains, by_rule) >= _LEAST_GAIN)
        alternatives = rulings.rules[asked, :_ALTERNATIVES].tolist()
        own = (asked, alternatives, best[asked], gains[asked], by_rule[asked])
        for i, rules, key, gain, by in zip(
            *(part if type(part) is list else part.tolist() for part in own), strict=True
        ):
            if by > gain:
                questions[i] = Question(*_which(law, tuple(rules)), by)
            else:
                questions[i] = Question(self._wording(law, rules, key), law.keys[key], (True, False), gain)
        return questions

    def _gains_by_circumstance(self, rulings: Rulings, certainty: Floats) -> Floats:
        """Weigh what each answer would make of the probability of the right label."""
        chances = rulings.chances[:, :-1]
        holding, not_holding = (np.maximum(p, 1 - p) for p in rulings.landlord_if)
        gains = chances * holding + (1 - chances) * not_holding - certainty[:, None]
        return np.where(rulings.turning & (chances > 0) & (chances < 1), gains, -1.0)

    def _wording(self, law: Law, rules: Sequence[int], key: int) -> Text:
        """Ask for a circumstance in the words of the likeliest rule that has its own."""
        for rule in rules:
            if (own := law.questions.get((rule, key))) is not None:
                return own
        return self._questions[law.keys[key]]


def _listed(rulings: Rulings, strongest: NDArray[np.floating]) -> Floats:
    """Return how likely it is that one of the rules that would be asked for applies."""
    weights = rulings.weights[:, :_ALTERNATIVES]
    return np.asarray(strongest * weights.sum(axis=1) / np.maximum(weights[:, 0], 1e-12))


def _gains_by_rule(rulings: Rulings, certainty: Floats) -> Floats:
    if rulings.weights.shape[1] < 2:
        return np.full(len(rulings), -1.0)
    landlord = rulings.landlord_by_rule()
    gains = np.maximum(landlord, rulings.weights - landlord).sum(axis=1) - certainty
    return np.where(rulings.weights[:, 1] >= _LEAST_WEIGHT, gains, -1.0)


def tenancy_question(rulings: Rulings, defect: int) -> Question | None:
    """Ask when the tenancy started, where the default of the deciding rule turns on it."""
    deciding = rulings.deciding(defect)
    bound = rulings.in_force.bound.get(deciding.rule)
    if bound is None or deciding.when is not None or bound.responsible == deciding.responsible:
        return None
    return Question(_WHEN, "tenancy_start", (), 0.0)


_WHEN = Text(nl="Wanneer begon uw huurcontract?", en="When did your tenancy start?")


@lru_cache(maxsize=4096)
def _which(law: Law, rules: tuple[int, ...]) -> tuple[Text, str, tuple[str, ...]]:
    """Ask which of some rules it is: the question, the fact, and its answers."""
    names = tuple(law.rules[rule] for rule in rules)
    titles = [law.in_force.rules[name].title for name in names]
    text = Text(
        nl="Wat past het best bij wat u ziet: " + _list([title.nl for title in titles], "of") + "?",
        en="Which fits best what you see: " + _list([title.en for title in titles], "or") + "?",
    )
    return text, "rule", names


def _list(items: list[str], last: str) -> str:
    quoted = [f"‘{item}’" for item in items]
    return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"


def decide(
    rulings: Rulings,
    left_open: NDArray[np.floating],
    strongest: NDArray[np.floating],
    policy: Policy,
    asker: Asker,
    unasked: NDArray[np.bool_] | None = None,
    no_date: bool = False,
) -> tuple[Floats, Objects, Objects, Objects]:
    """Decide what happens with each defect.

    Parameters
    ----------
    rulings : Rulings
    left_open : ndarray of shape (n_defects,)
        Probability that the message itself leaves the matter open.
    strongest : ndarray of shape (n_defects,)
        Probability of the likeliest rule.
    policy : Policy
    asker : Asker
    unasked : ndarray of bool, shape (n_defects, n_keys + 1), optional
        As for `Asker.questions`.
    no_date : bool
        Whether nobody knows when the tenancy started.

    Returns
    -------
    confidence : ndarray of shape (n_defects,)
        Calibrated probability of the label.
    decisions : ndarray of {"auto", "ask", "review"}
    reasons : ndarray of str or None
        Why not automatic.
    questions : ndarray of Question or None
        The question worth asking.
    """
    confidence = policy.confidence(rulings.landlord)
    least = np.where(rulings.landlord >= 0.5, policy.landlord, policy.tenant)
    sure = (confidence >= least) & (left_open <= policy.open)
    decisions = np.full(len(rulings), "auto", dtype=object)
    reasons = np.full(len(rulings), None, dtype=object)
    questions = np.full(len(rulings), None, dtype=object)
    unsure = np.flatnonzero(~sure)
    if len(unsure):
        unknown = None if unasked is None else unasked[unsure]
        questions[unsure] = asker.questions(rulings.take(unsure), strongest[unsure], unknown)
    asked = questions.astype(bool)
    decisions[unsure] = np.where(asked[unsure], "ask", "review").astype(object)
    recognised = asked | (strongest >= _RECOGNISED)
    reasons[unsure] = np.where(recognised[unsure], "ambiguous", "unrecognised").astype(object)
    if rulings.in_force.bound:
        for i in range(len(rulings)):
            if (when := tenancy_question(rulings, i)) is not None:
                questions[i] = questions[i] if no_date else when
                decisions[i], reasons[i] = "review" if questions[i] is None else "ask", "ambiguous"
    return confidence, decisions, reasons, questions
