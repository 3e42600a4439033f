"""The catalogue: who is responsible for which repair, in which circumstances, by which law.

A catalogue is data. This room holds its shape and looks things up in it; reading one from YAML, with line numbers in
the errors, is the work of :mod:`triage.catalogue_file`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

__all__ = ["Article", "Catalogue", "Circumstance", "Danger", "Elsewhere", "Party", "Rule", "Source", "Text", "Unless"]

Party = Literal["landlord", "tenant"]
Language = Literal["nl", "en"]
Urgency = Literal["normal", "soon", "emergency"]
RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Basis = Annotated[str, StringConstraints(pattern=r"^(BKH:[a-v](\.\d{1,2})?|BW7:\d{3}|own:\S+)$")]
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


Place = tuple[str | int, ...]


class InconsistentError(ValueError):
    """A catalogue whose parts do not fit together.

    Parameters
    ----------
    problems : list of (place, message)
        Each problem with the path of keys and indices that leads to it.
    """

    def __init__(self, problems: list[tuple[Place, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(message for _, message in problems))


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Part):
    """One text in Dutch and English."""

    nl: Phrase = Field(description="Dutch")
    en: Phrase = Field(description="English")

    def in_(self, language: str) -> str:
        """Return the text in a language; Dutch unless that language is English."""
        return self.en if language == "en" else self.nl


class Phrases(_Part):
    """Words and phrases in Dutch and English."""

    nl: list[Phrase] = Field(default=[], description="Dutch phrases")
    en: list[Phrase] = Field(default=[], description="English phrases")

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
    conditions: list[str] = Field(default=[], description="Conditions that the text itself sets")


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
    responsible: Party = Field(description="Who is responsible when it holds")
    basis: Basis | None = Field(default=None, description="Citation; none where an overlay must give it")
    because: Text = Field(description="Clause that completes 'because ...'")
    question: Text = Field(description="Question that a tenant can answer")
    words: Phrases = Field(default=Phrases(), description="How people say that it holds")
    denials: Phrases = Field(default=Phrases(), description="How people say that it does not hold")


class Unless(_Part):
    """An exception of one rule: when a circumstance holds, somebody else is responsible or another basis counts."""

    when: Key = Field(description="Circumstance")
    responsible: Party | None = Field(default=None, description="Who then; as the circumstance says if left out")
    basis: Basis | None = Field(default=None, description="Citation; as the circumstance says if left out")
    question: Text | None = Field(default=None, description="Question that settles it for this rule")


class Rule(_Part):
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
    unless: list[Unless] = Field(default=[], description="Exceptions of this rule, in the order of testing")
    valid_from: date | None = Field(default=None, description="First day on which the rule holds")
    valid_until: date | None = Field(default=None, description="Last day on which the rule holds, inclusive")

    def valid_on(self, day: date) -> bool:
        """Tell whether the rule holds on a day; both ends count."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
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
    signs: Phrases = Field(description="Words in order, a few words apart; a star stands for any ending or beginning")


