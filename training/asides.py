"""Messages once more among words that change nothing, to measure whether they change anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from training import SEED
from training.corpus import Corpus, Message

__all__ = ["among_asides"]

_BEFORE, _AFTER, _MORE = 0.5, 0.75, 0.25
"""How often an aside stands before a message, and behind it; and then a further one."""
_JOINTS = (" ", " ", " ", ", ", "\n")


def among_asides(corpus: Corpus) -> Corpus:
    """Put asides of their voice's language around messages, or leave some as they are; always the same ones.

    Parameters
    ----------
    corpus : Corpus
        With asides.

    Returns
    -------
    Corpus
    """
    rng = np.random.default_rng(SEED)
    asides: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for aside in corpus.asides:
        asides[aside.language, aside.place].append(aside.text)

    def around(row: Message) -> str:
        language = corpus.voices[row.voice].language
        before, after = (asides[language, place] for place in ("before", "after"))
        parts = [*_some(before, _BEFORE, rng), row.text, *_some(after, _AFTER, rng)]
        return "".join(part + _joint(part, rng) for part in parts[:-1]) + parts[-1]

    return replace(
        corpus,
        requests=[row.model_copy(update={"text": around(row)}) for row in corpus.requests],
        several=[row.model_copy(update={"text": around(row)}) for row in corpus.several],
        elsewhere=[row.model_copy(update={"text": around(row)}) for row in corpus.elsewhere],
    )


def _some(asides: Sequence[str], chance: float, rng: np.random.Generator) -> list[str]:
    if not asides or rng.random() >= chance:
        return []
    return [asides[i] for i in rng.integers(len(asides), size=1 + int(rng.random() < _MORE)).tolist()]


def _joint(part: str, rng: np.random.Generator) -> str:
    joint = _JOINTS[int(rng.integers(len(_JOINTS)))]
    return " " if joint == ", " and part[-1] in ".!?:," else joint
