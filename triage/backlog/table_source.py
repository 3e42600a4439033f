"""Requests in tables: Excel sheets and Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import dropwhile
from pathlib import Path
from typing import Any

import pandas as pd

from triage.backlog.rows import Part, Rows, Source, distinct, identity_of_file
from triage.errors import TriageError

_ROWS_AT_ONCE = 4096
_SAVE_IT = "; save it again as .xlsx"

__all__ = ["ExcelSource", "ParquetSource", "divide", "need"]


def need(module: str, extra: str, purpose: str) -> Any:
    """Import an optional library.

    Raises
    ------
    TriageError
        If it is not installed; it says how to install it.
    """
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        raise TriageError(f"{purpose} needs the extra: pip install 'repair-triage[{extra}]'") from error


def divide(count: int, size: int, group: int = 0, first: int = 0, number: int = 0) -> list[Part]:
    """Divide rows that are told by their places into parts."""
    return [
        Part(number + i, start, min(start + size, count), first + start, min(size, count - start), group)
        for i, start in enumerate(range(0, count, size))
    ]


@contextmanager
def _told(name: str, kind: str, remedy: str = "") -> Iterator[None]:
    """Turn whatever error a damaged file gives into one of ours: libraries have their own, and let others through."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        raise TriageError(f"{name}: cannot be read as {kind} ({error}){remedy}") from error


class ExcelSource(Source):
    """Rows of an Excel sheet.

    Parameters
    ----------
    path : Path
    sheet : str, optional
        The first one if left out.
    """

    reads_apart = False

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        need("openpyxl", "excel", "reading Excel")
        self.path, self._sheet = path, sheet
        self.name = str(path)
        self._names, self._count = self._look_through()

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        """Read rows, from the first with a value on."""
        from openpyxl import load_workbook

        with _told(self.name, "Excel", _SAVE_IT):
            book = load_workbook(self.path, read_only=True, data_only=True)
        if self._sheet is not None and self._sheet not in book.sheetnames:
            raise TriageError(f"{self.name}: no sheet {self._sheet!r}; it has {', '.join(book.sheetnames)}")
        sheet = book[self._sheet] if self._sheet else book.worksheets[0]
        try:
            with _told(self.name, "Excel", _SAVE_IT):
                sheet.reset_dimensions()  # some programs write dimensions that do not fit
                yield from dropwhile(lambda row: not _width(row), sheet.iter_rows(values_only=True))
        finally:
            book.close()

    def _look_through(self) -> tuple[list[str], int]:
        """Name the columns, also those with values under no name, and count the rows up to the last with a value."""
        rows = self._rows()
        header = next(rows, ())
        width, count = _width(header), 0
        if not width:
            raise TriageError(f"{self.name}: the sheet is empty; it needs a header and one request a row")
        for number, row in enumerate(rows, 1):
            if own := _width(row):
                width, count = max(width, own), number
        return distinct(_padded(header, width)), count

    def columns(self) -> list[str]:
        """Return the names in the first row with a value; a column without one is called by its place."""
        return self._names

    def parts(self, size: int) -> list[Part]:
        """Divide the sheet by rows."""
        return divide(self._count, size)

    def read(self, parts: Sequence[Part]) -> Iterator[Rows]:
        """Read rows; the sheet is gone through once."""
        rows = self._rows()
        next(rows)
        place = 0
        for part in parts:
            for _ in range(part.start - place):
                next(rows)
            values = [_padded(next(rows), len(self._names)) for _ in range(part.count)]
            place = part.end
            yield Rows(pd.DataFrame(values, columns=self._names, dtype=object))

    def identity(self) -> dict[str, str | int]:
        """Tell this sheet from another."""
        return identity_of_file(self.path) | {"sheet": self._sheet or ""}


def _width(row: Sequence[Any]) -> int:
    """Return how many columns a row has up to its last value."""
    return next((place for place in range(len(row), 0, -1) if row[place - 1] is not None), 0)


def _padded(row: Sequence[Any], width: int) -> tuple[Any, ...]:
    return (*row, *[None] * (width - len(row)))[:width]


class ParquetSource(Source):
    """Rows of a Parquet file; a group of rows is read by one worker.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        parquet = need("pyarrow.parquet", "parquet", "reading Parquet")
        self.path = path
        self.name = str(path)
        with _told(self.name, "Parquet"), parquet.ParquetFile(path) as file:
            self.schema = file.schema_arrow
            self._counts = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]

    def columns(self) -> list[str]:
        """Return the names in the schema; those that occur twice are told apart by numbers."""
        return distinct(self.schema.names)

    def parts(self, size: int) -> list[Part]:
        """Divide each group of rows."""
        parts: list[Part] = []
        first = 0
        for group, count in enumerate(self._counts):
            parts += divide(count, size, group, first, len(parts))
            first += count
        return parts

    def read(self, parts: Sequence[Part]) -> Iterator[Rows]:
        """Read rows; each group of rows is gone through once."""
        arrow, parquet = need("pyarrow", "parquet", "reading Parquet"), need("pyarrow.parquet", "parquet", "")
        with _told(self.name, "Parquet"), parquet.ParquetFile(self.path) as file:
            batches: Iterator[Any] = iter(())
            group, place = -1, 0
            for part in parts:
                if part.group != group or part.start < place:
                    batches = file.iter_batches(batch_size=_ROWS_AT_ONCE, row_groups=[part.group])
                    group, place, ready = part.group, 0, self.schema.empty_table()
                while place + len(ready) < part.end:
                    ready = arrow.concat_tables([ready, arrow.Table.from_batches([next(batches)])])
                some = ready.slice(part.start - place, part.count).rename_columns(self.columns())
                # What pandas noted down would make an index of columns that are to be carried along.
                yield Rows(some.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True))
                ready, place = ready.slice(part.end - place), part.end

    def identity(self) -> dict[str, str | int]:
        """Tell this file from another."""
        return identity_of_file(self.path)
