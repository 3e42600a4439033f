"""Requests in text files: CSV of any separator and encoding, and JSON lines. Workers read their own byte ranges."""

from __future__ import annotations

import csv
import io
import json
import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from triage.backlog.rows import Part, Rows, Source, distinct, identity_of_file, message_column
from triage.backlog.text_bytes import StrayQuoteError, encoding_of, record_ends, unit_of
from triage.errors import TriageError
from triage.values import whole_characters

__all__ = ["CsvSource", "JsonLinesSource"]

_SEPARATORS = ",;\t|"
_LONGEST_FIELD = 10_000_000
_NO_LIMIT = (1 << 31) - 1
_ROWS_AT_ONCE = 10_000
_LINES_LOOKED_AT = 1000
_MARK = "\ufeff"
_SAID = re.compile(r'sep=([^"\r\n])\r?\n?', re.IGNORECASE)
"""The first line of files that tell Excel which separator they have."""
_CODE = re.compile(r"\S*\d\S*(?: \d{1,2}:\d\d\S*)?")
"""What rows of requests begin with, and the rest of a text does not: a number, letters with one, or a moment."""
_QUOTE_IT = "write quotes around a text with line ends"


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
            place = start + error.start
            line = 1 + sum(end <= place for end in record_ends(self.path, 0, self._unit))
            raise TriageError(
                f"{self.name}: line {line}: byte {place} is not {self.encoding}; save the file as UTF-8 (in Excel: "
                "CSV UTF-8) or say which encoding it has, such as --encoding cp1252"
            ) from error


