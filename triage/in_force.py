"""Which rules are in force: on a day, for a tenancy that began on some day."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from triage.catalogue import Catalogue, Party, Rule, Unless, ruled_by

__all__ = ["InForce", "Timeline", "changes"]


@dataclass(frozen=True, eq=False)
class InForce:
    """The rules that count for one request; each is itself alone, so that it can be a key.

    Attributes
    ----------
    rules : mapping of str to Rule
        By id.
    exceptions : mapping of str to list of Unless
        All exceptions of each rule, complete and in the order of testing.
    instead : mapping of str to str
        For each retired rule, the rule in force that took its place, if there is one.
    bound : mapping of str to Rule
        Versions that would count if the tenancy had begun in their period, where its start is not known.
    """

    rules: Mapping[str, Rule]
    exceptions: Mapping[str, list[Unless]]
    instead: Mapping[str, str]
    bound: Mapping[str, Rule]

    def ruled(self, rule_id: str, holding: Collection[str]) -> tuple[Party, str]:
        """Tell who is responsible by a rule where some circumstances hold, and by what basis.

        Raises
        ------
        KeyError
            If no such rule is in force.
        """
        return ruled_by(self.rules[rule_id], self.exceptions[rule_id], holding)


class Timeline:
    """Finds the rules in force, and remembers them for every stretch of time in which nothing changes.

    Parameters
    ----------
    catalogue : Catalogue
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._versions: defaultdict[str, list[Rule]] = defaultdict(list)
        for rule in catalogue.rules:
            self._versions[rule.id].append(rule)
        rules, retired = catalogue.rules, catalogue.retired
        self._days = changes(
            [r.valid_from for r in rules] + [r.valid_from for r in retired], [r.valid_until for r in rules]
        )
        self._starts = changes([r.tenancy_from for r in rules], [r.tenancy_until for r in rules])
        self._remembered: dict[tuple[int, int | None], InForce] = {}

    def at(self, day: date, tenancy_start: date | None = None) -> InForce:
        """Return the rules in force on a day, for a tenancy that began on another.

        Of several versions the one that began last counts. When it has ended, the rule has ended: an older version
        does not come back.

        Parameters
        ----------
        day : date
        tenancy_start : date, optional
            Rules that bind only some tenancies do not count if it is not known.
        """
        stretch = self.stretch(day, tenancy_start)
        if stretch not in self._remembered:
            self._remembered[stretch] = self._find(day, tenancy_start)
        return self._remembered[stretch]

    def stretch(self, day: date, tenancy_start: date | None = None) -> tuple[int, int | None]:
        """Tell the stretch of time, in which nothing changes, of a day and of the start of a tenancy, by number."""
        start = None if tenancy_start is None else bisect_right(self._starts, tenancy_start)
        return bisect_right(self._days, day), start

    def _find(self, day: date, tenancy_start: date | None) -> InForce:
        retired = {r.rule: r.instead for r in self._catalogue.retired if r.valid_from is None or r.valid_from <= day}
        rules: dict[str, Rule] = {}
        bound: dict[str, Rule] = {}
        for id_, versions in self._versions.items():
            if id_ in retired:
                continue
            begun = [v for v in versions if v.valid_from is None or v.valid_from <= day]
            binding = [v for v in begun if v.binds(tenancy_start)]
            if (rule := _last(binding)) and _not_ended(rule, day):
                rules[id_] = rule
            if tenancy_start is None and (rule := _last([v for v in begun if v.is_tenancy_bound])):
                bound |= {id_: rule} if _not_ended(rule, day) else {}
        exceptions = {id_: self._catalogue.exceptions(rule) for id_, rule in rules.items()}
        instead = {old: new for old in retired if (new := _successor(old, retired)) in rules}
        return InForce(rules, exceptions, instead, bound)


def _successor(rule: str, retired: Mapping[str, str | None]) -> str:
    """Follow what took the place of a rule, and of that if it is retired too, to the end; or once around."""
    passed: set[str] = set()
    while rule not in passed and (new := retired.get(rule)):
        passed.add(rule)
        rule = new
    return rule


def _last(versions: list[Rule]) -> Rule | None:
    return max(versions, key=lambda v: (v.valid_from or date.min, v.is_tenancy_bound), default=None)


def _not_ended(rule: Rule, day: date) -> bool:
    return rule.valid_until is None or day <= rule.valid_until


def changes(firsts: Iterable[date | None], lasts: Iterable[date | None]) -> list[date]:
    """List the days on which a period begins, or has just ended."""
    after = {last + timedelta(days=1) for last in lasts if last and last < date.max}
    return sorted({first for first in firsts if first} | after)
