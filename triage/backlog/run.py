"""A run over a backlog: part by part, on as many cores as wished, going on where an earlier run stopped."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from triage._version import __version__
from triage.backlog.database import SOLVED, is_database, shown
from triage.backlog.folder import FINISHED, clear, folder_of, held, note, noted
from triage.backlog.opening import check_output, open_sink, open_source
from triage.backlog.rows import Part, Rows, Source
from triage.backlog.work import Shipped, Work, do_parts, get_ready
from triage.errors import TriageError

if TYPE_CHECKING:
    from triage.triager import Triager

__all__ = ["Options", "Summary", "score"]

_PARTS_AT_ONCE = 4
"""Parts that a worker is given at a time."""
_ALONE = 5.0
"""Seconds that a run lasts before workers are started: it takes about as long until they are of use."""


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
    date : str, date or None
        The day whose rules are applied to rows without one; the day on which the run begins if None.
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
    date: str | date | None = None
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

    def counts(self) -> dict[str, dict[str, int]]:
        """Return all that was added."""
        together = {"requests": self.requests, "urgent": self.urgent}
        return {"all": together, "labels": self.labels, "decisions": self.decisions, "reasons": self.reasons}


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
    if not is_database(output) and Path(output).resolve() == Path(source).resolve():
        raise TriageError(f"{output}: is the source itself; give another name for the output")
    _check(options)
    check_output(output, options)
    folder = folder_of(output, options.output_table)
    try:
        with held(folder):
            summary = _score(triager, source, output, options, folder, progress)
            clear(folder)
    except OSError as error:
        raise TriageError(f"{error.filename or shown(output)}: {error.strerror or error}; {SOLVED}") from error
    except BrokenExecutor as error:
        raise TriageError(
            "a worker was killed, perhaps because memory ran out: fewer --jobs need less; the same command goes on "
            "where it stopped"
        ) from error
    except MemoryError as error:
        raise TriageError(
            "memory ran out; close other programs, or use fewer --jobs; the same command goes on where it stopped"
        ) from error
    return summary


def _check(options: Options) -> None:
    if options.per not in ("request", "finding"):
        raise TriageError(f"--per {options.per}: use 'request' or 'finding'")
    if options.n_jobs == 0:
        raise TriageError("--jobs 0: give the number of processes, or -1 for one on each core")
    if options.rows < 1:
        raise TriageError(f"--rows {options.rows}: a part has one row at least")


def _score(
    triager: Triager,
    source: str | Path,
    output: str | Path,
    options: Options,
    folder: Path,
    progress: Callable[[int, int], None],
) -> Summary:
    reader = open_source(source, options)
    sink = open_sink(output, options, reader, folder)
    work = Work(folder, sink, reader, options)
    work.check_facts(triager)
    parts = reader.parts(options.rows)
    job = _job(triager, reader, output, options)
    begun = noted(folder, sink, job)
    summary = Summary()
    if FINISHED in begun and sink.is_there():  # stopped while it was cleared up
        summary.add(begun[FINISHED])
        return summary
    sink.check(work.all_columns(), sum(part.count for part in parts))
    work.day = date.fromisoformat(begun.get("day", work.day.isoformat()))
    job["day"] = work.day.isoformat()
    note(folder, job)
    _do(triager, reader, work, parts, options.n_jobs, progress)
    sink.assemble([work.path(part) for part in parts], work.all_columns())
    for part in parts:
        summary.add(work.counts(part))
    note(folder, job | {FINISHED: summary.counts()})
    return summary


def _job(triager: Triager, source: Source, output: str | Path, options: Options) -> dict[str, Any]:
    """Tell this run from any that would give other results."""
    return {
        "source": source.identity(),
        "output": shown(output) if is_database(output) else Path(output).name,
        "options": {name: value for name, value in asdict(options).items() if name != "n_jobs"},
        "library": __version__,
        "model": triager.model.hash,
        "catalogue": triager.catalogue.hash,
    }


def _do(
    triager: Triager,
    source: Source,
    work: Work,
    parts: Sequence[Part],
    n_jobs: int,
    progress: Callable[[int, int], None],
) -> None:
    todo = [part for part in parts if not work.is_done(part)]
    total = sum(part.count for part in parts)
    rows = total - sum(part.count for part in todo)

    def follow() -> None:
        with suppress(OSError):  # where nobody listens any more, the run goes on
            progress(rows, total)

    follow()
    for count in _finished(triager, source, work, todo, n_jobs):
        rows += count
        follow()


def _finished(triager: Triager, source: Source, work: Work, todo: Sequence[Part], n_jobs: int) -> Iterator[int]:
    """Score in this process, and from some time on in others too: a small run is done before they have started."""
    if todo:
        get_ready()
    reading: Iterator[tuple[Part, Rows]] = zip(todo, source.read(todo), strict=True)
    end = math.inf if n_jobs == 1 else time.monotonic() + _ALONE
    for done, (part, rows) in enumerate(reading, 1):
        work.do(triager, part, rows)
        yield part.count
        if time.monotonic() > end and done < len(todo):
            yield from _together(triager, source, work, todo[done:], reading, n_jobs)
            return


def _together(
    triager: Triager,
    source: Source,
    work: Work,
    todo: Sequence[Part],
    reading: Iterator[tuple[Part, Rows]],
    n_jobs: int,
) -> Iterator[int]:
    from joblib import Parallel, delayed, effective_n_jobs

    shipped = Shipped(triager)
    parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered", pre_dispatch="2*n_jobs")
    if source.reads_apart:
        at_once = max(1, min(_PARTS_AT_ONCE, len(todo) // (4 * effective_n_jobs(n_jobs))))
        waiting = deque(_batches(todo, at_once))
        finished = parallel(delayed(do_parts)(shipped, source, work, some) for some in _taken(waiting.popleft))
        own = (do_parts(shipped, source, work, some) for some in _taken(waiting.pop))
        yield from _helped(finished, own, waiting)
    else:
        yield from parallel(delayed(do_parts)(shipped, None, work, [part], rows) for part, rows in reading)


def _helped(finished: Iterator[int], own: Iterator[int], waiting: deque[list[Part]]) -> Iterator[int]:
    """Score beside the workers until one of them has delivered or failed: they take seconds to start."""
    stop = Event()

    def help_out() -> int:
        rows = 0
        while not stop.is_set() and (count := next(own, 0)):
            rows += count
        return rows

    with ThreadPoolExecutor(1) as here:
        helped = here.submit(help_out)
        try:
            yield from islice(finished, 1)
        finally:
            stop.set()
    if helped.exception():
        waiting.clear()
        deque(finished, maxlen=0)
    yield helped.result()
    yield from finished


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
