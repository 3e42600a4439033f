"""Rules count in their time: old tickets by the rules of their day, and no ended rule falls back to an older one."""

from datetime import date

import pytest

import triage
from triage.in_force import Timeline
from triage.remarks import remarks

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
        assert (a.responsible, a.decision, a.reason) == (None, "review", "no-rule")


def test_check_warns_of_a_rule_that_ends_with_nothing_behind_it(lay):
    assert [remark.kind for remark in remarks(lay(SPRING))] == ["time"]
    followed = SPRING + "  - {rule: tap.drips, responsible: landlord, basis: 'own:4', valid_from: 2026-07-01}\n"
    assert remarks(lay(followed)) == []


BOUND = "changes: [{rule: tap.drips, responsible: landlord, basis: 'own:3', tenancy_from: 2024-01-01}]"


@pytest.mark.parametrize(
    ("start", "basis"), [("2023-12-31", "BKH:d.1"), ("2024-01-01", "own:3"), (date(2025, 5, 1), "own:3")]
)
def test_a_rule_may_bind_only_tenancies_that_began_in_its_period(lay, bundled, start, basis):
    triager = triage.Triager(bundled.model, lay(BOUND))
    assert triager.assess(DRIPS, facts={"tenancy_start": start}).basis == basis


def test_a_start_that_is_not_known_and_decides_is_asked_for(lay, bundled):
    a = triage.Triager(bundled.model, lay(BOUND)).assess(DRIPS)
    assert (a.decision, a.question.fact) == ("ask", "tenancy_start")


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
    bound = triage.Triager(bundled.model, lay(BOUND))
    scored = bound.assess_many(
        [DRIPS] * 3, facts=[{"tenancy_start": "2020-01-01"}, {"tenancy_start": "2025-01-01"}, {"x": 1}]
    )
    assert list(scored["responsible"].fillna("")) == ["tenant", "landlord", ""]
    with pytest.raises(triage.TriageError, match="2 dates for 1 requests"):
        triager.assess_many([DRIPS], date=["2026-01-01", "2026-01-02"])
