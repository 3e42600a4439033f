"""Where results go: parts that are written one by one, and the file they become together."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
import os
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd

from triage.backlog.rows import PREFIX, Source, put_in_place, touch_like
from triage.backlog.table_source import need
from triage.errors import TriageError

__all__ = [
    "CsvSink",
    "FileSink",
    "JsonLinesSink",
    "ParquetSink",
    "Sink",
    "as_json",
    "as_text",
    "kinds",
    "read_json_lines",
    "spelt",
    "write_json_lines",
]

_BYTES = (bytes, bytearray, memoryview)
_KINDS = {"confidence": "float", "urgent": "bool", "start": "int", "end": "int"}
"""Kinds of our own columns that are not text."""


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
    def check(self, columns: Sequence[str], rows: int) -> None:
        """See, before anything is scored, that so many rows with these columns can be written."""

    @abstractmethod
    def is_there(self) -> bool:
        """Tell whether something stands where the results go."""

    @abstractmethod
    def write_part(self, frame: pd.DataFrame, path: Path) -> None:
        """Write one part."""

    @abstractmethod
    def assemble(self, parts: Sequence[Path], columns: Sequence[str]) -> None:
        """Put all parts together; what comes out does not depend on how often the run was stopped."""


class FileSink(Sink):
    """Results in one file, complete or not there at all.

    Parameters
    ----------
    path : Path
    source : Source
    """

    def __init__(self, path: Path, source: Source) -> None:
        super().__init__(str(path), source)
        self.path = path

    def check(self, columns: Sequence[str], rows: int) -> None:  # noqa: ARG002
        """See that the name is not that of a folder, or of a file that may not be replaced."""
        if self.path.is_dir():
            raise TriageError(f"{self.path}: is a folder; give the name of a file as --output")
        if self.path.exists() and not os.access(self.path, os.W_OK):
            raise TriageError(f"{self.path}: is there, and may not be written; allow it, or give another --output")

    def is_there(self) -> bool:
        """Tell whether there is a file of that name."""
        return self.path.exists()

    def assemble(self, parts: Sequence[Path], columns: Sequence[str]) -> None:
        """Write the file beside its place, then put it there; who may read it stays as it was."""
        path = self.path.resolve()  # a link goes on pointing to the file
        unfinished = path.with_name(path.name + ".part")
        touch_like(unfinished, path)
        self._join(parts, columns, unfinished)
        put_in_place(unfinished, path)

    @abstractmethod
    def _join(self, parts: Sequence[Path], columns: Sequence[str], target: Path) -> None: ...


class _LineFeeds(io.TextIOBase):
    """Ends rows with a line feed alone; the csv module quotes a carriage return only where rows end with one."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: str) -> int:
        """Write what the csv module gives: one row."""
        return self._file.write(row.removesuffix("\r\n") + "\n")


class CsvSink(FileSink):
    """Results as CSV in UTF-8, with the source's separator where it has one."""

    suffix = ".csv"

    def __init__(self, path: Path, source: Source) -> None:
        super().__init__(path, source)
        self._separator = "\t" if path.suffix.lower() == ".tsv" else getattr(source, "separator", ",")

    def write_part(self, frame: pd.DataFrame, path: Path) -> None:
        """Write rows without a header."""
        plain = frame.copy(deep=False)
        for name in frame.columns[: self.given]:  # results are plain
            if frame[name].dtype.kind == "O":
                plain[name] = pd.Series(map(as_text, frame[name]), frame.index, dtype=object)
        with path.open("w", encoding="utf-8", newline="") as file:
            plain.to_csv(_LineFeeds(file), index=False, header=False, sep=self._separator, lineterminator="\r\n")

    def _join(self, parts: Sequence[Path], columns: Sequence[str], target: Path) -> None:
        with target.open("w", encoding="utf-8", newline="") as file:
            csv.writer(_LineFeeds(file), delimiter=self._separator).writerow(columns)
        _append(parts, target)


class JsonLinesSink(FileSink):
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


class ParquetSink(FileSink):
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
        types = [
            _type([own.field(i).type for own in schemas], ours.get(name), partial(_can_be, parts, name))
            for i, name in enumerate(columns)
        ]
        schema = _pyarrow().schema(list(zip(columns, types, strict=True)))
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
        array = pyarrow.array(column, from_pandas=True)
        if not _is_hollow(array.type):
            return array
    except (pyarrow.ArrowException, OverflowError):
        pass
    return _texts(column.astype(object).where(column.notna(), None))


def _is_hollow(type_: Any) -> bool:
    """Tell whether a type holds an object without any field, which Parquet cannot."""
    types = _pyarrow().types
    inner = [type_.field(i).type for i in range(type_.num_fields)] if types.is_nested(type_) else []
    return (types.is_struct(type_) and not inner) or any(map(_is_hollow, inner))


def _texts(values: Sequence[Any] | pd.Series[Any]) -> Any:
    pyarrow = _pyarrow()
    return pyarrow.array([spelt(value) for value in values], pyarrow.string())


def _type(types: Sequence[Any], kind: str | None, can_be: Callable[[Any], bool]) -> Any:
    """Return the type that holds the values of a column in all parts, as far as they can be of it."""
    pyarrow = _pyarrow()
    empty = {"float": pyarrow.float64(), "bool": pyarrow.bool_(), "int": pyarrow.int64(), None: pyarrow.string()}
    held = list(dict.fromkeys(type_ for type_ in types if not pyarrow.types.is_null(type_)))
    if len(held) < 2:
        return held[0] if held else empty[kind]
    try:
        schemas = [pyarrow.schema([("", type_)]) for type_ in held]
        together = pyarrow.unify_schemas(schemas, promote_options="permissive").field(0).type
    except pyarrow.ArrowException:
        return pyarrow.string()
    return together if can_be(together) else pyarrow.string()


def _can_be(parts: Sequence[Path], name: str, type_: Any) -> bool:
    """Tell whether all values of a column can be of a type: large numbers lose digits where others have fractions."""
    parquet = need("pyarrow.parquet", "parquet", "writing Parquet")
    try:
        for part in parts:
            with parquet.ParquetFile(part) as file:
                _cast(file.read(columns=[name]).column(name), type_)
    except _pyarrow().ArrowException:
        return False
    return True


def _cast(column: Any, type_: Any) -> Any:
    types = _pyarrow().types
    plain = column.type == type_ or not types.is_string(type_) or types.is_null(column.type)
    return column.cast(type_) if plain else _texts(column.to_pylist())


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
    """Write bytes, a list or an object as text, for what holds plain values alone."""
    if isinstance(value, _BYTES):
        return as_json(value)
    nested = isinstance(value, list | dict | np.ndarray)
    return json.dumps(as_json(value), ensure_ascii=False, default=str) if nested else value


def spelt(value: Any) -> str | None:
    """Write any value as text; yes and no as JSON has them."""
    if value is None:
        return None
    return json.dumps(value) if isinstance(value, bool) else str(as_text(value))


def as_json(value: Any) -> Any:
    """Make a value one that JSON has; it has no bytes and no number without end."""
    if isinstance(value, _BYTES):
        return _as_read(bytes(value))
    if isinstance(value, dict):
        return {name: as_json(own) for name, own in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(own) for own in value]
    if hasattr(value, "tolist"):
        return as_json(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _as_read(content: bytes) -> str:
    """Read bytes as text, or write them in base64 where they are none."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()


def write_json_lines(frame: pd.DataFrame, path: Path, of: Callable[[Any], Any] = as_json) -> None:
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
