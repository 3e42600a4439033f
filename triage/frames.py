"""Scoring tables that are in memory: on several processes, or partition by partition on a cluster."""

from __future__ import annotations

import datetime
from collections.abc import Hashable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from triage.backlog.rows import free_names, message_column
from triage.backlog.work import Shipped
from triage.batch import COLUMNS, TYPES
from triage.errors import TriageError
from triage.values import read_date

if TYPE_CHECKING:
    from triage.triager import Triager

__all__ = ["assess_frame", "assess_partition", "meta"]

_AT_ONCE = 20_000
"""Rows that a process is given at a time."""


def assess_frame(
    frame: pd.DataFrame,
    column: str | None = None,
    *,
    triager: Triager,
    n_jobs: int = 1,
    date: str | datetime.date | None = None,
) -> pd.DataFrame:
    """Assess the requests in a table and put the results beside them.

    Inside ``joblib.parallel_config(backend=...)`` the processes are those of that backend, such as Dask's. Rows have to
    be sent to them, which costs about as much as scoring; `triage.backlog.score` lets them read a file themselves.

    Parameters
    ----------
    frame : DataFrame
        One request a row.
    column : str, optional
        Column with the message; guessed from its name if left out.
    triager : Triager
    n_jobs : int
        Processes; -1 is one for each core.
    date : str or date, optional
        Judge by the rules of this day; the day of this call if left out, in every process.

    Returns
    -------
    DataFrame
        The table with the columns of `Triager.assess_many`; one that it has already gets the prefix ``triage_``.

    Raises
    ------
    TriageError
        If the column is not there, the date cannot be read, or no process is to work.

    Examples
    --------
    >>> import triage
    >>> requests = pd.DataFrame({"ticket": [7, 8], "melding": ["wc loopt door", "het dak lekt"]})
    >>> scored = assess_frame(requests, triager=triage.load())
    >>> scored[["ticket", "responsible", "basis"]].to_dict("list")
    {'ticket': [7, 8], 'responsible': ['tenant', 'landlord'], 'basis': ['BKH:d.6', 'BW7:206']}
    """
    if n_jobs == 0:
        raise TriageError("n_jobs=0: give the number of processes, or -1 for one on each core")
    messages, day = _messages(frame, column), read_date(date)
    if n_jobs == 1 or frame.empty:
        return _beside(frame, triager.assess_many(messages, date=day))
    from joblib import Parallel, delayed

    shipped = Shipped(triager)
    slices = [messages.iloc[start : start + _AT_ONCE] for start in range(0, len(frame), _AT_ONCE)]
    scored = Parallel(n_jobs=n_jobs)(delayed(_assess)(shipped, some, day) for some in slices)
    return _beside(frame, pd.concat(scored))


def _messages(frame: pd.DataFrame, column: str | None) -> pd.Series[Any]:
    """Find the messages; the labels of columns need not be text."""
    names = [str(name) for name in frame.columns]
    return frame.iloc[:, names.index(message_column(names, column, "the table"))]


def _assess(shipped: Shipped, texts: pd.Series[Any], day: datetime.date) -> pd.DataFrame:
    return shipped.triager.assess_many(texts, date=day)


def assess_partition(
    frame: pd.DataFrame,
    column: str,
    model: str | Path | None = None,
    catalogue: str | Path | None = None,
    date: str | datetime.date | None = None,
) -> pd.DataFrame:
    """Assess one partition of a table that lies spread over a cluster; each worker loads the model once.

    Made for ``dask.dataframe``: ``frame.map_partitions(assess_partition, "melding", meta=meta(frame._meta))``.

    Parameters
    ----------
    frame : DataFrame
    column : str
        Column with the message.
    model, catalogue : str or Path, optional
        As for `triage.load`; the workers must be able to read them.
    date : str or date, optional
        Judge by the rules of this day; if left out, by those of the day on which this partition is assessed.

    Returns
    -------
    DataFrame
        As from `assess_frame`, with text of pandas' own type, so that it can be written whatever rows a partition has.
    """
    triager = _loaded(model, catalogue, (_state(model), _state(catalogue)))
    scored = triager.assess_many(_messages(frame, column), date=read_date(date))
    return _beside(frame, scored).astype(dict(meta(frame).dtypes))


@lru_cache(maxsize=4)
def _loaded(model: str | Path | None, catalogue: str | Path | None, state: Hashable) -> Triager:  # noqa: ARG001
    from triage.triager import load

    return load(model, catalogue)


def _state(name: str | Path | None) -> Hashable:
    """Tell a catalogue's files, or a folder's, from themselves after a change: workers live long."""
    path = Path(name or "")
    return tuple(map(_stamp, sorted(path.iterdir()) if name and path.is_dir() else _chain(path)))


def _stamp(file: Path) -> Hashable:
    return file.name, file.stat().st_mtime_ns, file.stat().st_size


def _chain(path: Path) -> list[Path]:
    """List a catalogue's file and those that it extends, as far as they are there."""
    files: list[Path] = []
    while path.is_file() and path.resolve() not in files:
        files.append(path.resolve())
        path = path.parent / _extended(path, _stamp(path))
    return files


@lru_cache(maxsize=16)
def _extended(path: Path, stamp: Hashable) -> str:  # noqa: ARG001
    """Return what a catalogue says that it extends, if anything; what is wrong with it is told by who reads it."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        tree = YAML(typ="safe").load(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, YAMLError):
        return ""
    return str(tree.get("extends", "")) if isinstance(tree, dict) else ""


def meta(frame: pd.DataFrame) -> pd.DataFrame:
    """Return an empty table with the columns and types that assessing a table gives.

    Parameters
    ----------
    frame : DataFrame
        The table to be assessed; its rows do not matter.
    """
    results = {name: pd.Series(dtype=TYPES.get(name, "string")) for name in COLUMNS}
    return _beside(frame.iloc[:0], pd.DataFrame(results, index=frame.index[:0]))


def _beside(frame: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    renamed = scored.rename(columns=free_names([str(name) for name in frame.columns]))
    aligned = renamed.set_axis(np.arange(len(renamed)))
    return pd.concat([frame.reset_index(drop=True), aligned], axis=1).set_axis(frame.index)
