"""Notebooks run top to bottom, show what they say, and are stored without output."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
HOLDS = {
    "01-first-look": """
assert abs(listed + finding.score.unlisted + finding.score.intercept - finding.score.total) < 0.01
""",
    "02-retrain-on-your-tickets": """
assert set(corpus.voices).isdisjoint(left_out["district"])
assert bundled["label accuracy"] > own_figures["label accuracy"]
assert loaded.assess("het dak lekt").receipt.model != triager.assess("het dak lekt").receipt.model
""",
    "03-study-errors": """
assert (reliability["found_confidence"] - reliability["right"]).abs().max() < 0.15
assert wrong["found_confidence"].mean() < done["found_confidence"].mean()
""",
    "04-simulate-a-policy": """
assert [(remark.kind, remark.rule) for remark in remarks(planned.catalogue)] == [("law", "tap.thermostatic")]
assert not result.rules["to_tenant"].any()
assert counts["landlord"].is_monotonic_increasing and counts["landlord"].is_unique
""",
}
"""What must hold when a notebook has run, in its own names."""


def test_each_notebook_says_what_must_hold():
    assert sorted(HOLDS) == [path.stem for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
@pytest.mark.filterwarnings("ignore")
def test_a_notebook_runs_and_is_stored_clean(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert all(len(cell.source.splitlines()) <= 25 for cell in code)
    notebook.cells.append(nbformat.v4.new_code_cell(HOLDS[path.stem]))
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(ROOT)}}).execute()
