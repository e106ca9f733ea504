"""Chapter 09c's tools: Baird's counterexample against loops and theory, variants side by side, scaled CartPole."""

import inspect

import numpy as np
import pytest
from scipy import linalg

from dlcourse import exercises
from dlcourse.figures import dqn as dqn_figures
from dlcourse.rl import baird, dqn, environments

TRIAD = [{}, {"off_policy": False}, {"bootstrap": False}, {"approximate": False}]


@pytest.mark.parametrize("change", TRIAD)
def test_expected_updates_are_those_of_a_loop_over_states(change):
    case = baird.problem(**change)
    x = case.features
    weights = baird.START if x.shape[1] == 8 else baird.features() @ baird.START
    found = baird.expected(case, 3, 0.1)
    for step in range(3):
        np.testing.assert_allclose(found[step], x @ weights, atol=1e-12)
        update = np.zeros_like(weights)
        for state in range(7):
            following = sum(case.moves[state, after] * (x[after] @ weights) for after in range(7))
            error = case.discount * following - x[state] @ weights
            update += case.visits[state] * error * x[state]
        weights = weights + 0.1 * update


def test_only_all_three_diverge():
    growth = [baird.problem(**change).growth for change in TRIAD]
    assert growth[0] > 0.2
    assert max(growth[1:]) < 1e-9
    values = np.abs(baird.expected(baird.problem(), 2_000, 0.01)).max(axis=1)
    assert values[-1] > 100 * values[0]


def test_growth_is_the_rate_at_which_the_flow_grows():
    case = baird.problem()
    path = linalg.expm(-case.drift * 200.0) @ baird.START
    longer = linalg.expm(-case.drift * 201.0) @ baird.START
    assert np.log(np.linalg.norm(longer) / np.linalg.norm(path)) == pytest.approx(case.growth, abs=1e-6)


def test_the_two_steps_of_importance_weighting_cancel():
    """The mean of many sampled first updates is the expected update, for behaviour and target as in the book."""
    runs, step = 400_000, 0.01
    first = baird.features() @ baird.START
    rng, x = np.random.default_rng(0), baird.features()
    state = rng.integers(7, size=runs)
    solid = rng.random(runs) < 1 / 7
    error = 0.99 * first[6] - first[state]
    mean = ((7 * solid * error)[:, None] * x[state]).mean(axis=0)
    np.testing.assert_allclose(mean, -baird.problem().drift @ baird.START, atol=0.2)
    sizes = baird.sampled(200, step, runs=50)
    assert np.median(sizes[-1]) > sizes[0].max()
    assert np.median(baird.sampled(200, step, runs=50, off_policy=False)[-1]) < sizes[0].max()


def test_a_held_target_is_a_sweep_of_value_iteration_in_the_end():
    """Features of rank 7 fit any target: after many updates, values are γ times those of the next states."""
    case = baird.problem()
    w = np.random.default_rng(0).normal(size=8)
    after = case.held(200_000, 0.1) @ w
    np.testing.assert_allclose(case.features @ after, 0.99 * case.moves @ case.features @ w, atol=1e-6)
    assert case.held_growth(100, 0.1) < 1 < case.held_growth(1, 0.1)
    one = case.held(1, 0.1)
    np.testing.assert_allclose(one, np.eye(8) - 0.1 * case.drift, atol=1e-12)


@pytest.mark.parametrize(("discount", "grows"), [(0.8, False), (0.9, True)])
def test_two_states_and_one_weight(discount, grows):
    """Tsitsiklis & Van Roy 1996: with one weight for two states, even a target held for ever diverges above 5/6."""
    moves = np.array([[0.0, 1.0], [0.0, 1.0]])
    case = baird.Problem(np.array([[1.0], [2.0]]), moves, np.full(2, 0.5), discount)
    assert case.held(1_000, 0.1)[0, 0] == pytest.approx(1.2 * discount)
    assert (case.held_growth(1_000, 0.1) > 1) == grows


