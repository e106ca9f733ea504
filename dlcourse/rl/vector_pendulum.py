"""Gymnasium's Pendulum-v1, many copies stepped at once in NumPy: Gymnasium itself has no vectorised one."""

from typing import ClassVar

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

GRAVITY, STEP, MOST_SPEED, MOST_TORQUE = 10.0, 0.05, 8.0, 2.0


class VectorPendulum(VectorEnv):
    """A rod on a hinge, to be swung up and held by a torque that is too weak to lift it at once.

    Dynamics, rewards and first states are Pendulum-v1's (mass and length 1). An episode that has ended is reset on the
    next step, whose action is ignored and whose reward is 0 (AutoresetMode.NEXT_STEP).

    Args:
        num_envs: how many copies.
        max_episode_steps: after which an episode is truncated; nothing else ends it.
    """

    metadata: ClassVar = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(self, num_envs=1, max_episode_steps=200):
        high = np.array([1.0, 1.0, MOST_SPEED], "float32")
        self.num_envs, self.max_episode_steps = num_envs, max_episode_steps
        self.single_observation_space = spaces.Box(-high, high, dtype=np.float32)
        self.single_action_space = spaces.Box(-MOST_TORQUE, MOST_TORQUE, (1,), np.float32)
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
        truncated = self._elapsed >= self.max_episode_steps
        self._ended = truncated
        return self._observation(), reward, np.zeros(self.num_envs, bool), truncated.copy(), {}

    def _first(self, number):
        return self.np_random.uniform(-np.pi, np.pi, number), self.np_random.uniform(-1, 1, number)

    def _observation(self):
        return np.stack([np.cos(self._angle), np.sin(self._angle), self._speed], axis=1).astype("float32")
