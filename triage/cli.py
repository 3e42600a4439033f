"""The command line: a thin face on the library."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from triage._version import __version__
from triage.cli_catalogue import catalogue_app, told_day
from triage.errors import FactError, TriageError

app = typer.Typer(
    help="Who repairs what in a rented home: landlord or tenant, and why.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(catalogue_app, name="catalogue")

CatalogueOption = Annotated[
    Path | None,
    typer.Option(
        "--catalogue", "-c", help="Catalogue in YAML, or nl for the bundled one; the model's own if left out."
    ),
]
ModelOption = Annotated[Path | None, typer.Option("--model", "-m", help="Model folder; the bundled one if left out.")]


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    """Hold what belongs to no command."""
    if show:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def assess(
    text: Annotated[str, typer.Argument(help="The message; - reads standard input.")],
    fact: Annotated[
        list[str] | None, typer.Option("--fact", "-f", help="Something known, such as reachable=no. May be repeated.")
    ] = None,
    date: Annotated[
        str | None, typer.Option(callback=told_day, help="Judge by the rules of this day, such as 2026-03-01.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the assessment as JSON.")] = False,
    model: ModelOption = None,
    catalogue: CatalogueOption = None,
) -> None:
    """Assess one request and say why."""
    from triage.triager import load

    message = _read_input() if text == "-" else text
    assessment = load(model, catalogue).assess(message, facts=_read_facts(fact or []), date=date)
    if as_json:
        typer.echo(assessment.model_dump_json(indent=2))
        return
    from triage.report import show

    show(assessment)


def _read_input() -> bytes:
    if sys.stdin is None:
        raise TriageError("standard input is closed; pipe the message in, or give it in the place of -")
    return sys.stdin.buffer.read()


def _read_facts(pairs: list[str]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise FactError(f"fact {pair!r}: write it as name=yes, name=no, name=unknown or rule=id")
        name, value = name.strip(), value.strip()
        if facts.setdefault(name, value) != value:
            raise FactError(f"fact {name!r} is given twice, as {facts[name]!r} and as {value!r}; give it once")
    return facts


@app.command()
def score(
    source: Annotated[
        str, typer.Argument(help="File (.csv, .tsv, .xlsx, .jsonl, .parquet) or database (sqlite:///tickets.db).")
    ],
    output: Annotated[str, typer.Option("--output", "-o", help="File or database to write, of any of these kinds.")],
    column: Annotated[
        str | None,
        typer.Option(help="Column with the message; found by its name, such as melding, or as the only one."),
    ] = None,
    per: Annotated[str, typer.Option(help="One row per 'request' or per 'finding'.")] = "request",
    date_column: Annotated[
        str | None, typer.Option(help="Column with the day of each request, as 2026-03-01 or 1-3-2026.")
    ] = None,
    date: Annotated[
        str | None,
        typer.Option(callback=told_day, help="The day whose rules count for rows without one; today if left out."),
    ] = None,
    fact_column: Annotated[
        list[str] | None, typer.Option(help="Column with something known, named as its fact. May be repeated.")
    ] = None,
    separator: Annotated[str | None, typer.Option(help="Of a CSV file; found by itself.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of a text file, such as cp1252; UTF-8 if left out.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Of an Excel file; the first one if left out.")] = None,
    table: Annotated[str | None, typer.Option(help="Table of a database to read.")] = None,
    order_by: Annotated[str | None, typer.Option(help="Column to read it by; the primary key if left out.")] = None,
    output_table: Annotated[str | None, typer.Option(help="Table of a database to make.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Processes side by side; -1 is one for each core.")] = 1,
    rows: Annotated[
        int, typer.Option(min=1, help="Rows in a part: what is lost at most when a run is stopped.")
    ] = 5000,
    model: ModelOption = None,
    catalogue: CatalogueOption = None,
) -> None:
    """Score a backlog: every row gets its label, rule and reason. Stopped, the same command goes on."""
    from triage.backlog import Options
    from triage.backlog import score as score_backlog
    from triage.backlog.report import following, show
    from triage.triager import load

    options = Options(
        column=column,
        per=per,
        date_column=date_column,
        date=date,
        fact_columns=tuple(fact_column or ()),
        separator=separator,
        encoding=encoding,
        sheet=sheet,
        table=table,
        order_by=order_by,
        output_table=output_table,
        n_jobs=jobs,
        rows=rows,
    )
    try:
        with following() as progress:
            summary = score_backlog(load(model, catalogue), source, output, options, progress)
    except KeyboardInterrupt:
        typer.echo("stopped; the same command goes on where it stopped", err=True)
        raise typer.Exit(130) from None
    show(summary)


def main() -> None:
    """Run the command line; errors of this library, and of files, are told without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a program reads UTF-8; a terminal shows what it can
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")
    try:
        app(prog_name="triage")
    except (TriageError, OSError) as error:
        told = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else error
        typer.secho(f"error: {told}", err=True, fg="red")
        raise SystemExit(1) from error
