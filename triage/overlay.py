"""An association's own catalogue, laid over another; what it does not mention is as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from triage.catalogue import (
    Catalogue,
    Circumstance,
    Departure,
    Key,
    Party,
    Period,
    Phrases,
    Retirement,
    Rule,
    RuleId,
    Source,
    Text,
    Unless,
    Urgency,
    Vera,
)
from triage.consistency import InconsistentError, Place

__all__ = ["Change", "Cover", "Overlay", "OwnRule", "lay_over"]

OwnBasis = Annotated[str, StringConstraints(pattern=r"^own:\S+$")]

_TESTS_OF_THE_ANNEX = ("common_part", "out_of_reach", "specialist_work", "significant_cost")
"""A small repair is one inside the dwelling, that is easy, and costs little (BW 7:217, annex under d)."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Change(Period):
    """What the association says otherwise about a rule that exists."""

    rule: RuleId = Field(description="Rule that is changed")
    responsible: Party | None = Field(default=None, description="Who repairs it; as it was if left out")
    basis: OwnBasis = Field(description="Where the association says so, such as own:4.2")
    why: Text | None = Field(default=None, description="Reason in plain words, for the tenant")
    tip: Text | None = Field(default=None, description="What the tenant can do")
    urgency: Urgency | None = Field(default=None, description="How urgent")
    unless: list[Unless] = Field(default=[], description="Exceptions that are added, or that replace one of law")
    vera: Vera | None = Field(default=None, description="Sector codes")
    insist: bool = Field(default=False, description="Apply it even where law gives the repair to the landlord")
    note: str | None = Field(default=None, description="What your own document says")


class OwnRule(Period):
    """A rule that the association adds; what is left out is as in the rule of law beside it."""

    id: RuleId = Field(description="Readable, never changed")
    title: Text = Field(description="Short name of the defect or job")
    responsible: Party = Field(description="Who repairs it unless an exception holds")
    basis: OwnBasis = Field(description="Where the association says so")
    beside: RuleId | None = Field(default=None, description="Rule of law it stands beside and is measured against")
    words: Phrases = Field(description="Words that people use for it")
    examples: Phrases = Field(default=Phrases(), description="Messages as tenants type them")
    area: str | None = Field(default=None, description="Part of the house")
    urgency: Urgency | None = Field(default=None, description="How urgent by itself")
    why: Text | None = Field(default=None, description="Reason in plain words, for the tenant")
    tip: Text | None = Field(default=None, description="What the tenant can do")
    unless: list[Unless] = Field(default=[], description="Exceptions of this rule, in the order of testing")
    vera: Vera | None = Field(default=None, description="Sector codes")
    insist: bool = Field(default=False, description="Apply it even where law gives the repair to the landlord")


class Cover(_Part):
    """Repairs that a service subscription or a fund pays for those who take part."""

    when: Key = Field(description="Circumstance: subscription, glass_fund, drain_fund or one of your own")
    basis: OwnBasis = Field(description="Where the association says so")
    rules: list[str] = Field(min_length=1, description="Rules that are covered; drain.* is all that start so")
    share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Which part of your tenants takes part; counts where it is not known",
    )
    question: Text | None = Field(default=None, description="Question that settles it")


class Overlay(_Part):
    """An association's own catalogue."""

    schema_version: Literal[1] = Field(description="Version of this form")
    extends: str = Field(description="nl, or the path of another catalogue, seen from this file")
    id: Key = Field(description="Short name of the association")
    version: str = Field(description="Version of the content")
    title: Text = Field(description="Whose rules these are")
    sources: list[Source] = Field(min_length=1, description="The association's own documents; one has id own")
    circumstances: list[Circumstance] = Field(default=[], description="Facts of your own that flip rules")
    changes: list[Change] = Field(default=[], description="What you say otherwise about rules that exist")
    covers: list[Cover] = Field(default=[], description="What a subscription or fund pays")
    rules: list[OwnRule] = Field(default=[], description="Rules that you add")
    retire: list[Retirement] = Field(default=[], description="Rules that no longer count")


