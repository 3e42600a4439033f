"""Reading backlogs: whatever a source holds is read as it stands or told, and danger is seen in any row."""

import json
import logging

import pandas as pd
import pytest

from triage.backlog import Options, score
from triage.backlog.rows import distinct
from triage.backlog.text_source import CsvSource
from triage.errors import TriageError

GAS = "ik ruik gas in de keuken"


@pytest.fixture
def scored(triager, tmp_path):
    """Score a file of some content and return the rows that come out."""

    def run(content, name="in.csv", **options):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        score(triager, tmp_path / name, tmp_path / "out.jsonl", Options(**options))
        return [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]

    return run


def column(rows, name):
    return [row[name] for row in rows]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("nr;melding\n" + "".join(f"{i};kraan lekt\n" for i in range(1, 10)) + '10;"kraan\n11;dak lekt\n12;deur\n', 11),
        ('nr;melding\n1;"kraan\nlekt"\n2;"dak', 4),
        ('nr;melding\n1;"kraan\nlekt";"dak\nlekt\n', 3),
        ('nr;"melding\n1;kraan\n', 1),
    ],
)
def test_a_quote_that_is_never_closed_is_refused_with_the_line_where_it_opens(scored, content, line):
    with pytest.raises(TriageError, match=rf"in.csv: line {line}: .*close its quote"):
        scored(content)


def test_rows_that_run_together_between_two_stray_quotes_are_told_and_searched_for_danger(scored):
    rows = scored(f'nr;melding\n1;dak lekt\n2;"kraan lekt\n3;{GAS}\n4;"deur klemt\n5;dak lekt\n')
    assert column(rows, "nr") == ["1", "2", "5"]
    assert (rows[1]["reason"], rows[1]["urgent"]) == ("error", True)
    assert "takes 3 lines" in rows[1]["problem"]


def test_a_carriage_return_within_a_line_loses_no_row(scored):
    rows = scored('melding;nr\n3/4" kraan lekt;1\rdak lekt;2\ndeur klemt;3\r\r', rows=1)
    assert column(rows, "nr") == ["1", "2", "3"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("encoding", [None, "utf-8", "utf-8-sig"])
def test_no_byte_at_the_beginning_is_lost(scored, mark, encoding):
    rows = scored(mark + "nr,melding\n123,één kraan\n".encode(), encoding=encoding)
    assert [(row["nr"], row["melding"]) for row in rows] == [("123", "één kraan")]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ('maat";melding', ['maat"', "melding"]),
        ('"maat;of ""duim""";melding', ['maat;of "duim"', "melding"]),
        ('"maat\nin duim";melding', ["maat\nin duim", "melding"]),
        ("\nmaat;melding", ["maat", "melding"]),
    ],
)
def test_a_header_ends_where_its_row_ends(scored, header, names):
    rows = scored(f'{header}\n1/2";kraan lekt\n3;dak lekt\n')
    assert list(rows[0])[:2] == names
    assert column(rows, "melding") == ["kraan lekt", "dak lekt"]


def test_a_source_that_was_changed_in_the_middle_is_another(tmp_path):
    path = tmp_path / "in.csv"
    lines = ["melding", *["het dak lekt"] * 200_000]
    path.write_text("\n".join(lines))
    before = CsvSource(path).identity()
    lines[100_000] = "de wc lekt  "
    path.write_text("\n".join(lines))
    assert CsvSource(path).identity() != before


def test_per_finding_keeps_what_is_known_of_requests_without_a_defect(scored, triager):
    texts = ["", GAS, "sleutel kwijt", "the tap drips and the roof leaks"]
    rows = scored(pd.DataFrame({"melding": texts}).to_csv(), column="melding", per="finding")
    whole = triager.assess_many(texts)
    for i, text in enumerate(texts):
        of_it = [row for row in rows if (row["melding"] or "") == text]
        assert of_it
        assert any(row["urgent"] for row in of_it) == whole["urgent"][i]
        if of_it[0]["start"] is None:
            kept = ["decision", "reason", "urgent", "language", "elsewhere"]
            assert [of_it[0][name] for name in kept] == [whole[name][i] for name in kept]
    assert rows[0]["reason"] == "empty"


