"""Labels hold if somebody else would give them too; the least believed are looked at first."""

import json

import pytest

from training.corpus import CorpusError, Saying
from training.fit import sample_of
from training.labels import SecondLabel, agreement, doubts, read_second_labels
from triage.fitting import Settings, fit_recogniser


def test_agreement_is_counted_for_responsibility_rule_and_urgency(corpus, small):
    second = [
        SecondLabel(id=row.id, rule=row.rule, circumstances=list(row.circumstances), urgent=row.urgent)
        for row in corpus.requests
    ]
    assert set(agreement(corpus, second, small).kappas.values()) == {1.0}
    other = [second[0].model_copy(update={"rule": "roof.leak"}), *second[1:]]
    found = agreement(corpus, other, small)
    assert found.kappas["rule"] < 1
    assert found.disagreements == [("a-0", "tap.drips", "roof.leak")]


def test_what_either_would_ask_back_about_does_not_count_for_responsibility(corpus, small):
    label = SecondLabel(id="a-0", rule="roof.leak", decidable=False)
    assert agreement(corpus, [label], small).disagreements == []


def test_second_labels_are_checked(tmp_path):
    path = tmp_path / "second.jsonl"
    path.write_text(json.dumps({"id": "a-0", "rule": "tap.drips", "colour": "red"}) + "\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"second\.jsonl:1: colour"):
        read_second_labels(path)


def test_second_labels_name_rules_and_circumstances_of_the_catalogue(small, tmp_path):
    path = tmp_path / "second.jsonl"
    path.write_text(json.dumps({"id": "a-0", "rule": "tap.drup", "circumstances": ["wornn"]}), encoding="utf-8")
    with pytest.raises(CorpusError, match=r"second\.jsonl:1: rule: no 'tap\.drup' .*; circumstances: no 'wornn'"):
        read_second_labels(path, small)


def test_it_is_told_whose_messages_were_labelled_twice(corpus, small):
    second = [SecondLabel(id=id_, rule="tap.drips") for id_ in ("a-0", "a-1", "b-0", "e-0")]
    assert agreement(corpus, second, small).voices == {"train": 2, "test": 1}


def test_a_wrong_label_is_doubted_first(corpus, small):
    rows = [row.model_copy(update={"rule": "roof.leak"}) if row.id == "a-3" else row for row in corpus.requests]
    wrong = type(corpus)(rows, corpus.several, corpus.elsewhere, corpus.voices)
    ranked = doubts(wrong, small, Settings(min_count=1, hidden=32, mixes=1))
    assert {doubt.id for doubt in ranked} == {row.id for row in rows}
    assert ranked[0].id == "a-3"
    assert ranked[0].likeliest == "lock.key_lost"


def test_phrases_teach_a_circumstance_behind_any_message(corpus, small):
    sayings = [
        *(
            Saying(circumstance="worn", holds=True, language="nl", text=t)
            for t in ("stokoud en op", "rijp voor de sloop")
        ),
        *(Saying(circumstance="worn", holds=False, language="nl", text=t) for t in ("pas nieuw", "nog geen jaar oud")),
    ]
    taught = type(corpus)(corpus.requests, corpus.several, corpus.elsewhere, corpus.voices, sayings)
    sample = sample_of(taught)
    recogniser = fit_recogniser(
        sample.words, sample.targets, small, Settings(min_count=1, hidden=32, mixes=8), sample.phrases
    )
    place = recogniser.outputs.circumstances.index("worn")
    chances = recogniser.recognise([["kraan", "drupt", "stokoud", "en", "op"], ["kraan", "drupt", "pas", "nieuw"]])
    assert chances.circumstances[0][place] > 0.5 > chances.circumstances[1][place]
