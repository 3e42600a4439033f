"""Reading an association's ABC: a table of who does what, from a spreadsheet or CSV."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from triage.errors import TriageError

__all__ = ["FUNDS", "Row", "Table", "Who", "named_in", "one_line", "read_table", "read_text", "read_who"]

Who = Literal["landlord", "tenant", "subscription", "glass_fund", "drain_fund"]
FUNDS: tuple[Who, ...] = ("subscription", "glass_fund", "drain_fund")
"""What tenants take part in, and then pays."""

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
    (
        r"(?<!['’])\bs\b|\babonnement|abonnement\b|\bservice\w*\b|\bonderhoudsfonds\b|\bfonds\b|\bsubscription\b",
        "subscription",
    ),
    (
        r"\bv\b|\bvh\b|\bverhuurders?\b|corporatie\b|\bwoningstichting\b|\bwoonstichting\b|\bwoningbouw\w*|\beigenaar\b"
        r"|\bwij\b|\bons\b|\bgratis\b|\bkosteloos\b|\bonze (?:rekening|kosten)\b|\blandlord\b|\bowner\b",
        "landlord",
    ),
    (r"\bh\b|\bhd\b|\bhuurders?\b|\bbewoners?\b|\bu\b|\buzelf\b|\bzelf\b|\btenant\b", "tenant"),
]
_NEITHER = re.compile(r"\bn\W?v\W?t\b|\bv\W?v\W?e\b|\bservice ?kosten\b", re.I)
"""Nobody, or somebody else; who pays by service charges, and who repairs, the table must say otherwise."""
_DOTTED = re.compile(r"\b(?![hsuv]\W[hsuv]\b)(\w)[.&](?=\w)")
"""A letter of an abbreviation, such as n.v.t. or V&O, which names nobody by itself, unless two parties are named so."""
_MEMBERS = re.compile(
    r"(?:(?:alleen|uitsluitend|only)\s+)?(?:met|via|with)\s+(?:(?:een|het|ons|a|the|our)\s+)?([\w-]+)\.?", re.I
)
"""A condition that says no more than in which fund tenants must take part."""
_PARTIES = ("landlord", "tenant", "subscription")
"""What may have a column of its own, in which it is ticked."""
_TICKS = {"x", "v", "ja", "yes", "1", "true", "✓", "✔", "●", "•", "*"}
_NO_TICKS = {"", "-", "–", "—", "nee", "no", "0", "false", "nvt", "n.v.t."}


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
    proviso : str
        The same, but for a condition that only names the fund which ``who`` tells of.
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
    proviso: str = ""


@dataclass(frozen=True)
class Table:
    """What a table was read as.

    Attributes
    ----------
    rows, headings : list of Row
        What says something; and rows that were taken for headings, since they name nobody and no condition.
    columns : dict of str to str
        What was read, and under which headings.
    unused : list of str
        Headings of columns that were not read, though they hold something.
    """

    rows: list[Row]
    headings: list[Row]
    columns: dict[str, str]
    unused: list[str]

    def told(self) -> str:
        """Say in one line which column was taken for what."""
        columns = ", ".join(f"{name} = {heading}" for name, heading in self.columns.items())
        return f"columns: {columns}" + (f"; not used: {', '.join(self.unused)}" if self.unused else "")


def read_who(text: str) -> Who | None:
    """Read who is meant; None if nobody, or more than one.

    Examples
    --------
    >>> read_who("voor rekening van de huurder"), read_who("V"), read_who("Serviceabonnement"), read_who("H/V")
    ('tenant', 'landlord', 'subscription', None)
    >>> read_who("n.v.t."), read_who("V.v.E."), read_who("servicekosten")
    (None, None, None)
    """
    found = set() if _NEITHER.search(text) else named_in(text)
    if funds := found & set(FUNDS):
        return min(funds, key=[who for _, who in _WHO].index)
    return next(iter(found)) if len(found) == 1 else None


def named_in(text: str) -> set[Who]:
    """Find all who are named in a text, also by what only they do, such as repairs without charge."""
    folded = _DOTTED.sub(r"\1", text.lower())
    return {who for pattern, who in _WHO if re.search(pattern, folded)}


def read_table(path: str | Path, columns: Mapping[str, str] | None = None, sheet: str | None = None) -> Table:
    """Read every row of an ABC that says something.

    Parameters
    ----------
    path : str or Path
        ``.xlsx``, or text separated by commas, semicolons or tabs.
    columns : mapping of str to str, optional
        Heading of the columns ``item``, ``who``, ``condition``, ``ref`` and ``section``, where they are not recognised.
    sheet : str, optional
        The first if left out.

    Returns
    -------
    Table

    Raises
    ------
    TriageError
        If the file cannot be read, or no heading names an item and who; it lists the headings there are, and the
        other sheets. And if a column or sheet that was named is not there.
    """
    path = Path(path)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        cells, others = _read_spreadsheet(path, sheet)
    elif sheet is None:
        cells, others = read_text(path), ""
    else:
        raise TriageError(f"{path}: a text file has no sheets; leave out --sheet")
    start, places = _find_headings(path, cells, columns or {}, others)
    rows: list[Row] = []
    headings: list[Row] = []
    above = ""
    for number, line in enumerate(cells[start + 1 :], start + 2):
        value = {name: _joined(line, own) for name, own in places.items()}
        said, party = _read_party(value)
        item = value["item"] or (above if value.get("detail") else "")  # cells may be merged over several rows
        above = item or above
        filled = [told for cell in line if (told := one_line(cell))]
        if not filled:
            continue
        if not said and (len(filled) == 1 or (value["item"] and not value.get("condition"))):
            headings.append(Row(number, value["item"] or filled[0], "", None, "", "", ""))
            continue
        section = value.get("section") or (headings[-1].item if headings else "")
        ref = re.sub(r"\s+", "", value.get("ref", "")) or f"row-{number}"
        section = section if len(section) > 1 else ""  # single letters only sort the table
        who, proviso = _read_condition(party, value.get("condition", ""))
        more = value.get("condition", ""), ref, value.get("detail", ""), proviso
        rows.append(Row(number, item, section, who, said, *more))
    if not rows:
        raise TriageError(f"{path}: no row says who does what; check the columns with --item and --who{others}")
    return Table(rows, headings, *_columns(cells[start:], places))


def _joined(line: Sequence[str], columns: Sequence[int]) -> str:
    return "; ".join(told for i in columns if i < len(line) and (told := one_line(line[i])))


def _columns(cells: Sequence[Sequence[str]], places: Mapping[str, Sequence[int]]) -> tuple[dict[str, str], list[str]]:
    """Tell the headings of what was read, and of what was not."""
    width = max(map(len, cells))
    headings = [one_line(cell) or f"column {i}" for i, cell in enumerate([*cells[0], *[""] * width][:width], 1)]
    filled = {i for line in cells[1:] for i, cell in enumerate(line) if one_line(cell)}
    unused = sorted(filled.difference(*places.values()))
    return {name: " + ".join(headings[i] for i in own) for name, own in places.items()}, [headings[i] for i in unused]


def one_line(text: str) -> str:
    """Write what a cell says on one line, without what only moves a printer's head."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()


