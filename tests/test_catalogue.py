"""The catalogue holds the law whole, and says exactly what is wrong with one that does not hold together."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from triage import Catalogue, CatalogueError
from triage.artefact import Fingerprint, kept_catalogue, save_model
from triage.catalogue import Source
from triage.catalogue_file import BUNDLED, read_catalogue

SMALL = (Path(__file__).parent / "data" / "small.yaml").read_text(encoding="utf-8")
LETTERS = "abcdefghijklmnopqrstuv"
DASHES = {"c": 2, "d": 7, "e": 3, "i": 3, "k": 4, "l": 9}


@pytest.fixture(scope="module")
def nl() -> Catalogue:
    return read_catalogue(BUNDLED)


def test_the_house_is_covered(nl):
    assert len(nl.rules) >= 180
    assert {"kitchen", "bathroom", "heating", "electricity", "outside", "garden", "common", "safety"} <= {
        r.area for r in nl.rules
    }


@pytest.mark.parametrize("letter", LETTERS)
def test_every_letter_and_dash_of_the_annex_is_quoted_and_used(nl, letter):
    expected = {f"BKH:{letter}"} | {f"BKH:{letter}.{n}" for n in range(1, DASHES.get(letter, 0) + 1)}
    quoted = {article.basis for article in nl.articles if article.quote}
    assert expected <= quoted
    used = {rule.basis for rule in nl.rules}
    for basis in expected:
        assert basis in used or any(other.startswith(f"{basis}.") for other in used), basis


@pytest.mark.parametrize("article", [204, 206, 208, 213, 215, 216, 217, 218, 219, 222, 224, 237, 240, 242])
def test_the_articles_that_decide_are_there(nl, article):
    assert nl.article(f"BW7:{article}") is not None


def test_the_conditions_of_the_annex_stand_beside_its_words(nl):
    assert "reachable" in nl.article("BKH:s").conditions
    assert {"no_significant_cost", "simple"} <= set(nl.article("BKH:i").conditions)
    assert not nl.article("BKH:l").conditions


def test_at_least_fourteen_circumstances_flip_a_rule(nl):
    flipping = {
        entry.when
        for rule in nl.rules
        for entry in nl.exceptions(rule)
        if entry.basis and entry.responsible != rule.responsible
    }
    assert len(flipping) >= 14


def test_what_decides_comes_in_the_order_of_the_law(nl):
    order = [entry.when for entry in nl.exceptions(nl.rule("tap.drips"))]
    assert order[:4] == ["landlord_work", "own_addition", "own_fault", "misuse"]
    assert order.index("landlord_neglect") < order.index("whole_unit_worn")


def test_every_rule_speaks_both_languages_and_has_words(nl):
    for rule in nl.rules:
        assert rule.words.nl
        assert rule.words.en
        assert rule.why.nl != rule.why.en


def test_every_question_is_a_question(nl):
    for rule in nl.rules:
        for entry in nl.exceptions(rule):
            assert entry.question is not None
            assert entry.question.nl.endswith("?")
            assert entry.question.en.endswith("?")


def test_ids_do_not_derive_from_titles_and_read_well(nl):
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", rule.id) for rule in nl.rules)


def test_the_schema_in_the_repository_is_current():
    stored = json.loads((BUNDLED.parent / "schema.json").read_text(encoding="utf-8"))
    assert stored == Catalogue.model_json_schema()


def test_a_basis_is_written_out(nl):
    assert nl.citation("BKH:l.8") == "Besluit kleine herstellingen, bijlage onder l, achtste streepje"
    assert nl.citation("BKH:n", "en") == "Dutch Minor Repairs Decree, annex under n"
    assert nl.citation("own:4.2") == "Eigen regeling, 4.2"
    assert nl.url("BKH:n").startswith("https://")


def broken(tmp_path: Path, text: str) -> str:
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        read_catalogue(path)
    return str(caught.value)


def line_of(text: str, needle: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), 1) if needle in line)


def test_an_error_names_file_line_rule_and_remedy(tmp_path):
    text = SMALL.replace("area: water", "areaa: water")
    message = broken(tmp_path, text)
    assert f"broken.yaml:{line_of(text, 'areaa')}: rule tap.drips: areaa: is not a known field" in message
    assert "rule tap.drips: area: is missing; add it" in message


def test_all_problems_come_at_once(tmp_path):
    text = SMALL.replace("{when: worn,", "{when: wornn,").replace(
        "basis: BKH:d.4\n    urgency", "basis: BKH:d.7\n    urgency"
    )
    message = broken(tmp_path, text)
    assert f"broken.yaml:{line_of(text, 'wornn')}: rule tap.drips: unless: no circumstance 'wornn'" in message
    assert "rule lock.key_lost: basis BKH:d.7 is not among the articles" in message


def test_a_general_circumstance_turns_no_rule_that_it_spares(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.replace("over: landlord\n", "over: landlord\n    spares: [roof.leak]\n"), encoding="utf-8")
    spared = read_catalogue(path)
    path.write_text(SMALL, encoding="utf-8")
    assert read_catalogue(path).ruled("roof.leak", ["own_fault"])[0] == "tenant"
    assert spared.ruled("roof.leak", ["own_fault"])[0] == "landlord"


def test_a_rule_to_spare_must_exist(tmp_path):
    text = SMALL.replace("over: landlord\n", "over: landlord\n    spares: [roof.lake]\n")
    message = broken(tmp_path, text)
    assert f"broken.yaml:{line_of(text, 'roof.lake')}: circumstance own_fault: there is no rule 'roof.lake'" in message


def test_a_double_id_is_found(tmp_path):
    assert "rules: tap.drips stands twice" in broken(tmp_path, SMALL.replace("id: roof.leak", "id: tap.drips"))


KEY = "words: {nl: [sleutel kwijt, sleutel verloren], en: [lost my key]}"


@pytest.mark.parametrize(
    ("part", "instead", "expected"),
    [
        (KEY, "words: {en: [lost my key]}", "rule lock.key_lost: needs Dutch words"),
        (KEY, "words: {nl: [sleutel kwijt]}", "rule lock.key_lost: needs English words too"),
        ("examples: {nl: [ik ben mijn huissleutel verloren], en: [lost the key]}", "examples: {en: [lost the key]}", "rule lock.key_lost: needs at least one Dutch example"),
        ("{when: out_of_reach}", "{when: worn}", "unless: worn stands twice"),
        ("{when: out_of_reach}", "{when: out_of_reach, basis: 'BW7:240'}", "unless out_of_reach: basis BW7:240 is not among the articles"),
        ("basis: BW7:218\n    because", "basis: BW7:219\n    because", "circumstance own_fault: basis BW7:219 is not among the articles"),
        ("basis: BW7:218\n    because", "because", "circumstance own_fault: acts on every rule, so it needs a basis"),
        ("id: worn\n", "id: own_fault\n", "circumstances: own_fault stands twice"),
        ('basis: "BKH:d.4"', 'basis: "BKH:d.1"', "articles: BKH:d.1 stands twice"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_named(tmp_path, part, instead, expected):
    assert part in SMALL
    assert expected in broken(tmp_path, SMALL.replace(part, instead))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rules: [", "not valid YAML"),
        ("- a list", "a catalogue is a mapping"),
        ("", "a catalogue is a mapping"),
        ("id: a\nid: b\n", "not valid YAML"),
        (SMALL.replace("responsible: landlord\n    basis: BW7:206\n    urgency: soon", "responsible: both\n    basis: BW7:206\n    urgency: soon"), "must be 'landlord' or 'tenant'"),
        (SMALL.replace("basis: BKH:d.1\n    urgency", "basis: BKH:z9\n    urgency"), "does not have the form"),
        ("rules: !!python/object/apply:os.system [ls]", "broken.yaml:1: "),
        ("title: !!float x", "broken.yaml:1: not valid YAML: 'x' cannot be read"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_catalogue_gets_one_clear_error(tmp_path, text, expected):
    assert expected in broken(tmp_path, text)


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01", "20260301", "'20260301'", "[2026]", "2026-01-01 25:00:00"])
def test_what_is_no_day_is_named_with_line_and_rule(tmp_path, day):
    text = SMALL.replace("area: water\n", f"area: water\n    valid_from: {day}\n")
    line = line_of(text, "valid_from")
    expected = rf"broken.yaml:{line}: rule tap.drips: valid_from: .* is no day; write it as 2026-03-01"
    assert re.search(expected, broken(tmp_path, text))


def test_a_number_beyond_all_reading_is_named_with_its_line(tmp_path):
    text = SMALL.replace("area: water\n", f"area: water\n    valid_from: 1{'0' * 5000}\n")
    assert f"broken.yaml:{line_of(text, 'valid_from')}: not valid YAML: '1000" in broken(tmp_path, text)


@pytest.mark.parametrize(
    ("part", "instead", "expected"),
    [
        ("opposite: reachable", "opposite: worn", "circumstances: worn stands twice"),
        ("opposite: reachable", "opposite: out_of_reach", "circumstances: out_of_reach stands twice"),
        ("opposite: reachable", "opposite: tenancy_start", "circumstances: tenancy_start means something else; use another opposite"),
        ("id: worn\n", "id: reachable\n", "circumstances: reachable stands twice"),
        ("id: worn\n", "id: rule\n", "circumstances: rule means something else; use another id"),
        ("id: worn\n", "id: unknown\n", "circumstances: unknown means something else; use another id"),
    ],
)  # fmt: skip
def test_facts_have_names_of_their_own(tmp_path, part, instead, expected):
    assert part in SMALL
    assert expected in broken(tmp_path, SMALL.replace(part, instead))


@pytest.mark.parametrize("word", ["gás", "*gas*", "ga*s", "gas-lucht", "112", "lucht/*", "gas//lucht", "g" * 41])
def test_a_sign_of_danger_that_can_never_ring_is_refused(tmp_path, word):
    text = SMALL.replace("ruik* gas", f"ruik* {word}")
    assert f"broken.yaml:{line_of(text, 'ruik*')}: danger gas: sign 'ruik* {word}': " in broken(tmp_path, text)


@pytest.mark.parametrize("word", ["Gas", "*gas", "gas*/lucht", "000", "газ"])
def test_a_sign_of_danger_that_can_ring_is_read(tmp_path, word):
    (tmp_path / "small.yaml").write_text(SMALL.replace("ruik* gas", f"ruik* {word}"), encoding="utf-8")
    assert read_catalogue(tmp_path / "small.yaml").dangers


def test_rules_do_not_retire_in_a_circle(tmp_path):
    retired = """retired:
  - {rule: tap.drips, instead: roof.leak, basis: 'own:1'}
  - {rule: roof.leak, instead: tap.drips, basis: 'own:1'}
