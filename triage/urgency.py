"""What cannot wait: danger that needs somebody now, whatever else is recognised, and how urgent a request is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.catalogue import Catalogue, Danger, Urgency

__all__ = ["Alarm", "Marked", "how_urgent", "pressing_of"]

Places = NDArray[np.int64]

_WINDOW = 6
_UNLESS = "unless"
"""Parts the words of a sign from those that take it away."""
_CONTRACTED = frozenset("isn aren wasn doesn don didn hasn".split())
"""Words of negation that an apostrophe and a t go after."""
_NEGATIONS = _CONTRACTED | frozenset(
    "geen niet nie gin nooit geeneens zonder no not never without isnt arent wasnt doesnt dont didnt hasnt".split()
)
_CLOSING = frozenset(("any", "longer"))
"""Words that a negation ends with: no longer, not any."""
_NOES = frozenset(("nee", "neen", "no"))
_ANSWERS = frozenset(("ja", "nee", "neen", "yes"))
"""Answers that show what goes before to be one as well; the English no mostly begins a phrase."""
_VOID = frozenset(("nvt",))
_ABSENT = ("is", "er", "niet")


class Marked(NamedTuple):
    """Words that may be part of a sign of danger, among those of some texts.

    Attributes
    ----------
    places : ndarray of int, shape (n_marked,)
        Which words they are, ascending.
    kinds : ndarray of int, shape (n_marked,)
        The kind of each: words of one kind may be the same parts.
    marks : sequence of int
        What parts the words of each kind may be, a bit for each; those of the first kind none.
    end : int, optional
        Where one text ends, if they are of one.
    """

    places: Places
    kinds: Places
    marks: Sequence[int]
    end: int | None = None

    def between(self, first: int, last: int) -> Marked:
        """Return those from one word up to, not including, another."""
        start, end = np.searchsorted(self.places, [first, last]).tolist()
        return Marked(self.places[start:end], self.kinds[start:end], self.marks, last)


class _Sign(NamedTuple):
    danger: Danger
    steps: tuple[int, ...]
    unless: int
    negations: int
    """Those that it holds itself."""


class Alarm:
    """Finds the dangers of a catalogue in messages.

    A sign of danger is a phrase such as ``ruik*/stinkt gas/gaslucht``: its words must occur in order within a few words
    of each other, a slash parts words of which one is enough, and a star stands for any beginning or ending. What takes
    a sign away is a negation right before or in between, an answer no right behind, or, a few words around it, a word
    that stands behind ``unless``, as in ``keuken brandt unless lamp*/licht``. A word is known by its marks: a bit for
    each part of a sign that it may be, and for each word of denial.

    Parameters
    ----------
    catalogue : Catalogue

    Examples
    --------
    >>> import triage
    >>> alarm = Alarm(triage.load().catalogue)
    >>> alarm.find(alarm.marks("ik ruik overal gas in huis".split())).id
    'gas'
    >>> alarm.find(alarm.marks("ik ruik geen gas".split())) is None
    True
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._dangers = catalogue.dangers
        signs = [(danger, sign.lower().split()) for danger in self._dangers for sign in danger.signs.all()]
        denials = sorted({*_NEGATIONS, *_CLOSING, *_NOES, *_ANSWERS, *_VOID, *_ABSENT})
        steps = dict.fromkeys([*(step for _, sign in signs for step in sign), *denials])
        bits = {step: 1 << n for n, step in enumerate(steps)}
        self._signs = [_sign_of(danger, sign, bits) for danger, sign in signs]
        kinds = (_NEGATIONS, _CONTRACTED, _CLOSING, _NOES, _ANSWERS, _VOID)
        self._negations, self._contracted, self._closing, self._noes, self._answers, self._void = (
            reduce(or_, (bits[word] for word in words)) for words in kinds
        )
        self._absent = [bits[word] for word in _ABSENT]
        self._n_bytes = len(steps) // 64 * 8 + 8
        self._needed = self._packed([reduce(or_, sign.steps) for sign in self._signs])
        self._steps = _filled([[step.bit_length() - 1 for step in sign.steps] for sign in self._signs])
        words = [(word, bit) for step, bit in bits.items() for word in step.split("/")]
        self._whole = _united((word, bit) for word, bit in words if "*" not in word)
        self._beginnings = _by_length(_united((word[:-1], bit) for word, bit in words if word.endswith("*")))
        self._endings = _by_length(_united((word[1:], bit) for word, bit in words if word.startswith("*")))

    def marks(self, words: Sequence[str]) -> Marked:
        """Find the folded words that may be part of a sign."""
        marks = [0, *map(self.mark, words)]
        places = np.array([place for place, own in enumerate(marks[1:]) if own], dtype=np.int64)
        return Marked(places, places + 1, marks, len(words))

    def mark(self, word: str) -> int:
        """Return what parts of signs a folded word may be, a bit for each."""
        marks = self._whole.get(word, 0)
        for n, beginnings in self._beginnings:
            marks |= beginnings.get(word[:n], 0)
        for n, endings in self._endings:
            marks |= endings.get(word[-n:], 0)
        return marks

    def _packed(self, marks: Sequence[int]) -> NDArray[np.uint64]:
        joined = b"".join(mark.to_bytes(self._n_bytes, "little") for mark in marks)
        return np.frombuffer(joined, dtype="<u8").reshape(len(marks), self._n_bytes // 8)

    def may_ring(self, words: Marked, firsts: Places) -> Iterator[tuple[int, list[int]]]:
        """Find the texts that may hold a sign: its rarest word, with all others near; no other one tells of danger.

        What stands near may be of a neighbouring text, or in another order.

        Parameters
        ----------
        words : Marked
            Text after text.
        firsts : ndarray of int, shape (n_texts + 1,)
            Where the words of each text begin.

        Yields
        ------
        text, signs
            The texts in order, and the signs that each may hold.
        """
        table = self._packed(words.marks)
        anchors, signs = self._anchored(words, table)
        own, owner = np.unique(anchors, return_inverse=True)
        near = _near(words, own, table, int(firsts[-1]))
        needed = self._needed[signs]
        found = np.flatnonzero(((near[owner] & needed) == needed).all(axis=1))
        texts = np.searchsorted(firsts, words.places[anchors[found]], side="right") - 1
        held: dict[int, set[int]] = {}
        for text, sign in zip(texts.tolist(), signs[found].tolist(), strict=True):
            held.setdefault(text, set()).add(sign)
        for text in sorted(held):
            yield text, sorted(held[text])

    def _anchored(self, words: Marked, table: NDArray[np.uint64]) -> tuple[Places, Places]:
        """List the words that may be the rarest step of a sign, and that sign: whatever holds the sign holds those."""
        steps = np.unpackbits(table.view(np.uint8), axis=1, bitorder="little")
        counts = np.bincount(words.kinds, minlength=len(table)) @ steps
        rarest = self._steps[np.arange(len(self._steps)), counts[self._steps].argmin(axis=1)]
        kinds, signs = np.nonzero(steps[:, rarest])
        firsts = np.searchsorted(kinds, np.arange(len(table) + 1))
        owner, own = _stretched(firsts[words.kinds], firsts[words.kinds + 1])
        return owner, signs[own]

    def find(self, words: Marked, signs: Sequence[int] | None = None) -> Danger | None:
        """Find the first danger of the catalogue that a message tells of.

        Parameters
        ----------
        words : Marked
            Those of the message.
        signs : sequence of int, optional
            Those that it may hold; worked out if left out.

        Returns
        -------
        Danger or None
        """
        marked = [
            (place, words.marks[kind]) for place, kind in zip(words.places.tolist(), words.kinds.tolist(), strict=True)
        ]
        if signs is None:
            held = self._packed([reduce(or_, (bits for _, bits in marked), 0)])
            signs = np.flatnonzero(((held & self._needed) == self._needed).all(axis=1)).tolist()
        likely = [self._signs[n] for n in signs]
        return next((sign.danger for sign in likely if self._occurs(sign, marked, words.end)), None)

    def _occurs(self, sign: _Sign, marked: Sequence[tuple[int, int]], end: int | None) -> bool:
        for first, (_, bits) in enumerate(marked):
            after = _follows(sign.steps, marked, first) if bits & sign.steps[0] else 0
            if after and not self._denied(sign, marked, first, after, end):
                return True
        return False

    def _denied(self, sign: _Sign, marked: Sequence[tuple[int, int]], first: int, after: int, end: int | None) -> bool:
        """Tell whether anything takes away a sign that stands at some places among those that are marked."""
        denied = self._negations & ~sign.negations
        start, last = marked[first][0] - _WINDOW, marked[after - 1][0] + _WINDOW
        return (
            any(bits & denied for _, bits in marked[first:after])
            or self._denied_before(marked, first, denied)
            or (not sign.negations and self._denied_behind(marked, after, end))
            or any(bits & sign.unless for place, bits in marked if start < place < last)
        )

    def _denied_before(self, marked: Sequence[tuple[int, int]], first: int, denied: int) -> bool:
        """Tell whether a negation goes right before; the t of a contraction is a word of its own."""
        place = marked[first][0]
        before = {place - own: bits for own, bits in marked[max(first - 4, 0) : first]}
        nearest = 2 if before.get(1, 0) & self._closing else 1
        return bool(before.get(nearest, 0) & denied or before.get(nearest + 1, 0) & denied & self._contracted)

    def _denied_behind(self, marked: Sequence[tuple[int, int]], after: int, end: int | None) -> bool:
        """Tell whether a denial goes right behind; a no is one if it ends the text, or the next answer soon follows."""
        last = marked[after - 1][0]
        behind = {place - last: bits for place, bits in marked[after : after + 4]}
        answer, *later = (behind.get(n, 0) for n in range(1, 5))
        if answer & self._noes:
            return last + 2 == end or any(bits & self._answers for bits in later[1:])
        return bool(answer & self._void) or all(map(and_, (answer, *later), self._absent))


def _sign_of(danger: Danger, sign: Sequence[str], bits: Mapping[str, int]) -> _Sign:
    n = sign.index(_UNLESS, 1) if _UNLESS in sign[1:] else len(sign)
    own = {word for step in sign[:n] for word in step.split("/")} & _NEGATIONS
    steps, unless, negations = ([bits[part] for part in parts] for parts in (sign[:n], sign[n + 1 :], own))
    return _Sign(danger, tuple(steps), reduce(or_, unless, 0), reduce(or_, negations, 0))


def _follows(steps: Sequence[int], marked: Sequence[tuple[int, int]], first: int) -> int:
    """Follow a sign whose first word is at a place among those that are marked; return the place behind it, or 0."""
    start = marked[first][0]
    i = first
    for step in steps:
        while i < len(marked) and marked[i][0] < start + _WINDOW and not marked[i][1] & step:
            i += 1
        if i == len(marked) or marked[i][0] >= start + _WINDOW:
            return 0
        i += 1
    return i


def _near(words: Marked, anchors: Places, table: NDArray[np.uint64], n_words: int) -> NDArray[np.uint64]:
    """Unite what stands within a window of some marked words, on either side."""
    kinds = np.zeros(n_words + 2 * _WINDOW, dtype=np.int64)
    kinds[words.places + _WINDOW] = words.kinds
    centres = words.places[anchors] + _WINDOW
    near = table[words.kinds[anchors]]
    for step in range(1, _WINDOW):
        near |= table[kinds[centres - step]]
        near |= table[kinds[centres + step]]
    return near


def _filled(lists: Sequence[list[int]]) -> Places:
    """Make lists one as long as the longest by repeating their last item."""
    longest = max(map(len, lists), default=1)
    filled = [own + own[-1:] * (longest - len(own)) for own in lists]
    return np.array(filled, dtype=np.int64).reshape(len(lists), longest)


def pressing_of(catalogue: Catalogue, rules: Sequence[str], pressing: Mapping[Urgency, float]) -> NDArray[np.float64]:
    """Return what each rule adds to the log-odds of urgency, shape (n_rules,); 0 for one that the catalogue lacks."""
    urgency = {rule.id: rule.urgency for rule in catalogue.rules}
    return np.array([pressing.get(urgency.get(rule, "normal"), 0.0) for rule in rules])


def _stretched(starts: Places, ends: Places) -> tuple[Places, Places]:
    """List the places of stretches, one behind the other, and which stretch each is of."""
    lengths = ends - starts
    owner = np.repeat(np.arange(len(starts)), lengths)
    return owner, np.arange(len(owner)) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)


