"""Keras models as agents: learners' own networks, pixels, files, NumPy against Keras, five side by side against one."""

import gymnasium
import keras
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from gymnasium.vector.utils import batch_space
from keras import layers

from dlcourse.models.stacked import feed_forward
from dlcourse.rl import dqn, environments, networks, ppo


class Corridor(gymnasium.Env):
    """A picture of 3 by 6 pixels in which a bright one marks the place; going to its goal, left or right, pays.

    The goal is dim, at one end of the first row. The step costs 0.1, the goal pays 1 and ends the episode, and after
    12 steps time is up.
    """

    observation_space = spaces.Box(0, 255, (3, 6, 1), np.uint8)
    action_space = spaces.Discrete(2)

    def __init__(self, render_mode=None):
        self.render_mode = render_mode

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.goal, self.place, self.elapsed = (
            5 * int(self.np_random.integers(2)),
            int(self.np_random.integers(1, 5)),
            0,
        )
        return self._seen(), {}

    def step(self, action):
        self.place, self.elapsed = int(np.clip(self.place + 2 * action - 1, 0, 5)), self.elapsed + 1
        there = self.place == self.goal
        return self._seen(), 1.0 if there else -0.1, there, self.elapsed >= 12 and not there, {}

    def _seen(self):
        picture = np.zeros((3, 6, 1), "uint8")
        picture[0, self.goal], picture[1, self.place] = 128, 255
        return picture


def corridors(number):
    return SyncVectorEnv([Corridor] * number)


def convnet(outputs):
    """A learner's own network, on pixels."""
    return keras.Sequential([
        keras.Input((3, 6, 1)), layers.Rescaling(1 / 255),
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.Flatten(), layers.Dense(32, activation="relu"), layers.Dense(outputs),
    ])  # fmt: skip


def test_gymnasiums_checker_passes_the_corridor():
    check_env(Corridor(), skip_render_check=True)


def solves(choose):
    """Share of 200 episodes in which an agent reaches the goal by the shortest way."""
    fields, shortest = corridors(200), []
    seen, _ = fields.reset(seed=9)
    for picture in seen:
        goal, place = picture[0, :, 0].argmax(), picture[1, :, 0].argmax()
        shortest.append(abs(int(goal) - int(place)))
    shortest, steps, running = np.array(shortest), np.zeros(200), np.ones(200, bool)
    while running.any():
        seen, _, terminated, truncated, _ = fields.step(choose(seen))
        steps += running
        running &= ~(terminated | truncated)
    return np.mean(steps == shortest)


def test_dqn_learns_from_pixels_by_a_network_of_ones_own(tmp_path):
    keras.utils.set_random_seed(0)
    run = dqn.train(corridors(8), dqn.Settings(), agents=1, steps=6_000, network=convnet(2))
    assert solves(lambda x: run.network.predict_on_batch(x).argmax(axis=1)) > 0.95
    assert run.returns[0][-50:].mean() > 0.3 > run.returns[0][:50].mean()
    run.network.save(tmp_path / "agent.keras")
    again, (seen, _) = keras.models.load_model(tmp_path / "agent.keras"), corridors(20).reset(seed=1)
    np.testing.assert_allclose(run.values(seen[None])[0], again.predict_on_batch(seen), atol=1e-5)


def test_ppo_learns_from_pixels_by_networks_of_ones_own(tmp_path):
    keras.utils.set_random_seed(0)
    run = ppo.train(corridors(8), ppo.Settings(), steps=4_000, actor=convnet(2), critic=convnet(1))
    assert solves(run.chooser()) > 0.95
    assert run.returns[0][-50:].mean() > 0.3 > run.returns[0][:50].mean()
    run.actor.save(tmp_path / "actor.keras")
    again, (seen, _) = keras.models.load_model(tmp_path / "actor.keras"), corridors(20).reset(seed=1)
    np.testing.assert_array_equal(run.chooser()(seen), again.predict_on_batch(seen).argmax(axis=1))


