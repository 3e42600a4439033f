"""What changes for whom between two catalogues, and what that does to a backlog."""

import re
from datetime import date

import pandas as pd
import pytest

import triage
from triage.comparison import Comparison
from triage.difference import differences, left_out

MORE = """
changes: [{rule: tap.drips, responsible: landlord, basis: 'own:3', valid_from: 2026-05-01}]
covers: [{when: subscription, basis: 'own:7', rules: [toilet.runs]}]
retire: [{rule: pest.woodworm, basis: 'own:8'}]
"""
DAY = date(2026, 6, 1)


def test_differences_are_told_in_words_of_both_languages(lay, bundled):
    found = {item.rule: item for item in differences(bundled.catalogue, lay(MORE), DAY)}
    assert {rule: item.kind for rule, item in found.items()} == {
        "tap.drips": "responsible",
        "toilet.runs": "exception",
        "pest.woodworm": "retired",
    }
    assert "voortaan voor de verhuurder" in found["toilet.runs"].said.nl
    assert "eerst de huurder" in found["tap.drips"].said.nl
    assert "nu de verhuurder (Ons ABC, 3)" in found["tap.drips"].said.nl
    assert "if you have a service subscription" in found["toilet.runs"].said.en


def test_differences_are_those_of_a_day(lay, bundled):
    before = differences(bundled.catalogue, lay(MORE), date(2026, 4, 30))
    assert "tap.drips" not in {item.rule for item in before}


def test_a_catalogue_does_not_differ_from_itself(bundled):
    assert differences(bundled.catalogue, bundled.catalogue) == []


def test_diff_prints_or_writes_a_table(run, lay, tmp_path):
    lay(MORE)
    code, out, err = run("catalogue", "diff", "nl", str(tmp_path / "ours.yaml"), "--date", "2026-06-01")
    assert code == 0
    assert "tap.drips: Kraan drupt" in out
    assert err == "3 verschillen: 1 van de ander, 1 uitzondering, 1 vervallen\n"
    assert run("catalogue", "diff", "nl", "nl")[2] == "0 verschillen: geen\n"
    table = tmp_path / "diff.csv"
    run("catalogue", "diff", "nl", str(tmp_path / "ours.yaml"), "--date", "2026-06-01", "-o", str(table))
    assert table.read_bytes().startswith(b"\xef\xbb\xbfrule;kind;")
    assert set(pd.read_csv(table, sep=None, engine="python", encoding="utf-8-sig")["rule"]) == {
        "tap.drips",
        "toilet.runs",
        "pest.woodworm",
    }


def test_what_differs_for_some_tenancies_alone_is_named_where_none_is_given(run, lay, bundled, tmp_path):
    new = "changes: [{rule: tap.drips, responsible: landlord, basis: 'own:3', tenancy_from: 2024-01-01, valid_from: 2026-02-01}]"
    ours = lay(new)
    assert left_out(bundled.catalogue, ours, DAY) == ["tap.drips"]
    assert left_out(bundled.catalogue, ours, date(2026, 1, 31)) == left_out(ours, ours, DAY) == []
    command = ["catalogue", "diff", "nl", str(tmp_path / "ours.yaml"), "--date", "2026-06-01"]
    _, out, err = run(*command)
    assert "tap.drips" not in out
    assert "tap.drips; see them with --tenancy-start" in err
    _, out, err = run(*command, "--tenancy-start", "2024-01-01")
    assert "tap.drips" in out
    assert err == "1 verschil: 1 van de ander\n"
    _, _, err = run(*command, "--tenancy-start", "2024-01-01", "--language", "en")
    assert err == "1 difference: 1 responsible\n"


TAP = "{rule: tap.drips, basis: 'own:3'"


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        (f"{TAP}, tenancy_from: 2024-01-01}}", f"{TAP}, tenancy_from: 2024-01-01, tip: {{nl: Bel, en: Call}}}}", []),
        (f"{TAP}}}", f"{TAP}, tenancy_from: 2024-01-01}}, {TAP}}}", []),
        (f"{TAP}}}", f"{TAP}, tenancy_from: 2024-01-01, responsible: landlord}}, {TAP}}}", ["tap.drips"]),
        (TAP.replace("3", "2") + "}", f"{TAP}, tenancy_from: 2024-01-01, responsible: landlord}}, {TAP}}}", ["tap.drips"]),
    ],
    ids=["another tip", "the same for all", "for some alone", "for some more than for all"],
)  # fmt: skip
def test_a_rule_is_named_if_what_counts_differs_for_some_tenancies_alone(lay, before, after, named):
    one, other = lay(f"changes: [{before}]", "before.yaml"), lay(f"changes: [{after}]", "after.yaml")
    assert left_out(one, other, DAY) == named


def test_a_table_of_differences_is_not_written_as_csv_under_another_name(run, tmp_path):
    code, _, err = run("catalogue", "diff", "nl", "nl", "-o", str(tmp_path / "changes.xlsx"))
    assert (code, "name it changes.csv" in err, list(tmp_path.iterdir())) == (1, True, [])


def test_differences_are_told_in_dutch_or_english_and_no_other_language(run):
    code, _, err = run("catalogue", "diff", "nl", "nl", "--language", "fr")
    assert code == 2
    assert "'nl', 'en'" in err


