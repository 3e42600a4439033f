"""Words keep their places; what a word brings does not depend on its neighbours."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from triage.counting import count_features
from triage.features import Vocabulary, tokens, word_features


@given(st.text(max_size=200))
def test_tokens_stand_where_they_say(text):
    for token in tokens(text):
        assert 0 <= token.start < token.end <= len(text)
        assert len(text[token.start : token.end]) >= len(token.word)


def test_case_accents_and_digits_are_folded():
    assert [token.word for token in tokens("CAFÉ 12b Ünie")] == ["cafe", "00b", "unie"]


@given(st.text(alphabet="abcde", min_size=1, max_size=12))
def test_every_feature_of_a_word_occurs_in_it(word):
    whole, *sequences = word_features(word)
    assert whole == f"={word}"
    assert all(sequence in f" {word} " for sequence in sequences)


def test_rows_of_the_matrix_have_length_one_where_words_differ():
    texts = [["kraan", "lekt"], ["dak"], []]
    vocabulary = Vocabulary.learn(texts, min_count=1)
    matrix = count_features(vocabulary, texts)
    # Sequences that two words share add up, so the additive norm is only near the exact one.
    assert np.allclose(np.sqrt((matrix.power(2)).sum(axis=1)), [1, 1, 0], atol=0.1)


def test_unknown_words_are_known_by_their_parts():
    vocabulary = Vocabulary.learn([["keukenkraan"], ["keukenkraan"], ["badkraan"]], min_count=1)
    numbers, values = vocabulary.word("toiletkraan")
    assert "kraan"[:5] in {vocabulary.names[i] for i in numbers}
    assert (values > 0).all()
