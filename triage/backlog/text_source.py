"""Requests in text files: CSV of any separator and encoding, and JSON lines. Workers read their own byte ranges."""

from __future__ import annotations

import csv
import io
import json
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from triage.backlog.rows import Part, Rows, Source, distinct, identity_of_file
from triage.backlog.text_bytes import StrayQuoteError, encoding_of, record_ends, unit_of
from triage.errors import TriageError
from triage.values import whole_characters

__all__ = ["CsvSource", "JsonLinesSource"]

_SEPARATORS = ",;\t|"
_LONGEST_FIELD = 10_000_000
_NO_LIMIT = (1 << 31) - 1
_ROWS_AT_ONCE = 10_000
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
        self.encoding = encoding_of(path, encoding)
        self._unit = unit_of(self.encoding)

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

    def read(self, parts: Sequence[Part]) -> Iterator[Rows]:
        """Read byte ranges."""
        with self.path.open("rb") as file:
            for part in parts:
                yield self._rows(self._text(file, part.start, part.end), part)

    @abstractmethod
    def _rows(self, text: str, part: Part) -> Rows: ...

    def _text(self, file: BinaryIO, start: int, end: int) -> str:
        file.seek(start)
        content = file.read(end - start)
        try:
            text = content.decode(self.encoding)
            return text if start else text.removeprefix(_MARK)
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
        separators = _SEPARATORS if separator is None else [_separator(separator)]
        headers = {each: next((record for record in self._records(each) if record[0]), ([], 0)) for each in separators}
        self.separator = max(headers, key=lambda each: len(headers[each][0]))
        self._begin = headers[self.separator][1]
        with path.open("rb") as file:
            head = self._text(file, 0, self._begin)
        names = next((values for values, _ in self._read_csv(head)), [])
        if not names:
            raise TriageError(f"{self.name}: the file is empty; it needs a header and one request a row")
        if "\r" in head.rstrip("\r\n") and head.count("\n") < 2:
            raise TriageError(f"{self.name}: its lines end in a carriage return alone; save it again as CSV UTF-8")
        self._names = distinct(names)

    def columns(self) -> list[str]:
        """Return the names in the header."""
        return self._names

    def parts(self, size: int) -> list[Part]:
        """Divide the file at the ends of rows, which may hold line ends within quotes; see that it can be decoded."""
        try:
            parts = self._divide(record_ends(self.path, self._begin, self._unit, self.separator), self._begin, size)
        except StrayQuoteError:
            ends = (end for _, end in self._records(self.separator) if end > self._begin)
            parts = self._divide(ends, self._begin, size)
        with self.path.open("rb") as file:
            for part in parts:
                self._text(file, part.start, part.end)
        return parts

    def _records(self, separator: str) -> Iterator[tuple[list[str], int]]:
        """Read rows from the beginning, each with the place behind it, where the file can be divided.

        Raises
        ------
        TriageError
            If a quote opens a field that nothing closes.
        """
        place, whole, over = 0, False, False

        def lines() -> Iterator[str]:
            nonlocal place, whole, over
            with self.path.open("rb") as file:
                for end in record_ends(self.path, 0, self._unit):
                    pieces = list(io.StringIO(self._text(file, place, end), newline=""))
                    whole = False
                    yield from pieces[:-1]  # a carriage return alone ends rows too, but the file is not divided there
                    place, whole = end, True
                    yield from pieces[-1:]
            over = True

        csv.field_size_limit(_LONGEST_FIELD)
        reader = csv.reader(lines(), delimiter=separator)
        line = 1
        try:
            for values in reader:
                if over:  # the reader asked for more in the middle of a row
                    line = reader.line_num - values[-1][:-1].count("\n")
                    raise csv.Error("its quote is never closed")
                line = reader.line_num + 1
                if whole:
                    yield values, place
        except csv.Error as error:
            raise TriageError(
                f"{self.name}: line {line}: a field begins here that does not end ({error}); close its quote, or write "
                "quotes twice where they are part of the text"
            ) from error

    def _read_csv(self, text: str) -> Iterator[tuple[list[str], list[str]]]:
        """Read rows that hold anything, each with the lines that it stands on."""
        csv.field_size_limit(_NO_LIMIT)
        lines = list(io.StringIO(text, newline=""))
        reader = csv.reader(lines, delimiter=self.separator)
        begin = 0
        for values in reader:
            if values:
                yield values, lines[begin : reader.line_num]
            begin = reader.line_num

    def _rows(self, text: str, part: Part) -> Rows:
        width = len(self._names)
        rows: list[list[str | None]] = []
        problems, raw = {}, {}
        for values, lines in self._read_csv(text):
            own = values if width > 1 else [self.separator.join(values)]
            if problem := self._problem(own, lines):
                problems[len(rows)] = f"row {part.first + len(rows) + 1} {problem}"
                raw[len(rows)] = self.separator.join(values)
            rows.append([*own[:width], *[None] * (width - len(own))])
        return Rows(pd.DataFrame(rows, columns=self._names, dtype=object), problems, raw)

    def _problem(self, values: list[str], lines: list[str]) -> str:
        """Say what is wrong with a row, if anything is."""
        width = len(self._names)
        if any(value.strip() for value in values[width:]):
            left = self.separator.join(values[width:])
            return f"has {len(values)} fields where the header has {width}; left over: {left}"
        if max(map(len, values)) > _LONGEST_FIELD:
            return f"has a field of more than {_LONGEST_FIELD:,} characters; is a quote missing?"
        if len(lines) > 1 and not self._is_strict(lines):
            return (
                f"takes {len(lines)} lines, since a quote stands at the beginning of a field and the next one in the "
                "middle of a text; write quotes twice where they are part of the text"
            )
        return ""

    def _is_strict(self, lines: list[str]) -> bool:
        """Tell whether quotes stand around whole fields alone; otherwise rows may have run together."""
        try:
            return bool(list(csv.reader(lines, delimiter=self.separator, strict=True)))
        except csv.Error:
            return False


