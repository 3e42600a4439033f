"""Reading an association's ABC: a table of who does what, from a spreadsheet or CSV."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from triage.errors import TriageError

__all__ = ["Row", "Table", "Who", "one_line", "read_table", "read_text", "read_who"]

Who = Literal["landlord", "tenant", "subscription", "glass_fund", "drain_fund"]

_SEARCHED = 15
"""Rows in which the heading is looked for."""
_SEPARATORS = ";\t,"
"""Of two that divide as many lines, the one that texts have least."""

_HEADINGS: dict[str, str] = {
    "item": r"onderdeel|onderhoudspunt|onderwerp|item|object|gebrek|klus|repair",
    "detail": r"omschrijving|wat|werkzaamhe\w+|reparatie|specificatie|description|work",
    "who": r"wie|verantwoordelijk\w*|voor rekening( van)?|rekening|uitvoering|uitvoerder|h/?v(/?s)?|responsible|who",
    "condition": r"voorwaarde\w*|toelichting|opmerking\w*|bijzonderhe\w+|uitzondering\w*|condition|remarks?|notes?",
    "ref": r"nr|nummer|no|code|artikel|art|ref|paragraaf",
    "section": r"rubriek|categorie|hoofdstuk|groep|ruimte|letter|section|category",
    "landlord": r"verhuurders?|v|(woning)?corporatie|woningstichting|wij|landlord",
    "tenant": r"huurders?|bewoners?|h|u|tenant",
    "subscription": r"s|(service|onderhouds?)?abonnement|serviceabonnement|service|fonds|subscription",
}

_WHO: list[tuple[str, Who]] = [
    (r"\bglas\w*(fonds|verzekering)\b", "glass_fund"),
    (r"\b(ontstoppings?|riool|riolerings?|verstoppings?)\w*fonds\b|\bontstoppingsabonnement\b", "drain_fund"),
    (r"\bs\b|\babonnement|abonnement\b|\bservice\w*\b|\bonderhoudsfonds\b|\bfonds\b|\bsubscription\b", "subscription"),
    (
        r"\bv\b|\bvh\b|\bverhuurders?\b|corporatie\b|\bwoningstichting\b|\bwoonstichting\b|\bwoningbouw\w*|\beigenaar\b"
        r"|\bwij\b|\bons\b|\blandlord\b|\bowner\b",
        "landlord",
    ),
    (r"\bh\b|\bhd\b|\bhuurders?\b|\bbewoners?\b|\bu\b|\buzelf\b|\bzelf\b|\btenant\b", "tenant"),
]
_TICKS = {"x", "v", "ja", "yes", "1", "true", "✓", "✔", "●", "•", "*"}


@dataclass(frozen=True)
class Row:
    """One row of an ABC.

    Attributes
    ----------
    number : int
        Row in the file, the first is 1.
    item : str
        What is repaired.
    detail : str
        What is done to it, where the table says so in a column of its own.
    section : str
        The part of the house or other heading it stands under.
    who : str or None
        Whose it is; None where that could not be read.
    said : str
        How the table says whose it is.
    condition : str
        What the table adds.
    ref : str
        The table's own number, or ``row-<number>``.
    """

    number: int
    item: str
    section: str
    who: Who | None
    said: str
    condition: str
    ref: str
    detail: str = ""


@dataclass(frozen=True)
class Table:
    """All rows of an ABC, and those that were taken for headings since they name nobody and no condition."""

    rows: list[Row]
    headings: list[str]


def read_who(text: str) -> Who | None:
    """Read who is meant; None if nobody, or more than one.

    Examples
    --------
    >>> read_who("voor rekening van de huurder"), read_who("V"), read_who("Serviceabonnement"), read_who("H/V")
    ('tenant', 'landlord', 'subscription', None)
    """
    folded = text.strip().lower()
    found = {who for pattern, who in _WHO if re.search(pattern, folded)}
    funds: set[Who] = found & {"glass_fund", "drain_fund", "subscription"}
    if funds:
        return min(funds, key=[who for _, who in _WHO].index)
    return next(iter(found)) if len(found) == 1 else None


def read_table(path: str | Path, columns: Mapping[str, str] | None = None, sheet: str | None = None) -> Table:
    """Read every row of an ABC that says something.

    Parameters
    ----------
    path : str or Path
        ``.xlsx``, or text separated by commas, semicolons or tabs.
    columns : mapping of str to str, optional
        Heading of the columns ``item``, ``who``, ``condition``, ``ref`` and ``section``, where they are not recognised.
    sheet : str, optional
        Sheet of a spreadsheet; the first if left out.

    Returns
    -------
    Table

    Raises
    ------
    TriageError
        If the file cannot be read, or no heading names an item and who; it lists the headings there are. And if a
        column that was named is not there.
    """
    path = Path(path)
    cells = _read_spreadsheet(path, sheet) if path.suffix.lower() in (".xlsx", ".xlsm") else read_text(path)
    start, places = _find_headings(path, cells, columns or {})
    rows: list[Row] = []
    headings = [""]
    for number, line in enumerate(cells[start + 1 :], start + 2):
        value = {name: one_line(line[i]) if i < len(line) else "" for name, i in places.items()}
        said = _said(value)
        filled = [told for cell in line if (told := one_line(cell))]
        if not filled:
            continue
        if not said and (len(filled) == 1 or (value["item"] and not value.get("condition"))):
            headings.append(value["item"] or filled[0])
            continue
        section = value.get("section") or headings[-1]
        ref = re.sub(r"\s+", "", value.get("ref", "")) or f"row-{number}"
        section = section if len(section) > 1 else ""  # single letters only sort the table
        more = value.get("condition", ""), ref, value.get("detail", "")
        rows.append(Row(number, value["item"], section, read_who(said), said, *more))
    if not rows:
        raise TriageError(f"{path}: no row says who does what; check the columns with --item and --who")
    return Table(rows, headings[1:])


def one_line(text: str) -> str:
    """Write what a cell says on one line, without what only moves a printer's head."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()