def test_a_chooser_plays_greedily_by_the_network():
    small = dqn.Settings(hidden=(8,))
    run = dqn.train(environments.cart_poles(4), small, steps=40)  # one agent, if nothing is said
    seen, _ = environments.cart_poles(30).reset(seed=4)
    expected = run.network.predict_on_batch(np.broadcast_to(seen, (1, *seen.shape)))[0].argmax(axis=1)
    np.testing.assert_array_equal(run.chooser()(seen), expected)
    assert run.agents == 1 and 0 < expected.sum() < 30
    for settings in (small, dqn.Settings(hidden=(8,), duelling=np.array([True, False]))):
        run = dqn.train(environments.cart_poles(4), settings, agents=2, steps=40)
        values = run.values(np.stack([seen, seen]))
        for agent in (0, 1):
            np.testing.assert_array_equal(run.chooser(agent)(seen), values[agent].argmax(axis=1))


def test_observations_of_another_shape_are_said_to_be_so():
    run = dqn.train(environments.cart_poles(4), dqn.Settings(hidden=(8,)), steps=40)
    proximal = ppo.train(environments.cart_poles(4), ppo.Settings(hidden=(8,), epochs=1, length=4), steps=16)
    for wrong in (np.zeros((5, 4)), np.zeros((2, 5, 4)), np.zeros((1, 5, 3)), np.zeros(4)):
        with pytest.raises(ValueError, match=r"expected \(1, n, 4\), the agents first.*observations\[None\]"):
            run.values(wrong)
    for chooser in (run.chooser(), proximal.chooser()):
        assert chooser(np.zeros((5, 4))).shape == (5,)
        for wrong in (np.zeros(4), np.zeros((1, 5, 4)), np.zeros((5, 3))):
            with pytest.raises(ValueError, match=r"expected \(n, 4\).*A single one is observation\[None\]"):
                chooser(wrong)


def test_a_built_network_takes_pixels_too():
    run = ppo.train(corridors(8), ppo.Settings(epochs=2), steps=500)
    assert run.chooser()(corridors(3).reset(seed=0)[0]).shape == (3,)
    run = dqn.train(corridors(4), dqn.Settings(learning_starts=100), agents=2, steps=400)
    assert run.values(np.zeros((2, 5, 3, 6, 1), "uint8")).shape == (2, 5, 2)


# Acting in NumPy


@pytest.mark.parametrize("activation", ["relu", "tanh", None])
def test_a_plain_chain_acts_in_numpy_as_in_keras(activation):
    model = keras.Sequential([
        keras.Input((2, 3)), layers.Flatten(), layers.Dense(7, activation), layers.Dense(5, activation),
        layers.Dense(4),
    ])  # fmt: skip
    network = networks.Network(model, 1, (2, 3), 4, "network")
    x = np.random.default_rng(0).normal(size=(50, 2, 3)).astype("float32")
    assert network.in_numpy
    np.testing.assert_allclose(network.acting(network.weights)(x[None])[0], model(x), atol=1e-5)
    np.testing.assert_allclose(network(network.weights, x[None])[0], model(x), atol=1e-5)


def test_built_networks_act_in_numpy_as_in_keras_and_come_back_from_a_file(tmp_path):
    """The stacked actor of continuous actions, and the stacked Q-network, half of it duelling."""
    pendulum = ppo.train(environments.VectorPendulum(6), ppo.Settings(length=8, epochs=2), steps=40, agents=3)
    q = dqn.q_network((3,), 4, hidden=(5,), duelling=[True, False, True], agents=3, seed=2)
    for model, outputs in [(pendulum.actor, 2), (pendulum.critic, 1), (q, 4)]:
        network = networks.Network(model, 3, (3,), outputs, "network")
        x = np.random.default_rng(0).normal(size=(3, 50, 3)).astype("float32")
        assert network.in_numpy
        np.testing.assert_allclose(network.acting(network.weights)(x), model(x), atol=1e-5)
        np.testing.assert_allclose(
            network.acting_alone(network.weights, 1)(x[0]), model(x[:1] + 0 * x)[1], atol=1e-5
        )
        model.save(tmp_path / "model.keras")
        again = keras.models.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(again(x), model(x))