class CsvSource(_TextSource):
    """Rows of a CSV file; every value is carried along as it stands.

    Parameters
    ----------
    path : Path
    encoding : str, optional
    separator : str, optional
        What the first line says, or the likeliest of the usual four, if left out.
    column : str, optional
        The one that holds the message; guessed from its name if left out.
    """

    def __init__(
        self, path: Path, encoding: str | None = None, separator: str | None = None, column: str | None = None
    ) -> None:
        super().__init__(path, encoding)
        self._column = column
        said, self._first = self._said()
        separators = said or _SEPARATORS if separator is None else [_separator(separator)]
        headers = {each: next((record for record in self._records(each) if record[0]), ([], 0)) for each in separators}
        self.separator = max(headers, key=lambda each: len(headers[each][0]))
        self._begin = headers[self.separator][1]
        with path.open("rb") as file:
            head = self._text(file, self._first, self._begin)
        names = next((values for values, _ in self._read_csv(head)), [])
        if not names:
            raise TriageError(f"{self.name}: the file is empty; it needs a header and one request a row")
        if "\r" in head.rstrip("\r\n") and head.count("\n") < 2:
            raise TriageError(f"{self.name}: its lines end in a carriage return alone; save it again as CSV UTF-8")
        self._names = distinct(names)
        self._usual = min(len(names), self._longest())

    def _said(self) -> tuple[str, int]:
        """Return the separator that the first line says, if it says one and no more, and where the header begins."""
        end = next(record_ends(self.path, 0, self._unit), 0)
        with self.path.open("rb") as file:
            said = _SAID.fullmatch(self._text(file, 0, end))
        return (said[1], end) if said else ("", 0)

    def _longest(self) -> int:
        """Return how many fields the longest of the first rows has: what is always empty may be left out."""
        ends = list(islice(record_ends(self.path, self._begin, self._unit), _LINES_LOOKED_AT))
        with self.path.open("rb") as file:
            text = self._text(file, self._begin, ends[-1]) if ends else ""
        return max((len(values) for values, _ in self._read_csv(text)), default=0)

    @cached_property
    def _message(self) -> int:
        return self._names.index(message_column(self._names, self._column, self.name))

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
        return self._whole(parts, size + _ROWS_AT_ONCE)

    def _whole(self, parts: Sequence[Part], most: int) -> list[Part]:
        """Put a part that begins with the rest of a text to the one in which that text begins, unless that is long."""
        whole: list[Part] = []
        with self.path.open("rb") as file:
            for part in parts:
                first, _ = next(self._read_csv(self._text(file, part.start, part.end)), ([], []))
                if whole and whole[-1].count < most and (not first or self._is_rest(first)):
                    whole[-1] = replace(whole[-1], end=part.end, count=whole[-1].count + part.count)
                else:
                    whole.append(replace(part, number=len(whole)))
        return whole

    def _records(self, separator: str) -> Iterator[tuple[list[str], int]]:
        """Read rows from the beginning, each with the place behind it, where the file can be divided.

        Raises
        ------
        TriageError
            If a quote opens a field that nothing closes.
        """
        place, whole, over = self._first, False, False

        def lines() -> Iterator[str]:
            nonlocal place, whole, over
            with self.path.open("rb") as file:
                for end in record_ends(self.path, self._first, self._unit):
                    pieces = list(io.StringIO(self._text(file, place, end), newline=""))
                    whole = False
                    yield from pieces[:-1]  # a carriage return alone ends rows too, but the file is not divided there
                    place, whole = end, True
                    yield from pieces[-1:]
            over = True

        csv.field_size_limit(_LONGEST_FIELD)
        reader = csv.reader(lines(), delimiter=separator)
        skipped = int(self._first > 0)
        line = skipped + 1
        try:
            for values in reader:
                if over:  # the reader asked for more in the middle of a row
                    line = skipped + reader.line_num - values[-1][:-1].count("\n")
                    raise csv.Error("its quote is never closed")
                line = skipped + reader.line_num + 1
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
        problems: dict[int, str] = {}
        raw: dict[int, str] = {}
        pieces: dict[int, list[str]] = {}  # rows that seem to go on in the next ones, with all that belongs to them
        head, begun = 0, ""
        for place, (values, lines) in enumerate(self._read_csv(text)):
            written = self.separator.join(values)
            own = values if width > 1 else [written]
            if problem := self._problem(own, lines):
                problems[place], raw[place] = f"row {part.first + place + 1} {problem}", written
            if place == 0 or not self._is_rest(own):
                head, begun = place, written
            else:
                pieces.setdefault(head, [begun]).append(written)
            rows.append([*own[:width], *[None] * (width - len(own))])
        for place, written_apart in pieces.items():
            problems.setdefault(place, f"row {part.first + place + 1} seems to go on in the next row; {_QUOTE_IT}")
            raw[place] = "\n".join(written_apart)  # danger may be told of from one line to the next
        return Rows(pd.DataFrame(rows, columns=self._names, dtype=object), problems, raw)

    def _problem(self, values: list[str], lines: list[str]) -> str:
        """Say what is wrong with a row, if anything is."""
        width = len(self._names)
        if any(value.strip() for value in values[width:]):
            left = self.separator.join(values[width:])
            return f"has {len(values)} fields where the header has {width}; left over: {left}"
        if self._is_short(values) and (len(values) <= self._message or self._is_rest(values)):
            fields = "1 field" if len(values) == 1 else f"{len(values)} fields"
            return f"has {fields} where the header has {width}; {_QUOTE_IT}"
        if max(map(len, values)) > _LONGEST_FIELD:
            return f"has a field of more than {_LONGEST_FIELD:,} characters; is a quote missing?"
        if len(lines) > 1 and not self._is_strict(lines):
            return (
                f"takes {len(lines)} lines, since a quote stands at the beginning of a field and the next one in the "
                "middle of a text; write quotes twice where they are part of the text"
            )
        return ""

    def _is_short(self, values: list[str]) -> bool:
        return len(values) < self._usual and any(value.strip() for value in values)

    def _is_rest(self, values: list[str]) -> bool:
        """Tell whether a row seems to be the rest of a text that goes on behind a line end without quotes.

        A row of its own begins with something else than text where the message is not its first field.
        """
        return self._is_short(values) and self._message > 0 and not _CODE.fullmatch(values[0].strip())

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
