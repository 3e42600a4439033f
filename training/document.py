"""docs/evaluation.md: every figure with the command that makes it, none of them written by hand."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training import evaluate as evaluation
from training.asides import among_asides
from training.baselines import BASELINES
from training.corpus import Corpus, Request
from training.ideas import IDEAS
from training.labelling import ANY_DAY, is_turned, label_of, rules_on
from training.promise import Outcomes, Promise, report_over_reach, report_promise, simulate
from training.trust import Shown, ask_and_answer, weigh_evidence
from triage import Triager
from triage.artefact import BUNDLED
from triage.decision import Policy

__all__ = ["FOLDER", "PAGE", "compose", "ideas_section", "intents_section", "store", "stored"]

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "evaluation.md"
FOLDER = ROOT / "docs" / "evaluation"
"""Figures of long runs, one JSON file each."""

Hits = NDArray[np.bool_]
_LENGTHS = ((1, 8), (8, 15), (15, 30), (30, 50), (50, 1000))


def store(name: str, rows: Sequence[Mapping[str, object]], of: Mapping[str, str], folder: Path = FOLDER) -> Path:
    """Keep the figures of a long run, with the hashes of what they are of, named as in a model's fingerprint."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps([{**row, "of": of} for row in rows], indent=1) + "\n", encoding="utf-8")
    return path


