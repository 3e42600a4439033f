"""JSON lines, read row by row: every problem is told with file, row and field."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from triage.errors import TriageError

__all__ = ["CorpusError", "describe", "object_of", "read_rows"]

T = TypeVar("T")


class CorpusError(TriageError, ValueError):
    """Labelled messages that cannot be used; lists every problem.

    Parameters
    ----------
    problems : list of str
        One sentence each, with file, row and field.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        shown = "\n".join(f"- {p}" for p in problems[:50])
        more = f"\n(and {len(problems) - 50} more)" if len(problems) > 50 else ""
        super().__init__(f"corpus has {len(problems)} problem(s):\n{shown}{more}")


def read_rows(path: Path, parse: Callable[[str], T], problems: list[str]) -> list[T]:
    """Read the rows of a file of JSON lines.

    Parameters
    ----------
    path : Path
    parse : callable
        Makes a row of a line; raises ValueError or TypeError where it cannot.
    problems : list of str
        What is wrong with any row is added.

    Raises
    ------
    CorpusError
        If the file cannot be read at all.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise CorpusError([f"{path}: cannot be read ({error.strerror}); check the path"]) from error
    except UnicodeDecodeError as error:
        raise CorpusError([f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8"]) from error
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            rows.append(parse(line))
        except ValidationError as error:
            problems += [f"{path}:{number}: {describe(dict(detail))}" for detail in error.errors()]
        except (ValueError, TypeError) as error:
            problems.append(f"{path}:{number}: {error}")
    return rows


def object_of(line: str) -> dict[str, Any]:
    """Read one JSON object.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ValueError(f"not JSON ({error})") from error
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    return row


def describe(detail: Mapping[str, Any]) -> str:
    """Tell what is wrong with a field, from what pydantic found."""
    field = ".".join(str(part) for part in detail["loc"])
    message = str(detail["msg"]).removeprefix("Value error, ")
    return f"{field}: {message}" if field else message
