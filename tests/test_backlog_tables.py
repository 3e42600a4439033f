"""Backlogs in tables and what becomes of them: databases, Excel, Parquet, and the folder of an unfinished run."""

import csv
import datetime
import io
import json
import multiprocessing
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import zipfile

import pandas as pd
import pytest

from triage.backlog import Options, score
from triage.backlog.report import following
from triage.errors import TriageError

TEXTS = ["de kraan drupt", "het dak lekt", "sleutel kwijt", "ketel geeft storing", "de wc loopt door", "ruit stuk"]


def stop_after(count):
    """Stop a run when so many rows are done, as a person does with Ctrl-C."""

    def progress(done, _total):
        if done >= count:
            raise KeyboardInterrupt

    return progress


@pytest.fixture
def at_once(monkeypatch):
    """Start workers as soon as a run begins, however small it is."""
    monkeypatch.setattr("triage.backlog.run._ALONE", 0)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(path, rows, columns="ticket integer primary key, melding text", table="requests"):
    with sqlite3.connect(path) as connection:
        connection.execute(f"create table {table} ({columns})")
        connection.executemany(f"insert into {table} values (?, ?)", rows)  # noqa: S608


def rows_of(path, table):
    with sqlite3.connect(path) as connection:
        return connection.execute(f"select * from {table}").fetchall()  # noqa: S608


@pytest.fixture
def tickets(here):
    make("src.db", list(enumerate(TEXTS, 1)))
    return "sqlite:///src.db"


SQL = Options(table="requests", output_table="scored", rows=2)


def test_going_on_with_a_run_never_touches_the_table_of_another_database(triager, tickets):
    with pytest.raises(KeyboardInterrupt):
        score(triager, tickets, "sqlite:///new.db", SQL, stop_after(2))
    make("dst.db", [(1, "of somebody else")], table="scored")
    with pytest.raises(TriageError, match="exists already"):
        score(triager, tickets, "sqlite:///dst.db", SQL)
    assert rows_of("dst.db", "scored") == [(1, "of somebody else")]
    assert score(triager, tickets, "sqlite:///new.db", SQL).requests == 6
    assert len(rows_of("new.db", "scored")) == 6


def test_a_table_that_somebody_makes_in_the_meantime_is_kept(triager, tickets):
    with pytest.raises(KeyboardInterrupt):
        score(triager, tickets, "sqlite:///new.db", SQL, stop_after(2))
    make("new.db", [(1, "of somebody else")], table="scored")
    with pytest.raises(TriageError, match="exists already"):
        score(triager, tickets, "sqlite:///new.db", SQL)
    assert rows_of("new.db", "scored") == [(1, "of somebody else")]


def test_a_table_that_appears_while_the_last_part_is_scored_is_kept(triager, tickets):
    def progress(done, total):
        if done == total:
            make("new.db", [(1, "of somebody else")], table="scored")

    with pytest.raises(TriageError, match="exists already"):
        score(triager, tickets, "sqlite:///new.db", SQL, progress)
    assert rows_of("new.db", "scored") == [(1, "of somebody else")]


