"""Requests in text files: what all of them share, and CSV. Workers read their own byte ranges."""

from __future__ import annotations

import csv
import io
import re
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from threading import RLock
from typing import BinaryIO

import pandas as pd

from triage.backlog.rows import Part, Rows, Source, distinct, identity_of_file, is_usual, message_column
from triage.backlog.text_bytes import StrayQuoteError, encoding_of, record_ends, unit_of
from triage.errors import TriageError

__all__ = ["CsvSource", "TextSource"]

_SEPARATORS, _LESS_USUAL = ",;\t|", "^~"
_LONGEST_FIELD = 10_000_000
_NO_LIMIT = (1 << 31) - 1
_LIMIT = RLock()
"""Held while the limit of the csv module, which is one for all threads, is ours."""
_ROWS_AT_ONCE = 10_000
_LINES_LOOKED_AT = 1000
_MARK = "\ufeff"
_SAID = re.compile(r'sep=([^"\r\n])\r?\n?', re.IGNORECASE)
"""The first line of files that tell Excel which separator they have."""
_CODE = re.compile(r"\S*\d\S*(?: \d{1,2}:\d\d\S*)?")
"""What rows of requests begin with, and the rest of a text does not: a number, letters with one, or a moment."""
_QUOTE_IT = "write quotes around a text with line ends"


class TextSource(Source):
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


class CsvSource(TextSource):
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
        first = self._first_rows()
        self._check_header(head + first, separators)
        # What is always empty may be left out.
        self._usual = min(len(names), max((len(values) for values, _ in self._read_csv(first)), default=0))

    def _said(self) -> tuple[str, int]:
        """Return the separator that the first line says, if it says one and no more, and where the header begins."""
        end = next(record_ends(self.path, 0, self._unit), 0)
        with self.path.open("rb") as file:
            said = _SAID.fullmatch(self._text(file, 0, end))
        return (said[1], end) if said else ("", 0)

    def _first_rows(self) -> str:
        ends = list(islice(record_ends(self.path, self._begin, self._unit), _LINES_LOOKED_AT))
        with self.path.open("rb") as file:
            return self._text(file, self._begin, ends[-1]) if ends else ""

    def _check_header(self, text: str, separators: Sequence[str]) -> None:
        """See that a header of one field stands over one column: a title may stand above the true one."""
        [name, *others] = self._names
        if others or name == self._column or is_usual(name):
            return
        for separator in dict.fromkeys([*separators, *_LESS_USUAL]):
            widths = Counter(len(values) for values, _ in self._read_csv(text, separator))
            [(width, count)] = widths.most_common(1)
            if width > 1 and count > max(1, widths.total() / 2):
                raise TriageError(
                    f"{self.name}: its header has one field, {name!r}, but most of the first rows have {width}, parted "
                    f"by {separator!r}: which line is the header? Delete what stands above it, or give --separator; "
                    f"where all belongs to one column, give --column {name!r}"
                )

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
        """Put a part that begins with the rest of a text to the one in which that text begins, unless that is long.

        Rows are counted as they are read: without blank lines, and apart where a carriage return alone ends them.
        """
        whole: list[Part] = []
        with self.path.open("rb") as file:
            for part in parts:
                text = self._text(file, part.start, part.end)
                count = sum(1 for _ in self._read_csv(text)) if _is_uneven(text) else part.count
                first, _ = next(self._read_csv(text), ([], []))
                before = whole[-1] if whole else Part(0, 0, 0, 0, 0)
                if whole and before.count < most and (not first or self._is_rest(first)):
                    whole[-1] = replace(before, end=part.end, count=before.count + count)
                else:
                    whole.append(replace(part, number=len(whole), first=before.first + before.count, count=count))
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

        reader = csv.reader(lines(), delimiter=separator)
        skipped = int(self._first > 0)
        line = skipped + 1
        try:
            with _fields_up_to(_LONGEST_FIELD):
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

    def _read_csv(self, text: str, separator: str | None = None) -> Iterator[tuple[list[str], list[str]]]:
        """Read rows that hold anything, each with the lines that it stands on."""
        lines = list(io.StringIO(text, newline=""))
        reader = csv.reader(lines, delimiter=separator or self.separator)
        begin = 0
        with _fields_up_to(_NO_LIMIT):
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
            with _fields_up_to(_NO_LIMIT):
                return bool(list(csv.reader(lines, delimiter=self.separator, strict=True)))
        except csv.Error:
            return False


def _is_uneven(text: str) -> bool:
    """Tell whether line ends may be more or fewer than rows: between blank lines, or as carriage returns alone."""
    return (
        text.startswith(("\n", "\r\n")) or "\n\n" in text or "\n\r\n" in text or text.count("\r") != text.count("\r\n")
    )


@contextmanager
def _fields_up_to(most: int) -> Iterator[None]:
    """Let the csv module read fields of so many characters, and no longer than needed."""
    with _LIMIT:
        before = csv.field_size_limit(most)
        try:
            yield
        finally:
            csv.field_size_limit(before)


def _separator(said: str) -> str:
    """Read a separator; a tab may be written as shells leave it."""
    separator = "\t" if said == "\\t" else said
    if len(separator) != 1 or separator in '"\r\n':
        raise TriageError(f"--separator {said!r}: give one character, such as ';', or \\t for a tab")
    return separator
