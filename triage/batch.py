"""Assessing many requests, and their judgements as a table: one row a request, or one a finding."""

from __future__ import annotations

import logging
from collections.abc import Container, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from triage.docket import HOLDS, Defects, Docket, Outcome, objects
from triage.errors import FactError, TriageError
from triage.facts import Facts, Settled, Settler
from triage.judging import Judge
from triage.language import Language
from triage.values import read_date

__all__ = ["AT_ONCE", "COLUMNS", "TYPES", "Grain", "Judged", "Unusable", "frame", "judge_many", "warn"]

log = logging.getLogger(__name__)

Grain = Literal["request", "finding"]

AT_ONCE = 4000
"""Requests that are judged together: enough to spread the cost of each step, few enough for the cache."""
_MOST_CHARACTERS = 4_000_000
"""The same in characters, where requests are long, so that memory is bounded."""

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
TYPES = {"start": "int64", "end": "int64", "confidence": "float64", "urgent": "bool"}
"""Of the columns that are no text."""


class Unusable(NamedTuple):
    """Why what is given with a request cannot be used: the name of the fact, None for its day, and the error.

    The error holds the value, which may be personal: it is for who gave it, not for logs.
    """

    fact: str | None
    why: str


Judged = tuple[list[int], Docket, dict[int, Unusable]]
"""Places of requests in the input, what was found out about them, and which of them could not be judged as given."""


@dataclass(frozen=True)
class _Unjudged(Docket):
    """The docket of requests that could not be judged as given: of their text it only counts whether it is urgent."""

    urgent: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def outcomes(self) -> Outcome:
        return super().outcomes()._replace(urgent=self.urgent)


def judge_many(
    judge: Judge,
    settler: Settler,
    texts: Sequence[str],
    facts: Facts | Sequence[Facts | None] | None,
    days: str | date | Sequence[str | date | None] | None,
    broken: Container[int] = (),
) -> Iterator[Judged]:
    """Judge requests, each with what is known of it; those that are broken count as errors.

    So do those whose facts or day cannot be used. A person sees them, and must see at once which of them are urgent:
    that is judged by their text alone.

    Yields
    ------
    places, docket, unusable
        Which requests, what was found out about them, and why it is nothing where facts or day cannot be used;
        together all of them, once each.

    Raises
    ------
    FactError, TriageError
        If facts or a date that count for all cannot be used, or there are not as many as requests.
    """
    each_facts = _for_each(facts, len(texts), "facts")
    each_day = _for_each(days, len(texts), "dates")
    settled: Settled = settler.settle(cast(Facts | None, facts)) if each_facts is None else {}
    day = read_date(days if each_day is None else None)

    def known(i: int) -> tuple[Settled, date]:
        own = settled if each_facts is None else settler.settle(each_facts[i])
        return own, day if each_day is None else read_date(each_day[i], day)

    def groups(some: Sequence[int]) -> tuple[list[tuple[Settled, date, list[int]]], dict[int, Unusable]]:
        whole = [i for i in some if i not in broken]
        if each_facts is None and each_day is None:
            return [(settled, day, whole)] if whole else [], {}
        found: dict[Hashable, tuple[Settled, date, list[int]]] = {}
        unusable: dict[int, Unusable] = {}
        for i in whole:
            try:
                own, when = known(i)
            except FactError as error:
                unusable[i] = Unusable(_failing(settler, cast(Sequence[Any], each_facts)[i]), str(error))
            except TriageError as error:
                unusable[i] = Unusable(None, str(error))
            else:
                found.setdefault(judge.alike(own, when), (own, when, []))[2].append(i)
        return [*found.values()], unusable

    for some in _lots(texts):
        together, unusable = groups(some)
        for own, when, places in together:
            done = 0
            for docket in judge.judge_safely([texts[i] for i in places], own, when):
                yield places[done : done + len(docket)], docket, {}
                done += len(docket)
        if left := [i for i in some if i in broken or i in unusable]:
            dockets = judge.judge_safely([texts[i] for i in left], {}, day)
            urgent = np.concatenate([docket.outcomes().urgent for docket in dockets])
            yield left, _Unjudged(**vars(Docket.failed(len(left))), urgent=urgent), unusable


