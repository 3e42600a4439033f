"""What is done with one part of a backlog, by whichever worker gets it."""

from __future__ import annotations

import dataclasses
import json
import pickle
import zlib
from collections.abc import Container, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from triage.backlog.rows import Part, Rows, Source, free_names, put_in_place, write_whole
from triage.backlog.sinks import Sink
from triage.batch import COLUMNS, Grain
from triage.errors import TriageError
from triage.facts import Facts, read_fact
from triage.values import is_missing

if TYPE_CHECKING:
    from triage.backlog.run import Options
    from triage.triager import Triager

__all__ = ["Shipped", "Work", "do_parts", "message_column"]

_USUAL = ("text", "tekst", "melding", "omschrijving", "description", "message", "bericht", "request")
_PROBLEM = "problem"
_PLACES = {"start": "Int64", "end": "Int64"}


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
        results = [*(("start", "end") if options.per == "finding" else ()), *COLUMNS, _PROBLEM]
        self._names = free_names(columns, results)
        self._folder, self._sink, self._columns = folder, sink, columns
        self.n_jobs = options.n_jobs

    def check_facts(self, triager: Triager) -> None:
        """See that the catalogue knows the facts that columns are named as.

        Raises
        ------
        FactError
            If it does not; it names those that it knows.
        """
        triager.check_known(dict.fromkeys(self._plan.fact_columns))

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
        return [*self._columns, *self._names.values()]

    def do(self, triager: Triager, part: Part, rows: Rows) -> None:
        """Score a part and keep the results: counts first, then the rows, each wholly or not at all."""
        frame = rows.frame.reset_index(drop=True)
        texts, facts, days = frame[self._plan.column], self._facts(frame), self._days(frame)
        problems = rows.problems | _unusable(triager, facts, days, rows.problems)
        requests, scored = triager.assess_rows(texts, facts, days, self._plan.per, frozenset(problems))
        if problems:
            # A person sees these rows, and must see at once which of them tell of danger.
            told = [rows.raw.get(place, texts[place]) for place in problems]
            requests.loc[list(problems), "urgent"] = triager.assess_many(told)["urgent"].to_numpy()
        if self._plan.per == "finding":
            scored = _with_the_rest(scored, requests)
        scored[_PROBLEM] = pd.Series(problems, dtype=object).reindex(scored.index)
        joined = frame.join(scored.rename(columns=self._names))
        write_whole(self._counts_path(part), json.dumps(_counts(requests)).encode())
        unfinished = self.path(part).with_suffix(".new")
        self._sink.write_part(joined, unfinished)
        put_in_place(unfinished, self.path(part))

    def _facts(self, frame: pd.DataFrame) -> list[Facts] | None:
        """Read what is known of each row, where columns hold it."""
        if not self._plan.fact_columns:
            return None
        rows = frame[list(self._plan.fact_columns)].to_dict("records")
        return [{str(name): _fact(value) for name, value in row.items() if not _is_blank(value)} for row in rows]

    def _days(self, frame: pd.DataFrame) -> list[str | date | None] | None:
        """Read the day of each row, where a column holds it."""
        if self._plan.date_column is None:
            return None
        return [None if _is_blank(value) else value for value in frame[self._plan.date_column]]


def _is_blank(value: object) -> bool:
    return is_missing(value) or not str(value).strip()


def _fact(value: Any) -> bool | str | date:
    """Read a fact; tables give whole numbers with a point where some are missing."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, date) else read_fact(str(value))


def _unusable(
    triager: Triager,
    facts: Sequence[Facts] | None,
    days: Sequence[str | date | None] | None,
    known: Container[int],
) -> dict[int, str]:
    """Say of which rows the facts or the day cannot be used, and why, besides those with a known problem."""
    problems = {}
    for place in range(len(facts or days or ())):
        try:
            if place not in known:
                triager.check_known(facts[place] if facts else None, days[place] if days else None)
        except TriageError as error:
            problems[place] = str(error)
    return problems


def _with_the_rest(findings: pd.DataFrame, requests: pd.DataFrame) -> pd.DataFrame:
    """Put findings under their requests, and requests without any as they are, so that none is lost."""
    rest = requests.loc[~requests.index.isin(findings["request"])].rename_axis("request").reset_index()
    tables = [table.reindex(columns=findings.columns).astype(_PLACES) for table in (findings, rest)]
    return pd.concat([table for table in tables if len(table)] or tables[:1]).set_index("request")


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