def test_what_is_no_chain_of_dense_layers_acts_by_keras():
    x = keras.Input((4,))
    once = layers.Dense(4, "relu")(x)
    twice = layers.Dense(4, "relu")
    for model in [
        keras.Model(x, layers.Dense(2)(layers.Add()([x, once]))),
        keras.Model(x, layers.Dense(2)(twice(twice(x)))),
        keras.Model(x, layers.Dense(2, "gelu")(once)),
        keras.Model(x, layers.Dense(2, use_bias=False)(once)),
    ]:
        network = networks.Network(model, 1, (4,), 2, "network")
        observations = np.random.default_rng(0).normal(size=(1, 9, 4)).astype("float32")
        assert not network.in_numpy
        found = network.acting(network.weights)(observations)[0]
        np.testing.assert_allclose(found, model(observations[0]), atol=1e-5)


# Five side by side are five alone


class Alike(VectorEnv):
    """Agents' worlds that are the same: environment e of each of ``agents`` starts where that of the others does.

    Episodes take 9 steps; even environments terminate, odd ones are truncated.
    """

    def __init__(self, agents, each=4):
        self.agents, self.each, self.num_envs = agents, each, agents * each
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        self.single_observation_space = spaces.Box(-10, 10, (3,), np.float32)
        self.single_action_space = spaces.Discrete(2)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)

    def _start(self):
        place = np.arange(self.num_envs) % self.each
        return np.stack([np.sin(place), np.cos(place), 0.1 * place], axis=1).astype("float32")

    def reset(self, *, seed=None, options=None):
        self.x, self.count, self.ended = self._start(), np.zeros(self.num_envs), np.zeros(self.num_envs, bool)
        return self.x.copy(), {}

    def step(self, actions):
        moved = np.roll(self.x, 1, axis=1) * 0.9 + (2 * actions[:, None] - 1) * np.array(
            [0.1, 0.3, -0.2], "float32"
        )
        self.x = np.where(self.ended[:, None], self._start(), moved).astype("float32")
        self.count = np.where(self.ended, 0, self.count + 1)
        reward = np.where(self.ended, 0.0, -np.abs(self.x).sum(axis=1))
        self.ended, even = self.count >= 9, np.arange(self.num_envs) % 2 == 0
        return self.x.copy(), reward, self.ended & even, self.ended & ~even, {}


