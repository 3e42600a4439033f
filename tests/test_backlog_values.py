"""Values of backlogs: what one kind of file or database has and another has not is carried along all the same."""

import json
import sqlite3
import zipfile

import pandas as pd
import pytest

from triage.backlog import Options, score
from triage.errors import TriageError

TEXT = "het dak lekt"
SCORED = Options(output_table="scored")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_lines(path, values):
    path.write_text("".join(json.dumps({"melding": TEXT, "x": value}) + "\n" for value in values))


def make(path, kind, values):
    with sqlite3.connect(path) as connection:
        connection.execute(f"create table requests (nr integer primary key, melding text, x {kind})")
        connection.executemany("insert into requests values (?, ?, ?)", [(i, TEXT, v) for i, v in enumerate(values)])


def column(path, name, table="scored"):
    with sqlite3.connect(path) as connection:
        return [row[0] for row in connection.execute(f"select {name} from {table}")]  # noqa: S608


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("date", ["2026-03-01", "1-3-2026", ""]),
        ("datetime", ["2026-03-01 10:00:00", 1700000000, "2026-03-01T10:00:00Z"]),
        ("time", ["10:00", "tien uur"]),
        ("json", ['{"a": 1}', "los"]),
        ("decimal(5, 2)", [1.5, "nvt"]),
        ("boolean", [1, 0, "nee"]),
        ("bedrag", [1, "twee"]),
    ],
)
def test_a_value_of_sqlite_that_does_not_fit_its_column_is_carried_along(triager, here, kind, values):
    make("in.db", kind, values)
    score(triager, "sqlite:///in.db", "out.csv", Options(table="requests"))
    assert list(pd.read_csv("out.csv", dtype=str, keep_default_na=False)["x"]) == [str(value) for value in values]


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("smallint", "BIGINT"), ("real", "DOUBLE"), ("varchar(9)", "TEXT"), ("nvarchar(9)", "TEXT"), ("date", "TEXT")],
)
def test_a_table_is_made_with_types_that_any_database_has(triager, here, kind, wanted):
    make("in.db", kind, [1])
    score(triager, "sqlite:///in.db", "sqlite:///out.db", Options(table="requests", output_table="scored"))
    assert column("out.db", "type", "pragma_table_info('scored')")[2] == wanted


def test_a_text_that_a_database_cannot_decode_is_told_without_it(triager, here):
    make("in.db", "text", ["x"])
    with sqlite3.connect("in.db") as connection:
        connection.execute("update requests set melding = cast(x'4a616e73656ee9' as text)")
    with pytest.raises(TriageError, match="'melding'") as told:
        score(triager, "sqlite:///in.db", "out.csv", Options(table="requests"))
    assert "Jansen" not in str(told.value)


@pytest.mark.parametrize("size", [1, 5])
@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([{}, {"a": {}}], ["{}", '{"a": {}}']),
        ([2**53 + 1, 1.5], [str(2**53 + 1), "1.5"]),
        ([10**30, 1], [str(10**30), "1"]),
        ([True, 1, None], ["true", "1", None]),
    ],
)
def test_what_parquet_has_no_type_for_becomes_text(triager, here, values, wanted, size):
    write_lines(here / "in.jsonl", values)
    score(triager, "in.jsonl", "out.parquet", Options(rows=size))
    read = pd.read_parquet("out.parquet")["x"].astype(object)
    assert list(read.where(read.notna(), None)) == wanted


def test_a_text_column_of_a_database_has_values_as_json_spells_them(triager, here):
    write_lines(here / "in.jsonl", [True, 10**30, 12, 1.5, [1], "los", None])
    score(triager, "in.jsonl", "sqlite:///out.db", SCORED)
    assert column("out.db", "x") == ["true", str(10**30), "12", "1.5", "[1]", "los", None]


def test_a_value_nested_too_deep_is_a_problem_of_its_row(triager, here):
    deep = json.loads("[" * 400 + "]" * 400)
    write_lines(here / "in.jsonl", [deep, [[1]]])
    for kind in ("csv", "jsonl", "parquet", "xlsx"):
        assert score(triager, "in.jsonl", f"out.{kind}").reasons["error"] == 1
    first, second = (json.loads(line) for line in (here / "out.jsonl").read_text().splitlines())
    assert "line 1" in first["problem"]
    assert first["urgent"] == second["urgent"]
    assert (second["x"], second["problem"]) == ([[1]], None)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "xlsx"])
