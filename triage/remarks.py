"""What a person should know about a catalogue that is in order: where it departs from law, ends, or is hardly known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal, NamedTuple

from triage.catalogue import Catalogue, Departure, Rule

__all__ = ["Remark", "remarks"]

_FEW_WORDS = 3
"""A rule that is known by fewer words will hardly be recognised."""


class Remark(NamedTuple):
    """One thing to know.

    Attributes
    ----------
    kind : {"law", "time", "unmeasured", "words"}
    rule : str
        Id of the rule.
    text : str
        What it is and what can be done.
    """

    kind: Literal["law", "time", "unmeasured", "words"]
    rule: str
    text: str


def remarks(catalogue: Catalogue) -> list[Remark]:
    """List what a person should know about a catalogue.

    Parameters
    ----------
    catalogue : Catalogue

    Returns
    -------
    list of Remark
        Departures from law first (BW 7:242: what law gives the landlord may not be shifted to the tenant).
    """
    found = [remark for rule in catalogue.rules for remark in _about(rule, catalogue)]
    order = ("law", "time", "unmeasured", "words")
    return sorted(dict.fromkeys(found), key=lambda remark: order.index(remark.kind))


def _about(rule: Rule, catalogue: Catalogue) -> Iterator[Remark]:
    for departure in rule.departures:
        yield Remark("law", rule.id, _departure(departure, catalogue))
    if rule.valid_until and not _is_followed(rule, catalogue):
        yield Remark(
            "time", rule.id, f"ends on {rule.valid_until} and nothing follows: requests after it go to a person"
        )
    yield from _about_own(rule, catalogue)


def _about_own(rule: Rule, catalogue: Catalogue) -> Iterator[Remark]:
    """Remark on a rule that an association added: nothing is known of it but what the association says."""
    by_itself = rule.beside is None and rule.basis.startswith("own:")
    if by_itself and rule.responsible == "tenant":
        yield Remark(
            "unmeasured",
            rule.id,
            f"gives the tenant a repair by {rule.basis} and names no rule of law beside it (beside: ...); the tests of "
            "the annex count as exceptions: common part, out of reach, specialist work, significant cost",
        )
    for entry in rule.unless if by_itself and rule.responsible == "landlord" else ():
        turned = catalogue.complete(entry)
        if turned.responsible == "tenant" and (turned.basis or "").startswith("own:"):
            when = catalogue.circumstance(entry.when).title.en.lower()
            yield Remark(
                "unmeasured",
                rule.id,
                f"gives the tenant a repair by {turned.basis} when {when}, and names no rule of law beside it "
                "(beside: ...) to measure that by",
            )
    if not by_itself and rule.beside in (None, rule.id):
        return
    known = len(rule.words.all())
    if known < _FEW_WORDS:
        yield Remark(
            "words", rule.id, f"known by few words ({known}), so hardly recognised; give more, as tenants write them"
        )
    if rule.title.nl == rule.title.en:
        yield Remark(
            "words", rule.id, "has the same title in Dutch and English; give it one for those who read English"
        )


def _is_followed(rule: Rule, catalogue: Catalogue) -> bool:
    last = rule.valid_until or date.max
    return any(other.id == rule.id and (other.valid_from or date.min) > last for other in catalogue.rules)


def _departure(departure: Departure, catalogue: Catalogue) -> str:
    what = f"{departure.basis} gives it to the tenant"
    if departure.retires:
        what += f" by retiring {departure.retires}"
    if departure.when:
        what += f" when {catalogue.circumstance(departure.when).title.en.lower()}"
    beside = f"let the rule that takes its place stand beside: {departure.retires}, " if departure.retires else ""
    applied = (
        "it is applied all the same, since the catalogue insists"
        if departure.insists
        else f"not applied; remove it, {beside}or write insist: true"
    )
    return f"{what}; by {catalogue.citation(departure.law, 'en')} ({departure.law}) it is the landlord's: {applied}"
