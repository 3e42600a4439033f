"""Finding where in a message each defect is told: one span a defect."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from triage.features import Token
from triage.recogniser import Recogniser

__all__ = ["Span", "clauses", "split"]

Floats = NDArray[np.float64]

_BREAK = re.compile(
    r"[.!?;:\n•*]+|,|\s[-–—]\s|\(|\)|"
    r"\b(?:en|ook|verder|daarnaast|tevens|bovendien|trouwens|oja|plus|maar|daarbij|ten tweede|also|and|besides|then)\b",
    re.I,
)
_MOST_CLAUSES = 40
_TRUST = 2.0
"""How much the message as a whole counts against its clauses: on held-out voices this finds as many defects at half as
many false divisions as a weight of one."""
_FULL_WEIGHT = 4
"""A clause of this many words or more speaks with full voice; a shorter one proportionally less."""


class Span(NamedTuple):
    """A stretch of the message, in characters."""

    start: int
    end: int


def clauses(text: str, tokens: Sequence[Token]) -> list[list[Token]]:
    """Divide the words of a message into clauses, at punctuation and at words that join.

    Examples
    --------
    >>> from triage.features import tokens
    >>> text = "kraan lekt, en de bel is stuk"
    >>> [[token.word for token in clause] for clause in clauses(text, tokens(text))]
    [['kraan', 'lekt'], ['de', 'bel', 'is', 'stuk']]
    """
    breaks = [match.span() for match in _BREAK.finditer(text)]
    joints = {start for start, _ in breaks}
    result: list[list[Token]] = [[]]
    ends = iter([*(end for _, end in breaks), len(text) + 1])
    limit = next(ends)
    for token in tokens:
        while token.end > limit:
            limit = next(ends)
            if result[-1]:
                result.append([])
        if token.start not in joints:
            result[-1].append(token)
    kept = [clause for clause in result if clause]
    return (
        [*kept[: _MOST_CLAUSES - 1], [t for c in kept[_MOST_CLAUSES - 1 :] for t in c]]
        if len(kept) > _MOST_CLAUSES
        else kept
    )


def split(text: str, tokens: Sequence[Token], recogniser: Recogniser, several: float, penalty: float) -> list[Span]:
    """Find the span of each defect.

    Each clause says how likely it makes every rule. The message is divided into runs of clauses so that the best rule
    of each run explains its clauses best, at a price for each further run; the price falls with the probability that
    the message tells of several defects.

    Parameters
    ----------
    text : str
        The clean message.
    tokens : sequence of Token
        Its words.
    recogniser : Recogniser
    several : float
        Probability that the message tells of several defects.
    penalty : float
        Price of a further run, in nats, for a message that is as likely to tell of one as of several.

    Returns
    -------
    list of Span
        In the order of the text; at least one if there are words.
    """
    whole = [Span(tokens[0].start, tokens[-1].end)] if tokens else []
    price = penalty - _TRUST * float(np.log(max(several, 1e-9) / max(1 - several, 1e-9)))
    parts = clauses(text, tokens)
    if len(parts) < 2 or price > 12:
        return whole
    evidence = _log_likelihoods(parts, recogniser)
    runs = _best_runs(evidence, price)
    n_rules = len(recogniser.outputs.rules)
    defects = [Span(parts[start][0].start, parts[end - 1][-1].end) for start, end, state in runs if state < n_rules]
    return defects if len(defects) > 1 else whole


def _log_likelihoods(parts: Sequence[Sequence[Token]], recogniser: Recogniser) -> Floats:
    """Weigh each clause's log-probabilities by its length, up to the full weight."""
    recognition = recogniser.recognise([[token.word for token in part] for part in parts])
    probabilities = np.hstack([recognition.rules, recognition.elsewhere]).astype(np.float64)
    weight = np.minimum(1.0, np.array([len(part) for part in parts]) / _FULL_WEIGHT)
    return np.asarray(np.log(probabilities + 1e-4) * weight[:, None])


def _best_runs(evidence: Floats, price: float) -> list[tuple[int, int, int]]:
    """Divide clauses into runs of one state each, by dynamic programming; return (start, end, state)."""
    n = len(evidence)
    sums = np.vstack([np.zeros(evidence.shape[1]), np.cumsum(evidence, axis=0)])
    best = np.full(n + 1, -np.inf)
    best[0] = price
    back = [(0, 0)] * (n + 1)
    for end in range(1, n + 1):
        gains = sums[end] - sums[:end]
        states = gains.argmax(axis=1)
        totals = best[:end] + gains[np.arange(end), states] - price
        start = int(totals.argmax())
        best[end], back[end] = totals[start], (start, int(states[start]))
    runs = []
    end = n
    while end > 0:
        start, state = back[end]
        runs.append((start, end, state))
        end = start
    return runs[::-1]