@pytest.mark.parametrize("killed_at", ["_fill", "_rename", "clear"])
def test_a_run_killed_while_it_makes_its_table_goes_on(triager, tickets, monkeypatch, killed_at):
    from triage.backlog import run
    from triage.backlog.database import SqlSink

    owner = run if killed_at == "clear" else SqlSink
    real = getattr(owner, killed_at)

    def killed(*given):
        if killed_at == "_fill":
            real(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(owner, killed_at, killed)
        with pytest.raises(KeyboardInterrupt):
            score(triager, tickets, "sqlite:///new.db", SQL)
    assert score(triager, tickets, "sqlite:///new.db", SQL).requests == 6
    with sqlite3.connect("new.db") as connection:
        assert connection.execute("select name from sqlite_master").fetchall() == [("scored",)]
    assert len(rows_of("new.db", "scored")) == 6


def test_a_table_in_which_rows_were_exchanged_is_another_source(triager, tickets):
    options = Options(table="requests", rows=2)
    with pytest.raises(KeyboardInterrupt):
        score(triager, tickets, "scored.csv", options, stop_after(2))
    with sqlite3.connect("src.db") as connection:
        connection.execute("delete from requests where ticket = 1")
        connection.execute("insert into requests values (7, 'het plafond lekt')")
    with pytest.raises(TriageError, match="differs in source"):
        score(triager, tickets, "scored.csv", options)


def test_rows_are_ordered_only_by_values_that_differ(triager, here):
    make("src.db", [("a", "het dak lekt"), ("a", "ruit stuk"), ("b", "sleutel kwijt")], "wijk text, melding text")
    with pytest.raises(TriageError, match="'wijk' has 2 values for 3 rows"):
        score(triager, "sqlite:///src.db", "out.csv", Options(table="requests", order_by="wijk"))


@pytest.mark.usefixtures("at_once")
def test_two_processes_read_and_make_a_table(triager, tickets):
    score(triager, tickets, "sqlite:///new.db", SQL)
    score(triager, tickets, "sqlite:///two.db", Options(table="requests", output_table="scored", rows=2, n_jobs=2))
    assert rows_of("two.db", "scored") == rows_of("new.db", "scored")


def test_a_full_disk_under_a_database_is_told_without_messages(triager, here):
    pd.DataFrame({"melding": ["het dak lekt, zegt Jansen " * 20] * 200}).to_csv("in.csv", index=False)
    options, limits = Options(output_table="scored", rows=20), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, limits[1]))
    try:
        with pytest.raises(TriageError, match="the same command goes on") as told:
            score(triager, "in.csv", "sqlite:///new.db", options)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "Jansen" not in f"{told.value} {told.value.__cause__}"
    assert score(triager, "in.csv", "sqlite:///new.db", options).requests == 200


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("foo://host/db", "no kind of database is called 'foo'"),
        ("oracle+oracledb://host/db", "pip install"),
        ("postgresql://name:secret@host:port/db", "cannot be read"),
    ],
)
def test_a_database_that_is_not_known_is_told(triager, here, url, says):
    (here / "in.csv").write_text("melding\nhet dak lekt\n")
    for source, output, options in (
        (url, "out.csv", Options(table="requests")),
        ("in.csv", url, Options(output_table="scored")),
    ):
        with pytest.raises(TriageError, match=says):
            score(triager, source, output, options)
    assert [path.name for path in here.iterdir()] == ["in.csv"]


def test_passwords_are_never_told(triager, tickets):
    url = "mysql+secret://name:secret@host/db?odbc_connect=PWD=secret"
    for source, output, options in (
        (url, "out.csv", Options()),
        (tickets, url, Options(table="requests")),
        (url, url, SQL),
    ):
        with pytest.raises(TriageError) as told:
            score(triager, source, output, options)
        assert "secret@" not in str(told.value)
        assert "PWD" not in str(told.value)


def change_sheet(path, change):
    """Write the XML of the sheet in another way, as other programs than ours do."""
    with zipfile.ZipFile(path) as book:
        files = {name: book.read(name) for name in book.namelist()}
    name = "xl/worksheets/sheet1.xml"
    files[name] = change(files[name].decode()).encode()
    with zipfile.ZipFile(path, "w") as book:
        for name, content in files.items():
            book.writestr(name, content)


def test_all_rows_of_a_sheet_are_read_whatever_dimension_it_tells(triager, here):
    pd.DataFrame({"nr": range(6), "melding": TEXTS}).to_excel("in.xlsx", index=False)
    change_sheet("in.xlsx", lambda xml: re.sub(r'<dimension ref="[^"]*"', '<dimension ref="A1"', xml))
    assert score(triager, "in.xlsx", "out.csv").requests == 6
    assert list(pd.read_csv("out.csv")["melding"]) == TEXTS


