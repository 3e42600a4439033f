"""Calibration on held-out voices: honest probabilities, and thresholds that keep a promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from sklearn.linear_model import LogisticRegression

from training.corpus import Corpus
from training.labelling import ANY_DAY, label_of, rules_on
from training.promise import Outcomes, Promise, choose
from triage.catalogue import Catalogue, Urgency
from triage.decision import Policy
from triage.defects import SIGNS, Reading, propose
from triage.fitting import FLAGS, Targets
from triage.message import clean_many
from triage.recogniser import Outputs, Recogniser, sigmoid, softmax
from triage.ruling import Ruler
from triage.urgency import how_urgent, pressing_of

__all__ = ["Held", "calibrate", "weigh_division"]

Floats = NDArray[np.float64]

_MOST_SPLIT = 0.012
"""Share of requests about one defect that may be taken for several."""
_LEAST_DIVIDED = 20
"""With fewer messages about several defects that can be divided, no division can be trusted."""
_MOST_LOST = 0.01
"""Share of requests that may be taken for something with nothing to repair."""
_PRESSING: tuple[Urgency, ...] = ("soon", "emergency")
_ANY_CHANCE = 0.5
"""Where no request is labelled urgent, from this probability on one is."""
_RECALL_COUNTS = 3.0
"""How many times as much as precision: that a request is urgent must hardly ever be missed."""


@dataclass(frozen=True)
class Held:
    """Messages of voices left out, scored by a recogniser that never saw those voices.

    Parameters
    ----------
    corpus : Corpus
        The messages.
    recogniser : Recogniser
        Fitted on the other voices.
    targets : Targets
        In the order of the sample made of the corpus: requests first.
    scores : ndarray of shape (n_texts, n_outputs)
        Raw scores.
    """

    corpus: Corpus
    recogniser: Recogniser
    targets: Targets
    scores: NDArray[np.float32]


def calibrate(
    held: Sequence[Held], catalogue: Catalogue, outputs: Outputs, promise: Promise
) -> tuple[NDArray[np.float32], NDArray[np.float32], Policy, Outcomes]:
    """Find the calibration of each output and the policy.

    Parameters
    ----------
    held : sequence of Held
        Together all voices, each left out once.
    catalogue : Catalogue
    outputs : Outputs
    promise : Promise

    Returns
    -------
    gains, biases : ndarray of shape (n_outputs,)
        calibrated score = gain * raw score + bias.
    policy : Policy
    outcomes : Outcomes
        What the policy was found on.
    """
    gains, biases = _calibrate_outputs(held, outputs)
    gains, biases = _stretch(held, gains, biases, catalogue, outputs)
    gains, biases, pressing = _weigh_urgency(held, gains, biases, catalogue, outputs)
    scores = [h.scores * gains + biases for h in held]
    outcomes = _request_outcomes(held, scores, catalogue, outputs)
    sharpness = _fit_sharpness(outcomes.landlord[outcomes.decidable], outcomes.truth[outcomes.decidable])
    rough = Policy(
        landlord=1.01,
        tenant=1.01,
        open=1.0,
        elsewhere=_elsewhere_threshold(held, scores, outputs),
        urgent=_urgent_threshold(held, scores, catalogue, outputs, pressing),
        pressing=pressing,
        sharpness=sharpness,
        division=_weigh_division(held, gains, biases),
    )
    return gains, biases, choose(outcomes, rough, promise), outcomes


def _calibrate_outputs(held: Sequence[Held], outputs: Outputs) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    gains, biases = np.ones(len(outputs), np.float32), np.zeros(len(outputs), np.float32)
    n = outputs.n_exclusive
    place = {name: i for i, name in enumerate(outputs.names[:n])}
    scores, names = [], []
    for h in held:
        rows = [i for i, name in enumerate(h.targets.exclusive) if name is not None]
        scores.append(h.scores[rows, :n])
        names += [place[str(h.targets.exclusive[i])] for i in rows]
    gains[:n] = _fit_temperature(np.vstack(scores), np.array(names))
    for flag in FLAGS:
        raw = np.concatenate([h.scores[:, outputs.place[flag]] for h in held]).astype(float)
        truth = np.concatenate([h.targets.flags[flag] for h in held])
        gains[outputs.place[flag]], biases[outputs.place[flag]] = _fit_logistic(raw, truth)
    return gains, biases


def _stretch(
    held: Sequence[Held],
    gains: NDArray[np.float32],
    biases: NDArray[np.float32],
    catalogue: Catalogue,
    outputs: Outputs,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Stretch and shift what tells of circumstances, all alike, so that labels become likeliest."""
    own = slice(outputs.n_exclusive, outputs.n_exclusive + len(outputs.circumstances))

    def stretched(by: Floats) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        further, shifted = gains.copy(), biases.copy()
        further[own] *= by[0]
        shifted[own] = shifted[own] * by[0] + by[1]
        return further, shifted

    def loss(by: Floats) -> float:
        further, shifted = stretched(by)
        outcomes = _request_outcomes(held, [h.scores * further + shifted for h in held], catalogue, outputs)
        landlord = np.clip(outcomes.landlord[outcomes.decidable], 1e-4, 1 - 1e-4)
        return float(-np.log(np.where(outcomes.truth[outcomes.decidable], landlord, 1 - landlord)).mean())

    corners = np.array([[1.0, 0.0], [0.7, 0.0], [1.0, 0.5]])
    options: Any = {"initial_simplex": corners, "xatol": 0.02, "fatol": 1e-5, "maxfev": 60}
    return stretched(minimize(loss, corners[0], method="Nelder-Mead", options=options).x)


