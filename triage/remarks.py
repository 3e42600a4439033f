"""What a person should know about a catalogue that is in order: where it departs from law, or ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal, NamedTuple

from triage.catalogue import Catalogue, Departure, Rule

__all__ = ["Remark", "remarks"]


class Remark(NamedTuple):
    """One thing to know.

    Attributes
    ----------
    kind : {"law", "time", "unmeasured"}
    rule : str
        Id of the rule.
    text : str
        What it is and what can be done.
    """

    kind: Literal["law", "time", "unmeasured"]
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
    order = ("law", "time", "unmeasured")
    return sorted(found, key=lambda remark: order.index(remark.kind))


def _about(rule: Rule, catalogue: Catalogue) -> Iterator[Remark]:
    for departure in rule.departures:
        yield Remark("law", rule.id, _departure(departure, catalogue))
    if rule.valid_until and not _is_followed(rule, catalogue):
        yield Remark(
            "time", rule.id, f"ends on {rule.valid_until} and nothing follows: requests after it go to a person"
        )
    if rule.basis.startswith("own:") and rule.responsible == "tenant" and rule.beside is None:
        yield Remark(
            "unmeasured",
            rule.id,
            f"gives the tenant a repair by {rule.basis} and names no rule of law beside it (beside: ...); the tests of "
            "the annex count as exceptions: common part, out of reach, specialist work, significant cost",
        )


def _is_followed(rule: Rule, catalogue: Catalogue) -> bool:
    last = rule.valid_until or date.max
    return any(other.id == rule.id and (other.valid_from or date.min) > last for other in catalogue.rules)


def _departure(departure: Departure, catalogue: Catalogue) -> str:
    what = f"{departure.basis} gives it to the tenant"
    if departure.when:
        what += f" when {catalogue.circumstance(departure.when).title.en.lower()}"
    if departure.retires:
        what += f" by retiring {departure.retires}"
    applied = (
        "it is applied all the same, since the catalogue insists"
        if departure.insists
        else "not applied; remove it, or write insist: true"
    )
    return f"{what}; by {catalogue.citation(departure.law, 'en')} ({departure.law}) it is the landlord's: {applied}"
