"""From messages to judgements, thousands at a time: one way through the house, for one message and for a backlog."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.catalogue import Catalogue, Danger, Party
from triage.decision import DECISIONS, Asker, Decision, Policy, Question, Reason, decide
from triage.defects import Stretches, divide, is_joint
from triage.facts import Settled
from triage.language import Language, detect_many, mark
from triage.message import clean, is_empty
from triage.recogniser import Recogniser, Recognition, Units
from triage.ruling import Ruler, Rulings
from triage.urgency import Alarm, how_urgent
from triage.words import Words, find_words

__all__ = ["Defects", "Docket", "Judge", "Outcome"]

log = logging.getLogger(__name__)

Places = NDArray[np.int64]

_UNRULED = 0.5
"""From this probability on that a defect falls under a rule that is not in force, it gets no label."""
_JOINT = 16
_MOST_MARKED = 500_000


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

    def responsible(self) -> list[Party]:
        """Who is responsible for each."""
        return ["landlord" if landlord else "tenant" for landlord in (self.rulings.landlord >= 0.5).tolist()]


class Outcome(NamedTuple):
    """What a message as a whole comes to."""

    responsible: Literal["landlord", "tenant", "both"] | None
    confidence: float
    decision: Decision
    reason: Reason | None
    question: Question | None
    urgent: bool


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

    def defects_of(self) -> list[range]:
        """Return the places of each message's defects."""
        if self.defects is None:
            return [range(0)] * len(self)
        ends = np.searchsorted(self.defects.stretches.texts, np.arange(len(self) + 1)).tolist()
        return [range(a, b) for a, b in itertools.pairwise(ends)]

    def outcomes(self) -> list[Outcome]:
        """Say what each message comes to."""
        labels = self.defects.responsible() if self.defects else []
        return [self._outcome(i, own, labels) for i, own in enumerate(self.defects_of())]

    def _outcome(self, i: int, own: range, labels: list[Party]) -> Outcome:
        alarm = self.dangers[i] is not None
        if self.defects is None or not own:
            return Outcome(None, self.sure_elsewhere[i], "review", self.reasons[i], None, alarm)
        defects, first = self.defects, own[0]
        if len(own) == 1 and self.reasons[i] is None:
            return Outcome(
                labels[first],
                float(defects.confidence[first]),
                defects.decisions[first],
                defects.reasons[first],
                defects.questions[first],
                alarm or defects.urgent[first],
            )
        differ = len({labels[d] for d in own}) > 1
        careful = max((defects.decisions[d] for d in own), key=DECISIONS.index)
        decision: Decision = "review" if differ or self.reasons[i] else careful
        reason: Reason | None = self.reasons[i]
        if reason is None and differ:
            reason = "several-defects"
        elif reason is None and decision != "auto":
            reason = next(defects.reasons[d] for d in own if defects.decisions[d] == decision)
        return Outcome(
            "both" if differ else labels[first],
            float(np.prod(defects.confidence[own.start : own.stop])),
            decision,
            reason,
            next((question for d in own if (question := defects.questions[d])), None),
            alarm or any(defects.urgent[d] for d in own),
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
        urgency = {rule.id: rule.urgency for rule in catalogue.rules}
        self._pressing = np.array(
            [policy.pressing.get(urgency.get(id_, "normal"), 0.0) for id_ in recogniser.outputs.rules]
        )
        self._answers = {"rule", *(c.id for c in catalogue.circumstances if c.words.all())}
        """Facts that settle what a message may leave open; a subscription, say, does not."""
        self._marks: dict[int, tuple[int, int]] = {}

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
        cleaned = [clean(text) for text in texts]
        words = find_words(cleaned)
        marks, signs = self._mark(words)
        languages = detect_many(cleaned, marks, words.firsts)
        units = self._recogniser.units(words)
        recognition = self._recognise(units, words.firsts[:-1], words.firsts[1:])
        nothing = recognition.elsewhere.sum(axis=1, dtype=np.float64)
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
        rulings = self._ruler.rule(chances.rules, chances.circumstances, facts, day, chances.causes)
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

    def _mark(self, words: Words) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
        """Mark each word: for the languages it speaks for and for joining clauses; and for the signs of danger."""
        hashes, where, inverse = words.unique
        keys = hashes.tolist()
        marks = [self._marks.get(key) for key in keys]
        known = [
            own if own is not None else self._marks_of(words.word(place))
            for own, place in zip(marks, where.tolist(), strict=True)
        ]
        if len(self._marks) > _MOST_MARKED:
            self._marks.clear()
        self._marks.update((key, new) for key, own, new in zip(keys, marks, known, strict=True) if own is None)
        plain = np.array([mark for mark, _ in known], dtype=np.uint8)
        return plain[inverse], self._alarm.packed([signs for _, signs in known])[inverse]

    def _marks_of(self, word: str) -> tuple[int, int]:
        return mark(word) | _JOINT * is_joint(word), self._alarm.mark(word)

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
                own[i] = self._alarm.find([words.word(w) for w in range(stretches.firsts[i], stretches.lasts[i])])
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
