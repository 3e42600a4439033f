"""Telling how a run goes on and what came out of it; never on standard output, which is for results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from triage.backlog.run import Summary

__all__ = ["following", "show"]

_EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


@contextmanager
def following() -> Iterator[Callable[[int, int], None]]:
    """Follow a run: with a bar on a terminal, in plain lines elsewhere.

    Yields
    ------
    callable
        To be told how many rows are done, of how many.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Clock(lambda line: console.print(line, highlight=False))
        return
    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn("scoring"), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("scoring", total=None, rate="")

        def follow(done: int, total: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, total=total, rate=f"{speed:,.0f} a second" if speed else "")

        yield follow


class _Clock:
    """Tells how a run goes on, in plain lines, now and then."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._began = self._told = time.monotonic()
        self._before: int | None = None

    def __call__(self, done: int, total: int) -> None:
        """Take note of how many rows are done."""
        now = time.monotonic()
        if self._before is None:
            self._before = done
        if now - self._told < _EVERY and done < total:
            return
        self._told = now
        rate = (done - self._before) / max(now - self._began, 1e-9)
        left = f", {(total - done) / rate:,.0f} s left" if rate else ""
        self._say(f"scored {done:,} of {total:,} rows, {rate:,.0f} a second{left}")


def show(summary: Summary) -> None:
    """Print what came out of a backlog."""
    table = Table(title=f"{summary.requests:,} requests scored")
    table.add_column("")
    table.add_column("requests", justify="right")
    table.add_column("share", justify="right")
    groups = (
        ("label", summary.labels.most_common()),
        ("decision", summary.decisions.most_common()),
        ("reason", summary.reasons.most_common()),
        ("urgent", [("yes", summary.urgent)]),
    )
    for group, counts in groups:
        for name, count in counts:
            table.add_row(f"{group}: {name}", f"{count:,}", f"{count / max(summary.requests, 1):.1%}")
        table.add_section()
    console = Console(stderr=True)
    console.print(table)
    if unusable := summary.reasons["error"]:
        rows = "1 row" if unusable == 1 else f"{unusable:,} rows"
        console.print(f"{rows} could not be used; the column problem says why", highlight=False)
