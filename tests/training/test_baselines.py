"""The simpler ways that the library is measured against do work."""

import pytest

from training.baselines import BASELINES
from training.labelling import label_of, rules_on


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_learns_what_it_is_shown(name, corpus, small):
    if name.startswith("fastText"):
        pytest.importorskip("fasttext")
    texts = [row.text for row in corpus.requests]
    found = BASELINES[name](corpus.requests, texts, small)
    rules = rules_on(small)
    right = [label == label_of(row, rules) for label, row in zip(found, corpus.requests, strict=True)]
    assert sum(right) / len(right) >= 0.6
