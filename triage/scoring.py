"""Scoring a file of requests, chunk by chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from triage.errors import TriageError
from triage.facts import read_fact
from triage.triager import Triager

__all__ = ["score_file"]

_CHUNK = 500
_USUAL = ("text", "tekst", "melding", "omschrijving", "description", "message", "bericht", "request")


def score_file(
    triager: Triager,
    source: Path,
    output: Path,
    column: str | None = None,
    per: str = "request",
    date_column: str | None = None,
    fact_columns: Sequence[str] = (),
) -> Counter[str]:
    """Score a CSV file; all its columns are carried along.

    Parameters
    ----------
    triager : Triager
    source : Path
        CSV in UTF-8, any usual separator, with one request a row.
    output : Path
        CSV to write; complete or not there at all.
    column : str, optional
        Column with the message; guessed from its name if left out.
    per : {"request", "finding"}
        One row a request, or one a defect.
    date_column : str, optional
        Column with the day of each request, whose rules are applied.
    fact_columns : sequence of str
        Columns with what is known, each named as its fact; an empty cell says nothing.

    Returns
    -------
    Counter
        Requests per decision.

    Raises
    ------
    TriageError
        If the file or its column cannot be read; it says what to do.
    """
    if per not in ("request", "finding"):
        raise TriageError(f"--per {per}: use 'request' or 'finding'")
    grain = cast(Literal["request", "finding"], per)
    total = _count_rows(source)
    counts: Counter[str] = Counter()
    unfinished = output.with_name(output.name + ".part")
    console = Console(stderr=True)
    columns = (TextColumn("scoring"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("scoring", total=total)
        for number, chunk in enumerate(_chunks(source)):
            name = _message_column(chunk, column, source)
            facts, days = _known(chunk, source, date_column, fact_columns)
            decisions = triager.assess_many(chunk[name], facts=facts, date=days)
            counts.update(decisions["decision"])
            scored = decisions
            if grain == "finding":
                scored = triager.assess_many(chunk[name], facts=facts, date=days, per=grain)
            joined = _join(chunk, scored, grain)
            joined.to_csv(unfinished, mode="w" if number == 0 else "a", header=number == 0, index=False)
            progress.advance(task, len(chunk))
    unfinished.replace(output)
    return counts


def _known(
    chunk: pd.DataFrame, source: Path, date_column: str | None, fact_columns: Sequence[str]
) -> tuple[list[dict[str, bool | str]] | None, list[str | None] | None]:
    """Read the facts and the day of each row, where columns hold them."""
    for name in [*fact_columns, *([date_column] if date_column else [])]:
        if name not in chunk.columns:
            raise TriageError(f"{source}: no column {name!r}; it has {', '.join(map(str, chunk.columns))}")
    days = [None if pd.isna(day) else str(day)[:10] for day in chunk[date_column]] if date_column else None
    if not fact_columns:
        return None, days
    rows = chunk[list(fact_columns)].to_dict("records")
    return [
        {str(k): read_fact(str(v)) for k, v in row.items() if not pd.isna(v) and str(v).strip()} for row in rows
    ], days


def _join(chunk: pd.DataFrame, scored: pd.DataFrame, per: Literal["request", "finding"]) -> pd.DataFrame:
    """Put results beside the columns they belong to; a result that has a column's name gets the prefix triage_."""
    scored = scored.rename(columns={name: f"triage_{name}" for name in scored.columns if name in chunk.columns})
    if per == "request":
        return chunk.join(scored)
    key = "triage_request" if "triage_request" in scored.columns else "request"
    return chunk.join(scored.set_index(key), how="left")


def _chunks(source: Path) -> Iterator[pd.DataFrame]:
    try:
        options: dict[str, Any] = {"sep": _separator(source), "dtype": str, "encoding": "utf-8-sig"}
        with pd.read_csv(source, chunksize=_CHUNK, **options) as reader:
            yield from reader
    except FileNotFoundError as error:
        raise TriageError(f"{source}: no such file") from error
    except UnicodeDecodeError as error:
        raise TriageError(
            f"{source}: byte {error.start} is not UTF-8; save the file as UTF-8 (in Excel: CSV UTF-8)"
        ) from error
    except pd.errors.EmptyDataError as error:
        raise TriageError(f"{source}: the file is empty; it needs a header and one request a row") from error
    except pd.errors.ParserError as error:
        raise TriageError(f"{source}: cannot be read as CSV: {error}; check the quotes around that row") from error


def _separator(source: Path) -> str:
    """Tell the separator from the header: the one of the usual four that stands there most, else a comma."""
    with source.open(encoding="utf-8-sig") as file:
        header = file.readline()
    return max(",;\t|", key=header.count)


def _count_rows(source: Path) -> int | None:
    """Count rows roughly, for the progress bar alone; a message may hold line ends."""
    try:
        with source.open("rb") as file:
            return max(sum(1 for _ in file) - 1, 0)
    except OSError:
        return None


def _message_column(chunk: pd.DataFrame, column: str | None, source: Path) -> str:
    names = [str(name) for name in chunk.columns]
    if column is not None:
        if column not in names:
            raise TriageError(f"{source}: no column {column!r}; it has {', '.join(names)}")
        return column
    usual = [name for name in names if name.strip().lower() in _USUAL]
    if len(usual) == 1 or len(names) == 1:
        return usual[0] if usual else names[0]
    raise TriageError(f"{source}: which column holds the message? Give --column with one of {', '.join(names)}")