class SameLuck:
    """A random generator that gives each of so many agents the same numbers."""

    def __init__(self, agents):
        self.agents, self.rng = agents, np.random.Generator(np.random.PCG64(0))

    def _shared(self, draw, shape):
        """Draws of a shape whose axis of agents is the first that is as long as there are, or a multiple of it."""
        shape = shape if isinstance(shape, tuple) else (shape,)
        axis = 1 if len(shape) == 3 and shape[1] == self.agents else 0
        once = draw((*shape[:axis], shape[axis] // self.agents, *shape[axis + 1 :]))
        return np.concatenate([once] * self.agents, axis=axis)

    def random(self, shape, dtype=np.float64):
        return self._shared(lambda shape: self.rng.random(shape, dtype), shape)

    def integers(self, high, size):
        return self._shared(lambda shape: self.rng.integers(high, size=shape), size)

    def permuted(self, order, axis):
        once = self.rng.permuted(order[:, :1], axis=axis)
        return np.concatenate([once] * self.agents, axis=1)


def stacked_and_alone(outputs, activation):
    """A stacked model of five networks, and five plain ones with the same weights."""
    stacked = feed_forward.mlp(range(5), (3,), outputs, hidden=[6], shared=False, activation=activation)
    plain = []
    for number in range(5):
        plain.append(
            keras.Sequential([keras.Input((3,)), layers.Dense(6, activation), layers.Dense(outputs)])
        )
        plain[-1].set_weights([w[number] if w.shape[1] > 1 else w[number, 0] for w in stacked.get_weights()])
    return stacked, plain


def same(stacked, plain):
    for together, *alone in zip(
        stacked.get_weights(), *(model.get_weights() for model in plain), strict=True
    ):
        for number, own in enumerate(alone):
            np.testing.assert_allclose(together[number].reshape(own.shape), own, atol=1e-4)


@pytest.fixture
def luck(monkeypatch):
    """Call it with a number of agents, before a run of so many."""
    return lambda agents: monkeypatch.setattr(np.random, "default_rng", lambda seed: SameLuck(agents))


def test_five_agents_of_dqn_side_by_side_are_five_alone(luck):
    settings = dqn.Settings(
        learning_starts=40,
        train_every=16,
        updates=4,
        batch_size=8,
        capacity=300,
        double=True,
        target_every=5,
        n=2,
    )
    stacked, plain = stacked_and_alone(2, "relu")
    before = [weights.copy() for weights in stacked.get_weights()]
    luck(5)
    together = dqn.train(Alike(5), settings, agents=5, steps=400, network=stacked)
    luck(1)
    alone = [dqn.train(Alike(1), settings, agents=1, steps=400, network=model) for model in plain]
    for returns, run in zip(together.returns, alone, strict=True):
        np.testing.assert_allclose(returns, run.returns[0], atol=1e-4)
    same(stacked, plain)
    assert max(np.abs(a - b).max() for a, b in zip(before, stacked.get_weights(), strict=True)) > 0.01
    assert not np.allclose(together.returns[0][:20], together.returns[1][:20])


def test_five_agents_of_ppo_side_by_side_are_five_alone(luck):
    settings = ppo.Settings(length=8, minibatch=16, epochs=3)
    (actor, actors), (critic, critics) = stacked_and_alone(2, "tanh"), stacked_and_alone(1, "relu")
    luck(5)
    together = ppo.train(Alike(5), settings, agents=5, steps=300, actor=actor, critic=critic)
    luck(1)
    alone = [
        ppo.train(Alike(1), settings, steps=300, actor=a, critic=c)
        for a, c in zip(actors, critics, strict=True)
    ]
    for returns, run in zip(together.returns, alone, strict=True):
        np.testing.assert_allclose(returns, run.returns[0], atol=1e-4)
    same(actor, actors)
    same(critic, critics)
    assert not np.allclose(together.returns[0][:20], together.returns[1][:20])


# Bad models


def dense(outputs, shape=(4,)):
    return keras.Sequential([keras.Input(shape), layers.Dense(outputs)])


@pytest.mark.parametrize(
    ("model", "agents", "message"),
    [
        (3, 1, "expected a keras.Model"),
        (dense(3), 1, r"from observations \(batch, 4\) it makes \(batch, 3\); expected \(batch, 2\)"),
        (dense(2, (5,)), 1, r"input_shape is \(None, 5\).*expected \(None, 4\), or \(1, None, 4\) of a stacked"),
        (dense(2), 2, r"need a stacked model, \(2, None, 4\).*With agents=1 a plain one"),
        (feed_forward.mlp(range(2), (4,), 3, hidden=[3], shared=False), 2,
         r"from observations \(2, batch, 4\) it makes \(2, batch, 3\); expected \(2, batch, 2\)"),
        (keras.Sequential([keras.Input((4,)), layers.Reshape((2, 2)), layers.GlobalAveragePooling1D()]), 1,
         "no trainable weights"),
    ],
)  # fmt: skip
def test_models_that_do_not_fit_are_refused(model, agents, message):
    with pytest.raises(ValueError, match=message):
        dqn.train(environments.cart_poles(2), dqn.Settings(), agents=agents, steps=10, network=model)


def ending(*last):
    return keras.Sequential([keras.Input((4,)), layers.Dense(8, "relu"), *last])


@pytest.mark.parametrize(
    "model",
    [ending(layers.Dense(2, "softmax")), ending(layers.Dense(2), layers.Softmax())],
    ids=["activation", "layer"],
)
def test_outputs_that_are_probabilities_already_are_refused(model):
    with pytest.raises(ValueError, match=r"train\(actor\): its outputs add up to 1.*Leave out the last"):
        ppo.train(environments.cart_poles(8), ppo.Settings(), steps=10, actor=model)
    with pytest.raises(ValueError, match=r"train\(network\): its outputs add up to 1"):
        dqn.train(environments.cart_poles(2), dqn.Settings(), steps=10, network=model)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (layers.BatchNormalization(name="norm"), "layer 'norm', a BatchNormalization, would never move.*LayerNorm"),
        (layers.Dropout(0.5, name="drop"), "layer 'drop', a Dropout, would do nothing.*Leave it out"),
        (layers.SpatialDropout1D(0.5), "a SpatialDropout1D, would do nothing"),
        (keras.Sequential([layers.GaussianNoise(0.1)]), "a GaussianNoise, would do nothing"),
    ],
    ids=["batch normalisation", "dropout", "spatial dropout", "noise inside"],
)  # fmt: skip
def test_what_acts_in_training_only_is_refused(layer, message):
    shaped = [layers.Reshape((4, 2)), layer, layers.Flatten()]
    with pytest.raises(ValueError, match=message):
        ppo.train(
            environments.cart_poles(8), ppo.Settings(), steps=10, actor=ending(*shaped, layers.Dense(2))
        )
    with pytest.raises(ValueError, match=message):
        dqn.train(
            environments.cart_poles(2), dqn.Settings(), steps=10, network=ending(*shaped, layers.Dense(2))
        )


