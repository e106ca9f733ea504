"""Contextual bandits against scikit-learn's ridge regression and calculations by hand."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from dlcourse.rl import contextual, neural_bandit


def blobs(examples=300, seed=0):
    """Three classes around three corners, and a constant feature."""
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=examples)
    x = np.eye(3)[y] + 0.3 * rng.normal(size=(examples, 3))
    return np.column_stack([x, np.ones(examples)]), y


POLICIES = {
    "greedy": lambda: contextual.LinearGreedy(0.05),
    "ucb": lambda: contextual.LinUCB(0.3),
    "thompson": lambda: contextual.LinearThompson(0.2),
    "network": lambda: neural_bandit.NeuralThompson(0.2, units=16, every=50, updates=50),
}


@pytest.mark.parametrize("name", POLICIES)
def test_learns_from_rewards_alone_and_repeats(name):
    x, y = blobs()
    one, again = (contextual.play(POLICIES[name](), x, y, runs=3, seed=4) for _ in range(2))
    assert one.shape == (300, 3) and (one == again).all()
    assert one[-100:].mean() > 0.8
    mixed = np.random.default_rng(9).permutation(y)
    assert contextual.play(POLICIES[name](), x, mixed, runs=3, seed=4)[-100:].mean() < 0.55


def test_each_arm_is_a_ridge_regression_of_its_own_rewards():
    rng, policy = np.random.default_rng(1), contextual.LinUCB(0.5, ridge=0.7)
    policy.start(1, 2, 3)
    x, arms, rewards = rng.normal(size=(40, 3)), rng.integers(2, size=40), rng.random(40)
    for row, arm, reward in zip(x, arms, rewards, strict=True):
        policy.learn(row[None], np.array([arm]), np.array([reward]))
    new = rng.normal(size=(1, 3))
    for arm in range(2):
        own = x[arms == arm]
        ridge = Ridge(alpha=0.7, fit_intercept=False).fit(own, rewards[arms == arm])
        assert policy.weights[0, arm] == pytest.approx(ridge.coef_)
        inverse = np.linalg.inv(own.T @ own + 0.7 * np.eye(3))
        assert policy.spread(new)[0, arm] == pytest.approx(np.sqrt(new[0] @ inverse @ new[0]))
    scores = policy.expected(new)[0] + 0.5 * policy.spread(new)[0]
    assert policy.choose(new, rng)[0] == scores.argmax()


def test_thompson_draws_have_the_doubts_width():
    policy, rng = contextual.LinearThompson(0.5), np.random.default_rng(0)
    policy.start(40_000, 2, 1)
    x = np.full((40_000, 1), 1.0)
    policy.weights[:, 0] = 0.3
    # two independent draws N(0.3, 0.5²), N(0, 0.5²): the first is larger with probability Φ(0.3 / (0.5 √2)) = 0.664
    assert (policy.choose(x, rng) == 0).mean() == pytest.approx(0.664, abs=0.01)


def test_a_networks_regressions_follow_its_features():
    """After a training, each arm's weights are the ridge regression on the features as they are now."""
    x, y = blobs(120)
    policy = neural_bandit.NeuralThompson(0.2, ridge=0.5, units=8, every=60, updates=20)
    contextual.play(policy, x, y, runs=2, seed=0)
    seen, arms, rewards = (np.stack(column) for column in zip(*policy.seen, strict=True))
    phi = policy.features(seen)
    for run in range(2):
        for arm in range(3):
            mine = phi[arms[:, run] == arm, run]
            expected = np.linalg.solve(
                mine.T @ mine + 0.5 * np.eye(9), mine.T @ rewards[arms[:, run] == arm, run]
            )
            assert policy.weights[run, arm] == pytest.approx(expected, abs=1e-5)


def test_without_updates_the_features_stay_as_drawn():
    x, y = blobs(120)
    policy = neural_bandit.NeuralThompson(0.2, units=8, every=40, updates=0)
    policy.start(2, 3, 4)
    before = policy.network.get_weights()
    contextual.play(policy, x, y, runs=2, seed=0)
    after = policy.network.get_weights()
    assert all((a == b).all() for a, b in zip(before[:2], after[:2], strict=True))


@pytest.mark.parametrize(
    "change, says",
    [
        ({"y": np.zeros(3, int)}, "a class for each"),
        ({"y": np.full(300, -1)}, "from 0"),
        ({"y": np.zeros(300)}, "whole numbers"),
        ({"x": np.zeros(300)}, "x"),
        ({"x": np.full((300, 4), np.nan)}, "x"),
        ({"runs": 0}, "runs"),
    ],
)
def test_bad_input_is_named(change, says):
    x, y = blobs()
    given = {"x": x, "y": y, "runs": 2} | change
    with pytest.raises(ValueError, match=says):
        contextual.play(contextual.LinUCB(1.0), **given)


def test_a_class_is_no_policy():
    x, y = blobs(20)
    with pytest.raises(ValueError, match=r"LinUCB\(\.\.\.\)"):
        contextual.play(contextual.LinUCB, x, y, runs=1)
