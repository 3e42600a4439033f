"""Which source reads a backlog and which sink writes one, told by the end of a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from triage.backlog.database import SqlSink, SqlSource, is_database, shown
from triage.backlog.excel_sink import ExcelSink
from triage.backlog.json_source import JsonLinesSource
from triage.backlog.rows import Source
from triage.backlog.sinks import CsvSink, JsonLinesSink, ParquetSink, Sink
from triage.backlog.table_source import ExcelSource, ParquetSource
from triage.backlog.text_source import CsvSource
from triage.errors import TriageError

if TYPE_CHECKING:
    from triage.backlog.run import Options

__all__ = ["check_output", "open_sink", "open_source"]


@dataclass(frozen=True)
class _Kind:
    """A kind of file: what reads it, the options that say how, and what writes it."""

    read: Callable[[Path, Options], Source]
    options: tuple[str, ...]
    write: Callable[[Path, Source], Sink]


_CSV = _Kind(
    lambda path, options: CsvSource(path, options.encoding, options.separator, options.column),
    ("encoding", "separator"),
    CsvSink,
)
_JSON = _Kind(lambda path, options: JsonLinesSource(path, options.encoding), ("encoding",), JsonLinesSink)
_EXCEL = _Kind(lambda path, options: ExcelSource(path, options.sheet), ("sheet",), ExcelSink)
_PARQUET = _Kind(lambda path, _: ParquetSource(path), (), ParquetSink)
_KINDS = (
    dict.fromkeys((".csv", ".tsv", ".txt"), _CSV)
    | dict.fromkeys((".jsonl", ".ndjson"), _JSON)
    | dict.fromkeys((".xlsx", ".xlsm"), _EXCEL)
    | dict.fromkeys((".parquet", ".pq"), _PARQUET)
)
_READ_ALONE = (".xlsm",)
"""Written as such, a file would promise macros that it has not."""
_OF_DATABASES = ("table", "order_by")
_OF_SOURCES = ("separator", "encoding", "sheet", *_OF_DATABASES)


def open_source(name: str | Path, options: Options) -> Source:
    """Open what holds the requests.

    Raises
    ------
    TriageError
        If it cannot be read, or an option is given that does not apply to it.
    """
    if is_database(name):
        _check_options(shown(name), options, _OF_DATABASES)
        if not options.table:
            raise TriageError(f"{shown(name)}: which table holds the requests? Give --table")
        return SqlSource(str(name), options.table, options.order_by)
    path = Path(name)
    if not path.is_file():
        raise TriageError(f"{path}: no such file")
    kind = _kind(path, ())
    _check_options(str(path), options, kind.options)
    return kind.read(path, options)


def check_output(name: str | Path, options: Options) -> None:
    """See that results are wanted in a kind that is written, before a folder is made for them.

    Raises
    ------
    TriageError
        If they are not, or an option is given that does not apply to it.
    """
    if is_database(name):
        return
    _kind(Path(name), _READ_ALONE)
    if options.output_table is not None:
        raise TriageError(f"{name}: --output-table does not apply to a file; leave it out")


def open_sink(name: str | Path, options: Options, source: Source, folder: Path) -> Sink:
    """Make ready what the results go to."""
    if is_database(name):
        return SqlSink(str(name), str(options.output_table), source, folder)
    return _kind(Path(name), _READ_ALONE).write(Path(name), source)


def _kind(path: Path, but: tuple[str, ...]) -> _Kind:
    suffix = path.suffix.lower()
    if suffix not in _KINDS or suffix in but:
        raise TriageError(f"{path}: cannot tell the kind of file from {suffix!r}; use .csv, .xlsx, .jsonl or .parquet")
    return _KINDS[suffix]


def _check_options(name: str, options: Options, own: tuple[str, ...]) -> None:
    for option in _OF_SOURCES:
        if option not in own and getattr(options, option) is not None:
            raise TriageError(f"{name}: --{option.replace('_', '-')} does not apply to what is read; leave it out")