def test_a_frozen_batch_normalisation_keeps_its_moments_and_layer_normalisation_learns():
    frozen = layers.BatchNormalization(trainable=False)
    actor = ending(frozen, layers.LayerNormalization(), layers.Dense(2))
    frozen.moving_mean.assign(np.full(8, 0.3))
    before = [weights.copy() for weights in actor.get_weights()]
    ppo.train(environments.cart_poles(8), ppo.Settings(epochs=1), steps=300, actor=actor)
    same = [np.array_equal(a, b) for a, b in zip(before, actor.get_weights(), strict=True)]
    by_layer = dict(zip([weight.path for weight in actor.weights], same, strict=True))
    assert all(kept == ("batch_norm" in path) for path, kept in by_layer.items()), by_layer


def test_a_stacked_model_has_only_weights_with_the_axis_of_the_agents():
    x = keras.Input(batch_shape=(2, None, 4))
    with pytest.raises(ValueError, match="begins with the axis of the agents, here 2"):
        networks.Network(keras.Model(x, layers.Dense(2)(x)), 2, (4,), 2, "network")


def test_a_model_of_two_outputs_is_refused():
    x = keras.Input((4,))
    both = keras.Model(x, [layers.Dense(2)(x), layers.Dense(1)(x)])
    with pytest.raises(ValueError, match=r"the model has 2 outputs; expected one.*critic="):
        ppo.train(environments.cart_poles(8), ppo.Settings(), steps=10, actor=both)


def test_actor_and_critic_share_nothing():
    x = keras.Input((4,))
    hidden = layers.Dense(8)(x)
    actor, critic = keras.Model(x, layers.Dense(2)(hidden)), keras.Model(x, layers.Dense(1)(hidden))
    with pytest.raises(ValueError, match="they share weights"):
        ppo.train(environments.cart_poles(8), ppo.Settings(), steps=10, actor=actor, critic=critic)


def test_duelling_is_the_networks_own_business():
    with pytest.raises(ValueError, match="duelling=False"):
        dqn.train(environments.cart_poles(2), dqn.CART_POLE, agents=1, steps=10, network=dense(2))
