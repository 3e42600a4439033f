"""Rows of a backlog on their way: what a source gives, and where one part of it stands."""

from __future__ import annotations

import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from triage.batch import COLUMNS
from triage.errors import TriageError
from triage.values import is_blank

__all__ = [
    "PREFIX",
    "Part",
    "Rows",
    "Source",
    "distinct",
    "free_names",
    "identity_of_file",
    "is_usual",
    "message_column",
    "put_in_place",
    "touch_like",
    "write_whole",
]

PREFIX = "triage_"
"""Before the name of a result that the source has a column of."""
_FREE_TEXT = {"text", "tekst", "omschrijving", "description", "bericht"}
"""What the name of such a column may begin with; what begins with ``melding`` or ``request`` may be its number."""
_USUAL = ("text", "tekst", "melding", "omschrijving", "description", "message", "bericht", "request")


@dataclass(frozen=True)
class Part:
    """Some rows of a source.

    Attributes
    ----------
    number : int
        Of this part, counted from 0.
    start, end : int
        Where it stands in the source: bytes of a text file, rows of anything else.
    first : int
        Its first row, counted from 0.
    count : int
        Its rows, as far as known beforehand.
    group : int
        Parts of one group are best read by one worker, in order.
    """

    number: int
    start: int
    end: int
    first: int
    count: int
    group: int = 0


@dataclass(frozen=True)
class Rows:
    """Rows that were read.

    Attributes
    ----------
    frame : DataFrame
        One row a request, in the order of the source.
    problems : dict of int to str
        Rows that could not be read well, by place in the frame, and what is wrong.
    raw : dict of int to str
        All that stands in such a row, where the frame does not hold it: it may tell of danger.
    lines : sequence of int, optional
        The line of each row, where rows are told by lines; otherwise they are counted.
    """

    frame: pd.DataFrame
    problems: dict[int, str] = field(default_factory=dict)
    raw: dict[int, str] = field(default_factory=dict)
    lines: Sequence[int] = ()

    def told(self, part: Part, place: int) -> str:
        """Say which row of the source stands at a place."""
        return f"line {self.lines[place]}" if self.lines else f"row {part.first + place + 1}"


class Source(ABC):
    """Where requests come from."""

    name: str
    """How to call it in errors."""

    reads_apart = True
    """Whether workers can read parts on their own; otherwise one reader hands them out."""

    @abstractmethod
    def columns(self) -> list[str]:
        """Return the names of the columns, as far as known beforehand."""

    @abstractmethod
    def parts(self, size: int) -> list[Part]:
        """Divide the source into parts of so many rows."""

    @abstractmethod
    def read(self, parts: Sequence[Part]) -> Iterator[Rows]:
        """Read parts, in the order given."""

    @abstractmethod
    def identity(self) -> dict[str, str | int]:
        """Tell this source from another, or from itself after a change."""


def message_column(names: Sequence[str], column: str | None, where: str) -> str:
    """Find the column that holds the message.

    Raises
    ------
    TriageError
        If the column asked for is not there, or it cannot be told which one it is.
    """
    if column is not None:
        if column not in names:
            raise TriageError(f"{where}: no column {column!r}; it has {', '.join(names)}")
        return column
    usual = [name for name in names if is_usual(name)] or [
        name for name in names if not _FREE_TEXT.isdisjoint(name.lower().split()[:1])
    ]
    if len(usual) == 1 or len(names) == 1:
        return usual[0] if usual else names[0]
    raise TriageError(
        f"{where}: which column holds the message? Give --column with one of {', '.join(names)}; if the headings stand "
        "lower, remove the rows above them"
    )


def is_usual(name: str) -> bool:
    """Tell whether a column is called as those that hold the message mostly are."""
    return name.strip().lower() in _USUAL


def distinct(names: Sequence[object]) -> list[str]:
    """Name columns apart: one without a name by its place, one called as another by a number, as pandas does.

    Names that differ in capitals alone are the same to databases.

    Examples
    --------
    >>> distinct(["id", "melding", "ID", None])
    ['id', 'melding', 'ID.1', 'column 4']
    >>> distinct(["id", "id", "id.1"])
    ['id', 'id.2', 'id.1']
    """
    said = [f"column {place}" if is_blank(name) else str(name) for place, name in enumerate(names, 1)]
    given, taken = {name.casefold() for name in said}, set[str]()
    unlike = []
    for name in said:
        own, count = name, 0
        while own.casefold() in taken or (count and own.casefold() in given):
            count += 1
            own = f"{name}.{count}"
        taken.add(own.casefold())
        unlike.append(own)
    return unlike


def free_names(taken: Sequence[str], names: Sequence[str] = COLUMNS) -> dict[str, str]:
    """Return the name of each result in a table that has other columns already: with prefixes until it is free.

    Names that differ in capitals alone are the same to databases and to Spark.

    Examples
    --------
    >>> free_names(["Rule", "basis", "triage_basis"], ["reason", "rule", "basis"])
    {'reason': 'reason', 'rule': 'triage_rule', 'basis': 'triage_triage_basis'}
    """
    free, held = {}, {name.casefold() for name in taken}
    for name in names:
        own = name
        while own.casefold() in held:
            own = PREFIX + own
        free[name] = own
    return free


def put_in_place(unfinished: Path, path: Path) -> None:
    """Give a file its name once it is on the disk, so that it is there wholly or not at all."""
    with unfinished.open("rb+") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)


def touch_like(path: Path, model: Path) -> None:
    """Make a file, or take the one there, that those alone may read who may read another, if that is there."""
    path.touch()
    if model.exists():
        shutil.copymode(model, path)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there wholly or not at all."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_bytes(content)
    put_in_place(unfinished, path)


def identity_of_file(path: Path) -> dict[str, str | int]:
    """Tell a file from another by all that it holds, wherever it stands; a row may have been changed anywhere."""
    import hashlib

    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return {"sha256": digest.hexdigest()}