def _lots(texts: Sequence[str]) -> Iterator[range]:
    """Divide requests into lots that are judged together."""
    ends = np.cumsum([len(text) for text in texts])
    start = 0
    while start < len(texts):
        before = ends[start - 1] if start else 0
        fitting = int(np.searchsorted(ends, before + _MOST_CHARACTERS, side="right"))
        end = max(start + 1, min(start + AT_ONCE, fitting))
        yield range(start, end)
        start = end


def _failing(settler: Settler, facts: Any) -> str:
    """Name the first of the facts that cannot be used, by itself or beside those before it."""
    tried: dict[str, Any] = {}
    for name, value in facts.items() if isinstance(facts, Mapping) else ():
        tried[name] = value
        try:
            settler.settle(tried)
        except FactError:
            return str(name)
    return "of no name"


def warn(unusable: Mapping[int, Unusable]) -> None:
    """Log how many requests could not be judged as given and what is wrong with the first, but no value."""
    if unusable:
        place, first = min(unusable.items())
        what = "date" if first.fact is None else f"fact {first.fact}"
        log.warning(
            "%d requests have facts or a date that cannot be used; request %d is the first, for its %s",
            len(unusable),
            place,
            what,
        )


def _for_each(given: Any, count: int, name: str) -> list[Any] | None:
    """Return what is given for each request; None where one counts for all."""
    if isinstance(given, Mapping | pd.DataFrame) or not pd.api.types.is_list_like(given):
        return None
    each = list(given)
    if len(each) != count:
        raise TriageError(f"{len(each)} {name} for {count} requests; give one for all or one for each")
    return each


def frame(judged: Sequence[Judged], index: pd.Index[Any], per: Grain) -> pd.DataFrame:
    """Put judgements into a table.

    Parameters
    ----------
    judged : sequence of Judged
    index : Index
        The index of the input.
    per : {"request", "finding"}

    Returns
    -------
    DataFrame
    """
    rows = _request_columns if per == "request" else _finding_columns
    tables = [rows(docket) | {"request": np.array(places)[_owners(docket, per)]} for places, docket, _ in judged]
    names = ["request", "start", "end", *COLUMNS] if per == "finding" else ["request", *COLUMNS]
    kinds = TYPES | {"request": "int64"}
    columns = {
        name: _join([table[name] for table in tables]).astype(kinds.get(name, object), copy=False) for name in names
    }
    if (np.diff(columns["request"]) < 0).any():
        order = np.argsort(columns["request"], kind="stable")
        columns = {name: own[order] for name, own in columns.items()}
    # Told to be objects, since a column's type must not depend on the rows that happen to be in it.
    table = pd.DataFrame({name: pd.Series(own, dtype=own.dtype, copy=False) for name, own in columns.items()})
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
    holding = law.turns_on[rules] & (rulings.chances[:, :-1] >= HOLDS)
    when = rulings.deciding_when
    decided = np.flatnonzero(when < len(law.keys))
    holding[decided, when[decided]] = True
    packed = np.packbits(holding, axis=1)
    # As strings, since whole rows are told apart far more slowly.
    strings, inverse = np.unique(packed.view(f"S{packed.shape[1]}").ravel(), return_inverse=True)
    sets = strings.view(np.uint8).reshape(len(strings), packed.shape[1])
    keys = np.array(law.keys)
    listed = [";".join(keys[np.flatnonzero(np.unpackbits(held, count=len(keys)))]) for held in sets]
    return {
        "rule": objects(law.rules)[rules],
        "basis": objects(law.bases)[rulings.deciding_basis],
        "circumstances": objects(listed)[inverse],
    }
