"""A listener whose taste moves with what is played: a small world in which recommending pays now or later.

Three kinds of music. The *hit* is liked at first, and loses by being recommended. The *acquired taste* is hardly
liked at first, and wins by being recommended. The *evergreen* is liked moderately for ever. After each recommendation
the listener plays it or not (reward 1 or 0), and may leave; dissatisfied ones leave sooner. Taste is all of the
state, so that what is best can be computed exactly (``dlcourse.rl.planning``) and what is learnt can be held against
it.
"""

from typing import ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.wrappers.vector import TransformObservation

from dlcourse import checks
from dlcourse.rl import environments, planning

HIT, ACQUIRED, EVERGREEN = range(3)
LEVELS = 5
"""Of liking the hit, and of liking the acquired taste: states are all pairs of them."""

LIKING = np.linspace(0.1, 0.9, LEVELS)
"""Probability of playing what is liked at each level."""

STEADY = 0.5
"""Probability of playing the evergreen."""


def listener(drift, *, stay=0.98, stay_bored=0.90):
    """The world as a Markov decision process.

    Args:
        drift: with which probability a recommendation moves the taste by one level: the hit's down, the acquired
            taste's up. What isn't recommended moves back by one level with a quarter of that probability.
        stay: probability that the listener goes on after playing what was recommended.
        stay_bored: after not playing it.

    Returns:
        planning.Model: 25 states (level of the hit times 5, plus level of the acquired taste), 3 actions; it starts
        where the hit is liked most and the acquired taste least.

    Raises:
        ValueError: where a probability is none. (Of listeners who never leave, ``planning.evaluate`` says so.)
    """
    drift = checks.fraction("listener(drift)", drift)
    stay, stay_bored = (
        checks.fraction(f"listener({name})", value)
        for name, value in [("stay", stay), ("stay_bored", stay_bored)]
    )
    table = []
    for hit in range(LEVELS):
        for acquired in range(LEVELS):
            actions = []
            for action in (HIT, ACQUIRED, EVERGREEN):
                likes = (LIKING[hit], LIKING[acquired], STEADY)[action]
                down = _moves(hit, -1, drift) if action == HIT else _moves(hit, 1, drift / 4)
                up = _moves(acquired, 1, drift) if action == ACQUIRED else _moves(acquired, -1, drift / 4)
                outcomes = []
                for reward, chance, goes_on in [(1.0, likes, stay), (0.0, 1 - likes, stay_bored)]:
                    for next_hit, p in down.items():
                        for next_acquired, q in up.items():
                            after = next_hit * LEVELS + next_acquired
                            outcomes.append((chance * p * q * goes_on, after, reward, False))
                    outcomes.append((chance * (1 - goes_on), 0, reward, True))
                actions.append([outcome for outcome in outcomes if outcome[0] > 0])
            table.append(actions)
    return planning.from_transitions(table, (LEVELS - 1) * LEVELS)


def _moves(level, by, probability):
    """Levels after a possible move, and their probabilities."""
    after = int(np.clip(level + by, 0, LEVELS - 1))
    if after == level:
        return {level: 1.0}
    return {level: 1 - probability, after: probability}


def myopic(model):
    """The policy that takes the likeliest to be played now, whatever follows: int64 (states,)."""
    return planning.greedy(model.expected_reward)


def liking(states):
    """What an agent is told of states: the two levels of taste, each from 0 to 1, float32 (..., 2)."""
    return np.stack(np.divmod(states, LEVELS), axis=-1).astype("float32") / (LEVELS - 1)


class Listener(gymnasium.Env):
    """One listener on Gymnasium's interface: observations are `liking`, three actions, an episode is a visit.

    Args:
        drift: as for `listener`.
    """

    metadata: ClassVar = {"render_modes": []}

    def __init__(self, drift):
        self.model = listener(drift)
        self.observation_space = spaces.Box(0.0, 1.0, (2,), np.float32)
        self.action_space = spaces.Discrete(self.model.actions)
        self._state = None

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._state = int(self.model.start.argmax())
        return liking(self._state), {}

    def step(self, action):
        if self._state is None:
            raise RuntimeError(
                "Listener.step(): no visit has begun, or the last one has ended: call reset() first."
            )
        if not self.action_space.contains(action):
            raise ValueError(
                f"Listener.step({action!r}): expected a whole number from 0 to {self.action_space.n - 1}."
            )
        outcome = self.model.outcome(np.array([self._state]), np.array([action]), self.np_random.random(1))
        after, reward, terminated = (field[0] for field in outcome)
        self._state = None if terminated else int(after)
        return liking(int(after)), float(reward), bool(terminated), False, {}


def listeners(model, num_envs, time_limit=200):
    """Many listeners at once, a vector environment whose observations are `liking`, (num_envs, 2)."""
    tables = environments.TableVectorEnv(model, num_envs, time_limit)
    return TransformObservation(
        tables, liking, single_observation_space=spaces.Box(0.0, 1.0, (2,), np.float32)
    )
