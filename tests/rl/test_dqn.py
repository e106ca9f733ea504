"""Deep Q-networks: targets by loops, gradient steps by Keras, learnt values against exact ones, and bad input."""

import gymnasium
import keras
import numpy as np
import pytest
import tensorflow as tf
from gymnasium.wrappers.vector import TransformObservation

from dlcourse.rl import dqn, networks, planning, replay
from dlcourse.rl.environments import TableVectorEnv

AGENTS, BATCH, FEATURES, ACTIONS = 4, 6, 3, 5


def batch(seed=0):
    rng = np.random.default_rng(seed)
    shape = (AGENTS, BATCH)
    return replay.Transitions(
        rng.normal(size=(*shape, FEATURES)).astype("float32"),
        rng.integers(ACTIONS, size=shape).astype("int32"),
        rng.normal(size=shape).astype("float32") * 3,
        rng.normal(size=(*shape, FEATURES)).astype("float32"),
        np.arange(AGENTS * BATCH).reshape(shape) % 3 == 0,
        np.arange(AGENTS * BATCH).reshape(shape) % 3 == 1,
        rng.integers(1, 4, size=shape).astype("int32"),
    )


def own_settings(double, through, every):
    def column(entry):
        return np.broadcast_to(np.asarray(entry, "float32"), AGENTS)[:, None]

    return dqn.AgentSettings(column(double), column(through), column(every), column(1.0), column(0.9))


def network(duelling=False, hidden=(8,), seed=0, agents=AGENTS):
    model = dqn.q_network((FEATURES,), ACTIONS, hidden=hidden, duelling=duelling, agents=agents, seed=seed)
    return networks.Network(model, agents, (FEATURES,), ACTIONS, "network")


def value_by_hand(weights, agent, x, duelling):
    *hidden, last = zip(weights[::2], weights[1::2], strict=True)
    for w, b in hidden:
        x = np.maximum(x @ w[agent] + b[agent, 0], 0)
    w, b = last
    out = x @ w[agent] + b[agent, 0]
    return out[0] + out[1:] - out[1:].mean() if duelling else out[1:]


def test_targets_are_those_of_a_loop():
    double, duelling, through = [0, 1, 0, 1], [0, 0, 1, 1], [1, 1, 0, 0]
    q, b = network(duelling, hidden=(8, 7)), batch()
    weights, other = q.weights, network(hidden=(8, 7), seed=1).weights
    found = dqn.targets(q, weights, other, b, own_settings(double, through, 10)).numpy()
    for i in range(AGENTS):
        for j in range(BATCH):
            after = value_by_hand(other, i, b.following[i, j], duelling[i])
            naming = value_by_hand(weights, i, b.following[i, j], duelling[i]) if double[i] else after
            follows = not b.terminated[i, j] and (through[i] or not b.truncated[i, j])
            expected = b.reward[i, j] + follows * 0.9 ** b.steps[i, j] * after[naming.argmax()]
            assert found[i, j] == pytest.approx(expected, abs=1e-5)
    single = dqn.targets(q, weights, other, b, own_settings(0, through, 10))
    assert not np.allclose(found, single)  # so that doubling isn't idle here


@pytest.mark.parametrize("duelling", [0, 1])
def test_gradient_steps_are_those_of_keras(duelling):
    """Three steps, weighted, clipped, the target network copied after the second: against Keras' own Adam."""
    q = network(duelling)
    now, who, weight = dqn.learner(q.weights), 2, np.random.default_rng(3).random((AGENTS, BATCH))
    model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(8, "relu")])
    model.add(keras.layers.Dense(1 + ACTIONS))
    model.set_weights([w[who] if w.shape[1] > 1 else w[who, 0] for w in q.weights])
    frozen = keras.models.clone_model(model)
    frozen.set_weights(model.get_weights())
    optimizer = keras.optimizers.Adam(0.01, global_clipnorm=0.5)

    def values(network, x):
        out = network(x)
        centred = out[:, 1:] - tf.reduce_mean(out[:, 1:], axis=1, keepdims=True)
        return out[:, :1] + centred if duelling else out[:, 1:]

    for k in range(3):
        b = batch(k)
        now, errors = dqn.gradient_step(q, now, b, weight.astype("float32"), 0.01, own_settings(0, 1, 2), 0.5)
        best = tf.reduce_max(values(frozen, b.following[who]), axis=1)
        wanted = b.reward[who] + 0.9 ** b.steps[who] * ~b.terminated[who] * best
        with tf.GradientTape() as tape:
            rows = tf.stack([tf.range(BATCH), b.action[who]], axis=1)
            chosen = tf.gather_nd(values(model, b.observation[who]), rows)
            huber = keras.losses.Huber(delta=1.0, reduction="none")(wanted[:, None], chosen[:, None])
            loss = tf.reduce_mean(huber * weight[who])
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        np.testing.assert_allclose(errors[who], wanted - chosen, atol=1e-4)
        if k == 1:
            frozen.set_weights(model.get_weights())
    for ours, theirs in [(now.adam.weights, model), (now.target, frozen)]:
        for one, other in zip(ours, theirs.get_weights(), strict=True):
            np.testing.assert_allclose(one[who].numpy().reshape(other.shape), other, atol=2e-5)


