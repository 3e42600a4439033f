"""Where results go: parts that are written one by one, and the file they become together."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shutil
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd

from triage.backlog.rows import PREFIX, Source, put_in_place
from triage.backlog.table_source import need
from triage.errors import TriageError

__all__ = [
    "CsvSink",
    "ExcelSink",
    "JsonLinesSink",
    "ParquetSink",
    "Sink",
    "as_text",
    "kinds",
    "read_json_lines",
    "write_json_lines",
]

_MOST_EXCEL_ROWS = 1_048_576
_LONGEST_CELL = 32_767
_EPOCH = datetime(2000, 1, 1)
_KINDS = {"confidence": "float", "urgent": "bool", "start": "int", "end": "int"}
"""Kinds of our own columns that are not text."""
_DATES: dict[str, type[datetime] | type[date] | type[time]] = {"datetime": datetime, "date": date, "time": time}
"""What Excel has kinds of cells for and JSON has not; the narrower first."""


class Sink(ABC):
    """Where results go.

    Parameters
    ----------
    name : str
        How to call it in errors.
    source : Source
        Its columns come first, results behind them.
    """

    suffix: str
    """Of a part's file."""

    def __init__(self, name: str, source: Source) -> None:
        self.name, self.given = name, len(source.columns())

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
    source : Source
    """

    def __init__(self, path: Path, source: Source) -> None:
        super().__init__(str(path), source)
        self.path = path

    def assemble(self, parts: Sequence[Path], columns: Sequence[str]) -> None:
        """Write the file beside its place, then put it there."""
        unfinished = self.path.with_name(self.path.name + ".part")
        self._join(parts, columns, unfinished)
        put_in_place(unfinished, self.path)

    @abstractmethod
    def _join(self, parts: Sequence[Path], columns: Sequence[str], target: Path) -> None: ...


class _LineFeeds(io.TextIOBase):
    """Ends rows with a line feed alone; the csv module quotes a carriage return only where rows end with one."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: str) -> int:
        """Write what the csv module gives: one row."""
        return self._file.write(row.removesuffix("\r\n") + "\n")


class CsvSink(_FileSink):
    """Results as CSV in UTF-8, with the source's separator where it has one."""

    suffix = ".csv"

    def __init__(self, path: Path, source: Source) -> None:
        super().__init__(path, source)
        self._separator = "\t" if path.suffix.lower() == ".tsv" else getattr(source, "separator", ",")

    def write_part(self, frame: pd.DataFrame, path: Path) -> None:
        """Write rows without a header."""
        given = [name for name in frame.columns[: self.given] if frame[name].dtype.kind == "O"]  # results are plain
        columns = {name: [as_text(value) for value in frame[name]] for name in given}
        plain = frame.assign(**pd.DataFrame(columns, index=frame.index, dtype=object))
        with path.open("w", encoding="utf-8", newline="") as file:
            plain.to_csv(_LineFeeds(file), index=False, header=False, sep=self._separator, lineterminator="\r\n")

    def _join(self, parts: Sequence[Path], columns: Sequence[str], target: Path) -> None:
        with target.open("w", encoding="utf-8", newline="") as file:
            csv.writer(_LineFeeds(file), delimiter=self._separator).writerow(columns)
        _append(parts, target)


class JsonLinesSink(_FileSink):
    """Results as JSON lines."""

    suffix = ".jsonl"

    def write_part(self, frame: pd.DataFrame, path: Path) -> None:
        """Write one object a row."""
        write_json_lines(frame, path)

    def _join(self, parts: Sequence[Path], columns: Sequence[str], target: Path) -> None:  # noqa: ARG002
        target.write_bytes(b"")
        _append(parts, target)


def _append(parts: Sequence[Path], target: Path) -> None:
    with target.open("ab") as file:
        for part in parts:
            with part.open("rb") as rows:
                shutil.copyfileobj(rows, file)


class ParquetSink(_FileSink):
    """Results as Parquet, a group of rows for each part."""

    suffix = ".parquet"

    def __init__(self, path: Path, source: Source) -> None:
        super().__init__(path, source)
        _pyarrow()

    def write_part(self, frame: pd.DataFrame, path: Path) -> None:
        """Write rows; a column without any value has no type yet."""
        parquet = need("pyarrow.parquet", "parquet", "writing Parquet")
        columns = [_arrow(column) for _, column in frame.items()]
        parquet.write_table(_pyarrow().table(columns, names=list(frame.columns)), path)

    def _join(self, parts: Sequence[Path], columns: Sequence[str], target: Path) -> None:
        parquet = need("pyarrow.parquet", "parquet", "writing Parquet")
        schemas = [parquet.read_schema(part) for part in parts]
        ours = kinds(columns[self.given :])
        schema = _pyarrow().schema(
            [(name, _type([own.field(i).type for own in schemas], ours.get(name))) for i, name in enumerate(columns)]
        )
        with parquet.ParquetWriter(target, schema) as writer:
            for part in parts:
                table = parquet.read_table(part)
                cast = [_cast(column, field.type) for column, field in zip(table.columns, schema, strict=True)]
                writer.write_table(_pyarrow().table(cast, schema=schema))


