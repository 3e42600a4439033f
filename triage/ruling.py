"""From what was recognised to who is responsible: a sum over rules and circumstances, read from the catalogue.

Every term of that sum is a rule, the circumstance that decides it (or none), the party that the catalogue names, and
the law behind it. Label, reason and question are read off these terms; nothing is made up beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.catalogue import Catalogue, Party
from triage.facts import Settled
from triage.in_force import InForce, Timeline
from triage.law import Law
from triage.recogniser import largest

__all__ = ["Ruler", "Rulings", "Term"]

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

_MOST_ODDS = 1e6
_CONSIDERED = 6
"""Rules that enter the sum; what the others hold together is too little to matter."""
_LIKELIEST = 3
"""Rules that may still turn out to be the one."""
_NOT_CIRCUMSTANCES = ("rule", "tenancy_start")


@dataclass(frozen=True)
class Term:
    """One way to be responsible: a rule, what decides it, and how likely that is."""

    rule: str
    when: str | None
    responsible: Party
    basis: str
    probability: float


@dataclass(frozen=True)
class Rulings:
    """Who is responsible for each of some defects, as a sum of terms.

    Attributes
    ----------
    law : Law
        The rules that were applied.
    rules : ndarray of int, shape (n_defects, n_considered)
        The rules that enter the sum, likeliest first.
    weights : ndarray of shape (n_defects, n_considered)
        Their probabilities, which sum to 1.
    chances : ndarray of shape (n_defects, n_keys + 1)
        Probability of each circumstance, facts included; the last one never holds.
    odds : ndarray of shape (n_exceptions, n_defects, n_considered)
        What speaks for each exception of these rules, where that is open, against what speaks for none.
    fallback : ndarray of shape (n_exceptions + 1, n_defects, n_considered)
        1 at what applies if none of those does: the default, or an exception known to hold; else 0.
    reached : ndarray of bool, shape (n_exceptions, n_defects, n_considered)
        Whether an exception could decide, as far as is known.
    terms : ndarray of shape (n_exceptions + 1, n_defects, n_considered)
        Probability of each term; the last one of a rule is its default. Exceptions come first among the axes, since
        sums over the first axis are several times as fast.
    unruled : ndarray of shape (n_defects,)
        Probability that the defect falls under a rule that is not, or no longer, in force.
    """

    law: Law
    rules: Places
    weights: Floats
    chances: Floats
    odds: Floats
    fallback: Floats
    reached: NDArray[np.bool_]
    terms: Floats
    unruled: Floats

    def __len__(self) -> int:
        return len(self.rules)

    @property
    def in_force(self) -> InForce:
        """The rules that were applied."""
        return self.law.in_force

    @cached_property
    def landlord(self) -> Floats:
        """Probability that the landlord is responsible, before calibration, shape (n_defects,)."""
        return np.asarray(np.minimum(self.landlord_by_rule().sum(axis=1), 1.0))

    @cached_property
    def _sides(self) -> NDArray[np.bool_]:
        """Whether each term makes the landlord responsible, in the shape of the terms."""
        return self.law.landlord.T[:, self.rules]

    @cached_property
    def _deciding(self) -> tuple[Places, Places]:
        """The rule and the exception to cite: the likeliest term of the strongest article on the side of the label."""
        n, law = len(self), self.law
        own = self.terms * (self._sides == (self.landlord >= 0.5)[:, None])
        article = law.article[law.basis].T[:, self.rules]
        slots = (np.arange(n)[:, None] * law.n_articles + article).ravel()
        strength = np.bincount(slots, weights=own.ravel(), minlength=n * law.n_articles)
        strongest = strength.reshape(n, law.n_articles).argmax(axis=1)
        best = own * (article == strongest[:, None])
        place = best.max(axis=0).argmax(axis=1)
        entry = best[:, np.arange(n), place].argmax(axis=0)
        return self.rules[np.arange(n), place], entry

    @property
    def deciding_rule(self) -> Places:
        """The rule to cite for each defect, shape (n_defects,)."""
        return self._deciding[0]

    @property
    def deciding_when(self) -> Places:
        """The circumstance that decides that rule; ``len(law.keys)`` where its default does."""
        rule, entry = self._deciding
        return np.column_stack([self.law.when, np.full(len(self.law.rules), len(self.law.keys))])[rule, entry]

    @property
    def deciding_basis(self) -> Places:
        """The basis to cite for each defect."""
        return self.law.basis[self._deciding]

    def deciding(self, defect: int) -> Term:
        """Return the term to cite for a defect."""
        rule, entry = (int(part[defect]) for part in self._deciding)
        place = int(np.flatnonzero(self.rules[defect] == rule)[0])
        law = self.law
        return Term(
            law.rules[rule],
            law.keys[law.when[rule, entry]] if entry < law.when.shape[1] else None,
            "landlord" if law.landlord[rule, entry] else "tenant",
            law.bases[law.basis[rule, entry]],
            float(self.terms[entry, defect, place]),
        )

    def circumstances(self, defect: int) -> dict[str, float]:
        """Return the probability of each circumstance of a defect."""
        return dict(zip(self.law.keys, self.chances[defect, :-1].tolist(), strict=True))

    @cached_property
    def turning(self) -> NDArray[np.bool_]:
        """Circumstances that one of the likeliest rules of each defect turns on, shape (n_defects, n_keys)."""
        return np.asarray(self.law.turns_on[self.rules[:, :_LIKELIEST]].any(axis=1))

    def landlord_by_rule(self) -> Floats:
        """Return what each rule that was considered adds to the landlord's side, shape (n_defects, n_considered)."""
        return np.asarray((self.terms * self._sides).sum(axis=0))

    @cached_property
    def landlord_if(self) -> tuple[Floats, Floats]:
        """Probability of landlord, had each circumstance been known to hold; and not to; (n_defects, n_keys) each."""
        n, law = len(self), self.law
        landlord = self._sides.astype(np.float64)
        exceptions = landlord[:-1]
        own = self.odds
        others = (self.fallback * landlord).sum(axis=0)
        total = 1 + own.sum(axis=0)
        now = ((own * exceptions).sum(axis=0) + others) / total
        holding = np.where(self.reached, (_before(own * exceptions) + exceptions) / (1 + _before(own)), now)
        not_holding = (now * total - own * exceptions) / (total - own)
        slots = (np.arange(n)[:, None] * (len(law.keys) + 1) + law.when.T[:, self.rules]).ravel()
        found = []
        for then in (holding, not_holding):
            change = (self.weights * (then - now)).ravel()
            by_key = np.bincount(slots, weights=change, minlength=n * (len(law.keys) + 1))
            found.append(self.landlord[:, None] + by_key.reshape(n, -1)[:, :-1])
        return found[0], found[1]

    def take(self, defects: Places) -> Rulings:
        """Return the rulings on some of the defects."""
        return Rulings(self.law, *(own[_each(own, defects)] for own in self._parts()))

    def put(self, defects: Places, other: Rulings) -> None:
        """Put rulings by the same law in the place of those on some of the defects, before anything is read off."""
        for own, others in zip(self._parts(), other._parts(), strict=True):
            own[_each(own, defects)] = others

    def _parts(self) -> list[NDArray[Any]]:
        return [getattr(self, part.name) for part in fields(self)[1:]]


