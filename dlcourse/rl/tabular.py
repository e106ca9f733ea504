"""Learning values in a table from experience: prediction (Monte Carlo, TD) and control (Sarsa, Q-learning).

All work on many agents at once, each with a table and an environment of its own. They never exchange anything, so that
an agent is a seed or a setting. They differ in their experience; ``step_size`` and other settings may be arrays
(agents,).
"""

from dataclasses import dataclass, field

import numpy as np

from dlcourse import checks, progress
from dlcourse.rl import advantages, validation

# Prediction: a fixed policy, its experience recorded, its values learnt.


@dataclass(frozen=True, eq=False)
class Episode:
    """One episode of each agent, padded to the longest.

    Attributes:
        states: int64 (agents, longest + 1); places behind the episode's end repeat its last state.
        rewards: float64 (agents, longest), 0 behind the end.
        length: steps, int64 (agents,).
        terminated: whether it ended by itself; False where it was truncated, bool (agents,).
    """

    states: np.ndarray
    rewards: np.ndarray
    length: np.ndarray
    terminated: np.ndarray

    def repeated(self, times):
        """Each agent so many times in a row, to learn from it with several settings."""
        fields = (self.states, self.rewards, self.length, self.terminated)
        return Episode(*(np.repeat(item, times, axis=0) for item in fields))

    def to_go(self, discount):
        """Discounted sum of the rewards from each step to the end, (agents, longest + 1)."""
        rewards = self.rewards.T
        sums = advantages.returns_to_go(rewards, np.zeros(rewards.shape, bool), discount)
        return np.pad(sums.T, ((0, 0), (0, 1)))


def record(environments, policy, episodes, seed):
    """Let a policy act, and record the first episodes of each agent.

    Args:
        environments: Gymnasium vector environment with Discrete spaces.
        policy: actions (states,), or (agents, states), or probabilities (states, actions).
        episodes: how many of each agent.
        seed: of environments and policy.

    Returns:
        List of Episode.
    """
    states, actions = validation.tabular(environments)
    rng, agents = np.random.default_rng([seed, 1]), environments.num_envs
    choose = _chooser(policy, states, actions, agents, rng)
    state, _ = environments.reset(seed=seed)
    resetting, count, step = np.zeros(agents, bool), np.zeros(agents, int), 0
    tracks = [[([int(s)], [], False)] for s in state]
    while count.min() < episodes:
        state, reward, terminated, truncated, _ = environments.step(choose(state))
        validation.finite(reward, step)
        for agent in range(agents):
            if resetting[agent]:  # this step only began a new episode
                tracks[agent].append(([int(state[agent])], [], False))
            elif count[agent] < episodes:
                visited, gains, _ = tracks[agent][-1]
                visited.append(int(state[agent]))
                gains.append(float(reward[agent]))
                tracks[agent][-1] = (visited, gains, bool(terminated[agent]))
        resetting = terminated | truncated
        count, step = count + resetting, step + 1
    return [_padded([track[number] for track in tracks]) for number in range(episodes)]


def _padded(tracks):
    length = np.array([len(gains) for _, gains, _ in tracks])
    states = np.array(
        [visited + visited[-1:] * (length.max() + 1 - len(visited)) for visited, _, _ in tracks]
    )
    rewards = np.array([gains + [0.0] * (length.max() - len(gains)) for _, gains, _ in tracks])
    return Episode(states, rewards, length, np.array([end for _, _, end in tracks]))


def monte_carlo(values, episode, *, step_size, discount=1.0):
    """Every-visit Monte Carlo with a constant step size (Sutton & Barto 2018, equation 6.1).

    Each state moves towards the return that followed. Details: an episode that was truncated has no return, and
    teaches nothing here.

    Args:
        values: (agents, states), changed in place.
    """
    agents, to_go = np.arange(len(values)), episode.to_go(discount)
    for t in range(episode.length.max()):
        state = episode.states[:, t]
        counts = (t < episode.length) & episode.terminated
        error = to_go[:, t] - values[agents, state]
        values[agents, state] += step_size * error * counts


def td(values, episode, *, step_size, discount=1.0):
    """TD(0): each state moves towards the next reward plus what the next state is thought to be worth.

    Sutton 1988; Sutton & Barto 2018, section 6.1. Details: after a termination nothing follows, so its value is 0;
    after a truncation something would have, so the last state's value stands for it.

    Args:
        values: (agents, states), changed in place.
    """
    agents = np.arange(len(values))
    for t in range(episode.length.max()):
        state, following = episode.states[:, t], episode.states[:, t + 1]
        ends = episode.terminated & (t + 1 == episode.length)
        worth = np.where(ends, 0.0, values[agents, following])
        error = episode.rewards[:, t] + discount * worth - values[agents, state]
        values[agents, state] += step_size * error * (t < episode.length)


