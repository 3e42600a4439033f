"""A model is a folder of plain parts; loading one checks every part and runs nothing."""

import hashlib
import io
import json
import pickle
import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
from test_backlog_tables import stop_after

import triage
from triage import ModelError
from triage.adoption import adopt
from triage.artefact import BUNDLED, Fingerprint, Manifest, load_model, save_model, write_manifest
from triage.backlog import Options, score

PARTS = ["manifest.json", "weights.npz", "vocabulary.json", "catalogue.json"]
PRINTS = Fingerprint(data="0" * 64, catalogue="0" * 64, code="0" * 64)


def save(model, folder):
    return save_model(
        folder, model.recogniser, model.policy, model.catalogue, name="small", fingerprint=PRINTS, built_with={}
    )


def test_a_saved_model_answers_as_before(small_model, tmp_path):
    save(small_model, tmp_path)
    loaded = triage.Triager(load_model(tmp_path))
    original = triage.Triager(small_model)
    for text in ("de kraan drupt", "dak lekt, zelf geplaatst", "xyzzy"):
        assert loaded.assess(text, date="2026-01-01") == original.assess(text, date="2026-01-01")


def test_saving_twice_gives_the_same_bytes(small_model, tmp_path):
    for name in ("one", "two"):
        save(small_model, tmp_path / name)
    for part in PARTS:
        assert (tmp_path / "one" / part).read_bytes() == (tmp_path / "two" / part).read_bytes()


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_part_is_named(small_model, tmp_path, part):
    save(small_model, tmp_path)
    (tmp_path / part).unlink()
    with pytest.raises(ModelError, match=part):
        load_model(tmp_path)


@pytest.mark.parametrize("part", PARTS[1:])
def test_a_changed_part_is_refused(small_model, tmp_path, part):
    save(small_model, tmp_path)
    content = bytearray((tmp_path / part).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / part).write_bytes(content)
    with pytest.raises(ModelError, match="damaged"):
        load_model(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{}", b"\x80\x04pickle", b'{"format": "other"}'])
def test_a_foreign_manifest_is_refused(tmp_path, content):
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(ModelError, match="not a manifest"):
        load_model(tmp_path)


def put(folder, part, content):
    """Replace a part and say so in the manifest."""
    (folder / part).write_bytes(content)
    listed = {part: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}}
    rewrite(folder, lambda manifest: {"parts": manifest["parts"] | listed})


def rewrite(folder, change):
    """Change fields of the manifest and write it as its hash demands."""
    manifest = json.loads((folder / "manifest.json").read_text())
    write_manifest(folder, Manifest.model_validate(manifest | change(manifest)))


@pytest.mark.parametrize("name", ["codes", "scales", "readout", "feature_weights", "gains", "biases"])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda array: array[:-1], "has shape"),
        (lambda array: array.astype("float64"), "is not a .-dimensional array of"),
        (lambda array: array[None], "is not a .-dimensional array of"),
    ],
    ids=["a row is missing", "another type", "another dimension"],
)
def test_an_array_that_does_not_fit_the_others_is_named(small_model, tmp_path, name, change, expected):
    save(small_model, tmp_path)
    with np.load(tmp_path / "weights.npz") as archive:
        arrays = dict(archive)
    arrays[name] = change(arrays[name])
    content = io.BytesIO()
    np.savez(content, **arrays)
    put(tmp_path, "weights.npz", content.getvalue())
    with pytest.raises(ModelError, match=rf"weights\.npz {name} {expected}"):
        load_model(tmp_path)


@pytest.mark.parametrize("names", [b'{"a": 1}', b"[1, 2]", b"[", b"[" * 100_000])
def test_a_vocabulary_that_is_no_list_of_words_is_refused(small_model, tmp_path, names):
    save(small_model, tmp_path)
    put(tmp_path, "vocabulary.json", names)
    with pytest.raises(ModelError, match=r"vocabulary\.json"):
        load_model(tmp_path)


