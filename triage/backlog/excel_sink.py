"""Results as an Excel sheet: what its cells cannot hold as it stands, and bytes that depend on the rows alone."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pandas as pd

from triage.backlog.rows import Source, touch_like
from triage.backlog.sinks import FileSink, as_json, as_text, read_json_lines, write_json_lines
from triage.backlog.table_source import need
from triage.errors import TriageError

__all__ = ["ExcelSink"]

_MOST_ROWS = 1_048_575
"""Below the header."""
_LONGEST_CELL = 32_767
"""Characters, counted as UTF-16 has them."""
_LARGEST = 10**15 - 1
"""Excel keeps fifteen digits of a number, and makes the others noughts."""
_EPOCH = datetime(2000, 1, 1)
_DATES: dict[str, type[datetime] | type[date] | type[time]] = {"datetime": datetime, "date": date, "time": time}
"""What Excel has kinds of cells for and JSON has not; the narrower first."""


class ExcelSink(FileSink):
    """Results as an Excel sheet."""

    suffix = ".jsonl"

    def __init__(self, path: Path, source: Source) -> None:
        super().__init__(path, source)
        need("openpyxl", "excel", "writing Excel")

    def check(self, columns: Sequence[str], rows: int) -> None:
        """See that a sheet can hold so many rows."""
        super().check(columns, rows)
        self._check_count(rows)

    def _check_count(self, rows: int) -> None:
        if rows > _MOST_ROWS:
            raise TriageError(f"{self.path}: an Excel sheet holds {_MOST_ROWS:,} rows; write CSV or Parquet")

    def write_part(self, frame: pd.DataFrame, path: Path) -> None:
        """Write one object a row."""
        write_json_lines(frame, path, _for_excel)

    def _join(self, parts: Sequence[Path], columns: Sequence[str], target: Path) -> None:
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        book.properties.created = book.properties.modified = _EPOCH
        sheet = book.create_sheet("triage")
        sheet.append([_cell(sheet, name) for name in columns])
        for count, row in enumerate(read_json_lines(parts), 1):
            self._check_count(count)  # findings may be more than requests
            sheet.append([_cell(sheet, value) for value in row.values()])
        book.save(target)
        _forget_times(target)


def _for_excel(value: Any) -> Any:
    """Keep what kind of date a value is; all else as in JSON, nested values as its text."""
    for name, kind in _DATES.items():
        if isinstance(value, kind) and getattr(value, "tzinfo", None) is None:
            return {name: value.isoformat()}
    return as_json(as_text(value))


def _cell(sheet: Any, value: Any) -> Any:
    """Make a cell; text stays text, also where it looks like a formula."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell

    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return _DATES[kind].fromisoformat(text)
    if isinstance(value, int) and abs(value) > _LARGEST:
        value = str(value)
    if not isinstance(value, str):
        return value
    units = ILLEGAL_CHARACTERS_RE.sub(" ", value).encode("utf-16-le")
    cell = WriteOnlyCell(sheet, units[: 2 * _LONGEST_CELL].decode("utf-16-le", "ignore"))
    cell.data_type = "s"
    return cell


def _forget_times(path: Path) -> None:
    """Take the times of writing out of an Excel file, so that the same rows give the same bytes."""
    again = path.with_name(path.name + ".again")
    touch_like(again, path)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(again, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _EPOCH.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            if name == "docProps/core.xml":
                new.writestr(entry, _without_modified(old.read(name)))
                continue
            entry.file_size = old.getinfo(name).file_size  # of more than 2 GB it must be known beforehand
            with old.open(name) as content, new.open(entry, "w") as copy:
                shutil.copyfileobj(content, copy)
    again.replace(path)


def _without_modified(core: bytes) -> bytes:
    return re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", core)