def n_step_td(values, episode, *, n, step_size, discount=1.0):
    """n-step TD: n rewards, then a guess (Sutton & Barto 2018, section 7.1).

    Details: states are updated in the order of their steps, with the values as they stand by then, as an agent would
    that updates n steps late. The n rewards are a difference of two discounted sums to the end.

    Args:
        values: (agents, states), changed in place.
        n: 1 is TD(0); as long as the episode or longer, it is Monte Carlo.
    """
    agents, to_go = np.arange(len(values)), episode.to_go(discount)
    for t in range(episode.length.max()):
        state, active = episode.states[:, t], t < episode.length
        last = np.clip(episode.length, t, t + n)  # where the guess is made
        ends = episode.terminated & (last == episode.length)
        guess = np.where(ends, 0.0, values[agents, episode.states[agents, np.minimum(last, episode.length)]])
        target = to_go[:, t] + discount ** (last - t) * (
            guess - to_go[agents, np.minimum(last, episode.length)]
        )
        values[agents, state] += step_size * (target - values[agents, state]) * active


def td_lambda(values, episode, *, trace_decay, step_size, discount=1.0, replace=False):
    """TD(λ) by eligibility traces: every error also corrects the states before, the less the longer ago.

    Sutton 1988; Sutton & Barto 2018, section 12.2. Details: accumulating traces; with ``replace``, a visit sets the
    trace to 1 instead of adding 1 (Singh & Sutton 1996). Traces are zero when an episode begins.

    Args:
        values: (agents, states), changed in place.
        trace_decay: λ from 0 (TD(0)) to 1.
    """
    agents, trace = np.arange(len(values)), np.zeros_like(values)
    for t in range(episode.length.max()):
        state, following = episode.states[:, t], episode.states[:, t + 1]
        ends = episode.terminated & (t + 1 == episode.length)
        target = episode.rewards[:, t] + discount * np.where(ends, 0.0, values[agents, following])
        error = (target - values[agents, state]) * (t < episode.length)
        trace *= discount * trace_decay
        trace[agents, state] = 1.0 if replace else trace[agents, state] + 1.0
        values += (step_size * error)[:, None] * trace


# Control: the agent acts by what it has learnt so far.


@dataclass(eq=False)
class Learnt:
    """Result of ``q_learning``, ``sarsa`` and ``double_q_learning``.

    Attributes:
        table: action values, (agents, states, actions).
        visits: how often each action was taken and learnt from, (agents, states, actions).
        returns: for each agent the undiscounted sums of rewards of its finished episodes, in order.
        steps: for each agent the step at which each of these ended.
        snapshots: tables on the way, (points, agents, states, actions), and ``snapshot_steps`` when.
    """

    table: np.ndarray
    visits: np.ndarray
    returns: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    snapshots: list = field(default_factory=list)
    snapshot_steps: list = field(default_factory=list)

    def first_returns(self):
        """Returns as an array (agents, episodes), as many episodes as every agent has finished."""
        fewest = min(len(returns) for returns in self.returns)
        return np.array([returns[:fewest] for returns in self.returns])


class _Diary:
    """Writes a Learnt while an agent learns."""

    def __init__(self, table, snapshot_steps):
        agents = len(table)
        self.learnt = Learnt(table, np.zeros(table.shape, "int64"))
        self.learnt.returns, self.learnt.steps = [[] for _ in range(agents)], [[] for _ in range(agents)]
        self.wanted, self.sums = set(snapshot_steps), np.zeros(agents)

    def add(self, step, table, reward, ended, learning):
        self.sums += reward * learning
        for agent in np.flatnonzero(ended):
            self.learnt.returns[agent].append(self.sums[agent])
            self.learnt.steps[agent].append(step + 1)
            self.sums[agent] = 0.0
        if step + 1 in self.wanted:
            self.learnt.snapshots.append(table.copy())
            self.learnt.snapshot_steps.append(step + 1)

    def closed(self, table):
        self.learnt.table, self.learnt.snapshots = table, np.array(self.learnt.snapshots)
        return self.learnt


