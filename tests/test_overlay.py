"""An association's catalogue over the law: what it says counts, what it does not mention is as in law."""

import pytest

import triage
from triage.errors import CatalogueError
from triage.remarks import remarks

DRIPS = "De kraan in de keuken drupt"


def test_a_changed_rule_flips_every_request_under_it_with_no_retraining(lay, bundled):
    before = bundled.assess(DRIPS)
    catalogue = lay("changes: [{rule: tap.drips, responsible: landlord, basis: 'own:3.1'}]")
    after = triage.Triager(bundled.model, catalogue).assess(DRIPS)
    assert (before.responsible, before.basis) == ("tenant", "BKH:d.1")
    assert (after.responsible, after.basis) == ("landlord", "own:3.1")
    assert after.rule.citation == "Ons ABC, 3.1"
    assert "bouwmarkt" in before.explanation()
    assert "bouwmarkt" not in after.explanation()
    assert (after.receipt.catalogue, after.receipt.catalogue_version) == ("ours", "2026.1")
    assert after.receipt.catalogue_hash != before.receipt.catalogue_hash


def test_what_is_not_mentioned_is_as_in_law(lay, bundled):
    catalogue = lay("changes: [{rule: tap.drips, responsible: landlord, basis: 'own:3.1'}]")
    law = bundled.catalogue
    others = [rule for rule in law.rules if rule.id != "tap.drips"]
    assert [catalogue.rule(rule.id) for rule in others] == others


def test_a_subscription_pays_for_those_who_have_it(lay, bundled):
    triager = triage.Triager(
        bundled.model, lay("covers: [{when: subscription, basis: 'own:7', rules: ['toilet.*', tap.drips]}]")
    )
    covered = triager.assess(DRIPS, facts={"subscription": True})
    assert (covered.responsible, covered.basis) == ("landlord", "own:7")
    assert triager.assess(DRIPS, facts={"subscription": False}).basis == "BKH:d.1"
    unknown = triager.assess(DRIPS)
    assert (unknown.decision, unknown.question.fact) == ("ask", "subscription")


def test_an_added_rule_is_recognised_from_its_own_words_at_once(lay, bundled):
    catalogue = lay("""
rules:
  - id: parcel.locker
    title: {nl: Pakketkluis, en: Parcel locker}
    responsible: landlord
    basis: own:12
    words: {nl: [pakketkluis stuk, pakketkluis gaat niet open, vakje van de pakketkluis klemt], en: [parcel locker]}
    examples: {nl: [de pakketkluis beneden geeft mijn pakketje niet, de bezorgcode werkt niet]}
""")
    triager = triage.Triager(bundled.model, catalogue)
    a = triager.assess("Sinds gisteren doet de pakketkluis niets meer met de bezorgcode, mijn pakketje zit er nog in")
    assert (a.rule.id, a.basis, a.responsible) == ("parcel.locker", "own:12", "landlord")
    assert {word.text for word in a.evidence} & {"pakketkluis", "bezorgcode", "pakketje"}
    assert triager.assess(DRIPS).rule.id == "tap.drips"


def test_what_law_gives_the_landlord_is_not_shifted_unless_the_association_insists(lay, bundled):
    leak = "het lekt door het dak op zolder"
    lawful = triage.Triager(
        bundled.model, lay("changes: [{rule: roof.leak, responsible: tenant, basis: 'own:9'}]")
    ).assess(leak)
    assert (lawful.responsible, lawful.basis) == ("landlord", "BW7:206")
    assert "own:9" in lawful.rule.departs.en
    assert "law was applied" in lawful.rule.departs.en
    insisting = triage.Triager(
        bundled.model, lay("changes: [{rule: roof.leak, responsible: tenant, basis: 'own:9', insist: true}]")
    ).assess(leak)
    assert (insisting.responsible, insisting.basis) == ("tenant", "own:9")
    assert "artikel 206" in insisting.rule.departs.nl


def test_an_exception_that_law_gives_the_landlord_is_not_turned_either(lay):
    turned = "changes: [{rule: tap.drips, basis: 'own:3', unless: [{when: whole_unit_worn, responsible: tenant}]}]"
    catalogue = lay(turned)
    entry = next(e for e in catalogue.exceptions(catalogue.rule("tap.drips")) if e.when == "whole_unit_worn")
    assert (entry.responsible, entry.basis) == ("landlord", "BW7:206")
    assert [(d.when, d.law) for d in catalogue.rule("tap.drips").departures] == [("whole_unit_worn", "BW7:206")]


