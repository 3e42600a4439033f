"""Telling Dutch and English from languages that go to a person."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from triage.features import words_of

__all__ = ["Language", "detect", "detect_many", "mark"]

Language = Literal["nl", "en", "other"]

_DUTCH = frozenset(
    """
    de het een en van is in op te dat niet ik we wij mijn onze er aan met voor als maar ook bij naar om uit nog al kan
    toen zit heb hebben heeft wordt geen meer deze die dit wat hoe mij ons jullie u uw door over onder sinds want dan
    kapot lekt lekkage deur kraan verwarming stuk graag wel gaat doet werkt komt was zijn waren moet mag zou kunnen af
    keuken badkamer ketel slot raam slaapkamer niks blijft hele achter zelf muur binnen ruimte eruit erin eraf keer
    staat weer drie loopt nooit elke buiten probleem vloer gewoon vallen huis twee ligt hangt alleen voordeur nieuw
    langs trap niemand jaar zwart sleutel tuin gescheurd kozijn eigen zolder balkon gebroken daar terug tussen verder
    zonder valt gat tegels uur iemand niets draait hout ruit tegen bewoner laten dus staan gedaan zegt maakt schimmel
    dicht spoed dak woning muizen scheef zakt altijd wasbak weken iets laat
    """.split()
)
_ENGLISH = frozenset(
    """
    the a an and of is in on to that not i we my our there at with for as but also from out still can have has no more
    this these what how me us you your it its by over under since because then when broken leaking leak door tap window
    heating does doesn doesnt don dont isn wont are was were please could would off been
    """.split()
)
_FEW = 4
"""With fewer words than this nothing can be told: taken for Dutch."""

_CANDIDATES = ["nl", "en", "pl", "tr", "ar", "de", "uk", "ru", "fr", "es", "pt", "it", "ro", "bg", "so", "zh", "fa"]

DUTCH, ENGLISH, FUNCTION, LETTERS, FAMILIAR = 1, 2, 4, 8, 32
"""Marks of a word: of one language alone, in either list, written with letters; known to be of either language."""


def mark(word: str) -> int:
    """Mark a folded word for the languages it speaks for.

    Examples
    --------
    >>> mark("het"), mark("the"), mark("in"), mark("plafond"), mark("00")
    (13, 14, 12, 8, 0)
    """
    dutch, english = word in _DUTCH, word in _ENGLISH
    letters = any(c.isalpha() for c in word)
    return (
        DUTCH * (dutch and not english) + ENGLISH * (english and not dutch) + FUNCTION * (dutch or english)
    ) + LETTERS * letters


def detect(text: str) -> Language:
    """Tell the language of a message.

    Function words decide; where they are scarce, a language model of character sequences does. Texts of a few words are
    taken for Dutch unless their English is plain: too short to tell is no reason to turn somebody away.

    Parameters
    ----------
    text : str
        A clean message.

    Returns
    -------
    {"nl", "en", "other"}

    Examples
    --------
    >>> detect("de kraan in de keuken drupt"), detect("the kitchen tap is dripping")
    ('nl', 'en')
    >>> detect("Woda cieknie z kranu w kuchni od tygodnia")
    'other'
    """
    marks = np.array([mark(word) for word in words_of(text)], dtype=np.uint8)
    return detect_many([text], marks, np.array([0, len(marks)]))[0]


def detect_many(texts: Sequence[str], marks: NDArray[np.uint8], firsts: NDArray[np.int64]) -> list[Language]:
    """Tell the language of many messages, of which the words are marked.

    Parameters
    ----------
    texts : sequence of str
        Clean messages.
    marks : ndarray of uint8, shape (n_words,)
        From `mark`, text after text; with `FAMILIAR` for words that are known to be Dutch or English.
    firsts : ndarray of int, shape (n_texts + 1,)
        Where the words of each text begin.

    Returns
    -------
    list of {"nl", "en", "other"}
    """
    dutch, english, function, letters, familiar = (
        _count(marks, bit, firsts) for bit in (DUTCH, ENGLISH, FUNCTION, LETTERS, FAMILIAR)
    )
    speaks = (5 * function >= letters) | (4 * familiar >= 3 * letters)
    plain = speaks & (dutch + english > 0) & (letters >= _FEW)
    first_guess: list[Language] = ["en" if more else "nl" for more in (english > dutch).tolist()]
    return [
        guess if sure else _tell(text, guess, n, n_function)
        for text, guess, sure, n, n_function in zip(
            texts, first_guess, plain.tolist(), letters.tolist(), function.tolist(), strict=True
        )
    ]


def _count(marks: NDArray[np.uint8], bit: int, firsts: NDArray[np.int64]) -> NDArray[np.int64]:
    counted = np.zeros(len(marks) + 1, dtype=np.int64)
    np.cumsum((marks & bit) > 0, out=counted[1:])
    return np.asarray(counted[firsts[1:]] - counted[firsts[:-1]])


def _tell(text: str, guess: Language, letters: int, function: int) -> Language:
    """Tell the language of a text whose function words alone do not."""
    if letters < _FEW and (text.isascii() or function):
        return guess
    if letters < _FEW:
        return "other" if _is_foreign_script(text) else "nl"
    code, confidence = _identifier().classify(text[:1000].lower())
    if code in ("nl", "en"):
        return "en" if code == "en" else "nl"
    return "other" if confidence > 0.9 else guess


def _is_foreign_script(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return sum(ord(c) > 0x24F for c in letters) > len(letters) / 2


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_CANDIDATES)
    return identifier
