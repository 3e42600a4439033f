"""Importing does nothing, and assessing needs neither scikit-learn nor pandas in memory."""

import subprocess
import sys

import triage


def run(code: str, *options: str) -> str:
    done = subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_and_assessment_stay_light():
    code = (
        "import sys, triage; triage.load().assess('de kraan drupt');"
        "print([m for m in ('sklearn', 'pandas', 'scipy', 'ruamel', 'rich') if m in sys.modules])"
    )
    assert run(code).strip() == "[]"


def test_import_has_no_side_effect():
    code = """
import gc, locale, logging, os, random, sys, threading, warnings
import numpy
def state():
    return (locale.setlocale(locale.LC_ALL), logging.root.handlers[:], logging.root.level, os.getcwd(),
            random.getstate(), numpy.random.get_state()[1].tolist(), list(warnings.filters), sys.excepthook,
            threading.active_count(), dict(os.environ))
import pydantic
before = state()
import triage
print(before == state())
"""
    assert run(code).strip() == "True"


def test_loading_and_assessing_are_silent_under_strict_warnings():
    code = "import triage; t = triage.load(); t.assess('de kraan drupt'); t.assess_many(['dak lekt', None, ''])"
    assert run(code, "-W", "error") == ""


def test_the_public_names_are_these():
    assert triage.__all__ == [
        "Assessment",
        "Catalogue",
        "CatalogueError",
        "Comparison",
        "FactError",
        "ModelError",
        "TriageError",
        "Triager",
        "__version__",
        "compare",
        "load",
    ]


def test_triage_never_imports_training():
    code = "import sys, triage, triage.cli, triage.estimator, triage.backlog, triage.report; print('training' in sys.modules)"
    assert run(code).strip() == "False"
