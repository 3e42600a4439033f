"""The command line of training: `python -m training`, with `fit`, `promise`, `evaluate`, `ideas` and `document`.

Under `corpus`, there are `check`, `add`, `agreement`, `doubts` and `curve`.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress, TaskID

from training import evaluate as evaluation
from training.adding import add_batch
from training.asides import among_asides
from training.corpus import DATASETS, read_corpus
from training.corpus_check import Bounds, Report, measure
from training.curve import PICTURE, Point, draw, learning_curve
from training.document import PAGE, compose, store, stored
from training.fit import build, current_fingerprint
from training.ideas import IDEAS, try_ideas
from training.labelling import ANY_DAY
from training.labels import SECOND, agreement, doubts, read_second_labels
from training.promise import Outcomes, Promise, choose, simulate
from training.tables import agreement_table, corpus_tables, figures_table, kept_lines, open_line, promise_table
from triage import TriageError, Triager
from triage.artefact import BUNDLED as MODEL
from triage.artefact import load_model, write_manifest
from triage.catalogue import Catalogue
from triage.catalogue_file import BUNDLED as CATALOGUE
from triage.catalogue_file import read_catalogue
from triage.decision import Policy
from triage.values import read_date

app = typer.Typer(
    help="Turn labelled requests into a model, and say how good it is.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
corpus_app = typer.Typer(
    help="Check the labelled requests, and add to them.", no_args_is_help=True, pretty_exceptions_enable=False
)
app.add_typer(corpus_app, name="corpus")

_USUAL = Promise()
LandlordOption = Annotated[float, typer.Option(help="Share of automatic 'landlord' that may be wrong.")]
TenantOption = Annotated[float, typer.Option(help="Share of automatic 'tenant' that may be wrong.")]
OverReachOption = Annotated[float, typer.Option(help="Share of what leaves the matter open that may be decided.")]
SureOption = Annotated[float, typer.Option(help="How sure that must be.")]

out = Console()
err = Console(stderr=True)

DatasetsOption = Annotated[Path, typer.Option("--datasets", help="Folder with the labelled requests.")]
CatalogueOption = Annotated[Path, typer.Option("--catalogue", help="Catalogue in YAML.")]
ModelOption = Annotated[Path, typer.Option("--model", help="Model folder.")]


@app.command()
def fit(
    datasets: DatasetsOption = DATASETS,
    catalogue: CatalogueOption = CATALOGUE,
    model: Annotated[Path, typer.Option("--model", "-o", help="Where the model goes.")] = MODEL,
    check: Annotated[bool, typer.Option("--check", help="Only tell whether the model is up to date.")] = False,
    landlord: LandlordOption = _USUAL.landlord,
    tenant: TenantOption = _USUAL.tenant,
    over_reach: OverReachOption = _USUAL.over_reach,
    sure: SureOption = _USUAL.sure,
) -> None:
    """Fit a model on the train and calibration voices, and save it."""
    accepted = _accepted(landlord=landlord, tenant=tenant, over_reach=over_reach, sure=sure)
    rules = read_catalogue(catalogue)
    prints = current_fingerprint(datasets, catalogue)
    if check:
        _check_fresh(model, datasets, catalogue, prints.model_dump())
        return
    corpus = read_corpus(datasets, rules)
    built = build(corpus, rules, model, prints, promise=accepted, say=lambda message: err.print(message, style="dim"))
    measured = _evaluate(Triager(built), evaluation.cases_of(corpus.part("test"), rules, ANY_DAY), ANY_DAY)
    metrics = {figure.name: round(figure.value, 4) for figure in measured if figure.value == figure.value}
    manifest = write_manifest(model, built.manifest.model_copy(update={"metrics": metrics}))
    _print_promise(Outcomes.load(model), manifest.policy, accepted)
    size = sum(file.stat().st_size for file in model.iterdir()) / 1e6
    out.print(f"model {manifest.version} written to {model} ({size:.1f} MB)")


def _accepted(**shares: float) -> Promise:
    try:
        return Promise(**shares)
    except ValidationError as error:
        wrong = (f"--{detail['loc'][0]}: {detail['msg']}".replace("_", "-") for detail in error.errors())
        raise TriageError("; ".join(wrong)) from error


def _check_fresh(model: Path, datasets: Path, catalogue: Path, prints: dict[str, str]) -> None:
    manifest = load_model(model).manifest
    stale = [name for name, value in manifest.fingerprint.model_dump().items() if value != prints[name]]
    if stale:
        given = {"--datasets": (datasets, DATASETS), "--catalogue": (catalogue, CATALOGUE), "--model": (model, MODEL)}
        options = "".join(f" {name} {own}" for name, (own, usual) in given.items() if own.resolve() != usual.resolve())
        told = f"the model is stale: {' and '.join(stale)} changed; run: python -m training fit{options}"
        err.print(told, style="red", soft_wrap=True)
        raise typer.Exit(1)
    out.print("the model is up to date")


@app.command("promise")
def choose_promise(
    landlord: LandlordOption = _USUAL.landlord,
    tenant: TenantOption = _USUAL.tenant,
    over_reach: OverReachOption = _USUAL.over_reach,
    sure: SureOption = _USUAL.sure,
    model: ModelOption = MODEL,
    write: Annotated[bool, typer.Option("--write", help="Put the thresholds into the model.")] = False,
) -> None:
    """Choose how many automatic decisions may be wrong, without fitting anew; and test the promise by simulation."""
    loaded = load_model(model)
    accepted = _accepted(landlord=landlord, tenant=tenant, over_reach=over_reach, sure=sure)
    outcomes = Outcomes.load(model)
    policy = choose(outcomes, loaded.policy, accepted)
    _print_promise(outcomes, policy, accepted)
    if write:
        write_manifest(model, loaded.with_policy(policy).manifest)
        own = "" if model.resolve() == MODEL.resolve() else f" --model {model}"
        told = f"thresholds written to {model}; to measure with them: python -m training evaluate{own}"
        out.print(told, soft_wrap=True)
    for line in kept_lines(simulate(outcomes, loaded.policy, accepted)):
        out.print(line)


def _print_promise(outcomes: Outcomes, policy: Policy, accepted: Promise) -> None:
    out.print(promise_table(outcomes, policy, accepted))
    out.print(open_line(outcomes, policy, accepted))


@app.command()
def evaluate(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Labelled messages in JSON lines; the held-out voices if none.")
    ] = None,
    model: ModelOption = MODEL,
    datasets: DatasetsOption = DATASETS,
    catalogue: Annotated[
        Path | None, typer.Option("--catalogue", help="Judge by it; by the model's own if none.")
    ] = None,
    day: Annotated[
        str | None, typer.Option("--date", help="Day whose rules count, for labels and judgement; today if none.")
    ] = None,
    asides: Annotated[
        bool, typer.Option("--asides", help="The held-out voices among words that change nothing; without FILES.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print figures as JSON.")] = False,
) -> None:
    """Print how good a model is on messages it has never seen."""
    if files and asides:
        raise TriageError("--asides goes with the held-out voices; leave out the files")
    on = read_date(day)
    triager = Triager(load_model(model), read_catalogue(catalogue) if catalogue else None)
    if files:
        cases = [case for file in files for case in evaluation.read_cases(file, triager.catalogue, on)]
    else:
        corpus = read_corpus(datasets, triager.catalogue).part("test")
        if asides and not corpus.asides:
            raise TriageError(f"{datasets} holds no asides of the test split; write some in asides.jsonl")
        cases = evaluation.cases_of(among_asides(corpus) if asides else corpus, triager.catalogue, on)
    if not cases:
        raise TriageError("there is nothing to measure: name files with labelled messages, or label test voices")
    figures = _evaluate(triager, cases, on)
    if as_json:
        typer.echo(evaluation.as_json(figures))
        return
    what = f"{len(cases)} messages{' among asides' if asides else ''}"
    out.print(figures_table(figures, f"{what}, model {triager.model.manifest.version}"))


def _evaluate(triager: Triager, cases: list[evaluation.Case], day: date) -> list[evaluation.Figure]:
    with Progress(console=err, transient=True) as progress:
        task: TaskID = progress.add_task("assessing", total=len(cases))
        return evaluation.evaluate(triager, cases, lambda n: progress.advance(task, n), day)


@app.command("ideas")
def show_ideas(
    datasets: DatasetsOption = DATASETS,
    catalogue: CatalogueOption = CATALOGUE,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Fits side by side; each takes some gigabytes.")] = 1,
) -> None:
    """Tell what each idea behind the fit is worth: a fit for each; stopped, it goes on with those that are missing.

    Only what is measured on the labelled requests of this project is kept, for its documentation.
    """
    rules = read_catalogue(catalogue)
    prints = current_fingerprint(datasets, catalogue).model_dump()
    bundled = (datasets.resolve(), catalogue.resolve()) == (DATASETS.resolve(), CATALOGUE.resolve())
    rows = [row for row in stored("ideas") if bundled and row["of"] == prints]
    todo = [idea for idea in IDEAS if idea.name not in {row["idea"] for row in rows}]
    for idea, point in try_ideas(read_corpus(datasets, rules), rules, todo, jobs):
        figures = {name: f"{getattr(point, name):.3f}" for name in ("label", "among", "exceptions", "rule")}
        out.print(f"{idea.name}: " + ", ".join(f"{name} {value}" for name, value in figures.items()))
        rows.append({"idea": idea.name, **figures, "right": dict(sorted(point.right.items()))})
        if bundled:
            store("ideas", rows, prints)


@app.command("document")
def write_document(
    datasets: DatasetsOption = DATASETS,
    page: Annotated[Path, typer.Option("--page", "-o", help="Markdown file to write.")] = PAGE,
) -> None:
    """Measure the bundled model and write docs/evaluation.md; takes some minutes."""
    triager = Triager(load_model(MODEL))
    corpus = read_corpus(datasets, triager.catalogue)
    text = compose(triager, corpus, lambda message: err.print(message, style="dim"))
    page.write_text(text, encoding="utf-8")
    out.print(f"written to {page}")


@corpus_app.command("check")
def check_corpus(datasets: DatasetsOption = DATASETS, catalogue: CatalogueOption = CATALOGUE) -> None:
    """Validate the labelled requests, and report coverage, near-duplicates and stock phrases."""
    rules = read_catalogue(catalogue)
    bounds = Bounds() if datasets.resolve() == DATASETS.resolve() else Bounds.of_any_size()
    report = measure(read_corpus(datasets, rules), rules, bounds)
    _print_report(report, rules)
    if report.failures:
        raise typer.Exit(1)


def _print_report(report: Report, catalogue: Catalogue) -> None:
    for table in corpus_tables(report, catalogue):
        out.print(table)
    counts = sorted((report.rules[rule.id], rule.id) for rule in catalogue.rules)
    out.print("fewest messages per rule: " + ", ".join(f"{rule} {count}" for count, rule in counts[:20]))
    for first, second, likeness in report.duplicates[:20]:
        out.print(f"near-duplicate: {first} and {second} ({likeness})")
    for words, count in report.sequences[:5]:
        out.print(f"in {count} messages: {words!r}")
    for failure in report.failures:
        err.print(failure, style="red")


@corpus_app.command("add")
def add_to_corpus(
    voice: Annotated[str, typer.Argument(help="Id of the voice, as in voices.yaml.")],
    files: Annotated[
        list[Path], typer.Argument(help="Files ending in requests.jsonl, several.jsonl or elsewhere.jsonl.")
    ],
    datasets: DatasetsOption = DATASETS,
    catalogue: CatalogueOption = CATALOGUE,
) -> None:
    """Check a batch of one voice and add it; nothing is added if anything is wrong."""
    added = add_batch(files, voice, datasets, read_catalogue(catalogue))
    out.print(f"{voice}: " + ", ".join(f"{count} {name}" for name, count in added.items()))


@corpus_app.command("agreement")
def show_agreement(
    second: Annotated[Path, typer.Argument(help="Second labels in JSON lines.")] = SECOND,
    datasets: DatasetsOption = DATASETS,
    catalogue: CatalogueOption = CATALOGUE,
    differing: Annotated[int, typer.Option(help="How many disagreements to list.")] = 20,
) -> None:
    """Report how well a second, blind labelling agrees with the first."""
    rules = read_catalogue(catalogue)
    found = agreement(read_corpus(datasets, rules), read_second_labels(second, rules), rules)
    out.print(agreement_table(found))
    for id_, first, other in found.disagreements[:differing]:
        out.print(f"{id_}: {first} | {other}", markup=False)


@corpus_app.command("doubts")
def show_doubts(
    share: Annotated[float, typer.Option(help="Which part of the requests to list.")] = 0.03,
    datasets: DatasetsOption = DATASETS,
    catalogue: CatalogueOption = CATALOGUE,
) -> None:
    """List the requests whose rule a model that never saw their voice believes least."""
    rules = read_catalogue(catalogue)
    ranked = doubts(read_corpus(datasets, rules), rules, say=lambda message: err.print(message, style="dim"))
    for doubt in ranked[: round(len(ranked) * share)]:
        out.print(f"{doubt.id}\t{doubt.probability:.4f}\t{doubt.rule}\t{doubt.likeliest}\t{doubt.text!r}", markup=False)


@corpus_app.command("curve")
def show_curve(
    datasets: DatasetsOption = DATASETS,
    catalogue: CatalogueOption = CATALOGUE,
    picture: Annotated[Path, typer.Option("--picture", "-o", help="SVG file to write.")] = PICTURE,
) -> None:
    """Draw how good a model gets with ever more voices; takes some fits."""
    rules = read_catalogue(catalogue)

    def say(point: Point) -> None:
        out.print(f"{point.voices} voices, {point.requests} requests: label {point.label:.3f}, rule {point.rule:.3f}")

    draw(learning_curve(read_corpus(datasets, rules), rules, say), len(rules.rules), picture)


def main() -> None:
    """Run the command line; errors of this library are told without a traceback."""
    try:
        app(prog_name="python -m training")
    except TriageError as error:
        err.print(str(error), style="red", markup=False)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
