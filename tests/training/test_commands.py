"""What cannot be done is told in one sentence, and thresholds that are written take their figures with them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from training.__main__ import app
from training.corpus import DATASETS
from triage.artefact import BUNDLED, load_model
from triage.errors import TriageError

ROOT = Path(__file__).parent.parent.parent


def run(*words):
    return CliRunner().invoke(app, list(words))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("promise --landlord 0", "--landlord: Input should be greater than 0"),
        ("promise --over-reach 2", "--over-reach: Input should be less than or equal to 1"),
        ("fit --tenant 0", "--tenant: Input should be greater than 0"),
        ("fit --check --model nowhere", "nowhere: no model here"),
        ("corpus add v14 missing.requests.jsonl", "missing.requests.jsonl: cannot be read"),
        ("corpus agreement missing.jsonl", "missing.jsonl: cannot be read"),
        ("evaluate missing.jsonl", "missing.jsonl: cannot be read"),
        ("evaluate --date soon", "date 'soon'"),
        ("evaluate /dev/null", "there is nothing to measure"),
        ("fit --catalogue missing.yaml", "missing.yaml"),
    ],
)
def test_what_cannot_be_done_is_told_without_a_traceback(words, told):
    result = run(*words.split())
    assert isinstance(result.exception, TriageError)
    assert told in str(result.exception)


def test_a_stale_model_is_told_how_to_fit_it_and_no_other(tmp_path):
    shutil.copytree(BUNDLED, tmp_path / "model")
    shutil.copytree(DATASETS, tmp_path / "data")
    (tmp_path / "data" / "phrases.jsonl").unlink()
    result = run("fit", "--check", "--model", str(tmp_path / "model"), "--datasets", str(tmp_path / "data"))
    assert result.exit_code == 1
    said = f"python -m training fit --datasets {tmp_path / 'data'} --model {tmp_path / 'model'}"
    assert said in " ".join(result.stderr.split())


def test_errors_go_to_the_caller_as_text():
    words = [sys.executable, "-m", "training", "promise", "--landlord", "0"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == "--landlord: Input should be greater than 0"


def test_written_thresholds_keep_the_promise_and_no_figures_of_the_old_ones(tmp_path):
    shutil.copytree(BUNDLED, tmp_path / "model")
    result = run("promise", "--model", str(tmp_path / "model"), "--over-reach", "0.03", "--write")
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "3.0% is allowed" in said
    assert "broke the promise for 'open'" in said
    assert said.index("thresholds written") < said.index("random halves")
    manifest = load_model(tmp_path / "model").manifest
    assert manifest.metrics == {}
    assert manifest.policy != load_model(BUNDLED).manifest.policy