def explore(values, epsilon, rng):
    """ε-greedy actions for rows of action values (agents, actions); equally good ones are drawn from evenly."""
    agents, actions = values.shape
    best = values == values.max(axis=1, keepdims=True)
    greedy = (best * rng.random((agents, actions))).argmax(axis=1)
    return np.where(rng.random(agents) < epsilon, rng.integers(actions, size=agents), greedy)


def _check_settings(agents, steps, step_size, epsilon, seed):
    """Raise ValueError where settings make no sense for so many agents; returns the seed as an int."""
    checks.whole_number("steps", steps, least=0)
    named = {"epsilon": epsilon} | ({} if callable(step_size) else {"step_size": step_size})
    for name, value in named.items():
        if checks.between(name, value, 0, 1).shape not in ((), (agents,)):
            raise ValueError(
                f"{name} has shape {np.shape(value)}; expected a number, or one for each of {agents} agents."
            )
    return checks.whole_number("seed", seed, least=0)


def _step_size(step_size, visits):
    return step_size(np.maximum(visits, 1)) if callable(step_size) else step_size


def q_learning(environments, *, steps, step_size, epsilon, discount, seed=0, initial=0.0, snapshot_steps=()):
    """Q-learning (Watkins 1989; Sutton & Barto 2018, section 6.5), a table for each agent.

    Details:
    - Off-policy: it acts ε-greedily, and learns what the greedy policy is worth, by the largest next value.
    - After a termination nothing follows: the target is the reward alone. After a truncation the target is as ever,
      from the observation that ended the episode (Pardo et al. 2018).
    - The step after an episode's end only resets the environment: it is not learnt from, its action doesn't count.
    - Equally good actions are drawn from evenly, or the first one would be tried first everywhere.
    - The behaviour keeps exploring to the last step; the greedy policy is read off the table afterwards.

    Args:
        environments: Gymnasium vector environment with Discrete spaces.
        steps: of every agent.
        step_size: number, array (agents,), or a function from how often an action was tried, (agents,), to it.
        epsilon: share of random actions, number or array (agents,).
        initial: value that all table entries begin with.
        snapshot_steps: after which steps to keep the table.

    Returns:
        Learnt.

    Raises:
        ValueError: where the environment's spaces don't fit, or a reward is not finite.
    """
    sizes = validation.tabular(environments)
    shape = (environments.num_envs, *sizes)
    discount = validation.discount_factor(discount)
    seed = _check_settings(shape[0], steps, step_size, epsilon, seed)
    agents, rng = np.arange(shape[0]), np.random.default_rng([seed, 2])
    table = np.full(shape, float(initial))
    diary = _Diary(table, snapshot_steps)
    state, _ = environments.reset(seed=seed)
    resetting = np.zeros(shape[0], bool)
    for step in progress.bar(range(steps), "learning"):
        action = explore(table[agents, state], epsilon, rng)
        following, reward, terminated, truncated, _ = environments.step(action)
        reward = validation.finite(reward, step)

        learning = ~resetting
        diary.learnt.visits[agents, state, action] += learning
        size = _step_size(step_size, diary.learnt.visits[agents, state, action])
        after = np.where(terminated, 0.0, table[agents, following].max(axis=1))
        error = reward + discount * after - table[agents, state, action]
        table[agents, state, action] += np.where(learning, size * error, 0.0)

        resetting = terminated | truncated
        diary.add(step, table, reward, resetting, learning)
        state = following
    return diary.closed(table)


def sarsa(environments, *, steps, step_size, epsilon, discount, seed=0, initial=0.0, snapshot_steps=()):
    """Sarsa (Rummery & Niranjan 1994; Sutton & Barto 2018, section 6.4), a table for each agent.

    Details:
    - On-policy: the next action is chosen first, and its value stands in the target, so that what is learnt is the
      worth of the policy that is followed, exploration included.
    - Terminations, truncations, resets and ties as in ``q_learning``. The action that is chosen for an episode's last
      observation is never done; where the episode was truncated, it serves the target.

    Args, returns, raises: as ``q_learning``.
    """
    sizes = validation.tabular(environments)
    shape = (environments.num_envs, *sizes)
    discount = validation.discount_factor(discount)
    seed = _check_settings(shape[0], steps, step_size, epsilon, seed)
    agents, rng = np.arange(shape[0]), np.random.default_rng([seed, 2])
    table = np.full(shape, float(initial))
    diary = _Diary(table, snapshot_steps)
    state, _ = environments.reset(seed=seed)
    action = explore(table[agents, state], epsilon, rng)
    resetting = np.zeros(shape[0], bool)
    for step in progress.bar(range(steps), "learning"):
        following, reward, terminated, truncated, _ = environments.step(action)
        reward = validation.finite(reward, step)
        next_action = explore(table[agents, following], epsilon, rng)

        learning = ~resetting
        diary.learnt.visits[agents, state, action] += learning
        size = _step_size(step_size, diary.learnt.visits[agents, state, action])
        after = np.where(terminated, 0.0, table[agents, following, next_action])
        error = reward + discount * after - table[agents, state, action]
        table[agents, state, action] += np.where(learning, size * error, 0.0)

        resetting = terminated | truncated
        diary.add(step, table, reward, resetting, learning)
        state, action = following, next_action
    return diary.closed(table)


