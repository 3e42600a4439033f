"""Danger is told by phrases; a negation takes it away, and words too far apart mean nothing together."""

import numpy as np
import pytest

from triage.catalogue import Danger, Phrases, Text
from triage.catalogue_file import BUNDLED, read_catalogue
from triage.features import words_of
from triage.urgency import Alarm


@pytest.fixture(scope="module")
def alarm(small):
    """An alarm with more parts of signs than fit in one word of 64 bits."""
    signs = {
        "gas": ["ruik* gas", "smell* gas", "*lucht meterkast", "fluit/*sist gasslang*/kookplaat"],
        "power": ["geen stroom"],
        "many": [f"gevaar{a}{b}" for a in "abcdefgh" for b in "abcdefghij"],
    }
    say = Text(nl="Bel 112.", en="Call 112.")
    dangers = [Danger(id=name, title=say, advice=say, signs=Phrases(nl=own)) for name, own in signs.items()]
    return Alarm(small.model_copy(update={"dangers": dangers}))


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("ik ruik overal gas", "gas"),
        ("het ruikt hier naar gas", "gas"),
        ("ik ruik geen gas", None),
        ("the heater doesn t smell of gas", None),
        ("i dont smell gas", None),
        ("t ruikt naar gas", "gas"),
        ("wij hebben geen licht smells of gas", "gas"),
        ("niet ruikt het naar gas", None),
        ("niet dat het ruikt maar gas kost veel", "gas"),
        ("gas ruik ik", None),
        ("ik ruik iets in de gang achter de deur gas", None),
        ("gaslucht bij de meterkast", "gas"),
        ("het fluit bij de kookplaat", "gas"),
        ("er sist iets in de gasslangen", "gas"),
        ("de kookplaat fluit", None),
        ("het fluit in de keuken", None),
        ("wij hebben geen stroom", "power"),
        ("wij hebben nooit geen stroom", None),
        ("wij hebben stroom", None),
        ("let op gevaarhj", "many"),
        ("", None),
    ],
)
def test_signs_of_danger(alarm, text, danger):
    words = text.split()
    found = alarm.find(alarm.marks(words))
    assert (found.id if found else None) == danger
    texts, signs = alarm.may_ring(alarm.marks(words), np.array([0, len(words)]))
    if danger:
        assert alarm.find(alarm.marks(words), signs[0]).id == danger
    else:
        assert not len(texts) or alarm.find(alarm.marks(words), signs[0]) is None


@pytest.fixture(scope="module")
def dutch_alarm():
    return Alarm(read_catalogue(BUNDLED))


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("In de bijkeuken ruikt het naar rotte eieren", "gas"),
        ("'t riekt hier noar gas", "gas"),
        ("de comelder blijft alarm geven", "carbon_monoxide"),
        ("van de geiser krijgen wij hoofdpijn", "carbon_monoxide"),
        ("De groepenkast knettert", "fire"),
        ("there's a smell of burning plastic upstairs", "fire"),
        ("ik kreeg een tik van de kraan", "shock"),
        ("lekkage, het druppelt in de meterkast", "shock"),
        ("het stroomt de trap af", "water"),
        ("het plafond bolt op", "water"),
        ("bij de buren stroomt rioolwater omhoog uit de afvoer", "sewage"),
        ("we hebben maar een toilet en dat is verstopt", "sewage"),
        ("er zit een kind in de lift", "lift"),
        ("de dakpannen liggen los boven de stoep", "collapse"),
        ("mijn vrouw is aan de zuurstof en alles viel uit", "cut_off"),
        ("al sinds gisteren geen druppel water", "cut_off"),
        ("ik sta buiten, de sleutels liggen binnen", "lock"),
        ("my front door won't lock", "lock"),
        ("mijn zoontje zit opgesloten in de badkamer", "lock"),
        ("buitengesloten, en de pan staat op het vuur", "lock"),
        ("het raam hangt los boven de straat", "collapse"),
    ],
)
def test_dangers_are_known_however_tenants_put_them(dutch_alarm, text, danger):
    assert dutch_alarm.find(dutch_alarm.marks(words_of(text))).id == danger


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("Es riecht nach Gas", "gas"),
        ("Czuć gaz w kuchni", "gas"),
        ("mutfakta gaz kokusu var", "gas"),
        ("huele a gas en la cocina", "gas"),
        ("Odeur de gaz dans l'entrée", "gas"),
        ("miroase a gaz", "gas"),
        ("Сильно пахнет газом", "gas"),
        ("رائحة غاز في المطبخ", "gas"),
        ("ريحة الغاز قوية", "gas"),
        ("hay monóxido de carbono", "carbon_monoxide"),
        ("на кухні чадний газ", "carbon_monoxide"),
        ("yangın var", "fire"),
        ("هناك حريق", "fire"),
        ("zalało mi mieszkanie", "water"),
        ("L'appartement est inondé", "water"),
        ("Mein Mann schlägt mich", "person"),
    ],
)
def test_the_gravest_dangers_are_known_in_languages_of_tenants(dutch_alarm, text, danger):
    assert dutch_alarm.find(dutch_alarm.marks(words_of(text))).id == danger


@pytest.mark.parametrize(
    "text",
    [
        "ik ruik geen gas, het fornuis ontsteekt niet",
        "waar hangt de gasmeter",
        "de rookmelder piept elke minuut",
        "I was shocked by the rent",
        "the lamp that I hang myself is dead",
        "iemand heeft met een mes strepen in de deur gekerfd",
        "de kraan drupt, er staat een emmer onder",
        "mijn telefoon staat vast op de wachtlijst",
        "de muur heeft al jaren een haarscheur",
        "één radiator wordt niet warm",
        "het slot van de brievenbus is kapot",
        "buiten vriest het, kan de buitenkraan dicht",
        "ik ben duizelig van al die formulieren",
        "mijn dochter is misselijk geweest",
        "mijn kind verbrandde zich aan de kraan",
        "mag de tak die over het pad hangt gesnoeid worden",
    ],
)
def test_what_only_looks_like_danger_rings_no_alarm(dutch_alarm, text):
    assert dutch_alarm.find(dutch_alarm.marks(words_of(text))) is None


def test_a_person_in_need_comes_before_gas_and_gas_before_all_else(dutch_alarm):
    words = words_of("water spuit uit de muur, het ruikt naar gas en mijn man slaat me")
    assert dutch_alarm.find(dutch_alarm.marks(words)).id == "person"
    assert dutch_alarm.find(dutch_alarm.marks(words[:10])).id == "gas"
