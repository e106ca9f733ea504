"""One judge for every agent, ours or anybody's: when is an environment solved, and does it stay so?

Solved is an agent whose last 100 training episodes have a mean return of at least 475 (CartPole-v1's threshold, as
Gymnasium registers it), counted at the end of the first episode where that is so. Training episodes explore. The
parameters that the agent then has are confirmed, or not, by 100 greedy episodes with other seeds.
"""

import numpy as np

THRESHOLD, WINDOW = 475.0, 100
CONFIRMATION_SEED = 1_000_003
"""Of the environments that confirm; no agent trains with it."""


def first_solved(totals, threshold=THRESHOLD, window=WINDOW):
    """The number of the episode, from 0, at whose end the last ``window`` had a mean of at least ``threshold``.

    Args:
        totals: returns of training episodes in the order in which they ended.

    Returns:
        int, or None.
    """
    totals = np.asarray(totals, "float64")
    if len(totals) < window:
        return None
    sums = np.cumsum(np.concatenate([[0.0], totals]))
    means = (sums[window:] - sums[:-window]) / window
    reached = np.flatnonzero(means >= threshold)
    return int(reached[0]) + window - 1 if len(reached) else None


def solved_at(episodes, threshold=THRESHOLD, window=WINDOW):
    """The rollout.Episode at whose end it was solved, or None."""
    place = first_solved([episode.total for episode in episodes], threshold, window)
    return None if place is None else episodes[place]


def confirm(environments, choose, episodes=100, seed=CONFIRMATION_SEED, most_steps=100_000):
    """Returns of greedy episodes: one of each environment, from its first reset to its first end.

    Args:
        environments: Gymnasium vector environment; its copies play at once.
        choose: from observations (n, size) to actions as the environment wants them.
        episodes: at most as many as there are environments.
        seed: of the environments.
        most_steps: after which it gives up.

    Returns:
        float64 (episodes,).

    Raises:
        ValueError: where there are fewer environments than episodes, or they don't end.
    """
    if environments.num_envs < episodes:
        raise ValueError(
            f"{episodes} episodes at once need as many environments; got {environments.num_envs}."
        )
    observation, _ = environments.reset(seed=seed)
    totals, running = np.zeros(environments.num_envs), np.ones(environments.num_envs, bool)
    for _ in range(most_steps):
        observation, reward, terminated, truncated, _ = environments.step(choose(observation))
        totals += np.where(running, reward, 0.0)
        running &= ~(terminated | truncated)
        if not running[:episodes].any():
            return totals[:episodes]
    raise ValueError(
        f"After {most_steps} steps {running[:episodes].sum()} episodes still run: set a time limit."
    )