class Trap:
    """Unpickling this would leave a trace."""

    def __reduce__(self):
        return (exec, ("import sys; sys.trap_has_sprung = True",))


def test_nothing_loaded_executes_code(small_model, tmp_path):
    save(small_model, tmp_path)
    np.savez(tmp_path / "weights.npz", codes=np.array([Trap()], dtype=object))
    put(tmp_path, "weights.npz", (tmp_path / "weights.npz").read_bytes())
    with pytest.raises(ModelError):
        load_model(tmp_path)
    (tmp_path / "weights.npz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ModelError):
        load_model(tmp_path)
    assert not hasattr(sys, "trap_has_sprung")


def test_the_bundled_model_is_small():
    assert sum(file.stat().st_size for file in BUNDLED.iterdir()) <= 8_000_000


def test_a_bundled_model_with_another_catalogue_follows_that_catalogue(bundled):
    changed = bundled.catalogue.model_copy(
        update={
            "rules": [
                rule.model_copy(update={"responsible": "landlord", "basis": "own:1.1"})
                if rule.id == "tap.drips"
                else rule
                for rule in bundled.catalogue.rules
            ]
        }
    )
    assert bundled.assess("de kraan drupt").responsible == "tenant"
    theirs = triage.Triager(bundled.model, changed).assess("de kraan drupt")
    assert (theirs.responsible, theirs.basis) == ("landlord", "own:1.1")


def test_a_copy_elsewhere_loads(tmp_path):
    shutil.copytree(BUNDLED, tmp_path / "model")
    assert triage.load(tmp_path / "model").catalogue.id == "nl"


POOL = """
rules:
  - {id: pool.pump, title: {nl: Zwembadpomp, en: Pool pump}, responsible: landlord, basis: own:4, words: {nl: [zwembadpomp, pomp van het zwembad, zwembadfilter]}}
"""


def test_a_model_can_be_used_again_with_another_catalogue(bundled, lay):
    sauna = POOL.replace("pool.pump", "sauna.stove").replace("zwembad", "saunakachel")
    first = triage.Triager(bundled.model, lay(POOL))
    assert first.model is bundled.model
    second = triage.Triager(first.model, lay(sauna))
    assert first.assess("de zwembadpomp doet het niet").rule.id == "pool.pump"
    assert second.assess("de saunakachelpomp doet het niet").rule.id == "sauna.stove"
    assert second.assess("de kraan drupt").rule.id == "tap.drips"
    assert triage.load(first.model, lay(POOL)).assess("de zwembadpomp doet het niet").rule.id == "pool.pump"


def test_what_a_recogniser_was_taught_besides_is_not_lost_in_saving(bundled, lay, tmp_path):
    taught = replace(bundled.model, recogniser=adopt(bundled.model.recogniser, lay(POOL)))
    with pytest.raises(ModelError, match="cannot be saved"):
        save(taught, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def damage_archive(content):
    """Change a byte inside the first array, so that its checksum is wrong."""
    place = content.index(b"codes.npy") + 200
    return content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :]


def as_array(content):
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


@pytest.mark.parametrize(
    "damage",
    [lambda content: content[:-30], damage_archive, as_array, lambda content: b"", lambda content: b"PK\x03\x04"],
)
def test_an_archive_that_cannot_be_read_is_named(small_model, tmp_path, damage):
    save(small_model, tmp_path)
    put(tmp_path, "weights.npz", damage((tmp_path / "weights.npz").read_bytes()))
    with pytest.raises(ModelError, match=r"weights\.npz"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        (
            {"flags": ["several", "open", "pressing"]},
            "has flags several, open, pressing, expected several, open, urgent",
        ),
        ({"rules": ["tap.drips", "tap.drips"]}, "names tap.drips twice"),
    ],
)
def test_outputs_that_cannot_be_told_apart_or_are_unknown_are_refused(small_model, tmp_path, outputs, expected):
    save(small_model, tmp_path)
    rewrite(tmp_path, lambda _: outputs)
    with pytest.raises(ModelError, match=expected):
        load_model(tmp_path)


