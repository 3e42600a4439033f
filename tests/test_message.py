"""Cleaning blanks what is not the sender's own words, and moves nothing."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.message import LIMIT, clean, clean_many, is_empty


def words(text):
    return clean(text).split()


@given(st.text(max_size=300))
def test_no_character_moves(text):
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    kept = [(a, b) for a, b in zip(text, cleaned, strict=True) if not b.isspace()]
    assert all(a == b or b == "'" or a == "&" for a, b in kept)


_PIECES = st.sampled_from(
    """lek |Dag, |Voorbeeldstraat| 12|1234| AB|06|-00000000|0|\t|\n|> |--|: |Naam:|op ma schreef jan:|mvg|www.a.nl|x@y.nl
    |gas|: nee|? No|<br>|&amp;|\x00|😬|http://a.nl""".split("|")
)


@given(st.lists(st.lists(_PIECES, max_size=12).map("".join) | st.text(max_size=50), max_size=6))
def test_many_are_cleaned_as_each_is(texts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("triage.message._FEW", 0)
        assert clean_many(texts) == [clean(text) for text in texts]


def test_danger_that_is_denied_is_left_out_of_many_too(monkeypatch):
    monkeypatch.setattr("triage.message._FEW", 0)
    texts = [
        "Gaslucht: nee, kraan lekt",
        "Gaslucht:\tNEE, kraan lekt",
        "brand?  nvt kraan lekt",
        "smoke? no, tap drips",
    ]
    assert clean_many([*texts, "kraan lekt"]) == [*map(clean, texts), "kraan lekt"]
    assert all("as" not in clean(text) for text in texts[:2])


@given(st.text(alphabet="abc <>&;:.\n-@0123456789", max_size=120))
def test_cleaning_twice_is_cleaning_once_for_plain_text(text):
    once = clean(text)
    assert len(clean(once)) == len(once)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("De kraan lekt.\n\nMet vriendelijke groet,\nJan Voorbeeld\n06-00000000", ["De", "kraan", "lekt."]),
        ("Kraan lekt\n-- \nVerzonden met MijnMail", ["Kraan", "lekt"]),
        ("Slot stuk\n\nOp ma 3 mrt 2025 om 10:00 schreef Huurdienst <info@example.org>:\n> uw dak", ["Slot", "stuk"]),
        ("Slot stuk\n\nVan: Huurdienst\nVerzonden: maandag\nOnderwerp: dak", ["Slot", "stuk"]),
        (
            "<html><body><p>Bel&nbsp;doet het niet</p><style>p {kleur}</style></body></html>",
            "Bel doet het niet".split(),
        ),
        ("bel mij op 06 00000000 of jan@example.org, deur klemt", "bel mij op of , deur klemt".split()),
        ("Naam: J. Voorbeeld\nRuimte: keuken\nWat is er stuk: kraan\nSinds: gisteren", "keuken kraan gisteren".split()),
        ("Geachte heer, mevrouw,\nlamp stuk", ["mevrouw,", "lamp", "stuk"]),
    ],
)
def test_only_the_senders_words_stay(text, kept):
    assert words(text) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ter info\n> het plafond lekt", "Ter info > het plafond lekt"),
        ("Zie onder, graag oppakken.\n-----Doorgestuurd bericht-----\nVan: bewoner\nAan: balie\nlift hangt vast", None),
        ("FYI\nFrom: tenant\nSent: Monday\nsmell of gas", "FYI smell of gas"),
        ("Nog steeds.\nOp ma 3 mrt schreef huurder:\n> de cv doet niets", "Nog steeds. > de cv doet niets"),
    ],
)
def test_who_says_nothing_above_a_thread_passes_it_on(text, kept):
    assert words(text) == (kept or "Zie onder, graag oppakken. lift hangt vast").split()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Kraan drupt. Gaslucht: nee. Brand: nee", "Kraan drupt. ."),
        ("Ruikt u gas? Nee\nKlacht: lamp stuk", "Klacht: lamp stuk"),
        ("Spoed (gaslek, brand): n.v.t Klacht: bril los", "Klacht: bril los"),
        ("Gas smell: no\nwindow jammed", "window jammed"),
    ],
)
def test_danger_that_a_form_asks_for_and_that_is_denied_is_left_out(text, kept):
    assert words(text) == kept.split()


@pytest.mark.parametrize(
    "text",
    [
        "Is er brand? Nee maar er komt rook uit de kast",
        "Kunt u er zelf bij? Nee",
        "gas: neem contact op",
        "Ik ruik gas in de keuken, heeft u de hoofdkraan dicht? Nee\nKom snel alstublieft",
        "I smell gas in the hallway, did you open the windows? No. Please come",
        "Er is brand in de meterkast, al gebeld? Nee! Kom snel",
        "IK RUIK GAS IN DE KEUKEN, OORZAAK: GEEN IDEE KOM SNEL",
        "SPOED: GEEN WATER",
        "EMERGENCY: NO HEATING",
        "De gasketel geeft storing F28, zelf al gereset: nee. Wat nu",
    ],
)
def test_no_other_no_leaves_anything_out(text):
    assert clean(text) == text


@pytest.mark.parametrize("own", ["Nee", "Ja graag.", "ok, bedankt"])
def test_an_answer_does_not_pass_on_what_it_answers(own):
    assert words(f"{own}\nOp ma 3 mrt schreef de balie:\n> Ruikt u nog steeds gas?") == own.split()


@pytest.mark.parametrize("text", ["Met vriendelijke groet", "> alles geciteerd", "Beste allemaal,", "Naam: kraan"])
def test_a_message_that_would_vanish_stays(text):
    assert not is_empty(clean(text))


@pytest.mark.parametrize("text", ["", "  \n\t ", "!!! 7", "\x00\x01", "😀😀", "a"])
def test_what_holds_no_word_is_empty(text):
    assert is_empty(clean(text))


def test_a_huge_message_is_read_up_to_a_limit():
    read = clean("kraan " * 20_000)
    assert len(read.replace(" ", "")) == LIMIT


@pytest.mark.parametrize(
    "page",
    [
        "<html><head><style><!--{}--></style></head><body>Ik ruik gas</body></html>".format("p {margin: 0cm} " * 4000),
        '<html><body><img src="data:image/png;base64,{}"><p>Ik ruik gas</p></body></html>'.format("iVBORw0KGgo" * 5000),
        "<div>{}Ik ruik gas</div>".format("<br>" * 20_000),
        "Ik ruik gas<p>" + "<script " * 20_000,
        " " * 500_000 + "Ik ruik gas",
    ],
)
def test_what_is_not_shown_takes_no_room_and_hardly_any_time(page):
    started = time.process_time()
    read = clean(page)
    assert "Ik ruik gas" in read
    assert page.index("Ik ruik gas") == read.index("Ik ruik gas")
    assert time.process_time() - started < 10  # it took minutes where time grew with the square of the length


def test_a_page_that_begins_with_a_declaration_is_read_like_one_that_does_not():
    for before in ('<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN">', "<?xml version='1.0'?>", "<![if !lists]>"):
        page = f"{before}<html><body><p>dakgoot verstopt</p></body></html>"
        assert clean(page).split() == ["dakgoot", "verstopt"]


def test_signatures_are_found_in_no_time_however_many_closings_there_are():
    started = time.process_time()
    assert "kraan" in clean("kraan drupt\n" + ("--\n" + " " * 97) * 9000)
    assert time.process_time() - started < 5
