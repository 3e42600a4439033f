"""How good a triager is on labelled messages it has never seen, as one table."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from training.corpus import Corpus, CorpusError, Message, Nothing, Request, Several, strange_labels
from training.labelling import is_turned, rules_on
from training.rows import object_of, read_rows
from triage import Assessment, Catalogue, Triager
from triage.assessment import Finding
from triage.in_force import InForce
from triage.values import read_date

__all__ = ["Case", "Figure", "as_json", "cases_of", "evaluate", "read_cases"]

_SAME_ARTICLE = {
    "BW7:204": "BW7:206",
    "BW7:217": "BW7:206",
    "BW7:213": "BW7:218",
    "BW7:219": "BW7:218",
    "BW7:215": "BW7:216",
}
"""Articles that are read together count as one."""
_BINS = 10


class Part(BaseModel):
    """One of several defects in a case."""

    model_config = ConfigDict(extra="allow", frozen=True)

    quote: str
    label: Literal["landlord", "tenant"]
    basis: list[str] | str = []
    rule: str | None = None


class Case(BaseModel):
    """A labelled message in the form of an evaluation file; further fields are ignored.

    A message with `parts` holds several defects, one with `kind` holds nothing to repair, any other is a request.
    """

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)

    id: str = ""
    text: str
    label: str | None = Field(default=None, description="landlord or tenant, of a request that can be decided")
    decidable: bool = True
    basis: list[str] | str = Field(default=[], description="Every citation that counts as right")
    urgent: bool | None = None
    why: str = ""
    voice: str = ""
    kind: str | None = None
    parts: list[Part] = []

    @model_validator(mode="after")
    def _is_labelled(self) -> Case:
        if self.sort == "requests" and self.decidable and self.label not in ("landlord", "tenant"):
            raise ValueError(f"label: {self.label!r} is not landlord or tenant, and decidable is not false")
        return self

    @property
    def sort(self) -> str:
        """Which table the message belongs to."""
        return "several" if self.parts else "elsewhere" if self.kind else "requests"


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes
    ----------
    name : str
    value : float
        A share from 0 to 1; NaN where nothing counts.
    count : int
        Messages, or defects, that the share is over.
    """

    name: str
    value: float
    count: int


def read_cases(path: str | Path, catalogue: Catalogue, day: date | None = None) -> list[Case]:
    """Read labelled messages from a file of JSON lines, either cases or rows of a corpus.

    Parameters
    ----------
    path : str or Path
    catalogue : Catalogue
        Where the label of a row of a corpus, which has a rule, is looked up.
    day : date, optional
        Look labels up in the rules of this day; today if left out.

    Raises
    ------
    CorpusError
        With every row that is of neither form.
    """
    problems: list[str] = []
    rules = rules_on(catalogue, read_date(day))
    cases = read_rows(Path(path), lambda line: _read_case(object_of(line), catalogue, rules), problems)
    if problems:
        raise CorpusError(problems)
    return cases


def _read_case(row: dict[str, Any], catalogue: Catalogue, rules: InForce) -> Case:
    known = {"id": "", "voice": "", **row}
    if "defects" in row and "label" not in row:
        return _looked_up(Several.model_validate(known), catalogue, rules)
    if "rule" in row and "label" not in row:
        return _looked_up(Request.model_validate(known), catalogue, rules)
    return Case.model_validate(row)


def _looked_up(row: Request | Several, catalogue: Catalogue, rules: InForce) -> Case:
    if strange := strange_labels(row, catalogue):
        raise ValueError("; ".join(strange))
    return _case_of(row, rules)


def cases_of(corpus: Corpus, catalogue: Catalogue, day: date | None = None) -> list[Case]:
    """Turn messages of a corpus into cases, looking labels up in the rules of a day; of today if left out."""
    rules = rules_on(catalogue, read_date(day))
    rows: list[Message] = [*corpus.requests, *corpus.elsewhere, *corpus.several]
    return [_case_of(row, rules) for row in rows]


def _case_of(row: Message, rules: InForce) -> Case:
    own = {"id": row.id, "text": row.text, "voice": row.voice}
    if isinstance(row, Nothing):
        return Case(**own, kind=row.kind)
    if isinstance(row, Several):
        ruled = [(defect, *rules.ruled(defect.rule, defect.circumstances)) for defect in row.defects]
        parts = [
            Part(quote=d.quote, label=label, basis=[basis], rule=rules.rules[d.rule].id) for d, label, basis in ruled
        ]
        return Case(**own, parts=parts)
    label, basis = rules.ruled(row.rule, row.circumstances)
    why = "exception: " + ", ".join(row.circumstances) if is_turned(row, rules) else ""
    return Case(**own, label=label, decidable=row.decidable, basis=[basis], urgent=row.urgent, why=why)


