"""From messages to judgements, thousands at a time: one way through the house, for one message and for a backlog."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.catalogue import Catalogue, Danger
from triage.decision import DECISIONS, FAULTS, Asker, Decision, Policy, Reason, decide
from triage.defects import Reading, Stretches, divide, is_joint
from triage.facts import Settled
from triage.language import Language, detect_many, mark
from triage.marking import FAMILIAR, JOINT, LETTERS, SAYS_NOTHING, SPOKEN, Marker, count_marked
from triage.message import clean_many, is_empty
from triage.recogniser import Recogniser, Recognition
from triage.ruling import Ruler, Rulings
from triage.table import Units
from triage.urgency import Alarm, AlarmMarks, Marked, how_urgent, pressing_of
from triage.words import Words, find_words

__all__ = ["Defects", "Docket", "Judge", "Outcome", "objects"]

log = logging.getLogger(__name__)

Places = NDArray[np.int64]

_UNRULED = 0.5
"""From this probability on that a defect falls under a rule that is not in force, it gets no label."""


_PARTIES = np.array(["landlord", "tenant"], dtype=object)


def objects(values: Sequence[Any]) -> NDArray[np.object_]:
    """Make an array of objects, each as it is."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


@dataclass(frozen=True)
class Defects:
    """Defects, judged: one a row, in the order of the messages; and the words that tell of them."""

    words: Words
    units: Units
    stretches: Stretches
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
    def failed(cls, count: int) -> Docket:
        """Make the docket of messages that could not be judged."""
        reasons, elsewhere = np.full(count, "error", dtype=object), np.full(count, None, dtype=object)
        return cls(["nl"] * count, reasons, elsewhere, np.zeros(count), {})

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


