"""What no field of a catalogue by itself can show: double ids, dangling keys, missing bases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage.catalogue import Catalogue, Circumstance, Rule

__all__ = ["InconsistentError", "Place", "find_problems"]

Place = tuple[str | int, ...]
"""Path of keys and indices that leads to a part of a file."""


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


def find_problems(catalogue: Catalogue) -> Iterable[tuple[Place, str]]:
    """Find what no field by itself can show: double ids, dangling keys, missing bases.

    Yields
    ------
    place : tuple
        Path of keys and indices within the catalogue.
    message : str
        What is wrong and what to do.
    """
    yield from _doubles("rules", [_with_period(rule) for rule in catalogue.rules])
    yield from _doubles("circumstances", [c.id for c in catalogue.circumstances])
    yield from _doubles("elsewhere", [e.id for e in catalogue.elsewhere])
    yield from _doubles("articles", [a.basis for a in catalogue.articles])
    circumstances = {c.id: c for c in catalogue.circumstances}
    known = {article.basis for article in catalogue.articles}
    rules = {rule.id for rule in catalogue.rules}
    for i, c in enumerate(catalogue.circumstances):
        if c.basis and not _is_known(c.basis, known):
            yield ("circumstances", i, "basis"), f"circumstance {c.id}: {_unknown_basis(c.basis)}"
        if c.over != "none" and c.basis is None:
            yield ("circumstances", i), f"circumstance {c.id}: acts on every rule, so it needs a basis"
        for j, rule_id in enumerate(c.spares if catalogue.extends is None else ()):
            if rule_id not in rules:
                where = ("circumstances", i, "spares", j)
                yield where, f"circumstance {c.id}: there is no rule {rule_id!r} to spare; correct the id"
    for i, rule in enumerate(catalogue.rules):
        yield from (
            (("rules", i, *place), f"rule {rule.id}: {m}") for place, m in _rule_problems(rule, circumstances, known)
        )
        if catalogue.extends is None:
            yield from ((("rules", i, *place), f"rule {rule.id}: {m}") for place, m in _incomplete(rule))


def _with_period(rule: Rule) -> str:
    """Name a rule and the periods it counts for: one id may have a version for each."""
    start = f" from {rule.valid_from}" if rule.valid_from else ""
    tenancy = f" for tenancies {rule.tenancy_from or ''}..{rule.tenancy_until or ''}" if rule.is_tenancy_bound else ""
    return rule.id + start + tenancy


def _doubles(section: str, ids: list[str]) -> Iterable[tuple[Place, str]]:
    seen: set[str] = set()
    for i, id_ in enumerate(ids):
        if id_ in seen:
            yield (section, i), f"{section}: {id_} stands twice; ids must be unique, so rename or remove one"
        seen.add(id_)


def _rule_problems(rule: Rule, circumstances: dict[str, Circumstance], known: set[str]) -> Iterable[tuple[Place, str]]:
    if not _is_known(rule.basis, known):
        yield ("basis",), _unknown_basis(rule.basis)
    if not rule.words.nl:
        yield ("words",), "needs Dutch words, so that messages can reach it"
    if rule.valid_from and rule.valid_until and rule.valid_until < rule.valid_from:
        yield ("valid_until",), f"valid_until {rule.valid_until} lies before valid_from {rule.valid_from}"
    if rule.tenancy_from and rule.tenancy_until and rule.tenancy_until < rule.tenancy_from:
        yield ("tenancy_until",), f"tenancy_until {rule.tenancy_until} lies before tenancy_from {rule.tenancy_from}"
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


def _incomplete(rule: Rule) -> Iterable[tuple[Place, str]]:
    """Find what a catalogue of law must have and an association's additions may lack."""
    if not rule.words.en:
        yield ("words",), "needs English words too, so that messages can reach it"
    if not rule.examples.nl:
        yield ("examples",), "needs at least one Dutch example"


def _is_known(basis: str, known: set[str]) -> bool:
    return basis in known or basis.startswith("own:")


def _unknown_basis(basis: str) -> str:
    return f"basis {basis} is not among the articles; correct it or add the article"
