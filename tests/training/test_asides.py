"""Words that stand around a defect and change nothing: they teach nothing, and are held out like voices."""

from dataclasses import replace

import pytest

from training.__main__ import app
from training.asides import among_asides
from training.corpus import DATASETS, Aside, read_corpus
from training.fit import recogniser_of
from triage.estimator import words_of
from triage.features import words_of as folded
from triage.fitting import Settings

WISHES = ["graag een afspraak", "ik hoor graag van u", "wie moet dit betalen", "alvast bedankt voor de moeite"]


@pytest.fixture
def talkative(corpus):
    """The corpus of a test, with asides of every split."""
    splits = ("train", "train", "calibration", "test")
    asides = [
        Aside(language="nl", place="after", split=split, text=text) for split, text in zip(splits, WISHES, strict=True)
    ]
    return replace(corpus, asides=asides)


def test_messages_among_asides_are_always_the_same_and_keep_their_labels(talkative):
    once, again = among_asides(talkative), among_asides(talkative)
    assert once == again
    for before, after in zip(talkative.messages(), once.messages(), strict=True):
        assert before.text in after.text
        assert before.model_copy(update={"text": ""}) == after.model_copy(update={"text": ""})
    assert any(before.text != after.text for before, after in zip(talkative.messages(), once.messages(), strict=True))


def test_without_asides_messages_stay_as_they_are(corpus):
    assert among_asides(corpus) == corpus


def test_asides_are_held_out_like_voices(talkative):
    assert [aside.text for aside in talkative.part("test").asides] == WISHES[3:]
    assert [aside.text for aside in talkative.part("train", "calibration").asides] == WISHES[:3]


def test_no_aside_of_the_shipped_corpus_stands_in_two_splits():
    asides = read_corpus(DATASETS).asides
    split = {" ".join(folded(aside.text)): aside.split for aside in asides}
    assert [aside.text for aside in asides if split[" ".join(folded(aside.text))] != aside.split] == []
    assert set(split.values()) == {"train", "calibration", "test"}


def test_what_says_nothing_is_learned_to_say_nothing(talkative, small):
    """One defect alone comes with a wish, as happens in any corpus; beside others it is learned for what it is."""
    wishing = talkative.part("train", "calibration")
    rows = [
        row.model_copy(update={"text": f"{row.text} {WISHES[0]}"}) if row.rule == "roof.leak" else row
        for row in wishing.requests
    ]
    wishing = replace(wishing, requests=rows)
    text = words_of([f"kraan drupt {WISHES[0]}"])
    chances = []
    for asides in ([], wishing.asides):
        settings = Settings(min_count=1, hidden=32, mixes=1, least_steps=200, aside_share=0.8)
        recogniser = recogniser_of(replace(wishing, asides=asides), small, settings)
        chances.append(recogniser.recognise(text).rules[0, recogniser.outputs.rules.index("roof.leak")])
    assert chances[1] < chances[0] / 2


def test_what_says_nothing_tells_of_no_rule_by_itself(talkative, small):
    settings = Settings(min_count=1, hidden=32, mixes=1, least_steps=200, aside_share=0.5)
    recogniser = recogniser_of(talkative.part("train", "calibration"), small, settings)
    found = recogniser.recognise(words_of([WISHES[0], "kraan drupt"]))
    assert found.rules[0].max() < 0.5 < found.rules[1].max()


def test_evaluation_measures_the_held_out_voices_among_asides(folder, talkative):
    from typer.testing import CliRunner

    command = ["evaluate", "--asides", "--datasets", str(folder)]
    refused = CliRunner().invoke(app, command)
    assert "asides.jsonl" in str(refused.exception)
    rows = "".join(aside.model_dump_json() + "\n" for aside in talkative.asides)
    (folder / "asides.jsonl").write_text(rows, encoding="utf-8")
    assert "among asides" in CliRunner().invoke(app, command, env={"COLUMNS": "100"}).output
    assert "leave out the files" in str(CliRunner().invoke(app, [*command, "mine.jsonl"]).exception)
