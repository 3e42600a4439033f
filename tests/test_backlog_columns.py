"""Columns of backlogs: which line names them, and names that somebody else takes for the same."""

import csv
import json
import sqlite3

import pandas as pd
import pytest

from triage.backlog import Options, score
from triage.errors import TriageError


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names_of(path):
    with sqlite3.connect(path) as connection:
        return [column[0] for column in connection.execute("select * from scored").description]


@pytest.mark.parametrize(
    ("header", "first", "found"),
    [
        ("ID;id;melding", "1;2", ["ID", "id.1", "melding"]),
        ("Urgent;Reason;melding", "ja;x", ["Urgent", "Reason", "melding"]),
        (";melding; ", "1;het dak lekt", ["column 1", "melding", "column 3"]),
    ],
)
def test_a_database_takes_columns_of_any_name(triager, here, header, first, found):
    (here / "in.csv").write_text(f"{header}\n{first};het dak lekt\n")
    score(triager, "in.csv", "sqlite:///out.db", Options(output_table="scored"))
    names = names_of("out.db")
    assert names[:3] == found
    assert len({name.casefold() for name in names}) == len(names)


def test_names_of_json_lines_and_of_tables_are_told_apart_too(triager, here):
    (here / "in.jsonl").write_text('{"text": "het dak lekt", "Text": 2, "": 3}\n')
    score(triager, "in.jsonl", "sqlite:///out.db", Options(output_table="scored", column="text"))
    assert names_of("out.db")[:3] == ["text", "Text.1", "column 3"]


def test_a_table_that_a_database_does_not_take_is_refused_before_scoring(triager, here):
    names = ";".join(f"k{i}" for i in range(2100))
    (here / "in.csv").write_text(f"melding;{names}\nhet dak lekt\n")
    told = []
    with pytest.raises(TriageError, match="too many columns"):
        score(triager, "in.csv", "sqlite:///out.db", Options(output_table="scored"), lambda *done: told.append(done))
    assert not told
    assert not list(here.glob("*.parts"))


@pytest.mark.parametrize(
    "content",
    [
        "Meldingen van maart\nnr;melding\n1;het dak lekt\n2;ruit stuk, graag snel\n",
        '"sep=;"\nnr;melding\n1;het dak lekt\n',
        "nr^melding\n1^het dak lekt\n2^ruit stuk\n",
    ],
)
def test_a_header_of_one_field_over_rows_of_more_is_refused(triager, here, content):
    (here / "in.csv").write_text(content)
    with pytest.raises(TriageError, match=r"which line is the header\?.*--separator"):
        score(triager, "in.csv", "out.csv")


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("melding\nhet dak lekt, en hoe\nruit stuk, graag snel\n", {}),
        ("wat\nhet dak lekt, en hoe\nruit stuk, graag snel\n", {"column": "wat"}),
        ('wat\n"het dak lekt, en hoe"\n"ruit stuk, graag snel"\n', {}),
        ("wat\nhet dak lekt, en hoe\nruit stuk\n", {}),
    ],
)
def test_a_file_of_one_column_may_hold_separators(triager, here, content, options):
    (here / "in.csv").write_text(content)
    assert score(triager, "in.csv", "out.jsonl", Options(**options)).requests == 2
    assert "het dak lekt, en hoe" in (here / "out.jsonl").read_text()


def test_rows_are_counted_alike_whatever_the_parts_and_the_blank_lines(triager, here):
    rows = ["1;het dak lekt", "", "", "2;ruit stuk;x;y", "", "3;het dak lekt;x"]
    (here / "in.csv").write_text("\n".join(["nr;melding", *rows]))
    for size in (1, 2, 5):
        score(triager, "in.csv", f"{size}.csv", Options(rows=size))
        problems = pd.read_csv(f"{size}.csv", sep=";", dtype=str)["problem"].dropna()
        assert [problem[:5] for problem in problems] == ["row 2", "row 3"]


def test_rows_of_json_lines_are_told_by_their_lines(triager, here):
    (here / "in.jsonl").write_text('{"text": "het dak lekt"}\n\n\n{"text": "ruit stuk", "dag": "ooit"}\noops\n')
    for size in (1, 3):
        score(triager, "in.jsonl", f"{size}.jsonl", Options(rows=size, column="text", date_column="dag"))
        rows = [json.loads(line) for line in (here / f"{size}.jsonl").read_text().splitlines()]
        assert [row["problem"] and row["problem"][:6] for row in rows] == [None, "line 4", "line 5"]


def test_the_limits_of_the_csv_module_stay_as_they_were(triager, here):
    before = csv.field_size_limit()
    (here / "in.csv").write_text(f'nr;melding\n1;"het dak\nlekt {"x" * before}"\n')
    score(triager, "in.csv", "out.jsonl")
    assert csv.field_size_limit() == before
    assert json.loads((here / "out.jsonl").read_text())["problem"] is None


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "xlsx"])
def test_a_column_may_be_called_anything(triager, here, kind):
    (here / "in.csv").write_text("self;melding;a;a.b\n1;het dak lekt;x;y\n")
    score(triager, "in.csv", f"out.{kind}")
    score(triager, f"out.{kind}", "again.jsonl", Options(column="melding"))
    row = json.loads((here / "again.jsonl").read_text())
    assert (str(row["self"]), row["a"], row["a.b"]) == ("1", "x", "y")


def test_names_with_dots_are_told_apart_where_parts_disagree_on_types(triager, here):
    pytest.importorskip("pyarrow")
    (here / "in.jsonl").write_text('{"melding": "a", "a": 1, "a.b": "x"}\n{"melding": "b", "a": 1.5, "a.b": 2}\n')
    score(triager, "in.jsonl", "out.parquet", Options(rows=1, column="melding"))
    assert pd.read_parquet("out.parquet")[["a", "a.b"]].to_numpy().tolist() == [[1.0, "x"], [1.5, "2"]]
