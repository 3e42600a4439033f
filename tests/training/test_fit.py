"""Fitting is deterministic, calibrated on voices left out, and never sees the test voices."""

import ast
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.__main__ import app
from training.bounds import least_confidence, upper_bound
from training.corpus import CorpusError
from training.evaluate import Case, cases_of, evaluate, read_cases
from training.fit import CODE, build, current_fingerprint, fit, fold_voices, sample_of
from triage import Triager
from triage.artefact import BUNDLED, Fingerprint, Manifest
from triage.fitting import Settings

PRINTS = Fingerprint(data="0" * 64, catalogue="0" * 64, code="0" * 64)
QUICK = Settings(min_count=1, hidden=32, mixes=1)


def test_the_bundled_model_is_fresh():
    manifest = Manifest.model_validate_json((BUNDLED / "manifest.json").read_bytes())
    assert manifest.fingerprint == current_fingerprint(), "run: python -m training fit"


ROOT = Path(__file__).parent.parent.parent
HARMLESS = {
    "triage/artefact.py": "how a model is written, which has a version of its own",
    "triage/citation.py": "how a basis is put into words",
    "triage/consistency.py": "refuses a catalogue, and changes none",
    "triage/errors.py": "names of errors",
    "triage/manifest.py": "what is told of a model, which has a version of its own",
    "triage/values.py": "reads what callers give; a corpus is read by its own form",
}
"""What a fit reaches and what has no part in what it makes, with the reason."""


def reached(name, seen):
    """List the files that one imports, and those that these import."""
    seen.add(name)
    for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in ("training", "triage"):
            stem = str(node.module).replace(".", "/")
            parts = [f"{stem}/{own.name}" for own in node.names]
            for part in (f"{path}.py" for path in (stem, f"{stem}/__init__", *parts)):
                # what the whole of triage offers is no part of a fit
                if part not in seen and part != "triage/__init__.py" and (ROOT / part).exists():
                    reached(part, seen)
    return seen


def test_all_code_that_a_fit_reaches_is_in_its_fingerprint():
    found = reached("training/fit.py", set())
    assert found - set(CODE) - set(HARMLESS) == set()
    assert set(CODE) - found == set()
    assert not set(CODE) & set(HARMLESS)


def test_fitting_twice_gives_the_same_bytes(corpus, small, tmp_path):
    for name in ("one", "two"):
        build(corpus, small, tmp_path / name, PRINTS, QUICK)
    for part in ("manifest.json", "weights.npz", "vocabulary.json", "catalogue.json"):
        assert (tmp_path / "one" / part).read_bytes() == (tmp_path / "two" / part).read_bytes()


def test_the_test_voices_do_not_touch_the_model(corpus, small, tmp_path):
    changed = [
        row.model_copy(update={"text": "heel iets anders"}) if row.voice == "e" else row for row in corpus.requests
    ]
    other = type(corpus)(changed, corpus.several, corpus.elsewhere, corpus.voices)
    build(corpus, small, tmp_path / "one", PRINTS, QUICK)
    build(other, small, tmp_path / "two", PRINTS, QUICK)
    assert (tmp_path / "one" / "weights.npz").read_bytes() == (tmp_path / "two" / "weights.npz").read_bytes()


def test_folds_part_the_voices():
    voices = [f"v{i}" for i in range(11)]
    folds = fold_voices(voices, 4)
    assert sorted(voice for fold in folds for voice in fold) == sorted(voices)


def test_several_defects_train_whole_and_in_parts(corpus):
    sample = sample_of(corpus)
    assert len(sample.words) == 20 + 5 + 5 * 3
    assert sample.targets.flags["several"].sum() == 5
    assert list(sample.targets.exclusive).count(None) == 5


def test_with_too_few_cases_nothing_is_automatic(corpus, small, tmp_path):
    model = build(corpus, small, tmp_path, PRINTS, QUICK)
    assert model.policy.landlord > 1
    assert Triager(model).assess("de kraan drupt").decision != "auto"


def test_the_bound_of_clopper_and_pearson():
    assert upper_bound(0, 149, 0.95) == pytest.approx(0.02, abs=1e-3)
    assert upper_bound(0, 299, 0.95) == pytest.approx(0.01, abs=1e-3)
    assert upper_bound(5, 5, 0.95) == 1.0


@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_threshold_keeps_its_promise_on_the_data_it_was_found_on(n_wrong, scale, seed):
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.5, 1, size=scale * 20)
    right = np.ones(len(confidence), dtype=bool)
    right[rng.integers(len(right), size=n_wrong)] = False
    threshold = least_confidence(confidence, right, 0.05, 0.9)
    if threshold <= 1:
        chosen = confidence >= threshold
        assert upper_bound(int((~right[chosen]).sum()), int(chosen.sum()), 0.9) <= 0.05


