"""What the command line of training prints: one table for each report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table

from training.corpus_check import Report
from training.evaluate import Figure
from training.labels import Agreement
from training.promise import Kept, Outcomes, Promise, report_over_reach, report_promise
from triage.catalogue import Catalogue
from triage.decision import Policy

__all__ = ["agreement_table", "corpus_tables", "figures_table", "kept_lines", "open_line", "promise_table"]


def promise_table(outcomes: Outcomes, policy: Policy, promise: Promise) -> Table:
    """Show what comes of a policy for either label."""
    table = Table("label", "least confidence", "automatic", "wrong", "accepted", "cases missing", title="Promise")
    for row in report_promise(outcomes, policy, promise):
        least = f"{row.least:.3f}" if row.least <= 1 else "never"
        accepted = f"{promise.accepted(row.party):.1%}"
        table.add_row(row.party, least, str(row.automatic), str(row.wrong), accepted, str(row.missing))
    return table


def open_line(outcomes: Outcomes, policy: Policy, promise: Promise) -> str:
    """Tell how many requests that leave the matter open are decided by a policy."""
    found = report_over_reach(outcomes, policy, promise)
    if found.missing:
        return (
            f"open: of {found.count} requests that leave the matter open {found.share:.1%} are decided; too few to "
            f"promise {promise.over_reach:.1%} at the most: {found.missing} more are needed"
        )
    return (
        f"open: of {found.count} requests that leave the matter open {found.share:.1%} are decided, "
        f"{found.bound:.1%} at the most ({promise.sure:.0%} sure); {promise.over_reach:.1%} is allowed"
    )


def kept_lines(kept: Kept) -> Iterator[str]:
    """Tell how the promise fared in a simulation."""
    for part, share in kept.broken.items():
        went = "decided though left open" if part == "open" else "wrong"
        yield (
            f"in {kept.halves} random halves of the voices: {share:.1%} broke the promise for '{part}', "
            f"{kept.wrong[part]:.2%} {went} on average"
        )


def figures_table(figures: Sequence[Figure], title: str) -> Table:
    """Show how good a model is."""
    table = Table("figure", "value", "over", title=title)
    for figure in figures:
        table.add_row(figure.name, f"{figure.value:.3f}", str(figure.count))
    return table


def agreement_table(found: Agreement) -> Table:
    """Show how well two labellings agree, and whose messages that is about."""
    splits = ", ".join(f"{count} {split}" for split, count in sorted(found.voices.items()))
    title = f"{found.count} messages labelled twice, of {sum(found.voices.values())} voices ({splits})"
    table = Table("label", "kappa", "equal", title=title)
    for name, value in found.kappas.items():
        table.add_row(name, f"{value:.3f}", f"{found.shares[name]:.3f}")
    return table


def corpus_tables(report: Report, catalogue: Catalogue) -> Iterator[Table]:
    """Show the size of a corpus, and how often each circumstance occurs in it."""
    table = Table("figure", "value", title="Corpus")
    for name, value in report.figures.items():
        table.add_row(name, f"{value:.4f}" if value < 1 and value else f"{value:.0f}")
    yield table
    table = Table("circumstance", "holds", "near-miss", title="Circumstances")
    for own in catalogue.circumstances:
        table.add_row(own.id, str(report.circumstances[own.id]), str(report.near_misses[own.id]))
    yield table
