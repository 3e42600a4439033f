"""A run over a backlog as a whole: its day, its processes, what it is told apart by, and what it refuses at once."""

import datetime
import json
import logging
import sqlite3
import threading
from decimal import Decimal

import pandas as pd
import pytest
from test_backlog_tables import stop_after

import triage
from triage.backlog import Options, Summary, score
from triage.errors import TriageError
from triage.judging import Judge

TEXT = "de kraan boven de gootsteen blijft druppen"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def until_2026(triager):
    """A triager whose rule on dripping taps is in force until the end of 2026."""
    last = datetime.date(2026, 12, 31)
    rules = [
        rule.model_copy(update={"valid_until": last}) if rule.id == "tap.drips" else rule
        for rule in triager.catalogue.rules
    ]
    return triage.Triager(triager.model, triager.catalogue.model_copy(update={"rules": rules}))


def today(monkeypatch, year, month, day):
    class Day(datetime.date):
        @classmethod
        def today(cls):
            return datetime.date(year, month, day)

    monkeypatch.setattr("triage.values.date", Day)


def rules_of(path):
    return list(pd.read_csv(path, keep_default_na=False)["rule"])


def test_a_run_that_goes_on_after_midnight_keeps_to_the_rules_of_its_first_day(until_2026, here, monkeypatch):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n{TEXT}\n{TEXT}\n")
    today(monkeypatch, 2026, 12, 31)
    with pytest.raises(KeyboardInterrupt):
        score(until_2026, "in.csv", "out.csv", Options(rows=1), stop_after(1))
    today(monkeypatch, 2027, 1, 1)
    score(until_2026, "in.csv", "out.csv", Options(rows=1))
    assert rules_of("out.csv") == ["tap.drips"] * 3
    score(until_2026, "in.csv", "afresh.csv", Options(rows=1))
    assert rules_of("afresh.csv") != rules_of("out.csv")


def test_rows_without_a_day_are_judged_by_the_day_that_is_given(until_2026, here):
    (here / "in.csv").write_text(f"melding,dag\n{TEXT},\n{TEXT},2026-03-01\n")
    for day in ("2026-06-01", datetime.date(2026, 6, 1), "2027-06-01"):
        score(until_2026, "in.csv", f"{day}.csv", Options(date=day, date_column="dag"))
    assert rules_of("2026-06-01.csv") == ["tap.drips"] * 2
    assert rules_of("2027-06-01.csv")[0] != "tap.drips"
    assert rules_of("2027-06-01.csv")[1] == "tap.drips"


def test_the_day_is_given_on_the_command_line(run, here):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n")
    assert run("score", "in.csv", "-o", "out.csv", "--date", "1/3/2026")[0] == 0
    code, _, err = run("score", "in.csv", "-o", "out.csv", "--date", "31-2-2026")
    assert code == 1
    assert "a day that does not exist" in err


def test_logs_tell_which_fact_cannot_be_used_but_not_its_value(triager, caplog):
    given = [None, {"reachable": "mevrouw Jansen"}, {"reachable": True, "out_of_reach": True}]
    with caplog.at_level(logging.WARNING):
        scored = triager.assess_many([TEXT] * 3, facts=given)
        triager.assess_many([TEXT], date=["mevrouw Jansen"])
    assert list(scored["reason"] == "error") == [False, True, True]
    assert [record.getMessage() for record in caplog.records] == [
        "2 requests have facts or a date that cannot be used; request 1 is the first, for its fact reachable",
        "1 requests have facts or a date that cannot be used; request 0 is the first, for its date",
    ]


def test_a_small_run_starts_no_workers(triager, here, monkeypatch):
    monkeypatch.setattr("joblib.Parallel", None)
    (here / "in.csv").write_text("melding\n" + f"{TEXT}\n" * 8)
    assert score(triager, "in.csv", "out.csv", Options(rows=2, n_jobs=2)).requests == 8


