"""Labelled messages are checked row by row; a corpus is measured against its bounds."""

import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.corpus import DATASETS, CorpusError, fingerprint, read_corpus
from training.corpus_check import Bounds, commonest_sequences, measure, near_duplicates
from training.labels import agreement, kappa, read_second_labels
from triage.catalogue_file import BUNDLED, read_catalogue

WORDS = "kraan lekt keuken douche raam stuk weer sinds gisteren verwarming".split()


@pytest.fixture(scope="module")
def shipped():
    return read_corpus(DATASETS, read_catalogue(BUNDLED))


@pytest.fixture(scope="module")
def report(shipped):
    return measure(shipped, read_catalogue(BUNDLED))


def test_the_shipped_corpus_keeps_its_bounds(report):
    assert report.failures == []
    assert report.figures["requests"] >= 10_000
    assert report.figures["voices"] >= 60
    assert report.figures["undecidable"] >= 1200
    assert 0.08 <= report.figures["english"] / report.figures["requests"] <= 0.15


def test_a_second_blind_labelling_agrees(shipped):
    found = agreement(shipped, read_second_labels(), read_catalogue(BUNDLED))
    assert found.count >= 750
    assert found.kappas["responsibility"] >= 0.85
    assert found.kappas["rule"] >= 0.75
    assert found.kappas["urgency"] >= 0.8


def test_phrases_are_held_out_of_messages(shipped):
    texts = {row.text.lower() for row in shipped.part("test").messages()}
    assert [saying.text for saying in shipped.sayings if saying.text.lower() in texts] == []


def test_pandas_reads_each_file_in_one_line(shipped):
    frame = pd.read_json(DATASETS / "requests.jsonl", lines=True)
    assert len(frame) == len(shipped.requests)
    assert {"id", "voice", "text", "rule", "circumstances", "decidable", "urgent"} <= set(frame.columns)
    assert "responsible" not in frame.columns


def test_splits_go_by_voice_and_near_duplicates_never_cross(shipped, report):
    split = {row.id: shipped.voices[row.voice].split for row in shipped.messages()}
    assert [pair for pair in report.duplicates if split[pair[0]] != split[pair[1]]] == []


def test_the_card_states_the_checksum():
    assert fingerprint() in (DATASETS / "README.md").read_text(encoding="utf-8")


def spoil(folder, name, change):
    path = folder / f"{name}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    row = json.loads(lines[1])
    change(row)
    lines[1] = json.dumps(row)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("requests", {"rule": "no.such"}, "a-1: rule: no 'no.such'"),
        ("requests", {"circumstances": ["wornn"]}, "circumstances: no 'wornn'"),
        ("requests", {"text": "  "}, "requests.jsonl:2: text"),
        ("requests", {"decidable": False}, "requests.jsonl:2: hinges_on"),
        ("requests", {"colour": "red"}, "requests.jsonl:2: colour"),
        ("requests", {"circumstances": ["worn"], "near_misses": ["worn"]}, "cannot both hold"),
        ("requests", {"voice": "z"}, "voice: z is not in voices.yaml"),
        ("requests", {"id": "a-0"}, "a-0: id stands twice"),
        ("elsewhere", {"kind": "weather"}, "kind: no 'weather'"),
        ("several", {"text": "iets anders"}, "several.jsonl:2: quote"),
    ],
)
def test_a_bad_row_is_named_with_file_row_and_field(folder, small, name, change, expected):
    spoil(folder, name, lambda row: row.update(change))
    with pytest.raises(CorpusError) as caught:
        read_corpus(folder, small)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no list of voices"),
        (b"- id: [a", "is not YAML"),
        ("- id: caf\u00e9".encode("cp1252"), "is not UTF-8"),
    ],
)
def test_voices_that_cannot_be_read_are_told_without_a_traceback(folder, content, told):
    (folder / "voices.yaml").write_bytes(content)
    with pytest.raises(CorpusError, match=rf"voices\.yaml: {told}"):
        read_corpus(folder)


def test_a_voice_that_stands_twice_is_named(folder):
    voices = folder / "voices.yaml"
    voices.write_text(voices.read_text(encoding="utf-8") * 2, encoding="utf-8")
    with pytest.raises(CorpusError, match="voice 6: id: a stands twice"):
        read_corpus(folder)


def test_all_problems_come_at_once(folder, small):
    spoil(folder, "requests", lambda row: row.update(rule="no.such"))
    spoil(folder, "elsewhere", lambda row: row.update(kind="weather"))
    with pytest.raises(CorpusError) as caught:
        read_corpus(folder, small)
    assert len(caught.value.problems) == 2


def test_near_duplicates_are_found_and_short_ones_forgiven():
    texts = ["de kraan in de keuken drupt al een week", "de kraan in de keuken drupt al weken", "lekkage", "lekkage"]
    assert [pair[:2] for pair in near_duplicates(["1", "2", "3", "4"], texts)] == [("1", "2")]


@given(st.lists(st.lists(st.sampled_from(WORDS), min_size=4, max_size=9).map(" ".join), max_size=12))
def test_no_near_duplicate_is_missed(texts):
    ids = [str(i) for i in range(len(texts))]
    grams = [{text[i : i + 4] for i in range(len(text) - 3)} for text in texts]
    alike = {
        (ids[i], ids[j])
        for i in range(len(texts))
        for j in range(i)
        if len(grams[i] & grams[j]) / len(grams[i] | grams[j]) > 0.6
    }
    assert {tuple(sorted(pair[:2])) for pair in near_duplicates(ids, texts)} == {tuple(sorted(pair)) for pair in alike}


def test_stock_phrases_are_counted():
    stock = "kunt u alstublieft snel iemand sturen"
    assert commonest_sequences([stock + " a", "b " + stock, "iets anders"])[0] == (stock, 2)


def test_too_little_is_a_failure(corpus, small):
    failures = measure(corpus, small, Bounds(requests=1000, per_rule=6, per_circumstance=1)).failures
    assert any(failure.startswith("requests: 20 messages") for failure in failures)
    assert any(failure.startswith("rule boiler.fault: 5 messages") for failure in failures)
    assert any(failure.startswith("circumstance worn: 0 messages") for failure in failures)


def test_kappa_is_agreement_beyond_chance():
    assert kappa([("a", "a"), ("b", "b")]) == 1
    assert kappa([("a", "b"), ("b", "a")]) == -1
    assert abs(kappa([("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")])) < 1e-9
