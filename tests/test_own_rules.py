"""Rules, covers and exceptions of an association's own: what they take from the law beside them, and what goes before."""

from datetime import date, timedelta

from test_overlay import SINK, basis_on


def test_a_rule_that_takes_over_hands_its_departure_to_none_that_stands_beside_it(lay):
    lay("retire: [{rule: roof.leak, instead: tap.drips, basis: 'own:1', insist: true}]", "region.yaml")
    local = lay(SINK % ("tenant", "    beside: tap.drips\n"), "local.yaml", extends="region.yaml")
    assert local.rule("tap.drips").departures != ()
    assert local.rule("own.sink").departures == ()


def test_an_own_rule_of_the_landlord_gets_no_exceptions_but_its_own(lay):
    for beside in ("", "    beside: tap.drips\n"):
        assert lay(SINK % ("landlord", beside)).rule("own.sink").unless == ()


def test_an_own_rule_is_as_the_rule_of_law_beside_it_where_it_says_nothing(lay):
    catalogue = lay(SINK % ("landlord", "    beside: roof.leak\n    why: {nl: Daarom, en: Therefore}\n"))
    own, law = catalogue.rule("own.sink"), catalogue.rule("roof.leak")
    assert (own.area, own.urgency, own.tip) == (law.area, law.urgency, law.tip)
    assert own.why.en == "Therefore"
    alone = lay(SINK % ("landlord", "")).rule("own.sink")
    assert (alone.area, alone.urgency) == ("general", "normal")


def test_an_own_rule_counts_in_its_period_and_for_its_tenancies(lay):
    period = "    valid_from: 2026-01-01\n    valid_until: 2026-12-31\n    tenancy_until: 2020-12-31\n"
    catalogue = lay(SINK % ("landlord", period))
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
    old, new = date(2020, 12, 31), date(2021, 1, 1)
    found = [basis_on(catalogue, "own.sink", old, day) for day in days]
    assert found == [None, ("landlord", "own:5"), ("landlord", "own:5"), None]
    assert basis_on(catalogue, "own.sink", new, days[1]) is None


def test_a_cover_pays_only_what_the_tenant_would_and_leaves_an_own_exception(lay):
    catalogue = lay("""
changes: [{rule: tap.drips, basis: 'own:3', unless: [{when: subscription, responsible: landlord, basis: 'own:4'}]}]
covers:
  - {when: subscription, basis: 'own:7', rules: ['*'], question: {nl: Bent u lid?, en: Are you a member?}}
""")
    assert catalogue.ruled("tap.drips", ["subscription"]) == ("landlord", "own:4")
    assert catalogue.ruled("toilet.runs", ["subscription"]) == ("landlord", "own:7")
    assert catalogue.ruled("roof.leak", ["subscription"]) == ("landlord", "BW7:206")
    entry = catalogue.rule("toilet.runs").unless[-1]
    assert entry.question.nl == "Bent u lid?"


def test_an_own_exception_for_the_landlord_goes_before_those_of_law_and_one_for_the_tenant_behind(lay):
    catalogue = lay("""
changes:
  - rule: tap.drips
    basis: own:3
    unless:
      - {when: came_with_home, responsible: landlord, basis: 'own:4'}
      - {when: glass_fund, responsible: tenant, basis: 'own:5'}
      - {when: persists, responsible: landlord, basis: 'own:6'}
""")
    assert catalogue.ruled("tap.drips", ["came_with_home", "whole_unit_worn"]) == ("landlord", "own:4")
    assert catalogue.ruled("tap.drips", ["glass_fund", "whole_unit_worn"]) == ("landlord", "BW7:206")
    assert catalogue.ruled("tap.drips", ["glass_fund"]) == ("tenant", "own:5")
    assert catalogue.ruled("tap.drips", ["persists"]) == ("landlord", "own:6")
    assert [entry.when for entry in catalogue.rule("tap.drips").unless].count("persists") == 1


def test_a_change_of_words_leaves_who_repairs_it_and_a_turned_rule_gets_no_tip_for_the_other_party(lay, bundled):
    law = bundled.catalogue.rule("tap.drips")
    worded = lay("changes: [{rule: tap.drips, basis: 'own:3', why: {nl: Daarom, en: Therefore}}]").rule("tap.drips")
    assert (worded.responsible, worded.why.en, worded.tip, worded.urgency) == ("tenant", "Therefore", law.tip, "normal")
    turned = "changes: [{rule: tap.drips, responsible: landlord, basis: 'own:3'%s}]"
    silent = lay(turned % "").rule("tap.drips")
    assert law.tip != silent.tip
    assert law.why != silent.why
    told = lay(turned % ", tip: {nl: Bel ons, en: Call us}, why: {nl: Service, en: Service}").rule("tap.drips")
    assert (told.tip.en, told.why.en) == ("Call us", "Service")


def test_a_rule_may_hold_for_one_day_and_a_cover_may_name_rules_of_ones_own(lay):
    day = "    valid_from: 2026-01-01\n    valid_until: 2026-01-01\n    tenancy_from: 2026-01-01\n    tenancy_until: 2026-01-01\n"
    cover = "covers: [{when: subscription, basis: 'own:7', rules: [own.sink]}]"
    assert lay(SINK % ("tenant", day) + cover).ruled("own.sink", ["subscription"]) == ("landlord", "own:7")


def test_a_change_without_a_period_counts_before_and_after_an_earlier_one_began(lay):
    lay("changes: [{rule: tap.drips, responsible: landlord, basis: 'own:1', valid_from: 2026-01-01}]", "region.yaml")
    catalogue = lay("changes: [{rule: tap.drips, basis: 'own:9'}]", "local.yaml", extends="region.yaml")
    assert basis_on(catalogue, "tap.drips", day=date(2025, 12, 31)) == ("tenant", "own:9")
    assert basis_on(catalogue, "tap.drips", day=date(2026, 1, 1)) == ("landlord", "own:9")


def test_of_changes_for_some_tenancies_the_one_that_began_last_counts(lay):
    early, late = (
        f"{{rule: tap.drips, responsible: landlord, basis: 'own:{year}', tenancy_from: {year}-01-01}}"
        for year in (2015, 2024)
    )
    for changes in (f"[{early}, {late}]", f"[{late}, {early}]"):
        catalogue = lay(f"changes: {changes}")
        found = [basis_on(catalogue, "tap.drips", date(year, 1, 1)) for year in (2014, 2023, 2024)]
        assert found == [("tenant", "BKH:d.1"), ("landlord", "own:2015"), ("landlord", "own:2024")]


def test_a_change_ends_with_itself_or_with_the_rule_whichever_ends_first(lay):
    lay(SINK % ("landlord", "    valid_until: 2026-06-30\n"), "region.yaml")
    for until, last in ((date(2026, 12, 31), date(2026, 6, 30)), (date(2026, 3, 31), date(2026, 3, 31))):
        change = f"changes: [{{rule: own.sink, basis: 'own:9', valid_from: 2026-01-01, valid_until: {until}}}]"
        catalogue = lay(change, "local.yaml", extends="region.yaml")
        assert basis_on(catalogue, "own.sink", day=last) == ("landlord", "own:9")
        assert basis_on(catalogue, "own.sink", day=last + timedelta(days=1)) is None
