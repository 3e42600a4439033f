"""Where results go: parts that are written one by one, and the file or table they become together."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from triage.backlog.rows import PREFIX, Source, put_in_place
from triage.backlog.table_source import SqlSource, need
from triage.errors import TriageError

__all__ = ["CsvSink", "ExcelSink", "JsonLinesSink", "ParquetSink", "Sink", "SqlSink"]

_MOST_EXCEL_ROWS = 1_048_576
_LONGEST_CELL = 32_767
_EPOCH = datetime(2000, 1, 1)
_TYPES = {"confidence": "float", "urgent": "bool", "start": "int", "end": "int"}
"""Kinds of our own columns that are not text."""


class Sink(ABC):
    """Where results go."""

    suffix: str
    """Of a part's file."""

    @abstractmethod
    def write_part(self, frame: pd.DataFrame, path: Path) -> None:
        """Write one part."""

    @abstractmethod
    def assemble(self, parts: Sequence[Path], columns: Sequence[str]) -> None:
        """Put all parts together; what comes out does not depend on how often the run was stopped."""


class _FileSink(Sink):
    """Results in one file, complete or not there at all.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def assemble(self, parts: Sequence[Path], columns: Sequence[str]) -> None:
        """Write the file beside its place, then put it there."""
        unfinished = self.path.with_name(self.path.name + ".part")
        self._join(parts, columns, unfinished)
        put_in_place(unfinished, self.path)

    @abstractmethod
    def _join(self, parts: Sequence[Path], columns: Sequence[str], target: Path) -> None: ...


class CsvSink(_FileSink):
    """Results as CSV in UTF-8, with the source's separator where it has one."""

    suffix = ".csv"

    def __init__(self, path: Path, separator: str = ",") -> None:
        super().__init__(path)
        self._separator = separator

    def write_part(self, frame: pd.DataFrame, path: Path) -> None:
        """Write rows with their header."""
        frame.to_csv(path, index=False, sep=self._separator, lineterminator="\n", encoding="utf-8")

    def _join(self, parts: Sequence[Path], columns: Sequence[str], target: Path) -> None:
        headers = [self._header(part) for part in parts]
        names = list(dict.fromkeys(name for header in headers for name in header)) or list(columns)
        with target.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=self._separator, lineterminator="\n").writerow(names)
        with target.open("ab") as file:
            for part, header in zip(parts, headers, strict=True):
                if header == names:
                    with part.open("rb") as rows:
                        rows.readline() if not any("\n" in name for name in names) else self._skip_header(rows, names)
                        shutil.copyfileobj(rows, file)
                else:
                    frame = pd.read_csv(part, sep=self._separator, dtype=str, keep_default_na=False)
                    frame.reindex(columns=names).to_csv(
                        file, mode="ab", header=False, index=False, sep=self._separator, lineterminator="\n"
                    )

    def _header(self, part: Path) -> list[str]:
        with part.open(encoding="utf-8", newline="") as file:
            return next(csv.reader(file, delimiter=self._separator), [])

    def _skip_header(self, rows: Any, names: Sequence[str]) -> None:
        for _ in range(1 + sum(name.count("\n") for name in names)):
            rows.readline()


class JsonLinesSink(_FileSink):
    """Results as JSON lines."""

    suffix = ".jsonl"

    def write_part(self, frame: pd.DataFrame, path: Path) -> None:
        """Write one object a row."""
        _write_json_lines(frame, path)

    def _join(self, parts: Sequence[Path], columns: Sequence[str], target: Path) -> None:  # noqa: ARG002
        with target.open("wb") as file:
            for part in parts:
                with part.open("rb") as rows:
                    shutil.copyfileobj(rows, file)


class ParquetSink(_FileSink):
    """Results as Parquet, a group of rows for each part."""

    suffix = ".parquet"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        need("pyarrow", "parquet", "writing Parquet")

    def write_part(self, frame: pd.DataFrame, path: Path) -> None:
        """Write rows; a column without any value has no type yet."""
        pyarrow = need("pyarrow", "parquet", "writing Parquet")
        parquet = need("pyarrow.parquet", "parquet", "writing Parquet")
        table = pyarrow.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
        types = {"float": pyarrow.float64(), "bool": pyarrow.bool_(), "int": pyarrow.int64()}
        for i, field in enumerate(table.schema):
            if pyarrow.types.is_null(field.type):
                wanted = types.get(_kind(field.name, table.column_names), pyarrow.string())
                table = table.set_column(i, field.name, table.column(i).cast(wanted))
        parquet.write_table(table, path)

    def _join(self, parts: Sequence[Path], columns: Sequence[str], target: Path) -> None:
        pyarrow = need("pyarrow", "parquet", "writing Parquet")
        parquet = need("pyarrow.parquet", "parquet", "writing Parquet")
        schemas = [parquet.read_schema(part) for part in parts]
        empty = pyarrow.schema([(name, pyarrow.string()) for name in columns])
        try:
            schema = pyarrow.unify_schemas(schemas, promote_options="permissive") if schemas else empty
        except pyarrow.ArrowTypeError as error:
            raise TriageError(
                f"{self.path}: a column has values of unlike types ({error}); write CSV instead"
            ) from error
        with parquet.ParquetWriter(target, schema) as writer:
            for part in parts:
                table = parquet.read_table(part)
                own = [
                    table[field.name].cast(field.type)
                    if field.name in table.column_names
                    else pyarrow.nulls(len(table), field.type)
                    for field in schema
                ]
                writer.write_table(pyarrow.table(own, schema=schema))