def test_values_beside_the_header_are_carried_along(triager, here):
    pd.DataFrame([["melding", None], ["het dak lekt", None], ["ruit stuk", "spoed"]]).to_excel(
        "in.xlsx", index=False, header=False
    )
    score(triager, "in.xlsx", "out.jsonl")
    rows = [json.loads(line) for line in (here / "out.jsonl").read_text().splitlines()]
    assert [row["column 2"] for row in rows] == [None, "spoed"]
    assert all(row["responsible"] for row in rows)


def test_a_message_that_looks_like_a_formula_stays_text(triager, here):
    openpyxl = pytest.importorskip("openpyxl")
    message = '=HYPERLINK("http://example.org","het dak lekt")'
    pd.DataFrame({"melding": [message, "#N/A"]}).to_csv("in.csv", index=False)
    score(triager, "in.csv", "out.xlsx")
    cells = [row[0] for row in openpyxl.load_workbook("out.xlsx").active.iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(message, "s"), ("#N/A", "s")]


def test_dates_from_excel_to_excel_stay_dates(triager, here):
    day = datetime.datetime(2026, 3, 1, 9, 30)
    pd.DataFrame({"melding": ["het dak lekt"], "datum": [day]}).to_excel("in.xlsx", index=False)
    score(triager, "in.xlsx", "out.xlsx")
    assert pd.read_excel("out.xlsx")["datum"][0] == day


def test_the_index_of_pandas_is_a_column_as_any(triager, here):
    pd.DataFrame({"melding": TEXTS}, index=pd.Index([9, 7, 8, 4, 5, 6], name="ticket")).to_parquet("in.parquet")
    score(triager, "in.parquet", "out.csv")
    assert list(pd.read_csv("out.csv")["ticket"]) == [9, 7, 8, 4, 5, 6]


@pytest.mark.parametrize("kind", [".csv", ".jsonl", ".xlsx", ".parquet"])
def test_lists_and_objects_are_carried_along(triager, here, kind):
    given = [{"foto": ["a.jpg", "b.jpg"]}, {"foto": []}]
    pd.DataFrame({"melding": TEXTS[:2], "maten": [[1, 2], [3]], "bij": given}).to_parquet("in.parquet")
    score(triager, "in.parquet", f"out{kind}")
    score(triager, f"out{kind}", "again.csv", Options(column="melding"))
    again = pd.read_csv("again.csv")
    assert [json.loads(value) for value in again["maten"]] == [[1, 2], [3]]
    assert [json.loads(value) for value in again["bij"]] == given


@pytest.mark.parametrize("values", [[12, "12A", None, 13], [12, 13, "12A", None], [None, None, 12, 13]])
def test_a_column_of_numbers_and_texts_goes_to_parquet(triager, here, values):
    pd.DataFrame({"melding": TEXTS[:4], "huisnummer": pd.Series(values, dtype=object)}).to_excel("in.xlsx", index=False)
    score(triager, "in.xlsx", "out.parquet", Options(rows=2))
    wanted = [str(value) for value in values if value is not None] if "12A" in values else [12, 13]
    assert list(pd.read_parquet("out.parquet")["huisnummer"].dropna()) == wanted


def test_a_carriage_return_within_a_value_is_quoted(triager, here):
    pd.DataFrame({"nr": [1, 2], "melding": ["het dak lekt\rsinds gisteren", "ruit stuk"]}).to_json(
        "in.jsonl", orient="records", lines=True
    )
    score(triager, "in.jsonl", "out.csv")
    content = (here / "out.csv").read_bytes().decode()
    rows = list(csv.reader(io.StringIO(content, newline="")))
    assert [row[:2] for row in rows] == [["nr", "melding"], ["1", "het dak lekt\rsinds gisteren"], ["2", "ruit stuk"]]
    assert content.count("\r") == 1


