"""A model is a folder of plain parts; loading one checks every part and runs nothing."""

import json
import pickle
import shutil
import sys

import numpy as np
import pytest

import triage
from triage import ModelError
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


class Trap:
    """Unpickling this would leave a trace."""

    def __reduce__(self):
        return (exec, ("import sys; sys.trap_has_sprung = True",))


def test_nothing_loaded_executes_code(small_model, tmp_path):
    save(small_model, tmp_path)
    np.savez(tmp_path / "weights.npz", codes=np.array([Trap()], dtype=object))
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    content = (tmp_path / "weights.npz").read_bytes()
    import hashlib

    manifest["parts"]["weights.npz"] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
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
