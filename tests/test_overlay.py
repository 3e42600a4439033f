"""An association's catalogue over the law: what it says counts, what it does not mention is as in law."""

import pytest

import triage
from triage.errors import CatalogueError
from triage.remarks import remarks

DRIPS = "De kraan in de keuken drupt"
LEAK = "het lekt door het dak op zolder"
LIVES_HERE = """
circumstances:
  - id: lives_here
    title: {nl: Woont hier, en: Lives here}
    because: {nl: u hier woont, en: you live here}
    question: {nl: Woont u hier?, en: Do you live here?}
    responsible: tenant
    basis: own:1
    share: 1.0
"""


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
    lawful = triage.Triager(
        bundled.model, lay("changes: [{rule: roof.leak, responsible: tenant, basis: 'own:9'}]")
    ).assess(LEAK)
    assert (lawful.responsible, lawful.basis) == ("landlord", "BW7:206")
    assert "own:9" in lawful.rule.departs.en
    assert "law was applied" in lawful.rule.departs.en
    insisting = triage.Triager(
        bundled.model, lay("changes: [{rule: roof.leak, responsible: tenant, basis: 'own:9', insist: true}]")
    ).assess(LEAK)
    assert (insisting.responsible, insisting.basis) == ("tenant", "own:9")
    assert "artikel 206" in insisting.rule.departs.nl


def test_an_exception_that_law_gives_the_landlord_is_not_turned_either(lay):
    turned = "changes: [{rule: tap.drips, basis: 'own:3', unless: [{when: whole_unit_worn, responsible: tenant}]}]"
    catalogue = lay(turned)
    entry = next(e for e in catalogue.exceptions(catalogue.rule("tap.drips")) if e.when == "whole_unit_worn")
    assert (entry.responsible, entry.basis) == ("landlord", "BW7:206")
    assert [(d.when, d.law) for d in catalogue.rule("tap.drips").departures] == [("whole_unit_worn", "BW7:206")]


@pytest.mark.parametrize(
    ("insist", "expected", "said"),
    [
        ("", ("landlord", "BW7:206"), "The law was applied"),
        ("    insist: true\n", ("tenant", "own:1"), "was applied, but departs"),
    ],
)
@pytest.mark.parametrize("over", ["landlord", "any"])
def test_an_own_circumstance_does_not_turn_what_law_gives_the_landlord_unless_insisted_on(
    lay, bundled, over, insist, expected, said
):
    catalogue = lay(f"{LIVES_HERE}    over: {over}\n{insist}")
    a = triage.Triager(bundled.model, catalogue).assess(LEAK)
    assert (a.responsible, a.basis) == expected
    assert "own:1" in a.rule.departs.en
    assert said in a.rule.departs.en
    assert ("law", "roof.leak") in {remark[:2] for remark in remarks(catalogue)}


def test_an_own_circumstance_that_rules_name_is_measured_by_what_law_gives_each_of_them(lay):
    naming = (
        LIVES_HERE
        + """    over: none
changes:
  - {rule: roof.leak, basis: 'own:2', unless: [{when: lives_here}]}
  - {rule: tap.drips, basis: 'own:2', unless: [{when: lives_here}]}
"""
    )
    catalogue = lay(naming)
    assert [(remark.kind, remark.rule) for remark in remarks(catalogue)] == [("law", "roof.leak")]
    assert catalogue.ruled("roof.leak", ["lives_here"])[0] == "landlord"
    assert catalogue.ruled("tap.drips", ["lives_here"]) == ("tenant", "own:1")
    assert catalogue.ruled("tap.drips", ["lives_here", "whole_unit_worn"])[0] == "landlord"


def test_an_own_rule_that_insists_keeps_the_exceptions_of_the_tenants_rule_beside_it(lay):
    catalogue = lay("""
rules:
  - {id: tap.hot, title: {nl: Heetwaterkraan, en: Hot tap}, responsible: tenant, basis: own:5, beside: tap.drips, insist: true, words: {nl: [heetwaterkraan]}}
""")
    assert catalogue.ruled("tap.hot", ["whole_unit_worn"]) == ("landlord", "BW7:206")


def test_a_departure_is_carried_along_as_long_as_the_repair_is_still_the_tenants(lay, bundled):
    lay("changes: [{rule: roof.leak, responsible: tenant, basis: 'own:1', insist: true}]", "region.yaml")
    sooner = lay("changes: [{rule: roof.leak, basis: 'own:9', urgency: soon}]", "local.yaml", extends="region.yaml")
    a = triage.Triager(bundled.model, sooner).assess(LEAK)
    assert (a.responsible, a.basis) == ("tenant", "own:9")
    assert "artikel 206" in a.rule.departs.nl
    assert [remark.rule for remark in remarks(sooner)] == ["roof.leak"]
    back = "changes: [{rule: roof.leak, responsible: landlord, basis: 'own:9'}]"
    assert remarks(lay(back, "local.yaml", extends="region.yaml")) == []


