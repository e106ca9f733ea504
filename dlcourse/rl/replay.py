"""Replay memories in arrays: what happened, kept, and drawn again, uniformly or by priority; n-step transitions.

Everything is done for several agents at once (the first axis), which exchange nothing. Terminated and truncated are
stored apart: what follows from them is the learner's business.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Transitions(NamedTuple):
    """Transitions as arrays with the same leading axes (...).

    Attributes:
        observation: float32 or uint8 (..., *observation shape), where the action was taken.
        action: int32 (...), or float32 (..., *action shape) where actions are continuous.
        reward: float32 (...), discounted sum of the rewards of ``steps`` steps.
        following: of the same shape and dtype, what was seen after them.
        terminated: bool (...): the world ended; nothing follows.
        truncated: bool (...): the episode was stopped; something would have followed.
        steps: int32 (...): how many steps lie between, n, or fewer at the end of an episode.
    """

    observation: np.ndarray
    action: np.ndarray
    reward: np.ndarray
    following: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    steps: np.ndarray


class NSteps:
    """Cuts the experience of several environments into n-step transitions (Sutton 1988).

    Details:
    - A transition is complete after n steps, or where its episode ends: then all that are begun are handed out,
      shorter ones, so that no end is lost (Hessel et al. 2018 leave this open).
    - The rewards on the way are those of the behaviour, exploration included: with n > 1 and old experience this is an
      approximation, since the target policy would have done otherwise (no correction, as Hessel et al. 2018).
    - The step after an episode's end, which only resets, is in no transition.

    Args:
        n: steps, a whole number or one for each environment.
        environments: how many.
        discount: γ, a number or one for each environment.
        observation_shape, dtype: of one observation.

    Raises:
        ValueError: where n is below 1.
    """

    def __init__(self, n, environments, discount, observation_shape, dtype="float32"):
        self.n = np.broadcast_to(np.asarray(n, "int64"), environments)
        if (self.n < 1).any():
            raise ValueError(f"n={n}: a transition spans at least 1 step.")
        longest = int(self.n.max())
        self.discount = np.broadcast_to(np.asarray(discount, "float64"), environments)
        self.observation = np.zeros((longest, environments, *observation_shape), dtype)
        self.action = np.zeros((longest, environments), "int32")
        self.gained = np.zeros((longest, environments))
        self.length = np.zeros(environments, "int64")
        self.ago = np.arange(longest)[:, None]

    def add(self, observation, action, reward, following, terminated, truncated, resetting):
        """Take one step of every environment, and give the transitions that it completes.

        Args:
            observation, action: before the step, (environments, ...) and (environments,).
            reward, following, terminated, truncated: what it brought.
            resetting: bool (environments,): this step only began a new episode.

        Returns:
            (environment, Transitions): int64 (transitions,), the environment of each; older ones of an
                environment first.
        """
        self.length = np.where(resetting, 0, self.length + 1)
        for kept, new in [(self.observation, observation), (self.action, action), (self.gained, 0.0)]:
            kept[1:] = kept[:-1].copy()
            kept[0] = new
        self.gained += self.discount**self.ago * reward
        begun = (self.ago < self.n) & (self.ago < self.length)
        complete = begun & ((self.ago == self.n - 1) | terminated | truncated)
        ago, environment = np.nonzero(complete[::-1])
        ago = len(complete) - 1 - ago
        return environment, Transitions(
            self.observation[ago, environment],
            self.action[ago, environment],
            self.gained[ago, environment].astype("float32"),
            np.asarray(following, self.observation.dtype)[environment],
            np.asarray(terminated)[environment],
            np.asarray(truncated)[environment],
            (ago + 1).astype("int32"),
        )


@dataclass(frozen=True, eq=False)
class Drawn:
    """What was drawn from a memory: (draws, agents, batch) each.

    Attributes:
        transitions: Transitions.
        weight: float32, the importance of each: 1 where the draw was uniform.
        place: int64, where it lies, for ``Replay.rank``.
    """

    transitions: Transitions
    weight: np.ndarray
    place: np.ndarray


class Replay:
    """The latest transitions of each agent, in a ring.

    Details:
    - Uniform draws with replacement (Lin 1992; Mnih et al. 2015).
    - By priority (Schaul et al. 2016, the proportional variant): P(i) = p_i^α / Σ p^α, with p = |TD error| + 0.01; a
      new transition has the largest priority so far; a batch is drawn one from each of as many equal slices of Σ p^α;
      the weight (N P(i))^-β is divided by the largest of its batch.
    - No tree: sums are made anew for each call, which draws many batches. In NumPy that is faster than a tree in Python
      up to some 100,000 transitions, and exact. The price: priorities change only between calls.

    Args:
        agents: how many.
        capacity: transitions, a whole number or one for each agent.
        observation_shape: of one observation.
        exponent: α, a number or one for each agent; 0 draws uniformly.
        dtype: of an observation.
        action_shape: of one continuous action; None: actions are numbered.

    Raises:
        ValueError: where a capacity is below 1, or an exponent below 0.
    """

    OFFSET = 0.01

    def __init__(self, agents, capacity, observation_shape, exponent=0.0, dtype="float32", action_shape=None):
        self.capacity = np.broadcast_to(np.asarray(capacity, "int64"), agents)
        self.exponent = np.broadcast_to(np.asarray(exponent, "float64"), agents)
        if (self.capacity < 1).any():
            raise ValueError(f"capacity={capacity}: a memory holds at least 1 transition.")
        if not (self.exponent >= 0).all():
            raise ValueError(f"exponent={exponent}: expected 0 (uniform) or more.")
        self.room = int(self.capacity.max())
        length = agents * self.room
        self.kept = Transitions(
            np.zeros((length, *observation_shape), dtype),
            np.zeros(length, "int32")
            if action_shape is None
            else np.zeros((length, *action_shape), "float32"),
            np.zeros(length, "float32"),
            np.zeros((length, *observation_shape), dtype),
            np.zeros(length, bool),
            np.zeros(length, bool),
            np.zeros(length, "int32"),
        )
        self.share = np.zeros(length)  # p^α
        self.highest = np.ones(agents)  # largest p^α so far
        self.total = np.zeros(agents, "int64")  # transitions ever added

    @property
    def size(self):
        """Transitions kept, int64 (agents,)."""
        return np.minimum(self.total, self.capacity)

    def add(self, agent, transitions):
        """Keep transitions; the oldest of an agent make room.

        Args:
            agent: whose each is, int (transitions,).
            transitions: Transitions, (transitions, ...).

        Raises:
            ValueError: where one agent gets more at once than it has room for.
        """
        counts = np.bincount(agent, minlength=len(self.total))
        if (counts > self.capacity).any():
            who = int((counts - self.capacity).argmax())
            raise ValueError(
                f"Agent {who} gets {counts[who]} transitions at once; its memory holds {self.capacity[who]}."
            )
        order = np.argsort(agent, kind="stable")
        agent = agent[order]
        rank = np.arange(len(agent)) - (np.cumsum(counts) - counts)[agent]
        place = agent * self.room + (self.total[agent] + rank) % self.capacity[agent]
        for kept, new in zip(self.kept, transitions, strict=True):
            kept[place] = new[order]
        self.share[place] = self.highest[agent]
        self.total += counts

    def draw(self, draws, batch, rng, correction=1.0):
        """Draw ``draws`` batches for each agent.

        Args:
            draws, batch: whole numbers.
            rng: numpy.random.Generator.
            correction: β from 0 (no correction) to 1 (full), for draws by priority.

        Returns:
            Drawn, (draws, agents, batch).

        Raises:
            ValueError: where an agent's memory is empty.
        """
        if not self.total.all():
            raise ValueError("There is nothing to draw: an agent's memory is still empty.")
        size, agents = self.size, len(self.total)
        uniform = rng.random((draws, agents, batch))
        place = (uniform * size[:, None]).astype("int64")
        weight = np.ones((draws, agents, batch), "float32")
        for who in np.flatnonzero(self.exponent):
            first = who * self.room
            sums = np.cumsum(self.share[first : first + size[who]])
            slices = (np.arange(batch) + uniform[:, who]) / batch * sums[-1]
            found = np.minimum(np.searchsorted(sums, slices, side="right"), size[who] - 1)
            chance = self.share[first + found] / sums[-1]
            importance = (size[who] * chance) ** -correction
            place[:, who] = found
            weight[:, who] = importance / importance.max(axis=1, keepdims=True)
        place += np.arange(agents)[:, None] * self.room
        return Drawn(Transitions(*(kept[place] for kept in self.kept)), weight, place)

    def rank(self, drawn, errors):
        """Set the priorities of what was drawn by its TD errors, (draws, agents, batch); later draws count."""
        for who in np.flatnonzero(self.exponent):
            share = (np.abs(errors[:, who]) + self.OFFSET) ** self.exponent[who]
            self.share[drawn.place[:, who]] = share
            self.highest[who] = max(self.highest[who], share.max())
