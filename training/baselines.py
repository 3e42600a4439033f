"""Simpler ways to tell landlord from tenant, to measure against on the same requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union

from training import SEED
from training.corpus import Request
from training.labelling import label_of, rules_on
from triage.catalogue import Catalogue
from triage.estimator import words_of

__all__ = ["BASELINES", "Baseline"]

Labels = NDArray[np.str_]
Baseline = Callable[[Sequence[Request], Sequence[str], Catalogue], Labels]
"""Learns from requests, and labels texts."""


def _learn(pipeline: Pipeline, requests: Sequence[Request], texts: Sequence[str], catalogue: Catalogue) -> Labels:
    rules = rules_on(catalogue)
    pipeline.fit([row.text for row in requests], [label_of(row, rules) for row in requests])
    return np.asarray(pipeline.predict(texts))


def direct(requests: Sequence[Request], texts: Sequence[str], catalogue: Catalogue) -> Labels:
    """Tell landlord from tenant straight from words and character sequences: TF-IDF and logistic regression."""
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True),
    )
    return _learn(make_pipeline(features, LogisticRegression(C=20, max_iter=300)), requests, texts, catalogue)


def municipal(requests: Sequence[Request], texts: Sequence[str], catalogue: Catalogue) -> Labels:
    """Follow the recipe of municipal inboxes: Dutch stems, TF-IDF, logistic regression with an L1 penalty."""
    features = TfidfVectorizer(tokenizer=_stems, token_pattern=None, lowercase=True, sublinear_tf=True)
    model = LogisticRegression(C=1.0, l1_ratio=1.0, solver="liblinear", random_state=SEED)
    return _learn(make_pipeline(features, model), requests, texts, catalogue)


def _stems(text: str) -> list[str]:
    return list(_stemmer().stemWords(words_of([text])[0]))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("dutch")


def keywords(requests: Sequence[Request], texts: Sequence[str], catalogue: Catalogue) -> Labels:  # noqa: ARG001
    """Look up the catalogue's own words: the rule with the longest phrase wins, and a circumstance told flips it."""
    rules = {rule.id: words_of(rule.words.all()) for rule in catalogue.rules}
    told = {circumstance.id: words_of(circumstance.words.all()) for circumstance in catalogue.circumstances}
    labels = []
    for words in map(set, words_of(texts)):
        matched = {name: _matched(phrases, words) for name, phrases in rules.items()}
        rule = catalogue.rule(max(matched, key=lambda name: matched[name]))
        flips = (e.responsible for e in catalogue.exceptions(rule) if _matched(told[e.when], words))
        labels.append(next((party for party in flips if party), rule.responsible if matched[rule.id] else "landlord"))
    return np.array(labels)


def _matched(phrases: Sequence[Sequence[str]], words: set[str]) -> int:
    return max((len(phrase) for phrase in phrases if words.issuperset(phrase)), default=0)


def fasttext(requests: Sequence[Request], texts: Sequence[str], catalogue: Catalogue) -> Labels:
    """Tell landlord from tenant by fastText with subwords (Joulin et al. 2017)."""
    import fasttext as library

    rules = rules_on(catalogue)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        lines = [f"__label__{label_of(row, rules)} {_plain(row.text)}\n" for row in requests]
        path.write_text("".join(lines), encoding="utf-8")
        model = library.train_supervised(
            str(path), lr=0.5, epoch=25, wordNgrams=2, minn=2, maxn=5, dim=50, thread=1, verbose=0
        )
    found = [model.f.predict(_plain(text), 1, 0.0, "strict") for text in texts]
    return np.array([best[0][1].removeprefix("__label__") for best in found])


def _plain(text: str) -> str:
    return " ".join(words_of([text])[0])


BASELINES: dict[str, Baseline] = {
    "TF-IDF and logistic regression, straight to the label": direct,
    "Dutch stems, TF-IDF and L1 logistic regression": municipal,
    "catalogue keywords alone": keywords,
    "fastText with subwords, straight to the label": fasttext,
}
