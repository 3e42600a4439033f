"""What callers say they know: facts and dates as programs and tables hold them; and the catalogue they bring."""

import logging
import threading
from datetime import date, datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import triage
from triage import CatalogueError, FactError, TriageError

TEXT = "de kraan drupt"
DAYS = [
    datetime(2026, 3, 1, 23, 59),
    pd.Timestamp("2026-03-01 08:00"),
    np.datetime64("2026-03-01"),
    date(2026, 3, 1),
    "2026-03-01 12:30",
    "1-3-2026",
    "1-3-2026 08:15",
]
NOTHING = [None, pd.NaT, pd.NA, float("nan")]


@pytest.mark.parametrize("day", DAYS, ids=lambda day: type(day).__name__)
def test_a_day_may_come_as_any_type(triager, day):
    assert triager.assess(TEXT, date=day).receipt.date == date(2026, 3, 1)
    facts = triager.assess(TEXT, facts={"tenancy_start": day}).receipt.facts
    assert facts == {"tenancy_start": "2026-03-01"}


@pytest.mark.parametrize("nothing", NOTHING, ids=lambda value: type(value).__name__)
def test_nothing_says_nothing(triager, nothing):
    assert triager.assess(TEXT, date=nothing).receipt.date == date.today()
    assert triager.assess(TEXT, facts={"worn": nothing, "tenancy_start": nothing}).receipt.facts == {}
    assert triager.assess(TEXT, facts=nothing).receipt.facts == {}


def test_a_column_of_days_may_have_gaps(triager):
    days = pd.to_datetime(["2025-01-01", None, "2027-01-01"])
    for column in (days, pd.Series(days), list(days)):
        assert triager.assess_many([TEXT] * 3, date=column)["reason"].ne("error").all()


@pytest.mark.parametrize("day", ["gisteren", 5.5, "31-31-2026"])
def test_what_is_no_day_is_an_error_of_the_caller(triager, day):
    with pytest.raises(TriageError, match="2026-03-01"):
        triager.assess(TEXT, date=day)
    with pytest.raises(FactError, match="tenancy_start"):
        triager.assess(TEXT, facts={"tenancy_start": day})


@pytest.mark.parametrize(
    "facts",
    [{"reachable": True, "out_of_reach": True}, {"out_of_reach": True, "reachable": True}],
)
def test_facts_that_contradict_each_other_settle_nothing(bundled, facts):
    with pytest.raises(FactError, match="contradicts"):
        bundled.assess("dakgoot zit vol bladeren", facts=facts)


def test_a_fact_may_be_stated_twice_if_both_say_the_same(triager):
    facts = {"reachable": False, "out_of_reach": True}
    assert triager.assess(TEXT, facts=facts).receipt.facts == {"out_of_reach": True}
    assert triager.assess(TEXT, facts={"reachable": True}).receipt.facts == {"out_of_reach": False}


def test_a_message_may_come_as_bytes(triager):
    assert triager.assess("één kraan drupt".encode()).text == "één kraan drupt"
    assert triager.assess_many([TEXT.encode()]).equals(triager.assess_many([TEXT]))


def test_each_request_of_a_batch_has_its_own_facts_and_day(triager):
    facts = [{"worn": True}, {"worn": False}, None, {"worn": True}, {"rule": "roof.leak"}]
    days = ["2026-01-01", "2026-02-01", "2026-02-01", "2026-01-01", None]
    many = triager.assess_many([TEXT] * 5, facts=facts, date=days)
    for i, (own, day) in enumerate(zip(facts, days, strict=True)):
        assert many.iloc[[i]].reset_index(drop=True).equals(triager.assess_many([TEXT], facts=own, date=day))
    assert list(many["basis"]) == ["BW7:206", "BKH:d.1", "BKH:d.1", "BW7:206", "BW7:206"]


