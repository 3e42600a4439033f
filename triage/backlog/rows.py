"""Rows of a backlog on their way: what a source gives, and where one part of it stands."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from triage.batch import COLUMNS
from triage.errors import TriageError

__all__ = [
    "PREFIX",
    "Part",
    "Rows",
    "Source",
    "distinct",
    "free_names",
    "identity_of_file",
    "message_column",
    "put_in_place",
    "write_whole",
]

PREFIX = "triage_"
"""Before the name of a result that the source has a column of."""
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
    """

    frame: pd.DataFrame
    problems: dict[int, str] = field(default_factory=dict)
    raw: dict[int, str] = field(default_factory=dict)


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
    usual = [name for name in names if name.strip().lower() in _USUAL]
    if len(usual) == 1 or len(names) == 1:
        return usual[0] if usual else names[0]
    raise TriageError(f"{where}: which column holds the message? Give --column with one of {', '.join(names)}")


def distinct(names: Sequence[str]) -> list[str]:
    """Give names that occur twice a number that no other has, as pandas does.

    Examples
    --------
    >>> distinct(["id", "melding", "id"])
    ['id', 'melding', 'id.1']
    >>> distinct(["id", "id", "id.1"])
    ['id', 'id.2', 'id.1']
    """
    unlike: list[str] = []
    for name in names:
        own, count = name, 0
        while own in unlike or (count and own in names):
            count += 1
            own = f"{name}.{count}"
        unlike.append(own)
    return unlike


def free_names(taken: Sequence[str], names: Sequence[str] = COLUMNS) -> dict[str, str]:
    """Return the name of each result in a table that has other columns already: with prefixes until it is free.

    Examples
    --------
    >>> free_names(["rule", "basis", "triage_basis"], ["reason", "rule", "basis"])
    {'reason': 'reason', 'rule': 'triage_rule', 'basis': 'triage_triage_basis'}
    """
    free = {}
    for name in names:
        own = name
        while own in taken:
            own = PREFIX + own
        free[name] = own
    return free


def put_in_place(unfinished: Path, path: Path) -> None:
    """Give a file its name once it is on the disk, so that it is there wholly or not at all."""
    with unfinished.open("rb+") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)


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
