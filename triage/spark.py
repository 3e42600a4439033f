"""Scoring a Spark table: each executor is sent the model once and scores its own partitions.

Messages alone are handed to Python: other columns stay as they are, also where pandas has no such value.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from triage.backlog.rows import free_names, message_column
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
        If PySpark is not installed, the column is not there, or the date cannot be read.
    """
    message_column(frame.columns, column, "the table")
    day = read_date(date)
    types = need("pyspark.sql.types", "spark", "scoring on Spark")
    functions = need("pyspark.sql.functions", "spark", "scoring on Spark")
    names = free_names(frame.columns)
    kinds = {"float64": types.DoubleType(), "bool": types.BooleanType()}
    results = [
        types.StructField(new, kinds.get(TYPES.get(name, ""), types.StringType())) for name, new in names.items()
    ]
    sent = frame.sparkSession.sparkContext.broadcast(Shipped(triager))

    def score(batches: Iterator[pd.Series]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield sent.value.triager.assess_many(batch, date=day).rename(columns=names)

    # Spark may work out again, for each use of a result, what it takes for determined.
    scoring = functions.pandas_udf(score, types.StructType(results)).asNondeterministic()
    message = functions.col("`" + column.replace("`", "``") + "`").cast("string")
    [together] = free_names([*frame.columns, *names.values()], ["scored"]).values()
    return frame.select("*", scoring(message).alias(together)).select("*", f"{together}.*").drop(together)