class ExcelSink(_FileSink):
    """Results as an Excel sheet."""

    suffix = ".jsonl"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        need("openpyxl", "excel", "writing Excel")

    def write_part(self, frame: pd.DataFrame, path: Path) -> None:
        """Write one object a row."""
        _write_json_lines(frame, path)

    def _join(self, parts: Sequence[Path], columns: Sequence[str], target: Path) -> None:
        from openpyxl import Workbook

        names = _all_names(parts, columns)
        book = Workbook(write_only=True)
        book.properties.created = book.properties.modified = _EPOCH
        sheet = book.create_sheet("triage")
        sheet.append(names)
        for number, row in enumerate(_read_json_lines(parts), 2):
            if number > _MOST_EXCEL_ROWS:
                raise TriageError(
                    f"{self.path}: an Excel sheet holds {_MOST_EXCEL_ROWS - 1} rows; write CSV or Parquet"
                )
            sheet.append([_cell(row.get(name)) for name in names])
        book.save(target)
        _forget_times(target)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        return ILLEGAL_CHARACTERS_RE.sub(" ", value)[:_LONGEST_CELL]
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _forget_times(path: Path) -> None:
    """Take the times of writing out of an Excel file, so that the same rows give the same bytes."""
    again = path.with_name(path.name + ".again")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _without_modified(content)
            new.writestr(zipfile.ZipInfo(name, _EPOCH.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    again.replace(path)


def _without_modified(core: bytes) -> bytes:
    import re

    return re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", core)


class SqlSink(Sink):
    """Results as a new table of a database.

    Parameters
    ----------
    url : str
        As SQLAlchemy writes them.
    table : str
    source : Source
        Columns of another table keep their plain types; everything else is text.
    """

    suffix = ".jsonl"

    def __init__(self, url: str, table: str, source: Source) -> None:
        sql = need("sqlalchemy", "sql", "writing to a database")
        self._engine = sql.create_engine(url)
        self._name = table
        self._types = _plain_types(source)

    def check_free(self) -> None:
        """See that the table is not there yet.

        Raises
        ------
        TriageError
            If it is.
        """
        import sqlalchemy

        if sqlalchemy.inspect(self._engine).has_table(self._name):
            raise TriageError(f"table {self._name} exists already; drop it or name another with --output-table")

    def write_part(self, frame: pd.DataFrame, path: Path) -> None:
        """Write one object a row."""
        _write_json_lines(frame, path)

    def assemble(self, parts: Sequence[Path], columns: Sequence[str]) -> None:
        """Make the table and fill it, all or nothing."""
        import sqlalchemy as sql

        ours: dict[str, Any] = {"float": sql.Float(), "bool": sql.Boolean(), "int": sql.Integer()}
        names = _all_names(parts, columns)
        types: dict[str, Any] = {
            name: self._types.get(name) or ours.get(_kind(name, names), sql.Text()) for name in names
        }
        table = sql.Table(self._name, sql.MetaData(), *(sql.Column(name, types[name]) for name in names))
        with self._engine.begin() as connection:
            table.drop(connection, checkfirst=True)
            table.create(connection)
            for part in parts:
                rows = [{name: _plain(row.get(name)) for name in names} for row in _read_json_lines([part])]
                if rows:
                    connection.execute(table.insert(), rows)


def _kind(name: str, names: Sequence[str]) -> str:
    """Tell the kind of a column of ours; a source's column of the same name is not ours."""
    return "" if PREFIX + name in names else _TYPES.get(name.removeprefix(PREFIX), "")


def _plain_types(source: Source) -> dict[str, Any]:
    if not isinstance(source, SqlSource):
        return {}
    import sqlalchemy as sql

    kinds = (sql.Integer, sql.Float, sql.Boolean, sql.String)
    return {column.name: column.type for column in source.table.columns if isinstance(column.type, kinds)}


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _write_json_lines(frame: pd.DataFrame, path: Path) -> None:
    names = list(frame.columns)
    known = frame.astype(object).where(frame.notna(), None)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for values in known.itertuples(index=False, name=None):
            row = dict(zip(names, map(_json, values), strict=True))
            file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def _json(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    return value.isoformat() if hasattr(value, "isoformat") else value


def _read_json_lines(parts: Sequence[Path]) -> Iterator[dict[str, Any]]:
    for part in parts:
        with part.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


def _all_names(parts: Sequence[Path], columns: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([name for row in _read_json_lines(parts) for name in row])) or list(columns)
