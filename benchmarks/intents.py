"""How good the recogniser is at short messages with many intents that have nothing to do with repairs.

    python benchmarks/intents.py FOLDER

FOLDER holds two public data sets, as published: ``banking77/train.csv`` and ``test.csv`` (Casanueva et al. 2020,
arXiv 2003.04807, CC BY 4.0) and ``clinc150/data_full.json`` (Larson et al. 2019, EMNLP D19-1131, CC BY 3.0). Each
intent becomes a rule of a catalogue without circumstances; the estimator is used with its default settings. Out of
scope is whatever scores too little for its best intent over "nothing of the kind"; how little is set on the validation
part, at three points of in-scope accuracy lost. Prints one table; some two minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent.parent))

from sklearn.metrics import roc_auc_score

from training.document import store
from training.fit import code_fingerprint
from triage.catalogue import Catalogue, Elsewhere, Phrases, Text
from triage.catalogue_file import BUNDLED, read_catalogue
from triage.estimator import TriageClassifier, words_of
from triage.recogniser import Recogniser

LOST = 0.03
"""In-scope accuracy that rejecting may cost on the validation part."""
Rows = Sequence[tuple[str, str]]
Figure = tuple[str, float, int]


def catalogue_of(intents: Sequence[str]) -> Catalogue:
    """Make a catalogue of intents: rules alike but for their names."""
    base = read_catalogue(BUNDLED)
    plain = base.rules[0].model_copy(update={"unless": [], "words": Phrases(), "examples": Phrases()})
    rules = [
        plain.model_copy(update={"id": f"intent.{name}", "title": Text(nl=spoken, en=spoken)})
        for name in intents
        for spoken in [name.replace("_", " ")]
    ]
    nothing = Elsewhere(id="oos", title=Text(nl="oos", en="oos"), belongs=Text(nl="-", en="-"))
    return base.model_copy(update={"rules": rules, "elsewhere": [nothing], "circumstances": [], "dangers": []})


def fit(rows: Rows, nothing: Sequence[str] = ()) -> Recogniser:
    """Fit the estimator with its default settings on messages and their intents."""
    intents = sorted({intent for _, intent in rows})
    names = [f"intent.{intent}" for _, intent in rows] + ["oos"] * len(nothing)
    texts = [text for text, _ in rows] + list(nothing)
    classifier = TriageClassifier(catalogue_of(intents))
    return classifier.fit(texts, ["landlord"] * len(texts), rules=names).recogniser_


def found(recogniser: Recogniser, texts: Sequence[str]) -> tuple[NDArray[np.str_], NDArray[np.float32]]:
    """Return the likeliest intent of each text, and by how much it outscores "nothing of the kind".

    That is the log-odds between these two alone: doubt between two intents does not count against either.
    """
    scores, n = recogniser.scores(words_of(texts)), len(recogniser.outputs.rules)
    names = np.array([rule.removeprefix("intent.") for rule in recogniser.outputs.rules])
    return names[scores[:, :n].argmax(axis=1)], scores[:, :n].max(axis=1) - scores[:, n]


def right(recogniser: Recogniser, rows: Rows) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Tell for each message whether its intent is found, and by how much it outscores nothing."""
    names, lead = found(recogniser, [text for text, _ in rows])
    return names == np.array([intent for _, intent in rows]), lead


def banking(folder: Path) -> list[Figure]:
    """Measure on Banking77."""
    train, test = (pd.read_csv(folder / f"{part}.csv") for part in ("train", "test"))
    recogniser = fit(list(train[["text", "category"]].itertuples(index=False, name=None)))
    good, _ = right(recogniser, list(test[["text", "category"]].itertuples(index=False, name=None)))
    return [("Banking77: accuracy", good.mean(), len(good))]


def clinc(folder: Path) -> list[Figure]:
    """Measure on CLINC150, in scope and out of it."""
    data = json.loads((folder / "data_full.json").read_text(encoding="utf-8"))
    recogniser = fit(data["train"], [text for text, _ in data["oos_train"]])
    least = least_lead(*right(recogniser, data["val"]))
    good, lead = right(recogniser, data["test"])
    _, lead_outside = found(recogniser, [text for text, _ in data["oos_test"]])
    inside = np.concatenate([np.ones(len(lead)), np.zeros(len(lead_outside))])
    area = roc_auc_score(inside, np.concatenate([lead, lead_outside]))
    return [
        ("CLINC150: accuracy in scope", good.mean(), len(good)),
        ("CLINC150: the same with what is rejected counted as wrong", (good & (lead >= least)).mean(), len(good)),
        ("CLINC150: out of scope recognised", (lead_outside < least).mean(), len(lead_outside)),
        ("CLINC150: area under the curve", area, len(inside)),
    ]


def least_lead(good: NDArray[np.bool_], lead: NDArray[np.float32]) -> float:
    """Find the greatest least lead at which rejecting costs no more accuracy than accepted."""
    candidates = np.quantile(lead, np.linspace(0, 0.5, 201))
    kept = [c for c in candidates if (good & (lead >= c)).mean() >= good.mean() - LOST]
    return float(max(kept))


def main() -> None:
    """Print all figures, and keep them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--store", action="store_true", help="keep the figures for docs/evaluation.md")
    options = parser.parse_args()
    figures = banking(options.folder / "banking77") + clinc(options.folder / "clinc150")
    for name, value, count in figures:
        print(f"{name:60} {value:.3f} over {count}")
    if options.store:
        rows = [{"figure": name, "value": f"{value:.3f}", "over": count} for name, value, count in figures]
        store("intents", rows, {"code": code_fingerprint()})


if __name__ == "__main__":
    main()