def _read_party(value: Mapping[str, str]) -> tuple[str, Who | None]:
    """Read how a row says whose it is, and whose that is: nobody's where a mark beside a tick is none itself."""
    if "who" in value:
        return value["who"], read_who(value["who"])
    marks = {name: value[name] for name in _PARTIES if value.get(name, "").lower() not in _NO_TICKS}
    ticked = [name for name, mark in marks.items() if mark.lower() in _TICKS]
    if ticked:
        said = " / ".join(name if name in ticked else f"{name} {mark}" for name, mark in marks.items())
    else:
        said = " ".join(value.get(name, "") for name in _PARTIES).strip()
    return said, read_who(said) if len(ticked) in (0, len(marks)) else None


def _read_condition(who: Who | None, condition: str) -> tuple[Who | None, str]:
    """Tell whose a row is with its condition, and what of that is left: what only members have is for their fund."""
    members = _MEMBERS.fullmatch(condition)
    fund = read_who(members[1]) if members else None
    return (fund, "") if fund in FUNDS and who in ("landlord", fund) else (who, condition)


def _find_headings(
    path: Path, cells: Sequence[Sequence[str]], named: Mapping[str, str], others: str
) -> tuple[int, dict[str, list[int]]]:
    best: dict[str, list[int]] = {}
    searched = cells[:_SEARCHED]
    there = {_fold(cell) for line in searched for cell in line}
    if absent := ", ".join(repr(heading) for heading in named.values() if _fold(heading) not in there):
        raise TriageError(
            f"{path}: no column {absent}; {_first_row(cells)}. Name a column as its heading reads{others}"
        )
    for number, line in enumerate(searched):
        places = _recognise_headings(line, named)
        if "item" in places and ("who" in places or {"landlord", "tenant"} <= set(places)):
            if "who" in places:
                places = {k: v for k, v in places.items() if k not in _PARTIES}
            return number, places
        best = max(best, places, key=len)
    missing = "the item" if "item" not in best else "who it is for"
    raise TriageError(
        f"{path}: no column found for {missing}; {_first_row(cells)}. Name the columns with --item and --who{others}"
    )


