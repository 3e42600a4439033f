"""The catalogue's own wording, as texts to learn from."""

from __future__ import annotations

from collections.abc import Iterable

from triage.catalogue import Catalogue, Elsewhere, Rule
from triage.features import words_of

__all__ = ["cue_texts", "rule_texts", "words_of"]


def rule_texts(things: Iterable[Rule | Elsewhere]) -> tuple[list[list[str]], list[str]]:
    """List the catalogue's own texts about rules or kinds of messages.

    Returns
    -------
    texts : list of list of str
        Titles, words and examples, as folded words.
    names : list of str
        The rule or kind of each.
    """
    texts: list[str] = []
    names: list[str] = []
    for thing in things:
        own = [thing.title.nl, thing.title.en, *thing.words.all()]
        own += thing.examples.all() if isinstance(thing, Rule) else []
        texts += own
        names += [thing.id] * len(own)
    return [words_of(text) for text in texts], names


def cue_texts(catalogue: Catalogue) -> list[list[str]]:
    """List the phrases by which people say that a circumstance holds, or does not, as folded words."""
    return [words_of(text) for c in catalogue.circumstances for text in [*c.words.all(), *c.denials.all()]]
