"""What was found out about messages, before it is put into words: defect by defect, and message by message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.catalogue import Danger
from triage.decision import DECISIONS, Decision, Reason
from triage.defects import Stretches
from triage.language import Language
from triage.ruling import Rulings
from triage.table import Units
from triage.words import Words

__all__ = ["HOLDS", "DefectPlaces", "Defects", "Docket", "Outcome", "objects"]

Places = NDArray[np.int64]

HOLDS = 0.5
"""From this probability on a circumstance counts as one that holds."""

_PARTIES = np.array(["landlord", "tenant"], dtype=object)


def objects(values: Sequence[Any]) -> NDArray[np.object_]:
    """Make an array of objects, each as it is."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


class DefectPlaces(NamedTuple):
    """Which defect of its message each is.

    Attributes
    ----------
    numbers : ndarray of int, shape (n_defects,)
        From 1 on. A defect keeps its number if another of the message falls under no rule.
    counts : ndarray of int, shape (n_defects,)
        How many its message tells of.
    """

    numbers: Places
    counts: Places

    @classmethod
    def of(cls, texts: Places) -> DefectPlaces:
        """Count the defects of texts, given the text of each, ascending."""
        firsts, lasts = (np.searchsorted(texts, texts, side) for side in ("left", "right"))
        return cls(np.arange(len(texts)) - firsts + 1, lasts - firsts)

    def take(self, rows: Places) -> DefectPlaces:
        """Return those of some of the defects."""
        return DefectPlaces(self.numbers[rows], self.counts[rows])


@dataclass(frozen=True)
class Defects:
    """Defects, judged: one a row, in the order of the messages.

    Attributes
    ----------
    words, units : Words, Units
        Words of the messages, and what they bring.
    stretches : Stretches
        Which words tell of each defect.
    places : DefectPlaces
    rulings : Rulings
    confidence : ndarray of shape (n_defects,)
        Calibrated probability of the label.
    decisions, reasons, questions : ndarray of object, shape (n_defects,)
        What happens with each, why not automatic, and what is worth asking.
    urgent : ndarray of bool, shape (n_defects,)
    dangers : dict of int to Danger
        By the place of the defect, where there is any.
    """

    words: Words
    units: Units
    stretches: Stretches
    places: DefectPlaces
    rulings: Rulings
    confidence: NDArray[np.float64]
    decisions: NDArray[np.object_]
    reasons: NDArray[np.object_]
    questions: NDArray[np.object_]
    urgent: NDArray[np.bool_]
    dangers: dict[int, Danger]

    def __len__(self) -> int:
        return len(self.decisions)

    def responsible(self) -> NDArray[np.object_]:
        """Who is responsible for each."""
        return np.asarray(_PARTIES[(self.rulings.landlord < 0.5).astype(np.intp)])

    def outcomes(self) -> Outcome:
        """Return what each comes to, by itself."""
        return Outcome(
            responsible=self.responsible(),
            confidence=self.confidence,
            decision=self.decisions,
            reason=self.reasons,
            question=self.questions,
            urgent=self.urgent,
        )


class Outcome(NamedTuple):
    """What a message as a whole comes to; or, as arrays of one place a message, what some messages do."""

    responsible: Any
    confidence: Any
    decision: Any
    reason: Any
    question: Any
    urgent: Any


@dataclass(frozen=True)
class Docket:
    """What was found out about some messages, before it is put into words.

    Attributes
    ----------
    languages : list of {"nl", "en", "other"}
    reasons : ndarray of str or None
        Why a message, or a part of it, was not judged.
    elsewhere : ndarray of str or None
        The kind of message, where nothing is to be repaired.
    sure_elsewhere : ndarray of float
        How sure that is.
    dangers : dict of int to Danger
        By the place of the message, where there is any.
    defects : Defects or None
        None where messages could not be read.
    """

    languages: list[Language]
    reasons: NDArray[np.object_]
    elsewhere: NDArray[np.object_]
    sure_elsewhere: NDArray[np.float64]
    dangers: dict[int, Danger]
    defects: Defects | None = None

    def __len__(self) -> int:
        return len(self.reasons)

    @classmethod
    def failed(cls, count: int, dangers: Mapping[int, Danger] | None = None) -> Docket:
        """Make the docket of messages that could not be judged, with the dangers that they tell of."""
        reasons, elsewhere = np.full(count, "error", dtype=object), np.full(count, None, dtype=object)
        return cls(["nl"] * count, reasons, elsewhere, np.zeros(count), dict(dangers or {}))

    def outcomes(self) -> Outcome:
        """Say what each message comes to."""
        n = len(self)
        found = Outcome(
            responsible=np.full(n, None, dtype=object),
            confidence=self.sure_elsewhere.copy(),
            decision=np.full(n, "review", dtype=object),
            reason=self.reasons.copy(),
            question=np.full(n, None, dtype=object),
            urgent=np.zeros(n, dtype=bool),
        )
        found.urgent[list(self.dangers)] = True
        if self.defects is None:
            return found
        defects = self.defects.outcomes()
        ends = np.searchsorted(self.defects.stretches.texts, np.arange(n + 1))
        counts = ends[1:] - ends[:-1]
        alone = (self.reasons == np.array(None)) & (counts == 1)
        for column, own in zip(found, defects, strict=True):
            column[alone] = own[ends[:-1][alone]]
        for i in np.flatnonzero(~alone & (counts > 0)).tolist():
            own = Outcome(*(column[ends[i] : ends[i + 1]] for column in defects))
            whole = _together(own, self.reasons[i], alarm=bool(found.urgent[i]))
            for column, value in zip(found, whole, strict=True):
                column[i] = value
        return found


def _together(defects: Outcome, why_not: Reason | None, alarm: bool) -> Outcome:
    """Say what a message comes to that has several defects, or a part that could not be judged.

    Words of danger may stand in different defects, and then ring for the message alone.
    """
    differ = len(set(defects.responsible)) > 1
    careful: Decision = max(defects.decision, key=DECISIONS.index)
    decision: Decision = "review" if differ or why_not else careful
    reason = why_not
    if reason is None and differ:
        reason = "several-defects"
    elif reason is None and decision != "auto":
        reason = next(own for own, made in zip(defects.reason, defects.decision, strict=True) if made == decision)
    return Outcome(
        "both" if differ else defects.responsible[0],
        float(np.prod(defects.confidence)),
        decision,
        reason,
        next((question for question in defects.question if question), None),
        alarm or bool(defects.urgent.any()),
    )
