"""Finding where in a message each defect is told: one stretch of words a defect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.recogniser import Recogniser, Recognition, largest, softmax
from triage.table import Units
from triage.words import Words, find_words

__all__ = ["SIGNS", "Division", "Reading", "Stretches", "clauses", "divide", "is_joint", "propose"]

Floats = NDArray[np.floating]
Places = NDArray[np.int64]

_BREAKS = np.zeros(0x2100, dtype=bool)
_BREAKS[[ord(c) for c in ".!?;:\n•*,()/+"]] = True
_DASHES = np.zeros(0x2100, dtype=bool)
_DASHES[[ord(c) for c in "-–—"]] = True

_SPACES = [ord(c) for c in " \n\t"]
_AFTER_NUMBER = [ord(c) for c in ":-"]
_LONGEST_NUMBER = 2
"""Characters of the number of a list."""

_JOINTS = frozenset(
    "en ook verder daarnaast tevens bovendien trouwens oja plus maar daarbij also and besides then".split()
)

_MOST_CLAUSES = 40
_LEAST_SEVERAL = 0.076
"""A message less likely than this to tell of several defects is not looked at: hardly any of them does."""
_PRICE = 4.0
"""What a further defect must explain better to be worth looking at, in nats."""
_LEAST_RULES = 0.65
"""Words that do not make a few rules together this likely, all by themselves, tell of no defect."""
_A_FEW = 3
_FULL_WEIGHT = 4
"""A clause of this many words or more speaks with full voice; a shorter one proportionally less."""
_MOST_STATES = 16
"""Rules and kinds that a message's defects are sought among: those that some clause speaks for most."""
_WIDTHS = (1, 4, 6, 8, 10, 14, 20, _MOST_CLAUSES)
_SUREST = 9.0
"""Log-odds beyond which a sign counts no more."""

SIGNS = ("several", "first", "second", "whole", "shortest", "length")
"""What tells that a message is worth dividing: the log-odds that it tells of several defects, and that its surest part,
its second surest, and the message undivided fall under their likeliest rules; and, as logarithms, how many words its
shortest part and the whole message have."""


class Stretches(NamedTuple):
    """Stretches of words, each of one text.

    Attributes
    ----------
    texts, firsts, lasts : ndarray of int, shape (n_stretches,)
        The text of each, its first word, and the one behind its last.
    """

    texts: Places
    firsts: Places
    lasts: Places

    def take(self, places: Places) -> Stretches:
        """Return some of the stretches."""
        return Stretches(*(part[places] for part in self))


def is_joint(word: str) -> bool:
    """Tell whether a folded word joins two clauses."""
    return word in _JOINTS


def clauses(words: Words, joints: NDArray[np.bool_], texts: Places) -> Stretches:
    """Divide texts into clauses, at punctuation and at words that join.

    Parameters
    ----------
    words : Words
    joints : ndarray of bool, shape (n_words,)
        Whether each word joins clauses.
    texts : ndarray of int
        Which texts, ascending.

    Returns
    -------
    Stretches
        Without the joining words, and without the numbers of a list.

    Examples
    --------
    >>> from triage.words import find_words
    >>> words = find_words(["kraan lekt, en de bel is stuk"])
    >>> joints = np.array([is_joint(word) for word in words.of_text(0)])
    >>> found = clauses(words, joints, np.array([0]))
    >>> [words.of_text(0)[a:b] for a, b in zip(found.firsts, found.lasts)]
    [['kraan', 'lekt'], ['de', 'bel', 'is', 'stuk']]
    """
    counts = words.firsts[texts + 1] - words.firsts[texts]
    offsets = np.cumsum(counts) - counts
    own = np.arange(counts.sum()) + np.repeat(words.firsts[texts] - offsets, counts)
    numbered = _is_listed(words, own)
    begins = joints[own] | numbered | _broken(words, own)
    begins[offsets[counts > 0]] = True
    starts = np.flatnonzero(begins)
    owner = np.repeat(np.arange(len(texts)), counts)[starts]
    number = np.arange(len(starts)) - np.searchsorted(owner, owner)
    starts, owner = starts[number < _MOST_CLAUSES], owner[number < _MOST_CLAUSES]
    same = np.append(owner[1:] == owner[:-1], False)
    ends = np.where(same, np.append(starts[1:], 0), (offsets + counts)[owner])
    starts = starts + joints[own[starts]]
    starts = starts + numbered[np.minimum(starts, len(own) - 1)]
    full = ends - starts > _is_number(words, own[np.minimum(starts, len(own) - 1)])
    shift = (words.firsts[texts] - offsets)[owner]
    return Stretches(texts[owner][full], (starts + shift)[full], (ends + shift)[full])


