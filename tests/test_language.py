"""A request in another language goes to a person; one that mixes it with Dutch or English can be read."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from py3langid.langid import LanguageIdentifier

from triage import language
from triage.language import detect

FOREIGN = [
    "Woda cieknie z kranu w kuchni od tygodnia i nikt nie przychodzi",
    "Ogrzewanie nie działa od wczoraj, w domu jest bardzo zimno, proszę o pomoc",
    "Die Heizung im Badezimmer ist kaputt und es wird nicht mehr warm, bitte schicken Sie jemanden",
    "Wir waren im Urlaub und jetzt ist das Fenster nicht mehr dicht, bitte kommen Sie vorbei",
    "Drzwi na balkon nie zamykają się, balkon przecieka, proszę o naprawę",
    "Banyodaki musluk akıtıyor, lütfen birini gönderin, su hiç durmuyor",
    "La calefacción no funciona desde ayer y hace mucho frío en el salón",
    "Le robinet de la cuisine fuit et il y a de l'eau partout sur le sol",
    "Robinetul din baie curge de o săptămână și nu vine nimeni",
    "A torneira da cozinha está a pingar e não consigo fechar",
    "Il rubinetto della cucina perde e non riesco a chiuderlo",
    "Кран на кухні тече вже тиждень, прийдіть будь ласка",
    "Отоплението не работи от вчера и е много студено",
    "المياه تتسرب من السقف في غرفة النوم منذ يومين",
]
SHORT = [
    "no tengo agua caliente",
    "me se ha roto la cerradura y no puedo entrar",
    "no funciona la luz",
    "on a une fuite sous le lavabo",
    "Der Wasserhahn tropft",
    "die Toilette läuft über",
    "A torneira da cozinha está a pingar",
    "Kombi calismiyor",
    "Kalorifer ısınmıyor",
    "non funziona il riscaldamento",
]
"""Whose every word may look Dutch or English, or that are too short for a model of languages."""
PLAIN = {
    "no hot water": "en",
    "toilet blocked": "en",
    "geen warm water": "nl",
    "me deur klemt": "nl",
    "de la klemt": "nl",
}
MIXED = {
    "Kran w kuchni drupt de hele dag, moet leertje nieuw czy nie wiem": "nl",
    "Okno nie zamyka się, kozijn krom en muur vol schimmel, każdy może wejść": "nl",
    "Mutfaktaki musluk lekt al weken, lütfen iemand sturen": "nl",
    "La calefacción is kapot, hele huis koud, mis hijos zijn ziek": "nl",
    "Grzejnik is leaking since yesterday, please somebody come szybko": "en",
}


@pytest.mark.parametrize("text", FOREIGN + SHORT)
def test_another_language_is_told(text):
    assert detect(text) == "other"


@pytest.mark.parametrize(("text", "language"), PLAIN.items())
def test_a_few_plain_words_are_read(text, language):
    assert detect(text) == language


@pytest.mark.parametrize(("text", "language"), MIXED.items())
def test_who_mixes_languages_is_read(text, language):
    assert detect(text) == language


def test_threads_that_meet_another_language_at_once_load_what_tells_languages_once(monkeypatch):
    loaded, load = [], LanguageIdentifier.from_model_file
    monkeypatch.setattr(
        LanguageIdentifier, "from_model_file", lambda *how, **more: loaded.append(how) or load(*how, **more)
    )
    language._identifier.cache_clear()
    together = threading.Barrier(4)

    def tell(text):
        together.wait()
        return detect(text)

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(tell, FOREIGN[:4])) == {"other"}
    assert len(loaded) == 1


def test_a_text_of_any_length_has_a_language():
    assert detect("een kraan " * 40_000) == "nl"
    assert detect("the tap is leaking in the kitchen and " * 40_000) == "en"
