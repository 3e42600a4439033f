"""A run over a backlog: part by part, on as many cores as wished, going on where an earlier run stopped."""

from __future__ import annotations

import json
import logging
import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from triage._version import __version__
from triage.backlog.rows import Part, Rows, Source
from triage.backlog.sinks import CsvSink, ExcelSink, JsonLinesSink, ParquetSink, Sink, SqlSink
from triage.backlog.table_source import ExcelSource, ParquetSource, SqlSource
from triage.backlog.text_source import CsvSource, JsonLinesSource, readable
from triage.backlog.work import Shipped, Work, do_parts, write_whole
from triage.errors import TriageError

if TYPE_CHECKING:
    from triage.triager import Triager

__all__ = ["Options", "Summary", "score"]

log = logging.getLogger(__name__)

_PARTS_AT_ONCE = 4
"""Parts that a worker is given at a time."""


@dataclass(frozen=True)
class Options:
    """How to read, score and write a backlog.

    Attributes
    ----------
    column : str or None
        Column with the message; guessed from its name if None.
    per : {"request", "finding"}
        One row a request, or one a defect.
    date_column : str or None
        Column with the day of each request, whose rules are applied.
    fact_columns : tuple of str
        Columns with what is known, each named as its fact; an empty cell says nothing.
    separator, encoding : str or None
        Of a CSV file; found out if None.
    sheet : str or None
        Of an Excel file; the first one if None.
    table, order_by, output_table : str or None
        Of a database: the table to read, the column whose values tell its rows apart (the primary key if None), and
        the table to make.
    n_jobs : int
        Processes that work side by side; -1 is one for each core. A backend registered with joblib, such as Dask's, is
        used inside ``joblib.parallel_config``.
    rows : int
        Rows in a part: what is lost at most when a run is stopped.
    """

    column: str | None = None
    per: str = "request"
    date_column: str | None = None
    fact_columns: tuple[str, ...] = ()
    separator: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    table: str | None = None
    order_by: str | None = None
    output_table: str | None = None
    n_jobs: int = 1
    rows: int = 5000


@dataclass
class Summary:
    """What came out of a backlog: how many requests have each label, decision and reason, and how many are urgent."""

    requests: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    decisions: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    urgent: int = 0

    def add(self, counts: dict[str, dict[str, int]]) -> None:
        """Add what came out of a part."""
        self.requests += counts["all"]["requests"]
        self.urgent += counts["all"]["urgent"]
        self.labels.update(counts["labels"])
        self.decisions.update(counts["decisions"])
        self.reasons.update(counts["reasons"])


