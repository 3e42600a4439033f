"""An association's ABC becomes its catalogue: every row is placed, made a rule, or put before a person."""

import csv

import pytest

from triage.catalogue_file import read_catalogue

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
        rows = list(csv.DictReader(file, delimiter=";"))
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


def answer(tmp_path, encoding="utf-8-sig", separator=";", **answers):
    """Fill in answers by item."""
    path = tmp_path / "ours.review.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=separator)
        writer.writeheader()
        writer.writerows(row | {"answer": answers.get(row["item"], row["answer"])} for row in rows)


def reviewed(tmp_path):
    with (tmp_path / "ours.review.csv").open(encoding="utf-8-sig", newline="") as file:
        return [
            (row["row"], row["item"], row["answer"]) for row in csv.DictReader(file, delimiter=";") if row["answer"]
        ]


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
    path.write_text("\n".join(line + "skip" * (";tegels;" in line) for line in lines), encoding="utf-8")
    import_rows(planks, tiles, headings=headings)
    assert reviewed(tmp_path) == [("3", "vloer", "skip")]
    for _ in range(2):
        import_rows(planks, cork, headings=headings)
        assert reviewed(tmp_path) == [("", "vloer", "skip")]
    assert ';vloer;;;tegels;"set aside' in path.read_text(encoding="utf-8-sig")


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
    assert import_rows(f"{item};H/V", "dak;V")[0] == 0
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


WITH_CONDITION = "Onderdeel;Wie;Voorwaarde"


def test_what_holds_only_on_a_condition_changes_nothing_until_a_person_says_that_it_always_holds(import_rows, tmp_path):
    row = "Lekkende kraan repareren;Verhuurder;alleen voor wie ouder is dan 70"
    for _ in range(2):
        _, out, _ = import_rows(row, headings=WITH_CONDITION)
        assert "0 placed, 0 rules of your own, 0 skipped, 1 to settle" in out
        assert read_catalogue(tmp_path / "ours.yaml").rule("tap.drips").responsible == "tenant"
    assert "holds only where 'alleen voor wie ouder is dan 70'" in review_of(tmp_path)
    answer(tmp_path, **{"Lekkende kraan repareren": "tap.drips"})
    import_rows(row, headings=WITH_CONDITION)
    assert read_catalogue(tmp_path / "ours.yaml").rule("tap.drips").responsible == "landlord"


def test_what_the_law_says_too_may_have_a_condition(import_rows):
    assert "1 placed" in import_rows("Lekkende kraan repareren;Huurder;ook de buitenkraan", headings=WITH_CONDITION)[1]


@pytest.mark.parametrize(
    ("condition", "fund"),
    [
        ("alleen met serviceabonnement", "subscription"),
        ("alleen met serviceabonnement.", "subscription"),
        ("met een abonnement", "subscription"),
        ("via het ontstoppingsfonds", "drain_fund"),
    ],
)
def test_what_only_members_of_a_fund_have_is_covered_by_it(import_rows, tmp_path, condition, fund):
    _, out, _ = import_rows(f"Lekkende kraan repareren;Verhuurder;{condition}", headings=WITH_CONDITION)
    assert "1 placed" in out
    rule = read_catalogue(tmp_path / "ours.yaml").rule("tap.drips")
    assert (rule.responsible, rule.unless[-1].when, rule.unless[-1].responsible) == ("tenant", fund, "landlord")


@pytest.mark.parametrize(
    "condition", ["niet met serviceabonnement", "met een abonnement en boven 65", "met toestemming"]
)
def test_a_condition_that_says_more_than_the_fund_waits_for_a_person(import_rows, condition):
    assert "1 to settle" in import_rows(f"Lekkende kraan repareren;Verhuurder;{condition}", headings=WITH_CONDITION)[1]


