"""The manifest of a model: what its folder holds, how it came about, and the hash by which it is known."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triage.decision import Policy
from triage.errors import ModelError

__all__ = ["Fingerprint", "Manifest", "Part", "damaged", "read_manifest", "sha256", "write_manifest", "write_text"]

_DECIDES_NOTHING = {"hash", "built_with", "fingerprint", "metrics"}
"""Fields of a manifest that tell how the model came about, and how good it is; all others are in its hash."""


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fingerprint(_Data):
    """What a model was built from, as SHA-256."""

    data: str = Field(description="The labelled requests")
    catalogue: str = Field(description="The catalogue file")
    code: str = Field(description="The code that fits, and the features it uses")


class Part(_Data):
    """One file of the model."""

    bytes: int
    sha256: str


class Manifest(_Data):
    """What a model folder holds and how it came about."""

    format: Literal["repair-triage model"] = "repair-triage model"
    format_version: Literal[3] = 3
    name: str
    version: str = Field(description="Of the catalogue, and of the requests it was fitted on; the hash tells more")
    hash: str | None = Field(default=None, description="SHA-256 of all here that decides; damage shows by it")
    built_with: dict[str, str] = Field(description="Versions of Python and libraries")
    fingerprint: Fingerprint
    rules: list[str] = Field(description="Outputs that exclude each other: rules ...")
    elsewhere: list[str] = Field(description="... and kinds of messages with nothing to repair")
    circumstances: list[str] = Field(description="Outputs that stand alone")
    flags: list[str] = Field(description="Outputs about the whole message")
    policy: Policy
    metrics: dict[str, float] = Field(default={}, description="Measured on held-out voices")
    parts: dict[str, Part]

    def digest(self) -> str:
        """Hash all that decides: thresholds, outputs and, by their own hashes, the parts; as 64 hexadecimal digits."""
        return sha256(self.model_dump_json(exclude=_DECIDES_NOTHING, exclude_defaults=True).encode())


def sha256(content: bytes) -> str:
    """Hash content, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a model.

    Raises
    ------
    ModelError
        If there is none that can be read, or it is damaged.
    """
    path = folder / "manifest.json"
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ModelError(
            f"{folder}: no model here (manifest.json: {error.strerror}); give a folder made by training"
        ) from error
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(str(part) for part in detail["loc"])
        raise ModelError(
            f"{path}: not a manifest this version reads ({where or 'file'}: {detail['msg']}); rebuild the model"
        ) from error
    except ValueError as error:
        raise ModelError(f"{str(folder)!r}: not a path ({error}); give a folder made by training") from error
    if manifest.hash != manifest.digest():
        raise damaged(folder, "manifest.json", "does not say what its hash was made of")
    return manifest


def write_manifest(folder: str | Path, manifest: Manifest) -> Manifest:
    """Write the manifest of a model, with the hash of what it says now.

    The version stays, whatever the thresholds: it tells what the model was fitted on, the hash which model it is.

    Parameters
    ----------
    folder : str or Path
    manifest : Manifest

    Returns
    -------
    Manifest
        As it can be read back.
    """
    plain = Manifest.model_validate(manifest.model_dump())  # a copy with changes may hold values of other types
    sealed = plain.model_copy(update={"hash": plain.digest()})
    write_text(Path(folder) / "manifest.json", sealed.model_dump_json(indent=1))
    return sealed


def write_text(path: Path, text: str) -> None:
    """Write a part that is text, the same on every system."""
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def damaged(folder: Path, part: str, what: str) -> ModelError:
    """Return the error for a part that is not what it should be."""
    return ModelError(f"{folder}: model is damaged: {part} {what}; reinstall the package or rebuild the model")
