"""A batch is numbered, checked with the corpus it goes to, and added wholly or not at all."""

import json
import resource

import pytest

from training.adding import add_batch
from training.corpus import CorpusError, fingerprint, read_corpus

LEAK = {"text": "kraan in de schuur lekt", "rule": "tap.drips"}


@pytest.fixture
def add(folder, small, tmp_path):
    """Add rows to voice b."""
    batch = tmp_path / "new.requests.jsonl"

    def added(*rows):
        batch.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return add_batch([batch], "b", folder, small)

    return added


def test_a_batch_is_numbered_checked_and_added(folder, small, tmp_path):
    batch = tmp_path / "new.requests.jsonl"
    batch.write_text('{"text": "kraan in de schuur lekt", "rule": "tap.drips"}\n', encoding="utf-8")
    assert add_batch([batch], "b", folder, small)["requests"] == 1
    added = read_corpus(folder, small).requests[-1]
    assert (added.voice, added.id, added.decidable) == ("b", "b-0010", True)


def test_a_batch_with_a_mistake_changes_nothing(folder, small, tmp_path):
    before = fingerprint(folder)
    batch = tmp_path / "new.requests.jsonl"
    batch.write_text(
        '{"text": "goed", "rule": "tap.drips"}\n{"text": "fout", "rule": "tap.drup"}\nrommel\n', encoding="utf-8"
    )
    with pytest.raises(CorpusError) as caught:
        add_batch([batch], "b", folder, small)
    assert "new.requests.jsonl:2: rule: no 'tap.drup'" in str(caught.value)
    assert "new.requests.jsonl:3" in str(caught.value)
    assert fingerprint(folder) == before


def test_a_batch_for_which_there_is_no_room_changes_no_file(folder, small, tmp_path):
    requests, elsewhere = tmp_path / "new.requests.jsonl", tmp_path / "new.elsewhere.jsonl"
    requests.write_text(json.dumps(LEAK), encoding="utf-8")
    elsewhere.write_text(json.dumps({"text": "vraag over de huur " * 1000, "kind": "rent"}), encoding="utf-8")
    before = fingerprint(folder), set(folder.iterdir())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(CorpusError, match=r"elsewhere\.jsonl: cannot be written .*nothing was added"):
            add_batch([requests, elsewhere], "b", folder, small)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (fingerprint(folder), set(folder.iterdir())) == before
    assert add_batch([requests, elsewhere], "b", folder, small) == {"requests": 1, "several": 0, "elsewhere": 1}


def test_numbers_go_on_from_the_highest_though_a_message_was_removed(folder, small, add):
    add(LEAK, LEAK | {"text": "de buitenkraan lekt"})
    path = folder / "requests.jsonl"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if "b-0010" not in line]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    add(LEAK | {"text": "kraan op het toilet drupt"})
    assert [row.id for row in read_corpus(folder, small).requests[-2:]] == ["b-0011", "b-0012"]


def test_a_batch_is_not_added_twice(folder, add):
    add(LEAK)
    before = fingerprint(folder)
    with pytest.raises(CorpusError, match="b-0010: has the same text as another that is to be added"):
        add(LEAK)
    with pytest.raises(CorpusError, match="has the same text"):
        add(*[{"text": "de douche lekt", "rule": "tap.drips"}] * 2)
    assert fingerprint(folder) == before


@pytest.mark.parametrize("own", [{"id": "b-0001"}, {"voice": "a"}])
def test_a_row_has_no_id_or_voice_of_its_own(folder, add, own):
    before = fingerprint(folder)
    with pytest.raises(CorpusError, match=rf"new\.requests\.jsonl:1: {next(iter(own))}: given to it here"):
        add(LEAK | own)
    assert fingerprint(folder) == before


def test_a_file_without_a_last_line_end_gets_one_before_more_is_added(folder, small, add):
    path = folder / "requests.jsonl"
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    add(LEAK)
    assert read_corpus(folder, small).requests[-1].text == LEAK["text"]


def test_a_batch_that_is_not_there_is_named(folder, small, tmp_path):
    with pytest.raises(CorpusError, match=r"missing\.requests\.jsonl: cannot be read"):
        add_batch([tmp_path / "missing.requests.jsonl"], "b", folder, small)


def test_a_byte_order_mark_is_no_part_of_the_first_row(folder, small, tmp_path):
    batch = tmp_path / "new.requests.jsonl"
    batch.write_text(json.dumps(LEAK), encoding="utf-8-sig")
    assert add_batch([batch], "b", folder, small)["requests"] == 1
