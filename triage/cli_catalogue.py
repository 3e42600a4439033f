"""The command line for catalogues: check, show, import, diff, guide."""

from __future__ import annotations

import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from triage.errors import CatalogueError, TriageError

__all__ = ["catalogue_app"]

catalogue_app = typer.Typer(
    help="Check, show and compare catalogues.", no_args_is_help=True, pretty_exceptions_enable=False
)

CatalogueOption = Annotated[
    Path | None, typer.Option("--catalogue", "-c", help="Catalogue in YAML, or nl for the bundled one, as if left out.")
]
CatalogueArgument = Annotated[str, typer.Argument(help="Catalogue in YAML, or nl for the bundled one.")]


class Law(StrEnum):
    """What a departure from law is taken for."""

    warn = "warn"
    error = "error"


@catalogue_app.command("check")
def check(
    file: CatalogueArgument,
    law: Annotated[
        Law, typer.Option(help="Take a rule that shifts the landlord's duty to the tenant as a warning or an error.")
    ] = Law.warn,
) -> None:
    """Check a catalogue; every problem is named with its line and remedy, every departure from law with its article."""
    from triage.catalogue_file import read_catalogue
    from triage.remarks import remarks

    catalogue = read_catalogue(_path(file))
    found = remarks(catalogue)
    breaches = [f"{file}: rule {remark.rule}: {remark.text}" for remark in found if remark.kind == "law"]
    if law is Law.error and breaches:
        raise CatalogueError(breaches)
    for remark in found:
        typer.secho(f"{remark.kind}: rule {remark.rule}: {remark.text}", err=True, fg="yellow")
    laid = f" over {catalogue.extends}" if catalogue.extends else ""
    typer.echo(
        f"{file}: in order{laid}. {len(catalogue.rules)} rules, {len(catalogue.circumstances)} circumstances, "
        f"{len(catalogue.elsewhere)} kinds of other messages, version {catalogue.version}"
        + (f"; {len(breaches)} departures from law" if catalogue.extends else "")
    )


@catalogue_app.command("import")
def import_table(
    table: Annotated[Path, typer.Argument(help="ABC as .xlsx or .csv: item, who, and possibly a condition.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Catalogue to write.")],
    name: Annotated[str, typer.Option(help="Name of the association.")] = "onze vereniging",
    short: Annotated[str, typer.Option("--id", help="Short name, in small letters.")] = "ours",
    item: Annotated[str | None, typer.Option(help="Heading of the column with the item.")] = None,
    who: Annotated[str | None, typer.Option(help="Heading of the column that says who.")] = None,
    condition: Annotated[str | None, typer.Option(help="Heading of the column with conditions.")] = None,
    ref: Annotated[str | None, typer.Option(help="Heading of the column with the table's own number.")] = None,
    section: Annotated[str | None, typer.Option(help="Heading of the column with the part of the house.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of the spreadsheet.")] = None,
    review: Annotated[
        Path | None, typer.Option(help="Where it is told what became of each row, and your answers are read back.")
    ] = None,
) -> None:
    """Turn an ABC into a catalogue; what is not sure is listed for you to settle, and read back the next time."""
    from triage.abc_import import assemble, read_answers, write_overlay, write_review
    from triage.abc_match import match_rows
    from triage.abc_table import read_table
    from triage.remarks import remarks
    from triage.triager import load

    triager = load()
    named = {"item": item, "who": who, "condition": condition, "ref": ref, "section": section}
    abc = read_table(table, {key: heading for key, heading in named.items() if heading}, sheet)
    matches = match_rows(abc.rows, triager.model.recogniser, triager.catalogue)
    review = review or output.with_suffix(".review.csv")
    result = assemble(matches, read_answers(review), triager.catalogue)
    written = write_overlay(output, result, triager.catalogue, short, name, table.name)
    write_review(review, result, matches)
    for remark in remarks(written):
        typer.secho(f"{remark.kind}: rule {remark.rule}: {remark.text}", err=True, fg="yellow")
    if abc.headings:
        typer.secho(f"taken as headings, since nobody is named: {'; '.join(abc.headings)}", err=True, fg="yellow")
    typer.echo(result.summary())
    rest = f"settle the first {len(result.doubts)} in" if result.doubts else "see what each row became in"
    typer.echo(f"written to {output}; {rest} {review}, and run again after a change")


@catalogue_app.command("diff")
def diff(
    before: CatalogueArgument,
    after: CatalogueArgument,
    date: Annotated[str | None, typer.Option(help="Compare the rules of this day, such as 2026-03-01.")] = None,
    tenancy_start: Annotated[str | None, typer.Option(help="For a tenancy that began on this day.")] = None,
    language: Annotated[str, typer.Option(help="nl or en.")] = "nl",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the table as CSV.")] = None,
) -> None:
    """Say what changes for whom between two catalogues, in words or as a table."""
    from triage.catalogue_file import read_catalogue
    from triage.difference import differences
    from triage.values import read_date

    found = differences(
        read_catalogue(_path(before)), read_catalogue(_path(after)), read_date(date), _maybe(tenancy_start)
    )
    if output is not None:
        import pandas as pd

        rows = [item.model_dump(exclude={"title", "said"}) | {"said": item.said.in_(language)} for item in found]
        columns = ["rule", "kind", "when", "before", "after", "basis_before", "basis_after", "said"]
        pd.DataFrame(rows, columns=columns).to_csv(output, index=False)
    else:
        for item in found:
            typer.echo(f"{item.rule}: {item.said.in_(language)}")
    kinds = [item.kind for item in found]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)) or "none"
    typer.echo(f"{len(found)} differences: {counts}", err=True)


@catalogue_app.command("guide")
def guide(
    file: CatalogueArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")],
    date: Annotated[str | None, typer.Option(help="Show the rules of this day, such as 2026-03-01.")] = None,
) -> None:
    """Write a page for tenants: who does what, searchable in their own words, Dutch and English."""
    from triage.catalogue_file import read_catalogue
    from triage.guide import write_guide
    from triage.values import read_date

    for path in write_guide(read_catalogue(_path(file)), output, read_date(date)):
        typer.echo(path)


def _maybe(date: str | None) -> datetime.date | None:
    from triage.values import read_date

    return None if date is None else read_date(date)


def _path(file: str) -> Path:
    from triage.catalogue_file import BUNDLED

    return BUNDLED if file == "nl" else Path(file)


@catalogue_app.command("schema")
def print_schema(
    overlay: Annotated[bool, typer.Option("--overlay", help="Of a catalogue that extends another.")] = False,
) -> None:
    """Print the JSON Schema of catalogues, for editors that complete and check."""
    import json

    from triage.catalogue import Catalogue
    from triage.overlay import Overlay

    typer.echo(json.dumps((Overlay if overlay else Catalogue).model_json_schema(), indent=1, ensure_ascii=False))


@catalogue_app.command("show")
def show_rule(
    rule: Annotated[str, typer.Argument(help="Id of a rule, such as tap.drips.")],
    catalogue: CatalogueOption = None,
) -> None:
    """Show a rule: who, why, what flips it, and what the law says."""
    from triage.report import show_rule as show
    from triage.triager import load

    rules = load(catalogue=catalogue).catalogue
    try:
        chosen = rules.rule(rule)
    except KeyError as error:
        alike = [known.id for known in rules.rules if rule.partition(".")[0] in known.id]
        hint = f"; did you mean {', '.join(alike[:6])}?" if alike else ""
        raise TriageError(f"no rule {rule!r} in catalogue {rules.id}{hint}") from error
    show(chosen, rules)
