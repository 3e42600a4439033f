"""From the rows of an association's ABC to rules: every row placed, put before a person, or set aside by one."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count, product
from pathlib import Path
from typing import NamedTuple

from triage.abc_match import Match
from triage.abc_table import FUNDS, Row, named_in, one_line, read_text
from triage.backlog.rows import write_whole
from triage.catalogue import Catalogue
from triage.errors import TriageError

__all__ = ["Import", "assemble", "read_answers", "write_review"]

_SURE = 0.4
_SURE_OF_CHANGE = 0.9
"""A row that says otherwise than the law changes who pays, so it is placed only if it is this sure what it is about."""
_COLUMNS = ("row", "item", "detail", "who", "condition", "why", "score", "best", "title", "others", "id", "answer")
_HELP = "fill in `answer`: the id of a rule, new (the row becomes a rule of your own), or skip"
_SET_ASIDE = "set aside: its row is gone or reads otherwise; answer that row, and clear the answer here"
_ID_KEPT = "kept, so that no other row gets this id"
_IN_VAIN = "an answer does not help: say it in the table, or answer skip"
_HEADING = "taken as a heading, since nobody is named; if it is a repair, say in the table whose"


class Reviewed(NamedTuple):
    """A line of the review file: a row of the table as it was, and what a person answered, if anything.

    Attributes
    ----------
    number : int
        Row in the table; 0 for an answer that was set aside before, and for a heading.
    item : str or None
        What stood there; None where the file does not tell.
    condition : str or None
        What the table added to it; None where the file does not tell.
    answer : str
    id : str
        Of the rule that the row became, if it is one of the association's own.
    detail : str or None
        What is done to it; None where the file does not tell.
    """

    number: int
    item: str | None
    condition: str | None
    answer: str
    id: str = ""
    detail: str | None = None


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
    ids : dict of int to str
        The rule of its own that a row became, now or before, by row number.
    unused : list of Reviewed
        Answers, and rules of its own, whose row is gone or reads otherwise.
    """

    placed: list[tuple[Row, str]] = field(default_factory=list)
    new: list[Row] = field(default_factory=list)
    skipped: list[Row] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    answers: dict[int, str] = field(default_factory=dict)
    ids: dict[int, str] = field(default_factory=dict)
    unused: list[Reviewed] = field(default_factory=list)

    def summary(self) -> str:
        """Count the rows in one line, together all rows of the table; and the answers that were not used."""
        total = len(self.placed) + len(self.new) + len(self.skipped) + len(self.doubts)
        set_aside = sum(bool(line.answer) for line in self.unused)
        return (
            f"{total} rows: {len(self.placed)} placed, {len(self.new)} rules of your own, {len(self.skipped)} skipped, "
            f"{len(self.doubts)} to settle"
            + (f"; {set_aside} answers set aside (see the end of the review file)" if set_aside else "")
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
    lines, unused = _find_rows(reviewed, matches)
    answers = {number: line.answer for number, line in lines.items() if line.answer}
    known = {rule.id for rule in catalogue.rules}
    wrong = [f"row {n}: {a!r} is no rule" for n, a in answers.items() if a not in known and a not in ("new", "skip")]
    if wrong:
        raise TriageError(f"answers in the review file: {'; '.join(wrong)}; {_HELP}")
    result = Import(answers=answers, unused=unused, ids={n: line.id for n, line in lines.items() if line.id})
    taken = {line.id for line in reviewed}
    answered: defaultdict[str, list[Match]] = defaultdict(list)
    certain: defaultdict[str, list[Match]] = defaultdict(list)
    for match in matches:
        answer = answers.get(match.row.number)
        if answer == "skip":
            result.skipped.append(match.row)
        elif match.row.who is None:
            result.doubts.append(Doubt(match, f"{match.row.said!r} does not say who; {_IN_VAIN}"))
        elif not match.row.item:
            result.doubts.append(Doubt(match, f"there is no item; {_IN_VAIN}"))
        elif answer == "new":
            result.new.append(match.row)
            result.ids[match.row.number] = result.ids.get(match.row.number) or _free_id(match.row, taken)
        elif answer is not None:
            answered[answer].append(match)
        elif why := _why_unsure(match, catalogue):
            result.doubts.append(Doubt(match, why))
        else:
            certain[match.rule].append(match)
    for rule in dict.fromkeys([*answered, *certain]):
        _place(rule, answered[rule], answered[rule], result)
        _place(rule, certain[rule], [*answered[rule], *certain[rule]], result)
    result.placed.sort(key=lambda placed: placed[0].number)
    result.doubts.sort(key=lambda doubt: doubt.match.row.number)
    return result


def _place(rule: str, found: Sequence[Match], beside: Sequence[Match], result: Import) -> None:
    """Place rows under a rule, unless those that are placed there too say that it is for another party."""
    if len({match.row.who for match in beside}.difference(FUNDS)) < 2:
        result.placed += [(match.row, rule) for match in found]
    else:
        why = f"rows disagree on who {rule} is for: answer those that are not about it with their rule, new or skip"
        result.doubts += [Doubt(match, why) for match in found]


def _why_unsure(match: Match, catalogue: Catalogue) -> str | None:
    """Say why a row must not be placed under its likeliest rule without a person, if so."""
    law = catalogue.rule(match.rule).responsible
    if match.score < _SURE:
        return "several rules fit"
    if match.row.who == law:
        others = sorted(named_in(match.row.proviso) - {law})
        return (
            f"{match.row.proviso!r} names the {' and the '.join(others)}, and would be lost: answer {match.rule} if it "
            "may be, and write the exception into the catalogue by hand"
            if others
            else None
        )
    if match.row.proviso:
        return (
            f"holds only where {match.row.proviso!r}: by law {match.rule} is the {law}'s; answer it if it holds always"
        )
    if match.score < _SURE_OF_CHANGE:
        return f"by law {match.rule} is the {law}'s; answer it if that is meant"
    return None


def _free_id(row: Row, taken: set[str]) -> str:
    """Name a rule after its row as no rule was named before: rows move, and an id never means something else."""
    name = f"own.row_{row.number}"
    names = (name if number == 1 else f"{name}_{number}" for number in count(1))
    free = next(name for name in names if name not in taken)
    taken.add(free)
    return free


def _find_rows(reviewed: Sequence[Reviewed], matches: Sequence[Match]) -> tuple[dict[int, Reviewed], list[Reviewed]]:
    """Find the row that each answer is for, by what it says: rows move when others are put in or taken out.

    Of rows that read the same the first is still the first, as long as there are as many.

    Returns
    -------
    lines : dict of int to Reviewed
        By row number.
    unused : list of Reviewed
    """
    rows: defaultdict[tuple[str | None, ...], list[int]] = defaultdict(list)
    lines: defaultdict[tuple[str | None, ...], list[Reviewed]] = defaultdict(list)
    for match in matches:
        row = match.row
        for told in product([row.item], [row.detail, None], [row.condition, None]):  # not every file tells all of it
            rows[told].append(row.number)
    for line in sorted(reviewed, key=lambda line: line.number):
        if line.number and line.item is not None:
            lines[line.item, line.detail, line.condition].append(line)
    numbers = {match.row.number for match in matches}
    found = {line.number: line for line in reviewed if line.item is None and line.number in numbers}
    for read, own in lines.items():
        found |= zip(rows[read], own, strict=True) if len(rows[read]) == len(own) else ()
    return found, [line for line in reviewed if (line.answer or line.id) and line not in found.values()]


def write_review(
    path: Path, result: Import, matches: Sequence[Match], catalogue: Catalogue, headings: Sequence[Row] = ()
) -> None:
    """Write what became of each row, those to settle first, and keep what was answered before.

    Semicolons part the columns, as a Dutch spreadsheet expects of a file that is double-clicked. The file that holds
    the answers is replaced only by a whole one.
    """
    why = {doubt.match.row.number: doubt.why for doubt in result.doubts}
    listed = sorted(matches, key=lambda match: match.row.number not in why)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, _COLUMNS, restval="", delimiter=";")
    writer.writeheader()
    for match in listed:
        row = match.row
        answer = result.answers.get(row.number, "")
        told = [row.number, row.item, row.detail, row.said, row.condition]
        told.append(why.get(row.number) or ("answered" if answer else "placed under the best"))
        told += [f"{match.score:.2f}", match.rule, catalogue.rule(match.rule).title.nl]
        told += ["; ".join(f"{rule} {score:.2f}" for rule, score in match.rules[1:])]
        told += [result.ids.get(row.number, ""), answer]
        writer.writerow(dict(zip(_COLUMNS, told, strict=True)))
    for heading in headings:
        writer.writerow({"row": heading.number, "item": heading.item, "why": _HEADING})
    for line in result.unused:
        kept = {"item": line.item, "detail": line.detail, "condition": line.condition}
        kept["why"] = _SET_ASIDE if line.answer else _ID_KEPT
        writer.writerow(kept | {"id": line.id, "answer": line.answer})
    write_whole(path, text.getvalue().encode("utf-8-sig"))


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
    if any(map(any, [headings, *lines])) and not {"row", "answer"} <= set(headings):
        raise TriageError(f"{path}: not a review file: columns row and answer are missing; move it out of the way")
    rows = [dict(zip(headings, map(one_line, line), strict=False)) for line in lines if any(line)]
    try:
        return [
            Reviewed(
                0 if row.get("why") == _HEADING else int(row["row"] or 0),
                row.get("item"),
                row.get("condition"),
                row.get("answer", ""),
                row.get("id", ""),
                row.get("detail"),
            )
            for row in rows
        ]
    except ValueError as error:
        raise TriageError(f"{path}: a row number is not a number ({error}); restore the column row") from error