def _each(own: NDArray[Any], defects: Places) -> tuple[Places] | tuple[slice, Places]:
    """Point at some defects, which are the first axis unless exceptions go before them."""
    return (defects,) if own.ndim < 3 else (slice(None), defects)


class Ruler:
    """Applies a catalogue to what was recognised.

    Parameters
    ----------
    catalogue : Catalogue
    rules : sequence of str
        Rule ids, in the order of the probabilities that `rule` will be given.
    circumstances : sequence of str
        Circumstance keys, in the order of theirs.
    """

    def __init__(self, catalogue: Catalogue, rules: Sequence[str], circumstances: Sequence[str]) -> None:
        self.rules = list(rules)
        self.keys = [c.id for c in catalogue.circumstances]
        self._recognised = [self.keys.index(key) for key in circumstances]
        self._shares = {c.id: c.share for c in catalogue.circumstances if c.share}
        self.timeline = Timeline(catalogue)
        self._laws: dict[InForce, tuple[Law, Places | None]] = {}

    def _law(self, day: date, facts: Settled) -> tuple[Law, Places | None]:
        """Return the rules in force on a day, for the tenancy that the facts tell of; and where each output stands.

        None if they stand in the order of the rules.
        """
        start = facts.get("tenancy_start")
        in_force = self.timeline.at(day, None if start is None else date.fromisoformat(str(start)))
        if in_force not in self._laws:
            law = Law(in_force, self.keys)
            places = law.places_of(self.rules)
            self._laws[in_force] = law, None if places.tolist() == [*range(len(law.rules))] else places
        return self._laws[in_force]

    def rule(
        self,
        rules: NDArray[np.floating],
        circumstances: NDArray[np.floating],
        facts: Settled,
        day: date,
    ) -> Rulings:
        """Rule on defects.

        Parameters
        ----------
        rules : ndarray of shape (n_defects, n_rules)
            Probability of each rule, in the order given to the constructor.
        circumstances : ndarray of shape (n_defects, n_circumstances)
            Probability of each circumstance.
        facts : mapping
            What is known of all these defects, settled; it outweighs what was recognised.
        day : date
            The rules of this day are applied.

        Returns
        -------
        Rulings
        """
        law, places = self._law(day, facts)
        considered, weights, unruled = self._likely(rules, facts, law, places)
        chances = np.zeros((len(considered), len(self.keys) + 1))
        chances[:, self._recognised] = circumstances
        fixed = np.zeros(len(self.keys) + 1, dtype=bool)
        known = {key: float(value) for key, value in facts.items() if key not in _NOT_CIRCUMSTANCES}
        for key, chance in (self._shares | known).items():
            place = self.keys.index(key)
            chances[:, place] = chance
            fixed[place] = True
        odds = _odds_of_exceptions(law, considered, chances, fixed)
        odds, fallback, reached = _in_reach(odds)
        terms = fallback.copy()
        terms[:-1] += odds
        terms *= weights / (1 + odds.sum(axis=0))
        return Rulings(law, considered, weights, chances, odds, fallback, reached, terms, unruled)

    def _likely(
        self, rules: NDArray[np.floating], facts: Settled, law: Law, places: Places | None
    ) -> tuple[Places, Floats, Floats]:
        """Find the likeliest rules that are in force, and what went to others."""
        n = len(rules)
        if "rule" in facts:
            return self._given(str(facts["rule"]), n, law)
        if places is None:
            own, lost = rules, np.zeros(n)
        else:
            own = np.zeros((n, len(law.rules)), dtype=rules.dtype)
            for output in np.flatnonzero(places >= 0):
                own[:, places[output]] += rules[:, output]
            lost = rules[:, places < 0].sum(axis=1, dtype=np.float64)
        total = own.sum(axis=1, dtype=np.float64)
        some, likeliest = largest(own, min(_CONSIDERED, own.shape[1]))
        chances = likeliest.astype(np.float64)
        unruled = lost / np.maximum(total + lost, 1e-12)
        return some, chances / np.maximum(chances.sum(axis=1, keepdims=True), 1e-12), unruled

    def _given(self, rule: str, n: int, law: Law) -> tuple[Places, Floats, Floats]:
        """Consider the rule that is known, or the one that took its place, and no other."""
        rule = law.in_force.instead.get(rule, rule)
        in_force = rule in law.in_force.rules
        some = np.full((n, min(_CONSIDERED, len(law.rules))), law.rules.index(rule) if in_force else 0)
        weights = np.zeros(some.shape)
        weights[:, 0] = in_force
        return some, weights, np.full(n, float(not in_force))


