"""What the README shows is what happens."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from training.__main__ import app as training_app
from triage.cli import app as triage_app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def run(*command: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={"COLUMNS": "100", "PATH": ""}, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_python_blocks_run_as_pasted():
    for block in blocks("python"):
        run(sys.executable, "-c", block)


def test_the_two_commands_stand_on_the_first_screen():
    first_screen = "\n".join(README.splitlines()[:40])
    assert 'pip install . && triage assess "De kraan in de keuken drupt al een week"' in first_screen
    assert 'pip install -e ".[dev]" && pytest' in first_screen


def test_the_assessment_shown_is_the_assessment_given():
    shown = blocks("text")[0]
    given = run(
        sys.executable, "-c", "from triage.cli import main; main()", "assess", "De kraan in de keuken drupt al een week"
    )
    assert [line.rstrip() for line in shown.strip("\n").splitlines()] == [
        line.rstrip() for line in given.strip("\n").splitlines()
    ]


def commands() -> list[str]:
    """List the commands of this library that stand in blocks, and in the text and its tables."""
    lines = [line for block in blocks("sh") for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", README)
    parts = [part.strip() for line in lines for part in line.split("&&")]
    return list(dict.fromkeys(part for part in parts if re.match(r"triage |python -m training ", part)))


@pytest.mark.parametrize("command", commands())
def test_every_command_exists_with_its_options(command):
    app, words = triage_app, shlex.split(command, comments=True)[1:]
    if words[0] == "-m":
        app, words = training_app, words[2:]
    found, path = get_command(app), []
    while hasattr(found, "commands"):
        path.append(words.pop(0))
        found = found.commands[path[-1]]
    assert {word for word in words if word.startswith("-")} <= {name for part in found.params for name in part.opts}
    assert CliRunner().invoke(app, [*path, "--help"]).exit_code == 0
