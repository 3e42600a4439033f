"""From messages to judgements, thousands at a time: one way through the house, for one message and for a backlog."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.catalogue import Catalogue, Danger
from triage.decision import FAULTS, Asker, Policy, decide
from triage.defects import Reading, Stretches, divide, is_joint
from triage.docket import DefectPlaces, Defects, Docket, objects
from triage.facts import UNKNOWN, Known, Settled, by_finding
from triage.features import words_of
from triage.language import detect_many, mark
from triage.marking import FAMILIAR, JOINT, LETTERS, SPOKEN, Marker, count_marked
from triage.message import SAYS_NOTHING, clean_many, is_empty
from triage.recogniser import Recogniser, Recognition
from triage.ruling import Ruler, Rulings
from triage.table import FEW
from triage.urgency import Alarm, Marked, how_urgent, pressing_of
from triage.words import Words, find_words

__all__ = ["Judge"]

log = logging.getLogger(__name__)

Places = NDArray[np.int64]

_ONE_SIDED = 0.95
"""Where a label is this likely, hardly any rule that may apply gives the other one."""
_SLIGHT = 0.02
"""What a message leaves open is not a circumstance that is less likely than this in it."""
_UNRULED = 0.5
"""From this probability on that a defect falls under a rule that is not in force, it gets no label."""


class _Found(NamedTuple):
    """Defects, before it is decided what happens with them."""

    stretches: Stretches
    places: DefectPlaces
    chances: Recognition
    rulings: Rulings

    def take(self, rows: Places) -> _Found:
        return _Found(
            self.stretches.take(rows), self.places.take(rows), self.chances.take(rows), self.rulings.take(rows)
        )


def _each(known: Mapping[int, Known], numbers: Places) -> Iterator[tuple[NDArray[np.bool_], Known]]:
    """Give all defects, with what is known of all; then those that facts single out, with what is known of each."""
    for finding, own in known.items():
        yield (numbers == finding) | (finding == 0), own


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
        self._answers = {c.id for c in catalogue.circumstances if c.words.all()}
        """Circumstances that a message may leave open; a subscription, say, it does not."""
        self._has_own = any(rule.basis.startswith("own:") for rule in catalogue.rules)
        self._familiar = frozenset(name[1:] for name in recogniser.vocabulary.names if name[0] == "=")
        self._marker = Marker(self._marks_of)

    def alike(self, facts: Settled, day: date) -> Hashable:
        """Return what messages have in common that can be judged together: one law, and facts that come to the same."""
        start = facts.get("tenancy_start", UNKNOWN)
        stretch = self._ruler.timeline.stretch(day, None if start == UNKNOWN else date.fromisoformat(str(start)))
        others = {name: value for name, value in facts.items() if name != "tenancy_start" or value == UNKNOWN}
        return stretch, *sorted(others.items())

    def judge_safely(self, texts: Sequence[str], facts: Settled, day: date) -> Iterator[Docket]:
        """Judge messages; where that fails, find out which one is to blame and judge the others.

        Yields
        ------
        Docket
            Of so many messages, in order.

        Raises
        ------
        MemoryError
            If there is no room for so many.
        """
        try:
            yield self.judge(texts, facts, day)
        except MemoryError:  # no message is to blame, and the others would fare no better
            raise
        except Exception as error:  # whatever goes wrong with one request must not end a batch
            if len(texts) < 2:
                log.warning("a request could not be judged: %s", type(error).__name__)
                yield self.failed(texts[0]) if texts else Docket.failed(0)
                return
            half = len(texts) // 2
            yield from self.judge_safely(texts[:half], facts, day)
            yield from self.judge_safely(texts[half:], facts, day)

    def failed(self, text: str) -> Docket:
        """Make the docket of a message that could not be judged; of danger its words tell all the same."""
        try:
            danger = self._alarm.find(self._alarm.marks(words_of(text)))
        except Exception as error:
            log.warning("a request could not be searched for danger: %s", type(error).__name__)
            danger = None
        return Docket.failed(1, {0: danger} if danger else {})

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
        known = by_finding(facts)
        rule_known = "rule" in known.get(1, known[0]).settled
        away = ~(empty | foreign) & (nothing >= (np.inf if rule_known else self._policy.elsewhere))
        dangers = self._dangers(words, alarms)
        in_distress = np.zeros(len(texts), dtype=bool)
        in_distress[[text for text, danger in dangers.items() if not danger.repair]] = True
        away |= in_distress & ~(empty | foreign)
        reasons = np.full(len(texts), None, dtype=object)
        reasons[empty], reasons[foreign], reasons[away] = "empty", "language", "out-of-scope"
        read = np.flatnonzero(~(empty | foreign | away))
        reading = Reading(words, units, (marks & JOINT) > 0, recognition)
        found = self._find(reading, read, known, day)
        ruled = (found.rulings.unruled <= _UNRULED) & (found.rulings.weights.sum(axis=1) > 0)
        reasons[found.stretches.texts[~ruled]] = "no-rule"
        if not ruled.all():
            found = found.take(np.flatnonzero(ruled))
        return Docket(
            languages=languages,
            reasons=reasons,
            elsewhere=self._kinds(recognition, away & ~in_distress),
            sure_elsewhere=np.where(away, nothing, 0.0),
            dangers=dangers,
            defects=self._judge_defects(reading, found, alarms, dangers, known, 2 * familiar < letters),
        )

    def _find(self, reading: Reading, texts: Places, known: Mapping[int, Known], day: date) -> _Found:
        """Find the defects of texts, and rule on each by what is known of it."""
        stretches, chances = divide(reading, self._recogniser, texts, self._policy.division)
        places = DefectPlaces.of(stretches.texts)
        rulings = self._ruler.rule(chances.rules, chances.circumstances, known[0].settled, day)
        for finding in known.keys() - {0}:
            rows = np.flatnonzero(places.numbers == finding)
            own = chances.take(rows)
            rulings.put(rows, self._ruler.rule(own.rules, own.circumstances, known[finding].settled, day))
        return _Found(stretches, places, chances, rulings)

    def _kinds(self, recognition: Recognition, away: NDArray[np.bool_]) -> NDArray[np.object_]:
        """Return the likeliest kind of each message with nothing to repair."""
        kinds = np.full(len(away), None, dtype=object)
        if away.any():
            kinds[away] = objects(self._recogniser.outputs.elsewhere)[recognition.elsewhere[away].argmax(axis=1)]
        return kinds

    def _marks_of(self, word: str) -> tuple[int, int]:
        of_language = mark(word) | FAMILIAR * (word in self._familiar)
        speaks = not is_empty(word) and word not in SAYS_NOTHING
        return of_language | JOINT * is_joint(word) | SPOKEN * speaks, self._alarm.mark(word)

    def _dangers(self, words: Words, alarms: Marked) -> dict[int, Danger]:
        """Find the danger that each text tells of; few texts are all looked at."""
        few = ((text, None) for text in range(words.n_texts))
        dangers = {}
        for text, signs in few if words.n_texts <= FEW else self._alarm.may_ring(alarms, words.firsts):
            danger = self._alarm.find(alarms.between(words.firsts[text], words.firsts[text + 1]), signs)
            if danger is not None:
                dangers[text] = danger
        return dangers

    def _judge_defects(
        self,
        reading: Reading,
        found: _Found,
        alarms: Marked,
        dangers: dict[int, Danger],
        known: Mapping[int, Known],
        strange: NDArray[np.bool_],
    ) -> Defects:
        stretches, places, chances, rulings = found
        settled, rule_known = self._settled(found, known)
        settled |= self._cannot_turn(rulings, chances.flags["open"])
        left_open, unasked = chances.flags["open"] * ~settled, self._unasked(places.numbers, known)
        strongest = chances.rules.max(axis=1, initial=0)
        no_date = "tenancy_start" in known[0].unknown
        confidence, decisions, reasons, questions = decide(
            rulings, left_open, strongest, self._policy, self._asker, unasked, no_date
        )
        # Letters of unknown words may look like those of any rule.
        guessed = strange[stretches.texts] & ~rule_known
        decisions[guessed], reasons[guessed], questions[guessed] = "review", "unrecognised", None
        urgent = how_urgent(chances.flags["urgent"], chances.rules, self._pressing) >= self._policy.urgent
        own = self._dangers_of(stretches, alarms, dangers)
        urgent[list(own)] = True
        for i in np.flatnonzero(urgent & (decisions == "ask")).tolist():
            if i in own or questions[i].fact in FAULTS:
                if questions[i].fact == "rule":
                    reasons[i] = "unrecognised"
                decisions[i], questions[i] = "review", None
        words, units = reading.words, reading.units
        return Defects(words, units, stretches, places, rulings, confidence, decisions, reasons, questions, urgent, own)

    def _cannot_turn(self, rulings: Rulings, left_open: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Tell of which messages what they leave open turns nothing, since an association sees to it all itself."""
        cannot = np.zeros(len(rulings), dtype=bool)
        if not self._has_own:
            return cannot
        own = np.array([basis.startswith("own:") for basis in rulings.law.bases], dtype=bool)
        one_sided = np.abs(rulings.landlord - 0.5) >= _ONE_SIDED - 0.5
        rows = np.flatnonzero((left_open > self._policy.open) & one_sided & own[rulings.deciding_basis])
        if len(rows):
            some = rulings.take(rows)
            likely = some.turning & (some.chances[:, :-1] >= _SLIGHT) & np.isin(self._ruler.keys, [*self._answers])
            turned = [(then >= 0.5) != (some.landlord >= 0.5)[:, None] for then in some.landlord_if]
            cannot[rows] = ~(np.logical_or(*turned) & likely).any(axis=1)
        return cannot

    def _settled(self, found: _Found, known: Mapping[int, Known]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell of which defects facts settle what the message leaves open, and of which they name the rule."""
        settled, rule_known = (np.zeros(len(found.rulings), dtype=bool) for _ in range(2))
        for rows, own in _each(known, found.places.numbers):
            if not own.settled:
                continue
            told = np.isin(self._ruler.keys, [*self._answers.intersection(own.settled)])
            rule_known[rows] = "rule" in own.settled
            settled[rows] = rule_known[rows] | (found.rulings.turning[rows] & told).any(axis=1)
        return settled, rule_known

    def _unasked(self, numbers: Places, known: Mapping[int, Known]) -> NDArray[np.bool_] | None:
        """Tell what not to ask about each defect, since the answer is not known; None if that is nothing."""
        if not any(own.unknown for own in known.values()):
            return None
        names = [*self._ruler.keys, "rule"]
        unasked = np.zeros((len(numbers), len(names)), dtype=bool)
        for rows, own in _each(known, numbers):
            unasked[rows] = np.isin(names, [*own.unknown])
        return unasked

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
