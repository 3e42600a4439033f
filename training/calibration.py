"""Calibration on held-out voices: honest probabilities, and thresholds that keep a promise."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import beta

from training.corpus import Corpus
from training.evaluate import label_of
from triage.catalogue import Catalogue
from triage.decision import Policy
from triage.defects import divide, is_joint
from triage.fitting import CAUSES, FLAGS, Targets, decides, pooled
from triage.message import clean
from triage.recogniser import Outputs, Recogniser, sigmoid, softmax
from triage.ruling import Ruler
from triage.words import find_words

__all__ = ["Held", "calibrate", "least_confidence", "upper_bound"]

Floats = NDArray[np.float64]

_ACCEPTED = {"landlord": 0.02, "tenant": 0.02}
"""Share of wrong labels that is accepted among automatic decisions, per label."""
_SURE = 0.90
"""With this confidence the share stays below what is accepted."""
_OVER_REACH = 0.10
"""Share of undecidable requests that may be decided automatically."""
_MOST_SPLIT = 0.008
"""Share of requests about one defect that may be taken for several."""
_MOST_LOST = 0.01
"""Share of requests that may be taken for something with nothing to repair."""
_ANY_DAY = date(2026, 1, 1)


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
    held: Sequence[Held], catalogue: Catalogue, outputs: Outputs
) -> tuple[NDArray[np.float32], NDArray[np.float32], Policy]:
    """Find the calibration of each output and the policy.

    Parameters
    ----------
    held : sequence of Held
        Together all voices, each left out once.
    catalogue : Catalogue
    outputs : Outputs

    Returns
    -------
    gains, biases : ndarray of shape (n_outputs,)
        calibrated score = gain * raw score + bias.
    policy : Policy
    """
    gains, biases = _calibrate_outputs(held, outputs, catalogue)
    gains, biases = _lean(held, gains, biases, catalogue, outputs)
    scores = [h.scores * gains + biases for h in held]
    outcomes = _request_outcomes(held, scores, catalogue, outputs)
    sharpness = _fit_sharpness(outcomes.landlord[outcomes.decidable], outcomes.truth[outcomes.decidable])
    rough = Policy(
        landlord=1.01,
        tenant=1.01,
        open=1.0,
        elsewhere=_elsewhere_threshold(held, scores, outputs),
        urgent=_urgent_threshold(held, scores, outputs),
        sharpness=sharpness,
        further_defect=_further_defect_price(held, gains, biases),
    )
    return gains, biases, _automatic_policy(outcomes, rough)


@dataclass(frozen=True)
class Outcomes:
    """Held-out requests: P(landlord), whether landlord is right, whether decidable, and P(open)."""

    landlord: Floats
    truth: NDArray[np.bool_]
    decidable: NDArray[np.bool_]
    left_open: Floats


def _automatic_policy(outcomes: Outcomes, rough: Policy) -> Policy:
    """Find the policy that decides most by itself while it keeps both promises.

    Few automatic decisions may be wrong, and few of the undecidable requests may be decided.
    """
    best, most = rough, 0.0
    confidence = rough.confidence(outcomes.landlord)
    for most_open in np.quantile(outcomes.left_open, np.linspace(0.1, 1.0, 19)):
        thresholds = {
            party: _threshold(outcomes, confidence, party, float(most_open)) for party in ("landlord", "tenant")
        }
        policy = rough.model_copy(update=thresholds | {"open": float(most_open)})
        least = np.where(outcomes.landlord >= 0.5, policy.landlord, policy.tenant)
        automatic = (confidence >= least) & (outcomes.left_open <= most_open)
        over_reach = automatic[~outcomes.decidable].mean() if (~outcomes.decidable).any() else 0.0
        share = float(automatic[outcomes.decidable].mean())
        if over_reach <= _OVER_REACH and share > most:
            best, most = policy, share
    return best


def _threshold(outcomes: Outcomes, confidence: Floats, party: str, most_open: float) -> float:
    side = (outcomes.landlord >= 0.5) == (party == "landlord")
    counted = side & outcomes.decidable & (outcomes.left_open <= most_open)
    right = outcomes.truth == (party == "landlord")
    return least_confidence(confidence[counted], right[counted], _ACCEPTED[party], _SURE)


def _calibrate_outputs(
    held: Sequence[Held], outputs: Outputs, catalogue: Catalogue
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    gains, biases = np.ones(len(outputs), np.float32), np.zeros(len(outputs), np.float32)
    n = outputs.n_exclusive
    place = {name: i for i, name in enumerate(outputs.names[:n])}
    scores, names = [], []
    for h in held:
        rows = [i for i, name in enumerate(h.targets.exclusive) if name is not None]
        scores.append(h.scores[rows, :n])
        names += [place[str(h.targets.exclusive[i])] for i in rows]
    gains[:n] = _fit_temperature(np.vstack(scores), np.array(names))
    for j, counts, truth in _single_truths(held, outputs, catalogue):
        raw = np.concatenate([h.scores[:, j] for h in held]).astype(float)
        gains[j], biases[j] = _fit_logistic(raw[counts], truth[counts])
    return gains, biases


def _lean(
    held: Sequence[Held],
    gains: NDArray[np.float32],
    biases: NDArray[np.float32],
    catalogue: Catalogue,
    outputs: Outputs,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Stretch and shift what tells of circumstances, all alike, so that labels become likeliest.

    Each circumstance by itself is calibrated over messages of every kind; together, where they decide a label, they
    speak too softly.
    """
    turning = np.zeros(len(outputs), dtype=bool)
    turning[outputs.n_exclusive : outputs.n_exclusive + len(outputs.circumstances)] = True
    turning[[outputs.names.index(name) for name in CAUSES.values()]] = True
    scores = [h.scores * gains + biases for h in held]

    def leaning(x: Floats) -> list[NDArray[np.float32]]:
        return [np.where(turning, own * x[0] + x[1], own).astype(np.float32) for own in scores]

    def loss(x: Floats) -> float:
        outcomes = _request_outcomes(held, leaning(x), catalogue, outputs)
        landlord = np.clip(outcomes.landlord[outcomes.decidable], 1e-4, 1 - 1e-4)
        return float(-np.log(np.where(outcomes.truth[outcomes.decidable], landlord, 1 - landlord)).mean())

    corners = np.array([[1.0, 0.0], [1.3, 0.0], [1.0, 0.5]])
    options: Any = {"initial_simplex": corners, "xatol": 0.02, "fatol": 1e-5, "maxfev": 60}
    stretch, shift = minimize(loss, corners[0], method="Nelder-Mead", options=options).x
    return (
        np.where(turning, gains * stretch, gains).astype(np.float32),
        np.where(turning, biases * stretch + shift, biases).astype(np.float32),
    )


