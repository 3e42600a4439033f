"""The review file of an import holds what a person answered: it is never lost, and no other file is taken for it."""

import resource

import pytest

from triage.abc_import import Import, read_answers, write_review
from triage.errors import TriageError


def test_a_full_disk_leaves_the_answers_as_they_were(bundled, tmp_path):
    review = tmp_path / "ours.review.csv"
    review.write_text("row;answer\n1;skip\n", encoding="utf-8")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write_review(review, Import(), [], bundled.catalogue)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert review.read_text(encoding="utf-8") == "row;answer\n1;skip\n"


@pytest.mark.parametrize("content", ["niet kwijtraken", "\nnaam;bedrag\nx;1\n"])
def test_a_file_that_is_no_review_is_never_taken_for_one(tmp_path, content):
    (tmp_path / "note.csv").write_text(content, encoding="utf-8")
    with pytest.raises(TriageError, match="not a review file"):
        read_answers(tmp_path / "note.csv")