def test_an_own_rule_beside_a_departing_one_departs_too(lay):
    lay("changes: [{rule: roof.leak, responsible: tenant, basis: 'own:1', insist: true}]", "region.yaml")
    beside = """
rules:
  - {id: roof.moss, title: {nl: Mosdak, en: Moss roof}, responsible: tenant, basis: own:5, beside: roof.leak, words: {nl: [mosdak]}}
"""
    found = remarks(lay(beside, "local.yaml", extends="region.yaml"))
    assert [(remark.kind, remark.rule) for remark in found] == [("law", "roof.leak"), ("law", "roof.moss")]


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
    ("insist", "expected", "said", "noted"),
    [
        ("", ("roof.leak", "landlord", "BW7:206"), "The law was applied", "roof.leak"),
        (", insist: true", ("tap.drips", "tenant", "BKH:d.1"), "was applied, but departs", "tap.drips"),
    ],
)
def test_a_landlords_rule_gives_way_to_a_tenants_only_if_insisted_on(lay, bundled, insist, expected, said, noted):
    catalogue = lay(f"retire: [{{rule: roof.leak, instead: tap.drips, basis: 'own:1'{insist}}}]")
    a = triage.Triager(bundled.model, catalogue).assess(LEAK)
    assert (a.rule.id, a.responsible, a.basis) == expected
    assert "own:1" in a.rule.departs.en
    assert said in a.rule.departs.en
    assert [(remark.kind, remark.rule) for remark in remarks(catalogue)] == [("law", noted)]


def test_a_departing_rule_hands_its_departure_to_its_successor(lay):
    lay("changes: [{rule: roof.leak, responsible: tenant, basis: 'own:1', insist: true}]", "region.yaml")
    retired = lay(
        "retire: [{rule: roof.leak, instead: tap.drips, basis: 'own:9'}]", "local.yaml", extends="region.yaml"
    )
    assert "by retiring roof.leak" in next(r.text for r in remarks(retired) if r.rule == "tap.drips")


@pytest.mark.parametrize(
    ("covers", "share"),
    [
        ("[{when: subscription, basis: 'own:1', rules: [toilet.runs]}]", 0.5),
        ("[{when: subscription, basis: 'own:1', rules: [toilet.runs], share: 0.9}, {when: subscription, basis: 'own:2', rules: [drain.trap]}]", 0.9),
        ("[{when: subscription, basis: 'own:1', rules: [toilet.runs], share: 0.9}, {when: subscription, basis: 'own:2', rules: [drain.trap], share: 0.9}]", 0.9),
    ],
)  # fmt: skip
def test_the_share_that_takes_part_is_the_one_given_or_half(lay, covers, share):
    assert lay(f"covers: {covers}").circumstance("subscription").share == share


def test_a_cover_leaves_the_share_that_was_given_before(lay):
    lay("covers: [{when: subscription, basis: 'own:1', rules: [toilet.runs], share: 0.8}]", "region.yaml")
    more = "covers: [{when: subscription, basis: 'own:2', rules: [drain.trap]}]"
    assert lay(more, "local.yaml", extends="region.yaml").circumstance("subscription").share == 0.8


def test_what_a_catalogue_says_cannot_be_changed_behind_its_hash(lay):
    catalogue = lay("")
    for part in (catalogue.rules, catalogue.rule("tap.drips").unless, catalogue.rule("tap.drips").words.nl):
        assert not hasattr(part, "append")


def test_a_file_nested_too_deep_is_refused_by_name(tmp_path):
    deep = tmp_path / "deep.yaml"
    deep.write_text("a: " + "[" * 3000, encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"deep\.yaml: .*nested too deep"):
        triage.load(catalogue=deep)


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
        (
            "covers: [{when: own_fault, basis: 'own:1', rules: [tap.drips], share: 1.0}]",
            "own_fault is the law's; use one of drain_fund",
        ),
        (
            "covers:\n- {when: subscription, basis: 'own:1', rules: [toilet.runs], share: 0.9}\n"
            "- {when: subscription, basis: 'own:2', rules: [drain.trap], share: 0.5}",
            "ours.yaml:9: cover subscription: share 0.5, but 0.9 in a cover above; keep one",
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
