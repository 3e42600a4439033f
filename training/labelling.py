"""Who is responsible by the labels of a message, under the rules of one day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from training.corpus import Request
from triage.catalogue import Catalogue, Party
from triage.in_force import InForce, Timeline

__all__ = ["ANY_DAY", "is_turned", "label_of", "rules_on"]

ANY_DAY = date(2026, 1, 1)
"""A fit, and what is measured beside it, goes by the rules of this day, so that it comes out the same on any other."""


def rules_on(catalogue: Catalogue, day: date = ANY_DAY) -> InForce:
    """Find the rules to look labels up in.

    Parameters
    ----------
    catalogue : Catalogue
    day : date, optional

    Returns
    -------
    InForce
        With every rule that a label may name: where it is not in force, its successor, or else its last version.
    """
    found = Timeline(catalogue).at(day)
    last = {rule.id: rule for rule in catalogue.rules}
    rules = last | {old: found.rules[new] for old, new in found.instead.items()} | dict(found.rules)
    return replace(found, rules=rules, exceptions={name: catalogue.exceptions(rule) for name, rule in rules.items()})


def label_of(row: Request, rules: InForce) -> Party:
    """Look up who is responsible for a labelled request."""
    return rules.ruled(row.rule, row.circumstances)[0]


def is_turned(row: Request, rules: InForce) -> bool:
    """Tell whether a circumstance turns the label of a request away from its rule's default."""
    return label_of(row, rules) != rules.rules[row.rule].responsible
