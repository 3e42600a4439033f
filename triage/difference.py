"""What changes for whom between two catalogues."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from triage.catalogue import Catalogue, Party, Text, Unless
from triage.in_force import InForce, Timeline

__all__ = ["Difference", "differences"]


class Difference(BaseModel):
    """One difference between two catalogues."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str = Field(description="Id of the rule")
    title: Text
    kind: Literal["responsible", "basis", "exception", "added", "retired"]
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
        For a tenancy that began on this day; rules that bind only some tenancies are left out if it is not given.

    Returns
    -------
    list of Difference
        In the order of the catalogues; who pays first, then exceptions.
    """
    day = day or date.today()
    old, new = (Timeline(catalogue).at(day, tenancy_start) for catalogue in (before, after))
    found: list[Difference] = []
    for id_ in dict.fromkeys([*old.rules, *new.rules]):
        found += _about_rule(id_, old, new, before, after)
    return found


def _about_rule(id_: str, old: InForce, new: InForce, before: Catalogue, after: Catalogue) -> Iterator[Difference]:
    was, is_ = old.rules.get(id_), new.rules.get(id_)
    title = (is_ or old.rules[id_]).title
    kind: Literal["responsible", "basis", "added", "retired"]
    if was is None or is_ is None:
        kind = "added" if was is None else "retired"
    elif was.responsible != is_.responsible:
        kind = "responsible"
    elif was.basis != is_.basis:
        kind = "basis"
    else:
        yield from _about_exceptions(id_, old, new, after)
        return
    yield Difference(
        rule=id_,
        title=title,
        kind=kind,
        before=was.responsible if was else None,
        after=is_.responsible if is_ else None,
        basis_before=was.basis if was else None,
        basis_after=is_.basis if is_ else None,
        said=Text(
            **{
                language: _say(
                    language,
                    title.in_(language),
                    None,
                    (was.responsible, before.citation(was.basis, language)) if was else None,
                    (is_.responsible, after.citation(is_.basis, language)) if is_ else None,
                )
                for language in ("nl", "en")
            }
        ),
    )
    if was and is_ and kind == "basis":
        yield from _about_exceptions(id_, old, new, after)


def _about_exceptions(id_: str, old: InForce, new: InForce, after: Catalogue) -> Iterator[Difference]:
    was = {entry.when: entry for entry in old.exceptions[id_]}
    is_ = {entry.when: entry for entry in new.exceptions[id_]}
    title = new.rules[id_].title
    for when in dict.fromkeys([*was, *is_]):
        a, b = _key(was.get(when)), _key(is_.get(when))
        if a == b:
            continue
        yield Difference(
            rule=id_,
            title=title,
            kind="exception",
            when=when,
            before=a[0] if a else None,
            after=b[0] if b else None,
            basis_before=a[1] if a else None,
            basis_after=b[1] if b else None,
            said=Text(
                **{
                    language: _say(
                        language,
                        title.in_(language),
                        after.circumstance(when).because.in_(language),
                        (a[0], after.citation(a[1], language)) if a else None,
                        (b[0], after.citation(b[1], language)) if b else None,
                    )
                    for language in ("nl", "en")
                }
            ),
        )


def _key(entry: Unless | None) -> tuple[Party, str] | None:
    return (entry.responsible, entry.basis) if entry and entry.responsible and entry.basis else None


_WHO = {
    "nl": {"landlord": "de verhuurder", "tenant": "de huurder"},
    "en": {"landlord": "the landlord", "tenant": "the tenant"},
}
_SAID = {
    "nl": {
        "changed": "{what}: eerst {old} ({old_basis}), nu {new} ({new_basis}).",
        "added": "{what}: nieuw, voor {new} ({new_basis}).",
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


def _say(
    language: str, title: str, when: str | None, was: tuple[Party, str] | None, is_: tuple[Party, str] | None
) -> str:
    said, who = _SAID[language], _WHO[language]
    kind = "added" if was is None else "retired" if is_ is None else "changed"
    return said[kind].format(
        what=said["when"].format(title=title, when=when) if when else title,
        old=who[was[0]] if was else "",
        old_basis=was[1] if was else "",
        new=who[is_[0]] if is_ else "",
        new_basis=is_[1] if is_ else "",
    )