@pytest.mark.parametrize("per", ["request", "finding"])
def test_a_row_that_cannot_be_read_is_searched_for_danger_as_a_whole(scored, per):
    rows = scored(f"nr,melding\n1,{GAS}, kom snel\n2,kom snel, {GAS}\n3,dak, lekt\n", per=per)
    assert column(rows, "reason") == ["error"] * 3
    assert column(rows, "urgent") == [True, True, False]
    rows = scored(f'{{"text": "dak lekt"}}\n{{"text": "{GAS}\n', "in.jsonl", per=per)
    assert (rows[-1]["reason"], rows[-1]["urgent"]) == ("error", True)


def test_commas_in_a_file_of_one_column_belong_to_the_message(scored):
    rows = scored(f'melding\n{GAS}, kom snel\n"dak, lekt"\n')
    assert column(rows, "melding") == [f"{GAS}, kom snel", "dak, lekt"]
    assert column(rows, "problem") == [None, None]


def test_empty_fields_beyond_the_header_are_no_problem(scored):
    rows = scored("nr;melding\n1;kraan drupt; ;\n")
    assert (rows[0]["problem"], rows[0]["melding"]) == (None, "kraan drupt")


def test_json_lines_may_begin_with_a_byte_order_mark(scored):
    assert column(scored(b'\xef\xbb\xbf{"text": "dak lekt"}\n', "in.jsonl"), "text") == ["dak lekt"]


@pytest.mark.parametrize("size", [1, 5])
def test_json_lines_have_the_columns_of_all_their_objects(scored, size):
    lines = 'oops\n{"text": "dak lekt"}\n{"text": "wc lekt", "confidence": "hoog", "reachable": "ja"}\n'
    rows = scored(lines, "in.jsonl", rows=size, fact_columns=("reachable",))
    assert column(rows, "confidence") == [None, None, "hoog"]
    assert column(rows, "triage_confidence")[0] == 0
    assert len({tuple(row) for row in rows}) == 1


def test_json_lines_without_any_object_are_refused(scored):
    with pytest.raises(TriageError, match="no JSON object"):
        scored("oops\n", "in.jsonl")


def test_results_never_take_the_name_of_a_column(scored):
    [row] = scored("melding,problem,triage_problem\nhet dak lekt,a,b\n")
    assert (row["problem"], row["triage_problem"], row["triage_triage_problem"]) == ("a", "b", None)
    assert distinct(["id", "id", "id.1"]) == ["id", "id.2", "id.1"]


def test_a_fact_that_the_catalogue_does_not_know_is_refused_before_scoring(scored, tmp_path):
    with pytest.raises(TriageError, match="unknown fact 'wijk'; known are"):
        scored("melding,wijk\ndak lekt,1\n", fact_columns=("wijk",))
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_facts_and_dates_that_cannot_be_used_are_told_in_their_row_alone(scored, caplog):
    content = f"melding,dag,reachable\ndak lekt,morgen,ja\n{GAS},2026-03-01,misschien\ndak lekt,2026-03-01,nee\n"
    with caplog.at_level(logging.WARNING):
        rows = scored(content, date_column="dag", fact_columns=("reachable",))
    assert "morgen" in rows[0]["problem"]
    assert "misschien" in rows[1]["problem"]
    assert [(row["reason"] == "error", row["urgent"]) for row in rows] == [(True, False), (True, True), (False, False)]
    assert not caplog.records


def test_facts_of_a_table_may_be_numbers_some_of_which_are_missing(triager, tmp_path):
    frame = pd.DataFrame({"melding": ["dak lekt"] * 4, "reachable": [1.0, 0.0, None, 2.0]})
    frame.to_parquet(tmp_path / "in.parquet")
    score(triager, tmp_path / "in.parquet", tmp_path / "out.csv", Options(fact_columns=("reachable",)))
    assert list(pd.read_csv(tmp_path / "out.csv")["problem"].isna()) == [True, True, True, False]


