"""Reading a day."""

from __future__ import annotations

from datetime import date

from triage.errors import TriageError

__all__ = ["read_date"]


def read_date(value: str | date | None) -> date:
    """Read a day in ISO form; today if there is none.

    Raises
    ------
    TriageError
        If it cannot be read.
    """
    if value is None:
        return date.today()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise TriageError(f"date {value!r} cannot be read; write it as 2026-03-01") from error
