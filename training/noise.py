"""Messages once more, with the misprints of a hurried thumb, a missing space, or a scanner: for training alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from training import SEED
from training.corpus import Corpus, Request

__all__ = ["MISPRINTS", "misprint", "misprinted", "with_misprints"]

MISPRINTS = 0.33
"""Share of the requests that are learned once more with misprints, as found on held-out voices."""
_EACH = 25
"""Characters to one misprint."""
_NEAR = {
    "a": "sqz", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "xa",
}  # fmt: skip
"""Neighbours on the keyboard."""
_SCANNED = {"o": "0", "0": "o", "l": "1", "1": "l", "i": "1", "s": "5", "b": "6", "e": "c", "m": "rn", "g": "q"}
"""What a scanner takes for something else."""

Slip = Callable[[str, int, np.random.Generator], str]


def with_misprints(corpus: Corpus, share: float = MISPRINTS) -> Corpus:
    """Add copies of a share of the requests, with misprints.

    Parameters
    ----------
    corpus : Corpus
    share : float, optional

    Returns
    -------
    Corpus
    """
    return replace(corpus, requests=[*corpus.requests, *misprinted(corpus.requests, share)])


def misprinted(requests: Sequence[Request], share: float) -> list[Request]:
    """Copy a share of the requests, with misprints in the copies; always the same ones.

    Parameters
    ----------
    requests : sequence of Request
    share : float

    Returns
    -------
    list of Request
    """
    rng = np.random.default_rng(SEED)
    chosen = [row for row in requests if rng.random() < share]
    return [row.model_copy(update={"text": misprint(row.text, rng)}) for row in chosen]


def misprint(text: str, rng: np.random.Generator) -> str:
    """Put misprints into a text.

    Examples
    --------
    >>> misprint("De kraan in de badkamer drupt al een week", np.random.default_rng(3))
    'De kraain de badkamer drupt al een week'
    """
    slips = _BY_HAND if rng.random() < 0.8 else (_scan,)
    for _ in range(1 + len(text) // _EACH):
        place = int(rng.integers(len(text)))
        text = slips[int(rng.integers(len(slips)))](text, place, rng)
    return text


def _swap(text: str, i: int, rng: np.random.Generator) -> str:  # noqa: ARG001
    return text[:i] + text[i : i + 2][::-1] + text[i + 2 :]


def _drop(text: str, i: int, rng: np.random.Generator) -> str:  # noqa: ARG001
    return text[:i] + text[i + 1 :] if len(text) > 1 else text


def _double(text: str, i: int, rng: np.random.Generator) -> str:  # noqa: ARG001
    return text[:i] + text[i] + text[i:]


def _miss(text: str, i: int, rng: np.random.Generator) -> str:
    near = _NEAR.get(text[i].lower())
    return text if near is None else text[:i] + near[int(rng.integers(len(near)))] + text[i + 1 :]


def _run_together(text: str, i: int, rng: np.random.Generator) -> str:  # noqa: ARG001
    space = text.find(" ", i)
    return text if space < 0 else text[:space] + text[space + 1 :]


def _strip_accents(text: str, i: int, rng: np.random.Generator) -> str:  # noqa: ARG001
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _scan(text: str, i: int, rng: np.random.Generator) -> str:  # noqa: ARG001
    return text[:i] + _SCANNED.get(text[i].lower(), text[i]) + text[i + 1 :]


_BY_HAND: tuple[Slip, ...] = (_swap, _drop, _double, _miss, _miss, _run_together, _strip_accents)
