"""Automatic decisions keep the promise that an association chooses, and it is told what it takes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.bounds import least_confidence, missing, tally, upper_bound
from training.promise import Outcomes, Promise, choose, report_over_reach, report_promise, simulate
from training.rows import CorpusError
from triage.decision import Policy
from triage.errors import ModelError

ROUGH = Policy(landlord=1.01, tenant=1.01, open=1.0, elsewhere=0.5, urgent=0.5, sharpness=1.0, division=[0] * 6 + [-1])


def outcomes(count, seed=0, undecidable=0.1):
    """Make requests whose probabilities are true, of twenty voices."""
    rng = np.random.default_rng(seed)
    landlord = rng.beta(0.3, 0.3, size=count)
    decidable = rng.random(count) >= undecidable
    left_open = np.where(decidable, rng.beta(1, 20, size=count), rng.beta(5, 5, size=count))
    return Outcomes(landlord, rng.random(count) < landlord, decidable, left_open, rng.integers(20, size=count))


def of_voices_that_differ(voices, seed):
    """Make fifty decidable requests of each voice; a few voices are misread far more often than the others."""
    rng = np.random.default_rng(seed)
    writer = np.repeat(np.arange(voices), 50)
    landlord = rng.beta(0.5, 0.5, size=len(writer))
    landlord = np.maximum(landlord, 1 - landlord)
    misread = rng.random(len(writer)) < np.minimum(landlord, 1 - landlord) * rng.gamma(0.05, 20, size=voices)[writer]
    nothing_open = np.zeros(len(writer))
    return Outcomes(landlord, (landlord >= 0.5) != misread, np.full(len(writer), True), nothing_open, writer)


def breaks(found, everybody):
    """Tell whether thresholds found on some voices break the promise for everybody's requests."""
    line, *_ = report_promise(everybody, choose(found, ROUGH, Promise()), Promise())
    return line.wrong > 0.02 * line.automatic


def automatic(found, policy):
    return {line.party: line.automatic for line in report_promise(found, policy, Promise())}


def test_the_promise_is_kept_in_nearly_all_of_many_trials():
    kept = simulate(outcomes(20_000), ROUGH, Promise(), halves=100)
    assert kept.automatic > 0.3
    for part, accepted in (("landlord", 0.02), ("tenant", 0.01), ("open", 0.05)):
        assert kept.wrong[part] <= accepted
        assert kept.broken[part] <= 0.2


def wrong_evenly(share, seed):
    """Make requests of which the same share is wrong at every threshold and however open they are."""
    rng = np.random.default_rng(seed)
    landlord, right = rng.uniform(0.5, 1, size=3000), rng.random(3000) >= share
    nothing_left = np.full(3000, True)
    return Outcomes(landlord, right, nothing_left, rng.beta(1, 3, size=3000), rng.integers(300, size=3000))


def test_many_levels_are_not_many_chances_to_break_the_promise():
    worlds = [wrong_evenly(0.021, seed) for seed in range(100)]
    broken = sum(choose(found, ROUGH, Promise(landlord=0.02)).landlord <= 1 for found in worlds)
    assert broken / len(worlds) <= 0.05


def test_what_is_decided_though_it_is_left_open_is_told_with_its_bound():
    found = outcomes(6000)
    eager = ROUGH.model_copy(update={"landlord": 0.5, "tenant": 0.5, "open": 0.5})
    told = report_over_reach(found, eager, Promise())
    assert told.count == (~found.decidable).sum()
    assert told.decided == (~found.decidable & (found.left_open <= 0.5)).sum()
    assert told.share < told.bound < told.share + 0.1


def test_the_promise_is_kept_where_voices_differ_since_their_errors_come_together():
    everybody = of_voices_that_differ(4000, seed=0)
    trials = [of_voices_that_differ(200, seed) for seed in range(1, 31)]
    taken_apart = [replace(found, voices=np.arange(len(found.truth))) for found in trials]
    kept, not_kept = (sum(breaks(found, everybody) for found in lots) / 30 for lots in (trials, taken_apart))
    assert kept <= 0.1
    assert not_kept > 0.15