def evaluate(
    triager: Triager,
    cases: Sequence[Case],
    progress: Callable[[int], None] | None = None,
    day: date | None = None,
) -> list[Figure]:
    """Assess labelled messages and measure the outcome.

    Parameters
    ----------
    triager : Triager
    cases : sequence of Case
    progress : callable, optional
        Called with 1 after each message.
    day : date, optional
        Judge by the rules of this day, as the labels of the cases do; of today if left out.

    Returns
    -------
    list of Figure
    """
    day = read_date(day)
    done: defaultdict[str, list[tuple[Case, Assessment]]] = defaultdict(list)
    for case in cases:
        done[case.sort].append((case, triager.assess(case.text, date=day)))
        if progress:
            progress(1)
    figures = []
    if done["requests"]:
        figures += _request_figures(done["requests"])
    if done["elsewhere"]:
        figures += _elsewhere_figures(done["elsewhere"])
    if done["several"]:
        figures += _several_figures(done["several"])
    everything = [pair for group in done.values() for pair in group]
    automatic = [_is_wrong(case, found) for case, found in everything if case.decidable and found.decision == "auto"]
    figures.append(_share("wrong among automatic of every kind", automatic))
    return [*figures, _agreement(rules_on(triager.catalogue, day), [found for _, found in everything])]


Done = list[tuple[Case, Assessment]]


def _share(name: str, hits: Sequence[bool]) -> Figure:
    return Figure(name, float(np.mean(hits)) if hits else float("nan"), len(hits))


def _request_figures(done: Done) -> list[Figure]:
    decidable = [(c, a) for c, a in done if c.decidable]
    undecidable = [(c, a) for c, a in done if not c.decidable]
    automatic = [(c, a) for c, a in decidable if a.decision == "auto"]
    by_party = {party: [(c, a) for c, a in automatic if a.responsible == party] for party in ("landlord", "tenant")}
    exceptions = [(c, a) for c, a in decidable if c.why.lower().startswith("exception:")]
    urgency = [(c, a) for c, a in done if c.urgent is not None]
    return [
        _share("label accuracy", [_is_right(c, a) for c, a in decidable]),
        _share("basis right", [_is_based_right(c, a) for c, a in decidable if c.basis]),
        _share("automatic", [a.decision == "auto" for _, a in decidable]),
        _share("wrong among automatic", [not _is_right(c, a) for c, a in automatic]),
        *(
            _share(f"wrong among automatic '{party}'", [not _is_right(c, a) for c, a in own])
            for party, own in by_party.items()
        ),
        _share("over-reach", [a.decision == "auto" for _, a in undecidable]),
        _share("asked", [a.decision == "ask" for _, a in undecidable]),
        _share("exceptions", [_is_right(c, a) for c, a in exceptions]),
        _share("false out-of-scope", [a.reason == "out-of-scope" for _, a in done]),
        _share("urgent recall", [a.urgent for c, a in urgency if c.urgent]),
        _share("urgent precision", [bool(c.urgent) for c, a in urgency if a.urgent]),
        *_voice_figures(decidable),
        Figure("calibration error", _calibration_error(decidable), len(decidable)),
    ]


def _is_right(case: Case, assessment: Assessment) -> bool:
    return assessment.responsible == case.label


def _is_wrong(case: Case, assessment: Assessment) -> bool:
    """Tell whether anybody is told what is not so: of a message with nothing to repair, or a defect of the other's."""
    if case.parts:
        return not {part.label for part in case.parts} <= {finding.responsible for finding in assessment.findings}
    return case.kind is not None or not _is_right(case, assessment)


def _is_based_right(case: Case, assessment: Assessment) -> bool:
    right = [case.basis] if isinstance(case.basis, str) else case.basis
    return assessment.basis is not None and _normal(assessment.basis) in {_normal(basis) for basis in right}


def _normal(basis: str) -> str:
    """Drop the number of a dash and join articles that are read together."""
    plain = basis.partition(".")[0] if basis.startswith("BKH:") else basis
    return _SAME_ARTICLE.get(plain, plain)


