"""Telling Dutch and English from languages that go to a person."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from triage.features import words_of
from triage.marking import DUTCH, ENGLISH, FAMILIAR, FOREIGN, FUNCTION, LETTERS, TELLING, count_marked
from triage.message import LIMIT

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
    kitchen bathroom bedroom ceiling shower sink roof stairs wall lock light mould mold blocked smell smells neighbours
    repair fix hot cold after
    """.split()
)
_FOREIGN = frozenset(
    """
    el del una uno un por para muy esta esto roto rota agua puerta luz tengo puedo hay desde ayer cuando pero con se y
    que mi su funciona cocina bano casa ayuda cierra gotea grifo caliente calefaccion ventana
    le est nous avec une fuite fuit eau depuis chauffage porte marche sous serrure fenetre chaude toilettes bonjour
    salle bain chambre mur lumiere ferme ouvre cassee
    das und nicht ist wir haben habe ich ein eine im auf mit kein keine keinen seit sich aber auch geht unser unsere
    wasser heizung fenster tropft wasserhahn lauft zimmer kuche schlussel bleibt kalt
    il gli non sono nella della acqua rubinetto perde rotto rotta riscaldamento funziona chiude finestra calda
    nao os uma torneira quente tenho aquecimento janela
    jest od sie czy ale bardzo prosze woda wody okno drzwi cieknie kuchni lazience grzejnik cieplej zimno
    ve bir cok yok var icin ama calismiyor musluk muslugu kapi bozuk akiyor damliyor kuf banyo banyoda evde mutfakta
    este sunt si din apa robinet robinetul baie bucatarie curge merge
    biyaha jiraan
    """.split()
)
"""Common words of other languages that Dutch and English hardly have: a reason to look closer."""
_FEW = 4
"""With fewer words than this nothing can be told: taken for Dutch."""

_CANDIDATES = ["nl", "en", "pl", "tr", "ar", "de", "uk", "ru", "fr", "es", "pt", "it", "ro", "bg", "so", "zh", "fa"]

_OWN_LETTERS = frozenset("àáâäçèéêëìíîïñòóôöùúûüĳ\u0300\u0301\u0302\u0308")
"""What a few words of Dutch or English may have besides plain letters."""
_LONG = 4
_SHARED = frozenset("balkon dicht waren eigen meer slot over under hele trap laten".split())
"""Words of the lists that other languages have too."""
_READ = 0.1
"""A text less likely than this to be Dutch or English is neither."""
_MIXED = 2
_MIXED_SHARE = 8
"""With two telling words, and one in so many, somebody mixes languages, and can be read."""


def mark(word: str) -> int:
    """Mark a folded word for the languages it speaks for.

    Examples
    --------
    >>> mark("het"), mark("the"), mark("in"), mark("plafond"), mark("00")
    (13, 14, 12, 8, 0)
    >>> mark("kraan") & TELLING > 0
    True
    """
    dutch, english = word in _DUTCH, word in _ENGLISH
    letters = any(c.isalpha() for c in word)
    telling = dutch != english and len(word) >= _LONG and word not in _SHARED
    return (
        TELLING * telling
        + (DUTCH * (dutch and not english) + ENGLISH * (english and not dutch) + FUNCTION * (dutch or english))
        + LETTERS * letters
        + FOREIGN * (word in _FOREIGN)
    )


def detect(text: str) -> Language:
    """Tell the language of a message.

    Function words decide; where they are scarce, a language model of character sequences does. Who mixes Dutch or
    English with another language can be read. Texts of a few words are taken for Dutch unless their English is plain:
    too short to tell is no reason to turn somebody away.

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
    marks = np.array([mark(word) for word in words_of(text[:LIMIT])], dtype=np.uint16)
    return detect_many([text], marks, np.array([0, len(marks)]))[0]


def detect_many(texts: Sequence[str], marks: NDArray[np.uint16], firsts: NDArray[np.int64]) -> list[Language]:
    """Tell the language of many messages, of which the words are marked.

    Parameters
    ----------
    texts : sequence of str
        Clean messages.
    marks : ndarray of uint16, shape (n_words,)
        From `mark`, text after text; with `FAMILIAR` for words that are known to be Dutch or English.
    firsts : ndarray of int, shape (n_texts + 1,)
        Where the words of each text begin.

    Returns
    -------
    list of {"nl", "en", "other"}
    """
    bits = (DUTCH, ENGLISH, FUNCTION, LETTERS, FAMILIAR, TELLING, FOREIGN)
    dutch, english, function, letters, familiar, telling, foreign = count_marked(marks, bits, firsts)
    speaks = (
        (5 * function >= letters)
        | (4 * familiar >= 3 * letters)
        | ((telling >= _MIXED) & (_MIXED_SHARE * telling >= letters))
    )
    plain = speaks & (dutch + english > foreign) & (letters >= _FEW)
    found: list[Language] = np.where(english > dutch, "en", "nl").tolist()
    for i in np.flatnonzero(~plain).tolist():
        found[i] = _tell(texts[i], found[i], int(letters[i]), int(function[i]), int(foreign[i]))
    return found


def _tell(text: str, guess: Language, letters: int, function: int, foreign: int) -> Language:
    """Tell the language of a text whose function words alone do not."""
    if letters < _FEW and (text.isascii() or function):
        return "other" if foreign > function else guess
    if letters < _FEW:
        return "other" if _has_foreign_letters(text) else "nl"
    with _LOADING:
        identifier = _identifier()
    ranked: list[tuple[str, float]] = identifier.rank(text[:1000].lower())
    likeliest = ranked[0][0]
    if likeliest in ("nl", "en"):
        return "en" if likeliest == "en" else "nl"
    return "other" if sum(chance for code, chance in ranked if code in ("nl", "en")) < _READ else guess


def _has_foreign_letters(text: str) -> bool:
    return any(c.isalpha() and not c.isascii() and c not in _OWN_LETTERS for c in text.lower())


_LOADING = Lock()
"""Held so that threads that need the identifier at once do not each load it: it is tens of megabytes."""


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_CANDIDATES)
    return identifier
