"""Finding the rule that a row of an association's ABC is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.abc_table import Row
from triage.catalogue import Catalogue
from triage.counting import count_features
from triage.recogniser import Recogniser
from triage.wording import rule_texts, words_of

__all__ = ["Match", "match_rows"]

_LIKENESS = 12.0
"""How much the likeness of the wording weighs against what a row would mean as a message."""
_AGREEMENT = 4.0
"""How much it weighs that the row names the same party as the rule: most rows of an ABC repeat the law."""
_SOFTNESS = 2.0
"""The parts speak partly of the same words, so together they would be too sure."""
_LISTED = 4
_EXCEPT = re.compile(r"\b(?:tenzij|behalve|mits|indien|uitgezonderd|unless|except|provided)\b", re.I)


@dataclass(frozen=True)
class Match:
    """A row and the rules that it may be about.

    Attributes
    ----------
    row : Row
    rules : tuple of (str, float)
        The likeliest rules with their probability, likeliest first.
    """

    row: Row
    rules: tuple[tuple[str, float], ...]

    @property
    def rule(self) -> str:
        """The likeliest rule."""
        return self.rules[0][0]

    @property
    def score(self) -> float:
        """Its probability."""
        return self.rules[0][1]


def match_rows(rows: Sequence[Row], recogniser: Recogniser, catalogue: Catalogue) -> list[Match]:
    """Match rows to rules by what they mean as a message, how alike the wording is, and who they name.

    Parameters
    ----------
    rows : sequence of Row
    recogniser : Recogniser
    catalogue : Catalogue

    Returns
    -------
    list of Match
        In the order of the rows.
    """
    ids = recogniser.outputs.rules
    texts = [words_of(row.item) for row in rows]
    wider = [words_of(f"{row.section} {row.item}") for row in rows]
    told = [words_of(f"{row.item} {_proper(row.detail)}") for row in rows]
    meaning = sum(np.log(recogniser.recognise(words).rules + 1e-6) for words in (texts, wider, told, told)) / 4
    likeness = (_likeness(texts, recogniser, catalogue) + _likeness(told, recogniser, catalogue)) / 2
    responsible = {rule.id: rule.responsible for rule in catalogue.rules}
    agrees = np.array([[_party(row) == responsible.get(id_) for id_ in ids] for row in rows], dtype=np.float32)
    scores = (meaning + _LIKENESS * likeness + _AGREEMENT * agrees) / _SOFTNESS
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    order = np.argsort(-chances, axis=1)[:, :_LISTED]
    return [Match(row, tuple((ids[j], float(chances[i, j])) for j in order[i])) for i, row in enumerate(rows)]


def _proper(detail: str) -> str:
    """Leave out of what is done to an item when it is not so."""
    return _EXCEPT.split(detail, maxsplit=1)[0]


def _party(row: Row) -> str | None:
    """Tell whose a row would be by law: what a subscription or fund covers is the tenant's without it."""
    return "landlord" if row.who == "landlord" else None if row.who is None else "tenant"


def _likeness(texts: Sequence[list[str]], recogniser: Recogniser, catalogue: Catalogue) -> NDArray[np.float32]:
    """Compare texts with the catalogue's own: the likeness of the most alike text of each rule."""
    place = {id_: i for i, id_ in enumerate(recogniser.outputs.rules)}
    known, names = rule_texts(rule for rule in catalogue.rules if rule.id in place)
    alike = (count_features(recogniser.vocabulary, texts) @ count_features(recogniser.vocabulary, known).T).toarray()
    best = np.zeros((len(texts), len(place)), dtype=np.float32)
    for column, name in enumerate(names):
        np.maximum(best[:, place[name]], alike[:, column], out=best[:, place[name]])
    return best