@given(st.integers(0, 25), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_a_threshold_keeps_its_promise_where_errors_of_a_voice_come_together(misread, voices, seed):
    rng = np.random.default_rng(seed)
    writer, confidence = rng.integers(2 * voices, size=500), rng.uniform(0.5, 1, size=500)
    right = ~((writer < voices) & (rng.random(500) < misread / 500))
    threshold = least_confidence(confidence, right, 0.05, 0.9, writer)
    if threshold <= 1:
        chosen = confidence >= threshold
        assert tally(~right[chosen], writer[chosen]).bound(0.9) <= 0.05


def test_who_accepts_more_errors_gets_more_decided():
    found = outcomes(6000)
    strict, easy = (choose(found, ROUGH, Promise(tenant=share)) for share in (0.005, 0.05))
    assert automatic(found, strict)["tenant"] < automatic(found, easy)["tenant"]


def test_few_undecidable_requests_are_decided():
    found = outcomes(6000, undecidable=0.5)
    policy = choose(found, ROUGH, Promise(over_reach=0.05))
    sure = policy.confidence(found.landlord) >= np.where(found.landlord >= 0.5, policy.landlord, policy.tenant)
    decided = sure & (found.left_open <= policy.open)
    assert decided[~found.decidable].mean() <= 0.05
    assert decided[found.decidable].mean() > 0.1


def test_with_too_few_cases_nothing_is_automatic_and_the_missing_ones_are_counted():
    found, promise = outcomes(100), Promise(over_reach=1)
    policy = choose(found, ROUGH, promise)
    assert policy.tenant > 1
    line = next(line for line in report_promise(found, policy, promise) if line.party == "tenant")
    assert 0 < line.missing <= 299


@given(st.integers(0, 500), st.integers(0, 5), st.floats(0.005, 0.2), st.floats(0.5, 0.99))
def test_the_missing_cases_are_exactly_enough(count, wrong, accepted, sure):
    more = missing(count, min(wrong, count), accepted, sure)
    enough = count + more
    assert upper_bound(min(wrong, count), enough, sure) <= accepted
    if more:
        assert upper_bound(min(wrong, count), enough - 1, sure) > accepted


def test_outcomes_come_back_as_they_were_saved(tmp_path):
    found = outcomes(50)
    found.save(tmp_path)
    again = Outcomes.load(tmp_path)
    assert (again.landlord == found.landlord).all()
    assert (again.voices == found.voices).all()


def test_outcomes_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(ModelError, match=r"held_out\.npz.*training fit"):
        Outcomes.load(tmp_path)


def test_accepting_more_never_decides_less():
    found = outcomes(6000)
    policies = [choose(found, ROUGH, Promise(landlord=share, tenant=share)) for share in (0.005, 0.01, 0.02, 0.05, 0.1)]
    decided = [sum(automatic(found, policy).values()) for policy in policies]
    assert decided == sorted(decided)


def test_the_surest_being_the_worse_ones_opens_no_way_round_the_promise():
    rng = np.random.default_rng(0)
    landlord = rng.uniform(0.9, 1, size=20_000)
    right = rng.random(20_000) >= np.where(landlord > 0.98, 0.04, 0.01)
    found = Outcomes(landlord, right, np.full(20_000, True), np.zeros(20_000), rng.integers(400, size=20_000))
    line, *_ = report_promise(found, choose(found, ROUGH, Promise()), Promise())
    assert line.wrong <= 0.02 * line.automatic


def test_a_bound_minds_that_few_voices_tell_little_of_how_much_they_vary():
    wrong = np.arange(1000) % 50 == 0
    few, many, one = (tally(wrong, np.arange(1000) // size).bound(0.95) for size in (200, 2, 1000))
    assert few > many == pytest.approx(upper_bound(20, 1000, 0.95), rel=0.01)
    assert one == 1.0


def test_that_keeps_a_bound_nearer_to_what_it_says_where_errors_come_together_by_writer():
    """Korn and Graubard (1998): five writers, of whom one may be misread far more often than another."""
    rng = np.random.default_rng(1)
    voices = np.repeat(np.arange(5), 200)
    found = [tally(rng.random(1000) < rng.beta(0.98, 48.02, size=5)[voices], voices) for _ in range(400)]
    broken = np.mean([own.bound(0.95) < 0.02 for own in found])
    unmindful = np.mean([upper_bound(own.wrong, own.count, 0.95, own.effect) < 0.02 for own in found])
    assert 0.05 < broken < 0.1 < unmindful


def test_without_requests_that_leave_the_matter_open_nothing_is_promised_of_them():
    found = outcomes(5000, undecidable=0.0)
    policy = choose(found, ROUGH, Promise())
    reach = report_over_reach(found, policy, Promise())
    assert (policy.open, reach.count, reach.bound, reach.missing) == (1.0, 0, 1.0, 59)


def test_where_too_few_open_requests_are_labelled_it_is_those_that_are_missing():
    found = outcomes(5000)
    some = found.take(found.decidable | (np.cumsum(~found.decidable) <= 10))
    policy = choose(some, ROUGH, Promise())
    assert policy.open == 0
    assert [line.missing for line in report_promise(some, policy, Promise())] == [0, 0]
    assert report_over_reach(some, policy, Promise()).missing > 0


def test_a_promise_cannot_be_tested_on_one_voice():
    alone = replace(outcomes(500), voices=np.zeros(500, dtype=np.int64))
    with pytest.raises(CorpusError, match="one voice only"):
        simulate(alone, ROUGH, Promise())
