"""Environments made of a table: any finite Markov decision process on Gymnasium's interface, one copy or many."""

from typing import ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode


class TableEnv(gymnasium.Env):
    """A finite Markov decision process.

    Args:
        model: planning.Model.
        time_limit: steps after which an episode is truncated; None for no limit.
    """

    metadata: ClassVar = {"render_modes": []}

    def __init__(self, model, time_limit=None, render_mode=None):
        self.model, self.time_limit, self.render_mode = model, time_limit, render_mode
        self.observation_space = spaces.Discrete(model.states)
        self.action_space = spaces.Discrete(model.actions)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._state = int(_first(self.model, self.np_random.random(1))[0])
        self._elapsed = 0
        return self._state, {}

    def step(self, action):
        state, action = np.array([self._state]), np.array([action])
        following, reward, terminated = self.model.outcome(state, action, self.np_random.random(1))
        self._state = int(following[0])
        self._elapsed += 1
        truncated = self.time_limit is not None and self._elapsed >= self.time_limit
        return self._state, float(reward[0]), bool(terminated[0]), truncated, {}


class TableVectorEnv(gymnasium.vector.VectorEnv):
    """Many independent copies of a finite Markov decision process, stepped at once in NumPy.

    An episode that has ended is reset on the next step, whose action is ignored and whose reward is 0, as in
    Gymnasium's own vector environments (AutoresetMode.NEXT_STEP).

    Args:
        model: planning.Model.
        num_envs: how many copies.
        time_limit: steps after which an episode is truncated; None for no limit.
    """

    def __init__(self, model, num_envs, time_limit=None):
        self.model, self.num_envs, self.time_limit = model, num_envs, time_limit
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        self.single_observation_space = spaces.Discrete(model.states)
        self.single_action_space = spaces.Discrete(model.actions)
        self.observation_space = spaces.MultiDiscrete([model.states] * num_envs)
        self.action_space = spaces.MultiDiscrete([model.actions] * num_envs)

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
    """First states, drawn with uniform numbers (copies,)."""
    return np.searchsorted(np.cumsum(model.start)[:-1], uniform, side="right")