"""
    assert "tap.drips to roof.leak to tap.drips is a circle" in broken(tmp_path, SMALL + retired)


def test_a_hash_tells_what_a_catalogue_says_not_which_fields_there_could_be(small):
    assert Catalogue.model_validate_json(small.model_dump_json(exclude_defaults=True)).hash == small.hash
    said = small.model_dump_json(exclude_defaults=True)
    assert small.hash == hashlib.sha256(said.encode()).hexdigest()


def test_a_copy_with_changes_is_looked_up_afresh(small):
    assert small.rule("tap.drips").urgency == "normal"
    assert small.hash
    rules = [rule.model_copy(update={"urgency": "soon"}) for rule in small.rules]
    copied = small.model_copy(update={"rules": rules})
    assert copied.rule("tap.drips").urgency == "soon"
    assert copied.hash != small.hash
    assert small.model_copy().hash == small.hash


def test_the_bundled_catalogue_has_a_name(nl):
    assert read_catalogue("nl") == nl


def test_the_copy_in_a_model_is_read_only_if_it_is_of_the_same_file(small_model, tmp_path):
    file = tmp_path / "small.yaml"
    file.write_text(SMALL, encoding="utf-8")
    prints = Fingerprint(data="", catalogue=hashlib.sha256(file.read_bytes()).hexdigest(), code="")
    folder, kept = tmp_path / "model", small_model.catalogue
    save_model(
        folder, small_model.recogniser, small_model.policy, kept, name="small", fingerprint=prints, built_with={}
    )
    assert kept_catalogue(file, folder) == kept
    file.write_text(SMALL + "\n", encoding="utf-8")
    assert kept_catalogue(file, folder) is None
    assert kept_catalogue(file, tmp_path / "nowhere") is None


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CatalogueError, match=r"nowhere.yaml: cannot be read"):
        read_catalogue(tmp_path / "nowhere.yaml")


def test_a_file_in_another_encoding_is_named(tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes("title: één".encode("latin-1"))
    with pytest.raises(CatalogueError, match="not UTF-8"):
        read_catalogue(path)


def test_of_sources_with_one_id_the_last_is_cited_and_linked(nl):
    own = [Source(id="own", title=f"ABC {n}", url=f"https://{n}.nl", checked_on="2026-11-01") for n in (1, 2)]
    catalogue = nl.model_copy(update={"sources": (*nl.sources, *own)})
    assert (catalogue.citation("own:3"), catalogue.url("own:3")) == ("ABC 2, 3", "https://2.nl")


@pytest.mark.parametrize(
    ("basis", "dutch", "english"),
    [
        ("BKH:l.9", "onder l, negende streepje", "under l, ninth dash"),
        ("BKH:l.10", "onder l, streepje 10", "under l, dash 10"),
        ("BKH:d.0", "onder d, streepje 0", "under d, dash 0"),
        ("BKH:d", "bijlage onder d", "annex under d"),
    ],
)
def test_a_dash_is_cited_whatever_its_number(nl, basis, dutch, english):
    assert nl.citation(basis).endswith(dutch)
    assert nl.citation(basis, "en").endswith(english)
