"""An association's ABC is read as it comes: whatever its headings, its marks, and the file that it stands in."""

import zipfile

import pytest

from triage import TriageError
from triage.abc_table import read_table, read_who


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
        ("n.v.t.", None),
        ("nvt", None),
        ("-", None),
        ("V.v.E.", None),
        ("VvE", None),
        ("V&O", None),
        ("V&H", None),
        ("V.", "landlord"),
        ("Servicekosten", None),
        ("huurder (via servicekosten)", None),
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


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
@pytest.mark.parametrize("name", TABLES)
def test_tables_are_read_as_they_come(tmp_path, name, encoding):
    path = tmp_path / "abc.csv"
    path.write_text(TABLES[name], encoding=encoding)
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
    assert [heading.item for heading in table.headings] == ["Keuken"]


def test_columns_may_be_named(tmp_path):
    path = tmp_path / "abc.csv"
    path.write_text("Zaak,Partij\nwc-bril,huurder\n", encoding="utf-8")
    with pytest.raises(TriageError, match="--item"):
        read_table(path)
    assert read_table(path, {"item": "zaak", "who": "Partij"}).rows[0].who == "tenant"


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


@pytest.fixture
def spreadsheet(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "Voorblad"
    book.active.append(["ABC van Voorbeeldwonen"])
    for line in (["Onderdeel", "Wie"], ["wc-bril", "H"], ["daklekkage", "V"]):
        (book["ABC"] if "ABC" in book.sheetnames else book.create_sheet("ABC")).append(line)
    book.save(tmp_path / "abc.xlsx")
    return tmp_path / "abc.xlsx"


def test_a_table_on_another_sheet_is_pointed_out(spreadsheet):
    with pytest.raises(TriageError, match="or take another sheet with --sheet: ABC"):
        read_table(spreadsheet)
    with pytest.raises(TriageError, match="no sheet 'abc'; there are Voorblad, ABC"):
        read_table(spreadsheet, sheet="abc")
    assert len(read_table(spreadsheet, sheet="ABC").rows) == 2


def rewritten(path, old, new):
    """Write a spreadsheet anew with something in its second sheet put otherwise."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = "xl/worksheets/sheet2.xml"
    assert old in parts[sheet]
    parts[sheet] = parts[sheet].replace(old, new)
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)


def test_all_rows_are_read_whatever_size_the_spreadsheet_claims_to_have(spreadsheet):
    rewritten(spreadsheet, b'<dimension ref="A1:B3"', b'<dimension ref="A1:A1"')
    assert [row.item for row in read_table(spreadsheet, sheet="ABC").rows] == ["wc-bril", "daklekkage"]


def test_a_damaged_spreadsheet_is_told_in_one_sentence(spreadsheet):
    rewritten(spreadsheet, b"</row>", b"</rwo>")
    with pytest.raises(TriageError, match=r"abc\.xlsx: cannot be read as a spreadsheet"):
        read_table(spreadsheet, sheet="ABC")
    spreadsheet.write_bytes(b"none")
    with pytest.raises(TriageError, match=r"abc\.xlsx: cannot be read as a spreadsheet"):
        read_table(spreadsheet)


def test_a_text_file_has_no_sheets(tmp_path):
    with pytest.raises(TriageError, match="leave out --sheet"):
        table(tmp_path, "Onderdeel;Wie\nwc-bril;H\n", sheet="X")


def test_all_columns_with_remarks_are_read_and_it_is_told_what_each_column_is_taken_for(tmp_path):
    found = table(tmp_path, "Onderdeel;Wie;Opmerking;Prijs;Toelichting;\nKraan;H;boven 65;9;gratis;x\nDak;V;;;;\n")
    assert [row.condition for row in found.rows] == ["boven 65; gratis", ""]
    assert found.told() == (
        "columns: item = Onderdeel, who = Wie, condition = Opmerking + Toelichting; not used: Prijs, column 6"
    )


def test_an_item_in_merged_cells_is_that_of_all_its_rows(tmp_path):
    rows = table(tmp_path, "Onderdeel;Omschrijving;Wie\nKraan;leertje;H\n;vervangen;V\nDak;;V\n;;H\n").rows
    assert [(row.item, row.detail) for row in rows] == [
        ("Kraan", "leertje"),
        ("Kraan", "vervangen"),
        ("Dak", ""),
        ("", ""),
    ]


@pytest.mark.parametrize(
    ("marks", "who"), [("x;(x)", None), ("x;", "tenant"), ("x;-", "tenant"), (";x", "landlord"), ("(x);", None)]
)
def test_a_mark_beside_a_tick_that_is_none_itself_leaves_open_whose_it_is(tmp_path, marks, who):
    [row] = table(tmp_path, f"Onderdeel;Huurder;Verhuurder\nKraan;{marks}\n").rows
    assert row.who == who
    assert "(x)" in row.said or "(x)" not in marks
