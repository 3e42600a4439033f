"""docs/evaluation.md: every figure with the command that makes it, none of them written by hand."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training import evaluate as evaluation
from training.baselines import BASELINES
from training.corpus import Corpus, Request
from training.evaluate import is_turned, label_of
from training.promise import Outcomes, Promise, report_promise, simulate
from training.trust import Shown, ask_and_answer, weigh_evidence
from triage import Triager
from triage.artefact import BUNDLED
from triage.decision import Policy

__all__ = ["FOLDER", "PAGE", "compose", "store", "stored"]

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "evaluation.md"
FOLDER = ROOT / "docs" / "evaluation"
"""Figures of long runs, one JSON file each."""

Hits = NDArray[np.bool_]
_LENGTHS = ((1, 8), (8, 15), (15, 30), (30, 50), (50, 1000))


def store(name: str, rows: list[dict[str, object]], folder: Path = FOLDER) -> Path:
    """Keep the figures of a long run."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return path


def compose(triager: Triager, corpus: Corpus, say: Callable[[str], None] = lambda _: None) -> str:
    """Measure what takes minutes, take the rest from where it was kept, and write the page.

    Parameters
    ----------
    triager : Triager
        With the bundled model.
    corpus : Corpus
    say : callable, optional
        Told what is going on.

    Returns
    -------
    str
        Markdown.
    """
    held = [row for row in corpus.part("test").requests if row.decidable]
    found = triager.assess_many([row.text for row in held])["responsible"].to_numpy()
    right = found == np.array([label_of(row, triager.catalogue) for row in held])
    parts: list[tuple[str, Callable[[], str]]] = [
        ("held-out voices", lambda: _held_out(triager, corpus)),
        ("simpler ways", lambda: _beside(triager, corpus, held, right)),
        ("who writes, in what language, how long", lambda: _by_writer(held, right)),
        ("the promise", lambda: _promise(triager.model.policy)),
        ("the question", lambda: _question(triager, held)),
        ("the evidence", lambda: _evidence(triager, held)),
        ("ideas", _ideas),
        ("intents of others", _intents),
    ]
    sections = []
    for name, part in parts:
        say(f"measuring: {name}")
        sections.append(part())
    head = _section("# How good it is", _HEAD.format(version=triager.model.manifest.version))
    tail = _section("## How it grows\n\n![Learning curve](../datasets/learning_curve.svg)", _TAIL)
    return "\n\n".join([head, *sections, tail]) + "\n"


_HEAD = """
    Made by `python -m training document` for model {version}; every figure names the command that makes it. Fitted on
    the train and calibration voices, measured on the test voices, of which the model has seen nothing. All messages are
    written for this project, several voices by one hand; on the inbox of an association expect less, and measure
    (`python -m training evaluate FILE.jsonl`).
    """
_TAIL = """
    `python -m training corpus curve` fits on ever more voices, always the same ones first, and measures without
    calibration. Speed and memory: `python benchmarks/throughput.py` prints them for the machine it runs on.
    """


def _section(title: str, prose: str, head: Sequence[str] = (), rows: Sequence[Sequence[object]] = ()) -> str:
    lines = [head, ["---"] * len(head), *rows] if head else []
    table = "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
    return "\n\n".join(part for part in (title, textwrap.fill(" ".join(prose.split()), 120), table) if part)


def _held_out(triager: Triager, corpus: Corpus) -> str:
    figures = evaluation.evaluate(triager, evaluation.cases_of(corpus.part("test"), triager.catalogue))
    rows = [(figure.name, f"{figure.value:.3f}", figure.count) for figure in figures]
    return _section("## On held-out voices", "`python -m training evaluate`", ("figure", "value", "over"), rows)


def _beside(triager: Triager, corpus: Corpus, held: Sequence[Request], right: Hits) -> str:
    catalogue = triager.catalogue
    learned = corpus.part("train", "calibration").requests
    labels = np.array([label_of(row, catalogue) for row in held])
    turned = np.array([is_turned(row, catalogue) for row in held])
    texts = [row.text for row in held]
    systems = {"this library": right}
    for name, baseline in BASELINES.items():
        try:
            systems[name] = baseline(learned, texts, catalogue) == labels
        except ImportError:
            continue
    rows = [
        (name, f"{hits.mean():.3f}", f"{hits[~turned].mean():.3f}", f"{hits[turned].mean():.3f}")
        for name, hits in systems.items()
    ]
    prose = f"""
        The same requests to learn from, the same decidable requests to label. A circumstance turns the label of
        {turned.sum()} of these {len(held)}.
        """
    head = ("system", "label right", "where the rule's default holds", "where a circumstance turns it")
    return _section("## Beside simpler ways", prose, head, rows)


def _by_writer(held: Sequence[Request], right: Hits) -> str:
    words = np.array([len(row.text.split()) for row in held])
    groups = {f"{low} to {high - 1} words": (words >= low) & (words < high) for low, high in _LENGTHS}
    voices = np.array([row.voice for row in held])
    groups |= {f"voice {voice}": voices == voice for voice in sorted(set(voices))}
    rows = [(name, f"{right[own].mean():.3f}", int(own.sum())) for name, own in groups.items() if own.any()]
    return _section("## By length and by writer", "", ("requests", "label right", "over"), rows)


