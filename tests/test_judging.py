"""What a message comes to: its defects together, what the caller knows, and what holds of each defect."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

import triage
from triage.catalogue import Text
from triage.decision import Question
from triage.docket import objects

ROOF_AND_BOILER = "1. Het dak lekt op zolder als het regent. 2. De cv-ketel geeft storing F4."


@pytest.fixture(scope="module")
def both(bundled):
    """What several defects of one message come to together, given what is decided of each."""
    docket = bundled._judge.judge([ROOF_AND_BOILER], {}, date(2026, 1, 1))

    def come_to(decisions, reasons=(None, None), questions=(None, None), why_not=None):
        defects = replace(
            docket.defects,
            confidence=np.array([0.9, 0.8]),
            decisions=objects(decisions),
            reasons=objects(reasons),
            questions=objects(questions),
        )
        outcomes = replace(docket, defects=defects, reasons=objects([why_not])).outcomes()
        return type(outcomes)(*(column[0] for column in outcomes))

    return come_to


def test_several_defects_of_one_party_are_decided_as_carefully_as_the_least_sure_one(both):
    sure = both(["auto", "auto"])
    assert (sure.responsible, sure.decision, sure.reason) == ("landlord", "auto", None)
    assert sure.confidence == pytest.approx(0.72)
    question = Question(Text(nl="Sinds wanneer?", en="Since when?"), "worn", (True, False), 0.1)
    asked = both(["auto", "ask"], [None, "ambiguous"], [None, question])
    assert (asked.decision, asked.reason, asked.question) == ("ask", "ambiguous", question)
    left = both(["ask", "review"], ["ambiguous", "unrecognised"], [question, None])
    assert (left.decision, left.reason, left.question) == ("review", "unrecognised", question)


def test_a_message_of_which_a_part_has_no_rule_is_left_to_a_person(both):
    left = both(["auto", "auto"], why_not="no-rule")
    assert (left.responsible, left.decision, left.reason) == ("landlord", "review", "no-rule")


def test_only_the_defect_that_is_dangerous_is_urgent_by_itself(bundled):
    a = bundled.assess("1) Ik ruik gas in de keuken. 2) De wc-bril in de badkamer is gebroken.")
    assert a.urgent
    assert [finding.urgent for finding in a.findings] == [True, False]
    assert a.explanation("nl").count("0800-9009") == 1
    frame = bundled.assess_many([a.text], per="finding")
    assert frame["urgent"].tolist() == [True, False]


@pytest.mark.parametrize("text", ["overal rook in het trappenhuis", "er staat stroom op de douche", "ik ruik gas"])
def test_who_is_in_danger_is_asked_nothing(bundled, text):
    a = bundled.assess(text)
    assert a.urgent
    assert (a.question, a.decision == "ask") == (None, False)


def test_the_rule_as_a_fact_outweighs_that_nothing_is_to_be_repaired(triager):
    text = "wanneer gaat de huurverhoging in, ik heb een vraag over mijn huur"
    assert triager.assess(text, facts={"worn": True}).reason == "out-of-scope"
    a = triager.assess(text, facts={"rule": "roof.leak"})
    assert (a.rule.id, a.elsewhere) == ("roof.leak", None)


def test_a_fact_that_no_message_tells_of_does_not_settle_what_this_one_leaves_open(bundled):
    assert bundled.assess("het lekt", facts={"rule": "roof.leak"}).decision == "auto"
    for fact in ({"subscription": True}, {"tenancy_start": "2020-01-01"}):
        assert bundled.assess("het lekt", facts=fact).decision != "auto"


def test_a_circumstance_is_listed_if_it_is_likely_or_decides_and_the_rule_turns_on_it(triager):
    def listed(facts):
        found = triager.assess("de kraan drupt", facts=facts).circumstances
        assert triager.assess_many(["de kraan drupt"], facts=facts)["circumstances"][0] == ";".join(h.id for h in found)
        return [(holding.id, holding.known, holding.basis) for holding in found]

    assert listed({"worn": True}) == [("worn", True, "BW7:206")]
    assert listed({"worn": False, "own_addition": True}) == [("own_addition", True, "BW7:242")]
    assert listed({"own_fault": True, "worn": False}) == []


def test_what_would_flip_it_names_the_other_party_only(triager):
    flips = triager.assess("de kraan drupt", facts={"rule": "tap.drips"}).findings[0].flips
    assert sorted(flip.id for flip in flips) == ["landlord_neglect", "out_of_reach", "worn"]
    assert {flip.responsible for flip in flips} == {"landlord"}
    flips = triager.assess("het dak lekt", facts={"rule": "roof.leak"}).findings[0].flips
    assert {flip.responsible for flip in flips} == {"tenant"}


def test_a_judgement_that_cannot_be_put_into_words_is_an_error_and_ends_nothing(triager, monkeypatch):
    monkeypatch.setattr("triage.telling.answer", lambda *_: 1 / 0)
    a = triager.assess("de kraan drupt", facts={"worn": True})
    assert (a.responsible, a.decision, a.reason, a.findings) == (None, "review", "error", [])
    assert a.receipt.facts == {"worn": True}
    assert a.explanation("nl")


def test_what_a_message_leaves_open_turns_nothing_where_an_association_sees_to_it_itself(bundled, lay):
    ours = triage.load(
        catalogue=lay(
            "changes: [{rule: pest.mice, responsible: landlord, basis: own:1}, "
            "{rule: alarm.smoke_battery, responsible: landlord, basis: own:2}]"
        )
    )
    for text in ("muis in huis", "rookmelder piept"):
        assert bundled.assess(text).decision != "auto"
        assert (ours.assess(text).responsible, ours.assess(text).decision) == ("landlord", "auto")
