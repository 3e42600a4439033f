"""From an association's ABC to its catalogue: every row placed, put before a person, or set aside by one."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from triage.abc_match import Match
from triage.abc_table import Row, Who, one_line, read_text
from triage.catalogue import Catalogue
from triage.catalogue_file import read_catalogue
from triage.errors import TriageError

__all__ = ["Import", "assemble", "read_answers", "write_overlay", "write_review"]

_SURE = 0.4
_SURE_OF_CHANGE = 0.9
"""A row that says otherwise than the law changes who pays, so it is placed only if it is this sure what it is about."""
_COLUMNS = ("row", "item", "who", "condition", "why", "score", "best", "others", "answer")
_HELP = "fill in `answer`: the id of a rule, new (the row becomes a rule of your own), or skip"
_SET_ASIDE = "set aside: its row is gone or reads otherwise; answer that row, and remove this line"
_FUNDS: tuple[Who, ...] = ("subscription", "glass_fund", "drain_fund")


class Reviewed(NamedTuple):
    """A line of the review file: a row of the table as it was, and what a person answered, if anything.

    Attributes
    ----------
    number : int
        Row in the table; 0 for an answer that was set aside before.
    item : str or None
        What stood there; None where the file does not tell.
    condition : str or None
        What the table added to it; None where the file does not tell.
    answer : str
    """

    number: int
    item: str | None
    condition: str | None
    answer: str


@dataclass(frozen=True)
class Doubt:
    """A row that a person must look at, and why."""

    match: Match
    why: str


@dataclass
class Import:
    """What became of every row.

    Attributes
    ----------
    placed : list of (Row, str)
        Rows with the rule they are about.
    new : list of Row
        Rows that become rules of the association's own.
    skipped : list of Row
        Rows that a person set aside.
    doubts : list of Doubt
        Rows for a person to settle.
    answers : dict of int to str
        What a person answered, by row number.
    unused : list of Reviewed
        Answers whose row is gone or reads otherwise.
    """

    placed: list[tuple[Row, str]] = field(default_factory=list)
    new: list[Row] = field(default_factory=list)
    skipped: list[Row] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    answers: dict[int, str] = field(default_factory=dict)
    unused: list[Reviewed] = field(default_factory=list)

    def summary(self) -> str:
        """Count the rows in one line, together all rows of the table; and the answers that were not used."""
        total = len(self.placed) + len(self.new) + len(self.skipped) + len(self.doubts)
        return (
            f"{total} rows: {len(self.placed)} placed, {len(self.new)} rules of your own, {len(self.skipped)} skipped, "
            f"{len(self.doubts)} to settle"
            + (f"; {len(self.unused)} answers set aside (see the end of the review file)" if self.unused else "")
        )


def assemble(matches: Sequence[Match], reviewed: Sequence[Reviewed], catalogue: Catalogue) -> Import:
    """Place every row: by a person's answer, by its match, or before a person.

    Parameters
    ----------
    matches : sequence of Match
    reviewed : sequence of Reviewed
        With a rule, ``new`` or ``skip`` as answer.
    catalogue : Catalogue

    Returns
    -------
    Import

    Raises
    ------
    TriageError
        If an answer is none of these; it names every such row.
    """
    answers, unused = _find_rows(reviewed, matches)
    known = {rule.id for rule in catalogue.rules}
    wrong = [f"row {n}: {a!r} is no rule" for n, a in answers.items() if a not in known and a not in ("new", "skip")]
    if wrong:
        raise TriageError(f"answers in the review file: {'; '.join(wrong)}; {_HELP}")
    result = Import(answers=answers, unused=unused)
    certain: defaultdict[str, list[tuple[Match, Who]]] = defaultdict(list)
    for match in matches:
        answer = answers.get(match.row.number)
        if answer == "skip":
            result.skipped.append(match.row)
        elif match.row.who is None:
            result.doubts.append(Doubt(match, f"{match.row.said!r} does not say who"))
        elif not match.row.item:
            result.doubts.append(Doubt(match, "there is no item"))
        elif answer == "new":
            result.new.append(match.row)
        elif answer is not None:
            result.placed.append((match.row, answer))
        elif match.score < _SURE:
            result.doubts.append(Doubt(match, "several rules fit"))
        elif match.score < _SURE_OF_CHANGE and match.row.who != (law := catalogue.rule(match.rule).responsible):
            result.doubts.append(Doubt(match, f"by law {match.rule} is the {law}'s; answer it if that is meant"))
        else:
            certain[match.rule].append((match, match.row.who))
    settled = {rule: row.who for row, rule in result.placed}
    for rule, found in certain.items():
        parties = {who for _, who in found if who not in _FUNDS} | ({settled[rule]} if rule in settled else set())
        for match, _ in found:
            if len(parties - set(_FUNDS)) > 1:
                result.doubts.append(Doubt(match, f"rows disagree on who {rule} is for"))
            else:
                result.placed.append((match.row, rule))
    result.placed.sort(key=lambda placed: placed[0].number)
    result.doubts.sort(key=lambda doubt: doubt.match.row.number)
    return result


def _find_rows(reviewed: Sequence[Reviewed], matches: Sequence[Match]) -> tuple[dict[int, str], list[Reviewed]]:
    """Find the row that each answer is for, by item and condition: rows move when others are put in or taken out.

    Of rows that read the same the first is still the first, as long as there are as many.

    Returns
    -------
    answers : dict of int to str
        By row number.
    unused : list of Reviewed
    """
    rows: defaultdict[tuple[str, str | None], list[int]] = defaultdict(list)
    lines: defaultdict[tuple[str, str | None], list[Reviewed]] = defaultdict(list)
    for match in matches:
        for condition in (match.row.condition, None):  # not every file tells the condition
            rows[match.row.item, condition].append(match.row.number)
    for line in sorted(reviewed, key=lambda line: line.number):
        if line.number and line.item is not None:
            lines[line.item, line.condition].append(line)
    numbers = {match.row.number for match in matches}
    found = {line.number: line for line in reviewed if line.item is None and line.number in numbers}
    for read, own in lines.items():
        found |= zip(rows[read], own, strict=True) if len(rows[read]) == len(own) else ()
    answers = {number: line.answer for number, line in found.items() if line.answer}
    return answers, [line for line in reviewed if line.answer and line not in found.values()]


def write_overlay(path: Path, result: Import, catalogue: Catalogue, id_: str, name: str, source: str) -> Catalogue:
    """Write the association's catalogue as YAML, and put it in place once it can be read.

    Parameters
    ----------
    path : Path
    result : Import
    catalogue : Catalogue
        The one that is extended.
    id_ : str
        Short name.
    name : str
        Name of the association.
    source : str
        File that was imported.

    Returns
    -------
    Catalogue
        As it reads, with all that it extends.

    Raises
    ------
    CatalogueError
        If what was written cannot be read; the file is left as it was, and the draft beside it to look at.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    today = date.today().isoformat()
    tree = CommentedMap(
        schema_version=1,
        extends=catalogue.id,
        id=id_,
        version=today,
        title={"nl": f"Onderhouds-ABC {name}", "en": f"Maintenance ABC of {name}"},
        sources=[{"id": "own", "title": f"Onderhouds-ABC {name}", "checked_on": date.today()}],
        changes=_changes(result, catalogue),
        covers=_covers(result),
        rules=[_own_rule(row) for row in result.new],
    )
    told = [
        f"Imported from {source}. {result.summary()}.",
        "Rows that say what the law says change nothing and are not repeated here.",
        *(f"Skipped: row {row.number}, {row.item}" for row in result.skipped),
        *(f"Still to settle: row {doubt.match.row.number}, {doubt.match.row.item}" for doubt in result.doubts),
    ]
    tree.yaml_set_start_comment("\n".join(told))
    writer = YAML()
    writer.width = 120
    draft = path.with_name(f"{path.name}.draft")
    with draft.open("w", encoding="utf-8", newline="\n") as file:
        writer.dump(tree, file)
    written = read_catalogue(draft)
    draft.replace(path)
    return written


