"""The contract: what callers see of an assessment, for any text whatever."""

import json
import random
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage import Assessment, FactError, TriageError
from triage.batch import COLUMNS

TEXTS = ["de kraan drupt", "het dak lekt", "ik ben mijn sleutel verloren", "vraag over de huurverhoging"]


def test_an_assessment_answers_all_questions(triager):
    a = triager.assess("Kraan in de keuken drupt, hij is helemaal versleten", date="2026-03-01")
    assert a.responsible in ("landlord", "tenant")
    assert 0.5 <= a.confidence <= 1
    assert a.decision in ("auto", "ask", "review")
    assert a.rule.id == "tap.drips"
    assert a.rule.title
    assert a.rule.citation
    assert a.basis == a.findings[0].basis
    assert a.urgent is False
    assert a.explanation("nl") != a.explanation("en")
    assert a.receipt.date.isoformat() == "2026-03-01"
    assert len(a.receipt.model_hash) == len(a.receipt.catalogue_hash) == 64


def test_json_holds_everything_and_reads_back(triager):
    a = triager.assess("het dak lekt boven de slaapkamer")
    assert Assessment.model_validate_json(a.model_dump_json()) == a
    assert json.loads(a.model_dump_json())["schema_version"] == 1


def test_same_inputs_same_answer(triager):
    first, second = (triager.assess("de kraan drupt", date="2026-01-01").model_dump_json() for _ in range(2))
    assert first == second


@given(st.text(max_size=400))
@settings(deadline=None)
def test_no_text_raises(triager, text):
    a = triager.assess(text)
    assert a.decision in ("auto", "ask", "review")
    assert (a.reason is None) == (a.decision == "auto")
    for word in a.evidence:
        assert text[word.start : word.end] == word.text


BAD = {
    "": "empty",
    "   \n\t": "empty",
    "😀🚿💧": "empty",
    "\x00\xff\x01\x02": "empty",
    None: "empty",
    float("nan"): "empty",
    pd.NA: "empty",
    "Woda cieknie z kranu w kuchni od tygodnia i nikt nie przychodzi": "language",
    "المياه تتسرب من السقف": "language",
}


@pytest.mark.parametrize(("text", "reason"), BAD.items(), ids=[str(i) for i in range(len(BAD))])
def test_what_cannot_be_read_gets_its_reason(triager, text, reason):
    a = triager.assess(text)
    assert (a.responsible, a.confidence, a.decision, a.reason) == (None, 0, "review", reason)
    assert a.explanation("nl")


def test_a_huge_message_is_assessed(triager):
    assert triager.assess("de kraan drupt. " * 7000).rule is not None


@pytest.mark.parametrize(
    "text",
    [
        "<html><body><p>de kraan in de keuken drupt</p></body></html>",
        "de kraan in de keuken drupt\r\n\r\nMet vriendelijke groet\r\nA. Voorbeeld",
        "de kraan in de keuken drupt\n\nOp di 1 apr 2025 om 09:00 schreef Wonen <w@example.org>:\n> uw dak lekt",
    ],
)
def test_mail_is_read_for_what_the_sender_says(triager, text):
    assert triager.assess(text).rule.id == "tap.drips"


def test_nothing_to_repair_is_recognised(triager):
    a = triager.assess("wanneer gaat de huurverhoging in, ik heb een vraag over mijn huur")
    assert (a.responsible, a.reason, a.elsewhere) == (None, "out-of-scope", "rent")
    assert "huur" in a.explanation("nl")


def test_several_defects_become_several_findings(bundled):
    text = "1) De kraan in de keuken drupt al een week. 2) Verder lekt het dak boven de slaapkamer als het regent."
    a = bundled.assess(text)
    assert a.responsible == "both"
    assert (a.decision, a.reason) == ("review", "several-defects")
    assert [finding.responsible for finding in a.findings] == ["tenant", "landlord"]
    assert "kraan" in text[slice(*a.findings[0].span)]
    assert "dak" in text[slice(*a.findings[1].span)]


