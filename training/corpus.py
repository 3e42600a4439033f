"""The labelled messages: their form, and reading them with errors that name file, row and field.

Files in JSON lines, each read by pandas in one line: `requests.jsonl` (one defect a message), `several.jsonl` (two or
more), `elsewhere.jsonl` (nothing to repair), `phrases.jsonl` (ways to say that a circumstance holds, or does not, by
themselves) and `asides.jsonl` (what stands around a defect and changes nothing); and `voices.yaml`: who writes how, and
in which split.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from training.rows import CorpusError, describe, read_rows
from triage.catalogue import Catalogue

__all__ = [
    "DATASETS",
    "FORMS",
    "Aside",
    "Corpus",
    "CorpusError",
    "Defect",
    "Message",
    "Nothing",
    "Request",
    "Saying",
    "Several",
    "Split",
    "Voice",
    "find_problems",
    "fingerprint",
    "lacking",
    "read_corpus",
    "strange_labels",
]

DATASETS = Path(__file__).parent.parent / "datasets"
PHRASES = "phrases.jsonl"
ASIDES = "asides.jsonl"

Split = Literal["train", "calibration", "test"]
Phrase = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Voice(_Row):
    """A person with a way of writing."""

    id: str
    language: Literal["nl", "en"]
    channel: str
    description: str
    split: Split


class _Message(_Row):
    id: str = Field(description="Voice and number, such as v01-0001")
    voice: str
    text: Phrase


class _Labels(_Row):
    rule: str = Field(description="Rule of the catalogue; the likelier one where the message leaves it open")
    circumstances: list[str] = Field(default=[], description="Circumstances that hold")
    urgent: bool = Field(default=False, description="Waiting until the next working day could do harm")


class Request(_Message, _Labels):
    """A message about one defect."""

    near_misses: list[str] = Field(default=[], description="Circumstances that are mentioned and do not hold")
    decidable: bool = Field(default=True, description="A careful handler could decide without asking back")
    hinges_on: list[str] = Field(default=[], description="Circumstances or rules on which an undecidable one turns")
    sounds_urgent: bool = Field(default=False, description="The tone is urgent and the matter is not")

    @model_validator(mode="after")
    def _is_coherent(self) -> Request:
        if not self.decidable and not self.hinges_on:
            raise ValueError("hinges_on: an undecidable message must say what it hinges on")
        both = set(self.circumstances) & set(self.near_misses)
        if both:
            raise ValueError(f"near_misses: {', '.join(sorted(both))} cannot both hold and be a near-miss")
        if self.urgent and self.sounds_urgent:
            raise ValueError("sounds_urgent: cannot both be urgent and only sound so")
        return self


class Defect(_Labels):
    """One of several defects in a message."""

    quote: Phrase = Field(description="The exact words that tell of it")


class Several(_Message):
    """A message about two or more defects."""

    defects: list[Defect] = Field(min_length=2)

    @model_validator(mode="after")
    def _quotes_occur(self) -> Several:
        missing = [defect.quote for defect in self.defects if defect.quote not in self.text]
        if missing:
            raise ValueError(f"quote: {missing[0]!r} does not occur in the text")
        return self


class Nothing(_Message):
    """A message in which nothing is to be repaired."""

    kind: str = Field(description="Kind of the catalogue's elsewhere list")


class Saying(_Row):
    """A way to say that a circumstance holds, or that it does not; for training only."""

    circumstance: str = Field(description="Circumstance of the catalogue")
    holds: bool
    language: Literal["nl", "en"]
    text: Phrase


class Aside(_Row):
    """Words around a defect that change nothing: a wish for an appointment, a question whose job it is, chatter."""

    language: Literal["nl", "en"]
    split: Split
    place: Literal["before", "after"] = Field(description="Where in a message such words stand")
    text: Phrase


Message = Request | Several | Nothing
FORMS: dict[str, type[Request] | type[Nothing] | type[Several]] = {
    "requests": Request,
    "elsewhere": Nothing,
    "several": Several,
}
"""The form of the rows of each file of messages."""
Row = TypeVar("Row", Request, Several, Nothing, Saying, Aside)


@dataclass(frozen=True)
class Corpus:
    """All labelled messages.

    Parameters
    ----------
    requests, several, elsewhere : list
    voices : dict of str to Voice
    sayings : list of Saying
    asides : list of Aside
    """

    requests: list[Request]
    several: list[Several]
    elsewhere: list[Nothing]
    voices: dict[str, Voice]
    sayings: list[Saying] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)

    def part(self, *splits: Split) -> Corpus:
        """Return the messages and asides of some splits."""
        chosen = {voice.id for voice in self.voices.values() if voice.split in splits}
        return replace(self.by_voices(chosen), asides=[aside for aside in self.asides if aside.split in splits])

    def by_voices(self, chosen: Iterable[str]) -> Corpus:
        """Return the messages of some voices."""
        ids = set(chosen)
        return Corpus(
            [row for row in self.requests if row.voice in ids],
            [row for row in self.several if row.voice in ids],
            [row for row in self.elsewhere if row.voice in ids],
            {key: voice for key, voice in self.voices.items() if key in ids},
            self.sayings,
            self.asides,
        )

    def messages(self) -> Iterator[Message]:
        """Iterate over all messages of all three files."""
        yield from self.requests
        yield from self.several
        yield from self.elsewhere


def read_corpus(folder: str | Path = DATASETS, catalogue: Catalogue | None = None) -> Corpus:
    """Read and check a corpus.

    Parameters
    ----------
    folder : str or Path
        Where the files lie.
    catalogue : Catalogue, optional
        If given, rules, circumstances and kinds must be its own.

    Returns
    -------
    Corpus

    Raises
    ------
    CorpusError
        With every problem, naming file, row and field.
    """
    folder = Path(folder)
    problems: list[str] = []
    voices = {voice.id: voice for voice in _read_voices(folder / "voices.yaml", problems)}
    corpus = Corpus(
        _read(folder / "requests.jsonl", Request, problems),
        _read(folder / "several.jsonl", Several, problems),
        _read(folder / "elsewhere.jsonl", Nothing, problems),
        voices,
        _read(folder / PHRASES, Saying, problems),
        _read(folder / ASIDES, Aside, problems),
    )
    problems += find_problems(corpus, catalogue)
    if problems:
        raise CorpusError(problems)
    return corpus


def _read_voices(path: Path, problems: list[str]) -> list[Voice]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    voices: dict[str, Voice] = {}
    try:
        tree = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CorpusError([f"{path}: {error.strerror}; a corpus needs its voices"]) from error
    except UnicodeDecodeError as error:
        raise CorpusError([f"{path}: is not UTF-8; save it as UTF-8"]) from error
    except YAMLError as error:
        raise CorpusError([f"{path}: is not YAML ({' '.join(str(error).split())})"]) from error
    if not isinstance(tree, list):
        raise CorpusError([f"{path}: is no list of voices; begin each with '- id:'"])
    for i, item in enumerate(tree, 1):
        try:
            voice = Voice.model_validate(item)
        except ValidationError as error:
            problems += [f"{path}: voice {i}: {describe(dict(detail))}" for detail in error.errors()]
            continue
        if voice.id in voices:
            problems.append(f"{path}: voice {i}: id: {voice.id} stands twice")
        voices[voice.id] = voice
    return list(voices.values())


def _read(path: Path, form: type[Row], problems: list[str]) -> list[Row]:
    """Read the rows of a file; a file that is not there holds none."""
    return read_rows(path, form.model_validate_json, problems) if path.exists() else []


def find_problems(corpus: Corpus, catalogue: Catalogue | None) -> list[str]:
    """Find what no row by itself can show: double ids, unknown voices, labels that the catalogue lacks."""
    problems = []
    seen: set[str] = set()
    for row in corpus.messages():
        if row.id in seen:
            problems.append(f"{row.id}: id stands twice")
        seen.add(row.id)
        if row.voice not in corpus.voices:
            problems.append(f"{row.id}: voice: {row.voice} is not in voices.yaml")
        if catalogue is not None:
            problems += [f"{row.id}: {problem}" for problem in strange_labels(row, catalogue)]
    if catalogue is not None:
        keys = {circumstance.id for circumstance in catalogue.circumstances}
        strange = {saying.circumstance for saying in corpus.sayings} - keys
        problems += [f"{PHRASES}: circumstance: no {key!r} in the catalogue" for key in sorted(strange)]
    return problems


def strange_labels(row: Message, catalogue: Catalogue) -> list[str]:
    """List the labels of a message that a catalogue lacks."""
    if isinstance(row, Nothing):
        kinds = {kind.id for kind in catalogue.elsewhere}
        return [] if row.kind in kinds else [f"kind: no {row.kind!r} in the catalogue"]
    labels = row.defects if isinstance(row, Several) else [row]
    found = [problem for own in labels for problem in lacking(own.rule, own.circumstances, catalogue)]
    if isinstance(row, Request):
        rules = {rule.id for rule in catalogue.rules}
        keys = {circumstance.id for circumstance in catalogue.circumstances}
        found += [f"near_misses: no {key!r} in the catalogue" for key in row.near_misses if key not in keys]
        found += [f"hinges_on: no {key!r} in the catalogue" for key in row.hinges_on if key not in keys | rules]
    return found


def lacking(rule: str, circumstances: Sequence[str], catalogue: Catalogue) -> list[str]:
    """List a rule and circumstances that a catalogue lacks."""
    keys = {circumstance.id for circumstance in catalogue.circumstances}
    found = [] if any(own.id == rule for own in catalogue.rules) else [f"rule: no {rule!r} in the catalogue"]
    return found + [f"circumstances: no {key!r} in the catalogue" for key in circumstances if key not in keys]


def fingerprint(folder: str | Path = DATASETS) -> str:
    """Hash the files of a corpus.

    Returns
    -------
    str
        SHA-256 over voices, messages, phrases and asides, 64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name in ("voices.yaml", *(f"{name}.jsonl" for name in FORMS), PHRASES, ASIDES):
        path = Path(folder) / name
        digest.update(name.encode() + b"\0" + (path.read_bytes() if path.exists() else b""))
    return digest.hexdigest()
