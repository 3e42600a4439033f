"""Assessments and rules on a terminal, for a case handler to read."""

from __future__ import annotations

from datetime import date

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled

from triage.assessment import Assessment, Finding, Word
from triage.catalogue import Catalogue, Period, Retirement, Rule
from triage.in_force import Timeline
from triage.tenancies import binding

__all__ = ["show", "show_rule"]

_COLOURS = {"landlord": "blue", "tenant": "magenta", "both": "cyan", None: "yellow"}
_STRONG = 0.35
_LONGEST = 2000
"""Characters of a message that are printed."""
_CONTROL = dict.fromkeys(map(ord, "\a\b\v\f\r"), " ")
"""What Rich leaves out, which would shift the places of words."""


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
            Styled(assessment.urgent_advice.in_(language) if assessment.urgent_advice else ""),
        )
    console.print()
    console.print(Padding(mark(assessment.text, assessment.evidence), (0, 2)))
    console.print()
    for finding in assessment.findings:
        if len(assessment.findings) > 1:
            console.print(_headline(finding, assessment.text))
        _show_finding(finding, language, console)
    if assessment.elsewhere:
        console.print(Styled(f"nothing to repair: {assessment.elsewhere}"))
    console.print("answer to the tenant" + (" (nl; --json holds en too)" if language == "nl" else ""), style="dim")
    console.print(Padding(Styled(assessment.explanation(language)), (0, 2)))


def _headline(finding: Finding, text: str) -> Styled:
    """Say which defect it is, by the number that facts single it out with, and what it comes to by itself."""
    start, end = finding.span
    said = " ".join(text[start:end].split())
    label = f"{finding.responsible.upper()} {finding.confidence:.0%} {finding.decision}"
    head = Styled.assemble((f"defect {finding.number}: {said}", "bold"), f" – {label}")
    return head.append(" URGENT", "bold red") if finding.urgent else head


def _show_finding(finding: Finding, language: str, console: Console) -> None:
    grid = _grid()
    grid.add_row("rule", _aside(finding.rule.title, f"({finding.rule.id})"))
    grid.add_row("law", _aside(finding.rule.citation, f"({finding.basis})"))
    if finding.rule.departs:
        grid.add_row("departs", Styled(finding.rule.departs.in_(language), "yellow"))
    for holding in finding.circumstances:
        known = "known" if holding.known else f"{holding.probability:.0%}"
        words = " ".join(f"‘{word.text}’" for word in holding.evidence[:3])
        grid.add_row("holds", _aside(holding.title, f"{known} {words}"))
    for flip in finding.flips[:3]:
        grid.add_row("flips if", _aside(flip.text.in_(language), f"→ {flip.responsible}, {flip.basis}"))
    if finding.question:
        grid.add_row("ask", _aside(finding.question.in_(language), f"(fact: {finding.question.fact})"))
    console.print(grid)
    console.print()


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    return grid


def _aside(said: object, aside: str) -> Styled:
    """Put an aside behind what is said; neither is markup, whatever brackets stand in it."""
    return Styled.assemble(str(said), " ", (aside, "dim"))


def mark(text: str, words: list[Word]) -> Styled:
    """Mark the evidence in a message, the stronger the bolder."""
    shown = text.translate(_CONTROL)
    styled = Styled(shown)
    for word in words:
        style = "bold black on yellow" if word.weight >= _STRONG else "underline"
        styled.stylize(style, word.start, word.end)
    begin = len(shown) - len(shown.lstrip())
    return styled[begin : begin + min(_LONGEST, len(shown.strip()))]


def show_rule(
    rule_id: str, catalogue: Catalogue, day: date, tenancy_start: date | None = None, console: Console | None = None
) -> None:
    """Print every version of a rule with its exceptions and the law behind it, and which of them counts on a day."""
    console = console or Console(highlight=False)
    retired = [_retired(retirement) for retirement in catalogue.retired if retirement.rule == rule_id]
    versions = [rule for rule in catalogue.rules if rule.id == rule_id]
    counting = Timeline(catalogue).at(day, tenancy_start).rules.get(rule_id)
    bound = binding(catalogue, day).get(rule_id, []) if tenancy_start is None else []
    for number, version in enumerate(versions):
        if number:
            console.print()
        console.print(Styled.assemble((version.title.nl, "bold"), f" / {version.title.en}  ", (rule_id, "dim")))
        grid = _grid()
        if retired or len(versions) > 1 or _period(version):
            grid.add_row("period", Styled(_period(version) or "always"))
            grid.add_row("in force", Styled(_in_force(version, counting, bound, day)))
        for said in retired:
            grid.add_row("retired", Styled(said))
        _describe(version, catalogue, grid)
        console.print(grid)


def _describe(rule: Rule, catalogue: Catalogue, grid: Table) -> None:
    grid.add_row("who", rule.responsible)
    grid.add_row("law", _aside(catalogue.citation(rule.basis), f"({rule.basis})"))
    article = catalogue.article(rule.basis)
    if article is not None and article.quote:
        grid.add_row("in its words", Styled(f"“{article.quote}”"))
    grid.add_row("why", Styled(rule.why.nl))
    grid.add_row("tip", Styled(rule.tip.nl))
    grid.add_row("urgency", rule.urgency)
    for entry in catalogue.exceptions(rule):
        title = catalogue.circumstance(entry.when).title.nl
        question = entry.question.nl if entry.question else ""
        said = _aside(f"{title} → {entry.responsible}", f"({entry.basis})")
        grid.add_row("unless", said.append(f" {question}"))
    grid.add_row("words", Styled(", ".join(rule.words.nl)))


def _period(part: Period) -> str:
    days = _from_until(part.valid_from, part.valid_until)
    tenancies = _from_until(part.tenancy_from, part.tenancy_until)
    return ", ".join(filter(None, (days, tenancies and f"for tenancies that began {tenancies}")))


def _from_until(first: date | None, last: date | None) -> str:
    return " ".join(f"{word} {day}" for word, day in (("from", first), ("until", last)) if day)


def _in_force(version: Rule, counting: Rule | None, bound: list[Rule], day: date) -> str:
    if counting is version:
        return f"on {day}"
    if any(own is version for own in bound):
        return f"on {day}, for these tenancies"
    return f"not on {day}"


def _retired(retirement: Retirement) -> str:
    since = f"from {retirement.valid_from}, " if retirement.valid_from else ""
    return f"{since}instead: {retirement.instead or 'a person decides'} ({retirement.basis})"
