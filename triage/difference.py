"""What changes for whom between two catalogues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from triage.catalogue import Catalogue, Party, Rule, Text, Unless
from triage.in_force import InForce, Timeline
from triage.tenancies import tenancy_starts

__all__ = ["Difference", "count", "differences", "left_out"]

Kind = Literal["responsible", "basis", "exception", "added", "retired"]
Said = tuple[Party, str]
"""Who repairs it, and by what basis."""


class Difference(BaseModel):
    """One difference between two catalogues."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str = Field(description="Id of the rule")
    title: Text
    kind: Kind
    when: str | None = Field(default=None, description="Circumstance, for an exception")
    before: Party | None = Field(description="Who it was; None where there was no such rule or exception")
    after: Party | None = Field(description="Who it is")
    basis_before: str | None
    basis_after: str | None
    said: Text = Field(description="The difference in words")


def differences(
    before: Catalogue, after: Catalogue, day: date | None = None, tenancy_start: date | None = None
) -> list[Difference]:
    """List what differs between two catalogues on a day.

    Parameters
    ----------
    before, after : Catalogue
    day : date, optional
        Today if left out.
    tenancy_start : date, optional
        For a tenancy that began on this day; rules that bind only some tenancies are left out if it is not given
        (see `left_out`).

    Returns
    -------
    list of Difference
        In the order of the catalogues; who pays first, then exceptions. Of a rule that goes to the other party only
        the exceptions that it names: those that come with the party go without saying.
    """
    day = day or date.today()
    old, new = (Timeline(catalogue).at(day, tenancy_start) for catalogue in (before, after))
    return _between(old, new, before, after)


def _between(old: InForce, new: InForce, before: Catalogue, after: Catalogue) -> list[Difference]:
    found: list[Difference] = []
    for id_ in dict.fromkeys([*old.rules, *new.rules]):
        found += _about_rule(id_, old, new, before, after)
    return found


def left_out(before: Catalogue, after: Catalogue, day: date | None = None) -> list[str]:
    """List the rules that differ for some tenancies alone: `differences` tells of them only for a given tenancy.

    Parameters
    ----------
    before, after : Catalogue
    day : date, optional
        Today if left out.

    Returns
    -------
    list of str
        Their ids.
    """
    day, old, new = day or date.today(), Timeline(before), Timeline(after)
    told = set(_between(old.at(day), new.at(day), before, after))
    found = [
        item.rule
        for start in tenancy_starts(before, after)
        for item in _between(old.at(day, start), new.at(day, start), before, after)
        if item not in told
    ]
    return list(dict.fromkeys(found))


def _about_rule(id_: str, old: InForce, new: InForce, before: Catalogue, after: Catalogue) -> Iterator[Difference]:
    """Compare a rule by itself, then its exceptions; of one that turns, those that it names, since all others turn."""
    was, is_ = old.rules.get(id_), new.rules.get(id_)
    a, b = _said_by(was), _said_by(is_)
    turned = was is not None and is_ is not None and was.responsible != is_.responsible
    if a != b:
        kind: Kind = "added" if a is None else "retired" if b is None else "responsible" if turned else "basis"
        yield _difference(is_ or old.rules[id_], kind, None, a, b, before, after)
    if was is None or is_ is None:
        return
    one, other = ({entry.when: entry for entry in rules.exceptions[id_]} for rules in (old, new))
    named = {entry.when for rule in (was, is_) for entry in rule.unless}
    for when in dict.fromkeys([*one, *other]):
        a, b = _said_by(one.get(when)), _said_by(other.get(when))
        if a != b and (when in named or not turned):
            yield _difference(is_, "exception", when, a, b, before, after)


def _said_by(part: Rule | Unless | None) -> Said | None:
    return (part.responsible, part.basis) if part and part.responsible and part.basis else None


def _difference(
    rule: Rule, kind: Kind, when: str | None, a: Said | None, b: Said | None, before: Catalogue, after: Catalogue
) -> Difference:
    circumstance = (after if b else before).circumstance(when) if when else None
    said = {
        language: _say(
            language,
            rule.title.in_(language),
            circumstance.because.in_(language) if circumstance else None,
            (a[0], before.citation(a[1], language)) if a else None,
            (b[0], after.citation(b[1], language)) if b else None,
        )
        for language in ("nl", "en")
    }
    return Difference(
        rule=rule.id,
        title=rule.title,
        kind=kind,
        when=when,
        before=a[0] if a else None,
        after=b[0] if b else None,
        basis_before=a[1] if a else None,
        basis_after=b[1] if b else None,
        said=Text(**said),
    )


_WHO = {
    "nl": {"landlord": "de verhuurder", "tenant": "de huurder"},
    "en": {"landlord": "the landlord", "tenant": "the tenant"},
}
_SAID = {
    "nl": {
        "changed": "{what}: eerst {old} ({old_basis}), nu {new} ({new_basis}).",
        "added": "{what}: voortaan voor {new} ({new_basis}).",
        "retired": "{what}: vervalt, was voor {old} ({old_basis}).",
        "when": "{title}, als {when}",
    },
    "en": {
        "changed": "{what}: first {old} ({old_basis}), now {new} ({new_basis}).",
        "added": "{what}: new, for {new} ({new_basis}).",
        "retired": "{what}: no longer there, was for {old} ({old_basis}).",
        "when": "{title}, if {when}",
    },
}


_COUNTED: dict[str, dict[str, str]] = {
    "nl": {
        "one": "verschil",
        "more": "verschillen",
        "none": "geen",
        "responsible": "van de ander",
        "basis": "op andere grond",
        "exception": "uitzondering",
        "added": "nieuw",
        "retired": "vervallen",
    },
    "en": {"one": "difference", "more": "differences"},
}
"""How differences are counted; in English their kinds are called as in the table."""


def count(found: Sequence[Difference], language: str) -> str:
    """Count differences in one line, by their kinds."""
    said = _COUNTED[language]
    kinds = Counter(item.kind for item in found)
    counts = ", ".join(f"{number} {said.get(kind, kind)}" for kind, number in kinds.items()) or said.get("none", "none")
    return f"{len(found)} {said['one' if len(found) == 1 else 'more']}: {counts}"


def _say(language: str, title: str, when: str | None, was: Said | None, is_: Said | None) -> str:
    said, who = _SAID[language], _WHO[language]
    kind = "added" if was is None else "retired" if is_ is None else "changed"
    return said[kind].format(
        what=said["when"].format(title=title, when=when) if when else title,
        old=who[was[0]] if was else "",
        old_basis=was[1] if was else "",
        new=who[is_[0]] if is_ else "",
        new_basis=is_[1] if is_ else "",
    )
