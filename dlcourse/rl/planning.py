"""Finite Markov decision processes, and what is best in them, computed exactly from their transition tables."""

import functools
import numbers
from dataclasses import dataclass

import numpy as np

from dlcourse import checks
from dlcourse.rl import validation

TIE = 1e-9
"""Action values nearer than this count as equal: rounding must not choose the action."""

MAX_ROUNDS = 1_000
"""Of policy iteration; a handful is usual."""


@dataclass(frozen=True, eq=False)
class Model:
    """A finite Markov decision process as its table: for each state and action, K outcomes.

    Attributes:
        probability: float64 (states, actions, K); unused places have probability 0.
        following: the state after each outcome, int64 (states, actions, K).
        reward: float64 (states, actions, K).
        terminated: whether the outcome ends the episode, bool (states, actions, K). It belongs to the transition: the
            state after it is never acted in, whatever the table says about it.
        start: probabilities of the first state, (states,).
    """

    probability: np.ndarray
    following: np.ndarray
    reward: np.ndarray
    terminated: np.ndarray
    start: np.ndarray

    @property
    def states(self):
        return self.probability.shape[0]

    @property
    def actions(self):
        return self.probability.shape[1]

    @functools.cached_property
    def continuing(self):
        """Probability of going from s to s' by a *without* the episode ending, (states, actions, states)."""
        result = np.zeros((self.states, self.actions, self.states))
        state, action, _ = np.indices(self.probability.shape)
        np.add.at(result, (state, action, self.following), self.probability * ~self.terminated)
        return result

    @functools.cached_property
    def expected_reward(self):
        """Mean reward of a in s, (states, actions)."""
        return (self.probability * self.reward).sum(axis=2)

    @functools.cached_property
    def reachable(self):
        """The states in which an agent can find itself having to act, bool (states,)."""
        links = self.continuing.max(axis=1) > 0
        found = self.start > 0
        while True:
            more = found | links[found].any(axis=0)
            if (more == found).all():
                return found
            found = more

    @functools.cached_property
    def _cumulative(self):
        return np.cumsum(self.probability, axis=2)

    def outcome(self, state, action, uniform):
        """Draw outcomes: (following state, reward, terminated), for arrays of states, actions and uniform numbers."""
        place = (uniform[:, None] >= self._cumulative[state, action]).sum(axis=1)
        place = np.minimum(place, self.probability.shape[2] - 1)  # where rounding left the sum below 1
        return tuple(field[state, action, place] for field in (self.following, self.reward, self.terminated))


def from_transitions(transitions, start):
    """The Model of a table as Gymnasium's toy environments have it.

    Args:
        transitions: for each state a dict or list, for each action a list of outcomes
            ``(probability, following state, reward, terminated)``.
        start: probabilities of the first state, or the number of the only one.

    Raises:
        ValueError: where the table has holes, a probability is no probability, a state doesn't exist, a reward is NaN.
    """
    _check_table(transitions)
    states, actions = len(transitions), len(transitions[0])
    for s in range(states):
        if len(transitions[s]) != actions:
            raise ValueError(f"State {s} has {len(transitions[s])} actions, and state 0 has {actions}.")
    outcomes = max(len(transitions[s][a]) for s in range(states) for a in range(actions))
    shape = (states, actions, outcomes)
    probability, reward = np.zeros(shape), np.zeros(shape)
    following, terminated = np.zeros(shape, "int64"), np.zeros(shape, bool)
    for s in range(states):
        for a in range(actions):
            for k, (p, after, gain, end) in enumerate(transitions[s][a]):
                probability[s, a, k], following[s, a, k] = p, after
                reward[s, a, k], terminated[s, a, k] = gain, end
            where = f"In state {s}, action {a}: outcomes {transitions[s][a]}"
            if not (probability[s, a] >= 0).all() or not abs(probability[s, a].sum() - 1) < 1e-8:
                raise ValueError(f"{where}; their probabilities must be at least 0 and add up to 1.")
            if not ((following[s, a] >= 0) & (following[s, a] < states)).all():
                raise ValueError(f"{where}; there are states 0 to {states - 1}.")
            if not np.isfinite(reward[s, a]).all():
                raise ValueError(f"{where}; every reward must be a finite number.")
    if np.ndim(start) == 0:
        first = np.eye(states)[checks.whole_number("start", start, least=0, most=states - 1)]
    else:
        first = checks.numeric("start", start)
    if first.shape != (states,) or not (first >= 0).all() or not abs(first.sum() - 1) < 1e-8:
        raise ValueError(f"start: expected {states} probabilities that add up to 1, got shape {first.shape}.")
    return Model(probability, following, reward, terminated, first)