def test_agents_exchange_nothing():
    q, weight = network(1), np.ones((AGENTS, BATCH), "float32")
    first, second = batch(0), batch(1)
    mixed = replay.Transitions(*(np.concatenate([a[:1], b[1:]]) for a, b in zip(first, second, strict=True)))
    found = [
        dqn.gradient_step(q, dqn.learner(q.weights), b, weight, 0.01, own_settings(1, 1, 5), 1.0)[
            0
        ].adam.weights
        for b in (first, mixed)
    ]
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        assert np.abs(one[1:] - other[1:]).max() > 0


def one_hot(environments):
    n = int(environments.single_observation_space.n)
    space = gymnasium.spaces.Box(0, 1, (n,), "float32")
    return TransformObservation(
        environments, lambda state: np.eye(n, dtype="float32")[state], single_observation_space=space
    )


QUICK = dqn.Settings(
    discount=0.8,
    hidden=(16,),
    learning_rate=0.02,
    learning_starts=200,
    train_every=40,
    updates=40,
    batch_size=32,
    explore=(1.0, 1.0, 1.0),
    capacity=2_000,
    target_every=20,
)


def test_a_time_out_is_not_an_end():
    """One state, reward 1 a step, stopped after 4 steps: worth 1 / (1 - 0.8) = 5, unless time-outs count as ends."""
    endless = planning.from_transitions([[[(1.0, 0, 1.0, False)]] * 2], start=0)
    environments = one_hot(TableVectorEnv(endless, 8, time_limit=4))
    settings = dqn.Settings(**{**QUICK.__dict__, "through_truncation": np.array([True, False])})
    trained = dqn.train(environments, settings, agents=2, steps=8_000, seed=0)
    right, wrong = trained.values(np.ones((2, 1, 1), "float32")).max(axis=(1, 2))
    assert right == pytest.approx(5.0, abs=0.1)
    assert wrong < 3.5  # every fourth step's target is 1


def test_learnt_values_are_the_exact_ones():
    """Every variant, on a small random process: values against value iteration."""
    rng = np.random.default_rng(0)
    world = [
        [
            [(0.5, int(rng.integers(4)), float(rng.normal()), bool(rng.random() < 0.2)),
             (0.5, int(rng.integers(4)), float(rng.normal()), False)]
            for _ in range(2)
        ]
        for _ in range(4)
    ]  # fmt: skip
    model = planning.from_transitions(world, start=np.full(4, 0.25))
    exact = planning.value_iteration(model, 0.8).action_values
    environments = one_hot(TableVectorEnv(model, 4 * 4, time_limit=20))
    variants = {
        "double": np.array([False, True, False, False]),
        "duelling": np.array([False, False, True, False]),
        "priority": np.array([0.0, 0.0, 0.0, 0.6]),
        "correction": 1.0,
        "capacity": 5_000,
        "learning_rate": 0.01,
    }
    trained = dqn.train(
        environments, dqn.Settings(**{**QUICK.__dict__, **variants}), agents=4, steps=20_000, seed=0
    )
    states = np.tile(np.eye(4, dtype="float32"), (4, 1, 1))
    found = trained.values(states)
    assert np.abs(exact).max() > 1
    np.testing.assert_allclose(found, np.broadcast_to(exact, found.shape), atol=0.35)


def cartpoles(copies, **options):
    return gymnasium.make_vec(
        "CartPole-v1", num_envs=copies, vectorization_mode="vector_entry_point", **options
    )


SHORT = dqn.Settings(hidden=(8,), learning_starts=100, train_every=40, updates=2, batch_size=8, capacity=500)


