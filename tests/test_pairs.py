"""Same request, same answer, whoever writes it; and one word that decides does decide.

`pairs.txt` holds pairs of messages written for this test alone: ``same RULE LABEL`` tells one defect in two voices,
``flip RULE LABEL LABEL CIRCUMSTANCE`` changes the one clause that turns the label. No pair is ever trained on.
"""

from pathlib import Path

import pytest

LINES = (Path(__file__).parent / "pairs.txt").read_text(encoding="utf-8").splitlines()
PAIRS = [line.split("|") for line in LINES]


@pytest.fixture(scope="module")
def judged(bundled):
    """Whether each message of each pair got its label."""
    texts = [text for _, *both in PAIRS for text in both]
    labels = bundled.assess_many(texts)["responsible"].fillna("")
    right = []
    for number, (head, *_) in enumerate(PAIRS):
        kind, _, *wanted = head.split()
        first, second = wanted[:2] if kind == "flip" else wanted[:1] * 2
        right.append((kind, labels[2 * number] == first, labels[2 * number + 1] == second))
    return right


def test_there_are_enough_pairs_and_each_is_whole():
    assert len(PAIRS) >= 200
    assert all(len(parts) == 3 and all(parts) for parts in PAIRS)
    assert len({text for _, *both in PAIRS for text in both}) == 2 * len(PAIRS)


@pytest.mark.parametrize(("kind", "least"), [("same", 0.85), ("flip", 0.55)])
def test_pairs_are_judged_as_well_as_they_were(judged, kind, least):
    own = [first and second for sort, first, second in judged if sort == kind]
    assert sum(own) / len(own) >= least


def test_no_pair_is_in_the_corpus():
    from training.corpus import read_corpus

    corpus = read_corpus()
    known = {row.text for row in [*corpus.requests, *corpus.several, *corpus.elsewhere]}
    assert not known & {text for _, *both in PAIRS for text in both}