def score(
    triager: Triager,
    source: str | Path,
    output: str | Path,
    options: Options | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Summary:
    """Score a backlog; all its columns are carried along.

    Parts are written to a folder beside the output and put together at the end. Stopped at any moment, the same call
    goes on with the parts that are missing, and the output is the same as that of an undisturbed run, byte for byte.

    Parameters
    ----------
    triager : Triager
    source, output : str or Path
        Files (.csv, .tsv, .txt, .xlsx, .jsonl, .ndjson, .parquet), or databases as SQLAlchemy writes them.
    options : Options, optional
    progress : callable, optional
        Told how many rows are done, of how many.

    Returns
    -------
    Summary

    Raises
    ------
    TriageError
        If the source cannot be read or the output not be written; it says what to do.
    """
    options = options or Options()
    if not _is_database(output) and Path(output).resolve() == Path(source).resolve():
        raise TriageError(f"{output}: is the source itself; give another name for the output")
    if options.per not in ("request", "finding"):
        raise TriageError(f"--per {options.per}: use 'request' or 'finding'")
    folder = _folder(output, options)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        reader = _open_source(source, options, folder)
        sink = _open_sink(output, options, reader)
        work = Work(folder, sink, reader, options)
        parts = reader.parts(options.rows)
        _resume(folder, sink, triager, reader, options)
        done = [part for part in parts if work.is_done(part)]
        _do(triager, reader, work, [part for part in parts if not work.is_done(part)], done, parts, progress)
        sink.assemble([work.path(part) for part in parts], work.all_columns())
        summary = Summary()
        for part in parts:
            summary.add(work.counts(part))
    except OSError as error:
        raise TriageError(
            f"{error.filename or output}: {error.strerror or error}; when that is solved, the same command goes on "
            "where it stopped"
        ) from error
    finally:
        _drop_if_empty(folder)
    shutil.rmtree(folder)
    return summary


def _is_database(name: str | Path) -> bool:
    return "://" in str(name)


def _folder(output: str | Path, options: Options) -> Path:
    if _is_database(output):
        if not options.output_table:
            raise TriageError(f"{output}: which table shall be made? Give --output-table")
        return Path(f"{options.output_table}.parts")
    path = Path(output)
    return path.with_name(path.name + ".parts")


def _drop_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _open_source(name: str | Path, options: Options, folder: Path) -> Source:
    if _is_database(name):
        if not options.table:
            raise TriageError(f"{name}: which table holds the requests? Give --table")
        return SqlSource(str(name), options.table, options.order_by)
    path = Path(name)
    if not path.is_file():
        raise TriageError(f"{path}: no such file")
    kind = path.suffix.lower()
    if kind in (".xlsx", ".xlsm"):
        return ExcelSource(path, options.sheet)
    if kind in (".parquet", ".pq"):
        return ParquetSource(path)
    text, encoding = readable(path, options.encoding, folder)
    if kind in (".jsonl", ".ndjson"):
        return JsonLinesSource(text, encoding)
    if kind in (".csv", ".tsv", ".txt"):
        return CsvSource(text, encoding, options.separator)
    raise TriageError(f"{path}: cannot tell the kind of file from {kind!r}; use .csv, .xlsx, .jsonl or .parquet")


def _open_sink(name: str | Path, options: Options, source: Source) -> Sink:
    if _is_database(name):
        return SqlSink(str(name), str(options.output_table), source)
    path = Path(name)
    kind = path.suffix.lower()
    if kind == ".xlsx":
        return ExcelSink(path)
    if kind in (".jsonl", ".ndjson"):
        return JsonLinesSink(path)
    if kind in (".parquet", ".pq"):
        return ParquetSink(path)
    if kind in (".csv", ".tsv", ".txt"):
        return CsvSink(path, "\t" if kind == ".tsv" else getattr(source, "separator", ","))
    raise TriageError(f"{path}: cannot tell the kind of file from {kind!r}; use .csv, .xlsx, .jsonl or .parquet")


def _resume(folder: Path, sink: Sink, triager: Triager, source: Source, options: Options) -> None:
    """See that what the folder holds belongs to this very job, or begin it.

    Raises
    ------
    TriageError
        If it is another's.
    """
    job = {
        "source": source.identity(),
        "options": {k: v for k, v in asdict(options).items() if k != "n_jobs"},
        "library": __version__,
        "model": triager.model.hash,
        "catalogue": triager.catalogue.hash,
    }
    wanted = json.loads(json.dumps(job))
    path = folder / "job.json"
    if not path.exists():
        if isinstance(sink, SqlSink):
            sink.check_free()
        # A run that was stopped while it tidied up may have left parts behind.
        for left in folder.glob("[0-9]*"):
            left.unlink()
        write_whole(path, json.dumps(wanted, indent=1).encode())
        return
    held = json.loads(path.read_text(encoding="utf-8"))
    unlike = [key for key in wanted if held.get(key) != wanted[key]]
    if unlike:
        raise TriageError(
            f"{folder} holds an unfinished run that differs in {', '.join(unlike)}; repeat that run as it was, or "
            "delete the folder to begin afresh"
        )


def _do(
    triager: Triager,
    source: Source,
    work: Work,
    todo: Sequence[Part],
    done: Sequence[Part],
    parts: Sequence[Part],
    progress: Callable[[int, int], None],
) -> None:
    rows, total = sum(part.count for part in done), sum(part.count for part in parts)
    progress(rows, total)
    finished = _alone(triager, source, work, todo) if work.n_jobs == 1 else _together(triager, source, work, todo)
    for count in finished:
        rows += count
        progress(rows, total)


def _alone(triager: Triager, source: Source, work: Work, todo: Sequence[Part]) -> Iterator[int]:
    for part, rows in zip(todo, source.read(todo), strict=True):
        work.do(triager, part, rows)
        yield part.count


def _together(triager: Triager, source: Source, work: Work, todo: Sequence[Part]) -> Iterator[int]:
    from joblib import Parallel, delayed, effective_n_jobs

    shipped = Shipped(triager)
    parallel = Parallel(n_jobs=work.n_jobs, return_as="generator_unordered", pre_dispatch="2*n_jobs")
    if source.any_order:
        at_once = max(1, min(_PARTS_AT_ONCE, len(todo) // (4 * effective_n_jobs(work.n_jobs))))
        waiting = deque(_batches(todo, at_once))
        finished = parallel(delayed(do_parts)(shipped, source, work, some) for some in _taken(waiting.popleft))
        yield from _meanwhile(shipped, source, work, waiting, todo[:at_once])
        yield from finished
    else:
        read: Iterator[tuple[Part, Rows]] = zip(todo, source.read(todo), strict=True)
        yield from parallel(delayed(do_parts)(shipped, None, work, [part], rows) for part, rows in read)


def _meanwhile(
    shipped: Shipped, source: Source, work: Work, waiting: deque[list[Part]], first: Sequence[Part]
) -> Iterator[int]:
    """Score from the back until a worker has delivered: workers take seconds to start."""
    own = _taken(waiting.pop)
    while not any(work.is_done(part) for part in first) and (some := next(own, None)):
        yield do_parts(shipped, source, work, some)


def _taken(take: Callable[[], list[Part]]) -> Iterator[list[Part]]:
    """Take what is waiting, from one end, until nothing is left; two may take at once, each from its own end."""
    while True:
        try:
            some = take()
        except IndexError:
            return
        yield some


def _batches(todo: Sequence[Part], at_once: int) -> Iterator[list[Part]]:
    some: list[Part] = []
    for part in todo:
        if some and (part.group != some[0].group or len(some) == at_once):
            yield some
            some = []
        some.append(part)
    if some:
        yield some