def _check_table(transitions):
    """Raise ValueError where a table isn't made of states, actions, and outcomes of four numbers."""
    form = (
        "transitions[state][action] is a list of outcomes (probability, following state, reward, terminated)"
    )
    if not isinstance(transitions, list | tuple | dict) or not len(transitions):
        raise ValueError(f"The table is {transitions!r}: expected that {form}.")
    for state in range(len(transitions)):
        if not _numbered(transitions, state) or not isinstance(transitions[state], list | tuple | dict):
            raise ValueError(f"The table has no actions for state {state}: expected that {form}.")
        of_state = transitions[state]
        for action in range(len(of_state)):
            outcomes = of_state[action] if _numbered(of_state, action) else None
            fits = isinstance(outcomes, list | tuple) and all(map(_is_outcome, outcomes))
            if not fits or not outcomes:
                raise ValueError(f"In state {state}, action {action}: {outcomes!r}; expected that {form}.")
    if not len(transitions[0]):
        raise ValueError(f"State 0 has no actions: expected that {form}.")


def _numbered(sequence, index):
    return index in sequence if isinstance(sequence, dict) else index < len(sequence)


def _is_outcome(outcome):
    if not isinstance(outcome, list | tuple) or len(outcome) != 4:
        return False
    probability, following, reward, terminated = outcome
    real = all(isinstance(value, numbers.Real) for value in (probability, reward))
    return real and isinstance(following, numbers.Integral) and isinstance(terminated, bool | np.bool_)


def from_environment(environment):
    """The Model of a Gymnasium environment that publishes its table as ``P`` (FrozenLake, Taxi, CliffWalking).

    A time limit (``TimeLimit``) is no part of the table: see ``with_time_limit``.

    Raises:
        ValueError: where the environment has no table, or the table is wrong.
    """
    validation.require(environment, observation=validation.spaces.Discrete, action=validation.spaces.Discrete)
    inner = environment.unwrapped
    if not hasattr(inner, "P") or not hasattr(inner, "initial_state_distrib"):
        raise ValueError(
            f"{type(inner).__name__} has no transition table (P, initial_state_distrib), so it can't be planned in "
            "exactly. Learn in it instead: dlcourse.rl.tabular."
        )
    return from_transitions(inner.P, inner.initial_state_distrib)


def softened(model, epsilon):
    """The process of an agent that does a random action instead of its own with probability epsilon.

    Planning in it finds the best of all ε-greedy ways to behave (Sutton & Barto 2018, section 5.4).
    """
    share = (1 - epsilon) * np.eye(model.actions) + epsilon / model.actions  # (meant, done)
    shape = (model.states, model.actions, -1)
    spread = np.einsum("ab,sbk->sabk", share, model.probability).reshape(shape)

    def repeated(field):
        return np.repeat(field.reshape(model.states, 1, -1), model.actions, axis=1)

    return Model(
        spread, repeated(model.following), repeated(model.reward), repeated(model.terminated), model.start
    )


# What is best


@dataclass(frozen=True, eq=False)
class Plan:
    """Result of planning.

    Attributes:
        values: of the states, (states,).
        action_values: (states, actions).
        policy: the first best action of each state, int64 (states,).
        history: values after 0, 1, 2 ... sweeps or rounds, (sweeps + 1, states).
    """

    values: np.ndarray
    action_values: np.ndarray
    policy: np.ndarray
    history: np.ndarray

    @property
    def sweeps(self):
        return len(self.history) - 1


def backup(model, values, discount):
    """One look ahead: the value of each action if afterwards the states are worth ``values``.

    Bellman 1957: q(s, a) = E[r] + γ Σ P(s', not terminated | s, a) v(s').

    Args:
        values: (states,).

    Returns:
        Action values, (states, actions).
    """
    return model.expected_reward + discount * model.continuing @ values


def value_iteration(model, discount, *, tolerance=1e-10, max_sweeps=20_000):
    """Values of the best policy: from zeros, look ahead and take the best, over and over.

    Sutton & Barto 2018, section 4.4.

    Args:
        discount: γ from 0 to 1.
        tolerance: below 1, γ guarantees that no value is farther from the truth than this; at γ = 1, where
            there is no such guarantee, no value changed by more in the last sweep.
        max_sweeps: after which it gives up.

    Returns:
        Plan.

    Raises:
        ValueError: where the values don't settle.
    """
    discount = validation.discount_factor(discount)
    values = np.zeros(model.states)
    history = [values]
    for _ in range(max_sweeps):
        values = backup(model, values, discount).max(axis=1)
        history.append(values)
        change = np.abs(values - history[-2]).max()
        if change * discount <= tolerance * (1 - discount if discount < 1 else 1):
            return _plan(model, values, discount, history)
    raise ValueError(
        f"After {max_sweeps} sweeps values still change by {change:.3g}. At discount {discount} they may have no "
        "limit: take a smaller discount, or raise max_sweeps."
    )


