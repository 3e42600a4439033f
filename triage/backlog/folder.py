"""The folder in which a run keeps its parts until they are put together: one for each output, one run at a time."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from triage.backlog.database import SqlSink, fingerprint, is_database, shown
from triage.backlog.rows import write_whole
from triage.backlog.sinks import Sink
from triage.errors import TriageError

__all__ = ["begin_or_go_on", "clear", "folder_of", "held"]

_LOCK, _JOB = "lock", "job.json"


def folder_of(output: str | Path, table: str | None) -> Path:
    """Return the folder of an output: beside a file; in the current folder for a table of a database."""
    if not is_database(output):
        path = Path(output)
        return path.with_name(path.name + ".parts")
    if not table:
        raise TriageError(f"{shown(output)}: which table shall be made? Give --output-table")
    return Path.cwd() / f"{table}.{fingerprint(str(output))}.parts"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder against other runs for as long as this one lives; it goes when nothing is left in it.

    Raises
    ------
    TriageError
        If another run holds it, or nothing can be written to it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = _locked(folder)
    try:
        yield
    finally:
        lock.close()
        if [path.name for path in folder.iterdir()] == [_LOCK]:
            shutil.rmtree(folder)


def _locked(folder: Path) -> sqlite3.Connection:
    # SQLite locks a file in the same way on every system, which takes the lock off a process that is gone.
    try:
        lock = sqlite3.connect(folder / _LOCK, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error:
            lock.close()
            raise
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise TriageError(
                f"{folder}: another run writes to the same output; wait until it is done, or stop it"
            ) from error
        raise TriageError(f"{folder}: cannot be written ({error}); give an --output where you may write") from error
    return lock


def clear(folder: Path) -> None:
    """Remove what is left of a run."""
    for path in folder.iterdir():
        if path.name != _LOCK:
            path.unlink()


def begin_or_go_on(folder: Path, sink: Sink, job: dict[str, Any], day: date) -> date:
    """See that the parts in the folder belong to this very job; begin it if there are none.

    Returns
    -------
    date
        The day on which it was begun, whose rules count for all its parts.

    Raises
    ------
    TriageError
        If they are another's, or something of another's stands where the results shall go.
    """
    path = folder / _JOB
    wanted = json.loads(json.dumps(job, default=str))
    begun = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    unlike = [name for name in wanted if begun.get(name) != wanted[name]]
    if begun and unlike and any(folder.glob(f"[0-9]*{sink.suffix}")):
        raise TriageError(
            f"{folder} holds an unfinished run that differs in {', '.join(unlike)}; repeat that run as it was, or "
            "delete the folder to begin afresh"
        )
    if unlike:
        clear(folder)
    if isinstance(sink, SqlSink):
        sink.is_made()
    if unlike:
        begun = wanted | {"day": day.isoformat()}
        write_whole(path, json.dumps(begun, indent=1).encode())
    return date.fromisoformat(begun["day"])
