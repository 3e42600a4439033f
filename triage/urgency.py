"""Danger that needs somebody now, whatever the classifier thinks of the rest."""

from __future__ import annotations

from collections.abc import Sequence

from triage.catalogue import Catalogue, Danger

__all__ = ["find_danger"]

_WINDOW = 6
_NEGATIONS = frozenset({"geen", "niet", "nooit", "no", "not", "never", "zonder", "without", "isnt", "geeneens"})


def find_danger(words: Sequence[str], catalogue: Catalogue) -> Danger | None:
    """Find the first danger of the catalogue that a message tells of.

    A sign of danger is a phrase such as ``ruik* gas``: its words must occur in order within a few words of each other,
    a star stands for any ending, and a negation right before or in between takes it away.

    Parameters
    ----------
    words : sequence of str
        Folded words of the message.
    catalogue : Catalogue

    Returns
    -------
    Danger or None

    Examples
    --------
    >>> import triage
    >>> catalogue = triage.load().catalogue
    >>> find_danger("ik ruik overal gas in huis".split(), catalogue).id
    'gas'
    >>> find_danger("ik ruik geen gas".split(), catalogue) is None
    True
    """
    for danger in catalogue.dangers:
        if any(_occurs(sign.lower().split(), words) for sign in danger.signs.all()):
            return danger
    return None


def _occurs(sign: list[str], words: Sequence[str]) -> bool:
    return any(_follows(sign, words, i) for i, word in enumerate(words) if _matches(sign[0], word))


def _follows(sign: list[str], words: Sequence[str], start: int) -> bool:
    """Tell whether a sign whose first word stands at a place goes on from there, unnegated."""
    window = words[start : start + _WINDOW]
    i = 0
    for step in sign:
        while i < len(window) and not _matches(step, window[i]):
            i += 1
        if i == len(window):
            return False
        i += 1
    around = [*words[max(0, start - 1) : start], *window[:i]]
    return not any(word in _NEGATIONS and word not in sign for word in around)


def _matches(step: str, word: str) -> bool:
    if step.startswith("*"):
        return word.endswith(step[1:])
    return word.startswith(step[:-1]) if step.endswith("*") else word == step
