"""A model as a folder of plain parts: manifest, arrays, vocabulary, catalogue. Loading one never runs code.

Parts are checked by size and hash before they are read, and rebuilt by our own constructors; there is no pickle and no
fallback.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from triage.catalogue import Catalogue
from triage.decision import Policy
from triage.errors import ModelError
from triage.features import Vocabulary
from triage.manifest import Fingerprint, Manifest, Part, damaged, read_manifest, sha256, write_manifest, write_text
from triage.recogniser import Outputs, Recogniser

__all__ = [
    "BUNDLED",
    "FLAGS",
    "Fingerprint",
    "Manifest",
    "Model",
    "kept_catalogue",
    "load_model",
    "save_model",
    "write_manifest",
]

BUNDLED = Path(__file__).parent / "models" / "nl"
FLAGS = ("several", "open", "urgent")
"""What every model tells about a message as a whole: several defects, left open, urgent."""
_PARTS = ("weights.npz", "vocabulary.json", "catalogue.json")
_ARRAYS: dict[str, tuple[str, int]] = {
    "codes": ("int8", 2),
    "scales": ("float32", 1),
    "thresholds": ("float32", 1),
    "readout": ("int8", 2),
    "feature_weights": ("float32", 1),
    "gains": ("float32", 1),
    "biases": ("float32", 1),
}
_MOST_BYTES = 200_000_000
_UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    TypeError,
    RuntimeError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What NumPy and zipfile raise for archives that are damaged, or are none."""


@dataclass(frozen=True)
class Model:
    """A loaded model."""

    recogniser: Recogniser
    catalogue: Catalogue
    manifest: Manifest

    @property
    def policy(self) -> Policy:
        """When a label is given without a person."""
        return self.manifest.policy

    @cached_property
    def hash(self) -> str:
        """SHA-256 of all that decides, as 64 hexadecimal digits; other thresholds make another model."""
        return self.manifest.digest()

    def with_policy(self, policy: Policy) -> Model:
        """Return the model with other thresholds; what was measured with the old ones is no longer told of it."""
        return replace(self, manifest=self.manifest.model_copy(update={"policy": policy, "metrics": {}}))


def save_model(
    folder: str | Path,
    recogniser: Recogniser,
    policy: Policy,
    catalogue: Catalogue,
    *,
    name: str,
    fingerprint: Fingerprint,
    built_with: dict[str, str],
) -> Model:
    """Write a model; the same model always gives the same bytes.

    Parameters
    ----------
    folder : str or Path
        Made if it does not exist; parts in it are replaced.
    recogniser, policy, catalogue
        What to write.
    name : str
        Name of the model.
    fingerprint : Fingerprint
        What it was built from.
    built_with : dict of str to str
        Versions of Python and libraries.

    Returns
    -------
    Model

    Raises
    ------
    ModelError
        If the recogniser was taught the rules that some catalogue adds: those are learned anew from the catalogue.
    """
    if recogniser.direct:
        raise ModelError(
            "a recogniser that was taught the rules that a catalogue adds cannot be saved; save it as fitted, and "
            "load it with that catalogue"
        )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {
        "codes": recogniser.codes,
        "scales": recogniser.scales,
        "thresholds": recogniser.thresholds,
        "readout": recogniser.readout,
        "feature_weights": recogniser.vocabulary.weights,
        "gains": recogniser.gains,
        "biases": recogniser.biases,
    }
    np.savez_compressed(folder / "weights.npz", **arrays)
    write_text(
        folder / "vocabulary.json", json.dumps(recogniser.vocabulary.names, ensure_ascii=False, separators=(",", ":"))
    )
    write_text(folder / "catalogue.json", catalogue.model_dump_json(exclude_defaults=True))
    outputs = recogniser.outputs
    manifest = Manifest(
        name=name,
        version=f"{catalogue.version}+{fingerprint.data[:8]}",
        built_with=built_with,
        fingerprint=fingerprint,
        rules=outputs.rules,
        elsewhere=outputs.elsewhere,
        circumstances=outputs.circumstances,
        flags=outputs.flags,
        policy=policy,
        parts={part: _describe(folder / part) for part in _PARTS},
    )
    return Model(recogniser, catalogue, write_manifest(folder, manifest))


def _describe(path: Path) -> Part:
    content = path.read_bytes()
    return Part(bytes=len(content), sha256=sha256(content))