def test_the_same_seed_gives_the_same_curve():
    runs = [dqn.train(cartpoles(4), SHORT, agents=2, steps=600, seed=seed) for seed in (3, 3, 4)]
    by_agent = [[mine.tolist() for mine in run.returns] for run in runs]
    assert by_agent[0] == by_agent[1] != by_agent[2]
    for a, b in zip(runs[0].network.get_weights(), runs[1].network.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert [len(mine) for mine in runs[0].ends] == [len(mine) for mine in runs[0].returns]
    assert all((np.diff(mine) >= 0).all() for mine in runs[0].ends)


def test_greedy_episodes_are_those_of_a_single_environment():
    """Each environment's first episode only; and what was got is its discounted return."""
    q = dqn.q_network((4,), 2, hidden=(8,), agents=2, seed=5)
    q = networks.Network(q, 2, (4,), 2, "network")
    trained = dqn.Trained(q.model, 2, [], [], np.zeros(0), 0, q.acting(q.weights))
    played = dqn.greedy_episodes(cartpoles(6), trained, 3, seed=7, discount=0.9)
    first, _ = cartpoles(6).reset(seed=7)
    for place in range(6):
        agent, lone = place // 3, gymnasium.make("CartPole-v1")
        lone.reset()
        lone.unwrapped.state = first[place].astype("float64")
        seen, total, over = first[place], 0, False
        while not over:
            action = int(value_by_hand(q.weights, agent, seen, False).argmax())
            seen, _, terminated, truncated, _ = lone.step(action)
            total, over = total + 1, terminated or truncated
        assert (
            abs(played.returns[agent, place % 3] - total) <= 1
        )  # Gymnasium's two versions round differently
        expected = (1 - 0.9 ** played.returns[agent, place % 3]) / 0.1
        assert played.got[agent, place % 3] == pytest.approx(expected)
    with pytest.raises(ValueError, match="need 10 environments"):
        dqn.greedy_episodes(cartpoles(4), trained, 5, seed=1)


class Spoilt(gymnasium.vector.VectorWrapper):
    def step(self, actions):
        seen, reward, *rest = super().step(actions)
        return seen, np.full_like(reward, np.nan), *rest


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="reward nan in environment 0"):
        dqn.train(Spoilt(cartpoles(2)), SHORT, agents=1, steps=100)
    with pytest.raises(ValueError, match="can't be shared out evenly among 3"):
        dqn.train(cartpoles(4), SHORT, agents=3, steps=100)
    with pytest.raises(ValueError, match="needs Box"):
        dqn.train(TableVectorEnv(planning.from_transitions([[[(1.0, 0, 0.0, True)]]], 0), 2), SHORT, agents=1,
                  steps=10)  # fmt: skip
    with pytest.raises(ValueError, match="single environment"):
        dqn.train(gymnasium.make("CartPole-v1"), SHORT, agents=1, steps=10)
    with pytest.raises(ValueError, match=r"steps=3\).*has 4 environments.*give 4 steps or more"):
        dqn.train(cartpoles(4), SHORT, agents=1, steps=3)
    with pytest.raises(ValueError, match=r"Settings\(max_grad_norm\)=\[2\]: expected a finite number"):
        dqn.Settings(max_grad_norm=[2])
    with pytest.raises(ValueError, match="needs Discrete"):
        dqn.train(gymnasium.make_vec("Pendulum-v1", num_envs=2), SHORT, agents=1, steps=10)


def test_diverging_values_are_an_error():
    settings = dqn.Settings(**{**SHORT.__dict__, "learning_rate": 1e30, "updates": 10})
    with pytest.raises(ValueError, match="no longer finite"):
        dqn.train(cartpoles(4), settings, agents=1, steps=2_000)


def test_schedules_reach_what_they_say_and_stay_there():
    settings = dqn.Settings(explore=(0.9, 0.05, 0.25), correction=0.4, learning_rate=1e-2, final_share=0.1)
    start, middle, end = (dqn.schedules(settings, done) for done in (0.0, 0.5, 1.0))
    assert start == pytest.approx((0.9, 0.4, 1e-2)) and end == pytest.approx((0.05, 1.0, 1e-3))
    assert middle == pytest.approx((0.05, 0.7, 5.5e-3))
    assert dqn.schedules(settings, 0.125)[0] == pytest.approx((0.9 + 0.05) / 2)
    assert [dqn.schedules(settings, done)[0] for done in (0.25, 0.3, 0.9)] == pytest.approx([0.05] * 3)
