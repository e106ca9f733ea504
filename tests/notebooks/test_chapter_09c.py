"""Chapter 09c's tools: Baird's counterexample against loops and theory, variants side by side, scaled CartPole."""

import ast
import functools
import inspect

import chapter_code
import numpy as np
import pytest
from scipy import linalg

from dlcourse import exercises
from dlcourse.figures import dqn as dqn_figures
from dlcourse.rl import baird, dqn, environments, networks, replay

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
    returns, ends = [np.array([1.0, 3, 10, 20]), np.array([7.0])], [np.array([5, 10, 25, 30]), np.array([10])]
    run = dqn.Trained(None, 2, returns, ends, np.zeros(0), 30, None)
    assert run.learning_curves([0, 10, 20, 30]).tolist() == [[2, 2, 15], [7, 7, 7]]


def test_figures_are_drawn(monkeypatch):
    shown = []
    monkeypatch.setattr(dqn_figures.show, "figure", lambda fig, caption, alt: shown.append(fig))
    dqn_figures.value_maps({"a": np.eye(3), "b": np.ones((3, 3))}, extent=(0.2, 2), caption="c", alt="d")
    dqn_figures.beliefs({"a": np.ones(3)}, {"a": np.ones(3)}, bound=100, caption="c", alt="d")
    variants = {"itself": [1, 2], "- replay": [0, 1], "+ 8-step": [0, 1]}
    dqn_figures.ablations({"a": variants, "b": {"itself": [1, 2]}}, caption="c")
    assert [len(fig.axes) for fig in shown] == [3, 1, 2]
    drawn = [label.get_text() for label in shown[2].axes[0].get_yticklabels()]
    assert drawn == ["itself", "\N{MINUS SIGN} replay", "+ 8-step"]


def test_the_agents_drawing_names_its_parts():
    from matplotlib import pyplot as plt

    _, ax = plt.subplots()
    dqn_figures.agent(ax=ax)
    said = " ".join(text.get_text() for text in ax.texts)
    for part in [
        "environment",
        "replay memory",
        "Q-network",
        "target network",
        "loss",
        "target y",
        "ε-greedy",
    ]:
        assert part in said
    plt.close("all")


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
    assert "Raise one" in judge(keras.Model(x, value + advantage - best))
    assert "one dense layer" in judge(keras.Model(x, advantage))
    assert "maps" in judge(keras.Model(x, value))
    assert "type" in judge(3)


@functools.cache
def chapter():
    """The functions and classes that the chapter defines, without running its cells but the one that scales boxes."""
    return vars(chapter_code.definitions("09c", also=lambda node: ast.unparse(node).startswith("TOP =")))


def test_a_step_in_plain_keras_is_the_packages_on_the_same_batch():
    """Three steps, the target network renewed after the second; ends, and transitions that go on, mixed."""
    import keras
    import tensorflow as tf

    rng = np.random.default_rng(0)
    network, target = chapter()["q_network"](), chapter()["q_network"]()
    for model in (network, target):
        model.set_weights([rng.normal(0, 0.3, w.shape).astype("float32") for w in model.get_weights()])
    update = chapter()["make_update"](network, target, keras.optimizers.Adam(1e-2), 0.9)

    q, own = networks.Network(network, 1, (4,), 2, "network"), dqn.AgentSettings(0.0, 1.0, 2.0, 1e3, 0.9)
    now = dqn.learner(q.weights)._replace(target=[tf.constant(w[None]) for w in target.get_weights()])
    own = dqn.AgentSettings(*(np.full((1, 1), entry, "float32") for entry in own))
    for step in range(3):
        x, following = rng.normal(size=(2, 32, 4)).astype("float32")
        action, ended = rng.integers(2, size=32).astype("int32"), rng.random(32) < 0.3
        reward = rng.normal(size=32).astype("float32")
        loss = float(update(x, action, reward, following, ended.astype("float32")))
        batch = replay.Transitions(
            x, action, reward, following, ended, np.zeros(32, bool), np.ones(32, "int32")
        )
        batch = replay.Transitions(*(part[None] for part in batch))
        now, errors = dqn.gradient_step(q, now, batch, np.ones((1, 32), "float32"), 1e-2, own, 1e3)
        assert loss == pytest.approx(np.mean(errors.numpy() ** 2) / 2, rel=1e-5)
        if step == 1:
            target.set_weights(network.get_weights())
        for ours, theirs in [(network, now.adam.weights), (target, now.target)]:
            for weight, other in zip(ours.get_weights(), theirs, strict=True):
                np.testing.assert_allclose(weight, other[0], atol=2e-5)


@pytest.mark.parametrize("capacity", [7, 100])
def test_the_chapters_memory_keeps_the_latest(capacity):
    memory = chapter()["Memory"](capacity)
    for first in range(0, 20, 4):
        number = np.arange(first, first + 4)
        memory.add(np.repeat(number[:, None], 4, axis=1), number % 2, number, -number[:, None], number > 17)
    x, action, reward, following, ended = memory.draw(500, np.random.default_rng(0))
    assert sorted(set(reward)) == list(range(max(0, 20 - capacity), 20))
    np.testing.assert_array_equal(x[:, 2], reward)
    np.testing.assert_array_equal(following[:, 1], -reward)
    np.testing.assert_array_equal(action, reward % 2)
    np.testing.assert_array_equal(ended, reward > 17)


def test_the_chapters_agent_explores_as_told():
    chosen = chapter()["epsilon_greedy"](np.tile([0.0, 3.0, 1.0], (30_000, 1)), 0.3, np.random.default_rng(0))
    np.testing.assert_allclose(np.bincount(chosen) / 30_000, [0.1, 0.8, 0.1], atol=0.01)


def test_the_chapters_loop_skips_resets_and_keeps_time_outs_apart():
    """Episodes of three steps, cut by the clock or ended by the world; what enters the memory is looked at."""

    class World:
        num_envs = 2

        def reset(self, seed):
            self.step_number = 0
            return np.zeros((2, 4), "float32"), {}

        def step(self, action):
            place = self.step_number % 4
            self.step_number += 1
            x = np.full((2, 4), self.step_number, "float32")
            over = np.array([place == 2, False]), np.array([False, place == 2])
            return x, np.full(2, float(place < 3)), *over, {}

    class Weights(list):
        __hash__ = object.__hash__  # tf.function asks for it

        def get_weights(self):
            return list(self)

        def set_weights(self, weights):
            self[:] = weights

        def __call__(self, x):
            import tensorflow as tf

            return tf.zeros((x.shape[0], 2))

    kept = []

    class Memory:
        def add(self, *new):
            kept.extend(zip(*new, strict=True))

        def draw(self, batch, rng):
            raise AssertionError("nothing is learnt from so few steps")

    found = chapter()["learn"](World(), Weights(), Weights(), None, Memory(), 8, np.random.default_rng(0))
    assert [tuple(row) for row in found] == [(2, 3.0), (2, 3.0), (6, 3.0), (6, 3.0)]
    assert len(kept) == 12 and all(reward == 1 for _, _, reward, _, _ in kept)
    assert [bool(ended) for *_, ended in kept] == [False] * 4 + [True, False] + [False] * 4 + [True, False]
