"""Rules count in their time: old tickets by the rules of their day, and no ended rule falls back to an older one."""

from datetime import date

import pytest

import triage
from triage.in_force import Timeline
from triage.remarks import remarks
from triage.tenancies import binding

DRIPS = "De kraan in de keuken drupt"
SPRING = """
changes:
  - {rule: tap.drips, responsible: landlord, basis: 'own:3', valid_from: 2026-04-01, valid_until: 2026-06-30}
"""


@pytest.mark.parametrize(
    ("day", "basis"),
    [("2026-03-31", "BKH:d.1"), ("2026-04-01", "own:3"), ("2026-06-30", "own:3"), ("2026-07-01", None)],
)
def test_a_ticket_is_judged_by_the_rules_of_its_day(lay, bundled, day, basis):
    a = triage.Triager(bundled.model, lay(SPRING)).assess(DRIPS, date=day)
    assert a.basis == basis
    assert a.receipt.date == date.fromisoformat(day)
    if basis is None:
        assert (a.responsible, a.confidence, a.decision, a.reason) == (None, 0, "review", "no-rule")


def test_check_warns_of_a_rule_that_ends_with_nothing_behind_it(lay):
    assert [remark.kind for remark in remarks(lay(SPRING))] == ["time"]
    followed = SPRING + "  - {rule: tap.drips, responsible: landlord, basis: 'own:4', valid_from: 2026-07-01}\n"
    assert remarks(lay(followed)) == []


def test_the_rules_of_a_day_can_be_a_key(small):
    timeline = Timeline(small)
    today, tomorrow = timeline.at(date(2026, 3, 1)), timeline.at(date(2026, 3, 2))
    assert {today: "found"}[tomorrow] == "found"
    assert today != Timeline(small).at(date(2026, 3, 1))


BOUND = "changes: [{rule: tap.drips, responsible: landlord, basis: 'own:3', tenancy_from: 2024-01-01}]"


@pytest.mark.parametrize(
    ("start", "basis"), [("2023-12-31", "BKH:d.1"), ("2024-01-01", "own:3"), (date(2025, 5, 1), "own:3")]
)
def test_a_rule_may_bind_only_tenancies_that_began_in_its_period(lay, bundled, start, basis):
    triager = triage.Triager(bundled.model, lay(BOUND))
    assert triager.assess(DRIPS, facts={"tenancy_start": start}).basis == basis


@pytest.mark.parametrize(
    ("older", "later"),
    [
        ("tenancy_from: 2000-01-01", "tenancy_from: 2000-01-01, tenancy_until: 2005-12-31"),
        ("tenancy_until: 2010-12-31", "tenancy_from: 2000-01-01"),
    ],
    ids=["behind the later", "before the later"],
)
def test_a_version_that_a_later_one_leaves_some_tenancies_is_among_those_that_bind(lay, older, later):
    ours = lay(f"""
changes:
  - {{rule: tap.drips, responsible: landlord, basis: 'own:1', valid_from: 2020-01-01, {older}}}
  - {{rule: tap.drips, responsible: tenant, basis: 'own:2', valid_from: 2021-01-01, {later}}}
""")
    found = binding(ours, date(2026, 6, 1))
    assert {version.basis for version in found["tap.drips"]} == {"own:1", "own:2"}


def test_a_version_that_counts_for_no_tenancy_any_more_does_not_bind(lay):
    ours = lay("""
changes:
  - {rule: tap.drips, responsible: landlord, basis: 'own:1', valid_from: 2020-01-01, tenancy_from: 2001-01-01}
  - {rule: tap.drips, responsible: tenant, basis: 'own:2', valid_from: 2021-01-01, tenancy_from: 2000-01-01}
""")
    assert [version.basis for version in binding(ours, date(2026, 6, 1))["tap.drips"]] == ["own:2"]


def test_a_start_that_is_not_known_and_decides_is_asked_for(lay, bundled):
    a = triage.Triager(bundled.model, lay(BOUND)).assess(DRIPS)
    assert (a.decision, a.question.fact) == ("ask", "tenancy_start")


@pytest.mark.parametrize(
    ("bound", "facts"),
    [
        (BOUND.replace("landlord", "tenant"), {}),
        (BOUND, {"own_addition": True}),
        (BOUND.replace("}", ", valid_until: 2025-12-31}"), {}),
        (BOUND.replace("}", ", valid_from: 2026-07-01}"), {}),
    ],
    ids=["both versions say the same", "a circumstance decides", "the version has ended", "it has not begun"],
)
def test_a_start_that_does_not_decide_is_not_asked_for(lay, bundled, bound, facts):
    a = triage.Triager(bundled.model, lay(bound)).assess(DRIPS, facts=facts, date="2026-06-01")
    assert (a.decision, a.question) == ("auto", None)


def test_a_rule_that_has_ended_does_not_count_though_the_caller_names_it(lay, bundled):
    triager = triage.Triager(bundled.model, lay(SPRING))
    assert triager.assess(DRIPS, facts={"rule": "tap.drips"}, date="2026-06-30").basis == "own:3"
    ended = triager.assess(DRIPS, facts={"rule": "tap.drips"}, date="2026-07-01")
    assert (ended.responsible, ended.reason) == (None, "no-rule")


