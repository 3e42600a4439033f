"""Whether what a triager says of itself is true: its evidence, and the question it asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from training import SEED
from training.corpus import Request
from training.labelling import ANY_DAY, label_of, rules_on
from triage import Assessment, Triager
from triage.assessment import QuestionAsked
from triage.words import find_words

__all__ = ["Asked", "Shown", "ask_and_answer", "weigh_evidence"]

Spans = list[tuple[int, int]]
Picked = NDArray[np.bool_]


@dataclass(frozen=True)
class Shown:
    """What becomes of the probability of the label without, and with nothing but, the words that are shown.

    Attributes
    ----------
    comprehensiveness : float
        How much it falls when the words shown are taken out: the more, the truer (DeYoung et al. 2020, ERASER).
    sufficiency : float
        How much it falls when nothing but the words shown is left: the less, the truer.
    share : float
        Share of the message's words that are shown.
    count : int
        Messages.
    """

    comprehensiveness: float
    sufficiency: float
    share: float
    count: int


def weigh_evidence(triager: Triager, requests: Sequence[Request]) -> tuple[Shown, Shown]:
    """Weigh the words shown as evidence against as many words drawn at random.

    Parameters
    ----------
    triager : Triager
    requests : sequence of Request
        Those that come to one finding count.

    Returns
    -------
    shown, random : Shown
    """
    rng = np.random.default_rng(SEED)
    done = [a for row in requests if len((a := triager.assess(row.text, date=ANY_DAY)).findings) == 1]
    words = [_words(a.text) for a in done]
    shown = [_picked(a, all_) for a, all_ in zip(done, words, strict=True)]
    drawn = [np.zeros_like(own) for own in shown]
    for own, others in zip(shown, drawn, strict=True):
        others[rng.choice(len(own), size=own.sum(), replace=False)] = True
    return _weigh(triager, done, words, shown), _weigh(triager, done, words, drawn)


def _weigh(triager: Triager, done: Sequence[Assessment], words: list[Spans], picked: list[Picked]) -> Shown:
    rows = list(zip(done, words, picked, strict=True))
    without = [_blanked(assessment.text, compress(all_, own)) for assessment, all_, own in rows]
    alone = [_blanked(assessment.text, compress(all_, ~own)) for assessment, all_, own in rows]
    before = np.array([a.findings[0].confidence for a in done])
    return Shown(
        float((before - _probability(triager, without, done)).mean()),
        float((before - _probability(triager, alone, done)).mean()),
        float(np.mean([own.mean() for own in picked])),
        len(done),
    )


def _words(text: str) -> Spans:
    words = find_words([text])
    return list(zip(words.starts.tolist(), words.ends.tolist(), strict=True))


def _picked(assessment: Assessment, words: Spans) -> Picked:
    """Tell which words are shown, for the rule or for a circumstance."""
    told = [*assessment.evidence, *(word for own in assessment.circumstances for word in own.evidence)]
    return np.array([any(own.start < end and start < own.end for own in told) for start, end in words], dtype=bool)


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters)


def _probability(triager: Triager, texts: Sequence[str], done: Sequence[Assessment]) -> NDArray[np.float64]:
    """Return the probability that each text gives to the label that was found; a half where it gives none."""
    found = triager.assess_many(list(texts), date=ANY_DAY)
    label = np.array([a.responsible for a in done])
    named = found["responsible"].isin(["landlord", "tenant"]).to_numpy()
    same = found["responsible"].to_numpy() == label
    confidence = found["confidence"].to_numpy()
    return np.asarray(np.where(named, np.where(same, confidence, 1 - confidence), 0.5))


@dataclass(frozen=True)
class Asked:
    """What the answer to the question brings.

    Attributes
    ----------
    count : int
        Decidable requests about which a question was asked.
    before, after : float
        Share with the right label, before and after the true answer.
    automatic : float
        Share with the right label among those that were decided automatically.
    settled : float
        Share of those asked about that are decided automatically after the answer.
    wrong : float
        Share with the wrong label among the latter.
    fitting : float
        Share of the questions that have an answer which is true; the others stay unanswered.
    """

    count: int
    before: float
    after: float
    automatic: float
    settled: float
    wrong: float
    fitting: float


def ask_and_answer(triager: Triager, requests: Sequence[Request]) -> Asked:
    """Ask the question of each decidable request that gets one, and answer it by what the labels say.

    Parameters
    ----------
    triager : Triager
    requests : sequence of Request

    Returns
    -------
    Asked
    """
    rows = [row for row in requests if row.decidable]
    rules = rules_on(triager.catalogue)
    labels = np.array([label_of(row, rules) for row in rows])
    first = [triager.assess(row.text, date=ANY_DAY) for row in rows]
    asked = [i for i, a in enumerate(first) if a.decision == "ask" and a.question]
    facts = [_answer(rows[i], question) for i in asked if (question := first[i].question)]
    second = triager.assess_many([rows[i].text for i in asked], facts=facts, date=ANY_DAY)
    right = np.array([a.responsible for a in first]) == labels
    automatic = np.array([a.decision == "auto" for a in first])
    right_after = second["responsible"].to_numpy() == labels[asked]
    settled = (second["decision"] == "auto").to_numpy()
    return Asked(
        len(asked),
        float(right[asked].mean()),
        float(right_after.mean()),
        float(right[automatic].mean()),
        float(settled.mean()),
        float((~right_after[settled]).mean()),
        float(np.mean([bool(fact) for fact in facts])),
    )


def _answer(row: Request, question: QuestionAsked) -> dict[str, bool | str]:
    """Answer by the labels; nothing where the true rule is not among those to choose from."""
    fact = question.fact.partition(".")[2] or question.fact  # of one defect of several: "2.own_fault"
    answer = row.rule if fact == "rule" else fact in row.circumstances
    return {question.fact: answer} if answer in question.answers else {}
