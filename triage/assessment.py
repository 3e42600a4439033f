"""What the ticketing system receives: one assessment a request, with a finding for each defect."""

from __future__ import annotations

import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from triage.catalogue import Party, Text, Vera
from triage.decision import Decision, Reason

__all__ = [
    "Assessment",
    "CitedRule",
    "Finding",
    "FlippedBy",
    "Holding",
    "QuestionAsked",
    "Receipt",
    "Score",
    "Word",
]


class _Result(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Word(_Result):
    """A stretch of the original message and what it added to a score."""

    start: int = Field(description="First character, counted from 0")
    end: int = Field(description="Character after the last")
    text: str = Field(description="The words themselves")
    weight: float = Field(description="Share in the score; negative speaks against")


class Score(_Result):
    """How the evidence adds up: the weights of all words plus `intercept` are the `total`."""

    total: float = Field(description="Score of the rule, in log-odds units")
    intercept: float = Field(description="What comes from no word of the message")
    unlisted: float = Field(description="Sum of the weights of words that are not listed as evidence")


class CitedRule(_Result):
    """The catalogue rule that decides, with the law behind it."""

    id: str = Field(description="Id of the rule in the catalogue")
    title: str = Field(description="Title in the language of the message")
    titles: Text = Field(description="Title in both languages")
    citation: str = Field(description="The law or document, written out")
    url: str | None = Field(description="Address of the source")
    quote: str | None = Field(description="The statute's own words, always Dutch")
    vera: Vera | None = Field(description="Codes by which ticketing systems exchange it, if the catalogue gives them")
    departs: Text | None = Field(description="For staff: where the own rule departs from law, and which counted")


class Holding(_Result):
    """A circumstance that seems to hold."""

    id: str = Field(description="Key of the circumstance")
    title: str = Field(description="Name in the language of the message")
    probability: float = Field(ge=0, le=1)
    basis: str | None = Field(description="Citation of the exception")
    known: bool = Field(description="True where the caller stated it as a fact")
    evidence: list[Word] = Field(description="Words that led there")


class FlippedBy(_Result):
    """An exception that would turn the label."""

    id: str = Field(description="Key of the circumstance")
    text: Text = Field(description="Clause that completes 'unless ...'")
    responsible: Party = Field(description="Who would be responsible then")
    basis: str = Field(description="Citation of the exception")


class QuestionAsked(_Result):
    """The one question worth asking."""

    nl: str = Field(description="In Dutch")
    en: str = Field(description="In English")
    fact: str = Field(description="Name of the fact that the answer gives; 2.rule is about finding number 2 alone")
    kind: Literal["choice", "date"] = Field(default="choice", description="One of the choices, or a day to fill in")
    answers: list[bool | str] = Field(
        description="Values the fact can take; besides, 'unknown' says that whoever was asked does not know"
    )
    choices: list[Text] = Field(default=[], description="What each of these values says: the text of a button")

    def in_(self, language: str) -> str:
        """Return the wording in a language; Dutch unless that language is English."""
        return self.en if language == "en" else self.nl


class Finding(_Result):
    """One defect: who repairs it and why."""

    number: int = Field(ge=1, description="By which facts may single it out: 2.rule is the rule of number 2")
    span: tuple[int, int] = Field(description="Where the message tells of it, in characters")
    responsible: Party
    confidence: float = Field(ge=0, le=1, description="Calibrated probability of the label")
    decision: Decision
    reason: Reason | None = Field(description="Why not automatic")
    rule: CitedRule
    basis: str = Field(description="Normalised citation, such as BKH:d.1")
    circumstances: list[Holding]
    flips: list[FlippedBy] = Field(description="What would turn the label, the likeliest first")
    question: QuestionAsked | None
    urgent: bool
    urgent_advice: Text | None
    evidence: list[Word] = Field(description="Words that led to the rule, in the order of the text")
    score: Score
    explanations: Text = Field(description="Answer to the tenant")


class Receipt(_Result):
    """Enough to repeat the assessment years later."""

    library: str = Field(description="Version of this library")
    model: str = Field(description="Version of the model")
    model_hash: str = Field(description="SHA-256 of the model's parts")
    catalogue: str = Field(description="Id of the catalogue")
    catalogue_version: str
    catalogue_hash: str = Field(description="SHA-256 of the catalogue's content")
    date: datetime.date = Field(description="The rules of this day were applied")
    facts: dict[str, bool | str] = Field(description="What the caller knew")


class Assessment(_Result):
    """What is known and advised about one request."""

    schema_version: Literal[1] = 1
    text: str = Field(description="The original message")
    language: Literal["nl", "en", "other"]
    responsible: Literal["landlord", "tenant", "both"] | None = Field(description="'both' where defects differ")
    confidence: float = Field(ge=0, le=1, description="Calibrated probability that `responsible` is right")
    decision: Decision
    reason: Reason | None = Field(description="Why not automatic")
    rule: CitedRule | None
    basis: str | None
    circumstances: list[Holding]
    question: QuestionAsked | None
    urgent: bool
    urgent_advice: Text | None
    evidence: list[Word]
    elsewhere: str | None = Field(description="Kind of message, where nothing is to be repaired")
    findings: list[Finding]
    explanations: Text
    receipt: Receipt

    def explanation(self, language: str = "nl") -> str:
        """Return a plain-language answer for the tenant, in Dutch ("nl") or English ("en").

        Raises
        ------
        ValueError
            If the language is another.
        """
        if language not in ("nl", "en"):
            raise ValueError(f"no answer is written in language {language!r}; use 'nl' or 'en'")
        return self.explanations.in_(language)