def test_a_message_of_which_one_defect_has_no_rule_tells_of_the_other(lay, bundled):
    text = "1. De kraan in de keuken drupt al een week. 2. Het dak lekt op zolder als het regent."
    a = triage.Triager(bundled.model, lay(SPRING)).assess(text, date="2026-07-01")
    assert (a.responsible, a.decision, a.reason) == ("landlord", "review", "no-rule")
    assert [finding.rule.id for finding in a.findings] == ["roof.leak"]


def test_a_successor_takes_over_only_once_it_counts(lay):
    timeline = Timeline(
        lay("""
rules:
  - {id: own.tap, title: {nl: Kraan, en: Tap}, responsible: landlord, basis: own:5, words: {nl: [kraan]}, valid_from: 2026-05-01}
retire: [{rule: tap.drips, instead: own.tap, basis: 'own:1', valid_from: 2026-04-01}]
""")
    )
    assert "tap.drips" not in timeline.at(date(2026, 4, 30)).rules
    assert timeline.at(date(2026, 4, 30)).instead == {}
    assert timeline.at(date(2026, 5, 1)).instead == {"tap.drips": "own.tap"}


def test_a_start_that_cannot_be_read_is_refused(bundled):
    with pytest.raises(triage.FactError, match="2024-07-01"):
        bundled.assess(DRIPS, facts={"tenancy_start": "vorig jaar"})


def test_a_retirement_has_its_day_too(lay):
    timeline = Timeline(
        lay("retire: [{rule: tap.drips, instead: tap.worn_out, basis: 'own:1', valid_from: 2026-05-01}]")
    )
    assert "tap.drips" in timeline.at(date(2026, 4, 30)).rules
    assert timeline.at(date(2026, 5, 1)).instead == {"tap.drips": "tap.worn_out"}


def test_the_law_has_one_stretch_of_time(bundled):
    timeline = Timeline(bundled.catalogue)
    assert timeline.at(date(2010, 1, 1)) is timeline.at(date(2030, 1, 1))


def test_a_backlog_is_judged_row_by_row_with_its_own_days_and_facts(lay, bundled):
    triager = triage.Triager(bundled.model, lay(SPRING))
    scored = triager.assess_many([DRIPS] * 4, date=["2026-03-31", "2026-04-01", None, "ooit"])
    assert list(scored["basis"].fillna("")[:2]) == ["BKH:d.1", "own:3"]
    assert scored["reason"][3] == "error"
    scored = triager.assess_many([DRIPS] * 2, facts=[{}, {}], date=["2026-03-31", "2026-04-01"])
    assert list(scored["basis"]) == ["BKH:d.1", "own:3"]
    bound = triage.Triager(bundled.model, lay(BOUND))
    scored = bound.assess_many(
        [DRIPS] * 3, facts=[{"tenancy_start": "2020-01-01"}, {"tenancy_start": "2025-01-01"}, {"x": 1}]
    )
    assert list(scored["responsible"].fillna("")) == ["tenant", "landlord", ""]
    known = [None, {"tenancy_start": "unknown"}, {"tenancy_start": "2025-01-01"}, {"tenancy_start": "2025-06-01"}] * 3
    scored = bound.assess_many([DRIPS] * 12, facts=known)
    alone = [bound.assess(DRIPS, facts=own) for own in known]
    assert list(scored["decision"]) == [a.decision for a in alone]
    assert list(scored["question"].fillna("")) == [a.question.nl if a.question else "" for a in alone]
    with pytest.raises(triage.TriageError, match="2 dates for 1 requests"):
        triager.assess_many([DRIPS], date=["2026-01-01", "2026-01-02"])


CHAIN = [
    "retire: [{rule: tap.drips, instead: tap.worn_out, basis: 'own:1'}]",
    "retire: [{rule: tap.worn_out, instead: tap.thermostatic, basis: 'own:1', insist: true}]",
]


def test_what_took_the_place_of_a_rule_may_be_retired_too(lay, bundled):
    lay(CHAIN[0], "region.yaml")
    chained = lay(CHAIN[1], "local.yaml", extends="region.yaml")
    assert Timeline(chained).at(date(2026, 5, 1)).instead == {
        "tap.drips": "tap.thermostatic",
        "tap.worn_out": "tap.thermostatic",
    }
    triager = triage.Triager(bundled.model, chained)
    assert triager.assess(DRIPS).rule.id == "tap.thermostatic"
    assert triager.assess(DRIPS, facts={"rule": "tap.drips"}).rule.id == "tap.thermostatic"


def test_rules_that_are_retired_for_each_other_leave_nothing_as_long_as_they_are(lay, bundled):
    lay(CHAIN[0], "region.yaml")
    back = """
retire:
  - {rule: tap.worn_out, instead: tap.drips, basis: 'own:1', insist: true}
  - {rule: tap.drips, instead: tap.thermostatic, basis: 'own:1', insist: true, valid_from: 2026-06-01}
"""
    around = lay(back, "local.yaml", extends="region.yaml")
    assert Timeline(around).at(date(2026, 5, 1)).instead == {}
    triager = triage.Triager(bundled.model, around)
    assert triager.assess(DRIPS, date="2026-05-01").reason == "no-rule"
    assert triager.assess(DRIPS, date="2026-06-01").rule.id == "tap.thermostatic"