def test_corrected_gradients_stay_bounded_with_all_three():
    values = np.abs(baird.gradient_corrected(baird.problem(), 5_000, 0.05, 0.5)).max(axis=1)
    assert values[-1] < values[0]


def test_variants_side_by_side():
    changes = {"plain": {}, "double": {"double": True, "n": 3}, "small": {"capacity": 64}}
    settings = dqn.side_by_side(dqn.Settings(), changes, 2)
    assert settings.double.tolist() == [False, False, True, True, False, False]
    assert settings.n.tolist() == [1, 1, 3, 3, 1, 1]
    assert settings.capacity.tolist() == [50_000] * 4 + [64, 64]
    assert settings.discount == 0.99
    cut = dqn.by_variant(np.arange(12).reshape(6, 2), changes)
    assert cut["double"].tolist() == [[4, 5], [6, 7]]
    with pytest.raises(ValueError, match="batch_size"):
        dqn.side_by_side(dqn.Settings(), {"a": {"batch_size": 3}}, 2)


def test_scaled_poles_are_gymnasiums():
    poles = environments.cart_poles(3, time_limit=20)
    seen, _ = poles.reset(seed=1)
    inside, _ = poles.env.reset(seed=1)
    np.testing.assert_allclose(seen * environments.SCALE, inside, rtol=1e-6)
    assert poles.single_observation_space.contains(seen[0])
    assert poles.observation_space.contains(seen)
    for step in range(20):
        seen, _, terminated, truncated, _ = poles.step(np.array([0, 1, step % 2]))
        assert seen.dtype == np.float32
    assert not terminated[2] and truncated[2]


def test_a_curve_is_the_mean_of_the_episodes_between_its_points():
    run = dqn.Trained([], np.zeros((2, 1, 1)))
    run.ends, run.agent = np.array([5, 10, 10, 25, 30]), np.array([0, 0, 1, 0, 0])
    run.returns = np.array([1.0, 3, 7, 10, 20])
    assert run.learning_curves([0, 10, 20, 30]).tolist() == [[2, 2, 15], [7, 7, 7]]


def test_figures_are_drawn(monkeypatch):
    shown = []
    monkeypatch.setattr(dqn_figures.show, "figure", lambda fig, caption, alt: shown.append(fig))
    dqn_figures.value_maps({"a": np.eye(3), "b": np.ones((3, 3))}, extent=(0.2, 2), caption="c", alt="d")
    dqn_figures.beliefs({"a": np.ones(3)}, {"a": np.ones(3)}, bound=100, caption="c", alt="d")
    dqn_figures.ablations({"a": {"itself": [1, 2], "less": [0, 1]}, "b": {"itself": [1, 2]}}, caption="c")
    assert [len(fig.axes) for fig in shown] == [3, 1, 2]


def solved(name):
    """The model that the first step of an exercise's solution builds, typed as it stands."""
    code = inspect.cleandoc(exercises.find(name).solution[0]).removeprefix("```python").removesuffix("```")
    found = {}
    exec(code, found)
    return found["answer"]


def test_the_judge_knows_a_duelling_network_from_others():
    import keras

    judge = exercises.find("09c.4").judge
    right = solved("09c.4")
    before = [weights.copy() for weights in right.get_weights()]
    assert judge(right) is None
    for kept, weights in zip(before, right.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, weights)
    x = keras.Input((4,))
    hidden = keras.layers.Dense(64, activation="relu")(keras.layers.Dense(64, activation="relu")(x))
    value, advantage = keras.layers.Dense(1)(hidden), keras.layers.Dense(3)(hidden)
    assert "Raise all three" in judge(keras.Model(x, value + advantage))
    best = keras.ops.max(advantage, axis=-1, keepdims=True)
    assert (
        judge(keras.Model(x, value + advantage - best)) is None
    )  # Wang et al.'s equation 8 keeps V apart as well
    assert "one dense layer" in judge(keras.Model(x, advantage))
    assert "maps" in judge(keras.Model(x, value))
    assert "type" in judge(3)
