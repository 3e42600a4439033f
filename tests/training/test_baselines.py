"""The simpler ways that the library is measured against do work."""

import pytest

from training.baselines import BASELINES
from training.evaluate import label_of


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_learns_what_it_is_shown(name, corpus, small):
    if name.startswith("fastText"):
        pytest.importorskip("fasttext")
    texts = [row.text for row in corpus.requests]
    found = BASELINES[name](corpus.requests, texts, small)
    right = [label == label_of(row, small) for label, row in zip(found, corpus.requests, strict=True)]
    assert sum(right) / len(right) >= 0.6