def _is_listed(words: Words, own: Places) -> NDArray[np.bool_]:
    """Tell which words number a point of a list: ``2.``, ``2-`` or ``b)``, and no date or size."""
    lengths = words.ends[own] - words.starts[own]
    behind = words.places[own] + lengths
    after, then = (words.points[np.minimum(behind + n, len(words.points) - 1)] for n in (0, 1))
    closed = after == ord(")")
    digit = (then >= ord("0")) & (then <= ord("9"))
    parted = ((after == ord(".")) & ~digit) | (np.isin(after, _AFTER_NUMBER) & np.isin(then, _SPACES))
    numbered = (lengths <= _LONGEST_NUMBER) & _is_number(words, own) & (closed | parted)
    return np.asarray(numbered | ((lengths == 1) & closed))


def _is_number(words: Words, own: Places) -> NDArray[np.bool_]:
    """Tell which words begin with a digit."""
    points = words.points[words.places[own]]
    return np.asarray((points >= ord("0")) & (points <= ord("9")))


def _broken(words: Words, own: Places) -> NDArray[np.bool_]:
    """Tell which words have a break between them and the word before."""
    before = np.maximum(own - 1, 0)
    gaps = words.places[before] + words.ends[before] - words.starts[before]
    lengths = np.maximum(words.places[own] - gaps, 0)
    ends = np.cumsum(lengths)
    starts = ends - lengths
    at = np.arange(ends[-1]) + np.repeat(gaps - starts, lengths)
    points = np.minimum(words.points[at], len(_BREAKS) - 1)
    breaks = _BREAKS[points]
    dashes = np.flatnonzero(_DASHES[points])
    beside = [words.points[np.clip(at[dashes] + step, 0, len(words.points) - 1)] for step in (-1, 1)]
    breaks[dashes] = np.isin(beside, _SPACES).all(axis=0)
    counted = np.concatenate([[0], np.cumsum(breaks)])
    return np.asarray(counted[ends] > counted[starts])


class Reading(NamedTuple):
    """Messages, read.

    Attributes
    ----------
    words : Words
        Those of the clean messages.
    units : Units
        What the words bring.
    joints : ndarray of bool, shape (n_words,)
        Whether each word joins clauses.
    whole : Recognition
        What is recognised in each message as a whole.
    """

    words: Words
    units: Units
    joints: NDArray[np.bool_]
    whole: Recognition

    @classmethod
    def of(cls, texts: Sequence[str], recogniser: Recogniser) -> Reading:
        """Read clean messages."""
        words = find_words(texts)
        units = recogniser.units(words)
        joints = np.array([is_joint(words.word(i)) for i in range(len(words))], dtype=bool)
        whole = recogniser.probabilities(recogniser.score(units, words.firsts[:-1], words.firsts[1:]))
        return cls(words, units, joints, whole)