def test_the_same_backlog_under_two_catalogues(lay):
    backlog = pd.Series(["De kraan in de keuken drupt al een week", "het dak lekt", "hoi"], index=["a", "b", "c"])
    result = triage.compare(backlog, None, lay(MORE), date="2026-06-01")
    assert list(result.requests.index) == ["a", "b", "c"]
    assert list(result.requests["changed"]) == [True, False, False]
    assert result.rules.loc["tap.drips", ["requests", "landlord_a", "landlord_b", "to_landlord"]].tolist() == [
        1,
        0,
        1,
        1,
    ]
    assert result.rules.index[0] == "tap.drips"
    assert result.summary().startswith("1 of 3 requests change: 1 to the landlord")


def labels(comparison):
    """Leave out of a summary what is summed by probability."""
    return re.sub(r" \(.*?\)", "", comparison.summary())


def test_the_same_backlog_tells_what_goes_to_the_tenant_and_what_nobody_can_say_any_more(lay):
    catalogue = lay("""
changes:
  - {rule: roof.leak, responsible: tenant, basis: 'own:3', insist: true}
  - {rule: lock.key_lost, responsible: landlord, basis: 'own:4'}
retire: [{rule: tap.drips, basis: 'own:8'}]
""")
    roof, key, tap = "het dak lekt", "ik ben mijn sleutel kwijt", "De kraan in de keuken drupt al een week"
    result = triage.compare([tap, key, roof, roof], None, catalogue, date="2026-06-01")
    assert list(result.requests["changed"]) == [True] * 4
    assert labels(result) == "4 of 4 requests change: 1 to the landlord, 2 to the tenant, 1 otherwise"
    assert list(result.rules.index) == ["roof.leak", "lock.key_lost", "tap.drips"]
    counts = result.rules[["requests", "landlord_a", "landlord_b", "to_landlord", "to_tenant"]]
    assert counts.loc["roof.leak"].tolist() == [2, 2, 0, 0, 2]
    assert counts.loc["lock.key_lost"].tolist() == [1, 0, 1, 1, 0]
    assert counts.loc["tap.drips"].tolist() == [1, 0, 0, 0, 0]
    assert result.rules["title"]["tap.drips"] == "Kraan drupt of lekt"
    back = triage.compare([tap], catalogue, None, date="2026-06-01")
    assert labels(back) == "1 of 1 requests change: 0 to the landlord, 0 to the tenant, 1 otherwise"


def test_small_changes_of_probability_add_up_though_no_label_turns():
    chances = {"confidence_a": [0.9, 0.6, 0.6], "confidence_b": [0.6, 0.9, 0.9]}
    requests = pd.DataFrame({"responsible_a": "tenant", "responsible_b": "tenant", "changed": False} | chances)
    rules = pd.DataFrame({"to_landlord": [0], "to_tenant": [0]})
    said = Comparison(requests, rules).summary()
    assert (
        said
        == "0 of 3 requests change: 0 to the landlord (by probability about 0), 0 to the tenant (about 1), 0 otherwise"
    )


def test_of_rules_with_as_many_changes_the_one_with_most_requests_comes_first():
    key, tap = "ik ben mijn sleutel kwijt", "De kraan in de keuken drupt al een week"
    rules = triage.compare([key, tap, tap], None, None).rules
    assert list(rules.index) == ["tap.drips", "lock.key_lost"]
    assert rules["requests"].tolist() == [2, 1]


OWN_CIRCUMSTANCE = """
circumstances:
  - id: vip
    title: {nl: Vip, en: Vip}
    over: any
    responsible: landlord
    basis: own:9
    because: {nl: u vip bent, en: you are a vip}
    question: {nl: Bent u vip?, en: Are you a vip?}
"""


def test_a_circumstance_that_only_one_catalogue_knows_is_told_from_both_sides(lay, bundled):
    ours = lay(OWN_CIRCUMSTANCE)
    there = [item for item in differences(bundled.catalogue, ours) if item.rule == "tap.drips"]
    back = [item for item in differences(ours, bundled.catalogue) if item.rule == "tap.drips"]
    assert [(item.when, item.before, item.after) for item in there] == [("vip", None, "landlord")]
    assert [(item.when, item.before, item.after) for item in back] == [("vip", "landlord", None)]
    assert "if you are a vip: no longer there, was for the landlord (Ons ABC, 9)" in back[0].said.en


def test_an_exception_that_comes_with_a_change_of_party_is_told(lay, bundled):
    change = "changes: [{rule: tap.drips, responsible: landlord, basis: 'own:3', unless: [{when: misuse, responsible: tenant, basis: 'own:4'}]}]"
    found = differences(bundled.catalogue, lay(change))
    assert [(item.kind, item.when, item.after) for item in found] == [
        ("responsible", None, "landlord"),
        ("exception", "misuse", "tenant"),
    ]


@pytest.mark.parametrize("requests", ["kraan drupt", pd.DataFrame({"melding": ["kraan drupt"]}), {"a": "kraan drupt"}])
def test_one_message_or_a_table_is_not_compared_letter_by_letter(requests):
    with pytest.raises(triage.TriageError, match="list or column"):
        triage.compare(requests, None, None)


def test_requests_may_come_one_by_one():
    assert len(triage.compare((text for text in ("het dak lekt", "hoi")), None, None).requests) == 2
