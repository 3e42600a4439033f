"""Telling Dutch and English from languages that go to a person."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Literal

__all__ = ["Language", "detect"]

Language = Literal["nl", "en", "other"]

_DUTCH = frozenset(
    """
    de het een en van is in op te dat niet ik we wij mijn onze er aan met voor als maar ook bij naar om uit nog al kan
    toen zit heb hebben heeft wordt geen meer deze die dit wat hoe mij ons jullie u uw door over onder sinds want dan
    kapot lekt lekkage deur kraan verwarming stuk graag wel gaat doet werkt komt was zijn waren moet mag zou kunnen af
    keuken badkamer ketel slot raam slaapkamer
    """.split()
)
_ENGLISH = frozenset(
    """
    the a an and of is in on to that not i we my our there at with for as but also from out still can have has no more
    this these what how me us you your it its by over under since because then when broken leaking leak door tap window
    heating does doesn't doesnt won't wont are was were please could would off been
    """.split()
)
_SHARED = _DUTCH & _ENGLISH
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_FEW = 4
"""With fewer words than this nothing can be told: taken for Dutch."""

_CANDIDATES = ["nl", "en", "pl", "tr", "ar", "de", "uk", "ru", "fr", "es", "pt", "it", "ro", "bg", "so", "zh", "fa"]


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
    words = [word.lower() for word in _WORD.findall(text)[:200]]
    dutch = sum(word in _DUTCH and word not in _SHARED for word in words)
    english = sum(word in _ENGLISH and word not in _SHARED for word in words)
    shared = sum(word in _SHARED for word in words)
    if len(words) < _FEW and text.isascii():
        return "en" if english > dutch else "nl"
    if 5 * (dutch + english + shared) >= len(words) and dutch + english > 0:
        return "en" if english > dutch else "nl"
    if len(words) < _FEW:
        return "other" if _is_foreign_script(text) else "nl"
    code, confidence = _identifier().classify(text[:1000].lower())
    if code in ("nl", "en"):
        return "en" if code == "en" else "nl"
    return "other" if confidence > 0.9 else ("en" if english > dutch else "nl")


def _is_foreign_script(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return sum(ord(c) > 0x24F for c in letters) > len(letters) / 2


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_CANDIDATES)
    return identifier
