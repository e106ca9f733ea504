"""Learning values in a table from experience: prediction (Monte Carlo, TD) and control (Sarsa, Q-learning).

All work on many copies at once: a table for each copy, which never exchange anything, so that a copy is a seed or a
setting. Copies differ in their experience; ``step_size`` and other settings may be arrays (copies,).
"""

from dataclasses import dataclass, field

import numpy as np

from dlcourse import progress
from dlcourse.rl import validation

# Prediction: a fixed policy, its experience recorded, its values learnt.


@dataclass(frozen=True, eq=False)
class Episode:
    """One episode of each copy, padded to the longest.

    Attributes:
        states: int64 (copies, longest + 1); places behind the episode's end repeat its last state.
        rewards: float64 (copies, longest), 0 behind the end.
        length: steps, int64 (copies,).
        terminated: whether it ended by itself; False where it was truncated, bool (copies,).
    """

    states: np.ndarray
    rewards: np.ndarray
    length: np.ndarray
    terminated: np.ndarray

    def repeated(self, times):
        """Each copy so many times in a row, to learn from it with several settings."""
        fields = (self.states, self.rewards, self.length, self.terminated)
        return Episode(*(np.repeat(item, times, axis=0) for item in fields))

    def to_go(self, discount):
        """Discounted sum of the rewards from each step to the end, (copies, longest + 1)."""
        sums = np.zeros(self.states.shape)
        for t in reversed(range(self.rewards.shape[1])):
            sums[:, t] = self.rewards[:, t] + discount * sums[:, t + 1]
        return sums