def _promise(policy: Policy) -> str:
    outcomes, promise = Outcomes.load(BUNDLED), Promise()
    kept = simulate(outcomes, policy, promise)
    rows = [
        (
            line.party,
            f"{line.least:.3f}" if line.least <= 1 else "never",
            line.automatic,
            line.wrong,
            f"{promise.accepted(line.party):.0%}",
            line.missing,
            f"{kept.wrong[line.party]:.2%}",
            f"{kept.broken[line.party]:.0%}",
        )
        for line in report_promise(outcomes, policy, promise)
    ]
    prose = f"""
        `python -m training promise` chooses thresholds for the errors that an association accepts, without fitting
        anew. Counted on voices left out in turn. The last two columns are a simulation: in {kept.halves} random halves
        of the voices, thresholds are found on one half and tried on the other; the share that is wrong there, and how
        often it was more than accepted. It is about requests of one defect that can be decided, as they come in; what
        is wrong among automatic decisions of every kind stands in the first table. The promise is {promise.sure:.0%}
        sure of the true share; a half is a sample, and strays further. Where the errors of a writer come together,
        requests count for fewer (Korn and Graubard 1998).
        """
    head = ("label", "least confidence", "automatic", "wrong", "accepted", "cases missing", "wrong elsewhere", "broken")
    return _section("## The promise of automatic decisions", prose, head, rows)


def _question(triager: Triager, held: Sequence[Request]) -> str:
    asked = ask_and_answer(triager, held)
    rows = [
        ("label right before the answer", f"{asked.before:.3f}", asked.count),
        ("label right after the true answer", f"{asked.after:.3f}", asked.count),
        ("questions of which a true answer could be chosen", f"{asked.fitting:.3f}", asked.count),
        ("decided automatically after it", f"{asked.settled:.3f}", asked.count),
        ("wrong among those", f"{asked.wrong:.3f}", round(asked.settled * asked.count)),
        ("label right among automatic decisions, for comparison", f"{asked.automatic:.3f}", ""),
    ]
    return _section("## What the one question settles", "", ("figure", "value", "over"), rows)


def _evidence(triager: Triager, held: Sequence[Request]) -> str:
    shown, random = weigh_evidence(triager, held)

    def row(name: str, of: Shown) -> tuple[object, ...]:
        return name, f"{of.comprehensiveness:.3f}", f"{of.sufficiency:.3f}"

    prose = f"""
        How much the probability of the label falls (DeYoung et al. 2020), over {shown.count} messages;
        {shown.share:.0%} of their words are shown, for the rule or for a circumstance.
        """
    head = ("words", "fall without them (comprehensiveness)", "fall with nothing else (sufficiency)")
    rows = [row("shown as evidence", shown), row("as many at random", random)]
    return _section("## Whether the words shown are those that count", prose, head, rows)


def stored(name: str) -> list[dict[str, Any]]:
    """Return the figures of a long run, as far as it has come."""
    path = FOLDER / f"{name}.json"
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []


def _ideas() -> str:
    ideas = stored("ideas")
    rows = [(row["idea"], row["label"], _against(row, ideas[0]), row["exceptions"], row["rule"]) for row in ideas]
    prose = """
        `python -m training ideas` fits once for each on the train voices and measures on the calibration voices (the
        test voices have no part in what is chosen), without calibration, division and routing: label; by how many
        points that differs from the first, and the standard error of this over voices; label where a circumstance
        turns it; rule. Differences within two standard errors mean nothing.
        """
    return _section(
        "## What each idea is worth", prose, ("fit", "label", "against the first", "exceptions", "rule"), rows
    )


def _against(row: dict[str, Any], first: dict[str, Any]) -> str:
    """Compare labels voice by voice; errors of a voice come together."""
    if row is first:
        return ""
    apart = np.array([row["right"].get(voice, 0) - count for voice, count in first["right"].items()])
    points = 100 * float(first["label"]) / sum(first["right"].values())
    error = points * float(np.sqrt(len(apart) * apart.var(ddof=1)))
    return f"{points * float(apart.sum()):+.1f} ± {error:.1f}"


def _intents() -> str:
    rows = [(row["figure"], row["value"], row["over"]) for row in stored("intents")]
    prose = """
        `python benchmarks/intents.py FOLDER --store` fits the same estimator, with default settings, on public data:
        Banking77 (Casanueva et al. 2020, CC BY 4.0) and CLINC150 (Larson et al. 2019, CC BY 3.0). The defaults were
        chosen on a part of their training messages and on CLINC150's part for validation; the bundled model is fitted
        with settings of its own, found on held-out voices (`triage.fitting.REPAIRS`).
        """
    return _section("## On intents that have nothing to do with repairs", prose, ("figure", "value", "over"), rows)
