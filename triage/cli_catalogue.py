"""The command line for catalogues: check, show, import, diff, guide."""

from __future__ import annotations

from collections import Counter
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triage.errors import CatalogueError, TriageError

if TYPE_CHECKING:
    from triage.catalogue import Catalogue

__all__ = ["catalogue_app", "told_day"]

catalogue_app = typer.Typer(
    help="Check, show and compare catalogues.", no_args_is_help=True, pretty_exceptions_enable=False
)

CatalogueOption = Annotated[
    Path | None, typer.Option("--catalogue", "-c", help="Catalogue in YAML, or nl for the bundled one, as if left out.")
]
CatalogueArgument = Annotated[str, typer.Argument(help="Catalogue in YAML, or nl for the bundled one.")]


class OnDeparture(StrEnum):
    """What a departure from law is taken for."""

    warn = "warn"
    error = "error"


class Language(StrEnum):
    """What differences are told in."""

    nl = "nl"
    en = "en"


def told_day(day: str | None) -> str | None:
    """Refuse an option for a day that is left blank: it would count as today."""
    if day is not None and not day.strip():
        raise typer.BadParameter("it is blank; write a day as 2026-03-01, or leave the option out")
    return day


TenancyOption = Annotated[
    str | None, typer.Option(callback=told_day, help="For a tenancy that began on this day, such as 2024-07-01.")
]


@catalogue_app.command("check")
def check(
    file: CatalogueArgument,
    law: Annotated[
        OnDeparture,
        typer.Option(help="Take a rule that shifts the landlord's duty to the tenant as a warning or an error."),
    ] = OnDeparture.warn,
) -> None:
    """Check a catalogue; every problem is named with its line and remedy, every departure from law with its article."""
    from triage.catalogue_file import read_catalogue
    from triage.remarks import remarks

    catalogue = read_catalogue(file)
    found = remarks(catalogue)
    breaches = [f"{file}: rule {remark.rule}: {remark.text}" for remark in found if remark.kind == "law"]
    if law is OnDeparture.error and breaches:
        raise CatalogueError(breaches)
    for remark in found:
        typer.secho(f"{remark.kind}: rule {remark.rule}: {remark.text}", err=True, fg="yellow")
    laid = f" over {catalogue.extends}" if catalogue.extends else ""
    typer.echo(
        f"{file}: in order{laid}. {len(catalogue.rules)} rules, {len(catalogue.circumstances)} circumstances, "
        f"{len(catalogue.elsewhere)} kinds of other messages, version {catalogue.version}"
        + (f"; {_counted(len(breaches), 'departure')} from law" if catalogue.extends else "")
    )


@catalogue_app.command("import")
def import_table(
    table: Annotated[Path, typer.Argument(help="ABC as .xlsx or .csv: item, who, and possibly a condition.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Catalogue to write.")],
    name: Annotated[str | None, typer.Option(help="Name of the association.")] = None,
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
    force: Annotated[
        bool, typer.Option("--force", help="Write over a catalogue that was changed since it was imported.")
    ] = False,
) -> None:
    """Turn an ABC into a catalogue; what is not sure is listed for you to settle, and read back the next time."""
    from triage.abc_import import assemble, read_answers, write_review
    from triage.abc_match import match_rows
    from triage.abc_overlay import check_untouched, write_overlay
    from triage.abc_table import read_table
    from triage.remarks import remarks
    from triage.triager import load

    review = review or output.with_suffix(".review.csv")
    if len({path.resolve() for path in (table, output, review)}) < 3:
        raise TriageError(f"{table}, {output} and {review} must be three files; name another --output or --review")
    _check_csv(review)
    if not force:
        check_untouched(output)
    triager = load()
    named = {"item": item, "who": who, "condition": condition, "ref": ref, "section": section}
    abc = read_table(table, {key: heading for key, heading in named.items() if heading}, sheet)
    matches = match_rows(abc.rows, triager.model.recogniser, triager.catalogue)
    result = assemble(matches, read_answers(review), triager.catalogue)
    written = write_overlay(output, result, triager.catalogue, short, name, table.name)
    write_review(review, result, matches, triager.catalogue, abc.headings)
    typer.echo(abc.told(), err=True)
    for remark in remarks(written):
        typer.secho(f"{remark.kind}: rule {remark.rule}: {remark.text}", err=True, fg="yellow")
    if abc.headings:
        headings = "; ".join(heading.item for heading in abc.headings)
        typer.secho(f"taken as headings, since nobody is named: {headings}", err=True, fg="yellow")
    typer.echo(result.summary())
    rest = f"settle the first {len(result.doubts)} in" if result.doubts else "see what each row became in"
    typer.echo(f"written to {output}; {rest} {review}, and run again after a change")


