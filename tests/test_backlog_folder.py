"""The folder of a run and the place of its output: what stands there already, and what is left when a run is done."""

import os
import shutil
import stat

import pytest
from test_backlog_tables import stop_after

from triage.backlog import Options, score
from triage.backlog.folder import clear
from triage.errors import TriageError

TEXT = "de kraan boven de gootsteen blijft druppen"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("output", ["out.csv", "sqlite:///out.db"])
@pytest.mark.parametrize("cleared", [0, 2, 4])
def test_a_run_killed_while_it_clears_up_is_known_to_be_finished(triager, here, monkeypatch, output, cleared):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n{TEXT}\n")
    options = Options(rows=1, output_table="scored" if "://" in output else None)
    unlink, left = type(here).unlink, iter(range(cleared))

    def killed(path, **given):
        if next(left, None) is None:
            raise KeyboardInterrupt
        unlink(path, **given)

    def clear_and_die(folder):
        patched.setattr(type(here), "unlink", killed)
        clear(folder)

    with monkeypatch.context() as patched:
        patched.setattr("triage.backlog.run.clear", clear_and_die)
        with pytest.raises(KeyboardInterrupt):
            score(triager, "in.csv", output, options)
    told = []
    assert score(triager, "in.csv", output, options, lambda *done: told.append(done)).labels == {"tenant": 2}
    assert not told
    assert not list(here.glob("*.parts"))


def test_a_folder_of_somebody_else_is_left_alone(triager, here):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n")
    (here / "out.csv.parts").mkdir()
    (here / "out.csv.parts" / "20260101.csv").write_text("kept")
    with pytest.raises(TriageError, match=r"out.csv.parts: .*holds something else \(20260101.csv\)"):
        score(triager, "in.csv", "out.csv")
    assert [path.name for path in (here / "out.csv.parts").iterdir()] == ["20260101.csv"]


def test_clearing_up_removes_nothing_but_what_the_run_made(triager, here):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n")
    score(triager, "in.csv", "out.csv", progress=lambda *_: (here / "out.csv.parts" / "notes.txt").write_text("kept"))
    assert [path.name for path in (here / "out.csv.parts").iterdir() if path.name != "lock"] == ["notes.txt"]


@pytest.mark.parametrize("content", ['{"source"', "[]", "{}"])
def test_a_damaged_note_of_a_run_is_told(triager, here, content):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n")
    (here / "out.csv.parts").mkdir()
    (here / "out.csv.parts" / "job.json").write_text(content)
    with pytest.raises(TriageError, match=r"job.json: is damaged.*delete the folder"):
        score(triager, "in.csv", "out.csv")


def test_options_that_differ_from_those_of_an_unfinished_run_are_named(triager, here):
    (here / "in.csv").write_text(f"melding,reachable\n{TEXT},ja\n{TEXT},ja\n")
    with pytest.raises(KeyboardInterrupt):
        score(triager, "in.csv", "out.csv", Options(rows=1), stop_after(1))
    with pytest.raises(TriageError, match=r"option --per \(it was 'request'\), option --fact-column \(it was \[\]\)"):
        score(triager, "in.csv", "out.csv", Options(rows=1, per="finding", fact_columns=("reachable",)))


def test_a_private_file_stays_private_and_a_link_stays_a_link(triager, here):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n")
    (here / "kept").mkdir()
    for kind in ("csv", "xlsx"):
        target, link = here / "kept" / f"real.{kind}", here / f"out.{kind}"
        target.touch(mode=0o600)
        link.symlink_to(target)
        score(triager, "in.csv", link)
        assert link.is_symlink()
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        assert target.stat().st_size


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_nobody_else_may_read_a_private_file_while_it_is_put_together(triager, here, monkeypatch, kind):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n")
    (here / f"out.{kind}").touch(mode=0o600)
    copy, modes = shutil.copyfileobj, set()

    def watched(*given):
        modes.update(stat.S_IMODE(path.stat().st_mode) for path in here.glob("out.*.part*") if path.is_file())
        copy(*given)

    monkeypatch.setattr(shutil, "copyfileobj", watched)
    score(triager, "in.csv", f"out.{kind}")
    assert modes == {0o600}


def test_an_output_that_may_not_be_written_is_refused_before_scoring(triager, here, monkeypatch):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n")
    (here / "out.csv").touch(mode=0o444)
    monkeypatch.setattr(os, "access", lambda path, _: bool(path.stat().st_mode & stat.S_IWUSR))  # whoever runs this
    with pytest.raises(TriageError, match=r"^out.csv: is there, and may not be written"):
        score(triager, "in.csv", "out.csv", progress=stop_after(0))


@pytest.mark.parametrize("output", ["", ".", "/", "none/sub/out.txt2"])
def test_an_output_of_no_kind_is_refused_and_no_folder_is_made_for_it(triager, here, output):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n")
    with pytest.raises(TriageError, match="cannot tell the kind of file"):
        score(triager, "in.csv", output)
    assert [path.name for path in here.iterdir()] == ["in.csv"]


def test_parts_are_for_their_owner_alone(triager, here):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n")
    modes = []
    score(
        triager,
        "in.csv",
        "out.csv",
        progress=lambda *_: modes.append(stat.S_IMODE((here / "out.csv.parts").stat().st_mode)),
    )
    assert set(modes) == {0o700}


def test_an_output_that_is_a_folder_is_refused_before_scoring(triager, here):
    (here / "in.csv").write_text(f"melding\n{TEXT}\n")
    (here / "out.csv").mkdir()
    with pytest.raises(TriageError, match=r"out.csv: is a folder"):
        score(triager, "in.csv", "out.csv", progress=stop_after(0))
