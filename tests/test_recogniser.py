"""Words add up to what hidden units hear, and levels of these to scores: the same alone and among others."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import triage.table as room
from triage.adoption import adopt
from triage.catalogue import Phrases, Text
from triage.counting import count_features
from triage.marking import SIGN, Marker
from triage.words import find_words


@pytest.fixture(scope="module")
def with_a_rule_more(small, small_model):
    words = Phrases(nl=["sauna koud", "sauna warmt niet op", "kapotte sauna"])
    sauna = small.rules[0].model_copy(
        update={
            "id": "sauna.cold",
            "title": Text(nl="Sauna koud", en="Cold sauna"),
            "words": words,
            "examples": Phrases(),
        }
    )
    return adopt(small_model.recogniser, small.model_copy(update={"rules": [*small.rules, sauna]}))


sentences = st.lists(
    st.sampled_from("de kraan dak lekt sleutel kwijt ketel koud huur xyzzy versleten".split()), max_size=8
)


@given(texts=st.lists(sentences, min_size=1, max_size=4))
def test_word_by_word_equals_the_matrix_product(small_model, texts):
    recogniser = small_model.recogniser
    weights = recogniser.codes.astype(np.float32) * recogniser.scales[:, None]
    heard = np.asarray(count_features(recogniser.vocabulary, texts) @ weights) + recogniser.thresholds
    expected = np.clip(heard, 0, 255) @ recogniser.readout * recogniser.gains + recogniser.biases
    # Levels are whole numbers, so each unit may differ by half a step.
    most = 0.51 * np.abs(recogniser.readout).sum(axis=0) * recogniser.gains
    assert (np.abs(recogniser.scores(texts) - expected) <= most).all()


@given(words=sentences, output=st.integers(0, 20))
def test_what_each_word_adds_and_the_rest_are_the_score(small_model, with_a_rule_more, words, output):
    for recogniser in (small_model.recogniser, with_a_rule_more):
        names = recogniser.outputs.names
        name = names[output % len(names)]
        found = find_words([" ".join(words)])
        shares, rest = recogniser.shares(recogniser.units(found), 0, len(found), name)
        score = recogniser.scores([words])[0, recogniser.outputs.place[name]]
        assert shares.sum() + rest == pytest.approx(score, abs=1e-3)


def test_a_rule_more_is_recognised_by_its_own_words_and_changes_no_other_score(small_model, with_a_rule_more):
    before, after = small_model.recogniser.outputs, with_a_rule_more.outputs
    words = [["sauna", "warmt", "niet", "op"], ["kraan", "drupt"]]
    likeliest = with_a_rule_more.recognise(words).rules.argmax(axis=1)
    assert [after.rules[i] for i in likeliest] == ["sauna.cold", "tap.drips"]
    kept = [after.place[name] for name in before.names]
    known = [["kraan", "drupt"]]
    assert np.allclose(with_a_rule_more.scores(known)[:, kept], small_model.recogniser.scores(known), atol=1e-5)


@given(texts=st.lists(sentences, min_size=1, max_size=4))
def test_probabilities_are_probabilities(small_model, texts):
    recognition = small_model.recogniser.recognise(texts)
    total = recognition.rules.sum(axis=1) + recognition.elsewhere.sum(axis=1)
    assert np.allclose(total, 1, atol=1e-5)
    assert ((recognition.circumstances >= 0) & (recognition.circumstances <= 1)).all()


@given(texts=st.lists(sentences, min_size=2, max_size=4))
def test_a_text_scores_alike_alone_and_in_a_batch(small_model, texts):
    recogniser = small_model.recogniser
    together = recogniser.scores(texts)
    alone = np.vstack([recogniser.scores([words]) for words in texts])
    assert np.array_equal(together, alone)


def test_what_was_shown_is_recognised(small_model):
    recognition = small_model.recogniser.recognise([["kraan", "drupt"], ["sleutel", "verloren"]])
    names = [small_model.recogniser.outputs.rules[i] for i in recognition.rules.argmax(axis=1)]
    assert names == ["tap.drips", "lock.key_lost"]


@pytest.mark.parametrize(("name", "value"), [("_SLOT_BITS", 1), ("_MOST_BYTES", 1)])
def test_words_that_share_a_slot_or_a_full_table_score_as_ever(small_model, monkeypatch, name, value):
    texts = ["de kraan lekt".split(), "dak versleten en de ketel koud".split(), ["kraan"]]
    expected = small_model.recogniser.scores(texts)
    monkeypatch.setattr(room, name, value)
    crowded = replace(small_model.recogniser)
    for _ in range(3):
        assert np.array_equal(crowded.scores(texts), expected)


def test_a_word_keeps_its_marks_in_every_table(small_model, monkeypatch):
    monkeypatch.setattr(room, "_MOST_BYTES", 1)
    recogniser = replace(small_model.recogniser)
    marker = Marker(_length_and_first)
    for text in ("de kraan lekt", "dak lekt", "de ketel"):
        words = find_words([text])
        plain, signs = marker.marks(words, recogniser.units(words))
        assert (plain & ~np.uint16(SIGN)).tolist() == [len(word) for word in text.split()]
        assert signs.places.tolist() == [i for i, word in enumerate(text.split()) if word != "de"]
        assert [signs.marks[kind] for kind in signs.kinds] == [ord(word[0]) for word in text.split() if word != "de"]
        marker = copy.deepcopy(marker)


def _length_and_first(word):
    return len(word), ord(word[0]) if word != "de" else 0