def record(environments, policy, episodes, seed):
    """Let a policy act, and record the first episodes of each copy.

    Args:
        environments: Gymnasium vector environment with Discrete spaces.
        policy: actions (states,), or (copies, states), or probabilities (states, actions).
        episodes: how many of each copy.
        seed: of environments and policy.

    Returns:
        List of Episode.
    """
    states, actions = validation.tabular(environments)
    rng, copies = np.random.default_rng([seed, 1]), environments.num_envs
    choose = _chooser(policy, states, actions, copies, rng)
    state, _ = environments.reset(seed=seed)
    resetting, count, step = np.zeros(copies, bool), np.zeros(copies, int), 0
    tracks = [[([int(s)], [], False)] for s in state]
    while count.min() < episodes:
        state, reward, terminated, truncated, _ = environments.step(choose(state))
        validation.finite(reward, step)
        for copy in range(copies):
            if resetting[copy]:  # this step only began a new episode
                tracks[copy].append(([int(state[copy])], [], False))
            elif count[copy] < episodes:
                visited, gains, _ = tracks[copy][-1]
                visited.append(int(state[copy]))
                gains.append(float(reward[copy]))
                tracks[copy][-1] = (visited, gains, bool(terminated[copy]))
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
        values: (copies, states), changed in place.
    """
    copies, to_go = np.arange(len(values)), episode.to_go(discount)
    for t in range(episode.length.max()):
        state = episode.states[:, t]
        counts = (t < episode.length) & episode.terminated
        error = to_go[:, t] - values[copies, state]
        values[copies, state] += step_size * error * counts


def td(values, episode, *, step_size, discount=1.0):
    """TD(0): each state moves towards the next reward plus what the next state is thought to be worth.

    Sutton 1988; Sutton & Barto 2018, section 6.1. Details: after a termination nothing follows, so its value is 0;
    after a truncation something would have, so the last state's value stands for it.

    Args:
        values: (copies, states), changed in place.
    """
    copies = np.arange(len(values))
    for t in range(episode.length.max()):
        state, following = episode.states[:, t], episode.states[:, t + 1]
        ends = episode.terminated & (t + 1 == episode.length)
        worth = np.where(ends, 0.0, values[copies, following])
        error = episode.rewards[:, t] + discount * worth - values[copies, state]
        values[copies, state] += step_size * error * (t < episode.length)


def n_step_td(values, episode, *, n, step_size, discount=1.0):
    """n-step TD: n rewards, then a guess (Sutton & Barto 2018, section 7.1).

    Details: states are updated in the order of their steps, with the values as they stand by then, as an agent would
    that updates n steps late. The n rewards are a difference of two discounted sums to the end.

    Args:
        values: (copies, states), changed in place.
        n: 1 is TD(0); as long as the episode or longer, it is Monte Carlo.
    """
    copies, to_go = np.arange(len(values)), episode.to_go(discount)
    for t in range(episode.length.max()):
        state, active = episode.states[:, t], t < episode.length
        last = np.clip(episode.length, t, t + n)  # where the guess is made
        ends = episode.terminated & (last == episode.length)
        guess = np.where(ends, 0.0, values[copies, episode.states[copies, np.minimum(last, episode.length)]])
        target = to_go[:, t] + discount ** (last - t) * (
            guess - to_go[copies, np.minimum(last, episode.length)]
        )
        values[copies, state] += step_size * (target - values[copies, state]) * active


def td_lambda(values, episode, *, decay, step_size, discount=1.0, replace=False):
    """TD(λ) by eligibility traces: every error also corrects the states before, the less the longer ago.

    Sutton 1988; Sutton & Barto 2018, section 12.2. Details: accumulating traces; with ``replace``, a visit sets the
    trace to 1 instead of adding 1 (Singh & Sutton 1996). Traces are zero when an episode begins.

    Args:
        values: (copies, states), changed in place.
        decay: λ from 0 (TD(0)) to 1.
    """
    copies, trace = np.arange(len(values)), np.zeros_like(values)
    for t in range(episode.length.max()):
        state, following = episode.states[:, t], episode.states[:, t + 1]
        ends = episode.terminated & (t + 1 == episode.length)
        target = episode.rewards[:, t] + discount * np.where(ends, 0.0, values[copies, following])
        error = (target - values[copies, state]) * (t < episode.length)
        trace *= discount * decay
        trace[copies, state] = 1.0 if replace else trace[copies, state] + 1.0
        values += (step_size * error)[:, None] * trace


# Control: the agent acts by what it has learnt so far.


@dataclass(eq=False)
class Learnt:
    """What an agent learnt, and how it fared meanwhile.

    Attributes:
        table: action values, (copies, states, actions).
        visits: how often each action was taken and learnt from, (copies, states, actions).
        returns: for each copy the undiscounted sums of rewards of its finished episodes, in order.
        steps: for each copy the step at which each of these ended.
        snapshots: tables by the way, (points, copies, states, actions), and ``snapshot_steps`` when.
    """

    table: np.ndarray
    visits: np.ndarray
    returns: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    snapshots: list = field(default_factory=list)
    snapshot_steps: list = field(default_factory=list)

    def first_returns(self):
        """Returns as an array (copies, episodes), as many episodes as every copy has finished."""
        fewest = min(len(returns) for returns in self.returns)
        return np.array([returns[:fewest] for returns in self.returns])


class _Diary:
    """Writes a Learnt while an agent learns."""

    def __init__(self, table, snapshot_steps):
        copies = len(table)
        self.learnt = Learnt(table, np.zeros(table.shape, "int64"))
        self.learnt.returns, self.learnt.steps = [[] for _ in range(copies)], [[] for _ in range(copies)]
        self.wanted, self.sums = set(snapshot_steps), np.zeros(copies)

    def add(self, step, table, reward, ended, learning):
        self.sums += reward * learning
        for copy in np.flatnonzero(ended):
            self.learnt.returns[copy].append(self.sums[copy])
            self.learnt.steps[copy].append(step + 1)
            self.sums[copy] = 0.0
        if step + 1 in self.wanted:
            self.learnt.snapshots.append(table.copy())
            self.learnt.snapshot_steps.append(step + 1)

    def closed(self, table):
        self.learnt.table, self.learnt.snapshots = table, np.array(self.learnt.snapshots)
        return self.learnt


def explore(values, epsilon, rng):
    """ε-greedy actions for rows of action values (copies, actions); equally good ones are drawn from evenly."""
    copies, actions = values.shape
    best = values == values.max(axis=1, keepdims=True)
    greedy = (best * rng.random((copies, actions))).argmax(axis=1)
    return np.where(rng.random(copies) < epsilon, rng.integers(actions, size=copies), greedy)


def _rate(step_size, visits):
    return step_size(np.maximum(visits, 1)) if callable(step_size) else step_size


def q_learning(environments, *, steps, step_size, epsilon, discount, seed=0, initial=0.0, snapshot_steps=()):
    """Q-learning (Watkins 1989; Sutton & Barto 2018, section 6.5), a table for each copy.

    Details:
    - Off-policy: it acts ε-greedily, and learns what the greedy policy is worth, by the largest next value.
    - After a termination nothing follows: the target is the reward alone. After a truncation the target is as ever,
      from the observation that ended the episode (Pardo et al. 2018).
    - The step after an episode's end only resets the copy: it is not learnt from, its action doesn't count.
    - Equally good actions are drawn from evenly, or the first one would be tried first everywhere.
    - The behaviour keeps exploring to the last step; the greedy policy is read off the table afterwards.

    Args:
        environments: Gymnasium vector environment with Discrete spaces.
        steps: of every copy.
        step_size: number, array (copies,), or a function from how often an action was tried, (copies,), to it.
        epsilon: share of random actions, number or array (copies,).
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
    copies, rng = np.arange(shape[0]), np.random.default_rng([seed, 2])
    table = np.full(shape, float(initial))
    diary = _Diary(table, snapshot_steps)
    state, _ = environments.reset(seed=seed)
    resetting = np.zeros(shape[0], bool)
    for step in progress.bar(range(steps), "learning"):
        action = explore(table[copies, state], epsilon, rng)
        following, reward, terminated, truncated, _ = environments.step(action)
        reward = validation.finite(reward, step)

        learning = ~resetting
        diary.learnt.visits[copies, state, action] += learning
        rate = _rate(step_size, diary.learnt.visits[copies, state, action])
        after = np.where(terminated, 0.0, table[copies, following].max(axis=1))
        error = reward + discount * after - table[copies, state, action]
        table[copies, state, action] += np.where(learning, rate * error, 0.0)

        resetting = terminated | truncated
        diary.add(step, table, reward, resetting, learning)
        state = following
    return diary.closed(table)


