"""Assessing many requests, and their judgements as a table: one row a request, or one a finding."""

from __future__ import annotations

import logging
from collections.abc import Container, Hashable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from triage.errors import TriageError
from triage.facts import Facts, Settled, Settler
from triage.judging import Defects, Docket, Judge, objects
from triage.language import Language
from triage.values import read_date

__all__ = ["AT_ONCE", "COLUMNS", "Grain", "frame", "judge_many"]

log = logging.getLogger(__name__)

Grain = Literal["request", "finding"]

AT_ONCE = 4000
"""Requests that are judged together: enough to spread the cost of each step, few enough for the cache."""

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


def judge_many(
    judge: Judge,
    settler: Settler,
    texts: Sequence[str],
    facts: Facts | Sequence[Facts | None] | None,
    days: str | date | Sequence[str | date | None] | None,
    broken: Container[int] = (),
) -> Iterator[tuple[list[int], Docket]]:
    """Judge requests, each with what is known of it; those that are broken count as errors.

    Yields
    ------
    places, docket
        Which requests, and what was found out about them; together all of them, once each.

    Raises
    ------
    FactError, TriageError
        If facts or a date that count for all cannot be used, or there are not as many as requests.
    """
    each_facts = _for_each(facts, len(texts), "facts")
    each_day = _for_each(days, len(texts), "dates")
    settled: Settled = settler.settle(cast(Facts | None, facts)) if each_facts is None else {}
    day = read_date(days) if each_day is None else date.min
    failed, first = 0, ""
    for start in range(0, len(texts), AT_ONCE):
        some = range(start, min(start + AT_ONCE, len(texts)))
        groups: dict[Hashable, tuple[Settled, date, list[int]]] = {}
        unusable: list[int] = []
        for i in some:
            if i in broken:
                unusable.append(i)
                continue
            try:
                own: Settled = settled if each_facts is None else settler.settle(each_facts[i])
                when = day if each_day is None else read_date(each_day[i])
            except TriageError as error:
                failed, first = failed + 1, first or f"request {i}: {error}"
                unusable.append(i)
                continue
            key = (when, *sorted(own.items())) if each_facts is not None else when
            groups.setdefault(key, (own, when, []))[2].append(i)
        for own, when, places in groups.values():
            done = 0
            for docket in judge.judge_safely([texts[i] for i in places], own, when):
                yield places[done : done + len(docket)], docket
                done += len(docket)
        if unusable:
            yield unusable, Docket.failed(len(unusable))
    if failed:
        log.warning("%d requests have facts or a date that cannot be used; %s", failed, first)


def _for_each(given: Any, count: int, name: str) -> list[Any] | None:
    """Return what is given for each request; None where one counts for all."""
    if isinstance(given, Mapping | pd.DataFrame) or not pd.api.types.is_list_like(given):
        return None
    each = list(given)
    if len(each) != count:
        raise TriageError(f"{len(each)} {name} for {count} requests; give one for all or one for each")
    return each


def frame(judged: Sequence[tuple[list[int], Docket]], index: pd.Index[Any], per: Grain) -> pd.DataFrame:
    """Put judgements into a table.

    Parameters
    ----------
    judged : sequence of (list of int, Docket)
        Places of requests in the input, and what was found out about them.
    index : Index
        The index of the input.
    per : {"request", "finding"}

    Returns
    -------
    DataFrame
    """
    rows = _request_columns if per == "request" else _finding_columns
    tables = [rows(docket) | {"request": np.array(places)[_owners(docket, per)]} for places, docket in judged]
    names = ["request", "start", "end", *COLUMNS] if per == "finding" else ["request", *COLUMNS]
    columns = {name: _join([table[name] for table in tables]) for name in names}
    order = np.argsort(columns["request"], kind="stable")
    # Told to be objects, since a column's type must not depend on the rows that happen to be in it.
    table = pd.DataFrame({name: pd.Series(v[order], dtype=v.dtype, copy=False) for name, v in columns.items()})
    if per == "request":
        return table.drop(columns="request").set_axis(index)
    return table.assign(request=index[table["request"]])


def _owners(docket: Docket, per: Grain) -> Any:
    if per == "request":
        return np.arange(len(docket))
    return docket.defects.stretches.texts if docket.defects else np.empty(0, dtype=np.int64)


def _join(parts: Sequence[Any]) -> Any:
    if not parts:
        return np.empty(0, dtype=object)
    return np.concatenate([part if isinstance(part, np.ndarray) else objects(part) for part in parts])


def _request_columns(docket: Docket) -> dict[str, Any]:
    n = len(docket)
    outcomes = docket.outcomes()
    cited = {
        name: np.full(n, none, dtype=object) for name, none in (("rule", None), ("basis", None), ("circumstances", ""))
    }
    if docket.defects is not None and len(docket.defects):
        texts, firsts = np.unique(docket.defects.stretches.texts, return_index=True)
        for name, values in _cited(docket.defects).items():
            cited[name][texts] = values[firsts]
    return cited | {
        **outcomes._asdict(),
        "question": _say_all(outcomes.question, docket.languages),
        "language": docket.languages,
        "elsewhere": docket.elsewhere,
    }


def _finding_columns(docket: Docket) -> dict[str, Any]:
    defects = docket.defects
    if defects is None:
        return {key: [] for key in ("start", "end", *COLUMNS)}
    words = defects.words
    texts = defects.stretches.texts.tolist()
    languages = [docket.languages[text] for text in texts]
    return _cited(defects) | {
        "start": words.starts[defects.stretches.firsts],
        "end": words.ends[defects.stretches.lasts - 1],
        "responsible": defects.responsible(),
        "confidence": defects.confidence,
        "decision": defects.decisions,
        "reason": defects.reasons,
        "question": _say_all(defects.questions, languages),
        "urgent": defects.urgent,
        "language": languages,
        "elsewhere": [None] * len(defects),
    }


def _say_all(questions: NDArray[np.object_], languages: Sequence[Language]) -> NDArray[np.object_]:
    said = np.full(len(questions), None, dtype=object)
    for i in np.flatnonzero(questions).tolist():
        said[i] = questions[i].text.in_(languages[i])
    return said


def _cited(defects: Defects) -> dict[str, Any]:
    """List the rule, the basis and the circumstances of each defect."""
    rulings, law = defects.rulings, defects.rulings.law
    rules = rulings.deciding_rule
    holding = law.turns_on[rules] & (rulings.chances[:, :-1] >= _HOLDS)
    when = rulings.deciding_when
    decided = np.flatnonzero(when < len(law.keys))
    holding[decided, when[decided]] = True
    sets, inverse = np.unique(np.packbits(holding, axis=1), axis=0, return_inverse=True)
    keys = np.array(law.keys)
    listed = [";".join(keys[np.flatnonzero(np.unpackbits(held, count=len(keys)))]) for held in sets]
    return {
        "rule": objects(law.rules)[rules],
        "basis": objects(law.bases)[rulings.deciding_basis],
        "circumstances": objects(listed)[inverse],
    }