def _single_truths(
    held: Sequence[Held], outputs: Outputs, catalogue: Catalogue
) -> Iterator[tuple[int, NDArray[np.bool_], NDArray[np.bool_]]]:
    """Give the place of each output that stands alone, which texts count for it, and where it is true."""
    names = [name for h in held for name in h.targets.exclusive]
    n = outputs.n_exclusive
    for i, key in enumerate(outputs.circumstances):
        truth = np.array([key in holding for h in held for holding in h.targets.circumstances])
        yield n + i, decides(key, names, catalogue), truth
    n += len(outputs.circumstances)
    for i, flag in enumerate(outputs.flags):
        if flag in FLAGS:
            yield n + i, np.ones(len(names), dtype=bool), np.concatenate([h.targets.flags[flag] for h in held])
    for party, name in CAUSES.items():
        counts, truth = (
            np.concatenate(both) for both in zip(*(pooled(party, h.targets, catalogue) for h in held), strict=True)
        )
        yield n + outputs.flags.index(name), counts, truth


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
    ruler = Ruler(catalogue, outputs.rules, outputs.circumstances)
    n, n_rules = outputs.n_exclusive, len(outputs.rules)
    end = n + len(outputs.circumstances)
    landlord, truth, decidable, left_open = [], [], [], []
    for h, own in zip(held, scores, strict=True):
        n_requests = len(h.corpus.requests)
        rules = softmax(own[:n_requests, :n])[:, :n_rules]
        circumstances = sigmoid(own[:n_requests, n:end])
        causes = np.column_stack(
            [sigmoid(own[:n_requests, end + outputs.flags.index(CAUSES[party])]) for party in ("tenant", "landlord")]
        )
        landlord.append(ruler.rule(rules, circumstances, {}, _ANY_DAY, causes).landlord)
        truth += [label_of(row, catalogue) == "landlord" for row in h.corpus.requests]
        decidable += [row.decidable for row in h.corpus.requests]
        left_open += list(sigmoid(own[:n_requests, end + outputs.flags.index("open")]))
    return Outcomes(np.concatenate(landlord), np.array(truth), np.array(decidable), np.array(left_open, dtype=float))


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


