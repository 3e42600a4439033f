"""What changes for whom between two catalogues, and what that does to a backlog."""

from datetime import date

import pandas as pd

import triage
from triage.difference import differences

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
    assert "3 differences" in err
    table = tmp_path / "diff.csv"
    run("catalogue", "diff", "nl", str(tmp_path / "ours.yaml"), "--date", "2026-06-01", "-o", str(table))
    assert set(pd.read_csv(table)["rule"]) == {"tap.drips", "toilet.runs", "pest.woodworm"}


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
