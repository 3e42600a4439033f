"""What a caller already knows about a request, in the catalogue's terms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from triage.catalogue import Catalogue
from triage.errors import FactError
from triage.values import day_of, is_blank, is_missing

__all__ = ["UNKNOWN", "Facts", "Known", "Settled", "Settler", "by_finding", "read_fact"]

Facts = Mapping[str, bool | str | date | None]
"""What the caller already knows: circumstances (or their opposites) as booleans, the rule by its id, the day on which
the tenancy started. None says nothing; "unknown" says that whoever was asked does not know. Of a message with several
findings ``2.rule`` says it of the second one alone."""

Settled = Mapping[str, bool | str]
"""The same in circumstances alone, besides ``rule`` and ``tenancy_start``, with the numbers of findings still in the
names and `UNKNOWN` among the values."""


class Known(NamedTuple):
    """What is known of one finding, and what whoever was asked does not know."""

    settled: dict[str, bool | str]
    unknown: frozenset[str]


UNKNOWN = "unknown"
_NOT_KNOWN = (UNKNOWN, "onbekend")

_SAID = dict.fromkeys(("yes", "y", "true", "ja", "j", "waar", "1"), True) | dict.fromkeys(
    ("no", "n", "false", "nee", "onwaar", "0", "0.0"), False
)
_ONE_OR_NONE = re.compile(r"([01])[.,]0+")
"""Yes or no as tables give it that hold numbers, some of which are missing."""
_NUMBERED = re.compile(r"([1-9]\d{0,3})\.(.+)")
_OF_ALL = ("tenancy_start",)
"""Facts about the tenancy, not about one defect."""


class Settler:
    """Translates what callers know into circumstances of a catalogue.

    Parameters
    ----------
    catalogue : Catalogue
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue.id
        self._rules = {rule.id for rule in catalogue.rules}
        keys = {c.id for c in catalogue.circumstances}
        self._opposites = {c.opposite: c.id for c in catalogue.circumstances if c.opposite}
        self._known = ("rule", "tenancy_start", *sorted(keys | set(self._opposites)))

    def settle(self, facts: Facts | None) -> dict[str, bool | str]:
        """Translate facts.

        Raises
        ------
        FactError
            If a fact is unknown, has a value it cannot take, or contradicts another.
        """
        if is_missing(facts):
            return {}
        if not isinstance(facts, Mapping):
            raise FactError(f"facts are a mapping, such as {{'reachable': False}}, not {type(facts).__name__}")
        settled: dict[str, bool | str] = {}
        for name, value in facts.items():
            self.check_name(name)
            if is_blank(value):
                continue
            number, bare = _divided(name)
            key, known = self._settled(bare, value)
            key = f"{number}.{key}" if number else key
            if UNKNOWN in (known, settled.get(key, UNKNOWN)):  # what is known outweighs what somebody does not know
                settled[key] = settled.get(key, known) if known == UNKNOWN else known
            elif settled[key] != known:
                raise FactError(f"fact {name}={value!r} contradicts another, which says {key}={settled[key]!r}")
        return settled

    def check_name(self, name: str) -> None:
        """Tell whether there is such a fact.

        Raises
        ------
        FactError
            If there is none; it names those that there are.
        """
        number, bare = _divided(name)
        if bare not in self._known:
            raise FactError(f"unknown fact {name!r}; known are {', '.join(self._known)}")
        if number and bare in _OF_ALL:
            raise FactError(f"fact {name!r} is of no single finding; leave out the number")

    def _settled(self, name: str, value: Any) -> tuple[str, bool | str]:
        if isinstance(value, str) and value.strip().lower() in _NOT_KNOWN:
            return self._opposites.get(name, name), UNKNOWN
        if name == "rule":
            if not isinstance(value, str) or value.strip() not in self._rules:
                raise FactError(f"fact rule={value!r}: no such rule in catalogue {self._catalogue}")
            return name, value.strip()
        if name == "tenancy_start":
            return name, _read_start(value).isoformat()
        said = read_fact(value) if isinstance(value, str) else value
        if not _is_yes_or_no(said):
            raise FactError(f"fact {name}={value!r} must be yes or no, or {UNKNOWN!r}")
        return self._opposites.get(name, name), bool(said) != (name in self._opposites)


def _is_yes_or_no(value: object) -> bool:
    return isinstance(value, np.bool_) or (isinstance(value, Real | Decimal) and value in (0, 1))


def _divided(name: object) -> tuple[int, str]:
    """Divide the name of a fact into the number of the finding that it is about, 0 for all, and what it says."""
    numbered = _NUMBERED.fullmatch(str(name))
    return (int(numbered[1]), numbered[2]) if numbered else (0, str(name))


def by_finding(facts: Settled) -> dict[int, Known]:
    """Divide facts over the findings that they single out; what is known of all is known of each, and stands at 0.

    Examples
    --------
    >>> found = by_finding({"subscription": True, "2.own_fault": False, "reachable": "unknown"})
    >>> found[0]
    Known(settled={'subscription': True}, unknown=frozenset({'reachable'}))
    >>> found[2].settled
    {'subscription': True, 'own_fault': False}
    """
    told: dict[int, dict[str, bool | str]] = {0: {}}
    for name, value in facts.items():
        number, bare = _divided(name)
        told.setdefault(number, {})[bare] = value
    return {number: _split(told[0] | own) for number, own in sorted(told.items())}


def _split(told: Settled) -> Known:
    settled = {name: value for name, value in told.items() if value != UNKNOWN}
    return Known(settled, frozenset(told).difference(settled))


def read_fact(value: str) -> bool | str:
    """Read the value of a fact as a person writes it; what is not yes or no stays as it is.

    Examples
    --------
    >>> read_fact("ja"), read_fact("No"), read_fact("1.0"), read_fact("tap.drips")
    (True, False, True, 'tap.drips')
    """
    said = value.strip()
    number = _ONE_OR_NONE.fullmatch(said)
    return _SAID.get(number[1] if number else said.lower(), said)


def _read_start(value: object) -> date:
    try:
        day = day_of(value)
    except ValueError:
        day = None
    if day is None:
        raise FactError(f"fact tenancy_start={value!r} cannot be read; write it as 2024-07-01")
    return day