def test_evaluation_counts_what_it_says(corpus, small, tmp_path):
    triager = Triager(build(corpus, small, tmp_path, PRINTS, QUICK))
    figures = {figure.name: figure for figure in evaluate(triager, cases_of(corpus.part("test"), small))}
    assert figures["label accuracy"].count == 4
    assert 0 <= figures["label accuracy"].value <= 1
    assert math.isnan(figures["wrong among automatic"].value)
    assert figures["cited rule gives the label"].value == 1.0
    assert figures["not a repair: not automatic"].value == 1.0
    assert math.isnan(figures["wrong among automatic of every kind"].value)


def test_a_file_without_anything_to_decide_can_be_measured(triager):
    figures = evaluate(triager, [Case(text="iets met de deur", decidable=False)])
    assert {figure.name: figure.value for figure in figures}["over-reach"] in (0.0, 1.0)


def test_cases_of_other_files_are_read(small, tmp_path):
    rows = [
        {"id": "r1", "text": "kraan drupt", "lang": "nl", "label": "tenant", "decidable": True, "basis": ["BKH:d"], "urgent": None, "why": "", "voice": "p"},
        {"id": "o1", "text": "huur", "kind": "rent"},
        {"id": "m1", "text": "a en b", "parts": [{"quote": "a", "label": "tenant", "basis": ["BKH:d"]}, {"quote": "b", "label": "landlord", "basis": []}]},
        {"text": "dak lekt", "rule": "roof.leak", "circumstances": ["own_fault"]},
    ]  # fmt: skip
    (tmp_path / "cases.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    cases = read_cases(tmp_path / "cases.jsonl", small)
    assert [case.sort for case in cases] == ["requests", "elsewhere", "several", "requests"]
    assert (cases[-1].label, cases[-1].basis) == ("tenant", ["BW7:218"])


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"text": "kraan drupt"}, "label: None is not landlord or tenant"),
        ({"text": "kraan drupt", "label": "Landlord"}, "label: 'Landlord' is not landlord or tenant"),
        ({"text": "kraan drupt", "rule": "no.such"}, "rule: no 'no.such' in the catalogue"),
        (["kraan drupt"], "not a JSON object"),
    ],
)
def test_a_message_without_a_usable_label_cannot_be_measured(small, tmp_path, row, problem):
    (tmp_path / "cases.jsonl").write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(CorpusError, match=rf"cases\.jsonl:1: .*{problem}"):
        read_cases(tmp_path / "cases.jsonl", small)


def test_a_fit_needs_voices_to_leave_out(corpus, small):
    with pytest.raises(CorpusError, match=r"4 train or calibration voices with messages at least.*there are 3"):
        fit(corpus.by_voices(sorted(corpus.voices)[:3]), small, QUICK)


def test_a_voice_without_messages_yet_is_none_to_leave_out(corpus, small):
    some = corpus.by_voices(sorted(corpus.voices)[:3])
    with pytest.raises(CorpusError, match="there are 3"):
        fit(replace(some, voices=corpus.voices), small, QUICK)


def test_a_fit_needs_requests_that_can_be_decided(corpus, small):
    left_open = [row.model_copy(update={"decidable": False}) for row in corpus.requests]
    with pytest.raises(CorpusError, match="requests that can be decided"):
        fit(replace(corpus, requests=left_open), small, QUICK)


def test_the_command_line_checks_freshness():
    from typer.testing import CliRunner

    result = CliRunner().invoke(app, ["fit", "--check"])
    assert result.exit_code == 0


def test_a_fingerprint_tells_when_the_catalogue_changed_that_another_extends(tmp_path):
    base, own = tmp_path / "base.yaml", tmp_path / "own.yaml"
    overlay = (
        "schema_version: 1\nextends: {}\nid: {}\nversion: '{}'\ntitle: {{nl: Van ons, en: Ours}}\n"
        "sources: [{{id: own, title: Ours, checked_on: 2026-01-15}}]\n"
    )
    own.write_text(overlay.format("base.yaml", "own", 1), encoding="utf-8")
    prints = []
    for version in "12":
        basis = f"own:{version}.1"
        change = f"changes: [{{rule: tap.drips, responsible: landlord, basis: {basis}}}]\n"
        base.write_text(overlay.format("nl", "base", 1) + change, encoding="utf-8")
        prints.append(current_fingerprint(catalogue_file=own).catalogue)
    assert prints[0] != prints[1]
