"""Words keep their places; what a word brings does not depend on its neighbours."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from triage.counting import count, count_features
from triage.features import Vocabulary, word_features, words_of
from triage.words import find_words, hash_words


@given(st.lists(st.text(max_size=60), max_size=6))
def test_words_stand_where_they_say(texts):
    words = find_words(texts)
    assert words.n_texts == len(texts)
    for text, first, last in zip(texts, words.firsts[:-1], words.firsts[1:], strict=True):
        for i in range(first, last):
            assert 0 <= words.starts[i] < words.ends[i] <= len(text)
            assert words_of(text[words.starts[i] : words.ends[i]]) == [words.word(i)]


@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_words_are_found_alike_alone_and_together(texts):
    words = find_words(texts)
    for i, text in enumerate(texts):
        assert words.of_text(i) == words_of(text)
    assert (words.hashes == hash_words([words.word(i) for i in range(len(words))])).all()


def test_case_accents_and_digits_are_folded():
    assert words_of("CAFÉ 12b Ünie") == ["cafe", "00b", "unie"]


@given(st.lists(st.text(alphabet="abcdekrn0", min_size=1, max_size=12), max_size=5))
def test_features_of_many_words_are_those_of_each(words):
    vocabulary = Vocabulary.learn([["kraan", "banaan", "a0"], ["kranen", "bad"]], min_count=1)
    owners, numbers, values = vocabulary.many_words(words)
    for i, word in enumerate(words):
        one = dict(zip(*(part.tolist() for part in vocabulary.word(word)), strict=True))
        many = dict(zip(numbers[owners == i].tolist(), values[owners == i].tolist(), strict=True))
        assert many == one


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


words = st.lists(st.sampled_from(["kraan", "lekt", "dak", "graag", "zolder"]), max_size=6)


@given(words, words)
def test_two_texts_side_by_side_are_one_text_but_for_the_pair_between_them(one, other):
    vocabulary = Vocabulary.learn([["kraan", "lekt"], ["dak", "lekt"], ["graag", "zolder"]], min_count=1)
    between = f"{one[-1]} {other[0]}" if one and other else None
    vocabulary = vocabulary.keep(np.array([i for i, name in enumerate(vocabulary.names) if name != between]))
    beside = count(vocabulary, [one]).beside(count(vocabulary, [other]))
    together = count(vocabulary, [[*one, *other]])
    assert np.allclose(beside.matrix.toarray(), together.matrix.toarray(), atol=1e-6)
    assert np.allclose(beside.norms, together.norms)


def test_unknown_words_are_known_by_their_parts():
    vocabulary = Vocabulary.learn([["keukenkraan"], ["keukenkraan"], ["badkraan"]], min_count=1)
    numbers, values = vocabulary.word("toiletkraan")
    assert "kraan"[:5] in {vocabulary.names[i] for i in numbers}
    assert (values > 0).all()