def lay_over(overlay: Overlay, base: Catalogue) -> Catalogue:
    """Lay an association's catalogue over another.

    What would shift to the tenant what law gives the landlord is not applied, unless the association insists; either
    way it is noted as a departure (BW 7:242).

    Parameters
    ----------
    overlay : Overlay
    base : Catalogue

    Returns
    -------
    Catalogue

    Raises
    ------
    InconsistentError
        If the overlay names what does not exist; it lists every problem with its place in the overlay.
    """
    problems = list(_find_problems(overlay, base))
    if problems:
        raise InconsistentError(problems)
    shares = {cover.when: cover.share for cover in overlay.covers}
    circumstances = [
        c.model_copy(update={"share": shares.get(c.id, c.share)}) for c in [*base.circumstances, *overlay.circumstances]
    ]
    law = Catalogue(**{**dict(base), "circumstances": circumstances})
    rules = list(base.rules)
    for change in overlay.changes:
        rules = _with_version(rules, _changed(change, law))
    rules += [_added(own, law) for own in overlay.rules]
    return Catalogue(
        schema_version=base.schema_version,
        id=overlay.id,
        version=overlay.version,
        title=overlay.title,
        sources=[*base.sources, *overlay.sources],
        not_expressed=base.not_expressed,
        articles=base.articles,
        circumstances=circumstances,
        elsewhere=base.elsewhere,
        dangers=base.dangers,
        rules=[_covered(rule, overlay.covers) for rule in rules],
        retired=[*base.retired, *overlay.retire],
        extends=f"{base.id} {base.version}",
    )


def _with_version(rules: list[Rule], changed: Rule) -> list[Rule]:
    """Put a changed rule in the place of the one it replaces, or behind it where both count, each in its time."""
    behind = max(i for i, rule in enumerate(rules) if rule.id == changed.id)
    replaces = changed.valid_from is None and not changed.is_tenancy_bound
    return [*rules[: behind + (not replaces)], changed, *rules[behind + 1 :]]


def _changed(change: Change, base: Catalogue) -> Rule:
    law = base.rule(change.rule)
    departures = [*_departures(law, law.responsible, base, change)]
    applied = change.insist or all(departure.when for departure in departures)
    unless = _lawful(change, departures)
    own = {entry.when for entry in unless}
    flips = applied and change.responsible not in (None, law.responsible)
    return law.model_copy(
        update={
            "responsible": (change.responsible or law.responsible) if applied else law.responsible,
            "basis": change.basis if applied else law.basis,
            "why": (change.why or (_NO_REASON if flips else law.why)) if applied else law.why,
            "tip": change.tip or (_NO_TIP if flips else law.tip),
            "urgency": change.urgency or law.urgency,
            "unless": [*unless, *(entry for entry in law.unless if entry.when not in own)],
            "valid_from": change.valid_from,
            "valid_until": change.valid_until,
            "tenancy_from": change.tenancy_from,
            "tenancy_until": change.tenancy_until,
            "beside": law.id,
            "departures": departures,
            "vera": change.vera or law.vera,
        }
    )


def _departures(law: Rule, default: Party, base: Catalogue, own: Change | OwnRule) -> Iterator[Departure]:
    """Find where an own rule gives the tenant what the law beside it gives the landlord."""
    responsible = own.responsible or default
    if responsible == "tenant" and default == "landlord":
        yield Departure(basis=own.basis, law=law.basis, insists=own.insist)
    lawful = {entry.when: entry for entry in base.exceptions(law)}
    for entry in own.unless:
        to_tenant = (entry.responsible or base.circumstance(entry.when).responsible) == "tenant"
        exception = lawful.get(entry.when)
        allowed = (exception.responsible if exception else law.responsible) == "tenant"
        if to_tenant and not allowed:
            article = exception.basis if exception and exception.basis else law.basis
            yield Departure(basis=entry.basis or own.basis, when=entry.when, law=article, insists=own.insist)


def _lawful(own: Change | OwnRule, departures: list[Departure]) -> list[Unless]:
    """List the exceptions that are applied: all, or those that law allows."""
    turned = {departure.when for departure in departures}
    return [entry for entry in own.unless if own.insist or entry.when not in turned]


