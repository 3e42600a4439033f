"""Requests in text files: CSV of any separator and encoding, and JSON lines. Workers read their own byte ranges."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from triage.backlog.rows import Part, Rows, Source, distinct, identity_of_file
from triage.errors import TriageError

__all__ = ["CsvSource", "JsonLinesSource", "readable"]

_BLOCK = 1 << 22
_NEW_LINE, _QUOTE = 10, 34
_SEPARATORS = ",;\t|"
_LONGEST_FIELD = 10_000_000
_WIDE = ("utf-16", "utf-32")
_MARK = "\ufeff"


class _TextSource(Source):
    """Records of a text file, each of one or more lines.

    Parameters
    ----------
    path : Path
    encoding : str, optional
        UTF-8 if left out, or what the file's first bytes say.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        self.name = str(path)
        self.encoding = encoding or "utf-8"

    def identity(self) -> dict[str, str | int]:
        """Tell this file from another."""
        return identity_of_file(self.path) | {"encoding": self.encoding}

    def _divide(self, ends: Iterator[int], begin: int, size: int) -> list[Part]:
        """Make parts of so many records, given where each record ends."""
        parts: list[Part] = []
        start, first, count, end = begin, 0, 0, begin
        for end in ends:
            count += 1
            if count == size:
                parts.append(Part(len(parts), start, end, first, count))
                start, first, count = end, first + count, 0
        if end > start:
            parts.append(Part(len(parts), start, end, first, count))
        return parts

    def _text(self, file: BinaryIO, start: int, end: int) -> str:
        file.seek(start)
        content = file.read(end - start)
        try:
            return content.decode(self.encoding)
        except UnicodeDecodeError as error:
            raise TriageError(
                f"{self.name}: byte {start + error.start} is not {self.encoding}; save the file as UTF-8 (in Excel: "
                "CSV UTF-8) or say which encoding it has, such as --encoding cp1252"
            ) from error


class CsvSource(_TextSource):
    """Rows of a CSV file; every value is carried along as it stands.

    Parameters
    ----------
    path : Path
    encoding : str, optional
    separator : str, optional
        The likeliest of the usual four if left out.
    """

    def __init__(self, path: Path, encoding: str | None = None, separator: str | None = None) -> None:
        super().__init__(path, encoding)
        with path.open("rb") as file:
            head = self._text(file, 0, _header_end(file))
        first = head.partition("\n")[0]
        self.separator = separator or max(_SEPARATORS, key=first.count)
        names = next(self._read_csv(head.lstrip(_MARK)), [])
        if not names:
            raise TriageError(f"{self.name}: the file is empty; it needs a header and one request a row")
        if "\r" in head.rstrip("\r\n") and head.count("\n") < 2:
            raise TriageError(f"{self.name}: its lines end in a carriage return alone; save it again as CSV UTF-8")
        self._names = distinct(names)
        self._begin = len(head.encode(self.encoding))

    def columns(self) -> list[str]:
        """Return the names in the header."""
        return self._names

    def _read_csv(self, text: str) -> Iterator[list[str]]:
        csv.field_size_limit(_LONGEST_FIELD)
        return csv.reader(io.StringIO(text, newline=""), delimiter=self.separator)

    def parts(self, size: int) -> list[Part]:
        """Divide the file at the ends of rows; a row may hold line ends within quotes."""
        try:
            ends = _ends(self.path, self._begin, self.separator)
            return self._divide(ends, self._begin, size)
        except _StrayQuoteError:
            return self._divide(self._slow_ends(), self._begin, size)

    def _slow_ends(self) -> Iterator[int]:
        """Find the ends of rows where quotes stand in fields without quotes."""
        csv.field_size_limit(_LONGEST_FIELD)
        with self.path.open("rb") as file:
            file.seek(self._begin)
            place = self._begin

            def lines() -> Iterator[str]:
                nonlocal place
                for line in file:
                    place += len(line)
                    yield line.decode(self.encoding, errors="replace")

            reader = csv.reader(lines(), delimiter=self.separator)
            try:
                for _ in reader:
                    yield place
            except csv.Error as error:
                raise TriageError(
                    f"{self.name}: line {reader.line_num + 1}: {error}; a quote that is never closed?"
                ) from error

    def read(self, parts: Sequence[Part]) -> Iterator[Rows]:
        """Read byte ranges."""
        with self.path.open("rb") as file:
            for part in parts:
                yield self._rows(self._text(file, part.start, part.end), part)

    def _rows(self, text: str, part: Part) -> Rows:
        width = len(self._names)
        rows: list[list[str | None]] = []
        problems = {}
        for values in self._read_csv(text):
            if not values:
                continue
            if len(values) > width:
                left = self.separator.join(values[width:])
                problems[len(rows)] = (
                    f"row {part.first + len(rows) + 1} has {len(values)} fields where the header has {width}; "
                    f"left over: {left}"
                )
            rows.append([*values[:width], *[None] * (width - len(values))])
        return Rows(pd.DataFrame(rows, columns=self._names, dtype=object), problems)


