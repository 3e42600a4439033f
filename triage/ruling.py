"""From what was recognised to who is responsible: a sum over rules and circumstances, read from the catalogue.

Every term of that sum is a rule, the circumstance that decides it (or none), the party that the catalogue names, and
the law behind it. Label, reason and question are read off these terms; nothing is made up beside them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from triage.catalogue import Catalogue, Party
from triage.errors import FactError
from triage.in_force import InForce, Timeline

__all__ = ["Causes", "Facts", "Ruler", "Ruling", "Term", "read_fact"]

Facts = Mapping[str, bool | str | date]
"""What the caller already knows: circumstances (or their opposites) as booleans, the rule by its id, the day on which
the tenancy started as ISO text."""

Causes = Mapping[Party, float]
"""Probability that something in the message turns a default towards a party."""

_POOLED = 0.3
_STRONGEST = 20.0
_CONSIDERED = 12
"""Rules that enter the sum; what the others hold together is too little to matter."""


@dataclass(frozen=True)
class Term:
    """One way to be responsible: a rule, what decides it, and how likely that is."""

    rule: str
    when: str | None
    responsible: Party
    basis: str
    probability: float


_NOT_CIRCUMSTANCES = ("rule", "tenancy_start")


@dataclass(frozen=True)
class Ruling:
    """Who is responsible, as a sum of terms.

    Attributes
    ----------
    terms : tuple of Term
        Likeliest first; their probabilities sum to 1.
    landlord : float
        Probability that the landlord is responsible, before calibration.
    circumstances : dict of str to float
        Probability of each circumstance, facts included.
    in_force : InForce
        The rules that were applied.
    unruled : float
        Probability that the defect falls under a rule that is not, or no longer, in force.
    pulls : mapping of str to float
        For each rule, by what the odds of its exceptions are multiplied.
    fixed : frozenset of str
        Circumstances whose probability was not read from the message.
    """

    terms: tuple[Term, ...]
    landlord: float
    circumstances: dict[str, float]
    in_force: InForce
    unruled: float
    pulls: Mapping[str, float]
    fixed: frozenset[str]

    @property
    def responsible(self) -> Party:
        """The likelier party."""
        return "landlord" if self.landlord >= 0.5 else "tenant"

    @property
    def deciding(self) -> Term:
        """The term to cite: the likeliest of the strongest basis on the side of the label."""
        side = [term for term in self.terms if term.responsible == self.responsible]
        strength: defaultdict[str, float] = defaultdict(float)
        for term in side:
            strength[term.basis.partition(".")[0]] += term.probability
        strongest = max(strength, key=lambda basis: strength[basis])
        return next(term for term in side if term.basis.partition(".")[0] == strongest)


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
        self.catalogue = catalogue
        self.rules = list(rules)
        self.circumstances = list(circumstances)
        self._timeline = Timeline(catalogue)
        self._ids = {rule.id for rule in catalogue.rules}
        self._shares = {c.id: c.share for c in catalogue.circumstances if c.share}
        self._opposites = {c.opposite: c.id for c in catalogue.circumstances if c.opposite}

    def settle(self, facts: Facts | None) -> dict[str, bool | str]:
        """Translate what a caller knows into circumstances of the catalogue.

        Raises
        ------
        FactError
            If a fact is unknown or has a value it cannot take; it names the facts that exist.
        """
        settled: dict[str, bool | str] = {}
        keys = {c.id for c in self.catalogue.circumstances}
        for name, value in (facts or {}).items():
            if name == "rule":
                if value not in self._ids:
                    raise FactError(f"fact rule={value!r}: no such rule in catalogue {self.catalogue.id}")
                settled["rule"] = str(value)
                continue
            if name == "tenancy_start":
                settled["tenancy_start"] = _read_start(value).isoformat()
                continue
            if name not in keys and name not in self._opposites:
                known = ", ".join(sorted(keys | set(self._opposites)))
                raise FactError(f"unknown fact {name!r}; known are rule, tenancy_start, {known}")
            if not isinstance(value, bool):
                raise FactError(f"fact {name}={value!r} must be True or False")
            settled[self._opposites.get(name, name)] = value != (name in self._opposites)
        return settled

    def rule(
        self,
        rules: NDArray[np.float32],
        circumstances: NDArray[np.float32],
        facts: Mapping[str, bool | str],
        day: date,
        causes: Causes | None = None,
    ) -> Ruling:
        """Rule on one defect.

        Parameters
        ----------
        rules : ndarray of shape (n_rules,)
            Probability of each rule, in the order given to the constructor.
        circumstances : ndarray of shape (n_circumstances,)
            Probability of each circumstance.
        facts : mapping
            Settled facts, from `settle`; they outweigh what was recognised.
        day : date
            The rules of this day are applied.
        causes : mapping of party to float, optional
            Probability that something, whatever it is, turns a default towards that party.

        Returns
        -------
        Ruling
        """
        start = facts.get("tenancy_start")
        in_force = self._timeline.at(day, None if start is None else date.fromisoformat(str(start)))
        likely, unruled = self._likely(rules, facts, in_force)
        chances = {key: float(p) for key, p in zip(self.circumstances, circumstances, strict=True)}
        pulls = {rule: _pull(rule, chances, in_force, causes) for rule, _ in likely}
        known = {key: float(value) for key, value in facts.items() if key not in _NOT_CIRCUMSTANCES}
        fixed = self._shares | known
        chances |= fixed
        terms = [term for rule, p in likely for term in _terms(rule, p, _pulled(chances, fixed, pulls[rule]), in_force)]
        terms.sort(key=lambda term: -term.probability)
        landlord = sum(term.probability for term in terms if term.responsible == "landlord")
        return Ruling(tuple(terms), min(landlord, 1.0), chances, in_force, unruled, pulls, frozenset(fixed))

    def _likely(
        self, rules: NDArray[np.float32], facts: Mapping[str, bool | str], in_force: InForce
    ) -> tuple[list[tuple[str, float]], float]:
        """List the likeliest rules that are in force, and what went to others."""
        if facts.get("rule") in in_force.rules:
            return [(str(facts["rule"]), 1.0)], 0.0
        chosen: dict[str, float] = {}
        lost = 0.0
        for i in np.argsort(-rules, kind="stable"):
            if len(chosen) >= _CONSIDERED:
                break
            rule = in_force.instead.get(self.rules[i], self.rules[i])
            if rule in in_force.rules:
                chosen[rule] = chosen.get(rule, 0.0) + float(rules[i])
            else:
                lost += float(rules[i])
        total = sum(chosen.values()) or 1.0
        return [(rule, p / total) for rule, p in chosen.items()], 1.0 if "rule" in facts else lost / (total + lost)

    def landlord_if(self, ruling: Ruling, key: str, value: bool) -> float:
        """Return the probability of landlord, had a circumstance been known."""
        chances = {**ruling.circumstances, key: float(value)}
        fixed = {*ruling.fixed, key}
        weights: defaultdict[str, float] = defaultdict(float)
        for term in ruling.terms:
            weights[term.rule] += term.probability
        return sum(
            term.probability
            for rule, p in weights.items()
            for term in _terms(rule, p, _pulled(chances, fixed, ruling.pulls[rule]), ruling.in_force)
            if term.responsible == "landlord"
        )


def _pull(rule: str, chances: Mapping[str, float], in_force: InForce, causes: Causes | None) -> float:
    """Weigh what all exceptions of a rule come to against whether the message gives any such cause at all.

    The first asks for a circumstance by name; the second pools all that turn a default the same way, and so learns from
    many more messages. The geometric mean of their odds is better than either.
    """
    if causes is None:
        return 1.0
    default = in_force.rules[rule].responsible
    against: Party = "tenant" if default == "landlord" else "landlord"
    none = 1.0
    for entry in in_force.exceptions[rule]:
        if entry.responsible == against:
            none *= 1 - chances.get(entry.when, 0.0)
    if none == 1.0:
        return 1.0
    pull = (_odds(causes[against]) / _odds(1 - none)) ** _POOLED
    return float(min(max(pull, 1 / _STRONGEST), _STRONGEST))


def _odds(chance: float) -> float:
    chance = min(max(chance, 1e-4), 1 - 1e-4)
    return chance / (1 - chance)


def _pulled(chances: Mapping[str, float], fixed: Container[str], pull: float) -> Mapping[str, float]:
    if pull == 1.0:
        return chances
    return {key: p if key in fixed else p * pull / (1 - p + p * pull) for key, p in chances.items()}


def _terms(rule: str, probability: float, chances: Mapping[str, float], in_force: InForce) -> list[Term]:
    terms = []
    left = probability
    for entry in in_force.exceptions[rule]:
        chance = chances.get(entry.when, 0.0)
        if chance > 0 and entry.responsible and entry.basis:
            terms.append(Term(rule, entry.when, entry.responsible, entry.basis, left * chance))
            left *= 1 - chance
    default = in_force.rules[rule]
    terms.append(Term(rule, None, default.responsible, default.basis, left))
    return terms


_SAID = dict.fromkeys(("yes", "true", "ja", "1"), True) | dict.fromkeys(("no", "false", "nee", "0"), False)


def read_fact(value: str) -> bool | str:
    """Read the value of a fact as a person writes it; what is not yes or no stays as it is.

    Examples
    --------
    >>> read_fact("ja"), read_fact("No"), read_fact("tap.drips")
    (True, False, 'tap.drips')
    """
    return _SAID.get(value.strip().lower(), value.strip())


def _read_start(value: object) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError as error:
        raise FactError(f"fact tenancy_start={value!r} cannot be read; write it as 2024-07-01") from error
