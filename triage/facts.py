"""What a caller already knows about a request, in the catalogue's terms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from triage.catalogue import Catalogue
from triage.errors import FactError
from triage.values import day_of, is_missing

__all__ = ["Facts", "Settled", "Settler", "read_fact"]

Facts = Mapping[str, bool | str | date | None]
"""What the caller already knows: circumstances (or their opposites) as booleans, the rule by its id, the day on which
the tenancy started. None says nothing."""

Settled = Mapping[str, bool | str]
"""The same in circumstances alone, besides ``rule`` and ``tenancy_start``."""

_BOOLEANS = ("bool", "bool_")
"""Names of the types of a truth value: Python's, and that of NumPy before and after version 2."""
_SAID = dict.fromkeys(("yes", "true", "ja", "1"), True) | dict.fromkeys(("no", "false", "nee", "0"), False)


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
            if is_missing(value):
                continue
            key, known = self._settled(name, value)
            if settled.setdefault(key, known) != known:
                raise FactError(f"fact {name}={value!r} contradicts another, which says {key}={settled[key]!r}")
        return settled

    def check_name(self, name: str) -> None:
        """Tell whether there is such a fact.

        Raises
        ------
        FactError
            If there is none; it names those that there are.
        """
        if name not in self._known:
            raise FactError(f"unknown fact {name!r}; known are {', '.join(self._known)}")

    def _settled(self, name: str, value: Any) -> tuple[str, bool | str]:
        if name == "rule":
            if not isinstance(value, str) or value not in self._rules:
                raise FactError(f"fact rule={value!r}: no such rule in catalogue {self._catalogue}")
            return name, value
        if name == "tenancy_start":
            return name, _read_start(value).isoformat()
        if type(value).__name__ not in _BOOLEANS:
            raise FactError(f"fact {name}={value!r} must be yes or no (in Python: True or False)")
        return self._opposites.get(name, name), bool(value) != (name in self._opposites)


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
        day = day_of(value)
    except ValueError:
        day = None
    if day is None:
        raise FactError(f"fact tenancy_start={value!r} cannot be read; write it as 2024-07-01")
    return day
