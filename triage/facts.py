"""What a caller already knows about a request, in the catalogue's terms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from triage.catalogue import Catalogue
from triage.errors import FactError

__all__ = ["Facts", "Settled", "Settler", "read_fact"]

Facts = Mapping[str, bool | str | date]
"""What the caller already knows: circumstances (or their opposites) as booleans, the rule by its id, the day on which
the tenancy started as ISO text."""

Settled = Mapping[str, bool | str]
"""The same in circumstances alone, besides ``rule`` and ``tenancy_start``."""

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
        self._keys = {c.id for c in catalogue.circumstances}
        self._opposites = {c.opposite: c.id for c in catalogue.circumstances if c.opposite}

    def settle(self, facts: Facts | None) -> dict[str, bool | str]:
        """Translate facts.

        Raises
        ------
        FactError
            If a fact is unknown or has a value it cannot take; it names the facts that exist.
        """
        settled: dict[str, bool | str] = {}
        for name, value in (facts or {}).items():
            if name == "rule":
                if value not in self._rules:
                    raise FactError(f"fact rule={value!r}: no such rule in catalogue {self._catalogue}")
                settled["rule"] = str(value)
            elif name == "tenancy_start":
                settled["tenancy_start"] = _read_start(value).isoformat()
            elif name not in self._keys and name not in self._opposites:
                known = ", ".join(sorted(self._keys | set(self._opposites)))
                raise FactError(f"unknown fact {name!r}; known are rule, tenancy_start, {known}")
            elif not isinstance(value, bool):
                raise FactError(f"fact {name}={value!r} must be True or False")
            else:
                settled[self._opposites.get(name, name)] = value != (name in self._opposites)
        return settled


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