class JsonLinesSource(_TextSource):
    """Objects of a JSON lines file, one a line; any of them may have names of its own.

    Parameters
    ----------
    path : Path
    encoding : str, optional
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        super().__init__(path, encoding)
        self._names = self._all_names()
        if not self._names:
            raise TriageError(f"{self.name}: has no JSON object on any line; it needs one for each request")

    def _all_names(self) -> list[str]:
        names: dict[str, None] = {}
        with self.path.open("rb") as file:
            for part in self.parts(_ROWS_AT_ONCE):
                records, _, _ = _read_json(self._text(file, part.start, part.end), part)
                for record in records:
                    names |= dict.fromkeys(record)
        return list(names)

    def columns(self) -> list[str]:
        """Return the names in any of the objects."""
        return self._names

    def parts(self, size: int) -> list[Part]:
        """Divide the file at line ends."""
        return self._divide(record_ends(self.path, 0, self._unit), 0, size)

    def _rows(self, text: str, part: Part) -> Rows:
        records, problems, raw = _read_json(text, part)
        frame = pd.DataFrame(records, columns=self._names, dtype=object, index=range(len(records)))
        return Rows(frame, problems, raw)


def _read_json(text: str, part: Part) -> tuple[list[dict[str, Any]], dict[int, str], dict[int, str]]:
    """Read the object on each line, and say which lines have none and what stands there."""
    records: list[dict[str, Any]] = []
    problems, raw = {}, {}
    for number, line in enumerate(text.split("\n"), part.first + 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise ValueError("not an object")
            if "\\ud" in line.lower():  # perhaps half a character, which no file can hold
                record = json.loads(*whole_characters([json.dumps(record, ensure_ascii=False)]))
        except (ValueError, RecursionError) as error:
            problems[len(records)] = f"line {number} is no JSON object ({error}): {line}"
            raw[len(records)] = line
            record = {}
        records.append(record)
    return records, problems, raw


def _separator(said: str) -> str:
    """Read a separator; a tab may be written as shells leave it."""
    separator = "\t" if said == "\\t" else said
    if len(separator) != 1 or separator in '"\r\n':
        raise TriageError(f"--separator {said!r}: give one character, such as ';', or \\t for a tab")
    return separator
