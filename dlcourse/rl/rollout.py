"""Experience from many environments at once, terminations, truncations and resets kept apart."""

import time
from dataclasses import dataclass, field

import numpy as np

from dlcourse.rl import validation


@dataclass(frozen=True, eq=False)
class Rollout:
    """The same number of steps of every environment: T steps, C agents, n environments each.

    Attributes:
        observations: float32, or uint8 where the environments give that, (T + 1, C, n, *observation), a number as (1,).
            Row t + 1 is what step t led to, also where step t ended an episode: the vector environment shows the last
            observation first, and begins anew on the step after.
        actions: as the policy drew them, (T, C, n, ...).
        rewards: float32 (T, C, n).
        terminated: the world ended, nothing follows, bool (T, C, n).
        truncated: the time was up, something would have followed, bool (T, C, n).
        learning: False for a step that only began a new episode: its action was ignored. bool (T, C, n).
    """

    observations: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    learning: np.ndarray

    @property
    def ended(self):
        return self.terminated | self.truncated


@dataclass(frozen=True)
class Episode:
    """A finished training episode: its return, its length, and when it ended (steps of its agent; seconds)."""

    total: float
    length: int
    step: int
    seconds: float


class Collector:
    """Lets a policy act in a vector environment, and remembers where it was between two rollouts.

    Args:
        environments: Gymnasium vector environment of agents × n environments, the first n for agent 0, and so on.
        agents: how many.
        seed: of the environments.

    Attributes:
        episodes: list of finished Episodes for each agent, in order.
        steps: environment steps of each agent so far, those that only reset not counted, int64 (agents,).

    Raises:
        ValueError: where the environments don't divide among the agents, or reset in another way than on the step after
            an episode's end.
    """

    def __init__(self, environments, agents=1, seed=0):
        validation.vectorised(environments)
        self.environments, self.agents = environments, agents
        self.each = validation.environments_per_agent(environments, agents)
        self.episodes, self.steps = [[] for _ in range(agents)], np.zeros(agents, "int64")
        space = environments.single_observation_space
        self._shape, self._dtype = space.shape or (1,), validation.stored(space)
        self._observation, _ = environments.reset(seed=seed)
        self._resetting = np.zeros(environments.num_envs, bool)
        self._total = np.zeros(environments.num_envs)
        self._length = np.zeros(environments.num_envs, "int64")
        self._count, self._began = 0, time.perf_counter()

    def collect(self, choose, steps, in_environment=lambda action: action):
        """So many steps of every environment.

        Args:
            choose: from observations (C, n, *observation) to actions (C, n, ...).
            steps: T.
            in_environment: from actions to what the environments want.

        Returns:
            Rollout.

        Raises:
            ValueError: where a reward or an observation is not finite, or actions don't fit.
        """
        every, here = self.environments.num_envs, self._observation
        shape = (self.agents, self.each)
        observations = np.empty((steps + 1, *shape, *self._shape), self._dtype)
        rewards = np.empty((steps, every), "float32")
        terminated, truncated, learning = (np.empty((steps, every), bool) for _ in range(3))
        actions = None
        for step in range(steps):
            observations[step] = here.reshape(*shape, *self._shape)
            action = choose(observations[step])
            if action.shape[:2] != shape:
                raise ValueError(
                    f"The policy gave actions of shape {action.shape} for {shape[0]} agents with {shape[1]} "
                    "environments each."
                )
            if actions is None:
                actions = np.empty((steps, *action.shape), action.dtype)
            actions[step], learning[step] = action, ~self._resetting
            outer = in_environment(action).reshape(every, *action.shape[2:])
            here, rewards[step], terminated[step], truncated[step], _ = self.environments.step(outer)
            self._resetting = terminated[step] | truncated[step]
        self._observation, observations[steps] = here, here.reshape(*shape, *self._shape)
        by_place = observations.reshape(steps + 1, every, *self._shape)
        for what, values in [("reward", rewards), ("observation", by_place)]:
            spoilt = ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
            for step in np.flatnonzero(spoilt)[:1]:
                validation.finite(values[step], self._count + int(step), what)
        self._count += steps
        self._note(rewards * learning, terminated | truncated, learning)
        parts = (rewards, terminated, truncated, learning)
        return Rollout(observations, actions, *(p.reshape(steps, *shape) for p in parts))

    def _note(self, rewards, ended, learning):
        """Write down the episodes that ended in these steps."""
        seconds = time.perf_counter() - self._began
        totals = np.cumsum(rewards, axis=0, dtype="float64") + self._total
        lengths = np.cumsum(learning, axis=0) + self._length
        by_agent = learning.reshape(len(learning), self.agents, self.each).sum(axis=2)
        taken = np.cumsum(by_agent, axis=0) + self.steps
        left_total, left_length = np.zeros(len(self._total)), np.zeros(len(self._length), "int64")
        for step, place in zip(*np.nonzero(ended), strict=True):
            agent = place // self.each
            total, length = totals[step, place] - left_total[place], lengths[step, place] - left_length[place]
            left_total[place], left_length[place] = totals[step, place], lengths[step, place]
            self.episodes[agent].append(Episode(float(total), int(length), int(taken[step, agent]), seconds))
        self._total, self._length = totals[-1] - left_total, lengths[-1] - left_length
        self.steps = taken[-1]


@dataclass(eq=False)
class Trained:
    """Result of ``reinforce``, ``actor_critic`` and ``ppo.train``. ``run.chooser()`` plays greedily.

    Attributes:
        actor, critic: keras.Model, trained: those that were given, or those that were built. ``actor.save("a.keras")``
            writes one, ``keras.models.load_model`` reads it (a built one where ``dlcourse.rl`` is imported).
        episodes: list of rollout.Episodes for each agent.
        steps: environment steps of each agent, (agents,).
        solved: for each agent the rollout.Episode at whose end it was solved, or None. A solved agent's weights are
            those after the update that followed.
        reports: share of steps outside the clip range, KL divergence, entropy, at each update's last minibatch:
            (updates, agents, 3).
        state: optimizers.Adam of all weights at the end, to resume from.
        kept: weights on the way: dict from the steps in ``keep`` to them.
    """

    policy: object
    weights: list
    episodes: list
    steps: np.ndarray
    solved: list
    reports: np.ndarray
    state: tuple = ()
    kept: dict = field(default_factory=dict)

    def __post_init__(self):
        self.policy.assign(self.weights)
        self.actor, self.critic = self.policy.actor.model, self.policy.critic.model

    @property
    def returns(self):
        """Undiscounted returns of each agent's training episodes, in order: list of float64 (episodes,)."""
        return [np.array([episode.total for episode in mine]) for mine in self.episodes]

    def chooser(self, agent=0, weights=None):
        """A function from observations (n, *observation) to an agent's greedy actions as the environment wants them.

        Args:
            agent: which.
            weights: one of ``kept``; None: those at the end.
        """
        outputs = self.policy.acting_alone(self.weights if weights is None else weights, agent)
        actions = self.policy.actions
        return lambda x: actions.in_environment(actions.greedy(outputs(x)))


def rows(item):
    """Each agent's steps in one row: (T, agents, n, ...) becomes (agents, T · n, ...); float32, or integers."""
    item = np.swapaxes(item, 0, 1)
    flat = item.reshape(item.shape[0], -1, *item.shape[3:])
    return flat if np.issubdtype(flat.dtype, np.integer) else flat.astype("float32")
