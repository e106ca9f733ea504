"""Estimates from logs against sums over everything that could have been logged."""

import itertools

import chapter_code
import numpy as np
import pytest

from dlcourse import recording
from dlcourse.rl import off_policy

MEAN = np.array([[0.9, 0.2], [0.3, 0.6]])  # reward by user and action
LOGGING = np.array([[0.7, 0.3], [0.4, 0.6]])
NEW = np.array([[0.1, 0.9], [0.8, 0.2]])
MODEL = np.array([[0.5, 0.5], [0.1, 0.9]])  # a wrong one
TRUTH = (0.5 * NEW * MEAN).sum()


def one_row(user, action, reward, model=MODEL):
    return off_policy.Logs(
        [reward],
        [NEW[user, action] / LOGGING[user, action]],
        [model[user, action]],
        [NEW[user] @ model[user]],
    )


def expectation(estimator, model=MODEL):
    """Mean of a one-row estimate over users, actions and rewards."""
    total = 0.0
    for user, action, reward in itertools.product(range(2), range(2), (0.0, 1.0)):
        chance = 0.5 * LOGGING[user, action] * (MEAN[user, action] if reward else 1 - MEAN[user, action])
        total += chance * estimator(one_row(user, action, reward, model)).mean()
    return total


def test_weights_are_right_on_average_whatever_the_model():
    assert expectation(off_policy.inverse_propensity) == pytest.approx(TRUTH)
    assert expectation(off_policy.doubly_robust) == pytest.approx(TRUTH)
    assert expectation(lambda logs: off_policy.switch(logs, np.inf)) == pytest.approx(TRUTH)
    assert abs(expectation(off_policy.direct_method) - TRUTH) > 0.05
    assert expectation(off_policy.direct_method, MEAN) == pytest.approx(TRUTH)


def test_switch_goes_from_the_model_to_doubly_robust():
    logs = one_row(0, 1, 1.0)  # weight 3
    assert off_policy.switch(logs, 0) == pytest.approx(off_policy.direct_method(logs))
    assert off_policy.switch(logs, 2.9) == pytest.approx(off_policy.direct_method(logs))
    assert off_policy.switch(logs, 3.1) == pytest.approx(off_policy.doubly_robust(logs))


def test_self_normalised_is_a_weighted_mean_and_its_spread_is_the_quotients():
    rng = np.random.default_rng(0)
    found, said = [], []
    for _ in range(2_000):
        weight = rng.exponential(size=400)
        reward = (rng.random(400) < 0.3 + 0.1 * (weight > 1)).astype(float)
        logs = off_policy.Logs(reward, weight, np.zeros(400), np.zeros(400))
        terms = off_policy.self_normalised(logs)
        assert terms.mean() == pytest.approx((weight * reward).sum() / weight.sum())
        estimate, low, _ = off_policy.interval(terms)
        found.append(estimate)
        said.append((estimate - low) / 1.96)
    assert np.mean(said) == pytest.approx(np.std(found), rel=0.05)


def test_effective_rows():
    assert off_policy.effective_rows([2.0, 2.0, 2.0]) == pytest.approx(3)
    assert off_policy.effective_rows([5.0, 0.0, 0.0]) == pytest.approx(1)


def test_the_interval_by_hand():
    estimate, low, high = off_policy.interval([0.0, 1.0, 2.0])
    assert (estimate, high - estimate) == pytest.approx((1.0, 1.96 / np.sqrt(3)))
    assert low == pytest.approx(2 - high)


def test_bad_logs_are_named():
    with pytest.raises(ValueError, match="weight"):
        off_policy.Logs([1.0], [-1.0], [0.0], [0.0])
    with pytest.raises(ValueError, match=r"expected_policy.*2 rows"):
        off_policy.Logs([1.0], [1.0], [0.0], [0.0, 1.0])
    with pytest.raises(ValueError, match="reward"):
        off_policy.Logs([float("nan")], [1.0], [0.0], [0.0])
    nothing = off_policy.Logs([1.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0])
    with pytest.raises(ValueError, match="nothing that this policy"):
        off_policy.self_normalised(nothing)


@pytest.mark.parametrize(
    "call",
    [
        lambda: off_policy.Logs([], [], [], []),
        lambda: off_policy.interval([1.0]),
        lambda: off_policy.effective_rows([0.0, 0.0]),
        lambda: off_policy.effective_rows([1.0, -1.0]),
        lambda: off_policy.switch(one_row(0, 1, 1.0), float("nan")),
        lambda: off_policy.switch(one_row(0, 1, 1.0), "10"),
    ],
)
def test_what_no_estimate_can_be_made_of_is_refused(call):
    with pytest.raises(ValueError):
        call()


@pytest.mark.parametrize("seed", range(5))
def test_estimates_are_those_of_the_open_bandit_pipeline(seed):
    study = chapter_code.study("ch09a_obp")
    log, rows = study.made_up(seed), np.arange(study.ROWS)
    logs = off_policy.Logs(
        log["reward"],
        log["policy"][rows, log["action"]] / log["propensity"],
        log["model"][rows, log["action"]],
        (log["policy"] * log["model"]).sum(axis=1),
    )
    options = {"switch": {"largest": study.LARGEST}}
    for name, recorded in recording.load("ch09a_obp")[str(seed)].items():
        ours = getattr(off_policy, name)(logs, **options.get(name, {})).mean()
        assert ours == pytest.approx(recorded, rel=1e-12), name