def load_model(folder: str | Path = BUNDLED) -> Model:
    """Load a model, checking every part before it is used.

    Parameters
    ----------
    folder : str or Path
        A folder written by `save_model`; the bundled Dutch model if left out.

    Returns
    -------
    Model

    Raises
    ------
    ModelError
        If the folder is missing, damaged or not a model; it says which part and what to do.
    """
    try:
        folder = Path(folder)
    except TypeError as error:
        raise ModelError(f"a model is given by the path of its folder, not as {type(folder).__name__}") from error
    manifest = read_manifest(folder)
    contents = {part: _read_part(folder, part, manifest) for part in _PARTS}
    try:
        names = json.loads(contents["vocabulary.json"])
        catalogue = Catalogue.model_validate_json(contents["catalogue.json"])
    except (ValueError, RecursionError) as error:
        raise damaged(folder, "vocabulary.json or catalogue.json", str(error).splitlines()[0]) from error
    arrays = _read_arrays(folder, contents["weights.npz"])
    outputs = Outputs(manifest.rules, manifest.elsewhere, manifest.circumstances, manifest.flags)
    _check_outputs(folder, outputs)
    _check_shapes(folder, arrays, names, outputs)
    recogniser = Recogniser(
        Vocabulary(names, arrays["feature_weights"]),
        arrays["codes"],
        arrays["scales"],
        arrays["thresholds"],
        arrays["readout"],
        arrays["gains"],
        arrays["biases"],
        outputs,
    )
    return Model(recogniser, catalogue, manifest)


def kept_catalogue(file: Path, folder: Path = BUNDLED) -> Catalogue | None:
    """Return the catalogue that a model keeps, if it is of this very file; it is read in a hundredth of the time.

    Parameters
    ----------
    file : Path
        A catalogue in YAML.
    folder : Path
        Of the model; the bundled Dutch one if left out.

    Returns
    -------
    Catalogue or None
        None too if there is no such model, or it is damaged.
    """
    try:
        manifest = read_manifest(folder)
        if manifest.fingerprint.catalogue != sha256(file.read_bytes()):
            return None
        return Catalogue.model_validate_json(_read_part(folder, "catalogue.json", manifest))
    except (ModelError, OSError, ValidationError):
        return None


def _read_part(folder: Path, name: str, manifest: Manifest) -> bytes:
    expected = manifest.parts.get(name)
    if expected is None:
        raise damaged(folder, "manifest.json", f"does not list {name}")
    path = folder / name
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise damaged(folder, name, f"has {size} bytes, more than the {_MOST_BYTES} that a part may have")
        if size != expected.bytes:
            raise damaged(folder, name, f"has {size} bytes where the manifest says {expected.bytes}")
        content = path.read_bytes()
    except OSError as error:
        raise damaged(folder, name, error.strerror or "cannot be read") from error
    if sha256(content) != expected.sha256:
        raise damaged(folder, name, "is not the file the manifest describes")
    return content


def _read_arrays(folder: Path, content: bytes) -> dict[str, Any]:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in _ARRAYS}
    except _UNREADABLE as error:
        raise damaged(folder, "weights.npz", str(error)) from error
    for name, (dtype, dimensions) in _ARRAYS.items():
        if arrays[name].dtype != dtype or arrays[name].ndim != dimensions:
            raise damaged(folder, "weights.npz", f"{name} is not a {dimensions}-dimensional array of {dtype}")
        if not np.isfinite(arrays[name]).all():
            raise damaged(folder, "weights.npz", f"{name} holds values that are no finite number")
    return arrays


def _check_outputs(folder: Path, outputs: Outputs) -> None:
    if set(outputs.flags) != set(FLAGS):
        raise damaged(folder, "manifest.json", f"has flags {', '.join(outputs.flags)}, expected {', '.join(FLAGS)}")
    if doubled := [name for name, count in Counter(outputs.names).items() if count > 1]:
        raise damaged(folder, "manifest.json", f"names {doubled[0]} twice among its outputs")


def _check_shapes(folder: Path, arrays: dict[str, Any], names: Any, outputs: Outputs) -> None:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise damaged(folder, "vocabulary.json", "is not a list of words")
    n_hidden = len(arrays["thresholds"])
    expected = {
        "codes": (len(names), n_hidden),
        "scales": (len(names),),
        "readout": (n_hidden, len(outputs)),
        "feature_weights": (len(names),),
        "gains": (len(outputs),),
        "biases": (len(outputs),),
    }
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise damaged(folder, "weights.npz", f"{name} has shape {arrays[name].shape}, expected {shape}")
