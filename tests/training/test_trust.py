"""What a triager shows is what it goes by, and what it asks settles the matter."""

import pytest

from training.corpus import read_corpus
from training.trust import ask_and_answer, weigh_evidence


@pytest.fixture(scope="module")
def held():
    """All decidable requests of voices that the bundled model never saw."""
    return [row for row in read_corpus().part("test").requests if row.decidable]


def test_the_words_shown_count_for_more_than_others(bundled, held):
    shown, random = weigh_evidence(bundled, held)
    assert shown.count > 150
    assert shown.share < 0.5
    assert shown.comprehensiveness > 2 * random.comprehensiveness
    assert shown.sufficiency < random.sufficiency


def test_the_answer_to_the_question_brings_more_than_half_of_what_was_missing(bundled, held):
    asked = ask_and_answer(bundled, held)
    assert asked.count > 50
    assert 1 - asked.after < (1 - asked.before) / 2
