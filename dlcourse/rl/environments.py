"""Many environments stepped at once: any finite Markov decision process, CartPole, Pendulum."""

from typing import ClassVar

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from gymnasium.wrappers.vector import TransformObservation

SCALE = np.array([1.2, 1.0, 0.1, 1.0], "float32")
"""m, m/s, rad, rad/s: half the track's half, a tenth of a radian ... so that all four are of the size of 1."""


def cart_poles(num_envs, time_limit=500):
    """Gymnasium's vectorised CartPole-v1, its observations divided by ``SCALE``.

    Args:
        num_envs: how many.
        time_limit: steps after which an episode is truncated.
    """
    poles = gymnasium.make_vec(
        "CartPole-v1",
        num_envs=num_envs,
        vectorization_mode="vector_entry_point",
        max_episode_steps=time_limit,
    )
    single = poles.single_observation_space
    scaled = gymnasium.spaces.Box(single.low / SCALE, single.high / SCALE, dtype=np.float32)
    return TransformObservation(poles, lambda x: x / SCALE, single_observation_space=scaled)


class TableVectorEnv(VectorEnv):
    """Many independent environments of one finite Markov decision process, stepped at once in NumPy.

    An episode that has ended is reset on the next step, whose action is ignored and whose reward is 0, as in
    Gymnasium's own vector environments (AutoresetMode.NEXT_STEP).

    Args:
        model: planning.Model.
        num_envs: how many environments.
        time_limit: steps after which an episode is truncated; None for no limit.
    """

    def __init__(self, model, num_envs, time_limit=None):
        self.model, self.num_envs, self.time_limit = model, num_envs, time_limit
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        self.single_observation_space = gymnasium.spaces.Discrete(model.states)
        self.single_action_space = gymnasium.spaces.Discrete(model.actions)
        self.observation_space = gymnasium.spaces.MultiDiscrete([model.states] * num_envs)
        self.action_space = gymnasium.spaces.MultiDiscrete([model.actions] * num_envs)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._state = _first(self.model, self.np_random.random(self.num_envs))
        self._elapsed = np.zeros(self.num_envs, "int64")
        self._ended = np.zeros(self.num_envs, bool)
        return self._state.copy(), {}

    def step(self, actions):
        fresh = self._ended
        uniform = self.np_random.random(self.num_envs)
        following, reward, terminated = self.model.outcome(self._state, np.asarray(actions), uniform)
        if fresh.any():
            following = np.where(fresh, _first(self.model, uniform), following)
            reward, terminated = np.where(fresh, 0.0, reward), terminated & ~fresh
        self._elapsed = np.where(fresh, 0, self._elapsed + 1)
        truncated = np.zeros(self.num_envs, bool)
        if self.time_limit is not None:
            truncated = self._elapsed >= self.time_limit
        self._state, self._ended = following, terminated | truncated
        return following.copy(), reward, terminated, truncated, {}


def _first(model, uniform):
    """First states, drawn with uniform numbers (num_envs,)."""
    return np.searchsorted(np.cumsum(model.start)[:-1], uniform, side="right")


GRAVITY, STEP, MOST_SPEED, MOST_TORQUE, TIME_LIMIT = 10.0, 0.05, 8.0, 2.0, 200


class VectorPendulum(VectorEnv):
    """A rod on a hinge, to be swung up and held by a torque that is too weak to lift it at once.

    Dynamics, rewards, first states and the time limit, which alone ends an episode, are Pendulum-v1's (mass and
    length 1). An episode that has ended is reset on the
    next step, whose action is ignored and whose reward is 0 (AutoresetMode.NEXT_STEP).

    Args:
        num_envs: how many environments.
    """

    metadata: ClassVar = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(self, num_envs=1):
        high = np.array([1.0, 1.0, MOST_SPEED], "float32")
        self.num_envs = num_envs
        self.single_observation_space = gymnasium.spaces.Box(-high, high, dtype=np.float32)
        self.single_action_space = gymnasium.spaces.Box(-MOST_TORQUE, MOST_TORQUE, (1,), np.float32)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._angle, self._speed = self._first(self.num_envs)
        self._elapsed = np.zeros(self.num_envs, "int64")
        self._ended = np.zeros(self.num_envs, bool)
        return self._observation(), {}

    def step(self, actions):
        fresh = self._ended
        torque = np.clip(np.asarray(actions, "float64")[:, 0], -MOST_TORQUE, MOST_TORQUE)
        from_top = (self._angle + np.pi) % (2 * np.pi) - np.pi
        reward = -(from_top**2 + 0.1 * self._speed**2 + 0.001 * torque**2)
        faster = self._speed + (1.5 * GRAVITY * np.sin(self._angle) + 3.0 * torque) * STEP
        self._speed = np.clip(faster, -MOST_SPEED, MOST_SPEED)
        self._angle = self._angle + self._speed * STEP
        self._elapsed += 1
        if fresh.any():
            self._angle[fresh], self._speed[fresh] = self._first(fresh.sum())
            self._elapsed[fresh], reward[fresh] = 0, 0.0
        truncated = self._elapsed >= TIME_LIMIT
        self._ended = truncated
        return self._observation(), reward, np.zeros(self.num_envs, bool), truncated.copy(), {}

    def _first(self, number):
        return self.np_random.uniform(-np.pi, np.pi, number), self.np_random.uniform(-1, 1, number)

    def _observation(self):
        return np.stack([np.cos(self._angle), np.sin(self._angle), self._speed], axis=1).astype("float32")