def _voice_figures(decidable: Done) -> list[Figure]:
    by_voice: defaultdict[str, list[bool]] = defaultdict(list)
    for case, assessment in decidable:
        if case.voice:
            by_voice[case.voice].append(_is_right(case, assessment))
    if not by_voice:
        return []
    accuracies = {voice: float(np.mean(hits)) for voice, hits in by_voice.items()}
    worst = min(accuracies, key=lambda voice: accuracies[voice])
    mean = float(np.mean(list(accuracies.values())))
    return [
        Figure(f"worst voice ({worst})", accuracies[worst], len(by_voice[worst])),
        Figure("worst voice, distance from the mean", mean - accuracies[worst], len(accuracies)),
    ]


def _calibration_error(decidable: Done) -> float:
    """Measure the expected calibration error of `confidence`, over bins of equal count."""
    confidence = np.array([a.confidence for _, a in decidable])
    right = np.array([_is_right(c, a) for c, a in decidable], dtype=float)
    bins = np.array_split(np.argsort(confidence, kind="stable"), _BINS)
    gaps = [len(b) * abs(right[b].mean() - confidence[b].mean()) for b in bins if len(b)]
    return float(sum(gaps) / len(confidence)) if len(confidence) else float("nan")


def _elsewhere_figures(done: Done) -> list[Figure]:
    # A real request in a language that goes to a person is in these files too: not automatic, nor sent elsewhere.
    nothing = [(c, a) for c, a in done if c.kind != "other-language-repair"]
    return [
        _share("not a repair: not automatic", [a.decision != "auto" for _, a in done]),
        _share("not a repair: recognised", [a.reason == "out-of-scope" for _, a in nothing]),
    ]


def _several_figures(done: Done) -> list[Figure]:
    hits = found = wanted = 0
    wholly = []
    for case, assessment in done:
        want = Counter(part.label for part in case.parts)
        have = Counter(finding.responsible for finding in assessment.findings)
        hits += (want & have).total()
        found += have.total()
        wanted += want.total()
        wholly.append(want == have)
    named = [(case, assessment) for case, assessment in done if all(part.rule for part in case.parts)]
    return [
        Figure("several defects: precision", hits / max(found, 1), found),
        Figure("several defects: recall", hits / max(wanted, 1), wanted),
        Figure("several defects: F1", 2 * hits / max(found + wanted, 1), wanted),
        _found_in_place("label", done, lambda part, finding: finding.responsible == part.label),
        _found_in_place("rule", named, lambda part, finding: finding.rule.id == part.rule),
        _share("several defects: wholly right", wholly),
    ]


def _found_in_place(name: str, done: Done, is_same: Callable[[Part, Finding], bool]) -> Figure:
    """Measure how many defects are found where they are told of, and not just as many of either label."""
    hits = sum(is_same(*pair) for case, assessment in done for pair in _pairs(case, assessment))
    found, wanted = sum(len(a.findings) for _, a in done), sum(len(case.parts) for case, _ in done)
    value = 2 * hits / (found + wanted) if wanted else float("nan")
    return Figure(f"several defects: F1 of the same {name} in the same place", value, wanted)


def _pairs(case: Case, assessment: Assessment) -> Iterator[tuple[Part, Finding]]:
    """Pair each defect with the finding that overlaps its quote most; each finding once."""
    free = list(assessment.findings)
    for part in case.parts:
        start = case.text.find(part.quote)
        overlaps = [min(f.span[1], start + len(part.quote)) - max(f.span[0], start) for f in free]
        if start >= 0 and max(overlaps, default=0) > 0:
            yield part, free.pop(int(np.argmax(overlaps)))


def _agreement(rules: InForce, assessments: Sequence[Assessment]) -> Figure:
    """Check for each cited rule that the catalogue gives that label for it, by that basis."""
    hits = []
    for finding in (finding for assessment in assessments for finding in assessment.findings):
        rule = rules.rules[finding.rule.id]
        rulings: set[tuple[str | None, str | None]] = {(rule.responsible, rule.basis)}
        rulings |= {(entry.responsible, entry.basis) for entry in rules.exceptions[rule.id]}
        hits.append((finding.responsible, finding.basis) in rulings)
    return _share("cited rule gives the label", hits)


def as_json(figures: Sequence[Figure]) -> str:
    """Write figures as JSON, for machines; the value of a share of nothing is null."""
    rows = [{"figure": f.name, "value": f.value if f.count else None, "count": f.count} for f in figures]
    return json.dumps(rows, indent=1, allow_nan=False)
