"""What is known is of all of a message, or of one defect; and who is asked need not know."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

import triage
from triage.errors import FactError

SEVERAL = "kraan drupt, dak lekt, ruit kapot, iemand zit vast in de lift"


@pytest.fixture(scope="module")
def bundled():
    return triage.load()


def test_an_answer_about_one_defect_leaves_the_others_as_they_were(bundled):
    before = bundled.assess(SEVERAL)
    number = 1 + [finding.rule.id.startswith("glass") for finding in before.findings].index(True)
    assert before.question.fact == f"{number}.rule"
    after = bundled.assess(SEVERAL, facts={before.question.fact: "glass.double"})
    changed = [a.rule.id for a, b in zip(after.findings, before.findings, strict=True) if a != b]
    assert changed == ["glass.double"]
    assert after.urgent == before.urgent


def test_a_fact_of_one_defect_outweighs_that_of_all(bundled):
    facts = {"own_fault": True, "1.own_fault": False}
    first, *others = bundled.assess(SEVERAL, facts=facts).findings
    assert "own_fault" not in {holding.id for holding in first.circumstances}
    assert any("own_fault" in {holding.id for holding in other.circumstances} for other in others)


def test_a_batch_takes_facts_of_one_defect_too(bundled):
    facts = {"1.own_fault": True, "2.rule": "roof.tile"}
    rows = bundled.assess_many([SEVERAL], facts=facts, per="finding")
    alone = bundled.assess(SEVERAL, facts=facts)
    assert list(rows["rule"]) == [finding.rule.id for finding in alone.findings]
    assert rows["rule"][1] == "roof.tile"
    assert rows["basis"][0] == "BW7:218"


def test_a_receipt_repeats_what_was_known_of_each_defect(bundled):
    first = bundled.assess(SEVERAL, facts={"3.rule": "glass.double", "subscription": "unknown"})
    again = bundled.assess(first.text, facts=first.receipt.facts, date=first.receipt.date)
    assert again == first


def test_what_nobody_knows_is_not_asked_again(bundled):
    facts, asked = {}, []
    while (question := bundled.assess("dakgoot verstopt", facts=facts).question) is not None:
        asked.append(question.fact)
        facts[question.fact] = "unknown"
    assert asked
    assert len(set(asked)) == len(asked)
    left = bundled.assess("dakgoot verstopt", facts=facts)
    assert (left.decision, left.reason) == ("review", "ambiguous")


def test_not_knowing_changes_no_probability(bundled):
    plain, unknown = (bundled.assess("dakgoot verstopt", facts=f) for f in (None, {"reachable": "unknown"}))
    assert (plain.responsible, plain.confidence) == (unknown.responsible, unknown.confidence)


@pytest.mark.parametrize("facts", [{"0.rule": "roof.tile"}, {"1.tenancy_start": "2026-01-01"}, {"1.colour": True}])
def test_only_what_is_about_a_defect_can_be_known_of_one(bundled, facts):
    with pytest.raises(FactError, match=r"unknown fact|leave out the number"):
        bundled.assess(SEVERAL, facts=facts)


def test_opposites_about_one_defect_are_refused(bundled):
    with pytest.raises(FactError, match="contradicts"):
        bundled.assess(SEVERAL, facts={"2.reachable": True, "2.out_of_reach": True})


@pytest.mark.parametrize("said", ["ja", "Yes", "1", 1, 1.0, "waar", True])
def test_yes_is_read_as_people_and_systems_write_it(bundled, said):
    assert bundled.assess("kraan drupt", facts={"own_fault": said}).receipt.facts == {"own_fault": True}


@pytest.mark.parametrize("nothing", [None, "", " ", float("nan")])
def test_an_empty_field_says_nothing(bundled, nothing):
    assert bundled.assess("kraan drupt", facts={"own_fault": nothing}).receipt.facts == {}


@pytest.mark.parametrize("text", ["Nee", "ja graag", "prima!", "nog steeds", "zie bijlage", "see attached photo"])
def test_a_reply_that_says_nothing_is_no_report(bundled, text):
    found = bundled.assess(text)
    assert (found.decision, found.reason, found.responsible) == ("review", "empty", None)


def test_a_language_that_no_answer_is_written_in_is_refused(bundled):
    with pytest.raises(ValueError, match="'de'"):
        bundled.assess("kraan drupt").explanation("de")


def test_a_fact_that_no_likely_rule_turns_on_settles_nothing(bundled):
    assert bundled.assess("het lekt").decision != "auto"
    assert bundled.assess("het lekt", facts={"reachable": True}).decision != "auto"


def test_words_of_what_belongs_elsewhere_are_shown(bundled):
    found = bundled.assess("wanneer gaat de huurverhoging in, ik heb een vraag over mijn huur")
    assert found.elsewhere == "rent"
    assert "huurverhoging" in {word.text for word in found.evidence}


def test_a_number_keeps_to_its_defect_though_another_falls_under_no_rule(bundled, lay):
    ours = triage.Triager(bundled.model, lay("retire: [{rule: tap.drips, basis: 'own:1'}]"))
    before = ours.assess("kraan drupt, dak lekt, ruit kapot")
    assert [finding.number for finding in before.findings] == [2, 3]
    assert before.question.fact == "3.rule"
    after = ours.assess(before.text, facts={"3.rule": "glass.double"})
    assert [finding.rule.id for finding in after.findings] == ["roof.leak", "glass.double"]


def test_a_message_about_one_defect_tells_of_number_one(bundled):
    assert bundled.assess("kraan drupt").findings[0].number == 1
    assert bundled.assess("kraan drupt", facts={"1.rule": "roof.tile"}).rule.id == "roof.tile"
    assert bundled.assess("kraan drupt", facts={"2.rule": "roof.tile"}).rule.id == "tap.drips"
    assert bundled.assess("wanneer gaat de huurverhoging in", facts={"9.rule": "roof.tile"}).reason == "out-of-scope"


def test_what_is_known_outweighs_what_somebody_did_not_know(bundled):
    known = bundled.assess("dakgoot verstopt", facts={"reachable": False, "out_of_reach": " Onbekend "})
    assert known.receipt.facts == {"out_of_reach": True}
    assert bundled.assess("dakgoot verstopt", facts={"out_of_reach": "unknown", "reachable": False}) == known


def test_who_does_not_know_the_start_of_the_tenancy_is_not_asked_for_it_again(bundled, lay):
    ours = triage.Triager(
        bundled.model,
        lay("changes: [{rule: gutter.clean, responsible: landlord, basis: 'own:1', tenancy_from: 2020-01-01}]"),
    )
    known = {"rule": "gutter.clean", "reachable": True}
    first = ours.assess("dakgoot verstopt", facts=known).question
    assert (first.fact, first.kind, first.answers) == ("tenancy_start", "date", [])
    second = ours.assess("dakgoot verstopt", facts=known | {"tenancy_start": "unknown"})
    assert second.decision != "auto"
    assert second.question is None or second.question.fact != "tenancy_start"


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("de kraan drupt", {"rule": "tap.drips"}),
        ("de kraan drupt", {"rule": "tap.drips", "own_fault": True}),
        ("het zonnescherm is kapot", {"rule": "blind.own", "came_with_home": True}),
        ("schimmel in de hoek", {"rule": "damp.mould_surface", "building_cause": True}),
        ("dakgoot verstopt", {"reachable": False}),
        (SEVERAL, {}),
    ],
)
def test_whatever_is_said_to_turn_the_label_turns_it(bundled, text, facts):
    for finding in bundled.assess(text, facts=facts).findings:
        for flip in finding.flips:
            then = bundled.assess(text, facts=facts | {f"{finding.number}.{flip.id}": True})
            turned = next(other for other in then.findings if other.number == finding.number)
            assert turned.responsible == flip.responsible != finding.responsible


def test_what_is_tested_behind_the_circumstance_that_decides_turns_nothing(bundled):
    plain, faulty = (
        bundled.assess("de kraan drupt", facts={"rule": "tap.drips", "own_fault": fault}) for fault in (False, True)
    )
    assert plain.findings[0].flips
    tested = [entry.when for entry in bundled.catalogue.exceptions(bundled.catalogue.rule("tap.drips"))]
    before = tested[: tested.index("own_fault")]
    assert {flip.id for flip in faulty.findings[0].flips} <= set(before)
    settled = bundled.assess("de kraan drupt", facts={"rule": "tap.drips", "own_fault": True, "landlord_work": False})
    assert settled.findings[0].flips == []
    assert "Het ligt anders" not in settled.explanation("nl")


def test_what_is_known_not_to_be_so_is_not_said_to_turn_the_label(bundled):
    for reachable in ("unknown", True):
        flips = (
            bundled.assess("goot reinigen", facts={"rule": "gutter.clean", "reachable": reachable}).findings[0].flips
        )
        assert flips
        assert reachable == "unknown" or "out_of_reach" not in {flip.id for flip in flips}


def test_what_would_turn_the_label_stands_with_the_likeliest_first(bundled):
    for text in ("de kraan drupt", "het dak lekt", "de gootsteen is verstopt", "lamp in de hal kapot"):
        chances = bundled._judge.judge([text], {}, date(2026, 12, 1)).defects.rulings.circumstances(0)
        said = [chances[flip.id] for flip in bundled.assess(text, date="2026-12-01").findings[0].flips]
        assert said == sorted(said, reverse=True)
        assert min(said) >= 0.01 or max(said) < 0.01


BURGLARY = "Er is ingebroken, de voordeur is kapot en kan niet meer op slot. De kraan drupt ook."


def test_a_letter_that_cannot_wait_suspects_nobody(bundled):
    found = bundled.assess(BURGLARY, facts={"1.rule": "door.burglary"})
    assert found.urgent
    assert any(finding.decision == "auto" and finding.flips for finding in found.findings)
    assert "Het ligt anders" not in found.explanation("nl")
    assert "It is different" not in found.explanation("en")


def test_who_is_to_call_at_once_is_told_so_once(bundled):
    text, facts = "kraan drupt, dak lekt, ruit kapot", {"1.rule": "pipe.burst", "2.rule": "roof.leak"}
    docket = bundled._judge.judge([text], facts, date(2026, 12, 1))
    pressing = replace(docket.defects, urgent=np.ones(len(docket.defects), dtype=bool))
    found = bundled._teller.tell(text, replace(docket, defects=pressing), facts, date(2026, 12, 1))
    tip = bundled.catalogue.rule("pipe.burst").tip
    assert found.urgent_advice.nl == f"Dit heeft haast: bel ons direct. {tip.nl}"
    assert found.urgent_advice.en == f"This is urgent: call us at once. {tip.en}"


@pytest.mark.parametrize(
    "text",
    [
        "Ik heb per ongeluk in de waterleiding geboord, het water spuit eruit!",
        "ik ruik gas in de keuken, verder drupt de kraan en is er een ruit kapot",
        SEVERAL,
    ],
)
def test_a_letter_about_danger_begins_with_what_to_do_and_ends_with_what_we_do(bundled, text):
    found = bundled.assess(text)
    for language, last in (("nl", "Wij nemen direct contact met u op."), ("en", "We will contact you at once.")):
        assert found.explanation(language).startswith(found.urgent_advice.in_(language))
        assert found.explanation(language).endswith(last)


def test_a_letter_about_danger_by_an_accident_does_not_speak_of_it(bundled):
    text = "Ik heb per ongeluk in de waterleiding geboord, het water spuit eruit!"
    told = bundled.assess(text, facts={"rule": "pipe.burst", "own_fault": True}).explanation("nl")
    assert "Wij helpen u eerst" in told
    assert "omdat" not in told
    assert "artikel" not in told


def test_a_need_for_help_is_no_promise_to_repair(bundled):
    found = bundled.assess("ik wil niet meer leven")
    assert found.urgent
    assert found.explanation("nl").endswith("neemt contact met u op.")
    assert "direct contact met u op" not in found.explanation("nl")
