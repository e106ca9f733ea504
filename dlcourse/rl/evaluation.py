"""One judge for every agent, ours or anybody's: when is an environment solved, and does it stay so?

Solved is an agent whose last 100 training episodes have a mean return of at least 475 (CartPole-v1's threshold, as
Gymnasium registers it), counted at the end of the first episode where that is so. Training episodes explore. The
parameters that the agent then has are confirmed, or not, by 100 greedy episodes with other seeds.
"""

import numpy as np

from dlcourse import checks

THRESHOLD, WINDOW, MOST_STEPS = 475.0, 100, 100_000
CONFIRMATION_SEED = 1_000_003
"""Of the environments that confirm; no agent trains with it."""


def first_solved(totals, threshold=THRESHOLD):
    """The number of the episode, from 0, at whose end the last ``WINDOW`` had a mean of at least ``threshold``.

    Args:
        totals: returns of training episodes in the order in which they ended.

    Returns:
        int, or None.
    """
    totals = checks.numeric("first_solved(totals)", totals, axes=1)
    if len(totals) < WINDOW:
        return None
    sums = np.cumsum(np.concatenate([[0.0], totals]))
    means = (sums[WINDOW:] - sums[:-WINDOW]) / WINDOW
    reached = np.flatnonzero(means >= threshold)
    return int(reached[0]) + WINDOW - 1 if len(reached) else None


def solved_at(episodes, threshold=THRESHOLD):
    """The rollout.Episode at whose end it was solved, or None."""
    place = first_solved([episode.total for episode in episodes], threshold)
    return None if place is None else episodes[place]


def learning_curve(returns, ends, edges):
    """Mean return of the training episodes of one agent that ended in each stretch of its steps.

    Args:
        returns, ends: of each episode, in order: its return, and the step at which it ended, (episodes,).
        edges: steps, increasing: the stretches are (edges[0], edges[1]], (edges[1], edges[2]], ...

    Returns:
        float64 (edges - 1,); where no episode ended, what the stretch before has; NaN before the first.
    """
    returns, stretch = np.asarray(returns, "float64"), np.searchsorted(edges, ends) - 1
    curve = np.full(len(edges) - 1, np.nan)
    for place in range(len(curve)):
        here = returns[stretch == place]
        curve[place] = here.mean() if len(here) else curve[place - 1]
    return curve


def learning_curves(episodes, steps, width):
    """``learning_curve`` of each agent, its stretches ``width`` steps long.

    Args:
        episodes: list of rollout.Episodes for each agent.

    Returns:
        float64 (agents, steps // width).
    """
    edges = width * np.arange(steps // width + 1)
    parts = [([e.total for e in mine], [e.step for e in mine]) for mine in episodes]
    return np.array([learning_curve(*part, edges) for part in parts])


def confirm(environments, choose, episodes=100):
    """Returns of greedy episodes: one of each environment, from its first reset to its first end.

    Args:
        environments: Gymnasium vector environment, reset with ``CONFIRMATION_SEED``.
        choose: from observations (n, size) to actions as the environment wants them.
        episodes: at most as many as there are environments.

    Returns:
        float64 (episodes,).

    Raises:
        ValueError: where there are fewer environments than episodes, or they don't end within ``MOST_STEPS``.
    """
    if environments.num_envs < episodes:
        raise ValueError(
            f"{episodes} episodes at once need as many environments; got {environments.num_envs}."
        )
    observation, _ = environments.reset(seed=CONFIRMATION_SEED)
    totals, running = np.zeros(environments.num_envs), np.ones(environments.num_envs, bool)
    for _ in range(MOST_STEPS):
        observation, reward, terminated, truncated, _ = environments.step(choose(observation))
        totals += np.where(running, reward, 0.0)
        running &= ~(terminated | truncated)
        if not running[:episodes].any():
            return totals[:episodes]
    raise ValueError(
        f"After {MOST_STEPS} steps {running[:episodes].sum()} episodes still run: set a time limit."
    )
