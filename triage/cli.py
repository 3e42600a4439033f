"""The command line: a thin face on the library."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from triage._version import __version__
from triage.cli_catalogue import catalogue_app
from triage.errors import FactError, TriageError

app = typer.Typer(
    help="Who repairs what in a rented home: landlord or tenant, and why.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(catalogue_app, name="catalogue")

CatalogueOption = Annotated[
    Path | None, typer.Option("--catalogue", "-c", help="Catalogue in YAML; the bundled one if left out.")
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
    date: Annotated[str | None, typer.Option(help="Judge by the rules of this day, such as 2026-03-01.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the assessment as JSON.")] = False,
    model: ModelOption = None,
    catalogue: CatalogueOption = None,
) -> None:
    """Assess one request and say why."""
    from triage.triager import load

    message = sys.stdin.read() if text == "-" else text
    assessment = load(model, catalogue).assess(message, facts=_read_facts(fact or []), date=date)
    if as_json:
        typer.echo(assessment.model_dump_json(indent=2))
        return
    from triage.report import show

    show(assessment)


def _read_facts(pairs: list[str]) -> dict[str, bool | str]:
    from triage.facts import read_fact

    facts: dict[str, bool | str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise FactError(f"fact {pair!r}: write it as name=yes, name=no or rule=id")
        facts[name.strip()] = read_fact(value)
    return facts


@app.command()
def score(
    source: Annotated[Path, typer.Argument(help="CSV file with one request a row.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="CSV file to write.")],
    column: Annotated[
        str | None, typer.Option(help="Column with the message; found by itself if there is one text column.")
    ] = None,
    per: Annotated[str, typer.Option(help="One row per 'request' or per 'finding'.")] = "request",
    date_column: Annotated[str | None, typer.Option(help="Column with the day of each request.")] = None,
    fact_column: Annotated[
        list[str] | None, typer.Option(help="Column with something known, named as its fact. May be repeated.")
    ] = None,
    model: ModelOption = None,
    catalogue: CatalogueOption = None,
) -> None:
    """Score a backlog: every row of a file gets its label, rule and reason."""
    from triage.scoring import score_file
    from triage.triager import load

    counts = score_file(load(model, catalogue), source, output, column, per, date_column, fact_column or [])
    typer.echo(
        f"{sum(counts.values())} requests scored: " + ", ".join(f"{n} {name}" for name, n in counts.items()), err=True
    )


def main() -> None:
    """Run the command line; errors of this library are told without a traceback."""
    try:
        app(prog_name="triage")
    except TriageError as error:
        typer.secho(f"error: {error}", err=True, fg="red")
        raise SystemExit(1) from error
