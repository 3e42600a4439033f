"""Measuring a corpus: coverage per rule and circumstance, near-duplicates, stock phrases, growth of its vocabulary."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from training.corpus import Corpus, Nothing, Request, Several
from triage.catalogue import Catalogue

__all__ = ["Bounds", "Report", "measure"]

_GRAM = 4
_ALIKE = 0.6
_SEQUENCE = 6
_RARE = 6
"""So many rare n-grams in common make two messages worth comparing; any message shares more with one like it."""
_SHORT = 15
"""Messages shorter than this ("lekkage") may well be written twice by different people."""


@dataclass(frozen=True)
class Bounds:
    """What a corpus must keep to."""

    requests: int = 10_000
    elsewhere: int = 1000
    several: int = 600
    per_rule: int = 25
    per_circumstance: int = 120
    duplicate_share: float = 0.003
    sequence_share: float = 0.005

    @classmethod
    def of_any_size(cls) -> Bounds:
        """Make the bounds of a corpus that need not cover every rule, such as an association's own tickets.

        Some of those are sent twice and many are signed alike: that is told, and is no failure.
        """
        return cls(0, 0, 0, per_rule=0, per_circumstance=0, duplicate_share=1.0, sequence_share=1.0)


@dataclass
class Report:
    """What was measured.

    Attributes
    ----------
    figures : dict of str to float
        Sizes and shares by name.
    rules, circumstances, near_misses : Counter
        Messages per rule, per circumstance that holds, and per circumstance that is mentioned and does not.
    duplicates : list of (str, str, float)
        Ids of near-duplicates, with their likeness.
    sequences : list of (str, int)
        The commonest sequences of words, with the number of messages that hold them.
    failures : list of str
        Bounds that are broken.
    """

    figures: dict[str, float] = field(default_factory=dict)
    rules: Counter[str] = field(default_factory=Counter)
    circumstances: Counter[str] = field(default_factory=Counter)
    near_misses: Counter[str] = field(default_factory=Counter)
    duplicates: list[tuple[str, str, float]] = field(default_factory=list)
    sequences: list[tuple[str, int]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def measure(corpus: Corpus, catalogue: Catalogue, bounds: Bounds | None = None) -> Report:
    """Measure a corpus against its bounds.

    Parameters
    ----------
    corpus : Corpus
    catalogue : Catalogue
        Whose rules and circumstances must be covered.
    bounds : Bounds, optional

    Returns
    -------
    Report
    """
    bounds = bounds or Bounds()
    messages = list(corpus.messages())
    texts = [row.text for row in messages]
    report = Report()
    report.rules = Counter(row.rule for row in corpus.requests)
    report.rules.update(defect.rule for row in corpus.several for defect in row.defects)
    report.circumstances = Counter(key for row in corpus.requests for key in row.circumstances)
    report.circumstances.update(key for row in corpus.several for defect in row.defects for key in defect.circumstances)
    report.near_misses = Counter(key for row in corpus.requests for key in row.near_misses)
    report.duplicates = near_duplicates([row.id for row in messages], texts)
    report.sequences = commonest_sequences(texts)
    report.figures = _figures(corpus, messages, report, catalogue)
    report.failures = _failures(corpus, catalogue, report, bounds)
    return report


def _figures(
    corpus: Corpus, messages: Sequence[Request | Several | Nothing], report: Report, catalogue: Catalogue
) -> dict[str, float]:
    words = [set(re.findall(r"\w+", row.text.lower())) for row in messages]
    half = len(words) // 2
    n = max(len(messages), 1)
    return {
        "requests": len(corpus.requests),
        "elsewhere": len(corpus.elsewhere),
        "several": len(corpus.several),
        "voices": len({row.voice for row in messages}),
        "english": sum(corpus.voices[row.voice].language == "en" for row in messages),
        "undecidable": sum(not row.decidable for row in corpus.requests),
        "urgent": sum(row.urgent for row in corpus.requests),
        "sound urgent": sum(row.sounds_urgent for row in corpus.requests),
        "fewest messages of a rule": min((report.rules[rule.id] for rule in catalogue.rules), default=0),
        "near-duplicate share": len({name for *pair, _ in report.duplicates for name in pair}) / n,
        "commonest six words, share": (report.sequences[0][1] if report.sequences else 0) / n,
        "distinct words": len(set().union(*words)) if words else 0,
        "distinct words, first half": len(set().union(*words[:half])) if half else 0,
    }


def _failures(corpus: Corpus, catalogue: Catalogue, report: Report, bounds: Bounds) -> list[str]:
    failures = [
        f"{name}: {len(rows)} messages, at least {least} are needed"
        for name, rows, least in (
            ("requests", corpus.requests, bounds.requests),
            ("elsewhere", corpus.elsewhere, bounds.elsewhere),
            ("several", corpus.several, bounds.several),
        )
        if len(rows) < least
    ]
    failures += [
        f"rule {rule.id}: {report.rules[rule.id]} messages, at least {bounds.per_rule} are needed"
        for rule in catalogue.rules
        if report.rules[rule.id] < bounds.per_rule
    ]
    failures += [
        f"circumstance {c.id}: {report.circumstances[c.id]} messages, at least {bounds.per_circumstance} are needed"
        for c in catalogue.circumstances
        if c.basis is not None and report.circumstances[c.id] < bounds.per_circumstance
    ]
    if report.figures["near-duplicate share"] > bounds.duplicate_share:
        failures.append(
            f"near-duplicates: {len(report.duplicates)} pairs, at most {bounds.duplicate_share:.1%} of messages"
        )
    if report.figures["commonest six words, share"] > bounds.sequence_share:
        words, count = report.sequences[0]
        failures.append(f"stock phrase: {words!r} in {count} messages, at most {bounds.sequence_share:.1%}")
    return failures


def near_duplicates(ids: Sequence[str], texts: Sequence[str]) -> list[tuple[str, str, float]]:
    """Find pairs of messages whose character n-grams overlap by more than 0.6 (Jaccard).

    Returns
    -------
    list of (str, str, float)
        Both ids and the likeness, most alike first.
    """
    kept = [i for i, text in enumerate(texts) if len(text) >= _SHORT]
    grams = [_grams(texts[i]) for i in kept]
    common = Counter(gram for own in grams for gram in own)
    index = {gram: n for n, (gram, _) in enumerate(sorted(common.items(), key=lambda pair: (pair[1], pair[0])))}
    numbered = [sorted(index[gram] for gram in own) for own in grams]
    # Sets this alike share so many already of the rarest of either: as many as the other may lack, and so many more
    # (Wang, Li and Feng 2012).
    rare = _incidence([own[: len(own) - math.ceil(_ALIKE * len(own)) + _RARE] for own in numbered], len(index))
    every, sizes = _incidence(numbered, len(index)), np.array([len(own) for own in numbered])
    found = []
    for start in range(0, len(kept), 500):
        candidates = (rare[start : start + 500] @ rare.T).tocoo()
        rows, others = candidates.coords[0] + start, candidates.coords[1]
        likely = (candidates.data >= _RARE) & (rows < others)
        rows, others = rows[likely], others[likely]
        shared = every[rows].multiply(every[others]).sum(axis=1)
        likeness = shared / (sizes[rows] + sizes[others] - shared)
        alike = np.flatnonzero(likeness > _ALIKE)
        found += [(ids[kept[rows[k]]], ids[kept[others[k]]], round(float(likeness[k]), 3)) for k in alike]
    return sorted(found, key=lambda pair: -pair[2])


def _incidence(sets: Sequence[Sequence[int]], width: int) -> sparse.csr_array:
    columns = [number for own in sets for number in own]
    ends = np.cumsum([0, *map(len, sets)])
    return sparse.csr_array((np.ones(len(columns), np.float32), columns, ends), shape=(len(sets), max(width, 1)))


def _grams(text: str) -> set[str]:
    text = re.sub(r"\s+", " ", text.lower())
    return {text[i : i + _GRAM] for i in range(len(text) - _GRAM + 1)}


def commonest_sequences(texts: Iterable[str], most: int = 10) -> list[tuple[str, int]]:
    """List the commonest sequences of six words, with the number of messages that hold them."""
    counts: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        words = re.findall(r"\w+", text.lower())
        counts.update({tuple(words[i : i + _SEQUENCE]) for i in range(len(words) - _SEQUENCE + 1)})
    return [(" ".join(sequence), count) for sequence, count in counts.most_common(most) if count > 1]