class Judge:
    """Judges messages by a catalogue.

    Parameters
    ----------
    recogniser : Recogniser
    policy : Policy
    catalogue : Catalogue
    """

    def __init__(self, recogniser: Recogniser, policy: Policy, catalogue: Catalogue) -> None:
        self._recogniser = recogniser
        self._policy = policy
        self._ruler = Ruler(catalogue, recogniser.outputs.rules, recogniser.outputs.circumstances)
        self._asker = Asker(catalogue)
        self._alarm = Alarm(catalogue)
        self._pressing = pressing_of(catalogue, recogniser.outputs.rules, policy.pressing)
        self._answers = {"rule", *(c.id for c in catalogue.circumstances if c.words.all())}
        """Facts that settle what a message may leave open; a subscription, say, does not."""
        self._familiar = frozenset(name[1:] for name in recogniser.vocabulary.names if name[0] == "=")
        self._marker = Marker(self._marks_of, self._alarm.n_marks)

    def judge_safely(self, texts: Sequence[str], facts: Settled, day: date) -> Iterator[Docket]:
        """Judge messages; where that fails, find out which one is to blame and judge the others.

        Yields
        ------
        Docket
            Of so many messages, in order.
        """
        try:
            yield self.judge(texts, facts, day)
        except Exception as error:  # whatever goes wrong with one request must not end a batch
            if len(texts) < 2:
                log.warning("a request could not be judged: %s", type(error).__name__)
                yield Docket.failed(len(texts))
                return
            half = len(texts) // 2
            yield from self.judge_safely(texts[:half], facts, day)
            yield from self.judge_safely(texts[half:], facts, day)

    def judge(self, texts: Sequence[str], facts: Settled, day: date) -> Docket:
        """Judge messages of which the same is known.

        Parameters
        ----------
        texts : sequence of str
            Messages as they came in.
        facts : mapping
            What is known of all of them, settled.
        day : date
            The rules of this day are applied.

        Returns
        -------
        Docket
        """
        cleaned = clean_many(texts)
        words = find_words(cleaned)
        units = self._recogniser.units(words)
        marks, alarms = self._marker.marks(words, units)
        languages = detect_many(cleaned, marks, words.firsts)
        scores = self._recogniser.score(units, words.firsts[:-1], words.firsts[1:])
        recognition = self._recogniser.probabilities(scores)
        nothing = np.minimum(recognition.elsewhere.sum(axis=1, dtype=np.float64), 1.0)
        spoken, familiar, letters = count_marked(marks, (SPOKEN, FAMILIAR, LETTERS), words.firsts)
        empty = spoken == 0
        for text in np.flatnonzero(empty).tolist():
            languages[text] = "nl"
        foreign = np.array([language == "other" for language in languages], dtype=bool)
        away = ~(empty | foreign) & (nothing >= (self._policy.elsewhere if "rule" not in facts else np.inf))
        dangers = self._dangers(words, alarms)
        in_distress = np.zeros(len(texts), dtype=bool)
        in_distress[[text for text, danger in dangers.items() if not danger.repair]] = True
        away |= in_distress & ~(empty | foreign)
        reasons = np.full(len(texts), None, dtype=object)
        reasons[empty], reasons[foreign], reasons[away] = "empty", "language", "out-of-scope"
        read = np.flatnonzero(~(empty | foreign | away))
        reading = Reading(words, units, (marks & JOINT) > 0, recognition)
        stretches, chances = divide(reading, self._recogniser, read, self._policy.division)
        rulings = self._ruler.rule(chances.rules, chances.circumstances, facts, day)
        ruled = (rulings.unruled <= _UNRULED) & (rulings.weights.sum(axis=1) > 0)
        reasons[stretches.texts[~ruled]] = "no-rule"
        if not ruled.all():
            kept = np.flatnonzero(ruled)
            stretches, chances, rulings = stretches.take(kept), chances.take(kept), rulings.take(kept)
        return Docket(
            languages=languages,
            reasons=reasons,
            elsewhere=self._kinds(recognition, away & ~in_distress),
            sure_elsewhere=np.where(away, nothing, 0.0),
            dangers=dangers,
            defects=self._judge_defects(
                words, units, alarms, stretches, chances, rulings, dangers, facts, 2 * familiar < letters
            ),
        )

    def _kinds(self, recognition: Recognition, away: NDArray[np.bool_]) -> NDArray[np.object_]:
        """Return the likeliest kind of each message with nothing to repair."""
        kinds = np.full(len(away), None, dtype=object)
        if away.any():
            kinds[away] = objects(self._recogniser.outputs.elsewhere)[recognition.elsewhere[away].argmax(axis=1)]
        return kinds

    def _marks_of(self, word: str) -> tuple[int, AlarmMarks]:
        of_language = mark(word) | FAMILIAR * (word in self._familiar)
        speaks = not is_empty(word) and word not in SAYS_NOTHING
        return of_language | JOINT * is_joint(word) | SPOKEN * speaks, self._alarm.mark(word)

    def _dangers(self, words: Words, alarms: Marked) -> dict[int, Danger]:
        dangers = {}
        texts, held = self._alarm.may_ring(alarms, words.firsts)
        for text, own in zip(texts.tolist(), held, strict=True):
            danger = self._alarm.find(alarms.between(words.firsts[text], words.firsts[text + 1]), own)
            if danger is not None:
                dangers[text] = danger
        return dangers

    def _judge_defects(
        self,
        words: Words,
        units: Units,
        alarms: Marked,
        stretches: Stretches,
        chances: Recognition,
        rulings: Rulings,
        dangers: dict[int, Danger],
        facts: Settled,
        strange: NDArray[np.bool_],
    ) -> Defects:
        left_open = chances.flags["open"] * (not self._answers.intersection(facts))
        strongest = chances.rules.max(axis=1, initial=0)
        confidence, decisions, reasons, questions = decide(rulings, left_open, strongest, self._policy, self._asker)
        if "rule" not in facts:
            # Letters of unknown words may look like those of any rule.
            guessed = strange[stretches.texts]
            decisions[guessed], reasons[guessed], questions[guessed] = "review", "unrecognised", None
        urgent = how_urgent(chances.flags["urgent"], chances.rules, self._pressing) >= self._policy.urgent
        own = self._dangers_of(stretches, alarms, dangers)
        urgent[list(own)] = True
        for i in np.flatnonzero(urgent & (decisions == "ask")).tolist():
            if questions[i].fact in FAULTS:
                decisions[i], questions[i] = "review", None
        return Defects(words, units, stretches, rulings, confidence, decisions, reasons, questions, urgent, own)

    def _dangers_of(self, stretches: Stretches, alarms: Marked, dangers: dict[int, Danger]) -> dict[int, Danger]:
        """Tell the danger of each defect; in a message of several only its own words count."""
        own = {}
        for text, whole in dangers.items():
            first, last = np.searchsorted(stretches.texts, [text, text + 1]).tolist()
            for i in range(first, last):
                alone = last - first == 1
                danger = whole if alone else self._alarm.find(alarms.between(stretches.firsts[i], stretches.lasts[i]))
                if danger is not None:
                    own[i] = danger
        return own