def _pyarrow() -> Any:
    return need("pyarrow", "parquet", "writing Parquet")


def _arrow(column: pd.Series[Any]) -> Any:
    """Make a column one of Arrow; values of unlike kinds, such as 12 and "12A", become text."""
    pyarrow = _pyarrow()
    try:
        return pyarrow.array(column, from_pandas=True)
    except (pyarrow.ArrowException, OverflowError):
        return _texts(column.astype(object).where(column.notna(), None))


def _texts(values: Sequence[Any] | pd.Series[Any]) -> Any:
    pyarrow = _pyarrow()
    return pyarrow.array([None if value is None else str(as_text(value)) for value in values], pyarrow.string())


def _type(types: Sequence[Any], kind: str | None) -> Any:
    """Return the type that holds the values of a column in all parts."""
    pyarrow = _pyarrow()
    empty = {"float": pyarrow.float64(), "bool": pyarrow.bool_(), "int": pyarrow.int64(), None: pyarrow.string()}
    held = [pyarrow.schema([("", type_)]) for type_ in types if not pyarrow.types.is_null(type_)]
    try:
        return pyarrow.unify_schemas(held, promote_options="permissive").field(0).type if held else empty[kind]
    except pyarrow.ArrowException:
        return pyarrow.string()


def _cast(column: Any, type_: Any) -> Any:
    types = _pyarrow().types
    plain = column.type == type_ or not types.is_string(type_) or types.is_null(column.type)
    return column.cast(type_) if plain else _texts(column.to_pylist())


class ExcelSink(_FileSink):
    """Results as an Excel sheet."""

    suffix = ".jsonl"

    def __init__(self, path: Path, source: Source) -> None:
        super().__init__(path, source)
        need("openpyxl", "excel", "writing Excel")

    def write_part(self, frame: pd.DataFrame, path: Path) -> None:
        """Write one object a row."""
        write_json_lines(frame, path, _for_excel)

    def _join(self, parts: Sequence[Path], columns: Sequence[str], target: Path) -> None:
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        book.properties.created = book.properties.modified = _EPOCH
        sheet = book.create_sheet("triage")
        sheet.append([_cell(sheet, name) for name in columns])
        for number, row in enumerate(read_json_lines(parts), 2):
            if number > _MOST_EXCEL_ROWS:
                raise TriageError(
                    f"{self.path}: an Excel sheet holds {_MOST_EXCEL_ROWS - 1} rows; write CSV or Parquet"
                )
            sheet.append([_cell(sheet, value) for value in row.values()])
        book.save(target)
        _forget_times(target)


def _for_excel(value: Any) -> Any:
    """Keep what kind of date a value is; all else as in JSON, nested values as its text."""
    for name, kind in _DATES.items():
        if isinstance(value, kind) and getattr(value, "tzinfo", None) is None:
            return {name: value.isoformat()}
    return _json(as_text(value))


def _cell(sheet: Any, value: Any) -> Any:
    """Make a cell; text stays text, also where it looks like a formula."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell

    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return _DATES[kind].fromisoformat(text)
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub(" ", value)[:_LONGEST_CELL])
    cell.data_type = "s"
    return cell


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
    return re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", core)


def kinds(names: Sequence[str]) -> dict[str, str]:
    """Return the kinds of those of our own columns that are not text.

    Examples
    --------
    >>> kinds(["responsible", "triage_confidence", "urgent"])
    {'triage_confidence': 'float', 'urgent': 'bool'}
    """
    plain = {name: re.sub(f"^({PREFIX})+", "", name) for name in names}
    return {name: _KINDS[own] for name, own in plain.items() if own in _KINDS}


def as_text(value: Any) -> Any:
    """Write a list or an object as JSON, for what holds plain values alone."""
    nested = isinstance(value, list | dict | np.ndarray)
    return json.dumps(_json(value), ensure_ascii=False, default=str) if nested else value


def _json(value: Any) -> Any:
    """Make a value one that JSON has; it has no number without end."""
    if isinstance(value, dict):
        return {name: _json(own) for name, own in value.items()}
    if isinstance(value, list | tuple):
        return [_json(own) for own in value]
    if hasattr(value, "tolist"):
        return _json(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def write_json_lines(frame: pd.DataFrame, path: Path, of: Callable[[Any], Any] = _json) -> None:
    """Write one object a row, each value as it is made ready for JSON."""
    names = list(frame.columns)
    known = frame.astype(object).where(frame.notna(), None)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for values in known.itertuples(index=False, name=None):
            row = dict(zip(names, map(of, values), strict=True))
            file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def read_json_lines(parts: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Read the rows of parts."""
    for part in parts:
        with part.open(encoding="utf-8") as file:
            yield from map(json.loads, file)
