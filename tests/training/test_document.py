"""The published figures are those of the bundled model."""

from training.document import PAGE
from triage.artefact import BUNDLED, Manifest


def test_the_page_tells_of_the_bundled_model():
    manifest = Manifest.model_validate_json((BUNDLED / "manifest.json").read_bytes())
    page = PAGE.read_text(encoding="utf-8")
    assert f"model {manifest.version}" in page, "run: python -m training document"
    assert f"| label accuracy | {manifest.metrics['label accuracy']:.3f} |" in page


def test_long_runs_have_left_their_figures():
    page = PAGE.read_text(encoding="utf-8")
    assert "| as it is |" in page, "run: python -m training ideas"
    assert "| Banking77" in page, "run: python benchmarks/intents.py FOLDER --store"