def test_the_tests_of_the_annex_are_put_to_work_that_an_own_rule_gives_the_tenant(lay):
    catalogue = lay("""
rules:
  - {id: mailbox.paint, title: {nl: Brievenbus verven, en: Painting}, responsible: tenant, basis: own:5, words: {nl: [verf]}}
""")
    rule = catalogue.rule("mailbox.paint")
    flips = {e.when for e in catalogue.exceptions(rule) if e.responsible == "landlord"}
    assert {"significant_cost", "specialist_work", "out_of_reach", "common_part"} <= flips
    assert [remark.kind for remark in remarks(catalogue)] == ["unmeasured"]


def test_an_own_rule_beside_a_rule_of_law_is_measured_against_it(lay):
    beside = """
rules:
  - id: roof.moss
    title: {nl: Mosdak lekt, en: Moss roof leaks}
    responsible: tenant
    basis: own:5
    beside: roof.leak
    words: {nl: [mosdak lekt]}
"""
    catalogue = lay(beside)
    assert catalogue.rule("roof.moss").responsible == "landlord"
    assert catalogue.rule("roof.moss").tip == catalogue.rule("roof.leak").tip
    assert [remark.kind for remark in remarks(catalogue)] == ["law"]


def test_a_retired_rule_hands_its_requests_to_its_successor_or_a_person(lay, bundled):
    successor = lay("retire: [{rule: tap.drips, instead: tap.worn_out, basis: 'own:1'}]")
    assert triage.Triager(bundled.model, successor).assess(DRIPS).rule.id == "tap.worn_out"
    gone = triage.Triager(bundled.model, lay("retire: [{rule: tap.drips, basis: 'own:1'}]")).assess(DRIPS)
    assert (gone.responsible, gone.decision, gone.reason) == (None, "review", "no-rule")


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ("changes: [{rule: tap.drip, basis: 'own:1'}]", "no such rule tap.drip|did you mean tap.drips"),
        ("changes: [{rule: tap.drips, basis: 'BW7:206'}]", "ours.yaml:7: .*does not have the form"),
        ("changes: [{rule: tap.drips, basis: 'own:1', responsable: tenant}]", "not a known field"),
        ("covers: [{when: lamp_fund, basis: 'own:1', rules: [tap.drips]}]", "no circumstance 'lamp_fund'"),
        ("covers: [{when: subscription, basis: 'own:1', rules: ['nothing.*']}]", "matches no rule"),
        (
            "changes: [{rule: tap.drips, basis: 'own:1'}, {rule: tap.drips, basis: 'own:2'}]",
            "stands twice for the same period",
        ),
        ("retire: [{rule: tap.nothing, basis: 'own:1'}]", "no such rule tap.nothing"),
    ],
)
def test_an_overlay_that_does_not_fit_is_refused_with_place_and_remedy(lay, sections, expected):
    with pytest.raises(CatalogueError, match=expected):
        lay(sections)


def test_catalogues_do_not_extend_each_other_in_a_circle(lay):
    with pytest.raises(CatalogueError, match="neither nl nor a file"):
        lay("", "a.yaml", extends="b.yaml")
    with pytest.raises(CatalogueError, match="circle"):
        lay("", "b.yaml", extends="a.yaml")


def test_an_overlay_may_extend_another(lay):
    lay("changes: [{rule: tap.drips, responsible: landlord, basis: 'own:3'}]", "region.yaml")
    assert lay("", "local.yaml", extends="region.yaml").rule("tap.drips").basis == "own:3"


def test_check_names_every_departure_with_its_article(run, lay, tmp_path):
    lay("changes: [{rule: roof.leak, responsible: tenant, basis: 'own:9'}]")
    code, out, err = run("catalogue", "check", str(tmp_path / "ours.yaml"))
    assert code == 0
    assert "1 departures from law" in out
    assert "BW7:206" in err
    code, _, err = run("catalogue", "check", "--law", "error", str(tmp_path / "ours.yaml"))
    assert code == 1
    assert "roof.leak" in err


def test_sector_codes_travel_with_the_rule(lay, bundled):
    catalogue = lay("changes: [{rule: tap.drips, basis: 'own:3', vera: {kind: LEK, place: KEU}}]")
    assert triage.Triager(bundled.model, catalogue).assess(DRIPS).rule.vera.model_dump() == {
        "cause": None,
        "kind": "LEK",
        "place": "KEU",
    }
