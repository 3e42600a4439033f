"""The command line prints results to stdout, and errors in one sentence to stderr."""

import json

import pandas as pd
import pytest

from triage import Assessment, load
from triage.assessment import Word
from triage.report import mark


def test_an_assessment_reads_like_a_file_for_a_handler(run):
    code, out, _ = run("assess", "De kraan in de keuken drupt al een week")
    assert code == 0
    for expected in (
        "TENANT",
        "sure",
        "Kraan drupt",
        "BKH:d.1",
        "Besluit kleine herstellingen",
        "flips if",
        "answer to the tenant",
    ):
        assert expected in out


@pytest.mark.parametrize("said", ["[/x]", "[bold]", ":wrench:"])
def test_what_a_tenant_writes_is_printed_as_it_stands(run, said):
    code, out, _ = run("assess", f"De kraan {said} in de keuken drupt. En het dak {said} lekt al een week.")
    assert code == 0
    assert out.count(said) >= 2


@pytest.mark.parametrize("before", ["", "\n\n", "\r\n"])
def test_evidence_is_marked_where_it_stands(before):
    marked = mark(
        f"{before}de kraan\r\ndrupt\n", [Word(text="drupt", start=len(before) + 10, end=len(before) + 15, weight=1)]
    )
    [span] = [span for span in marked.spans if span.style]
    assert marked.plain[span.start : span.end] == "drupt"
    assert marked.plain.startswith("de kraan")
    assert mark("\n\n", []).plain == ""


def test_the_bundled_catalogue_may_be_named(run, bundled):
    assert load(catalogue="nl").catalogue == bundled.catalogue
    assert run("assess", "--catalogue", "nl", "De kraan in de keuken drupt")[0] == 0


def test_json_is_the_machines_form(run):
    code, out, _ = run("assess", "--json", "De kraan in de keuken drupt al een week")
    assert code == 0
    assert Assessment.model_validate_json(out).basis == "BKH:d.1"


def test_facts_and_dates_pass_through(run):
    _, out, _ = run("assess", "--json", "-f", "reachable=no", "--date", "2026-03-01", "dakgoot schoonmaken")
    a = json.loads(out)
    assert a["responsible"] == "landlord"
    assert a["receipt"]["facts"] == {"out_of_reach": True}
    assert a["receipt"]["date"] == "2026-03-01"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["assess", "-f", "weather=yes", "kraan"], "unknown fact 'weather'"),
        (["assess", "-f", "weather", "kraan"], "name=yes"),
        (["assess", "-m", "nowhere", "kraan"], "no model here"),
        (["assess", "-c", "nowhere.yaml", "kraan"], "cannot be read"),
        (["catalogue", "show", "tap.dripz"], "did you mean"),
        (["score", "nowhere.csv", "-o", "out.csv"], "no such file"),
    ],
)
def test_errors_are_one_sentence_with_a_way_out(run, arguments, expected):
    code, out, err = run(*arguments)
    assert code == 1
    assert out == ""
    assert expected in err
    assert "Traceback" not in err


def test_a_rule_is_shown_with_its_law(run):
    code, out, _ = run("catalogue", "show", "fence.wood")
    assert code == 0
    assert "erfafscheidingen" in out
    assert "own_addition" not in out
    assert "Zelf aangebracht" in out


def test_a_catalogue_is_checked(run, tmp_path):
    from triage.catalogue_file import BUNDLED

    code, out, _ = run("catalogue", "check", str(BUNDLED))
    assert code == 0
    assert "in order" in out
    (tmp_path / "bad.yaml").write_text("rules: 1\n", encoding="utf-8")
    code, _, err = run("catalogue", "check", str(tmp_path / "bad.yaml"))
    assert code == 1
    assert "bad.yaml:1: rules" in err


def test_a_backlog_is_scored_with_all_its_columns(run, tmp_path):
    source, output = tmp_path / "requests.csv", tmp_path / "scored.csv"
    texts = ["de kraan drupt; al een week", "het dak lekt", None, "sleutel kwijt"]
    pd.DataFrame({"ticket": [7, 8, 9, 10], "text": texts, "language": list("abcd")}).to_csv(
        source, sep=";", index=False
    )
    code, out, err = run("score", str(source), "-o", str(output))
    assert (code, out) == (0, "")
    assert "4 requests scored" in err
    scored = pd.read_csv(output, sep=";")
    assert list(scored["ticket"]) == [7, 8, 9, 10]
    assert list(scored["language"]) == list("abcd")
    assert list(scored["triage_language"]) == ["nl"] * 4
    assert list(scored["responsible"].fillna("")) == ["tenant", "landlord", "", "tenant"]
    assert scored["reason"][2] == "empty"


def test_a_backlog_is_scored_per_finding(run, tmp_path):
    source, output = tmp_path / "requests.csv", tmp_path / "scored.csv"
    pd.DataFrame(
        {
            "text": [
                "Twee klachten. 1. Het dak lekt op zolder als het regent. 2. De wc loopt de hele dag door.",
                "sleutel kwijt",
            ]
        }
    ).to_csv(source, index=False)
    assert run("score", str(source), "-o", str(output), "--per", "finding")[0] == 0
    assert len(pd.read_csv(output)) == 3


def test_the_column_must_be_clear(run, tmp_path):
    source = tmp_path / "requests.csv"
    pd.DataFrame({"a": ["x"], "b": ["y"]}).to_csv(source, index=False)
    code, _, err = run("score", str(source), "-o", str(tmp_path / "o.csv"))
    assert code == 1
    assert "--column with one of a, b" in err
    assert not (tmp_path / "o.csv").exists()
    code, _, err = run("score", str(source), "-o", str(tmp_path / "o.csv"), "--column", "c")
    assert "no column 'c'" in err


def test_a_backlog_may_bring_its_days_and_facts(run, tmp_path):
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("melding,dag,reachable\ndakgoot schoonmaken,2026-03-01,ja\ndakgoot schoonmaken,,nee\n", "utf-8")
    code, _, _ = run(
        "score",
        str(source),
        "-o",
        str(output),
        "--date-column",
        "dag",
        "--fact-column",
        "reachable",
        "--column",
        "melding",
    )
    assert code == 0
    assert list(pd.read_csv(output)["responsible"]) == ["tenant", "landlord"]
    code, _, err = run("score", str(source), "-o", str(output), "--column", "melding", "--date-column", "datum")
    assert code == 1
    assert "no column 'datum'" in err


def test_a_file_that_cannot_be_written_is_told_in_one_sentence(run):
    code, _, err = run("catalogue", "guide", "nl", "-o", "/dev/null/guide")
    assert code == 1
    assert err.startswith("error: /dev/null")
    assert "Traceback" not in err
