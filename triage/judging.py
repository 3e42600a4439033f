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
from triage.decision import DECISIONS, Asker, Decision, Policy, Question, Reason, decide
from triage.defects import Stretches, divide, is_joint
from triage.facts import Settled
from triage.language import FAMILIAR, Language, detect_many, mark
from triage.marking import Marker
from triage.message import clean_many, is_empty
from triage.recogniser import Recogniser, Recognition
from triage.ruling import Ruler, Rulings
from triage.table import Units
from triage.urgency import Alarm, how_urgent, pressing_of
from triage.words import Words, find_words

__all__ = ["Defects", "Docket", "Judge", "Outcome", "objects"]

log = logging.getLogger(__name__)

Places = NDArray[np.int64]

_UNRULED = 0.5
"""From this probability on that a defect falls under a rule that is not in force, it gets no label."""
_JOINT = 16


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
    decisions: list[Decision]
    reasons: list[Reason | None]
    questions: list[Question | None]
    urgent: list[bool]
    dangers: list[Danger | None]

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
            decision=objects(self.decisions),
            reason=objects(self.reasons),
            question=objects(self.questions),
            urgent=np.array(self.urgent, dtype=bool),
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
    reasons : list of str or None
        Why a message, or a part of it, was not judged.
    elsewhere : list of str or None
        The kind of message, where nothing is to be repaired.
    sure_elsewhere : list of float
        How sure that is.
    dangers : list of Danger or None
    defects : Defects or None
        None where messages could not be read.
    """

    languages: list[Language]
    reasons: list[Reason | None]
    elsewhere: list[str | None]
    sure_elsewhere: list[float]
    dangers: list[Danger | None]
    defects: Defects | None = None

    def __len__(self) -> int:
        return len(self.reasons)

    @classmethod
    def failed(cls, count: int) -> Docket:
        """Make the docket of messages that could not be judged."""
        return cls(["nl"] * count, ["error"] * count, [None] * count, [0.0] * count, [None] * count)

    def outcomes(self) -> Outcome:
        """Say what each message comes to."""
        n = len(self)
        found = Outcome(
            responsible=objects([None] * n),
            confidence=np.array(self.sure_elsewhere, dtype=np.float64),
            decision=objects(["review"] * n),
            reason=objects(self.reasons),
            question=objects([None] * n),
            urgent=np.array([danger is not None for danger in self.dangers], dtype=bool),
        )
        if self.defects is None:
            return found
        defects = self.defects.outcomes()
        ends = np.searchsorted(self.defects.stretches.texts, np.arange(n + 1))
        counts = ends[1:] - ends[:-1]
        judged = np.array([reason is None for reason in self.reasons], dtype=bool)
        alone = judged & (counts == 1)
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
        marks, signs = self._marker.marks(words, units)
        languages = detect_many(cleaned, marks, words.firsts)
        recognition = self._recognise(units, words.firsts[:-1], words.firsts[1:])
        nothing = np.minimum(recognition.elsewhere.sum(axis=1, dtype=np.float64), 1.0)
        away = nothing >= (self._policy.elsewhere if "rule" not in facts else np.inf)
        reasons = [
            _why_not(text, language, gone)
            for text, language, gone in zip(cleaned, languages, away.tolist(), strict=True)
        ]
        away &= np.array([reason == "out-of-scope" for reason in reasons], dtype=bool)
        read = np.array([reason is None for reason in reasons], dtype=bool)
        dangers = self._dangers(words, signs, [reason != "empty" for reason in reasons])
        stretches = self._divide(words, units, marks, recognition, read)
        chances = self._recognise_stretches(stretches, units, recognition)
        rulings = self._ruler.rule(chances.rules, chances.circumstances, facts, day)
        ruled = (rulings.unruled <= _UNRULED) & (rulings.weights.sum(axis=1) > 0)
        for text in stretches.texts[~ruled].tolist():
            reasons[text] = "no-rule"
        if not ruled.all():
            stretches = Stretches(*(part[ruled] for part in stretches))
            chances, rulings = chances.take(np.flatnonzero(ruled)), rulings.take(np.flatnonzero(ruled))
        kinds = self._recogniser.outputs.elsewhere
        likeliest = recognition.elsewhere.argmax(axis=1).tolist() if kinds else []
        return Docket(
            languages=["nl" if reason == "empty" else own for own, reason in zip(languages, reasons, strict=True)],
            reasons=reasons,
            elsewhere=[kinds[likeliest[i]] if gone else None for i, gone in enumerate(away.tolist())],
            sure_elsewhere=np.where(away, nothing, 0.0).tolist(),
            dangers=dangers,
            defects=self._judge_defects(words, units, stretches, chances, rulings, dangers, facts),
        )

    def _marks_of(self, word: str) -> tuple[int, NDArray[np.uint64]]:
        plain = mark(word) | _JOINT * is_joint(word) | FAMILIAR * (word in self._familiar)
        return plain, self._alarm.packed([self._alarm.mark(word)])[0]

    def _dangers(self, words: Words, signs: NDArray[np.uint64], read: Sequence[bool]) -> list[Danger | None]:
        dangers: list[Danger | None] = [None] * words.n_texts
        texts, held = self._alarm.may_ring(signs, words.firsts)
        for text, own in zip(texts.tolist(), held, strict=True):
            if read[text]:
                dangers[text] = self._alarm.find(words.of_text(text), own)
        return dangers

    def _recognise(self, units: Units, firsts: Places, lasts: Places) -> Recognition:
        return self._recogniser.probabilities(self._recogniser.score(units, firsts, lasts))

    def _divide(
        self, words: Words, units: Units, marks: NDArray[np.uint8], recognition: Recognition, read: NDArray[np.bool_]
    ) -> Stretches:
        several = np.where(read, recognition.flags["several"], 0.0)
        joints = (marks & _JOINT) > 0
        stretches = divide(words, units, joints, self._recogniser, several, self._policy.further_defect)
        return Stretches(*(part[read[stretches.texts]] for part in stretches))

    def _recognise_stretches(self, stretches: Stretches, units: Units, whole: Recognition) -> Recognition:
        """Recognise each stretch; one that is all of its message was recognised with it."""
        counts = np.bincount(stretches.texts, minlength=len(whole.rules))
        parts = np.flatnonzero(counts[stretches.texts] > 1)
        recognition = whole.take(stretches.texts)
        if len(parts):
            own = self._recognise(units, stretches.firsts[parts], stretches.lasts[parts])
            recognition.rules[parts], recognition.circumstances[parts] = own.rules, own.circumstances
            for flag, chances in own.flags.items():
                recognition.flags[flag][parts] = chances
        return recognition

    def _judge_defects(
        self,
        words: Words,
        units: Units,
        stretches: Stretches,
        chances: Recognition,
        rulings: Rulings,
        dangers: Sequence[Danger | None],
        facts: Settled,
    ) -> Defects:
        left_open = chances.flags["open"] * (not self._answers.intersection(facts))
        strongest = chances.rules.max(axis=1, initial=0)
        confidence, decisions, reasons, questions = decide(rulings, left_open, strongest, self._policy, self._asker)
        own: list[Danger | None] = [dangers[text] for text in stretches.texts.tolist()]
        counts = np.bincount(stretches.texts, minlength=len(dangers))
        for i, danger in enumerate(own):
            if danger is not None and counts[stretches.texts[i]] > 1:
                own[i] = self._alarm.find(words.of_stretch(int(stretches.firsts[i]), int(stretches.lasts[i])))
        pressing = how_urgent(chances.flags["urgent"], chances.rules, self._pressing) >= self._policy.urgent
        urgent = [danger is not None or flag for danger, flag in zip(own, pressing.tolist(), strict=True)]
        return Defects(words, units, stretches, rulings, confidence, decisions, reasons, questions, urgent, own)


def _why_not(text: str, language: Language, away: bool) -> Reason | None:
    """Say why a message has no defect to judge."""
    if is_empty(text):
        return "empty"
    if language == "other":
        return "language"
    return "out-of-scope" if away else None
