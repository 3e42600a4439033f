"""Scoring whole backlogs: files and tables in and out, in parts, so that a run can go on where it stopped."""

from __future__ import annotations

from triage.backlog.run import Options, Summary, score

__all__ = ["Options", "Summary", "score"]
