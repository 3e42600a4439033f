"""The folder in which a run keeps its parts until they are put together: one for each output, one run at a time."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from triage.backlog.database import fingerprint, is_database, shown
from triage.backlog.rows import write_whole
from triage.backlog.sinks import Sink
from triage.errors import TriageError

__all__ = ["FINISHED", "clear", "folder_of", "held", "note", "noted"]

FINISHED = "came to"
"""Under this name it is noted what a run came to, once its results are in place."""
_LOCK, _JOB = "lock", "job.json"
_OURS = re.compile(r"\d{8}\.(csv|jsonl|parquet|new|counts\.json(\.new)?)|table-is-filled|job\.json\.new")
"""What a run leaves besides."""


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
        If another run holds it, nothing can be written to it, or it is no such folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # parts hold what people wrote
    _check_ours(folder)
    lock = _locked(folder)
    try:
        yield
    finally:
        lock.close()
        if [path.name for path in folder.iterdir()] == [_LOCK]:
            shutil.rmtree(folder)


def _check_ours(folder: Path) -> None:
    """See that a folder without a note was not made by somebody else, for other things."""
    begins = (_LOCK, _JOB)
    if not (folder / _JOB).exists() and (other := [p.name for p in folder.iterdir() if not p.name.startswith(begins)]):
        raise TriageError(
            f"{folder}: parts would go to this folder, but it holds something else ({min(other)}); move it, or give "
            "another --output"
        )


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
    """Remove what is left of a run; last what is noted of it, so that a run stopped here is known to be finished."""
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name):
            path.unlink()
    (folder / _JOB).unlink(missing_ok=True)


def noted(folder: Path, sink: Sink, job: dict[str, Any]) -> dict[str, Any]:
    """Return what is noted of this very job, if it was begun; see that the parts in the folder are of no other.

    Raises
    ------
    TriageError
        If they are, or the note cannot be read.
    """
    begun = _read_note(folder / _JOB)
    wanted = _plain(job)
    unlike = [name for name in wanted if begun.get(name) != wanted[name]]
    if not unlike:
        return begun
    if begun and FINISHED not in begun and any(folder.glob(f"[0-9]*{sink.suffix}")):
        differing = [own for name in unlike for own in _told(name, begun.get(name), wanted[name])]
        raise TriageError(
            f"{folder} holds an unfinished run that differs in {', '.join(differing)}; repeat that run as it was, or "
            "delete the folder to begin afresh"
        )
    clear(folder)
    return {}


def note(folder: Path, job: dict[str, Any]) -> None:
    """Note a job, and what is known of it."""
    write_whole(folder / _JOB, json.dumps(_plain(job), indent=1).encode())


def _plain(job: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(job, default=str)))


def _read_note(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        begun = json.loads(path.read_bytes())
        date.fromisoformat(begun["day"])
    except (KeyError, TypeError, ValueError) as error:
        raise TriageError(f"{path}: is damaged, or of another program; delete the folder to begin afresh") from error
    return dict(begun)


def _told(name: str, old: Any, new: Any) -> list[str]:
    """Say in what a job differs; options by themselves, with what they were."""
    if name != "options" or not isinstance(old, dict):
        return [name]
    called = {own: f"--{own.removesuffix('s') if own == 'fact_columns' else own}".replace("_", "-") for own in new}
    return [f"option {called[own]} (it was {old.get(own)!r})" for own in new if old.get(own) != new[own]]
