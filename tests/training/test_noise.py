"""Misprints for training: always the same ones, in as many messages as asked for, with the labels kept."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.noise import misprint, misprinted, with_misprints


def test_copies_are_always_the_same_and_keep_their_labels(corpus):
    once, again = (misprinted(corpus.requests, 0.5) for _ in range(2))
    assert once == again
    by_id = {row.id: row for row in corpus.requests}
    assert 0 < len(once) < len(by_id)
    assert all(row.rule == by_id[row.id].rule for row in once)
    assert any(row.text != by_id[row.id].text for row in once)


def test_a_share_of_nothing_is_nothing(corpus):
    assert misprinted(corpus.requests, 0.0) == []


def test_the_copies_are_learned_beside_what_is_printed_well(corpus):
    learned = with_misprints(corpus)
    assert learned.requests[: len(corpus.requests)] == corpus.requests
    assert 0 < len(learned.requests) - len(corpus.requests) < len(corpus.requests)
    assert learned.several == corpus.several


@given(st.text(min_size=1), st.integers(0, 2**32 - 1))
def test_any_text_stays_a_text(text, seed):
    assert misprint(text, np.random.default_rng(seed))
