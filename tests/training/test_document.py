"""The published figures are those of the bundled model, or say of what they are."""

import json

import pytest

from training.document import PAGE, ideas_section, intents_section, store
from triage.artefact import BUNDLED, Manifest


def test_the_page_tells_of_the_bundled_model():
    manifest = Manifest.model_validate_json((BUNDLED / "manifest.json").read_bytes())
    page = PAGE.read_text(encoding="utf-8")
    assert f"model {manifest.version}" in page, "run: python -m training document"
    assert f"| label accuracy | {manifest.metrics['label accuracy']:.3f} |" in page


def test_long_runs_have_left_their_figures():
    page = PAGE.read_text(encoding="utf-8")
    assert "| as it is |" in page, "run: python -m training ideas"
    assert "| Banking77" in page, "run: python benchmarks/intents.py FOLDER --store"


NOW = {"data": "d" * 64, "catalogue": "c" * 64, "code": "b" * 64}
IDEA = {"label": "0.9", "among": "0.9", "exceptions": "0.8", "rule": "0.7"}


@pytest.mark.parametrize(
    ("of", "told"),
    [
        ({"of": NOW}, None),
        (
            {"of": NOW | {"code": "a" * 64}},
            "**These figures are not of the current model: code aaaaaaaa (now bbbbbbbb).**",
        ),
        ({}, "**It was not kept which code these figures are of.**"),
    ],
)
def test_a_long_run_of_other_code_is_told_from_one_of_the_current(of, told):
    idea, intent = IDEA | {"idea": "as it is", "right": {"a": 9}}, {"figure": "accuracy", "value": "0.9", "over": 10}
    for page in (ideas_section([idea | of], NOW), intents_section([intent | of], NOW)):
        assert (told or "**") in " ".join(page.split()) if told else "**" not in page


def test_a_run_is_kept_with_what_it_is_of(tmp_path):
    path = store("intents", [{"figure": "accuracy"}], {"code": "a" * 64}, tmp_path)
    assert json.loads(path.read_text(encoding="utf-8")) == [{"figure": "accuracy", "of": {"code": "a" * 64}}]


def test_ideas_are_set_against_the_plain_fit_wherever_it_stands():
    plain = IDEA | {"idea": "as it is", "right": {"a": 9, "b": 9}}
    other = IDEA | {"idea": "without copies that have misprints", "right": {"a": 8, "b": 8}}
    rows = ideas_section([other, plain], NOW).splitlines()
    assert next(row for row in rows if "misprints" in row).split(" | ")[2].startswith("-")
    assert next(row for row in rows if row.startswith("| as it is")).split(" | ")[2] == ""
