"""Judgements as a table: one row a request, or one a finding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from triage.triager import Defect, Judgement

__all__ = ["COLUMNS", "frame"]

COLUMNS = (
    "responsible",
    "confidence",
    "decision",
    "reason",
    "rule",
    "basis",
    "circumstances",
    "question",
    "urgent",
    "language",
    "elsewhere",
)
_HOLDS = 0.5


def frame(texts: Iterable[object], judgements: Sequence[Judgement], per: Literal["request", "finding"]) -> pd.DataFrame:
    """Put judgements into a table.

    Parameters
    ----------
    texts : iterable
        The requests; the index of a Series becomes that of the table.
    judgements : sequence of Judgement
        One a request, in order.
    per : {"request", "finding"}

    Returns
    -------
    DataFrame
    """
    index = texts.index if isinstance(texts, pd.Series) else pd.RangeIndex(len(judgements))
    if per == "request":
        rows = [_request_row(j) for j in judgements]
        return pd.DataFrame(rows, columns=list(COLUMNS), index=index)
    findings = [
        {"request": index[i], "start": d.span.start, "end": d.span.end, **_defect_row(d, j)}
        for i, j in enumerate(judgements)
        for d in j.defects
    ]
    return pd.DataFrame(findings, columns=["request", "start", "end", *COLUMNS])


def _request_row(j: Judgement) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    if j.defects:
        row |= _defect_row(j.defects[0], j)
        row["confidence"] = float(np.prod([defect.confidence for defect in j.defects]))
    else:
        row |= {"confidence": j.confidence, "circumstances": ""}
    question = j.question
    return row | {
        "responsible": j.responsible,
        "decision": j.decision,
        "reason": j.why_not_auto,
        "question": question.text.in_(j.language) if question else None,
        "urgent": j.urgent,
        "language": j.language,
        "elsewhere": j.elsewhere,
    }


def _defect_row(defect: Defect, j: Judgement) -> dict[str, Any]:
    term = defect.ruling.deciding
    relevant = {entry.when for entry in defect.ruling.in_force.exceptions[term.rule]}
    chances = defect.ruling.circumstances
    holding = [key for key, p in chances.items() if key in relevant and (p >= _HOLDS or key == term.when)]
    return {
        "responsible": defect.ruling.responsible,
        "confidence": defect.confidence,
        "decision": defect.decision,
        "reason": defect.reason,
        "rule": term.rule,
        "basis": term.basis,
        "circumstances": ";".join(holding),
        "question": defect.question.text.in_(j.language) if defect.question else None,
        "urgent": defect.urgent,
        "language": j.language,
        "elsewhere": None,
    }