def _fit_temperature(scores: NDArray[np.float32], names: NDArray[np.int_]) -> float:
    def loss(log_gain: float) -> float:
        probabilities = softmax(np.asarray(scores * np.float32(np.exp(log_gain))))
        return float(-np.log(probabilities[np.arange(len(names)), names] + 1e-12).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))


def _fit_logistic(raw: Floats, truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit gain and bias by maximum likelihood (Platt 1999), with a touch of shrinkage for rare outputs."""
    if truth.sum() < 5:
        return 1.0, 0.0

    def loss(x: Floats) -> float:
        z = x[0] * raw + x[1]
        return float(np.logaddexp(0, np.where(truth, -z, z)).mean() + 1e-4 * (x[0] - 1) ** 2)

    gain, bias = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return max(float(gain), 0.05), float(bias)


def _request_outcomes(
    held: Sequence[Held], scores: Sequence[NDArray[np.float32]], catalogue: Catalogue, outputs: Outputs
) -> Outcomes:
    ruler, law = Ruler(catalogue, outputs.rules, outputs.circumstances), rules_on(catalogue)
    n, n_rules = outputs.n_exclusive, len(outputs.rules)
    end = n + len(outputs.circumstances)
    landlord, truth, decidable, left_open = [], [], [], []
    for h, own in zip(held, scores, strict=True):
        n_requests = len(h.corpus.requests)
        rules = softmax(own[:n_requests, :n])[:, :n_rules]
        circumstances = sigmoid(own[:n_requests, n:end])
        landlord.append(ruler.rule(rules, circumstances, {}, ANY_DAY).landlord)
        truth += [label_of(row, law) == "landlord" for row in h.corpus.requests]
        decidable += [row.decidable for row in h.corpus.requests]
        left_open += list(sigmoid(own[:n_requests, end + outputs.flags.index("open")]))
    names = [row.voice for h in held for row in h.corpus.requests]
    return Outcomes(
        np.concatenate(landlord),
        np.array(truth),
        np.array(decidable),
        np.array(left_open, dtype=np.float64),
        np.unique(names, return_inverse=True)[1],
    )


def _fit_sharpness(landlord: Floats, truth: NDArray[np.bool_]) -> float:
    p = np.clip(landlord, 1e-6, 1 - 1e-6)
    odds = np.log(p / (1 - p))

    def loss(slope: float) -> float:
        z = slope * odds
        return float(np.logaddexp(0, np.where(truth, -z, z)).mean())

    return float(minimize_scalar(loss, bounds=(0.2, 5), method="bounded").x)


def _elsewhere_threshold(held: Sequence[Held], scores: Sequence[NDArray[np.float32]], outputs: Outputs) -> float:
    """Find the lowest threshold at which few requests are lost, but no lower than a half."""
    n, n_rules = outputs.n_exclusive, len(outputs.rules)
    chances = [
        softmax(own[: len(h.corpus.requests), :n])[:, n_rules:].sum(axis=1) for h, own in zip(held, scores, strict=True)
    ]
    return max(0.5, float(np.quantile(np.concatenate(chances), 1 - _MOST_LOST)))


def _weigh_urgency(
    held: Sequence[Held],
    gains: NDArray[np.float32],
    biases: NDArray[np.float32],
    catalogue: Catalogue,
    outputs: Outputs,
) -> tuple[NDArray[np.float32], NDArray[np.float32], dict[Urgency, float]]:
    """Weigh the words that tell of urgency against how urgent the recognised rules are by themselves."""
    place = outputs.place["urgent"]
    told, by_rule, truth = [], [], []
    for h in held:
        scores = h.scores * gains + biases
        told.append(scores[:, place])
        by_rule.append(softmax(scores[:, : outputs.n_exclusive])[:, : len(outputs.rules)])
        truth.append(h.targets.flags["urgent"])
    if len(np.unique(np.concatenate(truth))) < 2:  # nothing to weigh by
        return gains, biases, {}
    levels = np.array([[catalogue.rule(rule).urgency == level for level in _PRESSING] for rule in outputs.rules])
    known = np.column_stack([np.concatenate(told), np.vstack(by_rule) @ levels])
    model = LogisticRegression(C=100.0).fit(known, np.concatenate(truth))
    gains, biases = gains.copy(), biases.copy()
    gains[place] *= model.coef_[0, 0]
    biases[place] = biases[place] * model.coef_[0, 0] + model.intercept_[0]
    return gains, biases, dict(zip(_PRESSING, model.coef_[0, 1:].round(4).tolist(), strict=True))


def _urgent_threshold(
    held: Sequence[Held],
    scores: Sequence[NDArray[np.float32]],
    catalogue: Catalogue,
    outputs: Outputs,
    pressing: Mapping[Urgency, float],
) -> float:
    """Find the threshold with the best F3: a miss weighs far more than a false alarm (van Rijsbergen 1979)."""
    place, n = outputs.place["urgent"], outputs.n_exclusive
    adds = pressing_of(catalogue, outputs.rules, pressing)
    chances = np.concatenate(
        [how_urgent(sigmoid(own[:, place]), softmax(own[:, :n])[:, : len(adds)], adds) for own in scores]
    )
    truth = np.concatenate([h.targets.flags["urgent"] for h in held])
    if not truth.any():
        return _ANY_CHANCE
    candidates = np.linspace(0.02, 0.6, 59)
    hits = np.array([(truth & (chances >= t)).sum() for t in candidates])
    flagged = np.array([(chances >= t).sum() for t in candidates])
    weight = _RECALL_COUNTS**2
    score = (1 + weight) * hits / (weight * truth.sum() + flagged + 1e-9)
    return float(candidates[int(score.argmax())])


def _weigh_division(held: Sequence[Held], gains: NDArray[np.float32], biases: NDArray[np.float32]) -> tuple[float, ...]:
    """Weigh the signs that a message tells of several defects, so that few requests about one are divided."""
    one, several, n_one = [], [], 0
    for h in held:
        recogniser = h.recogniser.calibrated(gains, biases)
        one.append(_signs_of([row.text for row in h.corpus.requests], recogniser))
        several.append(_signs_of([row.text for row in h.corpus.several], recogniser))
        n_one += len(h.corpus.requests)
    return weigh_division(np.vstack(several), np.vstack(one), int(_MOST_SPLIT * n_one))


def weigh_division(several: Floats, one: Floats, allowed: int) -> tuple[float, ...]:
    """Weigh the signs that a message tells of several defects, of messages that can be divided.

    Parameters
    ----------
    several, one : ndarray of shape (n_messages, n_signs)
        Signs of messages about several defects, and about one.
    allowed : int
        How many of the latter may be divided.

    Returns
    -------
    tuple of float
        The weights, and a constant: a message is divided where the weighted sum is not below zero.
    """
    if len(several) < _LEAST_DIVIDED:
        return (*[0.0] * len(SIGNS), -1.0)
    if len(one) <= allowed:
        return (*[0.0] * len(SIGNS), 0.0)
    told = np.arange(len(several) + len(one)) < len(several)
    model = LogisticRegression(C=1.0, max_iter=1000).fit(np.vstack([several, one]), told)
    weights = model.coef_[0].round(4)
    sums = np.sort(one @ weights)[::-1]
    return (*weights.tolist(), -float(np.nextafter(sums[allowed], np.inf)))


def _signs_of(texts: Sequence[str], recogniser: Recogniser) -> Floats:
    """Return the signs that messages tell of several defects, of those that can be divided."""
    reading = Reading.of(clean_many(texts), recogniser)
    return propose(reading, recogniser, np.flatnonzero(reading.words.counts > 0)).signs
