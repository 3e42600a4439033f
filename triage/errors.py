"""The errors this library raises; each says what, where, and what to do."""

from __future__ import annotations

__all__ = ["CatalogueError", "FactError", "ModelError", "TriageError"]


class TriageError(Exception):
    """Base of every error that this library raises on purpose."""


class CatalogueError(TriageError, ValueError):
    """A catalogue cannot be used.

    Parameters
    ----------
    problems : list of str
        Everything that is wrong, one sentence each, with file and line where known.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        count = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
        super().__init__(f"catalogue has {count}:\n" + "\n".join(f"- {p}" for p in problems))


class FactError(TriageError, ValueError):
    """A caller stated a fact that the catalogue does not know, or with a value it cannot take."""


class ModelError(TriageError, ValueError):
    """A model folder is missing, damaged or not ours."""
