"""Scoring a Spark table: each executor is sent the model once and scores its own partitions."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from triage.backlog.rows import free_names
from triage.backlog.table_source import need
from triage.backlog.work import Shipped
from triage.batch import TYPES
from triage.values import read_date

if TYPE_CHECKING:
    from triage.triager import Triager

__all__ = ["assess"]


def assess(frame: Any, column: str, triager: Triager, date: str | datetime.date | None = None) -> Any:
    """Assess the requests in a Spark table and put the results beside them.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
        One request a row.
    column : str
        Column with the message.
    triager : Triager
        Broadcast to the executors, where this library has to be installed.
    date : str or date, optional
        Judge by the rules of this day; the day of this call if left out, on every executor.

    Returns
    -------
    pyspark.sql.DataFrame
        The table with the columns of `Triager.assess_many`; one that it has already gets the prefix ``triage_``.

    Raises
    ------
    TriageError
        If PySpark is not installed, or the date cannot be read.
    """
    day = read_date(date)
    types = need("pyspark.sql.types", "spark", "scoring on Spark")
    names = free_names(frame.columns)
    kinds = {"float64": types.DoubleType(), "bool": types.BooleanType()}
    results = [
        types.StructField(new, kinds.get(TYPES.get(name, ""), types.StringType())) for name, new in names.items()
    ]
    sent = frame.sparkSession.sparkContext.broadcast(Shipped(triager))

    def score(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            scored = sent.value.triager.assess_many(batch[column], date=day).rename(columns=names)
            yield pd.concat([batch, scored.set_axis(batch.index)], axis=1)

    return frame.mapInPandas(score, types.StructType([*frame.schema.fields, *results]))