def _said(value: Mapping[str, str]) -> str:
    if "who" in value:
        return value["who"]
    ticked = [name for name in ("landlord", "tenant", "subscription") if value.get(name, "").lower() in _TICKS]
    return (
        " / ".join(ticked) or " ".join(value.get(name, "") for name in ("landlord", "tenant", "subscription")).strip()
    )


def _find_headings(path: Path, cells: Sequence[Sequence[str]], named: Mapping[str, str]) -> tuple[int, dict[str, int]]:
    best: dict[str, int] = {}
    searched = cells[:_SEARCHED]
    there = {_fold(cell) for line in searched for cell in line}
    if absent := ", ".join(repr(heading) for heading in named.values() if _fold(heading) not in there):
        raise TriageError(f"{path}: no column {absent}; {_first_row(cells)}. Name a column as its heading reads")
    for number, line in enumerate(searched):
        places = _recognise_headings(line, named)
        if "item" in places and ("who" in places or {"landlord", "tenant"} <= set(places)):
            if "who" in places:
                places = {k: v for k, v in places.items() if k not in ("landlord", "tenant", "subscription")}
            return number, places
        best = max(best, places, key=len)
    missing = "the item" if "item" not in best else "who it is for"
    raise TriageError(
        f"{path}: no column found for {missing}; {_first_row(cells)}. Name the columns with --item and --who"
    )


def _first_row(cells: Sequence[Sequence[str]]) -> str:
    return f"the first row reads {', '.join(map(repr, next((line for line in cells if any(line)), [])))}"


def _fold(heading: str) -> str:
    return re.sub(r"[^\w/ ]", "", heading.strip().lower()).strip()


def _recognise_headings(line: Sequence[str], named: Mapping[str, str]) -> dict[str, int]:
    folded = [_fold(cell) for cell in line]
    places: dict[str, int] = {}
    for name, heading in named.items():
        if _fold(heading) in folded:
            places[name] = folded.index(_fold(heading))
    for name, pattern in _HEADINGS.items():
        free = [i for i, cell in enumerate(folded) if i not in places.values() and re.fullmatch(pattern, cell)]
        if name not in places and free:
            places[name] = free[0]
    if "item" not in places and "detail" in places:
        places["item"] = places.pop("detail")
    return places


def read_text(path: Path) -> list[list[str]]:
    """Read a table as a spreadsheet saves it as text, whatever its separator and encoding.

    Raises
    ------
    TriageError
        If the file cannot be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TriageError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text)))
    except csv.Error as error:
        raise TriageError(f"{path}: cannot be read as a table ({error}); save it anew as .csv") from error


def _separator(text: str) -> str:
    """Find the mark that divides most of the first lines into as many cells; titles and items hold others."""
    first = list(islice(io.StringIO(text, newline=""), _SEARCHED))

    def alike(mark: str) -> int:
        widths = Counter(len(cells) for cells in csv.reader(first, delimiter=mark) if len(cells) > 1)
        return max(widths.values(), default=0)

    return max(_SEPARATORS, key=alike)


def _read_spreadsheet(path: Path, sheet: str | None) -> list[list[str]]:
    try:
        import openpyxl
    except ImportError as error:
        raise TriageError("reading a spreadsheet needs openpyxl: pip install 'repair-triage[excel]'") from error
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise TriageError(f"{path}: cannot be read as a spreadsheet; save it as .xlsx or .csv") from error
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise TriageError(f"{path}: no sheet {sheet!r}; there are {', '.join(book.sheetnames)}")
        lines = (book[sheet] if sheet else book.worksheets[0]).iter_rows(values_only=True)
        return [["" if cell is None else str(cell) for cell in line] for line in lines]
    finally:
        book.close()
