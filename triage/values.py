"""Values as programs and tables hand them over: text, a day, or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

from triage.errors import TriageError

__all__ = ["day_of", "is_missing", "read_date", "text_of", "whole_characters"]

_MISSING = ("nan", "<NA>", "NaT")
"""How NumPy and pandas write what is not there."""
_DUTCH_DAY = re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})(?:[ T].*)?")
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a character beyond the first 65,536, as exports leave it that cut a text by its length in UTF-16."""


def is_missing(value: object) -> bool:
    """Tell whether a value stands for nothing: None, or what pandas has in an empty cell.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing("nan"), is_missing(0)
    (True, True, False, False)
    """
    return value is None or (not isinstance(value, str | Mapping) and str(value) in _MISSING)


def text_of(value: object) -> str:
    """Read anything as text, and nothing as an empty one."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return "" if is_missing(value) else str(value)


def whole_characters(texts: list[str]) -> list[str]:
    r"""Put a sign in the place of halves of characters, which cannot be written to a file; lengths stay.

    Examples
    --------
    >>> whole_characters(["wc stuk", "kraan lekt \ud83d"])
    ['wc stuk', 'kraan lekt �']
    """
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return [_HALF.sub("\ufffd", text) for text in texts]
    return texts


def day_of(value: object) -> date | None:
    """Read a day, or a moment's day, in ISO form or written the Dutch way; None where there is none.

    Raises
    ------
    ValueError
        If it cannot be read.

    Examples
    --------
    >>> day_of("2026-03-01"), day_of("1-3-2026"), day_of(float("nan"))
    (datetime.date(2026, 3, 1), datetime.date(2026, 3, 1), None)
    """
    if is_missing(value):
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value).strip()
    if dutch := _DUTCH_DAY.fullmatch(text):
        return date(int(dutch[3]), int(dutch[2]), int(dutch[1]))
    return datetime.fromisoformat(text).date()


def read_date(value: object) -> date:
    """Read the day whose rules count; today if there is none.

    Raises
    ------
    TriageError
        If it cannot be read.
    """
    try:
        return day_of(value) or date.today()
    except ValueError as error:
        raise TriageError(f"date {value!r} cannot be read; write it as 2026-03-01") from error
