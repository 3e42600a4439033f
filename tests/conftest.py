from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from messages import MESSAGES

import triage
from triage.artefact import Fingerprint, Model, save_model
from triage.catalogue import Catalogue
from triage.catalogue_file import read_catalogue
from triage.cli import main
from triage.decision import Policy
from triage.estimator import words_of
from triage.fitting import Settings, Targets, fit_recogniser

# How fast a machine is says nothing about whether the library is right.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def small() -> Catalogue:
    return read_catalogue(DATA / "small.yaml")


@pytest.fixture(scope="session")
def policy() -> Policy:
    return Policy(
        landlord=0.9, tenant=0.95, open=0.5, elsewhere=0.6, urgent=0.5, sharpness=1.0, division=[1, 0, 0, 0, 0, 0, 0]
    )


@pytest.fixture(scope="session")
def small_model(small: Catalogue, policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> Model:
    texts, rules, circumstances = zip(*MESSAGES, strict=True)
    targets = Targets(rules, [frozenset(keys) for keys in circumstances], {})
    recogniser = fit_recogniser(words_of(texts), targets, small, Settings(min_count=1, hidden=32))
    prints = Fingerprint(data="0" * 64, catalogue="0" * 64, code="0" * 64)
    folder = tmp_path_factory.mktemp("model")
    return save_model(folder, recogniser, policy, small, name="small", fingerprint=prints, built_with={})


@pytest.fixture(scope="session")
def triager(small_model: Model) -> triage.Triager:
    """A triager of four rules."""
    return triage.Triager(small_model)


@pytest.fixture(scope="session")
def bundled() -> triage.Triager:
    """The triager that ships."""
    return triage.load()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Call the command line; returns exit code, output and errors."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["triage", *arguments])
        monkeypatch.setenv("COLUMNS", "100")
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def lay(tmp_path: Path) -> Callable[..., Catalogue]:
    """Read a made-up association's catalogue over the Dutch law, given its sections."""

    def read(sections: str, name: str = "ours.yaml", extends: str = "nl") -> Catalogue:
        path = tmp_path / name
        path.write_text(OWN.format(extends=extends) + sections, encoding="utf-8")
        return read_catalogue(path)

    return read


OWN = """schema_version: 1
extends: {extends}
id: ours
version: "2026.1"
title: {{nl: Ons ABC, en: Our ABC}}
sources: [{{id: own, title: Ons ABC, checked_on: 2026-11-01}}]
"""
