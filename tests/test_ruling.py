"""Responsibility is looked up: a sum over rules and circumstances, in the order of the law."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage import FactError
from triage.ruling import Ruler

DAY = date(2026, 3, 1)
KEYS = ["own_addition", "own_fault", "landlord_neglect", "worn", "out_of_reach"]
RULES = ["tap.drips", "roof.leak", "boiler.fault", "lock.key_lost"]


@pytest.fixture(scope="module")
def ruler(small):
    return Ruler(small, RULES, KEYS)


def rule_on(ruler, rule, facts=None, **chances):
    rules = np.array([float(name == rule) for name in RULES], dtype=np.float32)
    circumstances = np.array([chances.get(key, 0.0) for key in KEYS], dtype=np.float32)
    return ruler.rule(rules, circumstances, ruler.settle(facts), DAY)


@pytest.mark.parametrize(
    ("rule", "holding", "responsible", "basis"),
    [
        ("tap.drips", [], "tenant", "BKH:d.1"),
        ("tap.drips", ["worn"], "landlord", "BW7:206"),
        ("tap.drips", ["landlord_neglect"], "landlord", "BW7:217"),
        ("tap.drips", ["own_addition", "worn"], "tenant", "BW7:242"),
        ("tap.drips", ["own_fault"], "tenant", "BKH:d.1"),
        ("roof.leak", [], "landlord", "BW7:206"),
        ("roof.leak", ["own_fault"], "tenant", "BW7:218"),
        ("roof.leak", ["landlord_neglect"], "landlord", "BW7:206"),
        ("roof.leak", ["worn"], "landlord", "BW7:206"),
    ],
)
def test_who_is_responsible(ruler, rule, holding, responsible, basis):
    ruling = rule_on(ruler, rule, **dict.fromkeys(holding, 1.0))
    assert (ruling.responsible, ruling.deciding.basis) == (responsible, basis)


chances = st.floats(0, 1, width=32)


@given(rules=st.lists(chances, min_size=4, max_size=4), circumstances=st.lists(chances, min_size=5, max_size=5))
def test_the_cited_term_always_agrees_with_the_label(ruler, rules, circumstances):
    weights = np.array(rules, dtype=np.float32) + 1e-3
    ruling = ruler.rule(weights / weights.sum(), np.array(circumstances, dtype=np.float32), {}, DAY)
    assert ruling.deciding.responsible == ruling.responsible
    assert sum(term.probability for term in ruling.terms) == pytest.approx(1, abs=1e-4)
    assert 0 <= ruling.landlord <= 1


def test_a_fact_outweighs_what_was_read(ruler):
    assert rule_on(ruler, "tap.drips", worn=1.0).responsible == "landlord"
    assert rule_on(ruler, "tap.drips", facts={"worn": False}, worn=1.0).responsible == "tenant"


def test_a_fact_may_be_stated_by_its_opposite(ruler):
    assert rule_on(ruler, "tap.drips", facts={"reachable": False}).responsible == "landlord"
    assert rule_on(ruler, "tap.drips", facts={"reachable": True}, out_of_reach=1.0).responsible == "tenant"


def test_the_rule_itself_may_be_a_fact(ruler):
    assert rule_on(ruler, "tap.drips", facts={"rule": "roof.leak"}).deciding.rule == "roof.leak"


@pytest.mark.parametrize("facts", [{"no_such": True}, {"worn": "maybe"}, {"rule": "no.such"}])
def test_a_fact_that_cannot_be_used_is_named(ruler, facts):
    with pytest.raises(FactError, match=next(iter(facts))):
        ruler.settle(facts)


def test_rules_of_another_day_do_not_apply(small):
    ended = small.rules[0].model_copy(update={"valid_until": date(2025, 12, 31)})
    catalogue = small.model_copy(update={"rules": [ended, *small.rules[1:]]})
    ruler = Ruler(catalogue, RULES, KEYS)
    weights = np.array([0.7, 0.3, 0, 0], dtype=np.float32)
    nothing = np.zeros(5, dtype=np.float32)
    assert ruler.rule(weights, nothing, {}, date(2025, 12, 31)).deciding.rule == "tap.drips"
    assert ruler.rule(weights, nothing, {}, date(2026, 1, 1)).deciding.rule == "roof.leak"


def test_what_an_answer_would_change(ruler):
    ruling = rule_on(ruler, "tap.drips", worn=0.5)
    assert ruler.landlord_if(ruling, "worn", True) == pytest.approx(1)
    assert ruler.landlord_if(ruling, "worn", False) == pytest.approx(0)