def test_a_catalogue_that_a_person_changed_is_written_over_only_on_purpose(import_rows, run, tmp_path):
    ours, command = tmp_path / "ours.yaml", ["catalogue", "import", str(tmp_path / "abc.csv"), "-o"]
    import_rows("kraan drupt;V")
    assert import_rows("kraan drupt;V", "dakgoot schoonmaken;V")[0] == 0
    changed = ours.read_text(encoding="utf-8").replace("own:row-2", "own:1.1")
    ours.write_text(changed, encoding="utf-8")
    code, _, err = run(*command, str(ours))
    assert code == 1
    assert "--force" in err
    assert ours.read_text(encoding="utf-8") == changed
    assert run(*command, str(tmp_path / "other.yaml"))[0] == 0
    assert run(*command, str(ours), "--force")[0] == 0
    assert "own:row-2" in ours.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["abc.csv", "note.txt"])
def test_neither_the_table_nor_what_is_no_import_is_written_over(import_rows, run, tmp_path, name):
    import_rows("kraan drupt;V")
    (tmp_path / "note.txt").write_text("not to be lost", encoding="utf-8")
    before = (tmp_path / name).read_bytes()
    force = ["--force"] if name == "abc.csv" else []
    code, _, err = run("catalogue", "import", str(tmp_path / "abc.csv"), "-o", str(tmp_path / name), *force)
    assert code == 1
    assert name in err
    assert (tmp_path / name).read_bytes() == before


def test_the_review_is_a_file_of_its_own(import_rows, run, tmp_path):
    import_rows("kraan drupt;V")
    table, output = str(tmp_path / "abc.csv"), str(tmp_path / "new.yaml")
    for review in (table, output):
        code, _, err = run("catalogue", "import", table, "-o", output, "--review", review)
        assert (code, "three files" in err) == (1, True)
    code, _, err = run("catalogue", "import", table, "-o", output, "--review", str(tmp_path / "new.xlsx"))
    assert (code, "name it new.csv" in err) == (1, True)


def test_a_rule_of_ones_own_keeps_its_id_when_its_row_moves_and_no_other_gets_it(import_rows, tmp_path):
    import_rows("zwembad;H", "dak;V")
    answer(tmp_path, zwembad="new")
    import_rows("zwembad;H", "dak;V")
    import_rows("sauna;H", "zwembad;H", "dak;V")
    answer(tmp_path, sauna="new")
    for _ in range(2):
        import_rows("sauna;H", "zwembad;H", "dak;V")
        catalogue = read_catalogue(tmp_path / "ours.yaml")
        assert catalogue.rule("own.row_2").title.nl == "zwembad"
        assert catalogue.rule("own.row_2_2").title.nl == "sauna"


def test_an_id_is_kept_though_its_row_is_gone_and_its_answer_was_taken_back(import_rows, tmp_path):
    import_rows("zwembad;H", "dak;V")
    answer(tmp_path, zwembad="new")
    import_rows("zwembad;H", "dak;V")
    answer(tmp_path, zwembad="")
    for _ in range(2):
        assert "set aside" not in import_rows("sauna;H", "dak;V")[1]
        assert review_of(tmp_path).rstrip().endswith(";own.row_2;")
    answer(tmp_path, sauna="new")
    import_rows("sauna;H", "dak;V")
    assert read_catalogue(tmp_path / "ours.yaml").rule("own.row_2_2").title.nl == "sauna"


def test_a_heading_takes_no_answer_from_a_row_that_reads_as_it_does(import_rows, tmp_path):
    rows = "Sauna;", "kraan drupt;V", "Sauna;H"
    import_rows(*rows)
    path = tmp_path / "ours.review.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text("\n".join(line + "new" * line.startswith("4;") for line in lines), encoding="utf-8")
    for _ in range(2):
        assert "1 rules of your own, 0 skipped, 0 to settle\n" in import_rows(*rows)[1]
        assert reviewed(tmp_path) == [("4", "Sauna", "new")]


def test_an_answer_beside_a_heading_is_set_aside_and_kept(import_rows, tmp_path):
    import_rows("Sauna;", "kraan drupt;V")
    answer(tmp_path, Sauna="new")
    for _ in range(2):
        assert "1 answers set aside" in import_rows("Sauna;", "kraan drupt;V")[1]
        assert reviewed(tmp_path) == [("", "Sauna", "new")]


def test_rows_for_which_nobody_is_named_are_listed_in_the_review(import_rows, tmp_path):
    import_rows("Schoorsteen vegen;;", "kraan drupt;;x", headings="Onderdeel;Huurder;Verhuurder")
    assert '2;Schoorsteen vegen;;;;"taken as a heading' in review_of(tmp_path)
    assert import_rows("Schoorsteen vegen;;", "kraan drupt;;x", headings="Onderdeel;Huurder;Verhuurder")[0] == 0


