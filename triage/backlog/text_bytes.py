"""What the bytes of a text file say before it is read: which encoding it has, and where its records end."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from triage.errors import TriageError

__all__ = ["StrayQuoteError", "encoding_of", "record_ends", "unit_of"]

_BLOCK = 1 << 22
_NEW_LINE, _QUOTE = 10, 34
_MARKED = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Encodings by what files in them begin with; UTF-32 first, since its mark begins with that of UTF-16."""
_UNITS = {"utf-16-le": "<u2", "utf-16-be": ">u2", "utf-32-le": "<u4", "utf-32-be": ">u4"}


def encoding_of(path: Path, said: str | None) -> str:
    """Find the encoding of a file: what is said, or what its first bytes say, or UTF-8.

    Raises
    ------
    TriageError
        If there is no such encoding, or line ends and quotes cannot be found in it, or it has to be said.
    """
    with path.open("rb") as file:
        first = file.read(4)
    marked = next((name for mark, name in _MARKED.items() if first.startswith(mark)), "utf-8")
    if said is None and marked == "utf-8" and b"\0" in first:
        likely = "utf-16-be" if first.startswith(b"\0") else "utf-16"
        raise TriageError(f"{path}: is not UTF-8, nor does it begin as UTF-16 should; try --encoding {likely}")
    try:
        known = codecs.lookup(said or marked).name.removesuffix("-sig")
        if known in ("utf-16", "utf-32"):
            known = marked if marked.startswith(known) else f"{known}-le"
        written = '\n"'.encode(known)
    except LookupError as error:
        raise TriageError(f"{path}: no encoding is called {said!r}; try utf-8, cp1252 or latin-1") from error
    if written != np.array([_NEW_LINE, _QUOTE], unit_of(known)).tobytes():
        raise TriageError(f"{path}: cannot be read in parts as {known}; save the file as UTF-8")
    return known


def unit_of(encoding: str) -> np.dtype[Any]:
    """Return what a line end or a quote is written in: a byte in most encodings."""
    return np.dtype(_UNITS.get(encoding, "u1"))


class StrayQuoteError(Exception):
    """A quote stands where none opens or closes a field."""


def record_ends(path: Path, begin: int, unit: np.dtype[Any], separator: str | None = None) -> Iterator[int]:
    """Find where each record ends: at line ends outside quotes, or at all if there is no separator."""
    place, last, odd, before = begin, begin, False, _NEW_LINE
    with path.open("rb") as file:
        file.seek(begin)
        while block := file.read(_BLOCK):
            values = np.frombuffer(block, unit, len(block) // unit.itemsize)
            lines = values == _NEW_LINE
            if separator is not None and len(values):
                quotes = values == _QUOTE
                inside = (np.cumsum(quotes) + odd) % 2 == 1
                _check_quotes(values, quotes & inside, before, separator)
                lines &= ~inside
                odd, before = bool(inside[-1]), int(values[-1])
            for end in ((np.flatnonzero(lines) + 1) * unit.itemsize + place).tolist():
                yield end
                last = end
            place += len(block)
    if odd:
        raise StrayQuoteError
    if place > last:
        yield place


def _check_quotes(values: Any, opening: Any, before: int, separator: str) -> None:
    """See that each quote that opens stands at the beginning of a field, or behind one that seemed to close."""
    places = np.flatnonzero(opening)
    previous = np.where(places > 0, values[places - 1], before)
    allowed = (previous == _NEW_LINE) | (previous == ord(separator)) | (previous == _QUOTE)
    if not allowed.all():
        raise StrayQuoteError
