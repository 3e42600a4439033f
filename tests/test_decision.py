"""Deciding by itself takes a sure label of a message that says enough; else it asks what helps most, or a person looks."""

from datetime import date

import numpy as np
import pytest

from triage.decision import Asker, decide
from triage.facts import Settler
from triage.ruling import Ruler

KEYS = ["own_addition", "own_fault", "landlord_neglect", "worn", "out_of_reach"]
RULES = ["tap.drips", "roof.leak", "boiler.fault", "lock.key_lost"]


@pytest.fixture(scope="module")
def judged(small, policy):
    """Decide on one defect, given how likely each rule and circumstance is: decision, reason and question."""
    ruler, asker, settler = Ruler(small, RULES, KEYS), Asker(small), Settler(small)

    def judge(weights, chances=None, facts=None, left_open=0.0, strongest=1.0):
        rules = np.array([[weights.get(rule, 0.0) for rule in RULES]])
        circumstances = np.array([[(chances or {}).get(key, 0.0) for key in KEYS]])
        rulings = ruler.rule(rules, circumstances, settler.settle(facts), date(2026, 3, 1))
        _, decisions, reasons, questions = decide(rulings, np.array([left_open]), np.array([strongest]), policy, asker)
        return decisions[0], reasons[0], questions[0]

    return judge


@pytest.mark.parametrize(
    ("likely", "other", "decision"),
    [
        ("roof.leak", "lock.key_lost", "auto"),  # 0.92 for the landlord, who needs 0.9
        ("lock.key_lost", "roof.leak", "ask"),  # 0.92 for the tenant, who needs 0.95
    ],
)
def test_each_party_has_its_own_least_confidence(judged, likely, other, decision):
    assert judged({likely: 0.92, other: 0.08})[0] == decision


def test_what_leaves_the_matter_open_is_not_decided_however_sure_the_label(judged):
    assert judged({"roof.leak": 1.0}, left_open=0.5) == ("auto", None, None)
    assert judged({"roof.leak": 1.0}, left_open=0.51) == ("review", "ambiguous", None)


@pytest.mark.parametrize(("strongest", "reason"), [(0.29, "unrecognised"), (0.3, "ambiguous")])
def test_a_rule_that_is_hardly_likely_does_not_count_as_recognised(judged, strongest, reason):
    assert judged({"roof.leak": 1.0}, left_open=1.0, strongest=strongest)[:2] == ("review", reason)


def test_rules_of_unlike_parties_are_told_apart_by_asking_which_it_is(judged):
    decision, reason, question = judged(
        {"roof.leak": 0.5, "tap.drips": 0.3, "boiler.fault": 0.15, "lock.key_lost": 0.05}
    )
    assert (decision, reason) == ("ask", "ambiguous")
    assert (question.fact, question.answers) == ("rule", ("roof.leak", "tap.drips", "boiler.fault"))
    assert question.text.nl.endswith("‘Dak lekt’, ‘Kraan drupt’ of ‘Ketel storing’?")


def test_rules_that_are_hardly_likely_together_are_not_to_choose_from(judged):
    unlike = {"roof.leak": 0.5, "lock.key_lost": 0.5}
    assert judged(unlike, strongest=0.25)[0] == "ask"
    assert judged(unlike, strongest=0.24) == ("review", "unrecognised", None)


def test_rules_of_one_party_need_not_be_told_apart(judged):
    assert judged({"roof.leak": 0.5, "boiler.fault": 0.5}) == ("auto", None, None)


def test_a_rule_that_is_too_unlikely_is_not_asked_about(judged):
    assert judged({"tap.drips": 0.951, "roof.leak": 0.049}, left_open=1.0)[0] == "review"


def test_what_decides_is_asked_in_the_words_of_the_rule(judged):
    decision, _, question = judged({"tap.drips": 1.0}, {"worn": 0.5, "own_addition": 0.2})
    assert (decision, question.fact, question.answers) == ("ask", "worn", (True, False))
    assert question.text.nl == "Is de hele kraan op?"
    assert judged({"tap.drips": 1.0}, {"out_of_reach": 0.5})[2].text.nl == "Kunt u erbij?"


def test_the_question_says_by_how_much_its_answer_helps(judged):
    question = judged({"tap.drips": 1.0}, {"worn": 0.4})[2]
    assert question.gain == pytest.approx(0.4)


def test_what_is_known_is_not_asked(judged):
    for known in (True, False):
        question = judged({"tap.drips": 1.0}, {"worn": 0.5, "out_of_reach": 0.4}, {"worn": known})[2]
        assert question is None or question.fact == "out_of_reach"


def test_a_circumstance_of_no_rule_that_is_likely_is_not_asked(judged):
    assert judged({"roof.leak": 1.0}, {"worn": 0.5}, left_open=1.0)[2] is None


def test_a_question_that_hardly_helps_is_not_asked(judged):
    assert judged({"tap.drips": 1.0}, {"worn": 0.019}, left_open=1.0)[2] is None
    assert judged({"tap.drips": 1.0}, {"worn": 0.021}, left_open=1.0)[2].fact == "worn"