def evaluate(model, policy, discount):
    """Exact values of a policy: solves v = r_π + γ C_π v (Sutton & Barto 2018, equation 4.4).

    Args:
        policy: actions (states,) or probabilities (states, actions).

    Returns:
        Values, (states,).

    Raises:
        ValueError: where γ = 1 and the policy never ends an episode from some reachable state.
    """
    discount = validation.discount_factor(discount)
    chances = validation.probabilities(policy, model.states, model.actions)
    moves = np.einsum("sa,sat->st", chances, model.continuing)
    rewards = np.einsum("sa,sa->s", chances, model.expected_reward)
    solvable = np.ones(model.states, bool) if discount < 1 else _ends(moves)
    if not solvable[model.reachable].all():
        state = int(np.flatnonzero(model.reachable & ~solvable)[0])
        raise ValueError(
            f"From state {state} this policy never ends the episode, so without discount its return has no value. "
            "Take a discount below 1, or over_steps() with a time limit."
        )
    values, matrix = np.zeros(model.states), np.eye(model.states) - discount * moves
    values[solvable] = np.linalg.solve(matrix[np.ix_(solvable, solvable)], rewards[solvable])
    return values


def _ends(moves):
    """From which states an end will surely come (there is a way to it from every state on the way), bool (states,)."""
    can = moves.sum(axis=1) < 1 - 1e-12
    while True:  # which have a way to an end
        more = can | (moves[:, can].sum(axis=1) > 0)
        if (more == can).all():
            break
        can = more
    lost = ~can
    while True:  # which have a way to one of the others
        more = lost | (moves[:, lost].sum(axis=1) > 0)
        if (more == lost).all():
            return ~lost
        lost = more


def policy_iteration(model, discount, *, policy=None):
    """Evaluate the policy exactly, take the best actions by its values, until none changes (Howard 1960).

    Details: an action is changed only where another is better by more than TIE, else policies of equal value could
    follow each other for ever. Ends after finitely many rounds, since each is strictly better.

    Args:
        policy: to begin with, int (states,); action 0 everywhere by default. At γ = 1 it must end every episode.

    Returns:
        Plan.

    Raises:
        ValueError: where γ = 1 and a policy never ends an episode, or rewards are so large that rounding decides.
    """
    policy = np.zeros(model.states, "int64") if policy is None else np.asarray(policy)
    history = []
    for _ in range(MAX_ROUNDS):
        values = evaluate(model, policy, discount)
        history.append(values)
        looked_ahead = backup(model, values, discount)
        here = np.take_along_axis(looked_ahead, policy[:, None], axis=1)[:, 0]
        better = looked_ahead.max(axis=1) > here + TIE * (1 + np.abs(here))
        if not better.any():
            return _plan(model, values, discount, history)
        policy = np.where(better, greedy(looked_ahead), policy)
    raise ValueError(f"After {MAX_ROUNDS} rounds the policy still changes: look for rewards near 1e9.")


def _plan(model, values, discount, history):
    action_values = backup(model, values, discount)
    return Plan(values, action_values, greedy(action_values), np.array(history))


def greedy(action_values):
    """The first best action by action values (..., actions); values within TIE (relative) are equally good."""
    best = action_values.max(axis=-1, keepdims=True)
    return (action_values >= best - TIE * (1 + np.abs(best))).argmax(axis=-1)


def epsilon_greedy(action_values, epsilon):
    """Probabilities (states, actions): mostly the greedy action, any with epsilon / actions each."""
    actions = action_values.shape[-1]
    return (1 - epsilon) * np.eye(actions)[greedy(action_values)] + epsilon / actions


def over_steps(model, policy, steps):
    """Exact expected undiscounted return within so many steps: what a time limit lets a policy get.

    Returns:
        Values of each first state, (states,).
    """
    chances = validation.probabilities(policy, model.states, model.actions)
    moves = np.einsum("sa,sat->st", chances, model.continuing)
    rewards = np.einsum("sa,sa->s", chances, model.expected_reward)
    values = np.zeros(model.states)
    for _ in range(steps):
        values = rewards + moves @ values
    return values


def from_start(model, values):
    """Mean of the values over the first state."""
    return float(model.start @ values)


def uniform(model):
    """The policy that does anything, (states, actions)."""
    return np.full((model.states, model.actions), 1 / model.actions)


def expected_return(model, policy, steps):
    """Exact expected undiscounted return of a policy within so many steps, over the first state: a number."""
    return from_start(model, over_steps(model, policy, steps))