@pytest.mark.parametrize("separator", [";", ","])
def test_a_review_opens_in_a_dutch_spreadsheet_and_is_read_back_however_one_saves_it(import_rows, tmp_path, separator):
    import_rows("zwembad, buiten;H", "dak;V")
    review = (tmp_path / "ours.review.csv").read_bytes()
    assert review.startswith(b"\xef\xbb\xbfrow;item;detail;who;")
    answer(tmp_path, separator=separator, **{"zwembad, buiten": "skip"})
    assert "1 skipped" in import_rows("zwembad, buiten;H", "dak;V")[1]


@pytest.mark.parametrize(
    "row", ["Muizen;H;binnen 3 mnd na intrek V", "Douchekop;H;1x per 5 jaar gratis", "Wc-bril;H;met abonnement"]
)
def test_an_exception_to_what_is_as_by_law_is_not_lost_in_silence(import_rows, tmp_path, row):
    _, out, _ = import_rows(row, "dak;V;", headings=WITH_CONDITION)
    assert "1 placed, 0 rules of your own, 0 skipped, 1 to settle" in out
    assert "and would be lost" in review_of(tmp_path)


def test_each_repair_in_a_fund_cites_its_own_row(import_rows, tmp_path):
    import_rows("3.1;wc-bril;S", "3.2;stortbak loopt door;S", headings="Nr;Onderdeel;Wie")
    catalogue = read_catalogue(tmp_path / "ours.yaml")
    cited = [catalogue.rule(rule).unless[-1].basis for rule in ("toilet.seat", "toilet.runs")]
    assert cited == ["own:3.1", "own:3.2"]


def test_answers_that_disagree_on_a_rule_are_put_before_a_person_again(import_rows, tmp_path):
    rows = "zwembad;H", "sauna;V"
    import_rows(*rows)
    answer(tmp_path, zwembad="tap.drips", sauna="tap.drips")
    assert "2 to settle" in import_rows(*rows)[1]
    assert "rows disagree on who tap.drips is for: answer" in review_of(tmp_path)
    answer(tmp_path, zwembad="skip")
    assert "1 placed, 0 rules of your own, 1 skipped, 0 to settle" in import_rows(*rows)[1]


def test_a_row_of_which_an_answer_cannot_tell_whose_it_is_says_what_helps(import_rows, tmp_path):
    for _ in range(2):
        import_rows("zwembad;VvE", ";H", "dak;V")
        assert review_of(tmp_path).count("an answer does not help: say it in the table, or answer skip") == 2
        answer(tmp_path, zwembad="tap.drips")


def test_an_answer_follows_its_row_within_merged_cells(import_rows, tmp_path):
    headings, old = "Onderdeel;Omschrijving;Wie", ("vloer;leggen;H", ";slopen;H")
    import_rows(*old, headings=headings)
    path = tmp_path / "ours.review.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text("\n".join(line + "skip" * (";slopen;" in line) for line in lines), encoding="utf-8")
    import_rows("vloer;leggen;H", ";schuren;H", ";slopen;H", headings=headings)
    assert reviewed(tmp_path) == [("4", "vloer", "skip")]


def test_it_is_told_what_columns_are_taken_for_and_what_the_best_rule_is_about(import_rows, tmp_path):
    _, _, err = import_rows("kraan drupt;V;9", headings="Onderdeel;Wie;Prijs")
    assert "columns: item = Onderdeel, who = Wie; not used: Prijs" in err
    assert ";tap.drips;Kraan drupt of lekt;" in review_of(tmp_path)


def test_an_association_without_a_name_is_called_one_in_both_languages(import_rows, tmp_path):
    import_rows("kraan drupt;V")
    title = read_catalogue(tmp_path / "ours.yaml").title
    assert (title.nl, title.en) == (
        "Onderhouds-ABC van onze woningcorporatie",
        "Maintenance ABC of our housing association",
    )


def review_of(tmp_path):
    return (tmp_path / "ours.review.csv").read_text(encoding="utf-8-sig")
