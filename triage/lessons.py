"""What texts teach, and how far scores are from it: the errors that a network learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from triage.catalogue import Catalogue
from triage.recogniser import Outputs, sigmoid, softmax

__all__ = ["NONE", "UNKNOWN", "Lessons", "Responsibility", "disagreement", "errors"]

Floats = NDArray[np.float32]
Places = NDArray[np.int64]

UNKNOWN, NONE = -1, -2
_LEAST_CHANCE = 1e-6
"""A label less likely than this teaches less: single precision does not tell how much less likely it is."""
_ODDS = (-15.0, 12.0)
"""Log-odds of circumstances are taken to lie between these."""


@dataclass(frozen=True)
class Lessons:
    """What each text teaches; what is unknown of it teaches nothing.

    Attributes
    ----------
    exclusive : ndarray of int, shape (n_texts,)
        Output of the rule or kind; `UNKNOWN`, or `NONE` of a text that tells of no rule more than of another.
    open_to : ndarray of bool, shape (n_texts, n_circumstances)
        Circumstances of which it is known whether they hold.
    holding : ndarray of bool, shape (n_texts, n_circumstances)
        Circumstances that hold.
    landlord : ndarray of float32, shape (n_texts,)
        1 where the landlord is responsible, 0 where the tenant is, nan where unknown.
    flags : ndarray of float32, shape (n_texts, n_flags)
        1, 0 or nan.
    """

    exclusive: Places
    open_to: NDArray[np.bool_]
    holding: NDArray[np.bool_]
    landlord: Floats
    flags: Floats

    def __len__(self) -> int:
        return len(self.exclusive)

    def take(self, rows: Places) -> Lessons:
        """Return the lessons of some texts."""
        return Lessons(*(getattr(self, part.name)[rows] for part in fields(self)))

    @classmethod
    def join(cls, parts: Sequence[Lessons]) -> Lessons:
        """Put the lessons of several lots of texts behind each other."""
        return cls(*(np.concatenate([getattr(part, own.name) for part in parts]) for own in fields(cls)))


class Responsibility:
    """Who is responsible, as a differentiable function of the scores of rules and circumstances.

    The sum that `triage.ruling.Ruler` makes, over all rules at once.

    Parameters
    ----------
    catalogue : Catalogue
    circumstances : list of str
        In the order of their outputs.
    """

    def __init__(self, catalogue: Catalogue, circumstances: list[str]) -> None:
        shape = (len(circumstances), len(catalogue.rules))
        self.turning = np.zeros(shape, dtype=np.float32)
        """1 where a circumstance is an exception to a rule."""
        self._to_landlord = np.zeros(shape, dtype=np.float32)
        self._default = np.array([rule.responsible == "landlord" for rule in catalogue.rules], dtype=np.float32)
        place = {key: i for i, key in enumerate(circumstances)}
        for j, rule in enumerate(catalogue.rules):
            for entry in catalogue.exceptions(rule):
                if entry.when in place and entry.responsible:
                    self.turning[place[entry.when], j] = 1
                    self._to_landlord[place[entry.when], j] = entry.responsible == "landlord"

    def landlord(self, rules: Floats, circumstances: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the probability of landlord, and how it changes with each score.

        Parameters
        ----------
        rules : ndarray of shape (n_texts, n_rules)
            Scores.
        circumstances : ndarray of shape (n_texts, n_circumstances)
            Scores: log-odds of each against none.

        Returns
        -------
        landlord : ndarray of shape (n_texts,)
        by_rules, by_circumstances : ndarray
            Its derivatives.
        """
        chances = softmax(rules)
        odds: Floats = np.exp(np.clip(circumstances, *_ODDS), dtype=np.float32)
        total = 1 + odds @ self.turning
        given_rule = np.asarray((self._default + odds @ self._to_landlord) / total, dtype=np.float32)
        landlord = (chances * given_rule).sum(axis=1)
        shares = chances / total
        by_circumstances = odds * (shares @ self._to_landlord.T - (shares * given_rule) @ self.turning.T)
        by_rules = chances * (given_rule - landlord[:, None])
        return landlord, by_rules, np.asarray(by_circumstances, dtype=np.float32)


def errors(
    scores: Floats, lessons: Lessons, outputs: Outputs, responsibility: Responsibility, label_weight: float
) -> Floats:
    """Return how the loss changes with each score.

    The loss of a text is the sum of what is known of it: minus the log-probability of its rule or kind (or the mean
    over all rules, if it tells of none), of the circumstances that hold (a conditional logit among those that could,
    McFadden 1974; where several hold they share the text), of its flags, and ``label_weight`` times that of who is
    responsible.

    Parameters
    ----------
    scores : ndarray of shape (n_texts, n_outputs)
    lessons : Lessons
    outputs : Outputs
    responsibility : Responsibility
    label_weight : float

    Returns
    -------
    ndarray of shape (n_texts, n_outputs)
    """
    n_rules, first = len(outputs.rules), outputs.n_exclusive
    last = first + len(outputs.circumstances)
    found = np.zeros_like(scores)
    known = np.flatnonzero(lessons.exclusive >= 0)
    found[known, :first] = softmax(scores[known, :first])
    found[known, lessons.exclusive[known]] -= 1
    none = lessons.exclusive == NONE
    found[none, :n_rules] = softmax(scores[none, :n_rules]) - np.float32(1 / n_rules)
    found[:, first:last] = _choice_errors(scores[:, first:last], lessons)
    labelled = np.flatnonzero(~np.isnan(lessons.landlord))
    landlord, by_rules, by_circumstances = responsibility.landlord(
        scores[labelled, :n_rules], scores[labelled, first:last]
    )
    chance = np.where(lessons.landlord[labelled] == 1, landlord, np.minimum(landlord - 1, -0.0))
    steep = -label_weight / np.copysign(np.maximum(np.abs(chance), _LEAST_CHANCE), chance)[:, None]
    found[labelled, :n_rules] += steep * by_rules
    found[labelled, first:last] += steep * by_circumstances
    found[:, last:] = np.nan_to_num(sigmoid(scores[:, last:]) - lessons.flags)
    return found


def disagreement(scores: Floats) -> Floats:
    """Return how the difference between two views of the same texts changes with each score.

    The difference is that of the probabilities of rules and kinds: the Kullback-Leibler divergence, both ways added up
    (R-Drop, Liang et al. 2021).

    Parameters
    ----------
    scores : ndarray of shape (2 * n_texts, n_exclusive)
        First one view of all texts, then the other.

    Returns
    -------
    ndarray of shape (2 * n_texts, n_exclusive)
    """
    chances = softmax(scores)
    likely = np.log(np.maximum(chances, _LEAST_CHANCE))
    half = len(scores) // 2
    apart = likely - np.roll(likely, half, axis=0)
    pulled = chances * (apart - (chances * apart).sum(axis=1, keepdims=True))
    return np.asarray(pulled + chances - np.roll(chances, half, axis=0), dtype=np.float32)


def _choice_errors(scores: Floats, lessons: Lessons) -> Floats:
    """Return how the loss of the circumstances changes with their scores, none of them having the score 0."""
    top = np.maximum(np.where(lessons.open_to, scores, 0).max(axis=1, initial=0), 0)[:, None]
    odds = np.where(lessons.open_to, np.exp(np.minimum(scores - top, 0)), 0)
    chances = odds / (np.exp(-top) + odds.sum(axis=1, keepdims=True))
    told = (lessons.holding & lessons.open_to).astype(np.float32)
    return np.asarray(chances - told / np.maximum(told.sum(axis=1, keepdims=True), 1), dtype=np.float32)