def test_days_may_be_written_the_dutch_way(scored):
    days = [
        "1-3-2026",
        "01-03-2026 14:05",
        "2026-03-01",
        "2026-03-01 14:05",
        "2026-3-1",
        "1/3/2026",
        "",
        "2026-03-01T14:05:00Z",
        "31-2-2026",
        "1.3.2026",
        "2026-03-01T25:99 uur",
        "1-3-2026 14:60",
    ]
    rows = scored(
        "melding,dag,tenancy_start\n" + "".join(f"dak lekt,{day},{day}\n" for day in days),
        date_column="dag",
        fact_columns=("tenancy_start",),
    )
    assert [row["problem"] is None for row in rows] == [True] * 8 + [False] * 4


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_read_where_they_stand(scored, tmp_path, encoding):
    content = 'nr;melding\n1;"dak €\n lekt"\n2;3/4" kraan lekt 😀\n'.encode(encoding)
    rows = scored(content, encoding=encoding, rows=1)
    assert column(rows, "melding") == ["dak €\n lekt", '3/4" kraan lekt 😀']
    with pytest.raises(TriageError, match=r"^\S*in.csv: which column"):
        scored("a;b\n1;dak lekt\n".encode(encoding), encoding=encoding)
    assert not list(tmp_path.glob("*.parts"))


def test_a_file_that_cannot_be_decoded_is_refused_before_anything_is_scored(scored, tmp_path):
    for name, row in (("in.csv", b"nr %d"), ("in.jsonl", b'{"text": "%d"}')):
        lines = [b"melding,", *(row % i for i in range(50)), b"k\xe9tel"]
        with pytest.raises(TriageError, match=r"is not utf-8; .*--encoding"):
            scored(b"\n".join(lines), name, rows=5)
        assert not list(tmp_path.glob("*.parts"))


@pytest.mark.parametrize("encoding", ["cp037", "hex", "klingon"])
def test_an_encoding_in_which_rows_cannot_be_found_is_refused(scored, encoding):
    with pytest.raises(TriageError, match=r"(?i)utf-8"):
        scored("melding\ndak lekt\n", encoding=encoding)


def test_half_a_character_does_not_end_a_run(scored):
    rows = scored(r'{"text": "dak lekt \ud83d", "van": ["\ude00", "\ud83d\ude00"]}' + "\n", "in.jsonl")
    assert (rows[0]["text"], rows[0]["van"]) == ("dak lekt \ufffd", ["\ufffd", "😀"])


def test_a_field_of_more_than_ten_million_characters_is_a_problem_of_its_row(scored):
    rows = scored(f"nr,melding\n1,dak lekt\n2,{'x' * 10_000_001}\n3,dak lekt\n")
    assert column(rows, "nr") == ["1", "2", "3"]
    assert "10,000,000 characters" in rows[1]["problem"]


def test_a_separator_is_one_character_and_a_tab_may_be_written_as_shells_leave_it(scored):
    assert column(scored("nr\tmelding\n1\tdak, lekt\n", separator="\\t"), "melding") == ["dak, lekt"]
    for separator in (";;", '"', ""):
        with pytest.raises(TriageError, match="one character"):
            scored("nr;melding\n1;dak lekt\n", separator=separator)


@pytest.mark.parametrize(
    "content",
    [
        f"nr;melding;dag\n1;dak lekt;1-1-2026\n2;Hallo, een vraag\n{GAS};2-1-2026\n3;dak lekt;3-1-2026\n",
        f"nr;dag;melding\n1;1-1-2026;dak lekt\n2;2-1-2026;Hallo, een vraag\n{GAS}\n3;3-1-2026;dak lekt\n",
        f"nr;melding\n1;dak lekt\n2;Hallo, een vraag\n\n{GAS}\n3;dak lekt\n",
    ],
)
def test_a_text_that_goes_on_behind_a_line_end_without_quotes_is_told_and_searched_for_danger(scored, content):
    rows = scored(content)
    assert [(row["reason"], row["urgent"]) for row in rows[1:3]] == [("error", True), ("error", True)]
    assert "row 2 seems to go on in the next row" in rows[1]["problem"]
    assert "where the header has" in rows[2]["problem"]
    assert "write quotes around a text with line ends" in rows[2]["problem"]
    assert (rows[0]["problem"], rows[3]["problem"]) == (None, None)


def test_danger_that_is_told_of_from_one_line_to_the_next_is_seen(scored):
    rows = scored("nr;melding;dag\n1;het dak lekt;1\n2;ik ruik\ngas in de keuken;2026-01-02\n")
    assert rows[1]["urgent"]


