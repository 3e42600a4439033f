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

import triage
from triage import ModelError
from triage.adoption import adopt
from triage.artefact import BUNDLED, Fingerprint, load_model, save_model

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
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["parts"][part] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


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
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | outputs))
    with pytest.raises(ModelError, match=expected):
        load_model(tmp_path)
