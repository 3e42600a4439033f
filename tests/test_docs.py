"""Every command and every block of Python in the docs runs, in the order of the page."""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from triage.catalogue_file import read_catalogue

DOCS = Path(__file__).parent.parent / "docs"
PAGES = sorted(page for page in DOCS.glob("*.md") if "```" in page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_does_what_it_says(page, tmp_path):
    folder = tmp_path / "docs"
    shutil.copytree(DOCS, folder)
    blocks = re.findall(r"```(sh|python)(?: (\w+))?\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for language, needed, block in blocks:
        if needed and find_spec(needed) is None:
            continue  # a block that names a library runs where that is installed
        command = ["bash", "-euc", block] if language == "sh" else [sys.executable, "-c", block]
        done = subprocess.run(
            command, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{block}\n{done.stderr}"


def test_the_catalogue_shown_is_one_that_can_be_used(tmp_path):
    [shown] = re.findall(r"```yaml\n(.*?)```", (DOCS / "own-catalogue.md").read_text(encoding="utf-8"), re.S)
    (tmp_path / "shown.yaml").write_text(shown, encoding="utf-8")
    assert read_catalogue(tmp_path / "shown.yaml").rule("tap.drips").basis == "own:1.1"


def test_the_made_up_association_has_sixty_rows_and_none_is_dropped(tmp_path, run, monkeypatch):
    shutil.copytree(DOCS / "voorbeeldwonen", tmp_path / "voorbeeldwonen")
    monkeypatch.chdir(tmp_path)
    shutil.copy("voorbeeldwonen/answers.csv", "ours.review.csv")
    _, out, err = run("catalogue", "import", "voorbeeldwonen/abc.csv", "-o", "ours.yaml")
    rows, placed, own, skipped, unsettled = map(int, re.findall(r"\d+", out)[:5])
    assert rows >= 60
    assert placed + own + skipped + unsettled == rows
    assert unsettled <= 3
    assert {"damp.mould", "roof.leak"} <= set(re.findall(r"law: rule (\S+):", err))
