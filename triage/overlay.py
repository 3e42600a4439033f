"""An association's own catalogue, laid over another; what it does not mention is as it was."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from triage.catalogue import (
    Asked,
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
from triage.consistency import InconsistentError, Place, find_problems_over
from triage.departures import by_circumstance, by_retirement, by_rule, inherited
from triage.versions import later_first, met, overlap, period_of

__all__ = ["Change", "Cover", "Overlay", "OwnCircumstance", "OwnRule", "lay_over"]

OwnBasis = Annotated[str, StringConstraints(pattern=r"^own:\S+$")]

_TESTS_OF_THE_ANNEX = ("common_part", "out_of_reach", "specialist_work", "significant_cost")
"""A small repair is one inside the dwelling, that is easy, and costs little (BW 7:217, annex under d)."""

_TAKES_PART = 0.5
"""Which part of the tenants is in a subscription or fund, where nobody says."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OwnCircumstance(Circumstance):
    """A fact of the association's own that flips rules."""

    insist: bool = Field(default=False, description="Let it act even where law gives the repair to the landlord")


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
    share: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Which part of your tenants takes part, where that is not known; as it was, or half, if left out",
    )
    question: Asked | None = Field(default=None, description="Question that settles it")


class Overlay(_Part):
    """An association's own catalogue."""

    schema_version: Literal[1] = Field(description="Version of this form")
    extends: str = Field(description="nl, or the path of another catalogue, seen from this file")
    id: Key = Field(description="Short name of the association")
    version: str = Field(description="Version of the content")
    title: Text = Field(description="Whose rules these are")
    sources: list[Source] = Field(min_length=1, description="The association's own documents; one has id own")
    circumstances: list[OwnCircumstance] = Field(default=[], description="Facts of your own that flip rules")
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
    problems = list(find_problems_over(overlay, base))
    if problems:
        raise InconsistentError(problems)
    law = _with_circumstances(overlay, base)
    rules = [*_versions(overlay.changes, law), *(_added(own, law) for own in overlay.rules)]
    rules, retired = _retire(overlay.retire, rules, law)
    try:
        return Catalogue(
            schema_version=base.schema_version,
            id=overlay.id,
            version=overlay.version,
            title=overlay.title,
            sources=[*base.sources, *overlay.sources],
            not_expressed=base.not_expressed,
            articles=base.articles,
            circumstances=law.circumstances,
            elsewhere=base.elsewhere,
            dangers=base.dangers,
            rules=[_covered(rule, overlay.covers) for rule in rules],
            retired=[*base.retired, *retired],
            extends=f"{base.id} {base.version}",
        )
    except ValidationError as error:
        found = [problem for detail in error.errors() for problem in detail["ctx"]["error"].problems]
        raise InconsistentError(
            [(_place_of(place, overlay, base, rules), message) for place, message in found]
        ) from error


def _place_of(place: Place, overlay: Overlay, base: Catalogue, rules: list[Rule]) -> Place:
    """Find in an overlay what stands at a place of the whole: own parts last, changed rules where they were."""
    section, number, *rest = place
    first = {"rules": len(rules) - len(overlay.rules), "circumstances": len(base.circumstances)}.get(str(section))
    if first is None or not isinstance(number, int):
        return ("extends",)
    if number >= first:
        own = rest[: rest.index("unless") + 1] if "unless" in rest else rest  # its exceptions are in another order
        return (section, number - first, *own)
    changes = [i for i, c in enumerate(overlay.changes) if c.rule == rules[number].id and overlap(c, rules[number])]
    return ("changes", changes[0]) if section == "rules" and changes else ("extends",)


def _with_circumstances(overlay: Overlay, base: Catalogue) -> Catalogue:
    """Add the circumstances of the association, and note on each rule which of them turn it against the tenant."""
    circumstances = [*base.circumstances, *(_lawfully_acting(own) for own in overlay.circumstances)]
    rules = [
        _noted(rule, [found for own in overlay.circumstances for found in by_circumstance(own, rule, base)])
        for rule in base.rules
    ]
    shared = [_shared(circumstance, overlay.covers) for circumstance in circumstances]
    return base.model_copy(update={"circumstances": tuple(shared), "rules": tuple(rules)})


def _lawfully_acting(own: OwnCircumstance) -> Circumstance:
    """Let a circumstance that gives the tenant repairs act only where a rule names it, unless it is insisted on."""
    fields = own.model_dump(exclude_unset=True, exclude={"insist"})
    if own.responsible == "tenant" and own.basis and not own.insist:
        fields["over"] = "none"
    return Circumstance(**fields)


def _shared(circumstance: Circumstance, covers: Iterable[Cover]) -> Circumstance:
    shares = [cover.share for cover in covers if cover.when == circumstance.id]
    if not shares:
        return circumstance
    before = circumstance.share if "share" in circumstance.model_fields_set else _TAKES_PART
    given = next((share for share in shares if share is not None), before)
    return circumstance.model_copy(update={"share": given})


def _noted(rule: Rule, departures: list[Departure]) -> Rule:
    return rule.model_copy(update={"departures": (*rule.departures, *departures)}) if departures else rule