def divide(
    reading: Reading, recogniser: Recogniser, texts: Places, weights: Sequence[float]
) -> tuple[Stretches, Recognition]:
    """Find the stretch of each defect, and what is recognised in it.

    Parameters
    ----------
    reading : Reading
    recogniser : Recogniser
    texts : ndarray of int
        The messages to look at, ascending.
    weights : sequence of float
        Of each of `SIGNS`, and a constant: a text is divided where the weighted sum is not below zero.

    Returns
    -------
    stretches : Stretches
        Text by text; one for each of these texts that has words and is not divided.
    recognition : Recognition
        Of each stretch.
    """
    words, whole = reading.words, reading.whole
    texts = texts[words.counts[texts] > 0]
    found = propose(reading, recogniser, texts)
    right = found.signs @ np.array(weights[:-1]) + weights[-1] >= 0
    if not right.any():
        return Stretches(texts, words.firsts[texts], words.firsts[texts + 1]), whole.take(texts)
    divided = np.zeros(words.n_texts, dtype=bool)
    divided[found.texts[right]] = True
    parts, undivided = np.flatnonzero(divided[found.stretches.texts]), texts[~divided[texts]]
    every = Stretches(
        np.concatenate([undivided, found.stretches.texts[parts]]),
        np.concatenate([words.firsts[undivided], found.stretches.firsts[parts]]),
        np.concatenate([words.firsts[undivided + 1], found.stretches.lasts[parts]]),
    )
    order = np.argsort(every.texts, kind="stable")
    every = every.take(order)
    recognition = whole.take(every.texts)
    recognition.put(np.flatnonzero(order >= len(undivided)), found.recognition.take(parts))
    return every, recognition


class Division(NamedTuple):
    """Texts divided as well as they can be, whether or not they tell of several defects.

    Attributes
    ----------
    stretches : Stretches
    recognition : Recognition
        Of each stretch.
    texts : ndarray of int, shape (n_texts,)
        Those that can be divided.
    signs : ndarray of shape (n_texts, n_signs)
        What tells whether to: see `SIGNS`.
    """

    stretches: Stretches
    recognition: Recognition
    texts: Places
    signs: NDArray[np.float64]


def propose(reading: Reading, recogniser: Recogniser, texts: Places) -> Division:
    """Divide texts that may tell of several defects.

    Each clause says how likely it makes every rule. A message is divided into runs of clauses so that the best rule
    of each run explains its clauses best, at a price for each further run.

    Parameters
    ----------
    reading, recogniser, texts
        As for `divide`.

    Returns
    -------
    Division
    """
    words, units, joints, whole = reading
    worth = texts[whole.flags["several"][texts] >= _LEAST_SEVERAL]
    if not len(worth):
        nothing = np.empty(0, dtype=np.int64)
        return Division(Stretches(nothing, nothing, nothing), whole.take(nothing), nothing, np.empty((0, len(SIGNS))))
    parts = clauses(words, joints, worth)
    found = _runs_of_clauses(parts, _log_likelihoods(parts, units, recogniser), len(recogniser.outputs.rules))
    recognition = recogniser.probabilities(recogniser.score(units, found.firsts, found.lasts))
    rules = recognition.rules
    likely = largest(rules, min(_A_FEW, rules.shape[1]))[1].sum(axis=1) >= _LEAST_RULES
    counts = np.bincount(found.texts[likely], minlength=words.n_texts)
    kept = np.flatnonzero(likely & (counts[found.texts] > 1))
    found, recognition = found.take(kept), recognition.take(kept)
    return Division(found, recognition, *_signs(words, found, recognition, whole))


def _signs(
    words: Words, found: Stretches, recognition: Recognition, whole: Recognition
) -> tuple[Places, NDArray[np.float64]]:
    texts, firsts = np.unique(found.texts, return_index=True)
    if not len(texts):
        return texts, np.empty((0, len(SIGNS)))
    likeliest = recognition.rules.max(axis=1)
    by_text = likeliest[np.lexsort((-likeliest, found.texts))]
    chances = [whole.flags["several"][texts], by_text[firsts], by_text[firsts + 1], whole.rules[texts].max(axis=1)]
    shortest = np.minimum.reduceat(found.lasts - found.firsts, firsts)
    return texts, np.column_stack([*map(_log_odds, chances), np.log(shortest), np.log(words.counts[texts])])


def _log_odds(chances: Floats) -> NDArray[np.float64]:
    chances = chances.astype(np.float64)
    with np.errstate(divide="ignore"):
        odds = np.log(chances) - np.log1p(-chances)
    return np.asarray(np.clip(odds, -_SUREST, _SUREST))


