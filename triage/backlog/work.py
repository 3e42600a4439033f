"""What is done with one part of a backlog, by whichever worker gets it."""

from __future__ import annotations

import dataclasses
import json
import pickle
import zlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from triage.backlog.rows import Part, Rows, Source, free_names, message_column, put_in_place, write_whole
from triage.backlog.sinks import Sink
from triage.batch import COLUMNS, Grain, Unusable
from triage.errors import TriageError
from triage.facts import Facts, read_fact
from triage.language import detect
from triage.values import is_blank, read_date, text_of

if TYPE_CHECKING:
    from triage.backlog.run import Options
    from triage.triager import Triager

__all__ = ["Shipped", "Work", "do_parts", "get_ready"]

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
        self._given, self._results = columns, free_names(columns, results)
        self._folder, self._sink = folder, sink
        self.day = read_date(options.date)
        """Whose rules count for rows without a day of their own: one for the whole run, whenever it goes on."""

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
        return [*self._given, *self._results.values()]

    def do(self, triager: Triager, part: Part, rows: Rows) -> None:
        """Score a part and keep the results: counts first, then the rows, each wholly or not at all."""
        frame = rows.frame.reset_index(drop=True)
        texts = [rows.raw.get(place, text) for place, text in enumerate(frame[self._plan.column])]
        facts, days = self._facts(frame), self._days(frame)
        requests, scored, unusable = triager.assess_rows(texts, facts, days, self._plan.per, rows.problems)
        problems = rows.problems | {
            place: f"{rows.told(part, place)}, {self._said(why)}" for place, why in unusable.items()
        }
        failed = requests.index[requests["reason"] == "error"].difference(list(problems)).tolist()
        problems |= {place: f"{rows.told(part, place)} could not be judged" for place in failed}
        if self._plan.per == "finding":
            scored = _with_the_rest(scored, requests)
        scored[_PROBLEM] = pd.Series(problems, dtype=object).reindex(scored.index)
        joined = frame.join(scored.rename(columns=self._results))
        write_whole(self._counts_path(part), json.dumps(_counts(requests)).encode())
        unfinished = self.path(part).with_suffix(".new")
        self._sink.write_part(joined, unfinished)
        put_in_place(unfinished, self.path(part))

    def _facts(self, frame: pd.DataFrame) -> list[Facts] | None:
        """Read what is known of each row, where columns hold it."""
        if not self._plan.fact_columns:
            return None
        rows = frame[list(self._plan.fact_columns)].to_dict("records")
        return [{str(name): _fact(value) for name, value in row.items() if not is_blank(value)} for row in rows]

    def _days(self, frame: pd.DataFrame) -> date | list[str | date]:
        """Read the day of each row, where a column holds it."""
        if self._plan.date_column is None:
            return self.day
        return [self.day if is_blank(value) else value for value in frame[self._plan.date_column]]

    def _said(self, unusable: Unusable) -> str:
        """Say where it stands what cannot be used."""
        return f"column {unusable.fact or self._plan.date_column}: {unusable.why}"


def _fact(value: Any) -> bool | str | date:
    if isinstance(value, date):
        return value
    return read_fact(text_of(value))


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


def get_ready() -> None:
    """Load what tells languages apart, which needs room on the disk: no request is to blame where there is none."""
    detect("woda cieknie z kranu w kuchni")


def do_parts(
    shipped: Shipped, source: Source | None, work: Work, parts: Sequence[Part], rows: Rows | None = None
) -> int:
    """Score parts in a worker, which reads them itself unless it is given the rows.

    Returns
    -------
    int
        Rows scored.
    """
    get_ready()
    reading = source.read(parts) if source is not None else iter([cast(Rows, rows)])
    for part, own in zip(parts, reading, strict=True):
        work.do(shipped.triager, part, own)
    return sum(part.count for part in parts)


class Shipped:
    """A triager on its way to workers; each worker unpacks it once and keeps what it remembers of words.

    It is packed at once: while it is sent, by a thread of joblib's, another may be scoring with it.

    Parameters
    ----------
    triager : Triager
    packed : bytes, optional
        The same, as it came to a worker.
    """

    def __init__(self, triager: Triager, packed: bytes | None = None) -> None:
        self.triager = triager
        self._packed = packed or zlib.compress(pickle.dumps(triager), 1)

    def __reduce__(self) -> tuple[Any, ...]:
        key = (self.triager.model.hash, self.triager.catalogue.hash)
        return _unpack, (key, self._packed)


_unpacked: dict[tuple[str, str], Shipped] = {}


def _unpack(key: tuple[str, str], packed: bytes) -> Shipped:
    if key not in _unpacked:
        _unpacked.clear()
        triager = pickle.loads(zlib.decompress(packed))  # noqa: S301 - from our own process, to our own worker
        _unpacked[key] = Shipped(triager, packed)
    return _unpacked[key]
