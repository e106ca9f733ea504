"""Soft actor-critic: its density, its targets, its temperature, and that it learns what it should."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from dlcourse.rl import environments, networks, policies, replay, sac
from dlcourse.training import optimizers


class Aim(VectorEnv):
    """One step: a number in (-1, 1) is shown, and the action pays minus the squared distance to twice that number."""

    def __init__(self, num_envs=1, broken=False):
        self.num_envs, self.broken = num_envs, broken
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        self.single_observation_space = spaces.Box(-1, 1, (1,), np.float32)
        self.single_action_space = spaces.Box(-2, 2, (1,), np.float32)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._ended = np.zeros(self.num_envs, bool)
        return self._show(), {}

    def _show(self):
        self._x = self.np_random.uniform(-1, 1, (self.num_envs, 1)).astype("float32")
        return self._x.copy()

    def step(self, actions):
        reward = -((np.asarray(actions)[:, 0] - 2 * self._x[:, 0]) ** 2)
        reward = np.where(self._ended, 0.0, reward)
        if self.broken:
            reward[0] = np.nan
        self._ended = ~self._ended
        return self._show(), reward, self._ended.copy(), np.zeros(self.num_envs, bool), {}


def test_the_density_is_that_of_the_squashed_gaussian():
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(1, 7, 4)).astype("float32")
    noise = rng.normal(size=(1, 7, 2)).astype("float32")
    action, density = sac.sample(outputs, noise)
    before = outputs[..., :2] + np.exp(outputs[..., 2:]) * noise
    assert action.numpy() == pytest.approx(np.tanh(before), rel=1e-5)
    theirs, _ = policies.TanhGaussian([-1, -1], [1, 1]).log_probability(outputs, before)
    assert density.numpy() == pytest.approx(theirs.numpy(), rel=1e-4)


def test_the_density_stays_finite_at_the_bounds():
    _, density = sac.sample(np.float32([[30.0, 0.0]]), np.float32([[0.0]]))
    assert np.isfinite(density.numpy()).all()


def learner(actor_bias=0.0, temperature=None, twins=True, **other):
    """A state before the first step, of one agent with one observed number and one of action."""
    settings = sac.Settings(hidden=(8,), temperature=temperature, twins=twins, **other)
    actor, critics = sac.perceptrons((1,), 1, hidden=(8,), seed=0)
    actor = networks.Network(actor, 1, (1,), 2, "actor")
    critics = [networks.Network(critic, 1, (2,), 1, "critic") for critic in critics][: 1 + twins]
    weights = [weight.copy() for weight in actor.weights]
    weights[-2][:], weights[-1][:] = 0, 0
    weights[-1][..., 1] = actor_bias
    judges = [weight for critic in critics for weight in critic.weights]
    now = sac.Learner(
        optimizers.begin(weights),
        optimizers.begin(judges),
        optimizers.begin([np.zeros((1, 1), "float32")]),
        [tf.convert_to_tensor(weight) for weight in judges],
    )
    return settings, actor, critics, now


def batch(size=64, reward=-3.0, terminated=True, seed=0):
    rng = np.random.default_rng(seed)
    shape = (1, size, 1)
    return replay.Transitions(
        tf.constant(rng.normal(size=shape), tf.float32),
        tf.constant(rng.uniform(-1, 1, shape), tf.float32),
        tf.fill((1, size), reward),
        tf.constant(rng.normal(size=shape), tf.float32),
        tf.fill((1, size), terminated),
        tf.fill((1, size), False),
        tf.ones((1, size), tf.int32),
    )


def noises(size=64, seed=1):
    return tf.constant(np.random.default_rng(seed).standard_normal((2, 1, size, 1)), tf.float32)


def test_where_the_world_ends_the_critics_come_to_the_reward():
    settings, actor, critics, now = learner(learning_rate=0.02)
    step = tf.function(lambda now, noise: sac.gradient_step(actor, critics, now, batch(), noise, settings))
    for seed in range(200):
        now = step(now, noises(seed=seed))
    both = tf.concat([batch().observation, batch().action], axis=-1)
    for critic, weights in zip(critics, (now.critics.weights[:4], now.critics.weights[4:]), strict=True):
        assert critic(weights, both).numpy() == pytest.approx(-3.0, abs=0.5)


@pytest.mark.parametrize(("log_scale", "goes"), [(-4.0, 1), (0.0, -1)])
def test_the_temperature_rises_where_the_policy_is_too_narrow_and_falls_where_it_is_wide(log_scale, goes):
    settings, actor, critics, now = learner(log_scale)
    after = sac.gradient_step(actor, critics, now, batch(), noises(), settings)
    assert np.sign(after.log_alpha.weights[0].numpy()) == goes


def test_a_fixed_temperature_stays():
    settings, actor, critics, now = learner(-4.0, temperature=0.2)
    after = sac.gradient_step(actor, critics, now, batch(), noises(), settings)
    assert after.log_alpha is now.log_alpha


def test_slow_copies_move_by_their_share():
    settings, actor, critics, now = learner(averaging=0.25)
    after = sac.gradient_step(actor, critics, now, batch(), noises(), settings)
    for slow, old, new in zip(after.slow, now.slow, after.critics.weights, strict=True):
        assert slow.numpy() == pytest.approx(0.75 * old.numpy() + 0.25 * new.numpy(), rel=1e-5, abs=1e-7)


def test_it_learns_to_aim_and_repeats_itself():
    settings = sac.Settings(hidden=(32,), batch_size=64, learning_rate=3e-3, learning_starts=200, updates=16)
    runs = [sac.train(Aim(4), settings, steps=2_400, agents=2, seed=0) for _ in range(2)]
    x = np.linspace(-0.8, 0.8, 9, dtype="float32")[:, None]
    for agent in range(2):
        assert np.abs(runs[0].chooser(agent)(x) - 2 * x).max() < 0.4
        assert runs[0].returns[agent].tolist() == runs[1].returns[agent].tolist()


def test_it_takes_plain_keras_models():
    def network(inputs, outputs):
        return keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(outputs)])

    actor = network(1, 2)
    before = actor.get_weights()[0].copy()
    settings = sac.Settings(learning_starts=50, batch_size=8)
    run = sac.train(Aim(), settings, steps=100, actor=actor, critics=[network(2, 1), network(2, 1)])
    assert run.actor is actor
    assert not np.allclose(actor.get_weights()[0], before)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"critics": []}, "expected two models"),
        ({"actor": keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])}, "train\\(actor\\)"),
        ({"environments": Aim(broken=True)}, "reward"),
        ({"environments": environments.cart_poles(1)}, "Box"),
        ({"agents": 2}, "agents"),
    ],
)
def test_what_does_not_fit_is_named(change, says):
    given = {"environments": Aim(), "settings": sac.Settings(), "steps": 10} | change
    with pytest.raises(ValueError, match=says):
        sac.train(given.pop("environments"), given.pop("settings"), **given)
