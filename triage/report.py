"""Assessments and rules on a terminal, for a case handler to read."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled

from triage.assessment import Assessment, Finding, Word
from triage.catalogue import Catalogue, Rule

__all__ = ["show", "show_rule"]

_COLOURS = {"landlord": "blue", "tenant": "magenta", "both": "cyan", None: "yellow"}
_STRONG = 0.35


def show(assessment: Assessment, console: Console | None = None) -> None:
    """Print an assessment."""
    console = console or Console(highlight=False, soft_wrap=False)
    language = "en" if assessment.language == "en" else "nl"
    colour = _COLOURS[assessment.responsible]
    label = (assessment.responsible or "nothing to label").upper()
    head = Styled.assemble(
        (f" {label} ", f"bold white on {colour}"),
        f"  {assessment.confidence:.0%} sure  ",
        (assessment.decision, "bold"),
    )
    if assessment.reason:
        head.append(f" ({assessment.reason})", "dim")
    console.print(head)
    if assessment.urgent:
        console.print(
            Styled(" URGENT ", "bold white on red"),
            (assessment.urgent_advice.in_(language) if assessment.urgent_advice else ""),
        )
    console.print()
    console.print(Padding(mark(assessment.text, assessment.evidence), (0, 2)))
    console.print()
    for number, finding in enumerate(assessment.findings, 1):
        if len(assessment.findings) > 1:
            start, end = finding.span
            console.print(f"defect {number}: {' '.join(assessment.text[start:end].split())}", style="bold")
        _show_finding(finding, language, console)
    if assessment.elsewhere:
        console.print(f"nothing to repair: {assessment.elsewhere}")
    console.print("answer to the tenant" + (" (nl; --json holds en too)" if language == "nl" else ""), style="dim")
    console.print(Padding(assessment.explanation(language), (0, 2)))


def _show_finding(finding: Finding, language: str, console: Console) -> None:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    grid.add_row("rule", f"{finding.rule.title} [dim]({finding.rule.id})[/dim]")
    grid.add_row("law", f"{finding.rule.citation} [dim]({finding.basis})[/dim]")
    if finding.rule.departs:
        grid.add_row("departs", Styled(finding.rule.departs.in_(language), "yellow"))
    for holding in finding.circumstances:
        known = "known" if holding.known else f"{holding.probability:.0%}"
        words = " ".join(f"‘{word.text}’" for word in holding.evidence[:3])
        grid.add_row("holds", f"{holding.title} [dim]{known} {words}[/dim]")
    for flip in finding.flips[:3]:
        grid.add_row("flips if", f"{flip.text.in_(language)} [dim]→ {flip.responsible}, {flip.basis}[/dim]")
    if finding.question:
        grid.add_row("ask", f"{finding.question.in_(language)} [dim](fact: {finding.question.fact})[/dim]")
    console.print(grid)
    console.print()


def mark(text: str, words: list[Word]) -> Styled:
    """Mark the evidence in a message, the stronger the bolder."""
    styled = Styled(text.strip("\n")[:2000])
    for word in words:
        style = "bold black on yellow" if word.weight >= _STRONG else "underline"
        styled.stylize(style, word.start, word.end)
    return styled


def show_rule(rule: Rule, catalogue: Catalogue, console: Console | None = None) -> None:
    """Print a rule with its exceptions and the law behind it."""
    console = console or Console(highlight=False)
    console.print(f"[bold]{rule.title.nl}[/bold] / {rule.title.en}  [dim]{rule.id}[/dim]")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    grid.add_row("who", rule.responsible)
    grid.add_row("law", f"{catalogue.citation(rule.basis)} [dim]({rule.basis})[/dim]")
    article = catalogue.article(rule.basis)
    if article is not None and article.quote:
        grid.add_row("in its words", f"“{article.quote}”")
    grid.add_row("why", rule.why.nl)
    grid.add_row("tip", rule.tip.nl)
    grid.add_row("urgency", rule.urgency)
    for entry in catalogue.exceptions(rule):
        title = catalogue.circumstance(entry.when).title.nl
        question = entry.question.nl if entry.question else ""
        grid.add_row("unless", f"{title} → {entry.responsible} [dim]({entry.basis})[/dim] {question}")
    grid.add_row("words", ", ".join(rule.words.nl))
    console.print(grid)