def test_danger_is_seen_in_a_file_that_begins_with_the_rest_of_a_text(scored):
    rows = scored(f"nr;melding;dag\n{GAS}\nkom snel\n2;het dak lekt;2\n")
    assert column(rows, "urgent") == [True, False, False]


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("between", ["", "\n", "\n\n\n", "hallo\n"])
def test_a_text_that_breaks_off_where_a_part_ends_is_told_as_within_one(scored, tmp_path, between, size):
    content = f"nr;melding;dag\n1;het dak lekt;1\n2;ik ruik\n{between}gas in de keuken;2\n3;het dak lekt;3\n"
    whole = scored(content)
    (tmp_path / "out.jsonl").unlink()
    told = [(row["reason"], row["urgent"], row["problem"] is None) for row in scored(content, rows=size)]
    assert told == [(row["reason"], row["urgent"], row["problem"] is None) for row in whole]
    assert told[1] == ("error", True, False)


@pytest.mark.parametrize(
    "content",
    [
        "nr;melding;bij\n1;het dak lekt\n2;het dak lekt\n3;het dak lekt;spoed\n4;het dak lekt\n",
        "wijk;melding;bij\nNoord;het dak lekt\nZuid;het dak lekt\n",
        "tijd;melding;bij\n2026-01-01 10:00;het dak lekt\n1-1-2026 9:05:00;het dak lekt;spoed\n",
        "melding;bij\nhet dak lekt\nhet dak lekt;spoed\n",
    ],
)
def test_fields_that_are_left_out_since_they_are_empty_are_no_problem(scored, content):
    rows = scored(content)
    assert {row["problem"] for row in rows} == {None}
    assert {row["responsible"] for row in rows} == {"landlord"}


def test_a_row_without_its_message_is_told(scored):
    rows = scored("nr;melding\n1;het dak lekt\n2\n  \n")
    assert [row["problem"] and row["problem"][:17] for row in rows] == [None, "row 2 has 1 field", None]


def test_the_first_line_may_say_the_separator_as_for_excel(scored):
    rows = scored("\ufeffsep=;\r\nnr;melding\r\n1;dak, lekt\r\n")
    assert (rows[0]["nr"], rows[0]["melding"]) == ("1", "dak, lekt")
    with pytest.raises(TriageError, match="line 4: "):
        scored('sep=;\nnr;melding\n1;dak lekt\n2;"ruit\n')


@pytest.mark.parametrize("name", ["in.csv", "in.jsonl"])
def test_the_line_that_cannot_be_decoded_is_named(scored, name):
    with pytest.raises(TriageError, match="line 3: byte 24 is not utf-8"):
        scored('{"text": 1}\n{"text":2}\nké'.encode("cp1252"), name)


@pytest.mark.parametrize(("encoding", "advice"), [("utf-16-le", "utf-16"), ("utf-16-be", "utf-16-be")])
def test_utf_16_that_does_not_begin_as_such_has_to_be_said(scored, encoding, advice):
    content = "nr;melding\n1;één kraan\n".encode(encoding)
    with pytest.raises(TriageError, match=f"--encoding {advice}$"):
        scored(content)
    assert column(scored(content, encoding=advice), "melding") == ["één kraan"]


@pytest.mark.parametrize(
    ("options", "says"), [({"sheet": "x"}, "--sheet"), ({"table": "x"}, "--table"), ({"order_by": "x"}, "--order-by")]
)
def test_options_that_do_not_apply_are_refused(scored, options, says):
    with pytest.raises(TriageError, match=f"in.csv: {says} does not apply"):
        scored("melding\ndak lekt\n", **options)


def test_what_cannot_be_used_is_told_with_its_row_and_column(scored):
    rows = scored(
        "melding,dag,reachable\ndak lekt,2026-03-01,ja\ndak lekt,32-1-2026,ja\ndak lekt,,x\n",
        rows=1,
        date_column="dag",
        fact_columns=("reachable",),
    )
    assert rows[1]["problem"].startswith("row 2, column dag: date '32-1-2026' names a day that does not exist")
    assert rows[2]["problem"].startswith("row 3, column reachable: fact reachable='x' must be yes or no")