def test_bytes_become_the_text_that_they_are_or_base64(triager, here, kind):
    make("in.db", "blob", [b"caf\xc3\xa9", b"\xff\x00"])
    score(triager, "sqlite:///in.db", f"out.{kind}", Options(table="requests"))
    score(triager, f"out.{kind}", "sqlite:///again.db", Options(output_table="scored", column="melding"))
    assert column("again.db", "x") == ["café", "/wA="]


def test_blank_rows_may_stand_above_the_header_of_a_sheet(triager, here):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in ([], [None, None], ["nr", "melding"], [1, TEXT], [], [2, TEXT]):
        book.active.append(row)
    book.save("in.xlsx")
    assert score(triager, "in.xlsx", "out.csv", Options(rows=1)).requests == 3
    assert list(pd.read_csv("out.csv")["nr"].dropna()) == [1, 2]


def test_a_damaged_sheet_is_told(triager, here):
    pd.DataFrame({"nr": range(500), "melding": TEXT}).to_excel("whole.xlsx", index=False)
    with zipfile.ZipFile("whole.xlsx") as whole, zipfile.ZipFile("in.xlsx", "w") as damaged:
        for name in whole.namelist():
            content = whole.read(name)
            damaged.writestr(name, content[: len(content) // 2] if "sheet1" in name else content)
    with pytest.raises(TriageError, match=r"in.xlsx: cannot be read as Excel"):
        score(triager, "in.xlsx", "out.csv")


def test_damaged_pages_of_parquet_are_told_as_of_the_source(triager, here):
    pd.DataFrame({"nr": range(20_000), "melding": [f"{TEXT} {i}" for i in range(20_000)]}).to_parquet("in.parquet")
    content = bytearray((here / "in.parquet").read_bytes())
    content[100:300] = bytes(200)
    (here / "in.parquet").write_bytes(content)
    with pytest.raises(TriageError, match=r"in.parquet: cannot be read as Parquet"):
        score(triager, "in.parquet", "out.csv")


def test_a_cell_is_cut_where_excel_would_cut_it(triager, here):
    write_lines(here / "in.jsonl", ["😀" * 20_000, "x" * 40_000])
    score(triager, "in.jsonl", "out.xlsx")
    lengths = [len(text.encode("utf-16-le")) // 2 for text in pd.read_excel("out.xlsx")["x"]]
    assert lengths == [32_766, 32_767]


def test_more_rows_than_a_sheet_holds_are_refused_before_scoring(triager, here, monkeypatch):
    monkeypatch.setattr("triage.backlog.excel_sink._MOST_ROWS", 2)
    told = []
    (here / "in.csv").write_text("melding\n" + f"{TEXT}\n" * 3)
    with pytest.raises(TriageError, match="holds 2 rows; write CSV or Parquet"):
        score(triager, "in.csv", "out.xlsx", progress=lambda *done: told.append(done))
    assert not told


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_excel_holds_all_digits_of_a_number(triager, here, kind):
    pytest.importorskip("openpyxl")
    numbers = [123456789012345, -1234567890123456, 12345678901234567]
    pd.DataFrame({"melding": [TEXT] * 3, "x": numbers}).to_json("in.jsonl", orient="records", lines=True)
    score(triager, "in.jsonl", f"made.{kind}", Options(column="melding"))
    score(triager, f"made.{kind}", "out.xlsx", Options(column="melding"))
    assert list(pd.read_excel("out.xlsx", dtype=object)["x"]) == [numbers[0], *map(str, numbers[1:])]


def test_facts_may_be_bytes(triager, here):
    pytest.importorskip("pyarrow")
    pd.DataFrame({"melding": [TEXT] * 3, "own_fault": [b"ja", b"1.0", None]}).to_parquet("in.parquet")
    score(triager, "in.parquet", "out.csv", Options(fact_columns=("own_fault",)))
    assert pd.read_csv("out.csv")["problem"].isna().all()