@pytest.mark.parametrize("kind", [".csv", ".xlsx"])
def test_workers_that_start_later_do_what_is_left(triager, here, monkeypatch, kind):
    monkeypatch.setattr("triage.backlog.run._ALONE", 0.05)
    frame = pd.DataFrame({"nr": range(400), "melding": [TEXT] * 400})
    frame.to_csv("in.csv", index=False)
    frame.to_excel("in.xlsx", index=False)
    for jobs in (1, 2):
        score(triager, here / f"in{kind}", here / f"out{jobs}.csv", Options(rows=4, n_jobs=jobs))
    assert (here / "out2.csv").read_bytes() == (here / "out1.csv").read_bytes()


def test_a_triager_is_packed_before_others_score_beside_this_process(triager, here, monkeypatch):
    monkeypatch.setattr("triage.backlog.run._ALONE", 0)
    packing = []

    def state(self):
        packing.append(threading.current_thread())
        return self.__dict__

    monkeypatch.setattr(triage.Triager, "__getstate__", state)
    (here / "in.csv").write_text("melding\n" + f"{TEXT}\n" * 40)
    score(triager, here / "in.csv", here / "out.csv", Options(rows=4, n_jobs=2))
    assert packing == [threading.main_thread()]


def test_a_source_is_the_same_however_its_path_is_written(triager, here):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n{TEXT}\n")
    with pytest.raises(KeyboardInterrupt):
        score(triager, "in.csv", "out.csv", Options(rows=1), stop_after(1))
    assert score(triager, here / "in.csv", "out.csv", Options(rows=1)).requests == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--jobs", "0"], "--jobs 0"),
        (["--output-table", "x"], "--output-table does not apply"),
        (["--per", "word"], "finding"),
    ],
)
def test_what_cannot_be_done_is_refused_at_once(run, here, arguments, says):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n")
    code, _, err = run("score", "in.csv", "-o", "out.csv", *arguments)
    assert code == 1
    assert says in err
    assert [path.name for path in here.iterdir()] == ["in.csv"]


def test_a_folder_that_cannot_be_written_is_told_as_such(triager, here):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n")
    (here / "out.csv.parts" / "lock").mkdir(parents=True)
    with pytest.raises(TriageError, match=r"out.csv.parts: cannot be written .*--output"):
        score(triager, "in.csv", "out.csv")


def test_a_database_to_be_read_is_never_made(triager, here):
    with pytest.raises(TriageError, match=r"^none.db: no such file"):
        score(triager, "sqlite:///none.db", "out.csv", Options(table="requests"))
    assert not list(here.iterdir())
    with sqlite3.connect("new.db") as connection:
        connection.execute("create table requests (ticket integer primary key, melding text)")
    assert score(triager, "sqlite:///new.db", "out.csv", Options(table="requests")).requests == 0


@pytest.mark.parametrize("kind", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_parquet_columns_of_one_name_are_told_apart(triager, here, kind):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = arrow.table([arrow.array(["a"]), arrow.array([TEXT]), arrow.array(["b"])], names=["nr", "melding", "nr"])
    parquet.write_table(table, "in.parquet")
    score(triager, "in.parquet", f"out{kind}")
    score(triager, f"out{kind}", "again.jsonl", Options(column="melding"))
    row = json.loads((here / "again.jsonl").read_text())
    assert (row["nr"], row["nr.1"]) == ("a", "b")


@pytest.mark.parametrize("values", [["1.00", "0,0", None], [Decimal("1.00"), Decimal("0.00"), None]])
def test_facts_may_be_numbers_with_noughts(triager, here, values):
    pd.DataFrame({"melding": [TEXT] * 3, "own_fault": values}).to_parquet("in.parquet")
    score(triager, "in.parquet", "out.csv", Options(fact_columns=("own_fault",)))
    assert pd.read_csv("out.csv")["problem"].isna().all()


def test_rows_of_a_sheet_end_with_the_last_value(triager, here):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["nr", "melding"], [1, TEXT], [None, None], [2, TEXT]):
        book.active.append(row)
    for number in range(5, 40):
        book.active.cell(number, 1).font = openpyxl.styles.Font(bold=True)
    book.save("in.xlsx")
    assert score(triager, "in.xlsx", "out.csv").requests == 3