def _added(own: OwnRule, base: Catalogue) -> Rule:
    law = base.rule(own.beside) if own.beside else None
    departures = [*_departures(law, law.responsible, base, own)] if law else []
    applied = own.insist or all(departure.when for departure in departures)
    unless = _lawful(own, departures)
    if own.responsible == "tenant" and not own.insist:
        named = {entry.when for entry in unless}
        inherited = [entry for entry in (law.unless if law else []) if entry.when not in named]
        tests = {*named, *(entry.when for entry in inherited)}
        unless += inherited + [Unless(when=key) for key in _TESTS_OF_THE_ANNEX if key not in tests]
    return Rule(
        id=own.id,
        title=own.title,
        area=own.area or (law.area if law else "general"),
        responsible=own.responsible if applied or law is None else law.responsible,
        basis=own.basis if applied or law is None else law.basis,
        urgency=own.urgency or (law.urgency if law else "normal"),
        why=own.why or (law.why if law else _NO_REASON),
        tip=own.tip or (law.tip if law else _NO_TIP),
        words=own.words,
        examples=own.examples,
        unless=unless,
        valid_from=own.valid_from,
        valid_until=own.valid_until,
        tenancy_from=own.tenancy_from,
        tenancy_until=own.tenancy_until,
        beside=own.beside,
        departures=departures,
        vera=own.vera,
    )


_NO_REASON = Text(nl="Zo hebben wij dat met onze huurders afgesproken.", en="This is what we agreed with our tenants.")
_NO_TIP = Text(nl="Stuur als het kan een foto mee.", en="Send a photo along if you can.")


def _covered(rule: Rule, covers: Iterable[Cover]) -> Rule:
    if rule.responsible == "landlord":
        return rule
    named = {entry.when for entry in rule.unless}
    entries = [
        Unless(when=cover.when, responsible="landlord", basis=cover.basis, question=cover.question)
        for cover in covers
        if cover.when not in named and any(_matches(rule.id, pattern) for pattern in cover.rules)
    ]
    return rule.model_copy(update={"unless": [*rule.unless, *entries]}) if entries else rule


def _matches(rule_id: str, pattern: str) -> bool:
    return rule_id.startswith(pattern[:-1]) if pattern.endswith("*") else rule_id == pattern


def _find_problems(overlay: Overlay, base: Catalogue) -> Iterator[tuple[Place, str]]:
    known = {rule.id for rule in base.rules}
    keys = {c.id for c in [*base.circumstances, *overlay.circumstances]}
    here = known | {own.id for own in overlay.rules}
    if not any(source.id == "own" for source in overlay.sources):
        yield ("sources",), "sources: none has id own; describe the document that own:... refers to"
    seen: set[tuple[object, ...]] = set()
    for i, change in enumerate(overlay.changes):
        period = (change.rule, change.valid_from, change.tenancy_from, change.tenancy_until)
        if period in seen:
            yield ("changes", i), f"change {change.rule}: stands twice for the same period; keep one"
        seen.add(period)
        if change.rule not in known:
            yield ("changes", i, "rule"), f"change {change.rule}: no such rule{_alike(change.rule, known)}"
        yield from _unknown_keys(("changes", i), f"change {change.rule}", change.unless, keys)
    for i, own in enumerate(overlay.rules):
        if own.id in known:
            yield ("rules", i, "id"), f"rule {own.id}: exists in {base.id}; write it under changes, or use another id"
        if own.beside is not None and own.beside not in known:
            yield ("rules", i, "beside"), f"rule {own.id}: beside {own.beside}: no such rule{_alike(own.beside, known)}"
        yield from _unknown_keys(("rules", i), f"rule {own.id}", own.unless, keys)
    for i, cover in enumerate(overlay.covers):
        if cover.when not in keys:
            yield ("covers", i, "when"), f"cover: no circumstance {cover.when!r}; use one of {', '.join(sorted(keys))}"
        for pattern in cover.rules:
            if not any(_matches(rule, pattern) for rule in here):
                yield ("covers", i, "rules"), f"cover {cover.when}: {pattern} matches no rule{_alike(pattern, here)}"
    for i, retirement in enumerate(overlay.retire):
        for field, rule in (("rule", retirement.rule), ("instead", retirement.instead)):
            if rule is not None and rule not in (known if field == "rule" else here):
                yield ("retire", i, field), f"retire: no such rule {rule}{_alike(rule, known)}"


def _unknown_keys(place: Place, subject: str, unless: list[Unless], keys: set[str]) -> Iterator[tuple[Place, str]]:
    for j, entry in enumerate(unless):
        if entry.when not in keys:
            yield (*place, "unless", j, "when"), f"{subject}: no circumstance {entry.when!r}; use one of {sorted(keys)}"


def _alike(id_: str, known: set[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(id_, known, n=3, cutoff=0.5)
    return f"; did you mean {', '.join(near)}?" if near else ""
