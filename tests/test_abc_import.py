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
    "title with commas": "ABC van Voorbeeldwonen, Dorp, versie 2026\nItem;Wie\nkraanleertje vervangen;huurder\ndaklekkage;verhuurder\n",
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


def table(tmp_path, text, encoding="utf-8", **how):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    return read_table(path, **how)


@pytest.mark.parametrize("mark", ["\x0b", "\u2028", "\x85", "\r", "\n", "\t \xa0"], ids=ascii)
def test_an_item_is_one_line_whatever_stands_in_its_cell(tmp_path, mark):
    rows = table(tmp_path, f'Onderdeel;Wie\n"Kraan{mark}leertje";H\nDak;V\n').rows
    assert [(row.number, row.item, row.who) for row in rows] == [(2, "Kraan leertje", "tenant"), (3, "Dak", "landlord")]


@pytest.mark.parametrize("mark", [";", "\t", ","])
def test_the_line_of_headings_tells_the_separator_whatever_the_items_hold(tmp_path, mark):
    text = "Onderdeel|Wie\n" + '"Kranen, leertjes; douche,\tbad, dak"|H\n'
    [row] = table(tmp_path, text.replace("|", mark)).rows
    assert (row.item, row.who) == ("Kranen, leertjes; douche, bad, dak", "tenant")


def test_items_with_commas_need_no_quotes_between_semicolons(tmp_path):
    [row] = table(tmp_path, "Onderdeel;Wie\nKranen, leertjes, binnenwerk, douche;H\n").rows
    assert row.item == "Kranen, leertjes, binnenwerk, douche"


def test_a_column_that_is_named_and_not_there_is_an_error(tmp_path):
    with pytest.raises(TriageError, match=r"no column 'Wie betaald'.*'Wie betaalt'"):
        table(tmp_path, "Onderdeel;Wie;Wie betaalt\nKraan;H;V\n", columns={"who": "Wie betaald"})


def answer(tmp_path, encoding="utf-8-sig", **answers):
    """Fill in answers by item."""
    path = tmp_path / "ours.review.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(row | {"answer": answers.get(row["item"], row["answer"])} for row in rows)


def reviewed(tmp_path):
    with (tmp_path / "ours.review.csv").open(encoding="utf-8-sig", newline="") as file:
        return [(row["row"], row["item"], row["answer"]) for row in csv.DictReader(file) if row["answer"]]


@pytest.fixture
def import_rows(run, tmp_path):
    def call(*rows, headings="Onderdeel;Wie"):
        (tmp_path / "abc.csv").write_text("\n".join([headings, *rows]), encoding="utf-8")
        return run("catalogue", "import", str(tmp_path / "abc.csv"), "-o", str(tmp_path / "ours.yaml"))

    return call


def test_an_answer_follows_its_row_when_others_are_put_in_before_it(import_rows, tmp_path):
    import_rows("boiler in de kelder;V", "zwembad;H", "dak;V")
    answer(tmp_path, zwembad="new")
    import_rows("sleutels;H", "boiler in de kelder;V", "zwembad;H", "dak;V")
    assert reviewed(tmp_path) == [("4", "zwembad", "new")]
    assert read_catalogue(tmp_path / "ours.yaml").rule("own.row_4").title.nl == "zwembad"


def test_of_rows_with_one_item_each_keeps_its_answer(import_rows, tmp_path):
    (tmp_path / "ours.review.csv").write_text("row,item,answer\n3,vloer,skip\n2,vloer,new\n", encoding="utf-8")
    import_rows("dak;V", "vloer;H", "vloer;V")
    assert reviewed(tmp_path) == [("3", "vloer", "new"), ("4", "vloer", "skip")]


def test_of_rows_with_one_item_the_condition_tells_which_is_answered(import_rows, tmp_path):
    headings, tiles, planks, cork = "Onderdeel;Wie;Voorwaarde", "vloer;V;tegels", "vloer;H;planken", "vloer;H;kurk"
    import_rows(tiles, planks, headings=headings)
    path = tmp_path / "ours.review.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text("\n".join(line + "skip" * (",tegels," in line) for line in lines), encoding="utf-8")
    import_rows(planks, tiles, headings=headings)
    assert reviewed(tmp_path) == [("3", "vloer", "skip")]
    for _ in range(2):
        import_rows(planks, cork, headings=headings)
        assert reviewed(tmp_path) == [("", "vloer", "skip")]
    assert ',vloer,,tegels,"set aside' in path.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    "rows", [["dak;V"], ["zwembad van de buren;H", "dak;V"], ["zwembad;H", "zwembad;V"]], ids=["gone", "other", "two"]
)
def test_an_answer_whose_row_is_gone_or_reads_otherwise_is_set_aside_and_kept(import_rows, tmp_path, rows):
    import_rows("zwembad;H", "dak;V")
    answer(tmp_path, zwembad="new")
    for _ in range(2):
        _, out, _ = import_rows(*rows)
        assert "0 rules of your own" in out
        assert "1 answers set aside" in out
        assert reviewed(tmp_path) == [("", "zwembad", "new")]
    assert "set aside" in (tmp_path / "ours.review.csv").read_text(encoding="utf-8-sig").splitlines()[-1]


def test_a_review_that_a_spreadsheet_saved_in_its_own_encoding_is_read(import_rows, tmp_path):
    import_rows("café in de kelder;V", "dak;V")
    answer(tmp_path, encoding="cp1252", **{"café in de kelder": "new"})
    _, out, _ = import_rows("café in de kelder;V", "dak;V")
    assert "1 rules of your own" in out


@pytest.mark.parametrize(
    "item", ['"kraan\rzomaar: [x"', '"kraan\nzomaar: [x"', "kraan\u2028: - #x", "kraan\x07"], ids=ascii
)
def test_whatever_an_item_holds_the_catalogue_can_be_read(import_rows, tmp_path, item):
    code, _, err = import_rows(f"{item};H/V", "dak;V")
    assert (code, err) == (0, "")
    assert read_catalogue(tmp_path / "ours.yaml").extends.startswith("nl ")


def test_a_catalogue_that_cannot_be_read_replaces_none(import_rows, run, tmp_path):
    import_rows("dakgoot schoonmaken;V")
    before = (tmp_path / "ours.yaml").read_bytes()
    code, _, err = run(
        "catalogue", "import", str(tmp_path / "abc.csv"), "-o", str(tmp_path / "ours.yaml"), "--id", "Ons ABC"
    )
    assert code == 1
    assert "'Ons ABC' does not have the form" in err
    assert (tmp_path / "ours.yaml").read_bytes() == before


def test_a_row_that_is_perhaps_not_about_the_rule_it_would_change_waits_for_a_person(import_rows, tmp_path):
    sedum = "Sedumdak onderhouden;V"
    _, out, _ = import_rows("kraan drupt;V", sedum, "gras maaien;H")
    assert "2 placed, 0 rules of your own, 0 skipped, 1 to settle" in out
    catalogue = read_catalogue(tmp_path / "ours.yaml")
    assert (catalogue.rule("tap.drips").responsible, catalogue.rule("garden.upkeep").responsible) == (
        "landlord",
        "tenant",
    )
    assert "by law garden.upkeep is the tenant's" in (tmp_path / "ours.review.csv").read_text(encoding="utf-8-sig")
    answer(tmp_path, **{"Sedumdak onderhouden": "garden.upkeep"})
    _, out, _ = import_rows("kraan drupt;V", sedum)
    assert "0 to settle" in out
    assert read_catalogue(tmp_path / "ours.yaml").rule("garden.upkeep").responsible == "landlord"
