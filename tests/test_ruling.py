"""Responsibility is looked up: a sum over rules and circumstances, in the order of the law."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage import FactError
from triage.facts import Settler
from triage.ruling import Ruler

DAY = date(2026, 3, 1)
KEYS = ["own_addition", "own_fault", "landlord_neglect", "worn", "out_of_reach"]
RULES = ["tap.drips", "roof.leak", "boiler.fault", "lock.key_lost"]


@pytest.fixture(scope="module")
def ruler(small):
    return Ruler(small, RULES, KEYS)


@pytest.fixture(scope="module")
def settler(small):
    return Settler(small)


@pytest.fixture
def rule_on(ruler, settler):
    """Rule on a defect that is certainly of one kind, in circumstances of some likelihood."""

    def rule(name, facts=None, **chances):
        rules = np.array([[float(other == name) for other in RULES]])
        circumstances = np.array([[chances.get(key, 0.0) for key in KEYS]])
        return ruler.rule(rules, circumstances, settler.settle(facts), DAY)

    return rule


def party(rulings):
    return rulings.deciding(0).responsible


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
def test_who_is_responsible(rule_on, rule, holding, responsible, basis):
    deciding = rule_on(rule, facts=dict.fromkeys(holding, True)).deciding(0)
    assert (deciding.responsible, deciding.basis) == (responsible, basis)


def test_what_is_plainly_told_outweighs_what_is_vaguely_hinted_at(rule_on):
    """Though the law puts the tenant's own work first, once both are known."""
    assert party(rule_on("tap.drips", own_addition=0.6, worn=0.99)) == "landlord"
    assert party(rule_on("tap.drips", facts={"own_addition": True}, worn=0.99)) == "tenant"


@pytest.mark.parametrize(
    ("weights", "given", "rule", "basis"),
    [
        ([0.4, 0.35, 0.25, 0], {"landlord_neglect": 0.9}, "roof.leak", "BW7:206"),
        ([0.28, 0.45, 0, 0.27], {"own_fault": 0.99}, "tap.drips", "BKH:d.1"),
    ],
)
def test_the_article_that_most_rules_together_rest_on_is_cited(ruler, weights, given, rule, basis):
    """Not the likeliest single term: all items of one letter of the annex speak for the same article."""
    deciding = ruler.rule(np.array([weights]), np.array([[given.get(key, 0.0) for key in KEYS]]), {}, DAY).deciding(0)
    assert (deciding.rule, deciding.basis) == (rule, basis)


chances = st.floats(0, 1, width=32)


defects = st.lists(st.tuples(*[chances] * 9), min_size=1, max_size=5)


@given(defects=defects)
def test_the_cited_term_always_agrees_with_the_label(ruler, defects):
    given = np.array(defects)
    weights = given[:, :4] + 1e-3
    rulings = ruler.rule(weights / weights.sum(axis=1, keepdims=True), given[:, 4:9], {}, DAY)
    assert (rulings.landlord >= 0).all()
    assert (rulings.landlord <= 1).all()
    for i, landlord in enumerate(rulings.landlord):
        assert rulings.deciding(i).responsible == ("landlord" if landlord >= 0.5 else "tenant")
        assert rulings.terms[:, i].sum() == pytest.approx(1)
        assert landlord == pytest.approx(rulings.landlord_by_rule()[i].sum())


@given(defects=defects)
def test_defects_are_ruled_alike_alone_and_together(ruler, defects):
    given = np.array(defects)
    together = ruler.rule(given[:, :4], given[:, 4:9], {}, DAY)
    for i, one in enumerate(given[:, None]):
        alone = ruler.rule(one[:, :4], one[:, 4:9], {}, DAY)
        assert alone.landlord[0] == together.landlord[i]
        assert alone.deciding(0) == together.deciding(i)


@given(defects=defects, key=st.sampled_from(KEYS), value=st.booleans())
def test_what_an_answer_would_change_is_what_the_answer_changes(ruler, defects, key, value):
    given = np.array(defects)
    before = ruler.rule(given[:, :4] + 0.01, given[:, 4:9], {}, DAY)
    after = ruler.rule(given[:, :4] + 0.01, given[:, 4:9], {key: value}, DAY)
    foreseen = before.landlord_if[0 if value else 1][:, before.law.keys.index(key)]
    assert foreseen == pytest.approx(after.landlord)


def test_a_fact_outweighs_what_was_read(rule_on):
    assert party(rule_on("tap.drips", worn=1.0)) == "landlord"
    assert party(rule_on("tap.drips", facts={"worn": False}, worn=1.0)) == "tenant"


def test_a_fact_may_be_stated_by_its_opposite(rule_on):
    assert party(rule_on("tap.drips", facts={"reachable": False})) == "landlord"
    assert party(rule_on("tap.drips", facts={"reachable": True}, out_of_reach=1.0)) == "tenant"


def test_the_rule_itself_may_be_a_fact(rule_on):
    assert rule_on("tap.drips", facts={"rule": "roof.leak"}).deciding(0).rule == "roof.leak"


@pytest.mark.parametrize("facts", [{"no_such": True}, {"worn": "maybe"}, {"rule": "no.such"}])
def test_a_fact_that_cannot_be_used_is_named(settler, facts):
    with pytest.raises(FactError, match=next(iter(facts))):
        settler.settle(facts)


def test_rules_of_another_day_do_not_apply(small):
    ended = small.rules[0].model_copy(update={"valid_until": date(2025, 12, 31)})
    catalogue = small.model_copy(update={"rules": [ended, *small.rules[1:]]})
    ruler = Ruler(catalogue, RULES, KEYS)
    weights = np.array([[0.7, 0.3, 0, 0]])
    nothing = np.zeros((1, 5))
    before = ruler.rule(weights, nothing, {}, date(2025, 12, 31))
    after = ruler.rule(weights, nothing, {}, date(2026, 1, 1))
    assert (before.deciding(0).rule, before.unruled[0]) == ("tap.drips", 0)
    assert (after.deciding(0).rule, after.unruled[0]) == ("roof.leak", pytest.approx(0.7))
    assert ruler.rule(weights, nothing, {"rule": "tap.drips"}, date(2026, 1, 1)).unruled[0] == 1
