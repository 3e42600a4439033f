"""Which divisions are made is weighed so that hardly any request about one defect is divided."""

import numpy as np

from training.calibration import weigh_division
from triage.defects import SIGNS


def test_few_messages_about_one_defect_are_divided():
    rng = np.random.default_rng(1)
    several, one = rng.normal(1, 1, (200, len(SIGNS))), rng.normal(0, 1, (300, len(SIGNS)))
    *weights, constant = weigh_division(several, one, 12)
    assert (one @ np.array(weights) + constant >= 0).sum() <= 12
    assert (several @ np.array(weights) + constant >= 0).mean() > 0.5


def test_ties_are_not_divided():
    several, one = np.ones((50, len(SIGNS))), np.zeros((50, len(SIGNS)))
    *weights, constant = weigh_division(several, one, 10)
    assert (one @ np.array(weights) + constant >= 0).sum() <= 10


def test_with_too_few_messages_about_several_defects_none_is_divided():
    *weights, constant = weigh_division(np.ones((5, len(SIGNS))), np.zeros((50, len(SIGNS))), 10)
    assert np.ones(len(SIGNS)) @ np.array(weights) + constant < 0


def test_where_hardly_any_message_about_one_defect_can_be_divided_all_may_be():
    *weights, constant = weigh_division(np.ones((50, len(SIGNS))), np.zeros((3, len(SIGNS))), 10)
    assert np.ones(len(SIGNS)) @ np.array(weights) + constant >= 0
