"""Rows of a backlog on their way: what a source gives, and where one part of it stands."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

__all__ = ["PREFIX", "Part", "Rows", "Source", "distinct", "identity_of_file", "put_in_place"]

PREFIX = "triage_"
"""Before the name of a result that the source has a column of."""


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
    """

    frame: pd.DataFrame
    problems: dict[int, str] = field(default_factory=dict)


class Source(ABC):
    """Where requests come from."""

    name: str
    """How to call it in errors."""

    any_order = True
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


def distinct(names: Sequence[str]) -> list[str]:
    """Give names that occur twice a number, as pandas does.

    Examples
    --------
    >>> distinct(["id", "melding", "id"])
    ['id', 'melding', 'id.1']
    """
    seen: dict[str, int] = {}
    unlike = []
    for name in names:
        count = seen[name] = seen.get(name, -1) + 1
        unlike.append(f"{name}.{count}" if count else name)
    return unlike


def put_in_place(unfinished: Path, path: Path) -> None:
    """Give a file its name once it is on the disk, so that it is there wholly or not at all."""
    with unfinished.open("rb+") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)


def identity_of_file(path: Path) -> dict[str, str | int]:
    """Tell a file from another by its size and its beginning and end."""
    import hashlib

    size = path.stat().st_size
    with path.open("rb") as file:
        digest = hashlib.sha256(file.read(1 << 20))
        file.seek(max(size - (1 << 20), 0))
        digest.update(file.read())
    return {"file": str(path), "bytes": size, "sha256 of its ends": digest.hexdigest()}
