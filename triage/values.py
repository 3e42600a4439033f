"""Values as programs and tables hand them over: text, a day, or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

from triage.errors import TriageError

__all__ = ["day_of", "is_blank", "is_missing", "read_date", "text_of", "whole_characters"]

_MISSING = ("nan", "NaN", "sNaN", "<NA>", "NaT")
"""How NumPy, pandas and decimals write what is not there."""
_TIME = r"(?:[ T](?:[01]?\d|2[0-3])[:.][0-5]\d(?!\d).*)?"
_WRITTEN = (
    (re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})" + _TIME), (3, 2, 1)),
    (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})" + _TIME), (1, 2, 3)),
)
"""Days as systems write them, the Dutch way and from the year on, and where year, month and day stand in them."""
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


def is_blank(value: object) -> bool:
    """Tell whether a value stands for nothing, or is text without a character to see.

    Examples
    --------
    >>> is_blank(None), is_blank(" "), is_blank(0)
    (True, True, False)
    """
    return not text_of(value).strip()


def text_of(value: object) -> str:
    """Read anything as text, and nothing as an empty one.

    Examples
    --------
    >>> text_of(b"wc stuk"), text_of(memoryview(b"wc stuk")), text_of(7), text_of(None)
    ('wc stuk', 'wc stuk', '7', '')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", errors="replace")
    try:
        return "" if is_missing(value) else str(value)
    except Exception:  # what cannot even be shown says nothing
        return ""


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
        If it cannot be read, or there is no such day.

    Examples
    --------
    >>> day_of("2026-03-01"), day_of("1/3/2026"), day_of(float("nan"))
    (datetime.date(2026, 3, 1), datetime.date(2026, 3, 1), None)
    """
    if is_blank(value):
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value).strip()
    remedy = "cannot be read; write it as 2026-03-01"
    try:
        for form, order in _WRITTEN:
            if written := form.fullmatch(text):
                remedy = "names a day that does not exist; write it as 2026-03-01"
                return date(*(int(written[group]) for group in order))
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise ValueError(remedy) from None


def read_date(value: object, otherwise: date | None = None) -> date:
    """Read the day whose rules count; another if there is none, or today.

    Raises
    ------
    TriageError
        If it cannot be read, or there is no such day.
    """
    try:
        return day_of(value) or otherwise or date.today()
    except ValueError as error:
        raise TriageError(f"date {value!r} {error}") from error
