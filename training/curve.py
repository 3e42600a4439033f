"""The learning curve: how good a model gets with ever more voices, measured on voices that none of them saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import SEED
from training.asides import among_asides
from training.corpus import DATASETS, Corpus, CorpusError, Request
from training.fit import recogniser_of
from training.labelling import ANY_DAY, is_turned, label_of, rules_on
from training.noise import MISPRINTS
from triage.catalogue import Catalogue
from triage.estimator import words_of
from triage.fitting import REPAIRS, Settings
from triage.ruling import Ruler

__all__ = ["PICTURE", "Point", "draw", "learn_and_measure", "learning_curve"]

PICTURE = DATASETS / "learning_curve.svg"
_SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)


@dataclass(frozen=True)
class Point:
    """How good a model is that saw some of the voices.

    Attributes
    ----------
    voices, requests : int
        What it saw.
    label, rule : float
        Share of decidable held-out requests whose label, and whose rule, is right.
    exceptions : float
        Share with the right label among those whose circumstances turn it.
    among : float
        Share with the right label when words that change nothing stand around them.
    right : dict of str to int
        Right labels of each held-out voice.
    """

    voices: int
    requests: int
    label: float
    rule: float
    exceptions: float
    among: float
    right: dict[str, int]


def learning_curve(corpus: Corpus, catalogue: Catalogue, say: Callable[[Point], None] = lambda _: None) -> list[Point]:
    """Fit on ever more voices, always the same ones first, and measure on the test voices.

    Models are not calibrated, which moves labels a little; the course of the curve is what counts.

    Parameters
    ----------
    corpus : Corpus
    catalogue : Catalogue
    say : callable, optional
        Told each point.

    Returns
    -------
    list of Point

    Raises
    ------
    CorpusError
        If no test voice has a request that can be decided.
    """
    learned, held = corpus.part("train", "calibration"), corpus.part("test")
    if not any(row.decidable for row in held.requests):
        raise CorpusError(["a learning curve is measured on test voices; none has a request that can be decided"])
    voices = np.random.default_rng(SEED).permutation(sorted(learned.voices))
    points = []
    for share in _SHARES:
        some = learned.by_voices(set(map(str, voices[: max(round(share * len(voices)), 1)])))
        points.append(learn_and_measure(some, held, catalogue))
        say(points[-1])
    return points


def learn_and_measure(
    learned: Corpus, held: Corpus, catalogue: Catalogue, settings: Settings = REPAIRS, misprints: float = MISPRINTS
) -> Point:
    """Fit on some voices and measure on others, without calibration.

    Parameters
    ----------
    learned, held : Corpus
    catalogue : Catalogue
    settings : Settings, optional
    misprints : float, optional
        Share of the requests that are learned once more with misprints.

    Returns
    -------
    Point
    """
    requests = [row for row in held.requests if row.decidable]
    law = rules_on(catalogue)
    labels = np.array([label_of(row, law) == "landlord" for row in requests])
    turned = np.array([is_turned(row, law) for row in requests])
    recogniser = recogniser_of(learned, catalogue, settings, misprints)
    ruler = Ruler(catalogue, recogniser.outputs.rules, recogniser.outputs.circumstances)

    def judged(rows: Sequence[Request]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        found = recogniser.recognise(words_of([row.text for row in rows]))
        landlord = ruler.rule(found.rules, found.circumstances, {}, ANY_DAY).landlord
        return (landlord >= 0.5) == labels, found.rules.argmax(axis=1)

    right, rules = judged(requests)
    among, _ = judged(among_asides(replace(held, requests=requests)).requests)
    named = [ruler.rules[i] == row.rule for i, row in zip(rules.tolist(), requests, strict=True)]
    return Point(
        len(learned.voices),
        len(learned.requests),
        label=float(right.mean()),
        rule=float(np.mean(named)),
        exceptions=float(right[turned].mean()),
        among=float(among.mean()),
        right=Counter(row.voice for row, hit in zip(requests, right.tolist(), strict=True) if hit),
    )


def draw(points: list[Point], rules: int, path: Path = PICTURE) -> None:
    """Draw the curve as SVG, the same bytes for the same points.

    Parameters
    ----------
    points : list of Point
    rules : int
        How many rules there are to tell apart.
    path : Path
    """
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    with mpl.rc_context({"svg.hashsalt": "learning curve", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure, axes = plt.subplots(figsize=(7, 4))
        requests = [point.requests for point in points]
        for name, values, marker in (
            ("label (landlord or tenant)", [point.label for point in points], "o"),
            (f"rule (one of {rules})", [point.rule for point in points], "s"),
        ):
            axes.plot(requests, values, marker=marker, label=name)
            for x, y in zip(requests, values, strict=True):
                axes.annotate(f"{y:.2f}", (x, y), textcoords="offset points", xytext=(0, 7), ha="center", fontsize=8)
        axes.set_xlabel("requests learned from")
        axes.set_ylabel("right, on held-out voices")
        lowest = min(value for point in points for value in (point.label, point.rule))
        axes.set_ylim(min(0.4, lowest - 0.02), 1.0)
        axes.grid(alpha=0.3)
        axes.legend(loc="lower right")
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
