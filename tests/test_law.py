"""The law as sentences: who repairs what, by which article, read from the catalogue without any model.

A policy officer may add a line to any file in ``tests/law``.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from triage.catalogue_file import BUNDLED, read_catalogue
from triage.facts import Settler
from triage.ruling import Ruler

LAW = Path(__file__).parent / "law"
LINES = [
    pytest.param(line, id=f"{path.stem}-{number}")
    for path in sorted(LAW.glob("*.yaml"))
    for number, line in enumerate(YAML(typ="safe").load(path.read_text(encoding="utf-8")), 1)
]
CASES = [parameter.values[0] for parameter in LINES]


@pytest.fixture(scope="module")
def catalogue():
    return read_catalogue(BUNDLED)


@pytest.fixture(scope="module")
def ruler(catalogue):
    return Ruler(catalogue, [rule.id for rule in catalogue.rules], [])


@pytest.fixture(scope="module")
def settler(catalogue):
    return Settler(catalogue)


@pytest.mark.parametrize("line", LINES)
def test_the_law_says_so(ruler, settler, line):
    assert set(line) <= {"case", "rule", "given", "not", "then", "date", "tenancy_start"}, "a word that is not known"
    facts = (
        {"rule": line["rule"]} | dict.fromkeys(line.get("given", []), True) | dict.fromkeys(line.get("not", []), False)
    )
    facts |= {"tenancy_start": line["tenancy_start"]} if "tenancy_start" in line else {}
    day = line.get("date", date(2026, 1, 1))
    nothing = np.zeros((1, len(ruler.rules)))
    deciding = ruler.rule(nothing, np.zeros((1, 0)), settler.settle(facts), day).deciding(0)
    assert f"{deciding.responsible} {deciding.basis}" == line["then"], line["case"]


def test_every_rule_and_every_circumstance_has_its_sentence(catalogue):
    assert {line["rule"] for line in CASES} == {rule.id for rule in catalogue.rules}
    given = {key for line in CASES for key in line.get("given", [])}
    assert given >= {c.id for c in catalogue.circumstances if c.words.nl}


def test_there_are_enough_and_none_is_said_twice():
    assert len(CASES) >= 250
    assert len({line["case"] for line in CASES}) == len(CASES)
