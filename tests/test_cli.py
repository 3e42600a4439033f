"""The command line prints results to stdout, and errors in one sentence to stderr."""

import io
import json
import sys

import pandas as pd
import pytest

from triage import Assessment, load
from triage.assessment import Word
from triage.cli import main
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
        (["catalogue", "show", "tap.dripz"], "did you mean tap.drips (Kraan drupt of lekt)"),
        (["catalogue", "show", "schmimmel"], "did you mean damp.mould (Schimmel)"),
        (["catalogue", "show", "mould"], "damp.mould (Schimmel)"),
        (["catalogue", "show", "qqqq"], "search by another word"),
        (["assess", "-f", "reachable=no", "-f", "reachable=yes", "kraan"], "'reachable' is given twice"),
        (["assess", "-f", "tenancy_start=1", "kraan"], "tenancy_start='1' cannot be read; write it as 2024-07-01"),
        (["score", "nowhere.csv", "-o", "out.csv"], "no such file"),
    ],
)
def test_errors_are_one_sentence_with_a_way_out(run, arguments, expected):
    code, out, err = run(*arguments)
    assert code == 1
    assert out == ""
    assert expected in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "command",
    [
        ["assess", "kraan"],
        ["score", "in.csv", "-o", "out.csv"],
        ["catalogue", "show", "tap.drips"],
        ["catalogue", "diff", "nl", "nl"],
    ],
    ids=" ".join,
)
def test_a_day_that_is_left_blank_is_not_taken_for_today(run, command):
    code, out, err = run(*command, "--date", "")
    assert (code, out) == (2, "")
    assert "it is blank" in err


def piped(monkeypatch, *arguments, message=None):
    """Call the command line as a program does, on a machine whose terminals know no UTF-8; returns what it writes."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "argv", ["triage", *arguments])
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp1252"))
    if message is not None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(message), encoding="cp1252"))
    with pytest.raises(SystemExit, match="0"):
        main()
    sys.stdout.flush()
    return written.getvalue().decode("utf-8")


@pytest.mark.parametrize("text", ["de kraan in de keuken drupt → spoed", "de kraan in de keuken drupt ☔ bij Łukasz"])
def test_what_a_program_reads_is_utf8_whatever_the_machine_writes(monkeypatch, text):
    assert json.loads(piped(monkeypatch, "assess", "--json", text))["text"] == text
    assert json.loads(piped(monkeypatch, "assess", "--json", "-", message=text.encode()))["text"] == text
    assert "→" in piped(monkeypatch, "assess", text)


def test_a_message_that_is_no_utf8_is_read_as_far_as_it_can_be(monkeypatch):
    told = json.loads(piped(monkeypatch, "assess", "--json", "-", message=b"de caf\xe9kraan in de keuken drupt"))
    assert told["text"] == "de caf\ufffdkraan in de keuken drupt"


def test_a_closed_input_is_told_in_one_sentence(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    code, _, err = run("assess", "-")
    assert code == 1
    assert err.startswith("error: standard input is closed")


VERSIONS = """
changes:
  - {rule: tap.drips, responsible: landlord, basis: 'own:1', valid_from: 2027-01-01}
  - {rule: drain.sink_blocked, responsible: landlord, basis: 'own:2', tenancy_from: 2024-01-01}
retire: [{rule: pest.woodworm, instead: window.frame_rot, basis: 'own:8', valid_from: 2026-02-01}]
"""


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["tap.drips", "--date", "2026-06-01"], ["not on 2026-06-01", "landlord", "on 2026-06-01", "tenant"]),
        (["tap.drips", "--date", "2027-06-01"], ["on 2027-06-01", "landlord", "not on 2027-06-01", "tenant"]),
        (
            ["drain.sink_blocked", "--date", "2026-06-01"],
            ["on 2026-06-01, for these tenancies", "landlord", "on 2026-06-01", "tenant"],
        ),
        (
            ["drain.sink_blocked", "--date", "2026-06-01", "--tenancy-start", "2023-12-31"],
            ["not on 2026-06-01", "landlord", "on 2026-06-01", "tenant"],
        ),
        (
            ["drain.sink_blocked", "--date", "2026-06-01", "--tenancy-start", "2024-01-01"],
            ["on 2026-06-01", "landlord", "not on 2026-06-01", "tenant"],
        ),
    ],
    ids=lambda part: " ".join(part),
)
def test_every_version_of_a_rule_is_shown_with_what_counts(run, lay, tmp_path, arguments, shown):
    lay(VERSIONS)
    _, out, _ = run("catalogue", "show", *arguments, "-c", str(tmp_path / "ours.yaml"))
    rows = [line.split("  ", 1) for line in out.splitlines() if line.startswith(("in force", "who"))]
    assert [row[1].strip() for row in rows] == shown


def test_a_retired_rule_is_shown_as_such(run, lay, tmp_path):
    lay(VERSIONS)
    _, out, _ = run("catalogue", "show", "pest.woodworm", "-c", str(tmp_path / "ours.yaml"), "--date", "2026-06-01")
    assert "from 2026-02-01, instead: window.frame_rot (own:8)" in out
    assert "not on 2026-06-01" in out


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


def test_a_column_that_begins_as_the_message_is_called_will_do_if_it_is_the_only_one(run, tmp_path):
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("Melding nummer;Omschrijving klacht\n12;het dak lekt\n", "utf-8")
    assert run("score", str(source), "-o", str(output))[0] == 0
    assert list(pd.read_csv(output, sep=";")["responsible"]) == ["landlord"]
    source.write_text("Omschrijving klacht;Omschrijving complex\nhet dak lekt;x\n", "utf-8")
    code, _, err = run("score", str(source), "-o", str(output))
    assert (code, "which column holds the message?" in err) == (1, True)


def test_a_title_above_the_headings_is_told(run, tmp_path):
    (tmp_path / "in.csv").write_text("Meldingen van maart;\nnr;melding\n1;het dak lekt\n", "utf-8")
    code, _, err = run("score", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"))
    assert (code, "if the headings stand lower, remove the rows above them" in err) == (1, True)


@pytest.mark.parametrize(("rows", "told"), [("1;het dak lekt;x\n", "1 row"), ("1;het dak lekt;x\n" * 2, "2 rows")])
def test_the_last_line_tells_how_many_rows_could_not_be_used_and_where_it_says_why(run, tmp_path, rows, told):
    (tmp_path / "in.csv").write_text(f"nr;melding\n{rows}3;kraan drupt\n", "utf-8")
    _, _, err = run("score", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"))
    assert err.splitlines()[-1] == f"{told} could not be used; the column problem says why"


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


def test_each_of_several_defects_is_headed_by_what_it_comes_to(run, bundled):
    text = "kraan drupt, dak lekt, iemand zit vast in de lift"
    lines = run("assess", text)[1].splitlines()
    heads = [line for line in lines if line.startswith("defect ")]
    findings = bundled.assess(text).findings
    assert len(heads) == len(findings) > 1
    for head, finding in zip(heads, findings, strict=True):
        assert f"– {finding.responsible.upper()} {finding.confidence:.0%} {finding.decision}" in head
        assert head.endswith("URGENT") == finding.urgent
