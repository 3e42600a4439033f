"""What the README shows is what happens."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

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


def test_the_other_commands_exist():
    known = {"triage": "triage.cli", "python": "training"}
    for line in (line for block in blocks("sh") for line in block.splitlines()):
        for part in line.split("&&"):
            words = shlex.split(part, comments=True)
            if words and words[0] in known and "evaluate" not in words and "fit" not in words:
                assert words[1] in {"assess", "score", "catalogue", "-m"}, line