def _first_row(cells: Sequence[Sequence[str]]) -> str:
    return f"the first row reads {', '.join(map(repr, next((line for line in cells if any(line)), [])))}"


def _fold(heading: str) -> str:
    return re.sub(r"[^\w/ ]", "", heading.strip().lower()).strip()


def _recognise_headings(line: Sequence[str], named: Mapping[str, str]) -> dict[str, list[int]]:
    """Find the columns of each kind: one, but all that add a condition."""
    folded = [_fold(cell) for cell in line]
    places: dict[str, list[int]] = {}
    for name, heading in named.items():
        if _fold(heading) in folded:
            places[name] = [folded.index(_fold(heading))]
    for name, pattern in _HEADINGS.items():
        taken = {i for columns in places.values() for i in columns}
        free = [i for i, cell in enumerate(folded) if i not in taken and re.fullmatch(pattern, cell)]
        if name not in places and free:
            places[name] = free if name == "condition" else free[:1]
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
        wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))  # Excel's "Unicode text"
        text = raw.decode("utf-16" if wide else "cp1252", errors="replace")
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


def _read_spreadsheet(path: Path, sheet: str | None) -> tuple[list[list[str]], str]:
    """Read the cells of a sheet, and say which other sheets a table may stand on."""
    from triage.backlog.table_source import need

    openpyxl = need("openpyxl", "excel", "reading a spreadsheet")
    try:
        with closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as book:
            sheets = {own.title: own for own in book.worksheets}
            chosen = sheets.get(sheet or next(iter(sheets)))
            if chosen is not None:
                chosen.reset_dimensions()  # some programs write dimensions that do not fit
                cells = [
                    ["" if cell is None else str(cell) for cell in row] for row in chosen.iter_rows(values_only=True)
                ]
    except Exception as error:  # openpyxl lets many kinds of error through for a damaged file
        raise TriageError(
            f"{path}: cannot be read as a spreadsheet ({error}); save it anew as .xlsx or .csv"
        ) from error
    if chosen is None:
        raise TriageError(f"{path}: no sheet {sheet!r}; there are {', '.join(sheets)}")
    others = ", ".join(title for title in sheets if title != chosen.title)
    return cells, f"; or take another sheet with --sheet: {others}" if others else ""
