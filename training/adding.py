"""Adding a batch of messages to a corpus: wholly, or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from training.corpus import FORMS, Corpus, CorpusError, Message, find_problems, read_corpus, strange_labels
from training.rows import object_of, read_rows
from triage.backlog.rows import put_in_place
from triage.catalogue import Catalogue

__all__ = ["add_batch"]


def add_batch(paths: Iterable[Path], voice: str, folder: Path, catalogue: Catalogue) -> dict[str, int]:
    """Add a batch of one voice to a corpus: number the messages, check everything, then write.

    Parameters
    ----------
    paths : iterable of Path
        Files whose names end in `requests.jsonl`, `several.jsonl` or `elsewhere.jsonl`; rows without id and voice.
    voice : str
        Whose messages they are; must be in `voices.yaml`.
    folder : Path
        The corpus.
    catalogue : Catalogue
        Labels are checked against it, those of the corpus too.

    Returns
    -------
    dict of str to int
        Messages added to each file.

    Raises
    ------
    CorpusError
        With every problem, or if there is no room for all of it; then the corpus stays as it was.
    """
    corpus = read_corpus(folder, catalogue)
    problems = [] if voice in corpus.voices else [f"{voice}: not in voices.yaml; describe the voice there first"]
    added = _read_batch(paths, voice, count(_highest(corpus, voice) + 1), catalogue, problems)
    known = {row.text: row.id for row in corpus.messages() if row.voice == voice}
    problems += [
        f"{known[row.text]}: has the same text as another that is to be added"
        for rows in added.values()
        for row in rows
        if known.setdefault(row.text, row.id) != row.id
    ]
    if not problems:
        both: dict[str, Any] = {name: [*getattr(corpus, name), *rows] for name, rows in added.items()}
        problems = find_problems(replace(corpus, **both), catalogue)
    if problems:
        raise CorpusError(problems)
    _append({folder / f"{name}.jsonl": rows for name, rows in added.items() if rows})
    return {name: len(rows) for name, rows in added.items()}


def _highest(corpus: Corpus, voice: str) -> int:
    """Return the highest number that a message of a voice has; messages may have been removed since."""
    found = (re.fullmatch(re.escape(voice) + r"-(\d+)", row.id) for row in corpus.messages())
    return max((int(match[1]) for match in found if match), default=0)


def _read_batch(
    paths: Iterable[Path], voice: str, numbers: Iterator[int], catalogue: Catalogue, problems: list[str]
) -> dict[str, list[Message]]:
    added: dict[str, list[Message]] = {name: [] for name in FORMS}
    for path in paths:
        name = next((name for name in FORMS if path.name.endswith(f"{name}.jsonl")), None)
        if name is None:
            problems.append(f"{path}: name must end in requests.jsonl, several.jsonl or elsewhere.jsonl")
        else:
            parse = partial(_new_row, form=FORMS[name], voice=voice, numbers=numbers, catalogue=catalogue)
            added[name] += read_rows(path, parse, problems)
    return added


def _new_row(line: str, form: type[Message], voice: str, numbers: Iterator[int], catalogue: Catalogue) -> Message:
    row = form.model_validate(_unnumbered(line) | {"id": f"{voice}-{next(numbers):04}", "voice": voice})
    if strange := strange_labels(row, catalogue):
        raise ValueError("; ".join(strange))
    return row


def _unnumbered(line: str) -> dict[str, object]:
    fields = object_of(line)
    if given := [name for name in ("id", "voice") if name in fields]:
        raise ValueError(f"{' and '.join(given)}: given to it here; leave it out")
    return fields


def _append(added: Mapping[Path, Sequence[Message]]) -> None:
    """Write rows behind those of each file, or of none; files get their names once all are written."""
    unfinished = {path: path.with_name(path.name + ".new") for path in added}
    try:
        for path, rows in added.items():
            unfinished[path].write_bytes(_joined(path.read_bytes() if path.exists() else b"", rows))
    except OSError as error:
        for new in unfinished.values():
            new.unlink(missing_ok=True)
        raise CorpusError([f"{path}: cannot be written ({error.strerror}); nothing was added"]) from error
    for path, new in unfinished.items():
        put_in_place(new, path)


def _joined(before: bytes, rows: Sequence[Message]) -> bytes:
    """Put rows behind others, every field spelled out so that all have the same columns."""
    own = "".join(json.dumps(row.model_dump(), ensure_ascii=False) + "\n" for row in rows)
    return before + (b"\n" if before and not before.endswith(b"\n") else b"") + own.encode()