@pytest.fixture
def fails(monkeypatch):
    """Let judging fail with an error from some text on."""

    def begin(error, sign=""):
        judge = Judge.judge

        def failing(self, texts, *given):
            if any(sign in text for text in texts):
                raise error
            return judge(self, texts, *given)

        monkeypatch.setattr(Judge, "judge", failing)
        return lambda: monkeypatch.setattr(Judge, "judge", judge)

    return begin


def test_memory_that_runs_out_ends_the_run_and_no_row_is_written_as_an_error(triager, here, fails):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n{TEXT} boem\n")
    mend = fails(MemoryError(), "boem")
    with pytest.raises(TriageError, match=r"memory ran out.*the same command goes on"):
        score(triager, "in.csv", "out.csv", Options(rows=1))
    assert [path.name for path in (here / "out.csv.parts").glob("*.csv")] == ["00000000.csv"]
    mend()
    assert score(triager, "in.csv", "out.csv", Options(rows=1)).reasons["error"] == 0


def test_a_disk_without_room_for_what_tells_languages_apart_ends_the_run(triager, here, monkeypatch):
    import triage.language

    def full():
        raise OSError(28, "No space left on device")

    (here / "in.csv").write_text(f"melding\n{TEXT}\n")
    with monkeypatch.context() as patched:
        patched.setattr(triage.language, "_identifier", full)
        with pytest.raises(TriageError, match="No space left"):
            score(triager, "in.csv", "out.csv")
    assert score(triager, "in.csv", "out.csv").requests == 1


@pytest.mark.parametrize("per", ["request", "finding"])
def test_a_row_that_could_not_be_judged_says_so_and_is_searched_for_danger(bundled, here, fails, per):
    fails(RuntimeError(), "boem")
    (here / "in.csv").write_text(f"melding\n{TEXT}\nboem, ik ruik gas in de gang\nboem, kraan drupt\n")
    score(bundled, "in.csv", "out.jsonl", Options(rows=2, per=per))
    rows = [json.loads(line) for line in (here / "out.jsonl").read_text().splitlines()]
    told = [(row["reason"] == "error", row["problem"], row["urgent"]) for row in rows]
    assert told == [
        (False, None, False),
        (True, "row 2 could not be judged", True),
        (True, "row 3 could not be judged", False),
    ]


@pytest.mark.parametrize(
    "given", [{"facts": [{"reachable": "misschien"}, None, {"x": 1}]}, {"date": ["ooit", None, "31-2-2026"]}]
)
def test_danger_is_seen_also_where_facts_or_a_day_cannot_be_used(bundled, given):
    scored = bundled.assess_many(["ik ruik gas in de gang", TEXT, TEXT], **given)
    assert list(scored["reason"] == "error") == [True, False, True]
    assert list(scored["urgent"]) == [True, False, False]
    assert list(scored["responsible"].isna()) == [True, False, True]
    per_finding = bundled.assess_many(["ik ruik gas in de gang", TEXT, TEXT], **given, per="finding")
    assert set(per_finding["request"]) == {1}


def test_a_stopped_command_says_how_to_go_on(run, here, monkeypatch):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n")

    def stop(*_given):
        raise KeyboardInterrupt

    monkeypatch.setattr("triage.backlog.run.Work.do", stop)
    code, _, err = run("score", "in.csv", "-o", "out.csv")
    assert code == 130
    assert "the same command goes on" in err


def test_a_run_goes_on_where_nobody_listens_any_more(triager, here):
    def hang_up(_done, _total):
        raise BrokenPipeError

    (here / "in.csv").write_text(f"melding\n{TEXT}\n")
    summary = score(triager, "in.csv", "out.csv", progress=hang_up)
    assert isinstance(summary, Summary)
    assert summary.requests == 1
