"""Deciding by itself, asking back, or leaving it to a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from triage.catalogue import Party, Text
from triage.ruling import Ruler, Ruling

__all__ = ["Decision", "Policy", "Question", "Reason", "best_question", "decide", "tenancy_question"]

Decision = Literal["auto", "ask", "review"]
Reason = Literal[
    "ambiguous", "unrecognised", "out-of-scope", "several-defects", "no-rule", "language", "empty", "error"
]

_ALTERNATIVES = 3
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
    sharpness: float = Field(gt=0, description="Slope of the calibration of the label's log-odds")
    further_defect: float = Field(ge=0, description="Price of assuming a further defect in a message, in nats")

    def confidence(self, landlord: float) -> float:
        """Turn a probability of landlord into the calibrated probability of the likelier label.

        Examples
        --------
        >>> policy = Policy(landlord=.9, tenant=.95, open=.3, elsewhere=.5, urgent=.5, sharpness=1, further_defect=4)
        >>> round(policy.confidence(0.2), 3)
        0.8
        """
        certainty = min(max(landlord, 1 - landlord), 1 - 1e-6)
        return float(1 / (1 + ((1 - certainty) / certainty) ** self.sharpness))


@dataclass(frozen=True)
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


def best_question(ruler: Ruler, ruling: Ruling) -> Question | None:
    """Find the question whose answer is expected to help most.

    Parameters
    ----------
    ruler : Ruler
    ruling : Ruling

    Returns
    -------
    Question or None
        None if no answer would change much.
    """
    certainty = max(ruling.landlord, 1 - ruling.landlord)
    candidates = [_about_circumstance(ruler, ruling, key, certainty) for key in _open_circumstances(ruling)]
    which = _about_rule(ruling, certainty)
    questions = [question for question in [*candidates, which] if question and question.gain >= _LEAST_GAIN]
    return max(questions, key=lambda question: question.gain, default=None)


def _open_circumstances(ruling: Ruling) -> list[str]:
    rules = dict.fromkeys(term.rule for term in ruling.terms[:_ALTERNATIVES])
    keys = dict.fromkeys(entry.when for rule in rules for entry in ruling.in_force.exceptions[rule])
    return [key for key in keys if 0 < ruling.circumstances.get(key, 0.0) < 1]


def _about_circumstance(ruler: Ruler, ruling: Ruling, key: str, certainty: float) -> Question:
    chance = ruling.circumstances[key]
    certainties = [max(p, 1 - p) for p in (ruler.landlord_if(ruling, key, value) for value in (True, False))]
    gain = chance * certainties[0] + (1 - chance) * certainties[1] - certainty
    wording = (
        entry.question
        for term in ruling.terms[:_ALTERNATIVES]
        for entry in ruling.in_force.exceptions[term.rule]
        if entry.when == key
    )
    text = next(wording, None) or ruler.catalogue.circumstance(key).question
    return Question(text, key, (True, False), gain)


def _about_rule(ruling: Ruling, certainty: float) -> Question | None:
    sums: dict[str, list[float]] = {}
    for term in ruling.terms:
        both = sums.setdefault(term.rule, [0.0, 0.0])
        both[term.responsible == "landlord"] += term.probability
    ranked = sorted(sums, key=lambda rule: -sum(sums[rule]))[:_ALTERNATIVES]
    if len(ranked) < 2 or sum(sums[ranked[1]]) < 0.05:
        return None
    gain = sum(max(both) for both in sums.values()) - certainty
    titles = [ruling.in_force.rules[rule].title for rule in ranked]
    text = Text(
        nl="Wat past het best bij wat u ziet: " + _list([title.nl for title in titles], "of") + "?",
        en="Which fits best what you see: " + _list([title.en for title in titles], "or") + "?",
    )
    return Question(text, "rule", tuple(ranked), gain)


def tenancy_question(ruling: Ruling) -> Question | None:
    """Ask when the tenancy started, where the default of the deciding rule turns on it."""
    deciding = ruling.deciding
    bound = ruling.in_force.bound.get(deciding.rule)
    if bound is None or deciding.when is not None or bound.responsible == deciding.responsible:
        return None
    text = Text(nl="Wanneer begon uw huurcontract?", en="When did your tenancy start?")
    return Question(text, "tenancy_start", (), 0.0)


def _list(items: list[str], last: str) -> str:
    quoted = [f"‘{item}’" for item in items]
    return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"


def decide(
    responsible: Party, confidence: float, left_open: float, policy: Policy, question: Question | None, strongest: float
) -> tuple[Decision, Reason | None]:
    """Decide what happens with one defect.

    Parameters
    ----------
    responsible : {"landlord", "tenant"}
    confidence : float
        Calibrated probability of that label.
    left_open : float
        Probability that the message itself leaves the matter open.
    policy : Policy
    question : Question or None
        The question worth asking.
    strongest : float
        Probability of the likeliest rule.

    Returns
    -------
    decision : {"auto", "ask", "review"}
    reason : str or None
        Why not automatic.
    """
    least = policy.landlord if responsible == "landlord" else policy.tenant
    if confidence >= least and left_open <= policy.open:
        return "auto", None
    if question is not None:
        return "ask", "ambiguous"
    return "review", "unrecognised" if strongest < 0.3 else "ambiguous"
