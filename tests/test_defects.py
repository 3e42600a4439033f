"""A message is divided into the stretches that tell of its defects, in order, and no word is told twice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import triage.defects as defects
from triage.defects import SIGNS, Reading, clauses, divide, propose
from triage.words import find_words

NEVER, ALWAYS = [0.0] * len(SIGNS) + [-1.0], [0.0] * len(SIGNS) + [1.0]
CLAUSES = [
    "de kraan drupt in de keuken",
    "het dak lekt",
    "de sleutel is kwijt",
    "ketel geeft storing",
    "fijne dag",
    "7",
]
MESSAGES = st.lists(st.sampled_from(CLAUSES), max_size=4).map(". ".join)


@pytest.fixture(scope="module")
def prepared(small_model):
    """Read texts; here each may tell of several defects, a model of fifteen messages cannot say."""

    def prepare(texts):
        return Reading.of(texts, small_model.recogniser), small_model.recogniser, np.arange(len(texts))

    with pytest.MonkeyPatch.context() as patch:
        for name, least in (("_LEAST_SEVERAL", 0.0), ("_LEAST_RULES", 0.2), ("_PRICE", 0.5)):
            patch.setattr(defects, name, least)
        yield prepare


TWO = "De kraan drupt in de keuken. En verder, het dak lekt."


def test_two_defects_are_two_stretches(prepared):
    reading, recogniser, texts = prepared([TWO])
    found, recognition = divide(reading, recogniser, texts, ALWAYS)
    told = [" ".join(reading.words.of_stretch(a, b)) for a, b in zip(found.firsts, found.lasts, strict=True)]
    assert told == ["de kraan drupt in de keuken", "het dak lekt"]
    rules = recogniser.outputs.rules
    assert [rules[i] for i in recognition.rules.argmax(axis=1)] == ["tap.drips", "roof.leak"]


def test_a_division_that_does_not_convince_is_not_made(prepared):
    reading, recogniser, texts = prepared([TWO])
    found, recognition = divide(reading, recogniser, texts, NEVER)
    assert (found.firsts.tolist(), found.lasts.tolist()) == ([0], [len(reading.words)])
    assert (recognition.rules == reading.whole.rules).all()


def test_signs_are_those_of_the_division(prepared):
    division = propose(*prepared(["fijne dag", TWO]))
    assert division.texts.tolist() == [1]
    signs = dict(zip(SIGNS, division.signs[0].tolist(), strict=True))
    assert signs["first"] >= signs["second"]
    assert np.exp(signs["shortest"]) == pytest.approx(3)
    assert np.exp(signs["length"]) == pytest.approx(11)


def test_where_no_part_tells_of_a_defect_the_message_stays_whole(prepared, monkeypatch):
    monkeypatch.setattr(defects, "_LEAST_RULES", 1.1)
    reading, *rest = prepared([TWO])
    found, _ = divide(reading, *rest, ALWAYS)
    assert (found.firsts.tolist(), found.lasts.tolist()) == ([0], [len(reading.words)])


@given(st.lists(MESSAGES, max_size=6), st.sampled_from([NEVER, ALWAYS]))
def test_stretches_stand_in_order_and_apart(prepared, texts, weights):
    reading, recogniser, places = prepared(texts)
    found, recognition = divide(reading, recogniser, places, weights)
    words = reading.words
    assert sorted(set(found.texts.tolist())) == [i for i in range(len(texts)) if words.counts[i]]
    alone = recogniser.probabilities(recogniser.score(reading.units, found.firsts, found.lasts))
    assert (recognition.rules == alone.rules).all()
    assert (recognition.flags["open"] == alone.flags["open"]).all()
    assert (found.firsts < found.lasts).all()
    assert (found.firsts >= words.firsts[found.texts]).all()
    assert (found.lasts <= words.firsts[found.texts + 1]).all()
    assert (found.lasts[:-1] <= found.firsts[1:]).all()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1) kraan drupt 2) deur klemt 3) bel stuk", ["kraan drupt", "deur klemt", "bel stuk"]),
        ("a) lamp stuk b) wc loopt door", ["lamp stuk", "wc loopt door"]),
        ("2- kraan drupt 3- dak lekt", ["kraan drupt", "dak lekt"]),
        ("kraan drupt/dak lekt + ruit stuk", ["kraan drupt", "dak lekt", "ruit stuk"]),
        ("sinds 2019 twee graden", ["sinds 0000 twee graden"]),
        ("op 3 hoog lekt het", ["op 0 hoog lekt het"]),
        (
            "de lekkage begon 12-3 en de 4-pits plaat doet niets",
            ["de lekkage begon 00 0 en de 0 pits plaat doet niets"],
        ),
        ("tussen 9-12 uur, of 13:30, of na 3.30", ["tussen 0 00 uur", "of 00", "of na 0"]),
    ],
)
def test_each_point_of_a_list_is_a_clause_of_its_own(text, told):
    words = find_words([text])
    found = clauses(words, np.zeros(len(words), dtype=bool), np.array([0]))
    assert [" ".join(words.of_stretch(a, b)) for a, b in zip(found.firsts, found.lasts, strict=True)] == told
