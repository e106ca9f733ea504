"""Policies that look at nothing: what any agent must beat first. From observations (n, ...) to actions int64 (n,)."""

import numpy as np

from dlcourse import checks


def always(action):
    """The policy that does the same in every step: the number of an action."""
    action = checks.whole_number("always(action)", action, least=0)
    return lambda observation: np.full(len(observation), action)


def at_random(actions, seed=0):
    """The policy that draws each action, all as likely.

    Args:
        actions: how many there are.
        seed: of the draws.
    """
    actions = checks.whole_number("at_random(actions)", actions)
    rng = np.random.default_rng(checks.whole_number("at_random(seed)", seed, least=0))
    return lambda observation: rng.integers(actions, size=len(observation))
