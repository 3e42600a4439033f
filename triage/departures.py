"""Where an association's catalogue gives the tenant what law gives the landlord (BW 7:242)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import TYPE_CHECKING

from triage.catalogue import Catalogue, Departure, Party, Retirement, Rule, Unless
from triage.versions import overlap

if TYPE_CHECKING:
    from triage.overlay import Change, OwnCircumstance, OwnRule

__all__ = ["by_circumstance", "by_retirement", "by_rule", "inherited"]


def by_rule(own: Change | OwnRule, law: Rule, base: Catalogue) -> Iterator[Departure]:
    """Find where an own rule gives the tenant what the law beside it gives the landlord."""
    if own.responsible == "tenant" and law.responsible == "landlord":
        yield Departure(basis=own.basis, law=law.basis, insists=own.insist)
    lawful: dict[str, Unless | Rule] = {entry.when: entry for entry in base.exceptions(law)}
    for entry in own.unless:
        exception = lawful.get(entry.when, law)
        if base.complete(entry).responsible == "tenant" and exception.responsible == "landlord":
            article = exception.basis or law.basis
            yield Departure(basis=entry.basis or own.basis, when=entry.when, law=article, insists=own.insist)


def inherited(own: Change | OwnRule, law: Rule, base: Catalogue) -> Iterator[Departure]:
    """List the departures of the rule beside an own one that the own one does not end, or try anew."""
    given: dict[str | None, Party | None] = {None: own.responsible}
    given |= {entry.when: base.complete(entry).responsible for entry in own.unless}
    for departure in law.departures:
        party = given.get(departure.when)
        if party is None or (party == "tenant" and departure.insists):
            yield departure


def by_circumstance(own: OwnCircumstance, rule: Rule, base: Catalogue) -> Iterator[Departure]:
    """Find where an own circumstance, by itself, gives the tenant what a rule gives the landlord."""
    article = _article(rule, base)
    if own.responsible == "tenant" and own.basis and article and own.acts_on(rule):
        yield Departure(basis=own.basis, when=own.id, law=article, insists=own.insist)


def by_retirement(retirement: Retirement, law: Catalogue, rules: list[Rule]) -> Iterator[Departure]:
    """Find the cases in which a rule gives way to one of `rules` that gives the tenant what it gives the landlord."""
    for rule, successor in product(law.rules, rules):
        if (rule.id, successor.id) != (retirement.rule, retirement.instead) or not overlap(rule, successor):
            continue
        old = _cases(rule, _lawful(rule, law))
        new = _cases(successor, law.exceptions(successor))
        for when in dict.fromkeys([*old, *new]):
            given, taken = old.get(when, rule), new.get(when, successor)
            if given.responsible == "landlord" and taken.responsible == "tenant":
                article = given.basis or rule.basis
                yield Departure(
                    basis=retirement.basis, when=when, retires=rule.id, law=article, insists=retirement.insist
                )
        for departure in rule.departures:
            taken = new.get(departure.when, successor)
            if departure.insists and departure.retires is None and taken.responsible == "tenant":
                yield departure.model_copy(update={"retires": rule.id})


def _cases(rule: Rule, exceptions: Iterable[Unless]) -> dict[str | None, Rule | Unless]:
    """List who repairs it by itself, under None, and who when a circumstance holds."""
    return {None: rule, **{entry.when: entry for entry in exceptions}}


def _lawful(rule: Rule, base: Catalogue) -> Iterator[Unless]:
    """List the exceptions of a rule without what an association pays on top of the law, such as by a subscription."""
    for entry in base.exceptions(rule):
        statutory = not (base.circumstance(entry.when).basis or "own:").startswith("own:")
        if statutory or entry.responsible == "tenant":
            yield entry


def _article(rule: Rule, base: Catalogue) -> str | None:
    """Return what gives the landlord a repair: the basis of the rule, or else of its first exception that does."""
    if rule.responsible == "landlord":
        return rule.basis
    return next((entry.basis for entry in base.exceptions(rule) if entry.responsible == "landlord"), None)