class JsonLinesSource(_TextSource):
    """Objects of a JSON lines file, one a line."""

    def columns(self) -> list[str]:
        """Return the names of the first object; others may have more."""
        with self.path.open("rb") as file:
            line = file.readline().decode(self.encoding, errors="replace")
        try:
            first = json.loads(line or "{}")
        except ValueError:
            return []
        return list(first) if isinstance(first, dict) else []

    def parts(self, size: int) -> list[Part]:
        """Divide the file at line ends."""
        return self._divide(_ends(self.path, 0, None), 0, size)

    def read(self, parts: Sequence[Part]) -> Iterator[Rows]:
        """Read byte ranges."""
        with self.path.open("rb") as file:
            for part in parts:
                yield self._rows(self._text(file, part.start, part.end), part)

    def _rows(self, text: str, part: Part) -> Rows:
        records: list[dict[str, Any]] = []
        problems = {}
        for number, line in enumerate(text.lstrip(_MARK).split("\n"), part.first + 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                if not isinstance(record, dict):
                    raise ValueError("not an object")
            except ValueError as error:
                problems[len(records)] = f"line {number} is no JSON object ({error}): {line}"
                record = {}
            records.append(record)
        return Rows(pd.DataFrame(records, dtype=object, index=range(len(records))), problems)


class _StrayQuoteError(Exception):
    """A quote stands where none opens or closes a field."""


def _ends(path: Path, begin: int, separator: str | None) -> Iterator[int]:
    """Find where each record ends: at line ends outside quotes, or at all if there is no separator."""
    place, last, odd, before = begin, begin, False, _NEW_LINE
    with path.open("rb") as file:
        file.seek(begin)
        while block := file.read(_BLOCK):
            values = np.frombuffer(block, dtype=np.uint8)
            lines = values == _NEW_LINE
            if separator is not None:
                quotes = values == _QUOTE
                inside = (np.cumsum(quotes) + odd) % 2 == 1
                _check_quotes(values, quotes & inside, before, separator)
                lines &= ~inside
                odd, before = bool(inside[-1]), int(values[-1])
            for end in (np.flatnonzero(lines) + place + 1).tolist():
                yield end
                last = end
            place += len(block)
    if odd:
        raise _StrayQuoteError
    if place > last:
        yield place


def _check_quotes(values: Any, opening: Any, before: int, separator: str) -> None:
    """See that each quote that opens stands at the beginning of a field, or behind one that seemed to close."""
    places = np.flatnonzero(opening)
    previous = np.where(places > 0, values[places - 1], before)
    allowed = (previous == _NEW_LINE) | (previous == ord(separator)) | (previous == _QUOTE)
    if not allowed.all():
        raise _StrayQuoteError


def _header_end(file: BinaryIO) -> int:
    """Find the end of the first row."""
    quotes = 0
    for line in file:
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            break
    return file.tell()


def readable(path: Path, encoding: str | None, folder: Path) -> tuple[Path, str]:
    """Return a file in an encoding that can be read in parts: itself, or a copy in UTF-8.

    Parameters
    ----------
    path : Path
    encoding : str or None
        UTF-8 if None, or what the file's first bytes say.
    folder : Path
        Where a copy may go.
    """
    if encoding is None:
        with path.open("rb") as file:
            wide = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        encoding = "utf-16" if wide else "utf-8"
    try:
        known = codecs.lookup(encoding).name
    except LookupError as error:
        raise TriageError(f"{path}: no encoding is called {encoding!r}; try utf-8, cp1252 or latin-1") from error
    if not known.startswith(_WIDE):
        return path, known
    copy = folder / "source.txt"
    try:
        with path.open(encoding=known, newline="") as source, copy.open("w", encoding="utf-8", newline="") as target:
            while block := source.read(_BLOCK):
                target.write(block)
    except UnicodeError as error:
        raise TriageError(f"{path}: is not {known}: {error}; say which encoding it has with --encoding") from error
    return copy, "utf-8"