def _runs_of_clauses(parts: Stretches, evidence: Floats, n_rules: int) -> Stretches:
    """Find the defects of each text that has more than one."""
    defects = []
    for place, runs in _best_runs(parts.texts, evidence):
        own = [
            (parts.texts[place], parts.firsts[place + start], parts.lasts[place + end - 1])
            for start, end, state in runs
            if state < n_rules
        ]
        defects += own if len(own) > 1 else []
    found = Stretches(*np.array(defects, dtype=np.int64).reshape(-1, 3).T)
    return found.take(np.argsort(found.texts, kind="stable"))


def _log_likelihoods(parts: Stretches, units: Units, recogniser: Recogniser) -> Floats:
    """Weigh each clause's log-probabilities by its length, up to the full weight."""
    scores = recogniser.score(units, parts.firsts, parts.lasts)
    likely = softmax(scores[:, : recogniser.outputs.n_exclusive])
    likely += np.float32(1e-4)
    np.log(likely, out=likely)
    likely *= np.minimum(1.0, (parts.lasts - parts.firsts) / _FULL_WEIGHT).astype(np.float32)[:, None]
    return likely


def _best_runs(texts: Places, evidence: Floats) -> Iterator[tuple[int, list[tuple[int, int, int]]]]:
    """Divide the clauses of each text into runs of one state each, by dynamic programming.

    Texts of about as many clauses are worked out together.

    Yields
    ------
    place, runs
        Of each text that has more than one run: where its clauses begin, and (start, end, state) of each run.
    """
    places, counts = np.unique(texts, return_index=True, return_counts=True)[1:]
    for least, width in pairwise(_WIDTHS):
        group = np.flatnonzero((counts > least) & (counts <= width))
        if not len(group):
            continue
        own = evidence[np.minimum(places[group, None] + np.arange(width), len(evidence) - 1)]
        void = np.arange(width) >= counts[group, None]
        own[void] = -np.inf
        states, _ = largest(own.max(axis=1), min(_MOST_STATES, own.shape[2]))
        own = np.take_along_axis(own, states[:, None], axis=2)
        own[void] = 0.0
        # No division gains more than if each clause went its own way.
        worth = np.flatnonzero(own.max(axis=2).sum(axis=1) - own.sum(axis=1).max(axis=1) >= _PRICE)
        for row, runs in _divided(own[worth], counts[group[worth]]):
            name = states[worth[row]].tolist()
            yield int(places[group[worth[row]]]), [(start, end, name[state]) for start, end, state in runs]


def _divided(evidence: Floats, counts: Places) -> Iterator[tuple[int, list[tuple[int, int, int]]]]:
    """Divide texts of which the evidence is given as (n_texts, n_clauses, n_states); what is behind a count is void."""
    n_texts, n = evidence.shape[:2]
    sums = np.concatenate([np.zeros_like(evidence[:, :1]), evidence.cumsum(axis=1)], axis=1)
    best = np.full((n_texts, n + 1), -np.inf)
    best[:, 0] = _PRICE
    starts = np.zeros((n_texts, n + 1), dtype=np.int64)
    states = np.zeros((n_texts, n + 1), dtype=np.int64)
    rows = np.arange(n_texts)
    for end in range(1, n + 1):
        gains = sums[:, end, None] - sums[:, :end]
        totals = best[:, :end] + gains.max(axis=2) - _PRICE
        start = totals.argmax(axis=1)
        best[:, end], starts[:, end] = totals[rows, start], start
        states[:, end] = gains[rows, start].argmax(axis=1)
    for row in np.flatnonzero(starts[rows, counts]).tolist():
        end = int(counts[row]) + 1
        yield row, _runs(starts[row, :end].tolist(), states[row, :end].tolist())


def _runs(starts: list[int], states: list[int]) -> list[tuple[int, int, int]]:
    runs = []
    end = len(starts) - 1
    while end > 0:
        runs.append((starts[end], end, states[end]))
        end = starts[end]
    return runs[::-1]
