from __future__ import annotations

from pathlib import Path

import pytest

import triage
from triage.artefact import Fingerprint, Model, save_model
from triage.catalogue import Catalogue
from triage.catalogue_file import read_catalogue
from triage.decision import Policy
from triage.estimator import words_of
from triage.fitting import Settings, Targets, fit_recogniser

DATA = Path(__file__).parent / "data"

# Messages for a small model of four rules, written for these tests alone.
MESSAGES = [
    ("de kraan boven de gootsteen blijft druppen", "tap.drips", []),
    ("drup drup drup de badkamerkraan", "tap.drips", []),
    ("kraan lekt, hij is helemaal versleten", "tap.drips", ["worn"]),
    ("de oude kraan is versleten en drupt", "tap.drips", ["worn"]),
    ("kraan die ik zelf geplaatst heb druppelt", "tap.drips", ["own_addition"]),
    ("water door het dak op zolder", "roof.leak", []),
    ("het dak is lek bij de schoorsteen", "roof.leak", []),
    ("ik ben door het dak gezakt, nu lekt het dak", "roof.leak", ["own_fault"]),
    ("dakraam zelf geplaatst, nu lekt het dak", "roof.leak", ["own_addition"]),
    ("cv ketel in storing, geen warmte", "boiler.fault", []),
    ("de verwarming is koud en de ketel knippert", "boiler.fault", []),
    ("ketel slaat steeds af, foutcode 4", "boiler.fault", []),
    ("huissleutel verloren in het park", "lock.key_lost", []),
    ("mijn sleutels zijn weg", "lock.key_lost", []),
    ("graag een nieuwe sleutel, oude kwijtgeraakt", "lock.key_lost", []),
    ("wanneer gaat de huurverhoging in", "rent", []),
    ("ik kan de huur deze maand niet betalen", "rent", []),
    ("vraag over mijn huur", "rent", []),
]


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
