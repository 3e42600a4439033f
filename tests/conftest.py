from __future__ import annotations

from pathlib import Path

import pytest
from messages import MESSAGES

import triage
from triage.artefact import Fingerprint, Model, save_model
from triage.catalogue import Catalogue
from triage.catalogue_file import read_catalogue
from triage.decision import Policy
from triage.estimator import words_of
from triage.fitting import Settings, Targets, fit_recogniser

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def small() -> Catalogue:
    return read_catalogue(DATA / "small.yaml")


@pytest.fixture(scope="session")
def policy() -> Policy:
    return Policy(landlord=0.9, tenant=0.95, open=0.5, elsewhere=0.6, urgent=0.5, sharpness=1.0, further_defect=3.0)


@pytest.fixture(scope="session")
def small_model(small: Catalogue, policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> Model:
    texts, rules, circumstances = zip(*MESSAGES, strict=True)
    targets = Targets(rules, [frozenset(keys) for keys in circumstances], {})
    recogniser = fit_recogniser(words_of(texts), targets, small, Settings(min_count=1, max_iter=30))
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