def stored(name: str) -> list[dict[str, Any]]:
    """Return the figures of a long run, as far as it has come."""
    path = FOLDER / f"{name}.json"
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []


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
    found = triager.assess_many([row.text for row in held], date=ANY_DAY)["responsible"].to_numpy()
    rules = rules_on(triager.catalogue)
    right = found == np.array([label_of(row, rules) for row in held])
    current = triager.model.manifest.fingerprint.model_dump()
    parts: list[tuple[str, Callable[[], str]]] = [
        ("held-out voices", lambda: _held_out(triager, corpus)),
        ("simpler ways", lambda: _beside(triager, corpus, held, right)),
        ("who writes, in what language, how long", lambda: _by_writer(held, right)),
        ("the promise", lambda: _promise(triager.model.policy)),
        ("the question", lambda: _question(triager, held)),
        ("the evidence", lambda: _evidence(triager, held)),
        ("ideas", lambda: ideas_section(stored("ideas"), current)),
        ("intents of others", lambda: intents_section(stored("intents"), current)),
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
_HERE = "`python -m training document` measures this."
_TAIL = """
    `python -m training corpus curve` fits on ever more voices, always the same ones first, and measures without
    calibration. Speed and memory: `python benchmarks/throughput.py` prints them for the machine it runs on.
    """


def _section(title: str, prose: str, head: Sequence[str] = (), rows: Sequence[Sequence[object]] = ()) -> str:
    lines = [head, ["---"] * len(head), *rows] if head else []
    table = "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
    return "\n\n".join(part for part in (title, textwrap.fill(" ".join(prose.split()), 120), table) if part)


def _held_out(triager: Triager, corpus: Corpus) -> str:
    held = corpus.part("test")
    plain, among = (
        evaluation.evaluate(triager, evaluation.cases_of(own, triager.catalogue, ANY_DAY), day=ANY_DAY)
        for own in (held, among_asides(held))
    )
    rows = [
        (
            _both(figure.name, beside.name),
            f"{figure.value:.3f}",
            f"{beside.value:.3f}",
            _both(figure.count, beside.count),
        )
        for figure, beside in zip(plain, among, strict=True)
    ]
    about = """
        `python -m training evaluate` prints this, and with `--asides` the figures *among asides*: the same messages
        with words around them that change nothing, which the model has not seen either (a wish for an appointment, a
        question whose job it is, chatter: `datasets/asides.jsonl`). *Over-reach* is how many requests that leave the
        matter open are decided all the same, *asked* how many of them get a question; *exceptions* are those whose
        label a circumstance turns; *calibration error* is how far confidence is from the share that is right; *wholly
        right* is a message of which all labels are, and no more. Labels, citations and shares are over requests that
        can be decided.
    """
    return _section("## On held-out voices", about, ("figure", "value", "among asides", "over"), rows)


def _both(plain: object, beside: object) -> str:
    """Say what two columns have in common, or what each has."""
    return str(plain) if plain == beside else f"{plain}; {beside}"


def _beside(triager: Triager, corpus: Corpus, held: Sequence[Request], right: Hits) -> str:
    rules = rules_on(triager.catalogue)
    learned = corpus.part("train", "calibration").requests
    labels = np.array([label_of(row, rules) for row in held])
    turned = np.array([is_turned(row, rules) for row in held])

    def row(name: str, hits: Hits) -> tuple[str, ...]:
        return name, f"{hits.mean():.3f}", f"{hits[~turned].mean():.3f}", f"{hits[turned].mean():.3f}"

    rows = [row("this library", right)]
    for name, baseline in BASELINES.items():
        try:
            rows.append(row(name, baseline(learned, [own.text for own in held], triager.catalogue) == labels))
        except ImportError:
            rows.append((name, "not installed", "", ""))
    prose = f"""
        {_HERE} The same requests to learn from, the same decidable requests to label. A circumstance turns the label of
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
    return _section("## By length and by writer", _HERE, ("requests", "label right", "over"), rows)


def _promise(policy: Policy) -> str:
    outcomes, promise = Outcomes.load(BUNDLED), Promise()
    kept = simulate(outcomes, policy, promise)
    reached = report_over_reach(outcomes, policy, promise)
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
        requests count for fewer (Korn and Graubard 1998). Of {reached.count} requests that leave the matter open,
        {reached.share:.1%} are decided, {reached.bound:.1%} at the most where {promise.over_reach:.0%} is accepted;
        {kept.wrong["open"]:.1%} of those of the other half, and too many in {kept.broken["open"]:.0%} of the halves.
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
    return _section("## What the one question settles", _HERE, ("figure", "value", "over"), rows)


def _evidence(triager: Triager, held: Sequence[Request]) -> str:
    shown, random = weigh_evidence(triager, held)

    def row(name: str, of: Shown) -> tuple[object, ...]:
        return name, f"{of.comprehensiveness:.3f}", f"{of.sufficiency:.3f}"

    prose = f"""
        {_HERE} How much the probability of the label falls (DeYoung et al. 2020), over {shown.count} messages;
        {shown.share:.0%} of their words are shown, for the rule or for a circumstance.
        """
    head = ("words", "fall without them (comprehensiveness)", "fall with nothing else (sufficiency)")
    rows = [row("shown as evidence", shown), row("as many at random", random)]
    return _section("## Whether the words shown are those that count", prose, head, rows)


def ideas_section(ideas: Sequence[Mapping[str, Any]], current: Mapping[str, str]) -> str:
    """Write what each idea is worth.

    Parameters
    ----------
    ideas : sequence of mapping
        As kept by `python -m training ideas`.
    current : mapping of str to str
        Fingerprint of the model that the page is about.
    """
    base = next((row for row in ideas if row["idea"] == IDEAS[0].name), None)
    rows = [
        (row["idea"], row["label"], _against(row, base), row.get("among", ""), row["exceptions"], row["rule"])
        for row in ideas
    ]
    prose = f"""
        `python -m training ideas` fits once for each on the train voices and measures on the calibration voices (the
        test voices have no part in what is chosen), without calibration, division and routing: label; by how many
        points that differs from "{IDEAS[0].name}", and the standard error of this over voices; label among words that
        change nothing; label where a circumstance turns it; rule. Differences within two standard errors mean nothing.
        {_age(ideas, current)}
        """
    head = ("fit", "label", f'against "{IDEAS[0].name}"', "among asides", "exceptions", "rule")
    return _section("## What each idea is worth", prose, head, rows)


def _against(row: Mapping[str, Any], base: Mapping[str, Any] | None) -> str:
    """Compare labels voice by voice; errors of a voice come together."""
    if base is None or row is base:
        return ""
    apart = np.array([row["right"].get(voice, 0) - count for voice, count in base["right"].items()])
    points = 100 * float(base["label"]) / sum(base["right"].values())
    error = points * float(np.sqrt(len(apart) * apart.var(ddof=1)))
    return f"{points * float(apart.sum()):+.1f} ± {error:.1f}"


def intents_section(figures: Sequence[Mapping[str, Any]], current: Mapping[str, str]) -> str:
    """Write how good the estimator is on intents that have nothing to do with repairs.

    Parameters
    ----------
    figures : sequence of mapping
        As kept by `benchmarks/intents.py`.
    current : mapping of str to str
        Fingerprint of the model that the page is about.
    """
    rows = [(row["figure"], row["value"], row["over"]) for row in figures]
    prose = f"""
        `python benchmarks/intents.py FOLDER --store` fits the same estimator, with default settings, on public data:
        Banking77 (Casanueva et al. 2020, CC BY 4.0) and CLINC150 (Larson et al. 2019, CC BY 3.0). The defaults were
        chosen on a part of their training messages and on CLINC150's part for validation; the bundled model is fitted
        with settings of its own, found on held-out voices (`triage.fitting.REPAIRS`). {_age(figures, current)}
        """
    return _section("## On intents that have nothing to do with repairs", prose, ("figure", "value", "over"), rows)


def _age(rows: Sequence[Mapping[str, Any]], current: Mapping[str, str]) -> str:
    """Tell what the figures of a long run are of, where that is not the current model and code."""
    if not rows:
        return "**Not measured yet.**"
    of = rows[0].get("of")
    if not of:
        return "**It was not kept which code these figures are of.**"
    older = [f"{name} {made[:8]} (now {current[name][:8]})" for name, made in of.items() if made != current[name]]
    return f"**These figures are not of the current model: {', '.join(older)}.**" if older else ""
