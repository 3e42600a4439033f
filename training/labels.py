"""How well labels hold: agreement with a second, blind labelling, and the labels that a model doubts most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from training.corpus import DATASETS, Corpus, CorpusError, Request, Split, lacking
from training.fit import fold_voices, recogniser_of
from training.labelling import label_of, rules_on
from training.rows import read_rows
from triage.catalogue import Catalogue
from triage.estimator import words_of
from triage.fitting import REPAIRS, Settings
from triage.recogniser import softmax

__all__ = ["Agreement", "Doubt", "SecondLabel", "agreement", "doubts", "kappa", "read_second_labels"]

SECOND = DATASETS / "second_labels.jsonl"


class SecondLabel(BaseModel):
    """What somebody who did not write a message made of it, without seeing its labels."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(description="The message")
    rule: str
    circumstances: list[str] = Field(default=[])
    decidable: bool = Field(default=True)
    urgent: bool = Field(default=False)


@dataclass(frozen=True)
class Agreement:
    """Agreement between first and second labels.

    Attributes
    ----------
    count : int
        Messages labelled twice.
    voices : dict of {"train", "calibration", "test"} to int
        Who wrote them: so many voices of each split.
    kappas : dict of str to float
        Cohen's kappa for responsibility, rule and urgency.
    shares : dict of str to float
        Share of messages with equal labels, by the same names.
    disagreements : list of (str, str, str)
        Message, first and second ruling, where responsibility differs.
    """

    count: int
    voices: dict[Split, int]
    kappas: dict[str, float]
    shares: dict[str, float]
    disagreements: list[tuple[str, str, str]]


def read_second_labels(path: Path = SECOND, catalogue: Catalogue | None = None) -> list[SecondLabel]:
    """Read second labels.

    Parameters
    ----------
    path : Path
    catalogue : Catalogue, optional
        If given, rules and circumstances must be its own.

    Raises
    ------
    CorpusError
        With file, row and field of every problem.
    """

    def parse(line: str) -> SecondLabel:
        label = SecondLabel.model_validate_json(line)
        if catalogue is not None and (strange := lacking(label.rule, label.circumstances, catalogue)):
            raise ValueError("; ".join(strange))
        return label

    problems: list[str] = []
    labels = read_rows(path, parse, problems)
    if problems:
        raise CorpusError(problems)
    return labels


def agreement(corpus: Corpus, second: Sequence[SecondLabel], catalogue: Catalogue) -> Agreement:
    """Compare first and second labels; responsibility is looked up in the catalogue for both.

    Messages that either labeller would ask back about do not count for responsibility.

    Raises
    ------
    CorpusError
        If a label is of no request, or of one that has another already.
    """
    rows = {row.id: row for row in corpus.requests}
    met = Counter(label.id for label in second)
    problems = [f"{name}: not among the requests" for name in met if name not in rows]
    problems += [f"{name}: labelled {times} times" for name, times in met.items() if times > 1]
    if problems:
        raise CorpusError(problems)
    pairs = [(rows[label.id], label) for label in second]
    decided = [(row, label) for row, label in pairs if row.decidable and label.decidable]
    rules = rules_on(catalogue)
    ruled = [(label_of(row, rules), label_of(_as_request(row, label), rules)) for row, label in decided]
    compared: dict[str, Sequence[tuple[str, str]]] = {
        "responsibility": ruled,
        "rule": [(row.rule, label.rule) for row, label in pairs],
        "urgency": [(str(row.urgent), str(label.urgent)) for row, label in pairs],
    }
    return Agreement(
        len(pairs),
        dict(Counter(corpus.voices[voice].split for voice in {row.voice for row, _ in pairs})),
        {name: kappa(both) for name, both in compared.items()},
        {name: _share(both) for name, both in compared.items()},
        [
            (row.id, _said(row.rule, row.circumstances), _said(label.rule, label.circumstances))
            for (row, label), (a, b) in zip(decided, ruled, strict=True)
            if a != b
        ],
    )


def _as_request(row: Request, label: SecondLabel) -> Request:
    return row.model_copy(update={"rule": label.rule, "circumstances": label.circumstances})


def _share(pairs: Sequence[tuple[str, str]]) -> float:
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else float("nan")


def _said(rule: str, circumstances: Sequence[str]) -> str:
    return " + ".join([rule, *circumstances])


def kappa(pairs: Sequence[tuple[str, str]]) -> float:
    """Return Cohen's kappa: agreement beyond what chance would give (Cohen 1960).

    Examples
    --------
    >>> kappa([("a", "a"), ("b", "b"), ("a", "b"), ("b", "b")])
    0.5
    """
    if not pairs:
        return float("nan")
    names = {name for pair in pairs for name in pair}
    observed = np.mean([a == b for a, b in pairs])
    first, second = zip(*pairs, strict=True)
    expected = sum(first.count(name) * second.count(name) for name in names) / len(pairs) ** 2
    return 1.0 if expected == 1 else float((observed - expected) / (1 - expected))


@dataclass(frozen=True)
class Doubt:
    """A label that a model fitted on other voices finds unlikely."""

    id: str
    rule: str
    probability: float
    likeliest: str
    text: str


def doubts(
    corpus: Corpus,
    catalogue: Catalogue,
    settings: Settings = REPAIRS,
    say: Callable[[str], None] = lambda _: None,
) -> list[Doubt]:
    """Rank requests by how little a model that never saw their voice believes their rule (self-confidence).

    Source: Northcutt, Jiang and Chuang (2021), Confident learning.

    Returns
    -------
    list of Doubt
        Least believed first.
    """
    found: list[Doubt] = []
    folds = fold_voices(list(corpus.voices))
    for number, fold in enumerate(folds, 1):
        say(f"fitting without {len(fold)} voices ({number} of {len(folds)})")
        recogniser = recogniser_of(corpus.by_voices(set(corpus.voices) - set(fold)), catalogue, settings)
        rows = corpus.by_voices(fold).requests
        n = recogniser.outputs.n_exclusive
        chances = softmax(recogniser.scores(words_of([row.text for row in rows]))[:, :n])
        names = recogniser.outputs.names[:n]
        found += [
            Doubt(row.id, row.rule, float(own[names.index(row.rule)]), names[int(own.argmax())], row.text)
            for row, own in zip(rows, chances, strict=True)
        ]
    return sorted(found, key=lambda doubt: doubt.probability)
