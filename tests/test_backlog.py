"""Backlogs: files and tables of any kind in and out, nothing lost, and a run that was stopped goes on."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.backlog import Options, score
from triage.backlog.text_source import CsvSource
from triage.errors import TriageError

TEXTS = [
    "de kraan drupt",
    "het dak lekt",
    "sleutel kwijt",
    "",
    "de ketel geeft\nstoring",
    'de "kraan" lekt; ook het dak',
]


@pytest.fixture
def backlog():
    return pd.DataFrame({"ticket": range(1, 7), "melding": TEXTS, "wijk": list("abcabc")})


def read_back(path):
    if path.suffix == ".csv":
        return pd.read_csv(path, keep_default_na=False, dtype=str)
    if path.suffix == ".jsonl":
        return pd.DataFrame([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])
    return pd.read_excel(path) if path.suffix == ".xlsx" else pd.read_parquet(path)


def write(frame, path):
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True, force_ascii=False)
    elif path.suffix == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_parquet(path, index=False, row_group_size=4)


@pytest.mark.parametrize("given_as", [".csv", ".jsonl", ".xlsx", ".parquet"])
@pytest.mark.parametrize("wanted", [".csv", ".jsonl", ".xlsx", ".parquet"])
def test_files_of_any_kind_go_in_and_out(triager, backlog, tmp_path, given_as, wanted):
    source, output = tmp_path / f"in{given_as}", tmp_path / f"out{wanted}"
    write(backlog, source)
    summary = score(triager, source, output, Options(column="melding", rows=4))
    scored = read_back(output)
    assert summary.requests == 6
    assert [int(ticket) for ticket in scored["ticket"]] == [1, 2, 3, 4, 5, 6]
    assert list(scored["wijk"]) == list("abcabc")
    expected = triager.assess_many(TEXTS)["responsible"]
    assert list(scored["responsible"].fillna("")) == list(expected.fillna(""))
    assert not list(tmp_path.glob("*.part*"))


def test_a_database_goes_in_and_out(triager, backlog, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with sqlite3.connect("tickets.db") as connection:
        connection.execute("create table requests (ticket integer primary key, melding text, wijk text)")
        connection.executemany("insert into requests values (?, ?, ?)", backlog.itertuples(index=False, name=None))
    url = "sqlite:///tickets.db"
    options = Options(table="requests", output_table="scored", rows=4)
    summary = score(triager, url, url, options)
    with sqlite3.connect("tickets.db") as connection:
        scored = pd.read_sql("select * from scored", connection)
    assert summary.requests == len(scored) == 6
    assert list(scored["ticket"]) == [1, 2, 3, 4, 5, 6]
    assert scored["confidence"].dtype == np.float64
    with pytest.raises(TriageError, match="exists already"):
        score(triager, url, url, options)


def test_one_row_a_finding_keeps_rows_without_any(triager, backlog, tmp_path):
    write(backlog, tmp_path / "in.csv")
    score(triager, tmp_path / "in.csv", tmp_path / "out.csv", Options(column="melding", per="finding", rows=2))
    assert set(read_back(tmp_path / "out.csv")["ticket"]) == set("123456")


@pytest.mark.parametrize(("encoding", "said"), [("utf-8-sig", None), ("cp1252", "cp1252"), ("utf-16", None)])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_separator_and_encoding(triager, tmp_path, encoding, said, separator):
    rows = f'nr{separator}melding\n1{separator}één kraan drupt\n2{separator}"het dak{separator} lekt"\n'
    (tmp_path / "in.csv").write_text(rows, encoding=encoding)
    score(triager, tmp_path / "in.csv", tmp_path / "out.jsonl", Options(encoding=said))
    assert list(read_back(tmp_path / "out.jsonl")["melding"]) == ["één kraan drupt", f"het dak{separator} lekt"]


fields = st.text(alphabet='ab,;"\n é', max_size=8)


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(fields, fields), max_size=12), size=st.integers(1, 5), quoted=st.booleans())
def test_rows_are_divided_where_they_end(tmp_path_factory, rows, size, quoted):
    path = tmp_path_factory.mktemp("csv") / "in.csv"
    frame = pd.DataFrame(rows, columns=["a", "b"])
    frame.to_csv(path, index=False, quoting=1 if quoted else 0)
    source = CsvSource(path, separator=",")
    parts = source.parts(size)
    read = [tuple(row) for part in source.read(parts) for row in part.frame.itertuples(index=False)]
    expected = pd.read_csv(path, keep_default_na=False, skip_blank_lines=False, dtype=str)
    assert read == [tuple(row) for row in expected.itertuples(index=False)]
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]


def test_a_quote_within_a_field_is_just_a_quote(triager, tmp_path):
    (tmp_path / "in.csv").write_text('melding,nr\nbuis van 3/4" lekt,1\nkraan van 1/2" drupt,2\nhet dak lekt,3\n')
    score(triager, tmp_path / "in.csv", tmp_path / "out.csv", Options(rows=1))
    assert list(read_back(tmp_path / "out.csv")["nr"]) == ["1", "2", "3"]


def test_a_bad_row_is_written_with_its_reason(triager, tmp_path):
    (tmp_path / "in.csv").write_text("melding,nr\nhet dak lekt,1\nkraan, die van boven, drupt,2\nsleutel kwijt,3\n")
    summary = score(triager, tmp_path / "in.csv", tmp_path / "out.csv")
    scored = read_back(tmp_path / "out.csv")
    assert list(scored["reason"])[1] == "error"
    assert "row 2 has 4 fields where the header has 2" in scored["problem"][1]
    assert "drupt,2" in scored["problem"][1]
    assert summary.reasons["error"] == 1
    (tmp_path / "in.jsonl").write_text('{"text": "het dak lekt"}\n{"text": \n[1]\n{"text": "sleutel kwijt"}\n')
    score(triager, tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    scored = read_back(tmp_path / "out.jsonl")
    assert list(scored["reason"].isin(["error"])) == [False, True, True, False]
    assert "line 2" in scored["problem"][1]


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        (b"melding\nk\xe9tel\n", {}, "--encoding"),
        (b"melding\nketel\n", {"encoding": "klingon"}, "klingon"),
        (b"", {}, "empty"),
        (b"melding\rketel\rkraan\r", {}, "carriage return"),
        (b'melding\n"ketel\n', {}, "line 2"),
        (b"a,b\n1,2\n", {}, "--column"),
        (b"a,b\n1,2\n", {"column": "c"}, "'c'"),
        (b"text,b\n1,2\n", {"date_column": "dag"}, "'dag'"),
        (b"text,b\n1,2\n", {"per": "word"}, "finding"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_remedy(triager, tmp_path, content, options, says):
    (tmp_path / "in.csv").write_bytes(content)
    with pytest.raises(TriageError, match=says):
        score(triager, tmp_path / "in.csv", tmp_path / "out.csv", Options(**options))


def test_the_source_is_never_overwritten(triager, tmp_path):
    (tmp_path / "in.csv").write_text("melding\nhet dak lekt\n")
    with pytest.raises(TriageError, match="source itself"):
        score(triager, tmp_path / "in.csv", tmp_path / "." / "in.csv")
    assert (tmp_path / "in.csv").read_text() == "melding\nhet dak lekt\n"


def test_columns_that_are_called_as_results_are_keep_what_they_hold(triager, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"melding": ["het dak lekt"], "confidence": ["hoog"]}).to_csv("in.csv", index=False)
    score(triager, "in.csv", "sqlite:///out.db", Options(output_table="scored"))
    with sqlite3.connect("out.db") as connection:
        row = pd.read_sql("select * from scored", connection).iloc[0]
    assert row["confidence"] == "hoog"
    assert 0.5 <= row["triage_confidence"] <= 1


def test_excel_columns_of_one_name_are_told_apart(triager, tmp_path):
    table = pd.DataFrame([["het dak lekt", "a", "b"]], columns=["melding", "nr", "nr"])
    table.to_excel(tmp_path / "in.xlsx", index=False)
    score(triager, tmp_path / "in.xlsx", tmp_path / "out.csv")
    assert read_back(tmp_path / "out.csv").loc[0, ["nr", "nr.1"]].tolist() == ["a", "b"]


def test_an_unknown_kind_of_file_is_refused(triager, tmp_path):
    (tmp_path / "in.docx").write_bytes(b"x")
    with pytest.raises(TriageError, match="docx"):
        score(triager, tmp_path / "in.docx", tmp_path / "out.csv")
    with pytest.raises(TriageError, match="no such file"):
        score(triager, tmp_path / "none.csv", tmp_path / "out.csv")


def test_a_header_without_rows_gives_a_header_without_rows(triager, tmp_path):
    (tmp_path / "in.csv").write_text("melding,nr\n")
    score(triager, tmp_path / "in.csv", tmp_path / "out.csv")
    assert list(read_back(tmp_path / "out.csv").columns)[:3] == ["melding", "nr", "responsible"]


def test_an_unfinished_run_is_not_mixed_with_another(triager, tmp_path, monkeypatch):
    (tmp_path / "in.csv").write_text("melding\n" + "het dak lekt\n" * 10)
    stopped = iter([None, None, KeyboardInterrupt()])

    def stop(done, _total):
        if done and (error := next(stopped)) is not None:
            raise error

    with pytest.raises(KeyboardInterrupt):
        score(triager, tmp_path / "in.csv", tmp_path / "out.csv", Options(rows=2), stop)
    with pytest.raises(TriageError, match=r"differs in option --rows \(it was 2\)"):
        score(triager, tmp_path / "in.csv", tmp_path / "out.csv", Options(rows=3))
    assert score(triager, tmp_path / "in.csv", tmp_path / "out.csv", Options(rows=2)).requests == 10
    assert len(read_back(tmp_path / "out.csv")) == 10


def test_a_full_disk_is_told_and_the_run_goes_on(triager, tmp_path, monkeypatch):
    (tmp_path / "in.csv").write_text("melding\n" + "het dak lekt\n" * 6)
    real = os.fsync
    calls = iter(range(100))

    def full(number):
        if next(calls) == 4:
            raise OSError(28, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TriageError, match="No space left"):
        score(triager, tmp_path / "in.csv", tmp_path / "out.csv", Options(rows=2))
    assert score(triager, tmp_path / "in.csv", tmp_path / "out.csv", Options(rows=2)).requests == 6


SCORE = [sys.executable, "-c", "from triage.cli import main; main()", "score"]


def test_a_run_killed_at_any_moment_goes_on_to_the_same_bytes(tmp_path):
    texts = [
        f"{text} {i}" for i in range(120) for text in ("de kraan drupt", "het dak lekt", "deur klemt", "lift kapot")
    ]
    pd.DataFrame({"melding": texts, "nr": range(len(texts))}).to_csv(tmp_path / "in.csv", index=False)
    whole, killed = tmp_path / "whole.csv", tmp_path / "killed.csv"
    command = [*SCORE, "in.csv", "--rows", "7", "-o"]
    started = time.monotonic()
    subprocess.run([*command, whole.name], cwd=tmp_path, check=True, capture_output=True)
    lasts = time.monotonic() - started
    rng = random.Random(20261123)
    for _ in range(10):
        run = subprocess.Popen([*command, killed.name], cwd=tmp_path, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.4, 1.0) * lasts)
        run.send_signal(signal.SIGKILL)
        run.wait()
    subprocess.run([*command, killed.name], cwd=tmp_path, check=True, capture_output=True)
    assert killed.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "killed.csv", "whole.csv"]


@pytest.mark.parametrize("kind", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_two_processes_give_the_bytes_of_one(triager, backlog, tmp_path, kind, monkeypatch):
    monkeypatch.setattr("triage.backlog.run._ALONE", 0)
    write(pd.concat([backlog] * 5, ignore_index=True), tmp_path / f"in{kind}")
    for jobs in (1, 2):
        options = Options(column="melding", rows=4, n_jobs=jobs)
        score(triager, tmp_path / f"in{kind}", tmp_path / f"out{jobs}{kind}", options)
    assert (tmp_path / f"out1{kind}").read_bytes() == (tmp_path / f"out2{kind}").read_bytes()


def test_progress_and_summary_go_to_stderr_alone(run, tmp_path):
    (tmp_path / "in.csv").write_text("melding\nhet dak lekt\nik ruik gas\n")
    code, out, err = run("score", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"))
    assert (code, out) == (0, "")
    assert "2 of 2 rows" in err
    assert "label: landlord" in err
    assert "urgent: yes" in err


@given(texts=st.lists(st.text(max_size=40), max_size=12))
@settings(max_examples=25)
def test_a_batch_equals_its_parts(bundled, texts):
    together = bundled.assess_many(texts)
    apart = pd.concat([bundled.assess_many([text]) for text in texts], ignore_index=True) if texts else together
    pd.testing.assert_frame_equal(together, apart, check_dtype=False)
