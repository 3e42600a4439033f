"""What no field of a catalogue by itself can show: double ids, dangling keys, missing bases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from triage.versions import overlap, period_of

if TYPE_CHECKING:
    from triage.catalogue import Catalogue, Circumstance, Danger, Retirement, Rule, Unless
    from triage.overlay import Overlay

__all__ = ["InconsistentError", "Place", "find_problems", "find_problems_over"]

Place = tuple[str | int, ...]
"""Path of keys and indices that leads to a part of a file."""

_RESERVED = ("rule", "tenancy_start", "unknown")
"""What other facts are called, and what somebody does not know."""


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
    yield from _unclear_facts(catalogue.circumstances)
    yield from _doubles("elsewhere", [e.id for e in catalogue.elsewhere])
    yield from _doubles("articles", [a.basis for a in catalogue.articles])
    yield from _silent_signs(catalogue.dangers)
    yield from ((("retired", i), message) for i, message in _circles(catalogue.retired))
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


def _unclear_facts(circumstances: Sequence[Circumstance]) -> Iterable[tuple[Place, str]]:
    """Find circumstances, or opposites of them, that share a name or have that of another fact."""
    seen: set[str] = set()
    for i, c in enumerate(circumstances):
        for field, name in (("id", c.id), ("opposite", c.opposite)):
            if name in _RESERVED:
                yield ("circumstances", i, field), f"circumstances: {name} means something else; use another {field}"
            if name in seen:
                what = f"circumstances: {name} stands twice; ids and opposites must be unique, so rename or remove one"
                yield ("circumstances", i, field), what
            seen |= {name} if name else set()


def _silent_signs(dangers: Sequence[Danger]) -> Iterable[tuple[Place, str]]:
    """Find signs of danger with an alternative that is never met, since no word of a message is folded to it."""
    from triage.words import find_words

    signs = [
        (("dangers", i, "signs", language, j), danger.id, sign, alternative)
        for i, danger in enumerate(dangers)
        for language in ("nl", "en")
        for j, sign in enumerate(getattr(danger.signs, language))
        for step in sign.lower().split()
        for alternative in step.split("/")
    ]
    parts = [found[1:] if found.startswith("*") else found.removesuffix("*") for *_, found in signs]
    words = find_words(parts)
    for i, (place, danger_id, sign, alternative) in enumerate(signs):
        if words.of_text(i) != [parts[i]]:
            yield (
                place,
                f"danger {danger_id}: sign {sign!r}: {alternative!r} is never met; write words without accents and "
                "hyphens, 0 for any digit, and at most one star, at an end",
            )


def _circles(retired: Sequence[Retirement]) -> Iterable[tuple[int, str]]:
    """Find rules that hand their requests around in a circle, by the place of each retirement."""
    instead = {retirement.rule: retirement.instead for retirement in retired}
    for i, retirement in enumerate(retired):
        passed = [retirement.rule]
        while (new := instead[passed[-1]]) in instead and new not in passed:
            passed.append(new)
        if new == retirement.rule:
            way = " to ".join([*passed, new])
            yield i, f"retire: {way} is a circle, so that no rule is left; correct instead, or leave it out"


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


def find_problems_over(overlay: Overlay, base: Catalogue) -> Iterable[tuple[Place, str]]:
    """Find where an overlay does not fit over a catalogue.

    Yields
    ------
    place : tuple
        Path of keys and indices within the overlay.
    message : str
        What is wrong and what to do.
    """
    known = {rule.id for rule in base.rules}
    keys = {c.id for c in [*base.circumstances, *overlay.circumstances]}
    here = known | {own.id for own in overlay.rules}
    if not any(source.id == "own" for source in overlay.sources):
        yield ("sources",), "sources: none has id own; describe the document that own:... refers to"
    seen: set[tuple[object, ...]] = set()
    for i, change in enumerate(overlay.changes):
        period = (change.rule, *period_of(change))
        if period in seen:
            yield ("changes", i), f"change {change.rule}: stands twice for the same period; keep one"
        seen.add(period)
        if change.rule not in known:
            yield ("changes", i, "rule"), f"change {change.rule}: no such rule{_alike(change.rule, known)}"
        elif not any(rule.id == change.rule and overlap(rule, change) for rule in base.rules):
            what = f"the rule never counts in that period in {base.id}"
            yield ("changes", i), f"change {change.rule}: {what}; correct the period, or add a rule of your own"
        yield from _unknown_keys(("changes", i), f"change {change.rule}", change.unless, keys)
    for i, own in enumerate(overlay.rules):
        if own.id in known:
            yield ("rules", i, "id"), f"rule {own.id}: exists in {base.id}; write it under changes, or use another id"
        if own.beside is not None and own.beside not in known:
            yield ("rules", i, "beside"), f"rule {own.id}: beside {own.beside}: no such rule{_alike(own.beside, known)}"
        yield from _unknown_keys(("rules", i), f"rule {own.id}", own.unless, keys)
    law = {c.id for c in base.circumstances if c.basis and not c.basis.startswith("own:")}
    shares: dict[str, float] = {}
    for i, cover in enumerate(overlay.covers):
        if cover.when not in keys - law:
            what = f"{cover.when} is the law's" if cover.when in law else f"no circumstance {cover.when!r}"
            yield ("covers", i, "when"), f"cover: {what}; use one of {', '.join(sorted(keys - law))}"
        share = shares.setdefault(cover.when, cover.share) if cover.share is not None else None
        if share != cover.share:
            where = ("covers", i, "share")
            yield where, f"cover {cover.when}: share {cover.share}, but {share} in a cover above; keep one"
        for pattern in cover.rules:
            if not any(fnmatchcase(rule, pattern) for rule in here):
                yield ("covers", i, "rules"), f"cover {cover.when}: {pattern} matches no rule{_alike(pattern, here)}"
    for i, retirement in enumerate(overlay.retire):
        for field, rule in (("rule", retirement.rule), ("instead", retirement.instead)):
            if rule is not None and rule not in (known if field == "rule" else here):
                yield ("retire", i, field), f"retire: no such rule {rule}{_alike(rule, known)}"
    yield from _doubles("retire", [retirement.rule for retirement in overlay.retire])
    for i, message in _circles([*base.retired, *overlay.retire]):
        if i >= len(base.retired):
            yield ("retire", i - len(base.retired)), message


def _unknown_keys(place: Place, subject: str, unless: list[Unless], keys: set[str]) -> Iterable[tuple[Place, str]]:
    for j, entry in enumerate(unless):
        if entry.when not in keys:
            yield (*place, "unless", j, "when"), f"{subject}: no circumstance {entry.when!r}; use one of {sorted(keys)}"


def _alike(id_: str, known: set[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(id_, known, n=3, cutoff=0.5)
    return f"; did you mean {', '.join(near)}?" if near else ""