def test_truth_values_of_numpy_are_truth_values(triager):
    assert triager.assess(TEXT, facts={"worn": np.True_}).receipt.facts == {"worn": True}
    assert type(triager.assess(TEXT, facts={"worn": np.True_}).receipt.facts["worn"]) is bool


@pytest.mark.parametrize("facts", ["reachable", ["reachable"], 3, {"rule": ["tap.drips"]}, {"worn": "soms"}])
def test_facts_of_a_wrong_shape_are_an_error_of_the_caller(triager, facts):
    with pytest.raises(FactError, match="fact"):
        triager.assess(TEXT, facts=facts)
    with pytest.raises(FactError, match="fact"):
        triager.check_known(facts)


def test_facts_of_one_request_that_cannot_be_used_are_an_error_of_that_request(triager, caplog):
    facts = [{"worn": True}, float("nan"), "x", {"rule": ["tap.drips"]}]
    with caplog.at_level(logging.WARNING, logger="triage"):
        found = triager.assess_many([TEXT] * 4, facts=facts)
    assert list(found["reason"].eq("error")) == [False, False, True, True]
    assert len(caplog.records) == 1
    assert "2 requests" in caplog.text


def test_nobody_is_said_to_have_stated_what_nobody_stated(bundled):
    for text in ("wc loopt door", "de kraan in de keuken is versleten en lekt"):
        assert not any(item.known for item in bundled.assess(text).circumstances)
    stated = bundled.assess("de kraan in de keuken lekt", facts={"whole_unit_worn": True}).circumstances
    assert [item.id for item in stated if item.known] == ["whole_unit_worn"]


@pytest.mark.parametrize("texts", [TEXT, TEXT.encode(), {"a": TEXT}, pd.DataFrame({"melding": [TEXT]})])
def test_one_message_or_a_table_is_not_taken_for_many(triager, texts):
    with pytest.raises(TriageError, match="list or column"):
        triager.assess_many(texts)


def test_half_a_character_can_be_read_and_written(triager):
    assert triager.assess("kraan drupt \ud83d").model_dump_json()
    assert triager.assess_many(["kraan drupt \ud83d", TEXT])["reason"].ne("error").all()


def test_a_catalogue_must_know_what_the_model_recognises(small_model):
    catalogue = small_model.catalogue
    fewer = catalogue.model_copy(update={"elsewhere": catalogue.elsewhere[1:]})
    with pytest.raises(CatalogueError, match=catalogue.elsewhere[0].id):
        triage.Triager(small_model, fewer)