def _changes(result: Import, catalogue: Catalogue) -> list[dict[str, Any]]:
    changes: dict[str, dict[str, Any]] = {}
    for row, rule in result.placed:
        if row.who in _FUNDS or row.who == catalogue.rule(rule).responsible or rule in changes:
            continue
        changes[rule] = {"rule": rule, "responsible": row.who, "basis": f"own:{row.ref}", "note": _note(row)}
    return list(changes.values())


def _note(row: Row) -> str:
    return f"{row.item} ({row.condition})" if row.condition else row.item


def _covers(result: Import) -> list[dict[str, Any]]:
    covers: dict[str, dict[str, Any]] = {}
    for row, rule in result.placed:
        if row.who in _FUNDS:
            cover = covers.setdefault(str(row.who), {"when": row.who, "basis": f"own:{row.ref}", "rules": []})
            cover["rules"] += [] if rule in cover["rules"] else [rule]
    return list(covers.values())


def _own_rule(row: Row) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": f"own.row_{row.number}",
        "title": {"nl": row.item, "en": row.item},
        "responsible": "landlord" if row.who == "landlord" else "tenant",
        "basis": f"own:{row.ref}",
        "words": {"nl": [row.item]},
    }
    if row.who in _FUNDS:
        rule["unless"] = [{"when": row.who, "responsible": "landlord", "basis": f"own:{row.ref}"}]
    return rule


def write_review(path: Path, result: Import, matches: Sequence[Match]) -> None:
    """Write what became of each row, those to settle first, and keep what was answered before."""
    why = {doubt.match.row.number: doubt.why for doubt in result.doubts}
    listed = sorted(matches, key=lambda match: match.row.number not in why)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for match in listed:
            row = match.row
            others = "; ".join(f"{rule} {score:.2f}" for rule, score in match.rules[1:])
            answer = result.answers.get(row.number, "")
            told = [row.number, row.item, row.said, row.condition]
            told.append(why.get(row.number) or ("answered" if answer else "placed under the best"))
            writer.writerow([*told, f"{match.score:.2f}", match.rule, others, answer])
        for line in result.unused:
            writer.writerow(["", line.item, "", line.condition, _SET_ASIDE, "", "", "", line.answer])


def read_answers(path: Path) -> list[Reviewed]:
    """Read the review file back, with what a person filled in; nothing if there is no such file.

    Raises
    ------
    TriageError
        If the file is not a review file.
    """
    if not path.exists():
        return []
    headings, *lines = read_text(path) or [[]]
    if lines and not {"row", "answer"} <= set(headings):
        raise TriageError(f"{path}: not a review file: columns row and answer are missing; move it out of the way")
    rows = [dict(zip(headings, map(one_line, line), strict=False)) for line in lines if any(line)]
    try:
        return [
            Reviewed(int(row["row"] or 0), row.get("item"), row.get("condition"), row.get("answer", "")) for row in rows
        ]
    except ValueError as error:
        raise TriageError(f"{path}: a row number is not a number ({error}); restore the column row") from error