def double_q_learning(
    environments, *, steps, step_size, epsilon, discount, seed=0, initial=0.0, snapshot_steps=()
):
    """Double Q-learning (van Hasselt 2010; Sutton & Barto 2018, section 6.7), two tables for each agent.

    Details:
    - A fair coin says which of the two tables learns; it names the best next action, and the other one values it. So
      no value is chosen for being large and believed at once.
    - It acts ε-greedily by the sum of both. ``Learnt.table`` and the snapshots are their mean; ``Learnt.visits``
      counts both, so that a table has learnt from about half of them.
    - Terminations, truncations, resets and ties as in ``q_learning``; ties between next actions too.

    Args, returns, raises: as ``q_learning``.
    """
    sizes = validation.tabular(environments)
    shape = (environments.num_envs, *sizes)
    discount = validation.discount_factor(discount)
    seed = _check_settings(shape[0], steps, step_size, epsilon, seed)
    agents, rng = np.arange(shape[0]), np.random.default_rng([seed, 2])
    tables = np.full((2, *shape), float(initial))
    diary = _Diary(tables[0], snapshot_steps)
    state, _ = environments.reset(seed=seed)
    resetting = np.zeros(shape[0], bool)
    for step in progress.bar(range(steps), "learning"):
        action = explore(tables[:, agents, state].sum(axis=0), epsilon, rng)
        following, reward, terminated, truncated, _ = environments.step(action)
        reward = validation.finite(reward, step)

        learning = ~resetting
        diary.learnt.visits[agents, state, action] += learning
        size = _step_size(step_size, (diary.learnt.visits[agents, state, action] + 1) // 2)
        learner = rng.integers(2, size=shape[0])
        named = explore(tables[learner, agents, following], 0.0, rng)
        after = np.where(terminated, 0.0, tables[1 - learner, agents, following, named])
        error = reward + discount * after - tables[learner, agents, state, action]
        tables[learner, agents, state, action] += np.where(learning, size * error, 0.0)

        resetting = terminated | truncated
        diary.add(
            step, tables.mean(axis=0) if step + 1 in diary.wanted else tables[0], reward, resetting, learning
        )
        state = following
    return diary.closed(tables.mean(axis=0))


# Evaluation


def evaluate(environments, policy, episodes, seed):
    """Undiscounted returns of a policy's first episodes in each environment: always as many, however long they take.

    Args:
        policy: actions (states,), or (agents, states), or probabilities (states, actions).
        episodes: how many in each environment.
        seed: one that nothing was trained with.

    Returns:
        float64 (agents, episodes).
    """
    states, actions = validation.tabular(environments)
    agents, rng = environments.num_envs, np.random.default_rng([seed, 3])
    choose = _chooser(policy, states, actions, agents, rng)
    state, _ = environments.reset(seed=seed)
    returns, sums = [[] for _ in range(agents)], np.zeros(agents)
    resetting, step = np.zeros(agents, bool), 0
    while min(len(finished) for finished in returns) < episodes:
        state, reward, terminated, truncated, _ = environments.step(choose(state))
        sums += np.where(resetting, 0.0, validation.finite(reward, step))
        resetting, step = terminated | truncated, step + 1
        for agent in np.flatnonzero(resetting):
            returns[agent].append(sums[agent])
            sums[agent] = 0.0
    return np.array([finished[:episodes] for finished in returns])


def _chooser(policy, states, actions, agents, rng):
    """A function from states (agents,) to actions (agents,)."""
    policy = np.asarray(policy)
    if policy.shape == (agents, states) and np.issubdtype(policy.dtype, np.integer):
        for row in policy:
            validation.probabilities(row, states, actions)
        return lambda state: policy[np.arange(agents), state]
    cumulative = np.cumsum(validation.probabilities(policy, states, actions), axis=1)[:, :-1]
    return lambda state: (rng.random(agents)[:, None] >= cumulative[state]).sum(axis=1)
