"""What is done with one part of a backlog, by whichever worker gets it."""

from __future__ import annotations

import dataclasses
import json
import pickle
import zlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from triage.backlog.rows import PREFIX, Part, Rows, Source, put_in_place
from triage.backlog.sinks import Sink
from triage.batch import COLUMNS, Grain
from triage.errors import TriageError
from triage.facts import read_fact

if TYPE_CHECKING:
    from triage.backlog.run import Options
    from triage.triager import Triager

__all__ = ["Shipped", "Work", "do_parts", "message_column", "write_whole"]

_USUAL = ("text", "tekst", "melding", "omschrijving", "description", "message", "bericht", "request")
_PROBLEM = "problem"


@dataclasses.dataclass(frozen=True)
class _Plan:
    """What a worker needs to know of the options."""

    column: str
    per: Grain
    date_column: str | None
    fact_columns: tuple[str, ...]


class Work:
    """Scores parts and keeps what came out of each in a file of its own.

    Parameters
    ----------
    folder : Path
        Where the parts go.
    sink : Sink
    source : Source
    options : Options
    """

    def __init__(self, folder: Path, sink: Sink, source: Source, options: Options) -> None:
        columns = source.columns()
        for name in [*options.fact_columns, *([options.date_column] if options.date_column else [])]:
            if name not in columns:
                raise TriageError(f"{source.name}: no column {name!r}; it has {', '.join(columns)}")
        column = message_column(columns, options.column, source.name)
        self._plan = _Plan(column, cast(Grain, options.per), options.date_column, options.fact_columns)
        self._folder, self._sink, self._columns = folder, sink, columns
        self.n_jobs = options.n_jobs

    def path(self, part: Part) -> Path:
        """Return where the results of a part go."""
        return self._folder / f"{part.number:08d}{self._sink.suffix}"

    def _counts_path(self, part: Part) -> Path:
        return self._folder / f"{part.number:08d}.counts.json"

    def is_done(self, part: Part) -> bool:
        """Tell whether a part was scored by this run or an earlier one."""
        return self.path(part).exists() and self._counts_path(part).exists()

    def counts(self, part: Part) -> dict[str, dict[str, int]]:
        """Return what came out of a part."""
        return cast("dict[str, dict[str, int]]", json.loads(self._counts_path(part).read_text(encoding="utf-8")))

    def all_columns(self) -> list[str]:
        """Return the columns of the output, for a source without rows."""
        return list(_join(pd.DataFrame(columns=self._columns), pd.DataFrame(columns=[*COLUMNS, _PROBLEM])).columns)

    def do(self, triager: Triager, part: Part, rows: Rows) -> None:
        """Score a part and keep the results: counts first, then the rows, each wholly or not at all."""
        frame = rows.frame.reset_index(drop=True)
        texts = frame[self._plan.column] if self._plan.column in frame else pd.Series([None] * len(frame), dtype=object)
        facts, days = self._known(frame)
        requests, scored = triager.assess_rows(texts, facts, days, self._plan.per, frozenset(rows.problems))
        key = "request" if self._plan.per == "finding" else None
        problems = pd.Series(rows.problems, dtype=object).reindex(frame.index)
        joined = _join(frame, scored, key).assign(**{_free(_PROBLEM, frame): problems})
        write_whole(self._counts_path(part), json.dumps(_counts(requests)).encode())
        unfinished = self.path(part).with_suffix(".new")
        self._sink.write_part(joined, unfinished)
        put_in_place(unfinished, self.path(part))

    def _known(self, frame: pd.DataFrame) -> tuple[list[dict[str, bool | str]] | None, list[str | None] | None]:
        """Read the facts and the day of each row, where columns hold them."""
        plan = self._plan
        days = None
        if plan.date_column:
            given = frame[plan.date_column] if plan.date_column in frame else [None] * len(frame)
            days = [None if _is_blank(day) else str(day)[:10] for day in given]
        if not plan.fact_columns:
            return None, days
        named = [name for name in plan.fact_columns if name in frame]
        rows = frame[named].to_dict("records")
        return [{str(k): read_fact(str(v)) for k, v in row.items() if not _is_blank(v)} for row in rows], days


def _is_blank(value: Any) -> bool:
    return bool(pd.isna(value)) or not str(value).strip()


def _free(name: str, frame: pd.DataFrame) -> str:
    return PREFIX + name if name in frame.columns else name


def _join(frame: pd.DataFrame, scored: pd.DataFrame, key: str | None = None) -> pd.DataFrame:
    """Put results beside the columns they belong to; a result that has a column's name gets a prefix."""
    if key is not None:
        scored = scored.set_index(key)
    return frame.join(scored.rename(columns={name: _free(name, frame) for name in scored.columns}))


def _counts(requests: pd.DataFrame) -> dict[str, dict[str, int]]:
    def count(column: str) -> dict[str, int]:
        return {str(value): int(n) for value, n in requests[column].value_counts().items()}

    together = {"requests": len(requests), "urgent": int(requests["urgent"].sum())}
    return {
        "all": together,
        "labels": count("responsible"),
        "decisions": count("decision"),
        "reasons": count("reason"),
    }


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there wholly or not at all."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_bytes(content)
    put_in_place(unfinished, path)


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


def do_parts(
    shipped: Shipped, source: Source | None, work: Work, parts: Sequence[Part], rows: Rows | None = None
) -> int:
    """Score parts in a worker, which reads them itself unless it is given the rows.

    Returns
    -------
    int
        Rows scored.
    """
    reading = source.read(parts) if source is not None else iter([cast(Rows, rows)])
    for part, own in zip(parts, reading, strict=True):
        work.do(shipped.triager, part, own)
    return sum(part.count for part in parts)


class Shipped:
    """A triager on its way to workers; each worker unpacks it once and keeps what it remembers of words.

    Parameters
    ----------
    triager : Triager
    """

    def __init__(self, triager: Triager) -> None:
        self.triager = triager

    @cached_property
    def _packed(self) -> bytes:
        return zlib.compress(pickle.dumps(self.triager), 1)

    def __reduce__(self) -> tuple[Any, ...]:
        key = (self.triager.model.hash, self.triager.catalogue.hash)
        return _unpack, (key, self._packed)


_unpacked: dict[tuple[str, str], Shipped] = {}


def _unpack(key: tuple[str, str], content: bytes) -> Shipped:
    if key not in _unpacked:
        _unpacked.clear()
        _unpacked[key] = Shipped(pickle.loads(zlib.decompress(content)))  # noqa: S301 - from our own process, to our own worker
    return _unpacked[key]
