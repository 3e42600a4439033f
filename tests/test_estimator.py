"""The classifier is a scikit-learn citizen that takes texts."""

import numpy as np
import pytest
from messages import MESSAGES
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from triage.estimator import TriageClassifier

REQUESTS = [message for message in MESSAGES if message[1] != "rent"]
TEXTS = [text for text, _, _ in REQUESTS]
RULES = [rule for _, rule, _ in REQUESTS]
HOLDING = [keys for _, _, keys in REQUESTS]


@pytest.fixture(scope="module")
def labels(small):
    return [
        next((e.responsible for e in small.exceptions(small.rule(r)) if e.when in k), small.rule(r).responsible)
        for _, r, k in REQUESTS
    ]


@pytest.fixture(scope="module")
def fitted(small, labels):
    return TriageClassifier(small, min_count=1, hidden=32).fit(TEXTS, labels, rules=RULES, circumstances=HOLDING)


# Texts are no numbers: scikit-learn's checks that build numeric arrays skip themselves by the tags.
@parametrize_with_checks([TriageClassifier()])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_scikit_learn_conventions(estimator, check):
    check(estimator)


def test_it_learns_who_is_responsible(fitted, labels):
    assert list(fitted.classes_) == ["landlord", "tenant"]
    assert np.mean(fitted.predict(TEXTS) == labels) > 0.9


@pytest.mark.parametrize("how", [{"feature_dropout": 0.6, "dropout": 0.1}, {"agreement": 0.0}])
def test_it_learns_however_texts_are_shown(small, labels, how):
    classifier = TriageClassifier(small, min_count=1, hidden=32, **how)
    classifier.fit(TEXTS, labels, rules=RULES, circumstances=HOLDING)
    assert np.mean(classifier.predict(TEXTS) == labels) > 0.9


def test_probabilities_sum_to_one_and_lead_the_prediction(fitted):
    probabilities = fitted.predict_proba(["de kraan drupt", "iets heel anders"])
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert list(fitted.predict(["de ketel geeft weer een storing"])) == ["landlord"]


def test_who_paid_alone_is_enough_to_learn_from(small, labels):
    known = [rule if i % 3 == 0 else None for i, rule in enumerate(RULES)]
    partly = TriageClassifier(small, min_count=1, hidden=32).fit(TEXTS, labels, rules=known)
    wholly = TriageClassifier(small, min_count=1, hidden=32).fit(TEXTS, labels)
    for classifier in (partly, wholly):
        assert np.mean(classifier.predict(TEXTS) == labels) > 0.7


def test_fitting_twice_gives_the_same(small, labels):
    first, second = (TriageClassifier(small, min_count=1, hidden=32).fit(TEXTS, labels, rules=RULES) for _ in range(2))
    assert np.array_equal(first.recogniser_.codes, second.recogniser_.codes)


def test_it_can_be_cloned_searched_and_cross_validated(small, labels):
    classifier = clone(TriageClassifier(small, min_count=1, hidden=32))
    assert len(cross_val_score(classifier, TEXTS, labels, cv=2)) == 2
    search = GridSearchCV(classifier, {"hidden": [8, 16]}, cv=2).fit(TEXTS, labels)
    assert search.best_params_["hidden"] in (8, 16)


@pytest.mark.parametrize(
    ("texts", "labels", "rules", "message"),
    [
        (["a b"], ["owner"], None, "unknown label 'owner'"),
        (["a b"], ["tenant"], ["no.such"], "not in catalogue small: no.such"),
        ([["a"], ["b"]], ["tenant", "tenant"], None, "one-dimensional"),
        ([1, 2], ["tenant", "tenant"], None, "expected texts, got int"),
        (["a", "b"], ["tenant"], None, "inconsistent numbers"),
        ([], [], None, "no requests"),
    ],
)
def test_what_cannot_be_fitted_is_said(small, texts, labels, rules, message):
    with pytest.raises(ValueError, match=message):
        TriageClassifier(small, min_count=1).fit(texts, labels, rules=rules)


def test_what_is_told_of_messages_must_be_known_and_of_all(small, labels):
    with pytest.raises(ValueError, match="unknown flag 'urgnt'; flags are several, open, urgent"):
        TriageClassifier(small, min_count=1).fit(TEXTS, labels, flags={"urgnt": [True] * len(TEXTS)})
    with pytest.raises(ValueError, match="inconsistent numbers"):
        TriageClassifier(small, min_count=1).fit(TEXTS, labels, flags={"urgent": [True]})


def test_a_rule_that_is_missing_is_a_rule_nobody_knows(small, labels):
    gaps = [float("nan")] * len(TEXTS)
    assert TriageClassifier(small, min_count=1, hidden=8).fit(TEXTS, labels, rules=gaps).classes_.tolist()
