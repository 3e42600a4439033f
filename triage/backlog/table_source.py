"""Requests in tables: Excel sheets, Parquet files and tables of a SQL database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from triage.backlog.rows import Part, Rows, Source, distinct, identity_of_file
from triage.errors import TriageError

_ROWS_AT_ONCE = 4096

__all__ = ["ExcelSource", "ParquetSource", "SqlSource", "need"]


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


def _parts(count: int, size: int, group: int = 0, first: int = 0, number: int = 0) -> list[Part]:
    return [
        Part(number + i, start, min(start + size, count), first + start, min(size, count - start), group)
        for i, start in enumerate(range(0, count, size))
    ]


class ExcelSource(Source):
    """Rows of an Excel sheet.

    Parameters
    ----------
    path : Path
    sheet : str, optional
        The first one if left out.
    """

    any_order = False

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        need("openpyxl", "excel", "reading Excel")
        self.path, self._sheet = path, sheet
        self.name = str(path)
        named = enumerate(self._header(), 1)
        self._names = distinct([f"column {i}" if value is None else str(value) for i, value in named])

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        from openpyxl import load_workbook

        try:
            book = load_workbook(self.path, read_only=True, data_only=True)
        except Exception as error:  # openpyxl lets many kinds of error through for a damaged file
            raise TriageError(f"{self.name}: cannot be read as Excel ({error}); save it as .xlsx") from error
        if self._sheet is not None and self._sheet not in book.sheetnames:
            raise TriageError(f"{self.name}: no sheet {self._sheet!r}; it has {', '.join(book.sheetnames)}")
        sheet = book[self._sheet] if self._sheet else book.worksheets[0]
        try:
            yield from sheet.iter_rows(values_only=True)
        finally:
            book.close()

    def _header(self) -> tuple[Any, ...]:
        header = next(self._rows(), ())
        if not any(value is not None for value in header):
            raise TriageError(f"{self.name}: the sheet is empty; it needs a header and one request a row")
        return header

    def columns(self) -> list[str]:
        """Return the names in the first row."""
        return self._names

    def parts(self, size: int) -> list[Part]:
        """Divide the sheet by rows."""
        return _parts(sum(1 for _ in self._rows()) - 1, size)

    def read(self, parts: Sequence[Part]) -> Iterator[Rows]:
        """Read rows; the sheet is gone through once."""
        rows = self._rows()
        next(rows)
        place = 0
        for part in parts:
            for _ in range(part.start - place):
                next(rows)
            values = [next(rows) for _ in range(part.count)]
            place = part.end
            padded = [(*row, *[None] * len(self._names))[: len(self._names)] for row in values]
            yield Rows(pd.DataFrame(padded, columns=self._names, dtype=object))

    def identity(self) -> dict[str, str | int]:
        """Tell this sheet from another."""
        return identity_of_file(self.path) | {"sheet": self._sheet or ""}


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
        try:
            with parquet.ParquetFile(path) as file:
                self.schema = file.schema_arrow
                self._counts = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        except OSError as error:
            raise TriageError(f"{self.name}: cannot be read ({error})") from error
        except Exception as error:  # pyarrow has its own errors for damaged files
            raise TriageError(f"{self.name}: cannot be read as Parquet ({error})") from error

    def columns(self) -> list[str]:
        """Return the names in the schema."""
        return [str(name) for name in self.schema.names]

    def parts(self, size: int) -> list[Part]:
        """Divide each group of rows."""
        parts: list[Part] = []
        first = 0
        for group, count in enumerate(self._counts):
            parts += _parts(count, size, group, first, len(parts))
            first += count
        return parts

    def read(self, parts: Sequence[Part]) -> Iterator[Rows]:
        """Read rows; each group of rows is gone through once."""
        arrow, parquet = need("pyarrow", "parquet", "reading Parquet"), need("pyarrow.parquet", "parquet", "")
        with parquet.ParquetFile(self.path) as file:
            batches: Iterator[Any] = iter(())
            group, place = -1, 0
            for part in parts:
                if part.group != group or part.start < place:
                    batches = file.iter_batches(batch_size=_ROWS_AT_ONCE, row_groups=[part.group])
                    group, place, ready = part.group, 0, self.schema.empty_table()
                while place + len(ready) < part.end:
                    ready = arrow.concat_tables([ready, arrow.Table.from_batches([next(batches)])])
                yield Rows(ready.slice(part.start - place, part.count).to_pandas(types_mapper=pd.ArrowDtype))
                ready, place = ready.slice(part.end - place), part.end

    def identity(self) -> dict[str, str | int]:
        """Tell this file from another."""
        return identity_of_file(self.path)


class SqlSource(Source):
    """Rows of a table in a database.

    Parameters
    ----------
    url : str
        As SQLAlchemy writes them, such as ``sqlite:///tickets.db``.
    table : str
    key : str, optional
        Column to order by; the primary key if left out.
    """

    any_order = False

    def __init__(self, url: str, table: str, key: str | None = None) -> None:
        sql = need("sqlalchemy", "sql", "reading a database")
        self._engine = sql.create_engine(url)
        self.name = f"{self._engine.url.render_as_string(hide_password=True)}, table {table}"
        try:
            self.table = sql.Table(table, sql.MetaData(), autoload_with=self._engine)
        except sql.exc.NoSuchTableError as error:
            known = ", ".join(sql.inspect(self._engine).get_table_names())
            raise TriageError(f"{self.name}: no such table; there are {known or 'none'}") from error
        except sql.exc.SQLAlchemyError as error:
            raise TriageError(f"{self.name}: cannot be read ({error})") from error
        if key is not None and key not in self.table.c:
            raise TriageError(f"{self.name}: no column {key!r}; it has {', '.join(self.columns())}")
        self._order = [self.table.c[key]] if key else list(self.table.primary_key.columns)
        if not self._order:
            raise TriageError(f"{self.name}: has no primary key; give --order-by a column whose values all differ")

    def columns(self) -> list[str]:
        """Return the names of the table's columns."""
        return [column.name for column in self.table.columns]

    def parts(self, size: int) -> list[Part]:
        """Divide the table by rows, in the order of its key."""
        sql = need("sqlalchemy", "sql", "reading a database")
        with self._engine.connect() as connection:
            count = connection.execute(sql.select(sql.func.count()).select_from(self.table)).scalar_one()
        return _parts(int(count), size)

    def read(self, parts: Sequence[Part]) -> Iterator[Rows]:
        """Read rows, streamed."""
        sql = need("sqlalchemy", "sql", "reading a database")
        if not parts:
            return
        query = sql.select(self.table).order_by(*self._order).offset(parts[0].start)
        with self._engine.connect().execution_options(stream_results=True) as connection:
            result = connection.execute(query)
            place = parts[0].start
            for part in parts:
                if part.start > place:
                    result.fetchmany(part.start - place)
                rows = result.fetchmany(part.count)
                place = part.end
                yield Rows(pd.DataFrame([tuple(row) for row in rows], columns=self.columns(), dtype=object))

    def identity(self) -> dict[str, str | int]:
        """Tell this table from another."""
        return {"table": self.name, "rows": sum(part.count for part in self.parts(1 << 30))}
