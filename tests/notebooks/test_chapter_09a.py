"""What chapter 09a defines, against calculations by hand, and its exercises' judge."""

import chapter_code
import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from dlcourse import exercises
from dlcourse.rl import bandits, off_policy


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("09a")


@pytest.fixture(scope="module")
def digits():
    found = load_digits()
    return np.column_stack([found.data / 16, np.ones(len(found.data))]), found.target


def test_a_greedy_run_stays_with_the_first_arm_that_pays(chapter):
    chosen = chapter.greedy_run(np.array([1.0, 0.0, 0.0]), 50, np.random.default_rng(0))
    first = int(np.flatnonzero(chosen == 0)[0])
    assert (chosen[first:] == 0).all()


def test_the_greedy_run_in_view_is_the_packages(chapter):
    """Both end on the best arm equally often, within what chance gives."""
    means, runs = np.array([0.3, 0.6, 0.5]), 400
    in_view = np.array([chapter.greedy_run(means, 60, np.random.default_rng(s))[-1] for s in range(runs)])
    package = bandits.play(bandits.EpsilonGreedy(0.0), means, 60, runs=runs, seed=0).arms[-1]
    assert (in_view == 1).mean() == pytest.approx((package == 1).mean(), abs=4 * np.sqrt(0.5 / runs))


def test_neighbours_doubt_has_the_same_numbers_at_other_places(chapter):
    rng = np.random.default_rng(0)
    own, other, even = chapter.contextual.LinUCB(1.0), chapter.OthersDoubt(1.0), chapter.EvenNoise(1.0)
    x = rng.normal(size=(2, 4))
    for policy in (own, other, even):
        policy.start(2, 3, 4)
        for _ in range(10):
            seen = np.random.default_rng(5).normal(size=(2, 4))
            policy.learn(seen, np.array([0, 1]), np.array([1.0, 0.0]))
    assert np.sort(other.spread(x)) == pytest.approx(np.sort(own.spread(x)))
    assert not np.allclose(other.spread(x), own.spread(x))
    assert even.spread(x) == pytest.approx(np.repeat(own.spread(x).mean(axis=1, keepdims=True), 3, axis=1))


def test_a_log_is_drawn_by_the_logging_policy_and_weighed_for_the_new_one(chapter, digits):
    place = chapter.world(*digits, 3)
    _, right, logging, new = place
    assert logging.sum(axis=1) == pytest.approx(1) and new.sum(axis=1) == pytest.approx(1)
    logs = [chapter.logged(*place, rows=1_000, seed=s) for s in range(20)]
    logged_earns = logging[np.arange(len(right)), right].mean()
    assert np.mean([log.reward.mean() for log in logs]) == pytest.approx(logged_earns, abs=0.02)
    by_weights = np.mean([off_policy.inverse_propensity(log).mean() for log in logs])
    assert by_weights == pytest.approx(chapter.truth(*place), abs=0.05)


def test_a_model_without_knowledge_knows_the_mean_only(chapter, digits):
    log = chapter.logged(*chapter.world(*digits, 3), rows=2_000, seed=0, model=False)
    assert np.corrcoef(log.expected_logged, log.reward)[0, 1] < 0.15
    assert log.expected_logged.mean() == pytest.approx(log.reward.mean(), abs=0.05)


def test_rewards_models_are_ridge_regressions(chapter):
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(0)
    x, arms, rewards = rng.normal(size=(80, 5)), np.arange(80) % 10, rng.random(80)
    found = chapter.reward_model(x, arms, rewards, ridge=0.5)
    ridge = Ridge(alpha=0.5, fit_intercept=False).fit(x[arms == 7], rewards[arms == 7])
    assert found[:, 7] == pytest.approx(ridge.coef_)


def test_held_out_ratings_are_ten_of_each_user_and_never_twice(chapter):
    who, what, given, held_out = chapter.ratings(0, 7)
    assert np.bincount(who[held_out]).tolist() == [10] * 300
    assert len(set(zip(who.tolist(), what.tolist(), strict=True))) == len(who) == 300 * 17
    mixed = chapter.ratings(0, 7, taste=False)[2]
    for item in (0, 50):
        assert np.sort(mixed[what == item]) == pytest.approx(np.sort(given[what == item]))
    assert not np.allclose(mixed, given)


def test_the_factor_model_multiplies_rows(chapter):
    model = chapter.factor_model(4, 3, 2)
    p, q = (weight.numpy() for weight in model.weights)
    if len(p) == 3:
        p, q = q, p
    found = model.predict([np.array([0, 3]), np.array([2, 1])], verbose=0)
    assert found.ravel() == pytest.approx([p[0] @ q[2], p[3] @ q[1]], rel=1e-5)
    assert isinstance(model, keras.Model)


@pytest.mark.parametrize(
    "answer, says",
    [
        (lambda t, c: c / t, "a probability"),
        (lambda t, c: 0.1, "50 / 200"),
        (lambda t, c: c / t if c < t else 0.5, "every step explores"),
        (lambda t, c: min(1.0, 50 / t), "c = 50 only"),
        (0.3, "a function"),
        (lambda t: 1, "it stops with TypeError"),
    ],
)
def test_the_judge_of_exercise_4_sees_what_is_wrong(answer, says):
    assert says in exercises.find("09a.4").judge(answer)


def test_the_judge_of_exercise_4_takes_what_is_right():
    assert exercises.find("09a.4").judge(lambda t, c: min(1.0, c / t)) is None