@catalogue_app.command("diff")
def diff(
    before: CatalogueArgument,
    after: CatalogueArgument,
    date: Annotated[
        str | None, typer.Option(callback=told_day, help="Compare the rules of this day, such as 2026-03-01.")
    ] = None,
    tenancy_start: TenancyOption = None,
    language: Annotated[Language, typer.Option(help="Of the words.")] = Language.nl,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the table as .csv, with semicolons.")
    ] = None,
) -> None:
    """Say what changes for whom between two catalogues, in words or as a table."""
    from triage.catalogue_file import read_catalogue
    from triage.difference import count, differences, left_out
    from triage.values import read_date

    if output is not None:
        _check_csv(output)
    one, other, day = read_catalogue(before), read_catalogue(after), read_date(date)
    found = differences(one, other, day, read_date(tenancy_start) if tenancy_start else None)
    if output is not None:
        import pandas as pd

        rows = [item.model_dump(exclude={"title", "said"}) | {"said": item.said.in_(language)} for item in found]
        columns = ["rule", "kind", "when", "before", "after", "basis_before", "basis_after", "said"]
        pd.DataFrame(rows, columns=columns).to_csv(output, sep=";", encoding="utf-8-sig", index=False)
    else:
        for item in found:
            typer.echo(f"{item.rule}: {item.said.in_(language)}")
    typer.echo(count(found, language), err=True)
    if tenancy_start is None and (bound := left_out(one, other, day)):
        told = (
            f"left out, since they differ for some tenancies alone: {', '.join(bound)}; see them with --tenancy-start"
        )
        typer.secho(told, err=True, fg="yellow")


def _check_csv(path: Path) -> None:
    if path.suffix.lower() != ".csv":
        raise TriageError(f"{path}: is written as CSV; name it {path.with_suffix('.csv').name}, which Excel opens too")


@catalogue_app.command("guide")
def guide(
    file: CatalogueArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")],
    date: Annotated[
        str | None, typer.Option(callback=told_day, help="Show the rules of this day, such as 2026-03-01.")
    ] = None,
) -> None:
    """Write a page for tenants: who does what, searchable in their own words, Dutch and English."""
    from triage.catalogue_file import read_catalogue
    from triage.guide import write_guide
    from triage.values import read_date

    for path in write_guide(read_catalogue(file), output, read_date(date)):
        typer.echo(path)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


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
    rule: Annotated[str, typer.Argument(help="Id of a rule, such as tap.drips, or a word to find one by.")],
    catalogue: CatalogueOption = None,
    date: Annotated[
        str | None, typer.Option(callback=told_day, help="Tell which version counts on this day, such as 2026-03-01.")
    ] = None,
    tenancy_start: TenancyOption = None,
) -> None:
    """Show a rule in all its versions: who, why, what flips it, and what the law says."""
    from triage.catalogue_file import read_catalogue
    from triage.report import show_rule as show
    from triage.values import read_date

    rules = read_catalogue(catalogue or "nl")
    titles = {known.id: known.title.nl for known in rules.rules}
    if rule not in titles:
        meant = ", ".join(f"{known} ({titles[known]})" for known in _alike(rule, rules))
        hint = f"; did you mean {meant}?" if meant else "; search by another word, Dutch or English"
        raise TriageError(f"no rule {rule!r} in catalogue {rules.id}{hint}")
    show(rule, rules, read_date(date), read_date(tenancy_start) if tenancy_start else None)


def _alike(said: str, catalogue: Catalogue) -> list[str]:
    """Find the rules that are perhaps meant: by what their ids begin with, then by their texts, typos included."""
    from triage.wording import rule_texts, words_of

    named = [rule.id for rule in catalogue.rules if said.partition(".")[0] in rule.id]
    texts, ids = rule_texts(catalogue.rules)
    known = {word for text in texts for word in text}
    close = {like for word in words_of(said) for like in get_close_matches(word, known, cutoff=0.8)}
    told = Counter(id_ for text, id_ in zip(texts, ids, strict=True) for word in close.intersection(text))
    return list(dict.fromkeys([*named, *(id_ for id_, _ in told.most_common())]))[:6]
