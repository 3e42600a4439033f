"""What each idea is worth: the same fit with one thing changed, measured on voices that it never saw.

Those are the calibration voices: what is chosen by them is not chosen by the test voices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from joblib import Parallel, delayed

from training.corpus import Corpus
from training.curve import Point, learn_and_measure
from training.noise import MISPRINTS
from triage.catalogue import Catalogue
from triage.fitting import REPAIRS

__all__ = ["IDEAS", "Idea", "try_ideas"]


@dataclass(frozen=True)
class Idea:
    """A change to the fit.

    Attributes
    ----------
    name : str
    settings : dict
        What is set differently.
    misprints : float
        Share of the requests that are learned once more with misprints.
    """

    name: str
    settings: dict[str, Any]
    misprints: float = MISPRINTS


IDEAS = (
    Idea("as it is", {}),
    Idea("without what the label teaches", {"label_weight": 0.0}),
    Idea("each text shown once, with nothing to agree on", {"agreement": 0.0}),
    Idea("without phrases about circumstances in messages", {"mix_share": 0.0}),
    Idea("without asides beside messages", {"aside_share": 0.0}),
    Idea("without copies that have misprints", {}, misprints=0.0),
)


def try_ideas(
    corpus: Corpus, catalogue: Catalogue, ideas: Sequence[Idea] = IDEAS, n_jobs: int = 1
) -> Iterator[tuple[Idea, Point]]:
    """Fit with each idea on the train voices, and measure on the calibration voices.

    Parameters
    ----------
    corpus : Corpus
    catalogue : Catalogue
    ideas : sequence of Idea
    n_jobs : int
        Fits that run side by side; each takes some gigabytes.

    Yields
    ------
    idea, point
        In the order given, as they are done.
    """
    learned, held = corpus.part("train"), corpus.part("calibration")
    found = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(learn_and_measure)(learned, held, catalogue, replace(REPAIRS, **idea.settings), idea.misprints)
        for idea in ideas
    )
    yield from zip(ideas, found, strict=True)