class Catalogue(_Part):
    """A whole catalogue of responsibility."""

    schema_version: Literal[1] = Field(description="Version of this form")
    id: Key = Field(description="Short name, such as nl")
    version: str = Field(description="Version of the content")
    title: Text = Field(description="Whose rules these are")
    sources: list[Source] = Field(description="Laws and documents")
    not_expressed: list[NotExpressed] = Field(
        default=[], description="What the law says and this file does not compute"
    )
    articles: list[Article] = Field(description="Articles and annex items that rules are based on")
    circumstances: list[Circumstance] = Field(description="Facts that flip rules, in the order of testing")
    elsewhere: list[Elsewhere] = Field(description="Kinds of messages with nothing to repair")
    dangers: list[Danger] = Field(default=[], description="Signs of danger, gravest first")
    rules: list[Rule] = Field(min_length=1, description="Who repairs what")

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
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def rule(self, rule_id: str) -> Rule:
        """Return a rule by id.

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
        general = [c.id for c in self.circumstances if c.over in ("any", rule.responsible)]
        order = general + [key for key in own if key not in general]
        return [self._complete(own.get(key) or Unless(when=key)) for key in order]

    def _complete(self, entry: Unless) -> Unless:
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
        """Return the address of the source behind a basis, if it has one."""
        prefix = basis.partition(":")[0]
        return next((source.url for source in self.sources if source.id == prefix), None)


_ORDINALS = {
    "nl": ["eerste", "tweede", "derde", "vierde", "vijfde", "zesde", "zevende", "achtste", "negende"],
    "en": ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"],
}


def cite(basis: str, language: str, titles: dict[str, str]) -> str:
    """Write a basis out in words, with the titles of other sources than the two laws."""
    prefix, _, place = basis.partition(":")
    dutch = language != "en"
    if prefix == "BW7":
        return f"Burgerlijk Wetboek Boek 7, artikel {place}" if dutch else f"Dutch Civil Code, Book 7, article {place}"
    if prefix == "BKH":
        letter, _, dash = place.partition(".")
        name = "Besluit kleine herstellingen, bijlage onder" if dutch else "Dutch Minor Repairs Decree, annex under"
        ordinals = _ORDINALS["nl" if dutch else "en"]
        item = f", {ordinals[int(dash) - 1]} {'streepje' if dutch else 'dash'}" if dash else ""
        return f"{name} {letter}{item}"
    return f"{titles.get(prefix, 'Eigen regeling' if dutch else 'Own rules')}, {place}"


def find_problems(catalogue: Catalogue) -> Iterable[tuple[Place, str]]:
    """Find what no field by itself can show: double ids, dangling keys, missing bases.

    Yields
    ------
    place : tuple
        Path of keys and indices within the catalogue.
    message : str
        What is wrong and what to do.
    """
    yield from _doubles("rules", [rule.id for rule in catalogue.rules])
    yield from _doubles("circumstances", [c.id for c in catalogue.circumstances])
    yield from _doubles("elsewhere", [e.id for e in catalogue.elsewhere])
    yield from _doubles("articles", [a.basis for a in catalogue.articles])
    circumstances = {c.id: c for c in catalogue.circumstances}
    known = {article.basis for article in catalogue.articles}
    for i, c in enumerate(catalogue.circumstances):
        if c.basis and not _is_known(c.basis, known):
            yield ("circumstances", i, "basis"), f"circumstance {c.id}: {_unknown_basis(c.basis)}"
        if c.over != "none" and c.basis is None:
            yield ("circumstances", i), f"circumstance {c.id}: acts on every rule, so it needs a basis"
    for i, rule in enumerate(catalogue.rules):
        yield from (
            (("rules", i, *place), f"rule {rule.id}: {m}") for place, m in _rule_problems(rule, circumstances, known)
        )


def _doubles(section: str, ids: list[str]) -> Iterable[tuple[Place, str]]:
    seen: set[str] = set()
    for i, id_ in enumerate(ids):
        if id_ in seen:
            yield (section, i), f"{section}: {id_} stands twice; ids must be unique, so rename or remove one"
        seen.add(id_)


def _rule_problems(rule: Rule, circumstances: dict[str, Circumstance], known: set[str]) -> Iterable[tuple[Place, str]]:
    if not _is_known(rule.basis, known):
        yield ("basis",), _unknown_basis(rule.basis)
    if not rule.words.nl or not rule.words.en:
        yield ("words",), "needs words in Dutch and in English, so that messages can reach it"
    if not rule.examples.nl:
        yield ("examples",), "needs at least one Dutch example"
    if rule.valid_from and rule.valid_until and rule.valid_until < rule.valid_from:
        yield ("valid_until",), f"valid_until {rule.valid_until} lies before valid_from {rule.valid_from}"
    seen: set[str] = set()
    for j, entry in enumerate(rule.unless):
        circumstance = circumstances.get(entry.when)
        if circumstance is None:
            keys = ", ".join(circumstances)
            yield ("unless", j, "when"), f"unless: no circumstance {entry.when!r}; use one of {keys}, or define it"
        elif entry.basis is None and circumstance.basis is None:
            yield ("unless", j), f"unless {entry.when}: needs a basis, since the circumstance has none"
        if entry.basis and not _is_known(entry.basis, known):
            yield ("unless", j, "basis"), f"unless {entry.when}: {_unknown_basis(entry.basis)}"
        if entry.when in seen:
            yield ("unless", j), f"unless: {entry.when} stands twice; keep one"
        seen.add(entry.when)


def _is_known(basis: str, known: set[str]) -> bool:
    return basis in known or basis.startswith("own:")


def _unknown_basis(basis: str) -> str:
    return f"basis {basis} is not among the articles; correct it or add the article"
