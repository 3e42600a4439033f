"""An association's catalogue over the law: what it says counts, what it does not mention is as in law."""

from datetime import date

import pytest

import triage
from triage.catalogue import Source, Text
from triage.catalogue_file import read_catalogue
from triage.errors import CatalogueError
from triage.in_force import Timeline
from triage.overlay import Overlay, lay_over
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


def test_what_is_not_mentioned_is_as_in_law(lay):
    catalogue = lay("changes: [{rule: tap.drips, responsible: landlord, basis: 'own:3.1'}]")
    law = read_catalogue("nl")
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
    assert [remark.rule for remark in found if remark.kind == "law"] == ["roof.leak", "roof.moss"]


def test_the_tests_of_the_annex_are_put_to_work_that_an_own_rule_gives_the_tenant(lay):
    catalogue = lay("""
rules:
  - {id: mailbox.paint, title: {nl: Brievenbus verven, en: Painting}, responsible: tenant, basis: own:5, words: {nl: [verf, verven, schilderen]}}
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
    words: {nl: [mosdak lekt, lek onder mos, mos laat water door]}
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


SINK = """
rules:
  - id: own.sink
    title: {nl: Gootsteen, en: Sink}
    responsible: %s
    basis: own:5
    words: {nl: [xyz, xyz kapot, xyz stuk]}
%s"""


@pytest.mark.parametrize(
    ("own", "retired", "lost"),
    [
        (
            SINK % ("landlord", "    unless: [{when: whole_unit_worn, responsible: tenant, basis: 'own:6'}]\n"),
            "kitchen.unit_worn",
            {"whole_unit_worn"},
        ),
        (SINK % ("tenant", ""), "tap.drips", {"whole_unit_worn", "persists"}),
    ],
)
def test_a_rule_gives_way_to_another_only_if_no_case_goes_from_landlord_to_tenant(lay, own, retired, lost):
    retire = f"retire: [{{rule: {retired}, instead: own.sink, basis: 'own:1'%s}}]"
    lawful = lay(own + retire % "")
    assert lawful.retired == ()
    assert {(d.when, d.retires, d.insists) for d in lawful.rule(retired).departures} == {
        (when, retired, False) for when in lost
    }
    assert {d.law for d in lawful.rule(retired).departures} == {"BW7:206"}
    assert ("law", retired) in {remark[:2] for remark in remarks(lawful)}
    insisting = lay(own + retire % ", insist: true")
    assert [retirement.rule for retirement in insisting.retired] == [retired]
    assert {departure.when for departure in insisting.rule("own.sink").departures} == lost


def test_a_rule_gives_way_to_one_that_stands_beside_it(lay):
    beside = SINK % ("tenant", "    beside: tap.drips\n")
    catalogue = lay(beside + "retire: [{rule: tap.drips, instead: own.sink, basis: 'own:1'}]")
    assert [retirement.rule for retirement in catalogue.retired] == ["tap.drips"]
    assert catalogue.ruled("own.sink", ["persists"])[0] == "landlord"
    assert remarks(catalogue) == []


def test_what_a_subscription_pays_is_not_what_law_gives_the_landlord(lay):
    lay("covers: [{when: subscription, basis: 'own:7', rules: [tap.drips]}]", "region.yaml")
    retire = "retire: [{rule: tap.drips, instead: tap.part_broken, basis: 'own:1', insist: true}]"
    catalogue = lay(retire, "local.yaml", extends="region.yaml")
    assert "subscription" not in {departure.when for departure in catalogue.rule("tap.part_broken").departures}


def test_a_circumstance_that_is_insisted_on_is_noted_on_the_rule_that_takes_over(lay):
    retire = "retire: [{rule: roof.leak, instead: own.sink, basis: 'own:1'}]"
    own = f"{LIVES_HERE}    over: landlord\n    insist: true\n" + SINK % ("landlord", "")
    assert [(d.when, d.retires) for d in lay(own + retire).rule("own.sink").departures] == [("lives_here", "roof.leak")]


def test_an_own_rule_of_the_landlord_that_turns_against_the_tenant_is_remarked_on(lay):
    own = SINK % ("landlord", "    unless: [{when: whole_unit_worn, responsible: tenant, basis: 'own:6'}]\n")
    assert [(remark.kind, remark.rule) for remark in remarks(lay(own))] == [("unmeasured", "own.sink")]
    lay(own, "region.yaml")
    sooner = lay("changes: [{rule: own.sink, basis: 'own:9', urgency: soon}]", "local.yaml", extends="region.yaml")
    assert [(remark.kind, remark.rule) for remark in remarks(sooner)] == [("unmeasured", "own.sink")]


def test_an_own_rule_that_few_words_tell_of_or_that_has_no_english_title_is_remarked_on(lay):
    own = """
rules:
  - {id: own.locker, title: {nl: Pakketkluis, en: Pakketkluis}, responsible: landlord, basis: own:1, words: {nl: [pakketkluis], en: [locker]}}
"""
    few, title = remarks(lay(own))
    assert few[:2] == title[:2] == ("words", "own.locker")
    assert "few words (2)" in few.text
    assert "English" in title.text


def test_departures_from_law_are_remarked_on_first_and_what_is_hardly_known_last(lay):
    found = remarks(
        lay(
            SINK.replace("[xyz, xyz kapot, xyz stuk]", "[xyz]") % ("tenant", "    valid_until: 2026-06-30\n")
            + "changes: [{rule: roof.leak, responsible: tenant, basis: 'own:9'}]"
        )
    )
    assert [(remark.kind, remark.rule) for remark in found] == [
        ("law", "roof.leak"),
        ("time", "own.sink"),
        ("unmeasured", "own.sink"),
        ("words", "own.sink"),
    ]
    in_order = remarks(
        lay("""
changes:
  - {rule: tap.drips, responsible: landlord, basis: 'own:3', valid_from: 2026-04-01, valid_until: 2026-06-30}
  - {rule: roof.leak, responsible: tenant, basis: 'own:9'}
""")
    )
    assert [remark.kind for remark in in_order] == ["law", "time"]


def basis_on(catalogue, rule, start=None, day=date(2026, 6, 1)):
    found = Timeline(catalogue).at(day, start).rules.get(rule)
    return found and (found.responsible, found.basis)


def test_a_change_without_a_period_counts_for_every_version_in_its_own_period(lay):
    lay(
        "changes: [{rule: drain.sink_blocked, responsible: landlord, basis: 'own:2.1', tenancy_from: 2024-01-01}]",
        "region.yaml",
    )
    tip = "changes: [{rule: drain.sink_blocked, basis: 'own:9', urgency: soon}]"
    catalogue = lay(tip, "local.yaml", extends="region.yaml")
    assert basis_on(catalogue, "drain.sink_blocked", date(2023, 12, 31)) == ("tenant", "own:9")
    assert basis_on(catalogue, "drain.sink_blocked", date(2024, 1, 1)) == ("landlord", "own:9")


INSISTED = "{rule: kitchen.unit_worn, responsible: tenant, basis: 'own:2.1', insist: true, "


@pytest.mark.parametrize("period", ["tenancy_from: 2015-01-01", "valid_from: 2026-01-01", "valid_until: 2027-01-01"])
def test_a_departure_is_not_widened_by_a_change_over_it(lay, period):
    lay(f"changes: [{INSISTED}tenancy_from: 2024-01-01}}]", "region.yaml")
    over = f"changes: [{{rule: kitchen.unit_worn, basis: 'own:9', urgency: soon, {period}}}]"
    catalogue = lay(over, "local.yaml", extends="region.yaml")
    assert basis_on(catalogue, "kitchen.unit_worn", date(2020, 1, 1)) == ("landlord", "own:9")
    assert basis_on(catalogue, "kitchen.unit_worn", date(2025, 1, 1)) == ("tenant", "own:9")
    departing = {
        v.departures != () for v in catalogue.rules if v.id == "kitchen.unit_worn" and v.responsible == "tenant"
    }
    assert departing == {True}


@pytest.mark.parametrize("begun", ["2025-01-01", "2026-01-01"])
def test_a_change_starts_from_the_version_that_counts_then(lay, begun):
    lay(
        f"changes: [{INSISTED}tenancy_from: 2024-01-01}}, "
        "{rule: kitchen.unit_worn, responsible: landlord, basis: 'own:3', valid_from: 2025-01-01}]",
        "region.yaml",
    )
    over = f"changes: [{{rule: kitchen.unit_worn, basis: 'own:9', urgency: soon, valid_from: {begun}}}]"
    catalogue = lay(over, "local.yaml", extends="region.yaml")
    assert basis_on(catalogue, "kitchen.unit_worn", date(2024, 6, 1)) == ("landlord", "own:9")


def test_a_change_for_some_tenancies_goes_before_one_for_more(lay):
    lay("changes: [{rule: tap.drips, responsible: landlord, basis: 'own:1', tenancy_from: 2015-01-01}]", "region.yaml")
    over = "changes: [{rule: tap.drips, basis: 'own:9', tenancy_from: 2024-01-01}]"
    catalogue = lay(over, "local.yaml", extends="region.yaml")
    starts = (date(2010, 1, 1), date(2020, 1, 1), date(2025, 1, 1))
    bases = [("tenant", "BKH:d.1"), ("landlord", "own:1"), ("landlord", "own:9")]
    assert [basis_on(catalogue, "tap.drips", start) for start in starts] == bases


def test_a_change_of_an_ending_rule_does_not_outlive_it(lay):
    spring = "{rule: tap.drips, responsible: landlord, basis: 'own:1', valid_from: 2026-04-01, valid_until: 2026-06-30}"
    lay(f"changes: [{spring}]", "region.yaml")
    over = "changes: [{rule: tap.drips, basis: 'own:9', valid_from: 2026-05-01}]"
    catalogue = lay(over, "local.yaml", extends="region.yaml")
    days = (date(2026, 4, 30), date(2026, 6, 30), date(2026, 7, 1))
    found = [basis_on(catalogue, "tap.drips", day=day) for day in days]
    assert found == [("landlord", "own:1"), ("landlord", "own:9"), None]
    assert [remark.kind for remark in remarks(catalogue)] == ["time"]


def test_a_change_for_a_time_in_which_the_rule_does_not_count_is_refused(lay):
    lay(SINK % ("landlord", "    valid_from: 2026-01-01\n"), "region.yaml")
    with pytest.raises(CatalogueError, match="the rule never counts in that period in ours"):
        lay("changes: [{rule: own.sink, basis: 'own:9', valid_until: 2025-12-31}]", "local.yaml", extends="region.yaml")


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


@pytest.mark.parametrize("share", [0.8, 0.0])
def test_a_cover_leaves_the_share_that_was_given_before(lay, share):
    lay(f"covers: [{{when: subscription, basis: 'own:1', rules: [toilet.runs], share: {share}}}]", "region.yaml")
    more = "covers: [{when: subscription, basis: 'own:2', rules: [drain.trap]}]"
    assert lay(more, "local.yaml", extends="region.yaml").circumstance("subscription").share == share


def test_a_kept_catalogue_is_read_from_its_file_as_it_was(lay, tmp_path):
    ours = lay("covers: [{when: subscription, basis: 'own:7', rules: [tap.drips]}]")
    (tmp_path / "kept.json").write_text(ours.model_dump_json(), encoding="utf-8")
    kept = triage.load(catalogue=tmp_path / "kept.json").catalogue
    assert (kept.hash, kept.extends) == (ours.hash, ours.extends)


BARRED = "Volgens ons ABC doet u dit zelf."


@pytest.mark.parametrize(
    "own",
    [
        "changes:\n- {rule: roof.leak, responsible: tenant, basis: 'own:9', why: *ours, tip: *ours%s}",
        "rules:\n- {id: roof.moss, title: {nl: Mosdak, en: Moss}, responsible: tenant, basis: own:5, beside: roof.leak, words: {nl: [mosdak]}, why: *ours, tip: *ours%s}",
    ],
    ids=["a change", "a rule beside"],
)
def test_what_law_bars_is_told_in_the_words_of_law(lay, own):
    anchor = own.replace("*ours", "&ours {nl: " + BARRED + ", en: Yours.}", 1)
    rule = "roof.leak" if own.startswith("changes") else "roof.moss"
    law = lay("").rule("roof.leak")
    barred = lay(anchor % "").rule(rule)
    assert (barred.responsible, barred.why, barred.tip) == ("landlord", law.why, law.tip)
    insisted = lay(anchor % ", insist: true").rule(rule)
    assert (insisted.responsible, insisted.why.nl, insisted.tip.nl) == ("tenant", BARRED, BARRED)


@pytest.mark.parametrize(
    ("sections", "line", "expected"),
    [
        (SINK % ("tenant", "    unless: [{when: subscription}]\n"), "unless", "unless subscription: needs a basis"),
        (SINK % ("tenant", "    valid_from: 2026-01-02\n    valid_until: 2026-01-01\n"), "valid_until", "lies before"),
        ("changes:\n- {rule: tap.drips, basis: 'own:1'}\n- {rule: roof.leak, basis: 'own:1', unless: [{when: subscription}]}", "roof.leak", "needs a basis"),
        (LIVES_HERE.replace("basis: own:1", "basis: BW7:999") + "    over: none\n", "BW7:999", "is not among the articles"),
        (LIVES_HERE.replace("id: lives_here", "id: own_fault") + "    over: none\n", "own_fault", "own_fault stands twice"),
        ("retire:\n- {rule: tap.drips, instead: tap.worn_out, basis: 'own:1'}\n- {rule: tap.worn_out, instead: tap.drips, basis: 'own:1'}", "worn_out, instead", "is a circle"),
        ("retire:\n- {rule: tap.drips, instead: tap.drips, basis: 'own:1'}", "tap.drips", "tap.drips to tap.drips is a circle"),
        ("retire:\n- {rule: tap.drips, instead: tap.worn_out, basis: 'own:1'}\n- {rule: tap.drips, basis: 'own:2'}", "own:2", "retire: tap.drips stands twice"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_where_the_overlay_has_it(lay, tmp_path, sections, line, expected):
    with pytest.raises(CatalogueError) as error:
        lay(sections)
    lines = (tmp_path / "ours.yaml").read_text(encoding="utf-8").splitlines()
    place = next(i for i, text in enumerate(lines, 1) if line in text)
    assert any(f"ours.yaml:{place}: " in problem and expected in problem for problem in error.value.problems)


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
        ("retire: [{rule: tap.drips, instead: tap.nothing, basis: 'own:1'}]", "no such rule tap.nothing"),
        ("changes: [{rule: tap.drips, basis: 'own:1', unless: [{when: nothing}]}]", "change tap.drips: no circumstance 'nothing'"),
        (SINK % ("tenant", "    unless: [{when: nothing}]\n"), "rule own.sink: no circumstance 'nothing'"),
        (SINK % ("tenant", "    unless: [{when: subscription}]\n"), "unless subscription: needs a basis"),
        (SINK % ("tenant", "    beside: tap.drip\n"), "beside tap.drip: no such rule; did you mean tap.drips"),
        ((SINK % ("tenant", "")).replace("own.sink", "tap.drips"), "exists in nl; write it under changes"),
        (SINK % ("tenant", "    valid_from: 2026-01-02\n    valid_until: 2026-01-01\n"), "valid_until 2026-01-01 lies before"),
        (SINK % ("tenant", "    tenancy_from: 2026-01-02\n    tenancy_until: 2026-01-01\n"), "tenancy_until 2026-01-01 lies before"),
    ],
)  # fmt: skip
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
    assert "1 departure from law" in out
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


def test_a_rule_under_two_covers_of_one_fund_is_named_where_the_second_stands(lay, tmp_path):
    covers = """covers:
  - {when: subscription, basis: 'own:1', rules: ['tap.*']}
  - {when: glass_fund, basis: 'own:2', rules: ['tap.*']}
  - {when: subscription, basis: 'own:3', rules: [tap.drips]}
"""
    with pytest.raises(CatalogueError) as error:
        lay(covers)
    line = (tmp_path / "ours.yaml").read_text(encoding="utf-8").splitlines().index(covers.splitlines()[-1]) + 1
    assert f"ours.yaml:{line}: cover subscription: tap.drips is under own:1 above too" in str(error.value)


def test_an_overlay_lies_over_a_catalogue_that_was_in_use(bundled):
    assert bundled.catalogue.hash
    overlay = Overlay(
        schema_version=1,
        extends="nl",
        id="ours",
        version="1",
        title=Text(nl="Ons", en="Ours"),
        sources=[Source(id="own", title="Ons ABC", number="1", url="https://example.org", checked_on="2026-01-01")],
    )
    assert lay_over(overlay, bundled.catalogue).rule("tap.drips") == bundled.catalogue.rule("tap.drips")