def test_numbers_are_written_as_they_stand_whatever_stands_beside_them(triager, here):
    (here / "in.jsonl").write_text('{"melding": "ruit stuk", "nr": 1}\n{"melding": "ruit stuk", "nr": null}\n' * 2)
    score(triager, "in.jsonl", "out.csv")
    assert list(pd.read_csv("out.csv", dtype=str)["nr"].fillna("")) == ["1", "", "1", ""]


def test_numbers_without_end_leave_json_readable(triager, here):
    (here / "in.jsonl").write_text('{"melding": "het dak lekt", "bedrag": 1e400, "lijst": [-1e400]}\n')
    score(triager, "in.jsonl", "out.jsonl")
    row = json.loads((here / "out.jsonl").read_text(), parse_constant=pytest.fail)
    assert (row["bedrag"], row["lijst"]) == ("Infinity", ["-Infinity"])


def test_the_advice_to_say_the_encoding_can_be_followed(triager, here):
    (here / "in.csv").write_bytes("nr,melding\n1,één kraan drupt\n".encode("cp1252"))
    with pytest.raises(TriageError, match="--encoding cp1252"):
        score(triager, "in.csv", "out.csv")
    assert score(triager, "in.csv", "out.csv", Options(encoding="cp1252")).requests == 1


def test_a_run_without_a_finished_part_may_be_begun_in_another_way(triager, here):
    (here / "in.csv").write_text("melding\nhet dak lekt\nruit stuk\n")
    with pytest.raises(KeyboardInterrupt):
        score(triager, "in.csv", "out.csv", Options(rows=2), stop_after(0))
    assert score(triager, "in.csv", "out.csv", Options(rows=1)).requests == 2


def test_two_runs_for_one_output_do_not_mix(triager, here):
    (here / "in.csv").write_text("melding\n" + "het dak lekt\n" * 4)
    other = [sys.executable, "-c", "from triage.cli import main; main()", "score", "in.csv", "-o", "out.csv"]
    errors = []

    def progress(done, _total):
        if not done:
            errors.append(subprocess.run(other, capture_output=True, text=True).stderr)

    assert score(triager, "in.csv", "out.csv", Options(rows=2), progress).requests == 4
    assert "another run writes to the same output" in errors[0]
    assert sorted(path.name for path in here.iterdir()) == ["in.csv", "out.csv"]


@pytest.mark.usefixtures("at_once")
def test_a_worker_that_is_killed_is_told(triager, here):
    pd.DataFrame({"melding": TEXTS * 40}).to_excel("in.xlsx", index=False)
    options = Options(rows=2, n_jobs=2)

    def kill(done, _total):
        if done:
            for child in multiprocessing.active_children():
                os.kill(child.pid, signal.SIGKILL)

    with pytest.raises(TriageError, match=r"a worker was killed.*the same command goes on"):
        score(triager, here / "in.xlsx", here / "out.csv", options, kill)
    assert score(triager, here / "in.xlsx", here / "out.csv", Options(rows=2)).requests == 240


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("number", [0, 1499])
def test_a_part_that_fails_stops_the_run_soon(triager, here, number):
    (here / "in.csv").write_text("melding\n" + "het dak lekt en de kraan drupt\n" * 30_000)

    def obstruct(done, _total):
        if not done:
            (here / "out.csv.parts" / f"{number:08d}.new").mkdir()

    with pytest.raises(TriageError, match=f"{number:08d}.new: Is a directory"):
        score(triager, here / "in.csv", here / "out.csv", Options(rows=20, n_jobs=2), obstruct)
    assert len(list((here / "out.csv.parts").glob("*.csv"))) < 1000


def test_nothing_to_do_takes_no_time(triager, here, capsys):
    (here / "in.csv").write_text("melding\n")
    with following() as progress:
        score(triager, "in.csv", "out.csv", progress=progress)
    told = capsys.readouterr().err
    assert "scored 0 of 0 rows" in told
    assert "inf" not in told