def _urgent_threshold(held: Sequence[Held], scores: Sequence[NDArray[np.float32]], outputs: Outputs) -> float:
    """Find the threshold with the best F2: a miss weighs more than a false alarm."""
    place = outputs.names.index("urgent")
    chances = np.concatenate([sigmoid(own[:, place]) for own in scores])
    truth = np.concatenate([h.targets.flags["urgent"] for h in held])
    candidates = np.linspace(0.02, 0.6, 59)
    hits = np.array([(truth & (chances >= t)).sum() for t in candidates])
    f2 = 5 * hits / (4 * truth.sum() + np.array([(chances >= t).sum() for t in candidates]) + 1e-9)
    return float(candidates[int(f2.argmax())])


def upper_bound(wrong: int, count: int, sure: float) -> float:
    """Bound the true share of wrong decisions from above (Clopper and Pearson 1934, one-sided).

    Examples
    --------
    >>> round(upper_bound(0, 149, 0.95), 3)
    0.02
    """
    return 1.0 if wrong >= count else float(beta.ppf(sure, wrong + 1, count - wrong))


def least_confidence(confidence: Floats, right: NDArray[np.bool_], accepted: float, sure: float) -> float:
    """Find the least confidence from which on few enough decisions are wrong.

    Candidates are tested from the strictest on. The first ones have too few cases to pass whatever the outcome and are
    passed over; after one has passed, the first that fails ends the search (fixed-sequence testing). Where a candidate
    with enough cases fails before any has passed, the search goes on, so the bound is a little optimistic there.

    Parameters
    ----------
    confidence : ndarray of shape (n,)
    right : ndarray of bool, shape (n,)
    accepted : float
        Share of wrong decisions that is accepted.
    sure : float
        Confidence in the bound.

    Returns
    -------
    float
        Over 1 if no threshold keeps the promise.
    """
    order = np.argsort(-confidence, kind="stable")
    ranked, wrong = confidence[order], np.cumsum(~right[order])
    counts = np.unique(np.linspace(0, len(order), 41).astype(int)[1:])
    best = 1.01
    for count in counts:
        bound = upper_bound(int(wrong[count - 1]), int(count), sure)
        if bound <= accepted:
            best = float(ranked[count - 1])
        elif best <= 1:
            break
    return max(best, 0.5)


def _further_defect_price(held: Sequence[Held], gains: NDArray[np.float32], biases: NDArray[np.float32]) -> float:
    """Find the lowest price of a further defect at which few requests about one defect are split."""
    counters = []
    for h in held:
        recogniser = dataclasses.replace(h.recogniser, gains=gains, biases=h.recogniser.biases * gains + biases)
        counters.append(_counter([row.text for row in h.corpus.requests[::3]], recogniser))
    prices = [float(price) for price in np.arange(0.0, 15.5, 0.5)]
    for price in prices:
        if np.mean(np.concatenate([count(price) > 1 for count in counters])) <= _MOST_SPLIT:
            return price
    return prices[-1]


def _counter(texts: Sequence[str], recogniser: Recogniser) -> Callable[[float], NDArray[np.int64]]:
    words = find_words([clean(text) for text in texts])
    units = recogniser.units(words)
    joints = np.array([is_joint(words.word(i)) for i in range(len(words))], dtype=bool)
    several = recogniser.probabilities(recogniser.score(units, words.firsts[:-1], words.firsts[1:])).flags["several"]

    def count(price: float) -> NDArray[np.int64]:
        found = divide(words, units, joints, recogniser, several, price).texts
        return np.bincount(found, minlength=len(texts))

    return count