def _retire(
    retirements: Iterable[Retirement], rules: list[Rule], law: Catalogue
) -> tuple[list[Rule], list[Retirement]]:
    """Retire rules; one that law gives the landlord gives way to one of the tenant only if that is insisted on."""
    applied = []
    for retirement in retirements:
        departures = list(dict.fromkeys(by_retirement(retirement, law, rules)))
        barred = [departure for departure in departures if not departure.insists]
        applied += [] if barred else [retirement]
        noted = retirement.rule if barred else retirement.instead
        rules = [_noted(rule, barred or departures) if rule.id == noted else rule for rule in rules]
    return rules, applied


def _versions(changes: Iterable[Change], law: Catalogue) -> list[Rule]:
    """Put the changed versions of each rule in the place of those they change, or first where both count."""
    rules: list[Rule] = []
    for id_ in dict.fromkeys(rule.id for rule in law.rules):
        versions = [rule for rule in law.rules if rule.id == id_]
        changed = [
            _changed(change, version, law)
            for change in later_first(changes)
            if change.rule == id_
            for version in met(change, versions)
        ]
        distinct: dict[tuple[date | None, ...], Rule] = {}
        for version in [*changed, *versions]:
            distinct.setdefault(period_of(version), version)
        rules += distinct.values()
    return rules


def _changed(change: Change, law: Rule, base: Catalogue) -> Rule:
    departures = list(by_rule(change, law, base))
    applied = change.insist or all(departure.when for departure in departures)
    flips = applied and change.responsible not in (None, law.responsible)
    return law.model_copy(
        update={
            "responsible": (change.responsible or law.responsible) if applied else law.responsible,
            "basis": change.basis if applied else law.basis,
            "why": (change.why or (_NO_REASON if flips else law.why)) if applied else law.why,
            "tip": (change.tip or (_NO_TIP if flips else law.tip)) if applied else law.tip,
            "urgency": change.urgency or law.urgency,
            "unless": _exceptions(change, law.unless, departures, base),
            "beside": law.beside or (None if law.basis.startswith("own:") else law.id),
            "departures": (*inherited(change, law, base), *departures),
            "vera": change.vera or law.vera,
        }
    )


def _exceptions(
    own: Change | OwnRule, law: Iterable[Unless], departures: list[Departure], base: Catalogue
) -> tuple[Unless, ...]:
    """Put own exceptions that are applied before those of law, or behind if they give the tenant what law gives too."""
    turned = {departure.when for departure in departures}
    applied = [entry for entry in own.unless if own.insist or entry.when not in turned]
    named = {entry.when for entry in applied}
    behind = [e for e in applied if e.when not in turned and base.complete(e).responsible == "tenant"]
    return (*(e for e in applied if e not in behind), *(e for e in law if e.when not in named), *behind)


def _added(own: OwnRule, base: Catalogue) -> Rule:
    law = base.rule(own.beside) if own.beside else None
    departures = list(by_rule(own, law, base)) if law else []
    carried = [found for found in inherited(own, law, base) if not found.retires] if law else []
    barred = None if own.insist or all(departure.when for departure in departures) else law
    lawful: list[Unless] = []
    if own.responsible == "tenant" and (not own.insist or all(departure.when for departure in departures)):
        lawful += law.unless if law else []
        tests = {entry.when for entry in lawful}
        lawful += [Unless(when=key) for key in _TESTS_OF_THE_ANNEX if key not in tests]
    return Rule(
        id=own.id,
        title=own.title,
        area=own.area or (law.area if law else "general"),
        responsible=(barred or own).responsible,
        basis=(barred or own).basis,
        urgency=own.urgency or (law.urgency if law else "normal"),
        why=(barred or own).why or (law.why if law else _NO_REASON),
        tip=(barred or own).tip or (law.tip if law else _NO_TIP),
        words=own.words,
        examples=own.examples,
        unless=_exceptions(own, lawful, departures, base),
        valid_from=own.valid_from,
        valid_until=own.valid_until,
        tenancy_from=own.tenancy_from,
        tenancy_until=own.tenancy_until,
        beside=own.beside,
        departures=[*carried, *departures],
        vera=own.vera,
    )


_NO_REASON = Text(nl="Zo hebben wij dat met onze huurders afgesproken.", en="This is what we agreed with our tenants.")
_NO_TIP = Text(nl="Stuur als het kan een foto mee.", en="Send a photo along if you can.")


def _covered(rule: Rule, covers: Iterable[Cover]) -> Rule:
    if rule.responsible == "landlord":
        return rule
    named = {entry.when for entry in rule.unless}
    entries: dict[str, Unless] = {}
    for i, cover in enumerate(covers):
        if cover.when in named or not any(fnmatchcase(rule.id, pattern) for pattern in cover.rules):
            continue
        if cover.when in entries:
            what = f"cover {cover.when}: {rule.id} is under {entries[cover.when].basis} above too; name it in one"
            raise InconsistentError([(("covers", i, "rules"), what)])
        entries[cover.when] = Unless(
            when=cover.when, responsible="landlord", basis=cover.basis, question=cover.question
        )
    return rule.model_copy(update={"unless": (*rule.unless, *entries.values())}) if entries else rule
