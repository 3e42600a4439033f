"""The classifier is a scikit-learn citizen that takes texts."""

from datetime import date

import numpy as np
import pytest
from messages import MESSAGES
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
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
        (["a", None], ["tenant", "tenant"], None, "a text is missing; drop"),
        (["a", float("nan")], ["tenant", "tenant"], None, "a text is missing; drop"),
        (["a b"], [2], None, "unknown label '2'"),
        (["a b"], [True], None, "unknown label 'True'"),
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


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"hidden": 1024}, "hidden == 1024"),
        ({"hidden": 0}, "hidden == 0"),
        ({"hidden": 8.5}, "hidden must be an instance of int"),
        ({"learn_catalogue": "no"}, "learn_catalogue must be an instance of"),
        ({"dropout": 1.0}, "dropout == 1.0"),
        ({"feature_dropout": -0.1}, "feature_dropout == -0.1"),
        ({"epochs": 0}, "epochs == 0"),
        ({"learning_rate": 0}, "learning_rate == 0"),
        ({"min_count": 0}, "min_count == 0"),
        ({"max_features": 0}, "max_features == 0"),
    ],
    ids=str,
)
def test_a_parameter_that_cannot_be_used_is_named_before_anything_is_learned(small, labels, parameters, message):
    with pytest.raises((ValueError, TypeError), match=message):
        TriageClassifier(small, **parameters).fit(TEXTS, labels)


@pytest.mark.parametrize("parameters", [{"hidden": 1, "epochs": 1}, {"hidden": 4, "max_features": 1}], ids=str)
def test_the_least_that_is_allowed_can_be_fitted(small, labels, parameters):
    classifier = TriageClassifier(small, min_count=1, **parameters).fit(TEXTS, labels)
    assert classifier.predict_proba(TEXTS).sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("value", ["False", "ja", 1, None, float("nan")])
def test_a_flag_is_true_or_false(small, labels, value):
    with pytest.raises(ValueError, match="flag 'urgent' holds"):
        TriageClassifier(small, min_count=1).fit(TEXTS, labels, flags={"urgent": [value] * len(TEXTS)})


class Named(TriageClassifier):
    """A classifier with a parameter of its own, and not all of the others."""

    def __init__(self, name="ours", catalogue=None, min_count=1, hidden=8):
        super().__init__(catalogue, min_count=min_count, hidden=hidden)
        self.name = name


def test_a_classifier_of_ones_own_may_have_parameters_of_its_own(small, labels):
    fitted = clone(Named("theirs", small)).fit(TEXTS, labels, rules=RULES)
    assert fitted.name == "theirs"
    assert len(fitted.recogniser_.thresholds) == 8


def test_labels_that_scikit_learn_has_numbered_are_those_of_the_parties_in_order(small, labels, fitted):
    numbers = np.searchsorted(["landlord", "tenant"], labels)
    how = {"rules": RULES, "circumstances": HOLDING}
    numbered = TriageClassifier(small, min_count=1, hidden=32).fit(TEXTS, numbers, **how)
    assert numbered.classes_.tolist() == [0, 1]
    assert np.array_equal(numbered.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    assert numbered.predict(TEXTS).tolist() == np.searchsorted(["landlord", "tenant"], fitted.predict(TEXTS)).tolist()


def quick(catalogue):
    return TriageClassifier(catalogue, min_count=1, hidden=8, least_steps=200)


def test_probabilities_may_be_cross_validated(small, labels):
    found = cross_val_predict(quick(small), TEXTS, labels, cv=2, method="predict_proba")
    assert found.shape == (len(TEXTS), 2)
    assert np.mean((found[:, 0] > 0.5) == (np.array(labels) == "landlord")) > 0.5


@pytest.mark.parametrize(
    "around",
    [
        lambda own: VotingClassifier([("own", own)], voting="soft"),
        lambda own: StackingClassifier([("own", own)], LogisticRegression(), cv=2),
        lambda own: CalibratedClassifierCV(own, ensemble=False, cv=2),
    ],
    ids=["voting", "stacking", "calibrated"],
)
def test_it_may_be_part_of_another_classifier(small, labels, around):
    whole = around(quick(small)).fit(np.array(TEXTS, dtype=object), labels)
    assert np.mean(whole.predict(np.array(TEXTS, dtype=object)) == labels) > 0.7


def test_circumstances_of_some_requests_may_be_unknown(small, labels):
    some = [keys if i % 2 else [None, float("nan")][i % 4 // 2] for i, keys in enumerate(HOLDING)]
    classifier = quick(small).fit(TEXTS, labels, rules=RULES, circumstances=some)
    assert np.mean(classifier.predict(TEXTS) == labels) > 0.7


def test_circumstances_of_a_request_are_a_list(small, labels):
    with pytest.raises(ValueError, match="pass a list of circumstances for each request"):
        quick(small).fit(TEXTS, labels, circumstances=["own_fault"] * len(TEXTS))


def test_where_no_rule_is_in_force_nobody_is_said_to_be_responsible(small, labels):
    over = [rule.model_copy(update={"valid_until": date(2020, 1, 1)}) for rule in small.rules]
    ended = small.model_copy(update={"rules": tuple(over)})
    classifier = quick(ended).fit(TEXTS, labels, rules=RULES)
    with pytest.raises(ValueError, match="no rule that was learned is in force today in catalogue small"):
        classifier.predict_proba(TEXTS)
