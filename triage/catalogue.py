"""The catalogue: who is responsible for which repair, in which circumstances, by which law.

A catalogue is data. This room holds its shape and looks things up in it; reading one from YAML, with line numbers in
the errors, is the work of :mod:`triage.catalogue_file`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from triage.citation import cite
from triage.consistency import InconsistentError, find_problems

__all__ = [
    "Article",
    "Asked",
    "Catalogue",
    "Circumstance",
    "Danger",
    "Elsewhere",
    "Party",
    "Period",
    "Rule",
    "Source",
    "Text",
    "Unless",
    "ruled_by",
]

Party = Literal["landlord", "tenant"]
Urgency = Literal["normal", "soon", "emergency"]
RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Basis = Annotated[str, StringConstraints(pattern=r"^(BKH:[a-v](\.\d{1,2})?|BW7:\d{3}|own:\S+)$")]
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Part):
    """One text in Dutch and English."""

    nl: Phrase = Field(description="Dutch")
    en: Phrase = Field(description="English")

    def in_(self, language: str) -> str:
        """Return the text in a language; Dutch unless that language is English."""
        return self.en if language == "en" else self.nl


class Asked(Text):
    """A question to a tenant, and how they answer it."""

    yes: Text | None = Field(default=None, description="What says that the circumstance holds")
    no: Text | None = Field(default=None, description="What says that it does not hold")


class Phrases(_Part):
    """Words and phrases in Dutch and English."""

    nl: tuple[Phrase, ...] = Field(default=(), description="Dutch phrases")
    en: tuple[Phrase, ...] = Field(default=(), description="English phrases")

    def all(self) -> list[str]:
        """Return the phrases of both languages."""
        return [*self.nl, *self.en]


class Source(_Part):
    """A law or document that rules are based on, described once."""

    id: str = Field(description="What stands before the colon of a basis: BKH, BW7 or own")
    title: str = Field(description="Official title")
    number: str | None = Field(default=None, description="Official number")
    url: str | None = Field(default=None, description="Dated address")
    in_force: date | None = Field(default=None, description="Day of entry into force")
    checked_on: date = Field(description="Day on which a person last compared this file with the source")
    note: str | None = Field(default=None, description="What to know about the copy that was read")


class Article(_Part):
    """One article or annex item: its own words, or our reading of it where they are not quoted."""

    basis: Basis = Field(description="Normalised citation")
    quote: str | None = Field(default=None, description="The statute's own words")
    reading: Text | None = Field(default=None, description="Our reading, in plain words")
    conditions: tuple[str, ...] = Field(default=(), description="Conditions that the text itself sets")


class NotExpressed(_Part):
    """Something the law says and this catalogue does not compute."""

    basis: Basis = Field(description="Where the law says it")
    reason: str = Field(description="Why it is not expressed")


class Circumstance(_Part):
    """A fact that flips a rule, defined once and shared."""

    id: Key = Field(description="Key, used in rules, facts and the corpus")
    title: Text = Field(description="Short name")
    opposite: Key | None = Field(default=None, description="Name of the fact that says the reverse, such as reachable")
    over: Literal["any", "landlord", "tenant", "none"] = Field(
        description="Default responsibility on which it acts without being named by the rule"
    )
    spares: tuple[RuleId, ...] = Field(
        default=(), description="Rules on which it does not act: they are about no fault of a thing"
    )
    responsible: Party = Field(description="Who is responsible when it holds")
    basis: Basis | None = Field(default=None, description="Citation; none where an overlay must give it")
    because: Text = Field(description="Clause that completes 'because ...'")
    question: Asked = Field(description="Question that a tenant can answer")
    share: float = Field(
        default=0.0, ge=0, le=1, description="For how many it holds, where no words tell and the caller does not say"
    )
    words: Phrases = Field(default=Phrases(), description="How people say that it holds")
    denials: Phrases = Field(default=Phrases(), description="How people say that it does not hold")

    def acts_on(self, rule: Rule) -> bool:
        """Tell whether it is an exception to a rule that does not name it."""
        return self.over in ("any", rule.responsible) and not {rule.id, rule.beside}.intersection(self.spares)


class Unless(_Part):
    """An exception of one rule: when a circumstance holds, somebody else is responsible or another basis counts."""

    when: Key = Field(description="Circumstance")
    responsible: Party | None = Field(default=None, description="Who then; as the circumstance says if left out")
    basis: Basis | None = Field(default=None, description="Citation; as the circumstance says if left out")
    question: Asked | None = Field(default=None, description="Question that settles it for this rule")


class Vera(_Part):
    """Codes by which Dutch ticketing systems exchange a defect (VERA, the sector's reference data)."""

    cause: str | None = Field(default=None, description="Oorzaak")
    kind: str | None = Field(default=None, description="Soort gebrek")
    place: str | None = Field(default=None, description="Locatie of ruimte")


class Departure(_Part):
    """How an association's own rule departs from law to the tenant's cost (BW 7:242)."""

    basis: Basis = Field(description="Where the association says so")
    when: Key | None = Field(default=None, description="Circumstance that the association turns against the tenant")
    retires: RuleId | None = Field(
        default=None, description="Rule of the landlord whose requests go to one of the tenant"
    )
    law: Basis = Field(description="Article that gives it to the landlord")
    insists: bool = Field(description="True where the association's rule is applied all the same")


class Period(_Part):
    """When a rule holds, and for which tenancies."""

    valid_from: date | None = Field(default=None, description="First day on which the rule holds")
    valid_until: date | None = Field(default=None, description="Last day on which the rule holds, inclusive")
    tenancy_from: date | None = Field(default=None, description="Binds tenancies that started on this day or later")
    tenancy_until: date | None = Field(default=None, description="Binds tenancies that started on this day or earlier")


class Rule(Period):
    """An object and what is wrong with it, who repairs it, and why."""

    id: RuleId = Field(description="Readable, never changed, never derived from the title")
    title: Text = Field(description="Short name of the defect or job")
    area: str = Field(description="Part of the house")
    responsible: Party = Field(description="Who repairs it unless an exception holds")
    basis: Basis = Field(description="Citation of the default")
    urgency: Urgency = Field(description="How urgent by itself; never decides who pays")
    why: Text = Field(description="Reason in plain words, for the tenant")
    tip: Text = Field(description="What the tenant can do")
    words: Phrases = Field(description="Words that people use for it")
    examples: Phrases = Field(description="Messages as tenants type them")
    unless: tuple[Unless, ...] = Field(default=(), description="Exceptions of this rule, in the order of testing")
    beside: RuleId | None = Field(default=None, description="Rule of law that an own rule replaces or stands beside")
    departures: tuple[Departure, ...] = Field(default=(), description="Where it departs from law to the tenant's cost")
    vera: Vera | None = Field(default=None, description="Sector codes, where the association maps them")

    @property
    def is_tenancy_bound(self) -> bool:
        """Whether the rule binds only tenancies that started in some period."""
        return self.tenancy_from is not None or self.tenancy_until is not None

    def binds(self, tenancy_start: date | None) -> bool:
        """Tell whether the rule binds a tenancy; both ends count, and a start that is not known is in no period."""
        if tenancy_start is None:
            return not self.is_tenancy_bound
        return (self.tenancy_from or date.min) <= tenancy_start <= (self.tenancy_until or date.max)


class Retirement(_Part):
    """A rule that an association's catalogue no longer has."""

    rule: RuleId = Field(description="Rule that is retired")
    instead: RuleId | None = Field(default=None, description="Rule that takes its place; a person decides if left out")
    basis: Basis = Field(description="Where the association says so")
    valid_from: date | None = Field(default=None, description="First day on which it is retired")
    insist: bool = Field(
        default=False, description="Apply it even where the other rule gives the tenant what law gives the landlord"
    )


class Elsewhere(_Part):
    """A kind of message in which nothing is to be repaired, and where it belongs."""

    id: Key = Field(description="Key")
    title: Text = Field(description="Short name")
    belongs: Text = Field(description="Where the sender should turn")
    words: Phrases = Field(default=Phrases(), description="Words that hint at it")


class Danger(_Part):
    """Something that needs action now, whoever pays, and the signs by which it is known."""

    id: Key = Field(description="Key")
    title: Text = Field(description="Short name")
    advice: Text = Field(description="What to do at once")
    signs: Phrases = Field(
        description="Words in order, a few apart; a slash parts alternatives, a star stands for any ending or "
        "beginning; words behind 'unless' near it take it away"
    )
    repair: bool = Field(default=True, description="False where a person needs help, and nothing is to be repaired")


def ruled_by(rule: Rule, exceptions: Iterable[Unless], holding: Collection[str]) -> tuple[Party, str]:
    """Tell who is responsible by a rule and its exceptions, where some circumstances hold, and by what basis."""
    for entry in exceptions:
        if entry.when in holding and entry.responsible and entry.basis:
            return entry.responsible, entry.basis
    return rule.responsible, rule.basis


class Catalogue(_Part):
    """A whole catalogue of responsibility."""

    schema_version: Literal[1] = Field(description="Version of this form")
    id: Key = Field(description="Short name, such as nl")
    version: str = Field(description="Version of the content")
    title: Text = Field(description="Whose rules these are")
    sources: tuple[Source, ...] = Field(description="Laws and documents")
    not_expressed: tuple[NotExpressed, ...] = Field(
        default=(), description="What the law says and this file does not compute"
    )
    articles: tuple[Article, ...] = Field(description="Articles and annex items that rules are based on")
    circumstances: tuple[Circumstance, ...] = Field(description="Facts that flip rules, in the order of testing")
    elsewhere: tuple[Elsewhere, ...] = Field(description="Kinds of messages with nothing to repair")
    dangers: tuple[Danger, ...] = Field(default=(), description="Signs of danger, gravest first")
    rules: tuple[Rule, ...] = Field(
        min_length=1, description="Who repairs what; an id may stand more than once, for different periods"
    )
    retired: tuple[Retirement, ...] = Field(
        default=(), description="Rules of the extended catalogue that no longer count"
    )
    extends: str | None = Field(default=None, description="Id and version of the catalogue that this one was laid over")

    @model_validator(mode="after")
    def _is_consistent(self) -> Catalogue:
        problems = list(find_problems(self))
        if problems:
            raise InconsistentError(problems)
        return self

    @cached_property
    def _rules(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def _circumstances(self) -> dict[str, Circumstance]:
        return {circumstance.id: circumstance for circumstance in self.circumstances}

    @cached_property
    def _articles(self) -> dict[str, Article]:
        return {article.basis: article for article in self.articles}

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content, as 64 hexadecimal digits."""
        # without defaults, so that a new field changes no hash; a copy with other rules may have been given a list
        return hashlib.sha256(self.model_dump_json(exclude_defaults=True, warnings=False).encode()).hexdigest()

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Catalogue:
        """Copy without what was worked out of the catalogue that is copied."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - Catalogue.model_fields.keys():
            del copied.__dict__[name]
        return copied

    def rule(self, rule_id: str) -> Rule:
        """Return a rule by id; the last in the catalogue, if there is one for each of several periods.

        Raises
        ------
        KeyError
            If there is no such rule.
        """
        return self._rules[rule_id]

    def circumstance(self, key: str) -> Circumstance:
        """Return a circumstance by key.

        Raises
        ------
        KeyError
            If there is no such circumstance.
        """
        return self._circumstances[key]

    def article(self, basis: str) -> Article | None:
        """Return the article behind a basis, or None for an association's own."""
        return self._articles.get(basis)

    def exceptions(self, rule: Rule) -> list[Unless]:
        """List all exceptions of a rule, complete and in the order of testing.

        First the general ones, in the order of the catalogue; then the rule's own. An entry of the rule that names a
        general circumstance refines it in place.
        """
        own = {entry.when: entry for entry in rule.unless}
        general = [c.id for c in self.circumstances if c.acts_on(rule)]
        order = general + [key for key in own if key not in general]
        return [self.complete(own.get(key) or Unless(when=key)) for key in order]

    def ruled(self, rule_id: str, holding: Collection[str]) -> tuple[Party, str]:
        """Tell who is responsible by a rule where some circumstances hold, and by what basis."""
        rule = self.rule(rule_id)
        return ruled_by(rule, self.exceptions(rule), holding)

    def complete(self, entry: Unless) -> Unless:
        """Fill in what an exception leaves to its circumstance."""
        circumstance = self._circumstances[entry.when]
        return Unless(
            when=entry.when,
            responsible=entry.responsible or circumstance.responsible,
            basis=entry.basis or circumstance.basis,
            question=entry.question or circumstance.question,
        )

    def citation(self, basis: str, language: str = "nl") -> str:
        """Write a basis as a person would cite it.

        Examples
        --------
        >>> import triage
        >>> catalogue = triage.load().catalogue
        >>> catalogue.citation("BKH:d.1")
        'Besluit kleine herstellingen, bijlage onder d, eerste streepje'
        >>> catalogue.citation("BW7:206", "en")
        'Dutch Civil Code, Book 7, article 206'
        """
        return cite(basis, language, {source.id: source.title for source in self.sources})

    def url(self, basis: str) -> str | None:
        """Return the address of the source behind a basis, if it has one; as cited, of the last with its id."""
        prefix = basis.partition(":")[0]
        return {source.id: source.url for source in self.sources}.get(prefix)
