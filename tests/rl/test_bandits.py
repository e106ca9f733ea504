"""Bandits: what a policy remembers, what it must lose, and what people feed in."""

import numpy as np
import pytest

from dlcourse.rl import bandits

POLICIES = {
    "epsilon": lambda: bandits.EpsilonGreedy(0.1),
    "ucb": bandits.UCB1,
    "thompson": bandits.Thompson,
    "gradient": lambda: bandits.GradientBandit(0.4),
}


@pytest.mark.parametrize("name", POLICIES)
def test_same_seed_same_play_and_every_policy_finds_an_easy_arm(name):
    one, again = (bandits.play(POLICIES[name](), [0.1, 0.9, 0.2], 300, runs=40, seed=3) for _ in range(2))
    assert (one.arms == again.arms).all() and (one.regret == again.regret).all()
    assert (one.arms[-1] == 1).mean() > 0.8
    assert (np.diff(one.regret, axis=0) >= 0).all()


def test_regret_counts_true_means():
    found = bandits.play(bandits.EpsilonGreedy(1.0), [0.2, 0.7], 50, runs=6, seed=0)
    assert found.regret[-1] == pytest.approx(0.5 * (found.arms == 0).sum(axis=0))


def test_each_run_may_have_a_bandit_of_its_own():
    means = np.array([[0.0, 1.0], [1.0, 0.0]])
    found = bandits.play(bandits.Thompson(), means, 60, runs=2, seed=0)
    assert found.arms[-1].tolist() == [1, 0]


def test_mean_rewards_are_means():
    policy, rng = bandits.EpsilonGreedy(0.5), np.random.default_rng(0)
    policy.start(1, 3)
    seen = [[], [], []]
    for _ in range(200):
        arm, reward = int(policy.choose(rng)[0]), rng.random()
        policy.learn(np.array([arm]), np.array([reward]))
        seen[arm].append(reward)
    assert policy.means[0] == pytest.approx([np.mean(rewards) for rewards in seen])
    assert policy.counts[0].tolist() == [len(rewards) for rewards in seen]


def test_ucb_tries_each_arm_first_and_then_what_could_be_best():
    policy, rng = bandits.UCB1(), np.random.default_rng(0)
    policy.start(1, 4)
    first = []
    for reward in (1.0, 0.0, 0.0, 0.0):
        first.append(int(policy.choose(rng)[0]))
        policy.learn(np.array(first[-1:]), np.array([reward]))
    assert sorted(first) == [0, 1, 2, 3]
    policy.counts[0], policy.means[0] = [100, 100, 2, 100], [0.5, 0.4, 0.3, 0.4]
    assert policy.choose(rng)[0] == 2  # 0.3 + √(2 ln 302 / 2) = 2.7


def test_thompson_chooses_by_the_probability_of_being_best():
    """Beta(2, 1) against Beta(1, 1): the first is larger with probability 2/3."""
    policy, rng = bandits.Thompson(), np.random.default_rng(0)
    policy.start(60_000, 2)
    policy.successes[:, 0] = 2
    assert (policy.choose(rng) == 0).mean() == pytest.approx(2 / 3, abs=0.01)


def test_the_gradient_bandit_climbs_the_expected_reward():
    """The mean update over arms and rewards is step size times the gradient of Σ π μ by the preferences."""
    preferences, means, step = np.array([0.3, -0.2, 0.5]), np.array([0.2, 0.9, 0.4]), 0.1
    chances = np.exp(preferences) / np.exp(preferences).sum()
    mean_update = np.zeros(3)
    for arm in range(3):
        for reward in (0.0, 1.0):
            policy = bandits.GradientBandit(step)
            policy.start(1, 3)
            policy.preferences[0], policy.baseline[0] = preferences, 0.37
            policy.learn(np.array([arm]), np.array([reward]))
            weight = chances[arm] * (means[arm] if reward else 1 - means[arm])
            mean_update += weight * (policy.preferences[0] - preferences)
    exact = chances * (means - chances @ means)
    assert mean_update == pytest.approx(step * exact)


def test_the_lower_bound_by_hand():
    divergence = 0.5 * np.log(0.5 / 0.6) + 0.5 * np.log(0.5 / 0.4)
    assert bandits.lower_bound([0.6, 0.5], 1_000) == pytest.approx(0.1 / divergence * np.log(1_000))
    assert bandits.lower_bound([0.6, 0.6, 0.5], np.array([1, np.e])) == pytest.approx([0, 0.1 / divergence])


@pytest.mark.parametrize(
    "change, says",
    [
        ({"means": [0.5]}, "2 arms or more"),
        ({"means": [0.5, 1.5]}, "means"),
        ({"means": [0.5, float("nan")]}, "means"),
        ({"means": np.full((3, 2), 0.5)}, "expected"),
        ({"steps": 0}, "steps"),
        ({"runs": 1.5}, "runs"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_input_is_named(change, says):
    given = {"means": [0.1, 0.2], "steps": 5, "runs": 2, "seed": 0} | change
    with pytest.raises(ValueError, match=says):
        bandits.play(bandits.UCB1(), given.pop("means"), given.pop("steps"), **given)


@pytest.mark.parametrize("make", [lambda: bandits.EpsilonGreedy(1.2), lambda: bandits.GradientBandit(0)])
def test_settings_are_checked(make):
    with pytest.raises(ValueError):
        make()


def test_the_lower_bound_sees_no_gap_in_rounding_and_names_what_it_cannot_use():
    assert bandits.lower_bound([0.3, 0.1 + 0.2], 100) == 0
    for means, steps in [
        ([0.5], 10),
        (np.full((2, 2), 0.5), 10),
        ([0.5, 0.4], 0),
        ([0.5, 0.4], float("nan")),
    ]:
        with pytest.raises(ValueError, match="lower_bound"):
            bandits.lower_bound(means, steps)


@pytest.mark.parametrize(
    "policy, says", [(bandits.Thompson, r"Thompson\(\.\.\.\)"), (0.1, "expected a policy")]
)
def test_a_class_or_a_number_is_no_policy(policy, says):
    with pytest.raises(ValueError, match=says):
        bandits.play(policy, [0.1, 0.2], 5, runs=2)