def sarsa(environments, *, steps, step_size, epsilon, discount, seed=0, initial=0.0, snapshot_steps=()):
    """Sarsa (Rummery & Niranjan 1994; Sutton & Barto 2018, section 6.4), a table for each copy.

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
    copies, rng = np.arange(shape[0]), np.random.default_rng([seed, 2])
    table = np.full(shape, float(initial))
    diary = _Diary(table, snapshot_steps)
    state, _ = environments.reset(seed=seed)
    action = explore(table[copies, state], epsilon, rng)
    resetting = np.zeros(shape[0], bool)
    for step in progress.bar(range(steps), "learning"):
        following, reward, terminated, truncated, _ = environments.step(action)
        reward = validation.finite(reward, step)
        next_action = explore(table[copies, following], epsilon, rng)

        learning = ~resetting
        diary.learnt.visits[copies, state, action] += learning
        rate = _rate(step_size, diary.learnt.visits[copies, state, action])
        after = np.where(terminated, 0.0, table[copies, following, next_action])
        error = reward + discount * after - table[copies, state, action]
        table[copies, state, action] += np.where(learning, rate * error, 0.0)

        resetting = terminated | truncated
        diary.add(step, table, reward, resetting, learning)
        state, action = following, next_action
    return diary.closed(table)


def double_q_learning(
    environments, *, steps, step_size, epsilon, discount, seed=0, initial=0.0, snapshot_steps=()
):
    """Double Q-learning (van Hasselt 2010; Sutton & Barto 2018, section 6.7), two tables for each copy.

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
    copies, rng = np.arange(shape[0]), np.random.default_rng([seed, 2])
    tables = np.full((2, *shape), float(initial))
    diary = _Diary(tables[0], snapshot_steps)
    state, _ = environments.reset(seed=seed)
    resetting = np.zeros(shape[0], bool)
    for step in progress.bar(range(steps), "learning"):
        action = explore(tables[:, copies, state].sum(axis=0), epsilon, rng)
        following, reward, terminated, truncated, _ = environments.step(action)
        reward = validation.finite(reward, step)

        learning = ~resetting
        diary.learnt.visits[copies, state, action] += learning
        rate = _rate(step_size, (diary.learnt.visits[copies, state, action] + 1) // 2)
        learner = rng.integers(2, size=shape[0])
        named = explore(tables[learner, copies, following], 0.0, rng)
        after = np.where(terminated, 0.0, tables[1 - learner, copies, following, named])
        error = reward + discount * after - tables[learner, copies, state, action]
        tables[learner, copies, state, action] += np.where(learning, rate * error, 0.0)

        resetting = terminated | truncated
        diary.add(
            step, tables.mean(axis=0) if step + 1 in diary.wanted else tables[0], reward, resetting, learning
        )
        state = following
    return diary.closed(tables.mean(axis=0))


# Judging


def evaluate(environments, policy, episodes, seed):
    """Undiscounted returns of a policy's first episodes in each copy: always as many, however long they take.

    Args:
        policy: actions (states,), or (copies, states), or probabilities (states, actions).
        episodes: how many in each copy.
        seed: one that nothing was trained with.

    Returns:
        float64 (copies, episodes).
    """
    states, actions = validation.tabular(environments)
    copies, rng = environments.num_envs, np.random.default_rng([seed, 3])
    choose = _chooser(policy, states, actions, copies, rng)
    state, _ = environments.reset(seed=seed)
    returns, sums = [[] for _ in range(copies)], np.zeros(copies)
    resetting, step = np.zeros(copies, bool), 0
    while min(len(finished) for finished in returns) < episodes:
        state, reward, terminated, truncated, _ = environments.step(choose(state))
        sums += np.where(resetting, 0.0, validation.finite(reward, step))
        resetting, step = terminated | truncated, step + 1
        for copy in np.flatnonzero(resetting):
            returns[copy].append(sums[copy])
            sums[copy] = 0.0
    return np.array([finished[:episodes] for finished in returns])


def _chooser(policy, states, actions, copies, rng):
    """A function from states (copies,) to actions (copies,)."""
    policy = np.asarray(policy)
    if policy.shape == (copies, states) and np.issubdtype(policy.dtype, np.integer):
        for row in policy:
            validation.probabilities(row, states, actions)
        return lambda state: policy[np.arange(copies), state]
    cumulative = np.cumsum(validation.probabilities(policy, states, actions), axis=1)[:, :-1]
    return lambda state: (rng.random(copies)[:, None] >= cumulative[state]).sum(axis=1)
