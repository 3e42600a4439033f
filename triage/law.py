"""The rules in force as arrays, so that thousands of defects are ruled upon at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from triage.catalogue import Asked
from triage.in_force import InForce

__all__ = ["Law"]


class Law:
    """The rules in force, their exceptions and their bases, numbered.

    Rules have unlike numbers of exceptions; the free places of shorter lists hold an exception that never holds.

    Parameters
    ----------
    in_force : InForce
    keys : sequence of str
        The catalogue's circumstances; ``len(keys)`` is the number of the one that never holds.

    Attributes
    ----------
    rules : list of str
        Ids of the rules in force.
    keys : list of str
        The circumstances.
    when : ndarray of int, shape (n_rules, n_exceptions)
        The circumstance of each exception.
    landlord : ndarray of bool, shape (n_rules, n_exceptions + 1)
        Whether each exception, and last the default, makes the landlord responsible.
    bases : list of str
    basis : ndarray of int, shape (n_rules, n_exceptions + 1)
        The basis of each exception and of the default.
    article : ndarray of int, shape (n_bases,)
        Bases of one article share a number.
    """

    def __init__(self, in_force: InForce, keys: Sequence[str]) -> None:
        self.in_force = in_force
        self.rules = list(in_force.rules)
        self.keys = list(keys)
        entries = [[e for e in in_force.exceptions[rule] if e.responsible and e.basis] for rule in self.rules]
        most = max(map(len, entries), default=0)
        number = {key: i for i, key in enumerate(self.keys)}
        bases: dict[str, int] = {}
        self.when = np.full((len(self.rules), most), len(self.keys), dtype=np.int64)
        self.landlord = np.zeros((len(self.rules), most + 1), dtype=bool)
        self.basis = np.zeros((len(self.rules), most + 1), dtype=np.int64)
        for i, (rule, own) in enumerate(zip(in_force.rules.values(), entries, strict=True)):
            self.landlord[i, most] = rule.responsible == "landlord"
            self.basis[i, most] = bases.setdefault(rule.basis, len(bases))
            for j, entry in enumerate(own):
                self.when[i, j] = number[entry.when]
                self.landlord[i, j] = entry.responsible == "landlord"
                self.basis[i, j] = bases.setdefault(str(entry.basis), len(bases))
        self.bases = list(bases)
        articles = {basis.partition(".")[0]: None for basis in bases}
        place = {article: i for i, article in enumerate(articles)}
        self.article = np.array([place[basis.partition(".")[0]] for basis in bases], dtype=np.int64)
        self.n_articles = len(articles)

    @cached_property
    def turns_on(self) -> NDArray[np.bool_]:
        """Whether each rule has an exception for each circumstance, shape (n_rules, n_keys)."""
        has = np.zeros((len(self.rules), len(self.keys) + 1), dtype=bool)
        has[np.arange(len(self.rules))[:, None], self.when] = True
        return has[:, :-1]

    @cached_property
    def questions(self) -> dict[tuple[int, int], Asked]:
        """How rules that have their own words for it ask for a circumstance; both by number."""
        number = {key: i for i, key in enumerate(self.keys)}
        return {
            (i, number[entry.when]): entry.question
            for i, rule in enumerate(self.rules)
            for entry in reversed(self.in_force.exceptions[rule])
            if entry.question is not None
        }

    def places_of(self, outputs: Sequence[str]) -> NDArray[np.int64]:
        """Return the rule in force that each output of a recogniser stands for; -1 where there is none."""
        number = {rule: i for i, rule in enumerate(self.rules)}
        instead = self.in_force.instead
        return np.array([number.get(instead.get(name, name), -1) for name in outputs], dtype=np.int64)