def test_threads_that_come_first_together_get_what_one_would():
    texts = [
        "ik ruik gas in de keuken",
        "the radiator in the bedroom does not get warm",
        "het dak lekt en er komt water door het plafond",
        "wc loopt door",
        "my toilet is leaking since yesterday",
        "er komt rook uit de meterkast",
    ]
    expected = [triage.load().assess(text) for text in texts]
    for _ in range(5):
        fresh, together = triage.load(), threading.Barrier(len(texts))
        found: dict[str, triage.Assessment] = {}

        def work(text, fresh=fresh, together=together, found=found):
            together.wait()
            found[text] = fresh.assess(text)

        threads = [threading.Thread(target=work, args=(text,)) for text in texts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [found[text] for text in texts] == expected
        assert [fresh.assess(text) for text in texts] == expected


STRANGE = ["flurbel grompt knats", "de flurbel grompt knats ook", "lampjez kapotx", "x" * 50, "blah blah"]


@pytest.mark.parametrize("text", STRANGE)
@pytest.mark.parametrize("facts", [{}, {"reachable": True}, {"own_fault": False}], ids=str)
def test_where_most_words_are_unknown_nothing_is_decided(bundled, text, facts):
    a = bundled.assess(text, facts=facts)
    assert a.decision == "review"
    assert a.reason in ("unrecognised", "out-of-scope")


@pytest.mark.parametrize("text", ["De deurkruk van de werkkamer zit los op de stift.", "afzuigkap keuken stuk"])
def test_words_that_were_learned_are_not_strange_though_no_list_of_a_language_has_them(bundled, text):
    assert bundled.assess(text).reason != "unrecognised"


def test_what_is_broken_may_be_known_all_the_same(bundled):
    a = bundled.assess("flurbel grompt knats", facts={"rule": "roof.leak"})
    assert (a.rule.id, a.reason == "unrecognised") == ("roof.leak", False)


@pytest.mark.parametrize(
    "text", ["Help", "HELP!!!", "graag contact", "kunt u mij bellen?", "goedemorgen", "please call me"]
)
def test_who_does_not_say_what_is_broken_is_asked(bundled, text):
    a = bundled.assess(text)
    assert (a.decision, a.reason) == ("review", "empty")
    assert "wat er kapot is" in a.explanation("nl")


@pytest.mark.parametrize("text", ["het lekt", "iets met de deur", "something is wrong with the kitchen"])
def test_what_leaves_everything_open_is_not_decided(bundled, text):
    assert bundled.assess(text).decision != "auto"


@pytest.mark.parametrize(
    "text", ["ik wil dood", "ik wil niet meer leven", "mijn man slaat me", "My husband hits me", "I want to die"]
)
def test_who_needs_help_gets_no_answer_about_repairs(bundled, text):
    a = bundled.assess(text)
    assert (a.responsible, a.decision, a.urgent, a.findings) == (None, "review", True, [])
    assert a.elsewhere is None
    assert "112" in a.urgent_advice.nl
    assert "0800-0113" in a.explanation("en")
    assert not a.rule
    assert bundled.assess_many([text])["urgent"].all()


def test_who_is_in_danger_is_not_asked_whose_fault_it_is(bundled):
    a = bundled.assess("Het stopcontact vonkt omdat ik er water over gegooid heb")
    assert a.urgent
    assert a.decision != "ask" or a.question.fact not in ("own_fault", "misuse")


def test_a_guess_is_not_told_as_what_was_reported(bundled):
    a = bundled.assess("flurbel grompt knats")
    assert "Uw melding" not in a.explanation("nl")
    assert "nog niet zeker wat er aan de hand is" in a.explanation("nl")


def test_columns_have_their_types_whatever_rows_there_are(triager):
    for per in ("request", "finding"):
        some = triager.assess_many([TEXT], per=per).dtypes
        assert triager.assess_many([], per=per).dtypes.equals(some)
        assert triager.assess_many([TEXT], facts=[{"no such": True}], per=per).dtypes.equals(some)


def test_what_cannot_even_be_shown_is_an_empty_message(triager):
    class Shy:
        def __str__(self):
            raise RuntimeError

    assert triager.assess(Shy()).reason == "empty"
    assert list(triager.assess_many([Shy(), bytearray(b"kraan drupt")])["reason"].isna()) == [False, True]


def test_long_requests_are_judged_in_smaller_lots(triager, monkeypatch):
    expected = triager.assess_many([TEXT] * 7)
    monkeypatch.setattr("triage.batch._MOST_CHARACTERS", 2 * len(TEXT))
    assert triager.assess_many([TEXT] * 7).equals(expected)


@pytest.mark.parametrize("nothing", ["", " ", None, float("nan")])
def test_an_empty_day_is_today(triager, nothing):
    assert triager.assess(TEXT, date=nothing) == triager.assess(TEXT)
    assert not triager.assess_many([TEXT, TEXT], date=["2026-01-01", nothing])["reason"].eq("error").any()


def test_a_column_that_a_spark_table_lacks_is_named_before_anything_is_sent(triager):
    from triage.spark import assess

    table = SimpleNamespace(columns=["ticket", "melding"])
    with pytest.raises(TriageError, match="the table: no column 'tekst'; it has ticket, melding"):
        assess(table, "tekst", triager)
