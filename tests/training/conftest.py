from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from training.corpus import Corpus, read_corpus
from triage.catalogue import Catalogue

VOICES = [
    {"id": name, "language": "nl", "channel": "web", "description": "made up for a test", "split": split}
    for name, split in [("a", "train"), ("b", "train"), ("c", "train"), ("d", "calibration"), ("e", "test")]
]
SAID = {
    "a": ["kraan drupt in de keuken", "dak lekt op zolder", "ketel geeft storing", "sleutel kwijtgeraakt"],
    "b": ["er druppelt een kraan", "lekkage door het dak", "geen verwarming, ketel uit", "huissleutel verloren"],
    "c": ["de badkamerkraan lekt na", "het regent binnen via het dak", "cv doet niks", "mijn sleutels zijn weg"],
    "d": ["drup drup uit de kraan", "dak lek boven de trap", "ketel foutcode en koud", "nieuwe sleutel nodig"],
    "e": ["kraantje druppelt", "water door het dak", "verwarming en ketel koud", "sleutel verloren"],
}
RULES = ["tap.drips", "roof.leak", "boiler.fault", "lock.key_lost"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A corpus of five voices and four rules."""
    with (tmp_path / "voices.yaml").open("w") as file:
        YAML().dump(VOICES, file)
    requests = [
        {"id": f"{voice}-{i}", "voice": voice, "text": text, "rule": rule, "urgent": rule == "roof.leak"}
        for voice, texts in SAID.items()
        for i, (text, rule) in enumerate(zip(texts, RULES, strict=True))
    ]
    elsewhere = [{"id": f"{v}-9", "voice": v, "text": f"vraag over de huur, {v}", "kind": "rent"} for v in SAID]
    several = [
        {
            "id": f"{v}-8",
            "voice": v,
            "text": f"{texts[0]}. Verder: {texts[1]}.",
            "defects": [{"quote": texts[0], "rule": RULES[0]}, {"quote": texts[1], "rule": RULES[1]}],
        }
        for v, texts in SAID.items()
    ]
    for name, rows in {"requests": requests, "elsewhere": elsewhere, "several": several}.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


@pytest.fixture
def corpus(folder: Path, small: Catalogue) -> Corpus:
    return read_corpus(folder, small)
