"""Rules that bind only the tenancies of some period: which of them count, and how to say that period."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from triage.catalogue import Catalogue, Rule, Text
from triage.in_force import Timeline, changes

__all__ = ["binding", "tenancy_of", "tenancy_starts"]


def binding(catalogue: Catalogue, day: date) -> dict[str, list[Rule]]:
    """List by id the versions that count on a day, each for the tenancies of its period alone.

    Parameters
    ----------
    catalogue : Catalogue
    day : date

    Returns
    -------
    dict of str to list of Rule
    """
    timeline = Timeline(catalogue)
    counting = [timeline.at(day, start).rules for start in tenancy_starts(catalogue)]
    found: defaultdict[str, list[Rule]] = defaultdict(list)
    for version in catalogue.rules:
        if version.is_tenancy_bound and any(rules.get(version.id) is version for rules in counting):
            found[version.id].append(version)
    return dict(found)


def tenancy_starts(*catalogues: Catalogue) -> list[date]:
    """List starts of tenancies of which one stands for any other: the first days on which another rule may count."""
    rules = [rule for catalogue in catalogues for rule in catalogue.rules]
    days = changes((rule.tenancy_from for rule in rules), (rule.tenancy_until for rule in rules))
    return sorted({date.min, *days})


def tenancy_of(rule: Rule) -> Text:
    """Say which tenancies a rule binds, as a clause behind "if".

    Examples
    --------
    >>> import triage
    >>> tap = triage.load().catalogue.rule("tap.drips")
    >>> tenancy_of(tap.model_copy(update={"tenancy_from": date(2024, 1, 1)}))
    Text(nl='uw huurcontract op of na 1-1-2024 begon', en='your tenancy started on or after 2024-01-01')
    """
    first, last = rule.tenancy_from, rule.tenancy_until
    if first and last:
        when = f"van {_dutch(first)} tot en met {_dutch(last)}", f"from {first} to {last} inclusive"
    elif first:
        when = f"op of na {_dutch(first)}", f"on or after {first}"
    elif last:
        when = f"op of voor {_dutch(last)}", f"on or before {last}"
    else:
        raise ValueError(f"rule {rule.id} binds all tenancies")
    return Text(nl=f"uw huurcontract {when[0]} begon", en=f"your tenancy started {when[1]}")


def _dutch(day: date) -> str:
    return f"{day.day}-{day.month}-{day.year}"