def test_facts_settle_the_matter(triager):
    text = "de kraan drupt"
    assert triager.assess(text, facts={"worn": True}).basis == "BW7:206"
    assert triager.assess(text, facts={"reachable": False}).basis == "BW7:206"
    assert triager.assess(text, facts={"own_addition": True, "worn": True}).basis == "BW7:242"
    assert triager.assess(text, facts={"rule": "roof.leak"}).rule.id == "roof.leak"
    assert triager.assess(text, facts={"worn": True}).receipt.facts == {"worn": True}


def test_a_wrong_fact_is_an_error_of_the_caller(triager):
    with pytest.raises(FactError, match="unknown fact 'weather'"):
        triager.assess("de kraan drupt", facts={"weather": True})
    with pytest.raises(TriageError, match="2026-03-01"):
        triager.assess("de kraan drupt", date="gisteren")


def test_the_answer_to_the_question_is_a_fact(bundled):
    for text in ("wc loopt door", "cv doet niks", "dakgoot verstopt", "glas stuk", "zonnescherm kapot"):
        a = bundled.assess(text)
        if a.question is None:
            continue
        assert a.question.nl.endswith("?")
        assert len({choice.nl for choice in a.question.choices}) == len(a.question.answers)
        for value in a.question.answers:
            settled = bundled.assess(text, facts={a.question.fact: value})
            assert settled.receipt.facts == {a.question.fact: value}


def test_danger_is_urgent_whatever_else_is_said(bundled):
    a = bundled.assess("ruik gas in de keuken, wanneer komt de huurverhoging?")
    assert a.urgent
    assert "0800-9009" in a.urgent_advice.nl
    assert "0800-9009" in a.explanation("nl")


@given(
    text=st.lists(
        st.sampled_from("de kraan dak lekt drupt versleten sleutel ketel en ook , .".split()), min_size=1, max_size=14
    )
)
@settings(deadline=None)
def test_evidence_adds_up(triager, text):
    a = triager.assess(" ".join(text))
    for finding in a.findings:
        listed = sum(word.weight for word in finding.evidence)
        assert finding.score.total == pytest.approx(listed + finding.score.unlisted + finding.score.intercept, abs=1e-5)
        start, end = finding.span
        words = [token for token in triager.model.recogniser.outputs.rules if token == finding.rule.id]
        assert words == [finding.rule.id]
        assert all(start <= word.start and word.end <= end for word in finding.evidence)


def test_evidence_is_the_few_most_telling_words_in_the_order_of_the_text(bundled):
    text = (
        "De kraan in de keuken drupt al een week, ook de knop lekt en de kraan blijft druppelen, een leertje helpt niet"
    )
    [finding] = bundled.assess(text).findings
    weights = [word.weight for word in finding.evidence]
    assert 2 < len(weights) <= 6
    assert min(weights) > 0.02
    assert weights != sorted(weights, reverse=True)
    assert [word.start for word in finding.evidence] == sorted(word.start for word in finding.evidence)


def test_evidence_total_is_the_score_of_the_recogniser(triager):
    a = triager.assess("de kraan drupt")
    place = triager.model.recogniser.outputs.names.index("tap.drips")
    score = triager.model.recogniser.scores([["de", "kraan", "drupt"]])[0, place]
    assert a.findings[0].score.total == pytest.approx(float(score), abs=1e-4)
    assert {word.text for word in a.evidence} <= {"de", "kraan", "drupt"}


def test_many_equal_one_by_one_in_order_and_index(triager):
    texts = pd.Series([*TEXTS, None, ""], index=list("fedcba"))
    frame = triager.assess_many(texts)
    assert list(frame.index) == list("fedcba")
    assert list(frame.columns) == list(COLUMNS)
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    for text, row in zip(texts, records, strict=True):
        a = triager.assess(text)
        assert row["responsible"] == a.responsible
        assert row["confidence"] == pytest.approx(a.confidence)
        assert (row["decision"], row["reason"], row["basis"]) == (a.decision, a.reason, a.basis)
        assert row["rule"] == (a.rule.id if a.rule else None)
        assert row["circumstances"] == ";".join(holding.id for holding in a.circumstances)
        assert row["urgent"] == a.urgent