def _united(words: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Unite the bits of words that occur in several steps."""
    united: dict[str, int] = {}
    for word, bit in words:
        united[word] = united.get(word, 0) | bit
    return united


def _by_length(parts: dict[str, int]) -> list[tuple[int, dict[str, int]]]:
    lengths = sorted(set(map(len, parts)))
    return [(n, {part: bit for part, bit in parts.items() if len(part) == n}) for n in lengths]


def how_urgent(
    told: NDArray[np.floating], rules: NDArray[np.floating], pressing: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Weigh what the words tell of urgency together with how urgent the recognised rules are by themselves.

    Parameters
    ----------
    told : ndarray of shape (n_defects,)
        Probability of urgency by the words alone.
    rules : ndarray of shape (n_defects, n_rules)
        Probability of each rule.
    pressing : ndarray of shape (n_rules,)
        What each rule adds to the log-odds.

    Returns
    -------
    ndarray of shape (n_defects,)
        Probability that the request is urgent.

    Examples
    --------
    >>> how_urgent(np.array([0.5]), np.array([[0.9, 0.1]]), np.array([2.0, 0.0])).round(2).tolist()
    [0.86]
    """
    told = np.minimum(np.maximum(told, 1e-9), 1 - 1e-9)
    return np.asarray(1 / (1 + (1 - told) / told * np.exp(-(rules @ pressing))))