def _odds(chance: Floats) -> Floats:
    return np.asarray(np.minimum(chance / np.maximum(1 - chance, 1 / _MOST_ODDS), _MOST_ODDS))


def _odds_of_exceptions(law: Law, rules: Places, chances: Floats, fixed: NDArray[np.bool_]) -> Floats:
    """Return the odds of each exception of some rules; infinite if known to hold."""
    keys = law.when.T[:, rules]
    chance = chances[np.arange(len(rules))[:, None], keys]
    odds = _odds(chance)
    if (chances[:, fixed] == 1.0).any():
        odds[fixed[keys] & (chance == 1.0)] = np.inf
    return odds


def _in_reach(odds: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Let exceptions compete: what speaks for one speaks against the others and against the default.

    An exception known to hold takes the place of the default for those that go before it by law; those behind it are
    out of reach.

    Returns
    -------
    odds, fallback, reached
        As in `Rulings`.
    """
    known = np.isinf(odds)
    if not known.any():
        fallback = np.zeros((len(odds) + 1, *odds.shape[1:]))
        fallback[-1] = 1
        return odds, fallback, np.ones(odds.shape, dtype=bool)
    reached = _before(known) == 0
    fallback = np.empty((len(odds) + 1, *odds.shape[1:]))
    fallback[:-1] = known & reached
    fallback[-1] = ~known.any(axis=0)
    return np.where(reached & ~known, odds, 0.0), fallback, reached


def _before(parts: NDArray[Any]) -> Floats:
    """Add up, for each exception, what those before it bring."""
    sums = np.zeros(parts.shape)
    for i in range(1, len(parts)):
        np.add(sums[i - 1], parts[i - 1], out=sums[i])
    return sums
