"""Requests in JSON lines: an object on each line, any of which may have names of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from triage.backlog.rows import Part, Rows, distinct
from triage.backlog.text_bytes import record_ends
from triage.backlog.text_source import TextSource
from triage.errors import TriageError
from triage.values import whole_characters

__all__ = ["JsonLinesSource"]

_LINES_AT_ONCE = 10_000
_DEEPEST = 50
"""Lists and objects within each other; whatever reads the results has its limits too."""


class JsonLinesSource(TextSource):
    """Objects of a JSON lines file.

    Parameters
    ----------
    path : Path
    encoding : str, optional
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        super().__init__(path, encoding)
        self._given = self._all_names()
        if not self._given:
            raise TriageError(f"{self.name}: has no JSON object on any line; it needs one for each request")
        self._names = distinct(self._given)

    def _all_names(self) -> list[str]:
        names: dict[str, None] = {}
        with self.path.open("rb") as file:
            for part in self.parts(_LINES_AT_ONCE):
                for _, _, record, _ in _read(self._text(file, part.start, part.end)):
                    names |= dict.fromkeys(record)
        return list(names)

    def columns(self) -> list[str]:
        """Return the names in any of the objects."""
        return self._names

    def parts(self, size: int) -> list[Part]:
        """Divide the file at line ends."""
        return self._divide(record_ends(self.path, 0, self._unit), 0, size)

    def _rows(self, text: str, part: Part) -> Rows:
        records, lines = [], []
        problems, raw = {}, {}
        for place, (number, line, record, problem) in enumerate(_read(text)):
            records.append(record)
            lines.append(part.first + number)
            if problem:
                problems[place], raw[place] = f"line {lines[place]} {problem}", line
        frame = pd.DataFrame(records, columns=self._given, dtype=object, index=range(len(records)))
        return Rows(frame.set_axis(self._names, axis=1), problems, raw, lines)


def _read(text: str) -> Iterator[tuple[int, str, dict[str, Any], str]]:
    """Read the object on each line that holds anything; where there is none, say what is wrong."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, line, _record(line), ""
        except (ValueError, RecursionError) as error:
            yield number, line, {}, f"cannot be read as a JSON object ({error}): {line}"


def _record(line: str) -> dict[str, Any]:
    record = json.loads(line)
    if not isinstance(record, dict):
        raise ValueError("not an object")
    if _depth(record) > _DEEPEST:
        raise ValueError(f"more than {_DEEPEST} lists and objects within each other")
    if "\\ud" in line.lower():  # perhaps half a character, which no file can hold
        record = json.loads(*whole_characters([json.dumps(record, ensure_ascii=False)]))
    return dict(record)


def _depth(record: dict[str, Any]) -> int:
    depth, level = 0, [record]
    while level := [own for value in level for own in _within(value)]:
        depth += 1
    return depth


def _within(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
