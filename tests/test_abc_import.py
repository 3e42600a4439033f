"""An association's ABC becomes its catalogue: every row is placed, made a rule, or put before a person."""

import csv

import pytest

from triage import TriageError
from triage.abc_table import read_table, read_who
from triage.catalogue_file import read_catalogue


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ("H", "tenant"),
        ("huurder", "tenant"),
        ("Voor rekening van de huurder", "tenant"),
        ("V", "landlord"),
        ("Verhuurder", "landlord"),
        ("de woningcorporatie", "landlord"),
        ("S", "subscription"),
        ("serviceabonnement", "subscription"),
        ("Huurder, tenzij serviceabonnement", "subscription"),
        ("Glasfonds", "glass_fund"),
        ("ontstoppingsfonds", "drain_fund"),
        ("H/V", None),
        ("", None),
        ("zie bijlage", None),
    ],
)
def test_who_is_read_in_the_ways_that_tables_say_it(said, who):
    assert read_who(said) == who


TABLES = {
    "semicolons": "Onderdeel;Wie;Toelichting\nkraanleertje vervangen;H;\ndaklekkage;V;altijd\n",
    "ticks": "Omschrijving,Huurder,Verhuurder\nkraanleertje vervangen,x,\ndaklekkage,,x\n",
    "title above": "Wie doet wat 2026,,\n,,\nItem,Voor rekening van,Opmerking\nkraanleertje vervangen,huurder,\ndaklekkage,verhuurder,\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_read_as_they_come(tmp_path, name):
    path = tmp_path / "abc.csv"
    path.write_text(TABLES[name], encoding="cp1252")
    rows = read_table(path).rows
    assert [(row.item, row.who) for row in rows] == [("kraanleertje vervangen", "tenant"), ("daklekkage", "landlord")]


def test_a_spreadsheet_is_read_too(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for line in (["Nr", "Onderdeel", "H/V/S"], ["Keuken"], [12, "kraanleertje vervangen", "S"]):
        book.active.append(line)
    book.save(tmp_path / "abc.xlsx")
    table = read_table(tmp_path / "abc.xlsx")
    assert [(row.item, row.section, row.who, row.ref) for row in table.rows] == [
        ("kraanleertje vervangen", "Keuken", "subscription", "12")
    ]
    assert table.headings == ["Keuken"]


def test_columns_may_be_named(tmp_path):
    path = tmp_path / "abc.csv"
    path.write_text("Zaak,Partij\nwc-bril,huurder\n", encoding="utf-8")
    with pytest.raises(TriageError, match="--item"):
        read_table(path)
    assert read_table(path, {"item": "zaak", "who": "Partij"}).rows[0].who == "tenant"


ABC = """Nr;Onderdeel;Wie
1;kraan drupt, leertje vervangen;V
2;dakgoot schoonmaken;H
3;daklekkage;H
4;wc-bril vervangen;S
5;iets heel bijzonders met de sedummat;V
6;wasbak ontstoppen;huurder of verhuurder
;;V
"""


@pytest.fixture
def imported(run, tmp_path):
    (tmp_path / "abc.csv").write_text(ABC, encoding="utf-8")

    def call():
        return run("catalogue", "import", str(tmp_path / "abc.csv"), "-o", str(tmp_path / "ours.yaml"), "--id", "ours")

    return call


def test_no_row_is_dropped_and_contradictions_with_law_are_named(imported, tmp_path):
    code, out, err = imported()
    assert code == 0
    assert "7 rows: 4 placed, 0 rules of your own, 0 skipped, 3 to settle" in out
    assert "roof.leak: own:3 gives it to the tenant" in err
    catalogue = read_catalogue(tmp_path / "ours.yaml")
    assert (catalogue.rule("tap.drips").responsible, catalogue.rule("tap.drips").basis) == ("landlord", "own:1")
    assert catalogue.rule("gutter.clean").basis == "BKH:s"
    assert catalogue.rule("toilet.seat").unless[-1].when == "subscription"


def test_what_a_person_settles_is_read_back(imported, tmp_path):
    imported()
    review = tmp_path / "ours.review.csv"
    with review.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["row"] for row in rows[:3]] == ["6", "7", "8"]
    assert [row["why"] for row in rows[3:]] == ["placed under the best"] * 4
    answers = {"6": "new", "7": "skip", "8": "skip"}
    with review.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")  # as a spreadsheet of a Dutch office saves it
        writer.writeheader()
        writer.writerows(row | {"answer": answers.get(row["row"], "")} for row in rows)
    _, out, _ = imported()
    assert "7 rows: 4 placed, 1 rules of your own, 2 skipped, 0 to settle" in out
    assert read_catalogue(tmp_path / "ours.yaml").rule("own.row_6").basis == "own:5"


def test_an_answer_that_is_no_rule_is_refused(imported, tmp_path):
    (tmp_path / "ours.review.csv").write_text("row,answer\n6,kraan\n", encoding="utf-8")
    code, _, err = imported()
    assert code == 1
    assert "row 6" in err
    assert "new" in err


def test_rows_that_disagree_go_to_a_person(run, tmp_path):
    (tmp_path / "abc.csv").write_text("Onderdeel;Wie\nkraan drupt;H\nkraan drupt, leertje;V\n", encoding="utf-8")
    _, out, _ = run("catalogue", "import", str(tmp_path / "abc.csv"), "-o", str(tmp_path / "ours.yaml"))
    assert "2 to settle" in out
    assert "disagree" in (tmp_path / "ours.review.csv").read_text(encoding="utf-8-sig")
