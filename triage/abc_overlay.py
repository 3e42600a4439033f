"""An import written as the association's catalogue; over nothing that somebody else wrote, or changed."""

from __future__ import annotations

import hashlib
import io
from datetime import date
from pathlib import Path
from typing import Any

from triage.abc_import import Import
from triage.abc_table import FUNDS, Row
from triage.catalogue import Catalogue
from triage.catalogue_file import read_catalogue
from triage.errors import TriageError

__all__ = ["check_untouched", "write_overlay"]

_SEAL = "# Mark of the import, which writes over this file as long as nobody has changed it: "


def check_untouched(path: Path) -> None:
    """Tell whether a file may be written over: if there is none, or it is as an import left it.

    Raises
    ------
    TriageError
        If not; it says what to do.
    """
    if not path.exists():
        return
    first, _, rest = path.read_text(encoding="utf-8", errors="replace").partition("\n")
    if first != _seal(rest):
        raise TriageError(
            f"{path}: was changed since it was imported, or is something else; name another --output, and carry over "
            "what you need, or write over it with --force"
        )


def _seal(text: str) -> str:
    return _SEAL + hashlib.sha256(text.encode()).hexdigest()[:16]


def write_overlay(
    path: Path, result: Import, catalogue: Catalogue, id_: str, name: str | None, source: str
) -> Catalogue:
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
    title = f"Onderhouds-ABC {name or 'van onze woningcorporatie'}"
    tree = CommentedMap(
        schema_version=1,
        extends=catalogue.id,
        id=id_,
        version=today,
        title={"nl": title, "en": f"Maintenance ABC of {name or 'our housing association'}"},
        sources=[{"id": "own", "title": title, "checked_on": date.today()}],
        changes=_changes(result, catalogue),
        covers=_covers(result),
        rules=[_own_rule(row, result.ids[row.number]) for row in result.new],
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
    text = io.StringIO()
    writer.dump(tree, text)
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(f"{_seal(text.getvalue())}\n{text.getvalue()}", encoding="utf-8", newline="\n")
    written = read_catalogue(draft)
    draft.replace(path)
    return written


def _changes(result: Import, catalogue: Catalogue) -> list[dict[str, Any]]:
    changes: dict[str, dict[str, Any]] = {}
    for row, rule in result.placed:
        if row.who in FUNDS or row.who == catalogue.rule(rule).responsible or rule in changes:
            continue
        changes[rule] = {"rule": rule, "responsible": row.who, "basis": f"own:{row.ref}", "note": _note(row)}
    return list(changes.values())


def _note(row: Row) -> str:
    return f"{row.item} ({row.condition})" if row.condition else row.item


def _covers(result: Import) -> list[dict[str, Any]]:
    """Write down what each fund pays for: by each row that says so, and each rule once."""
    covers: dict[tuple[str, str], dict[str, Any]] = {}
    covered: set[tuple[str, str]] = set()
    for row, rule in result.placed:
        if row.who in FUNDS and (row.who, rule) not in covered:
            covered.add((row.who, rule))
            cover = {"when": row.who, "basis": f"own:{row.ref}", "rules": []}
            covers.setdefault((row.who, row.ref), cover)["rules"].append(rule)
    return list(covers.values())


def _own_rule(row: Row, id_: str) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": id_,
        "title": {"nl": row.item, "en": row.item},
        "responsible": "landlord" if row.who == "landlord" else "tenant",
        "basis": f"own:{row.ref}",
        "words": {"nl": [row.item]},
    }
    if row.who in FUNDS:
        rule["unless"] = [{"when": row.who, "responsible": "landlord", "basis": f"own:{row.ref}"}]
    return rule
