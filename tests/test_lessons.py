"""Errors are the slope of a loss that is written down here once more; the label is the ruler's."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.fitting import FLAGS, Targets, lessons_of
from triage.lessons import NONE, Responsibility, disagreement, errors
from triage.recogniser import Outputs, sigmoid, softmax
from triage.ruling import Ruler

WEIGHT = 2.0


@pytest.fixture(scope="module")
def outputs(small):
    return Outputs(
        [rule.id for rule in small.rules],
        [kind.id for kind in small.elsewhere],
        [c.id for c in small.circumstances if not c.share],
        list(FLAGS),
    )


@pytest.fixture(scope="module")
def responsibility(small, outputs):
    return Responsibility(small, outputs.circumstances)


scores_of_four = st.lists(st.lists(st.floats(-4, 4, width=32), min_size=16, max_size=16), min_size=4, max_size=4)


def padded(scores, outputs):
    return np.resize(np.array(scores, dtype=np.float32), (4, len(outputs)))


@given(scores=scores_of_four)
def test_the_label_is_the_rulers(small, outputs, responsibility, scores):
    given = padded(scores, outputs)
    n = len(outputs.rules)
    circumstances = given[:, outputs.n_exclusive : outputs.n_exclusive + len(outputs.circumstances)]
    found, _, _ = responsibility.landlord(given[:, :n], circumstances)
    ruler = Ruler(small, outputs.rules, outputs.circumstances)
    ruled = ruler.rule(softmax(given[:, :n]), sigmoid(circumstances), {}, date(2026, 1, 1)).landlord
    assert found == pytest.approx(ruled, abs=1e-4)


@given(scores=scores_of_four)
def test_errors_are_the_slope_of_the_loss(small, outputs, responsibility, scores):
    given = padded(scores, outputs)
    targets = Targets(
        ["tap.drips", "rent", None, None],
        [frozenset({"worn"}), frozenset(), None, None],
        {"urgent": np.array([True, False, False, False]), "open": np.array([False, False, False, True])},
        ["landlord", "tenant", "tenant", "tenant"],  # of what is left open the payer teaches nothing
    )
    lessons = lessons_of(targets, small, outputs, responsibility)
    lessons.exclusive[3] = NONE
    found = errors(given, lessons, outputs, responsibility, WEIGHT)
    for row, column in np.ndindex(given.shape):
        step = np.zeros_like(given)
        step[row, column] = 0.05
        slope = (_loss(given + step, outputs, responsibility) - _loss(given - step, outputs, responsibility)) / 0.1
        assert found[row, column] == pytest.approx(slope, abs=5e-3)


def _loss(scores, outputs, responsibility):
    """Of a worn tap that drips, urgent; a message about rent; a request of which only the payer is known; and nothing."""
    n, first = len(outputs.rules), outputs.n_exclusive
    last = first + len(outputs.circumstances)
    chances = softmax(scores[:, :first].astype(np.float64))
    known = -np.log(chances[0, outputs.place["tap.drips"]]) - np.log(chances[1, outputs.place["rent"]])
    turning = responsibility.turning[:, outputs.place["tap.drips"]] > 0
    own = scores[0, first:last].astype(np.float64)
    worn = own[outputs.circumstances.index("worn")]
    choice = -worn + np.log(1 + np.exp(own[turning]).sum())
    landlord, _, _ = responsibility.landlord(scores[:, :n], scores[:, first:last])
    label = -np.log(landlord[0]) - np.log(1 - landlord[2])
    urgent = scores[:, outputs.place["urgent"]].astype(np.float64) * np.array([-1, 1, 1, 1])
    left_open = scores[:, outputs.place["open"]].astype(np.float64) * np.array([1, 1, 1, -1])
    flags = np.log1p(np.exp(urgent)).sum() + np.log1p(np.exp(left_open)).sum()
    return known - np.log(softmax(scores[3:, :n].astype(np.float64))).mean() + choice + WEIGHT * label + flags


def test_a_circumstance_is_learned_only_where_it_can_decide(small, outputs, responsibility):
    targets = Targets(["tap.drips", "roof.leak", "rent", None], [frozenset()] * 4, {})
    found = lessons_of(targets, small, outputs, responsibility).open_to
    worn, added = (found[:, outputs.circumstances.index(key)].tolist() for key in ("worn", "own_addition"))
    assert worn == [True, False, False, True]
    assert added == [True, True, False, True]


def test_the_catalogue_tells_the_label_where_rule_and_circumstances_are_known(small, outputs, responsibility):
    targets = Targets(
        ["tap.drips", "tap.drips", "tap.drips", "rent", None],
        [frozenset(), frozenset({"worn"}), None, frozenset(), frozenset()],
        {"open": np.array([False, False, False, False, True])},
        ["landlord"] * 5,
    )
    found = lessons_of(targets, small, outputs, responsibility).landlord
    assert found[:3].tolist() == [0, 1, 1]
    assert np.isnan(found[3:]).all()


@given(scores=st.lists(st.lists(st.floats(-4, 4), min_size=5, max_size=5), min_size=4, max_size=4))
def test_disagreement_is_the_slope_of_the_divergence_both_ways(scores):
    given = np.array(scores, dtype=np.float32)

    def divergence(given):
        one, other = np.split(softmax(given.astype(np.float64)).astype(np.float64), 2)
        return float(((one - other) * (np.log(one) - np.log(other))).sum())

    slopes = disagreement(given)
    for place in np.ndindex(given.shape):
        step = np.zeros(given.shape)
        step[place] = 0.01
        numeric = (divergence(given + step) - divergence(given - step)) / 0.02
        assert slopes[place] == pytest.approx(numeric, abs=0.02)


def test_views_that_agree_are_left_alone():
    scores = np.tile(np.array([[1.0, -2.0, 0.5]], dtype=np.float32), (2, 1))
    assert disagreement(scores) == pytest.approx(np.zeros((2, 3)))