def less_sure(model):
    """Return the same model with a lower threshold."""
    policy = model.policy.model_copy(update={"landlord": 0.85})
    return model.with_policy(policy)


def test_a_model_with_other_thresholds_is_another(small_model, tmp_path):
    bolder = less_sure(small_model)
    assert (bolder.policy.landlord, small_model.policy.landlord) == (0.85, 0.9)
    assert bolder.hash != small_model.hash
    receipt = triage.Triager(bolder).assess("de kraan drupt").receipt
    assert (receipt.model, receipt.model_hash) == (small_model.manifest.version, bolder.hash)
    save(small_model, tmp_path)
    write_manifest(tmp_path, bolder.manifest)
    assert load_model(tmp_path).hash == bolder.hash


def test_how_a_model_came_about_and_how_good_it_is_make_no_other_of_it(small_model, tmp_path):
    save(small_model, tmp_path)
    written = write_manifest(tmp_path, small_model.manifest.model_copy(update={"metrics": {"label accuracy": 0.9}}))
    loaded = load_model(tmp_path)
    assert (loaded.manifest, loaded.hash) == (written, small_model.hash)
    assert written.hash == small_model.hash


def test_a_run_does_not_go_on_with_other_thresholds(small_model, tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("melding\nde kraan drupt\nhet dak lekt\n", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        score(triage.Triager(small_model), source, target, Options(rows=1), stop_after(1))
    with pytest.raises(triage.TriageError, match="differs in model;"):
        score(triage.Triager(less_sure(small_model)), source, target, Options(rows=1))


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("0.95", "0.55"),
        lambda text: text.replace('"own_addition"', '"x"').replace('"worn"', '"own_addition"').replace('"x"', '"worn"'),
        lambda text: text.replace('"tap.drips"', '"tap.drops"'),
    ],
    ids=["a threshold", "names that are swapped", "a letter"],
)
def test_a_manifest_that_was_changed_by_hand_or_by_chance_is_refused(small_model, tmp_path, damage):
    save(small_model, tmp_path)
    whole = (tmp_path / "manifest.json").read_text()
    assert damage(whole) != whole
    (tmp_path / "manifest.json").write_text(damage(whole))
    with pytest.raises(ModelError, match=r"damaged: manifest\.json does not say"):
        load_model(tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["scales", "thresholds", "feature_weights", "gains", "biases"])
def test_an_array_with_a_value_that_is_no_number_is_refused(small_model, tmp_path, name, value):
    save(small_model, tmp_path)
    with np.load(tmp_path / "weights.npz") as archive:
        arrays = dict(archive)
    arrays[name][0] = value
    content = io.BytesIO()
    np.savez(content, **arrays)
    put(tmp_path, "weights.npz", content.getvalue())
    with pytest.raises(ModelError, match=rf"weights\.npz {name} holds values that are no finite number"):
        load_model(tmp_path)


def test_a_part_that_is_too_large_is_told_as_such(small_model, tmp_path, monkeypatch):
    save(small_model, tmp_path)
    monkeypatch.setattr("triage.artefact._MOST_BYTES", 10)
    with pytest.raises(ModelError, match=r"weights\.npz has \d+ bytes, more than the 10 that a part may have"):
        load_model(tmp_path)


@pytest.mark.parametrize("given", [5, b"model", {"model": 1}, ["model"], "no\0where", "no\ud800where"], ids=repr)
def test_what_is_no_path_is_refused_in_a_sentence(small_model, given):
    with pytest.raises(ModelError, match="path"):
        triage.load(given)
    with pytest.raises(triage.CatalogueError, match="path"):
        triage.load(small_model, given)