def test_order_of_a_batch_does_not_matter(triager):
    texts = TEXTS * 3
    order = list(range(len(texts)))
    random.Random(0).shuffle(order)
    straight = triager.assess_many(texts)
    shuffled = triager.assess_many([texts[i] for i in order])
    assert shuffled.equals(straight.iloc[order].reset_index(drop=True))


def test_one_row_per_finding(bundled):
    texts = pd.Series(
        [
            "Twee klachten. 1. Het dak lekt op zolder als het regent. 2. De wc loopt de hele dag door.",
            "sleutel kwijt",
            "",
        ],
        index=[10, 20, 30],
    )
    frame = bundled.assess_many(texts, per="finding")
    assert list(frame["request"]) == [10, 10, 20]
    assert (frame["end"] > frame["start"]).all()


def test_danger_told_across_defects_makes_the_message_urgent(bundled):
    text = "Twee dingen: de dakgoot aan de voorkant lekt. En de wc-bril in de badkamer is gebroken."
    docket = bundled._judge.judge([text], {}, date(2026, 1, 1))
    assert docket.defects is not None
    calm = replace(docket.defects, urgent=np.zeros(len(docket.defects), dtype=bool))
    assert len(calm) > 1
    assert not replace(docket, defects=calm).outcomes().urgent[0]
    danger = bundled.catalogue.dangers[0]
    assert replace(docket, defects=calm, dangers={0: danger}).outcomes().urgent[0]


def test_an_empty_batch_is_an_empty_table(triager):
    assert list(triager.assess_many([]).columns) == list(COLUMNS)
    assert list(triager.assess_many([], per="finding").columns) == ["request", "start", "end", *COLUMNS]


def test_what_holds_no_defect_has_no_finding(triager):
    assert triager.assess_many([""], per="finding").empty
    dates = ["2026-01-01", "2026-06-01"]
    assert triager.assess_many(["de kraan drupt", ""], date=dates, per="finding")["request"].tolist() == [0]


def test_one_bad_row_never_ends_a_batch(triager, monkeypatch):
    import triage.judging as room

    real = room.clean_many
    monkeypatch.setattr(room, "clean_many", lambda texts: 1 / 0 if "boem" in texts else real(texts))
    frame = triager.assess_many(["de kraan drupt", "boem", "het dak lekt"])
    assert list(frame["reason"].isin(["error"])) == [False, True, False]
    assert triager.assess("boem").reason == "error"


def test_generators_are_welcome(triager):
    assert len(triager.assess_many(text for text in TEXTS)) == len(TEXTS)


def test_an_unknown_grain_is_refused(triager):
    with pytest.raises(TriageError, match="finding"):
        triager.assess_many(TEXTS, per="word")


def test_probabilities_are_plain_numbers(triager):
    frame = triager.assess_many(TEXTS)
    assert frame["confidence"].dtype == np.float64


def test_no_message_of_voices_never_seen_fails(bundled):
    from training.corpus import read_corpus

    texts = [row.text for row in read_corpus().part("test").messages()]
    frame = bundled.assess_many(texts)
    assert not (frame["reason"] == "error").any()
    assert frame["confidence"].between(0, 1).all()
    sure = frame.index[(frame["reason"] == "out-of-scope") & (frame["confidence"] > 0.9999)]
    assert len(sure) > 10
    assert all(bundled.assess(texts[i]).reason == "out-of-scope" for i in sure)


def test_danger_is_urgent_in_a_message_that_could_not_be_judged(bundled, monkeypatch):
    from triage.judging import Judge

    monkeypatch.setattr(Judge, "judge", lambda *_: 1 / 0)
    texts = ["ik ruik gas in de gang", "de kraan drupt"]
    found = [bundled.assess(text) for text in texts]
    assert [(a.reason, a.urgent) for a in found] == [("error", True), ("error", False)]
    assert "0800-9009" in found[0].explanation("nl")
    assert bundled.assess_many(texts)["urgent"].tolist() == [True, False]
    assert bundled.assess_many(texts, facts=[{"reachable": "maybe"}, None])["urgent"].tolist() == [True, False]
