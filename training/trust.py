"""Whether what a triager says of itself is true: its evidence, and the question it asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.corpus import Request
from training.evaluate import label_of
from triage import Assessment, Triager
from triage.words import find_words

__all__ = ["Asked", "Shown", "ask_and_answer", "weigh_evidence"]

_SEED = 20261123
Spans = list[tuple[int, int]]


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
    rng = np.random.default_rng(_SEED)
    done = [a for row in requests if len((a := triager.assess(row.text)).findings) == 1]
    words = [_words(a.text) for a in done]
    shown = [_spans(a) for a in done]
    counts = [sum(_overlaps(word, own) for word in all_) for all_, own in zip(words, shown, strict=True)]
    drawn: list[Spans] = [
        [all_[i] for i in rng.choice(len(all_), size=n, replace=False)] for all_, n in zip(words, counts, strict=True)
    ]
    share = float(np.mean([n / len(all_) for n, all_ in zip(counts, words, strict=True)]))
    return _weigh(triager, done, words, shown, share), _weigh(triager, done, words, drawn, share)


def _weigh(triager: Triager, done: Sequence[Assessment], words: list[Spans], shown: list[Spans], share: float) -> Shown:
    without, alone = [], []
    for assessment, all_, own in zip(done, words, shown, strict=True):
        picked = [_overlaps(word, own) for word in all_]
        without.append(_blanked(assessment.text, [w for w, is_own in zip(all_, picked, strict=True) if is_own]))
        alone.append(_blanked(assessment.text, [w for w, is_own in zip(all_, picked, strict=True) if not is_own]))
    before = np.array([a.findings[0].confidence for a in done])
    return Shown(
        float((before - _probability(triager, without, done)).mean()),
        float((before - _probability(triager, alone, done)).mean()),
        share,
        len(done),
    )


def _words(text: str) -> Spans:
    words = find_words([text])
    return list(zip(words.starts.tolist(), words.ends.tolist(), strict=True))


def _spans(assessment: Assessment) -> Spans:
    told = [*assessment.evidence, *(word for own in assessment.circumstances for word in own.evidence)]
    return [(word.start, word.end) for word in told]


def _overlaps(word: tuple[int, int], spans: Spans) -> bool:
    return any(start < word[1] and word[0] < end for start, end in spans)


def _blanked(text: str, spans: Spans) -> str:
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters)


def _probability(triager: Triager, texts: Sequence[str], done: Sequence[Assessment]) -> NDArray[np.float64]:
    """Return the probability that each text gives to the label that was found; a half where it gives none."""
    found = triager.assess_many(list(texts))
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
    """

    count: int
    before: float
    after: float
    automatic: float
    settled: float


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
    labels = np.array([label_of(row, triager.catalogue) for row in rows])
    first = triager.assess_many([row.text for row in rows])
    questions = [triager.assess(row.text).question for row in rows]
    asked = [i for i, question in enumerate(questions) if question and first["decision"].iloc[i] == "ask"]
    facts = [_answer(rows[i], question.fact) for i in asked if (question := questions[i])]
    second = triager.assess_many([rows[i].text for i in asked], facts=facts)
    automatic = (first["decision"] == "auto").to_numpy()
    return Asked(
        len(asked),
        _right(first.iloc[asked], labels[asked]),
        _right(second, labels[asked]),
        _right(first[automatic], labels[automatic]),
        float((second["decision"] == "auto").mean()),
    )


def _answer(row: Request, fact: str) -> dict[str, bool | str]:
    return {"rule": row.rule} if fact == "rule" else {fact: fact in row.circumstances}


def _right(found: pd.DataFrame, labels: NDArray[np.str_]) -> float:
    return float((found["responsible"].to_numpy() == labels).mean())
