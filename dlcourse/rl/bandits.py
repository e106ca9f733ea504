"""Bandits: one state, several arms, and what it costs to find out which of them is best.

Every policy plays many independent runs at once: its memory is (runs, arms), and no run sees another's rewards. A
policy chooses an arm for each run and learns from the rewards; the rewards here are 1 with the arm's probability, or 0.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from dlcourse import checks

TIE = 1e-9
"""Means nearer than this count as equal: rounding must not make a gap."""


@dataclass(frozen=True, eq=False)
class Play:
    """What was chosen, and what that cost.

    Attributes:
        arms: int64 (steps, runs).
        regret: what the best arm's mean would have been ahead by so far, float64 (steps, runs): sums of differences of
            true means, so that the luck of the rewards isn't in it.
    """

    arms: np.ndarray
    regret: np.ndarray


def play(policy, means, steps, *, runs, seed=0):
    """Play a bandit of rewards 0 and 1.

    Args:
        policy: one of this module's.
        means: probability of a reward of each arm, (arms,), or of each run's own bandit, (runs, arms).
        steps: how often each run chooses.
        runs: how many, independent of each other.
        seed: of rewards and choices.

    Returns:
        Play.

    Raises:
        ValueError: where there are fewer than two arms, a mean is no probability, or policy isn't one.
    """
    means = checks.between("play(means)", means, 0, 1)
    steps, runs = checks.whole_number("play(steps)", steps), checks.whole_number("play(runs)", runs)
    if means.shape[-1:] < (2,) or means.shape[:-1] not in ((), (runs,)):
        raise ValueError(
            f"play(means): got shape {means.shape}; expected (arms,) or ({runs}, arms), with 2 arms or more."
        )
    means, every = np.broadcast_to(means, (runs, means.shape[-1])), np.arange(runs)
    rng = np.random.default_rng(checks.seed("play(seed)", seed))
    is_policy("play(policy)", policy, EpsilonGreedy, UCB1, Thompson, GradientBandit)
    policy.start(*means.shape)
    chosen = np.empty((steps, runs), "int64")
    for step in range(steps):
        chosen[step] = arms = policy.choose(rng)
        policy.learn(arms, (rng.random(runs) < means[every, arms]).astype("float64"))
    return Play(chosen, np.cumsum(means.max(axis=1) - means[every, chosen], axis=0))


def lower_bound(means, steps):
    """What any policy that is good on every bandit must lose on this one (Lai & Robbins 1985): Σ Δ / KL · ln steps.

    An arm whose mean is Δ below the best must be tried until chance can't explain its rewards any more: ln(steps) over
    the Kullback-Leibler divergence from it to the best arm, at least. The bound holds in the limit of many steps; a
    policy may be below it for a while, and one that always plays this bandit's best arm is below it for ever.

    Args:
        means: probabilities of the arms, each between 0 and 1 (arms,).
        steps: number or array, 1 or more.

    Returns:
        float64, of the shape of steps.

    Raises:
        ValueError: where there are fewer than two arms, or a number makes no sense.
    """
    means = checks.between("lower_bound(means)", means, 0, 1)
    steps = checks.between("lower_bound(steps)", steps, 1, np.inf)
    if means.ndim != 1 or means.size < 2:
        raise ValueError(
            f"lower_bound(means): got shape {means.shape}; expected (arms,), with 2 arms or more."
        )
    best = means.max()
    others = means[means < best - TIE]
    divergence = special.rel_entr(others, best) + special.rel_entr(1 - others, 1 - best)
    return ((best - others) / divergence).sum() * np.log(steps)


def is_policy(name, policy, *kinds):
    """Raise ValueError where policy isn't made, or is of another kind than these classes and those made from them."""
    named = ", ".join(f"{kind.__name__}(...)" for kind in kinds)
    if isinstance(policy, type):
        raise ValueError(
            f"{name}: got the class {policy.__name__}; expected one made of it: {policy.__name__}(...)."
        )
    if not all(callable(getattr(policy, part, None)) for part in ("start", "choose", "learn")):
        raise ValueError(f"{name}: got {policy!r}; expected a policy, such as {named}.")


def highest(scores, rng):
    """The arm with the highest score of each run; among equal ones, any."""
    ties = scores == scores.max(axis=1, keepdims=True)
    return (ties * rng.random(scores.shape)).argmax(axis=1)


def draw(probabilities, rng):
    """An arm for each row of probabilities (n, arms), int64 (n,)."""
    cumulative = probabilities.cumsum(axis=1)[:, :-1]
    return (cumulative < rng.random((len(cumulative), 1))).sum(axis=1)


class _MeanRewards:
    """A policy that remembers how often each arm was chosen, and its mean reward so far."""

    def start(self, runs, arms):
        self.runs = np.arange(runs)
        self.counts = np.zeros((runs, arms))
        self.means = np.zeros((runs, arms))

    def learn(self, arms, rewards):
        place = (self.runs, arms)
        self.counts[place] += 1
        self.means[place] += (rewards - self.means[place]) / self.counts[place]


class EpsilonGreedy(_MeanRewards):
    """The arm that looks best; with probability ε any arm. ε = 0 is greedy, and may never learn better.

    Args:
        epsilon: from 0 to 1.
    """

    def __init__(self, epsilon):
        self.epsilon = checks.fraction("EpsilonGreedy(epsilon)", epsilon)

    def choose(self, rng):
        runs, arms = self.counts.shape
        explore = rng.random(runs) < self.epsilon
        return np.where(explore, rng.integers(arms, size=runs), highest(self.means, rng))


class UCB1(_MeanRewards):
    """The arm that could be best: mean + √(2 ln t / n), a bound that the truth seldom exceeds (Auer et al. 2002)."""

    def choose(self, rng):
        with np.errstate(divide="ignore", invalid="ignore"):  # an arm never tried could be anything
            width = np.sqrt(2 * np.log(np.maximum(self.counts.sum(axis=1, keepdims=True), 1)) / self.counts)
        return highest(np.where(self.counts > 0, self.means + width, np.inf), rng)


class Thompson:
    """Each arm with the probability that it is the best (Thompson 1933): draw from the beliefs, take the highest.

    The belief about an arm is a Beta distribution, which is uniform at first: 1 + rewards, 1 + failures.
    """

    def start(self, runs, arms):
        self.runs = np.arange(runs)
        self.successes = np.ones((runs, arms))
        self.failures = np.ones((runs, arms))

    def choose(self, rng):
        return rng.beta(self.successes, self.failures).argmax(axis=1)

    def learn(self, arms, rewards):
        self.successes[self.runs, arms] += rewards
        self.failures[self.runs, arms] += 1 - rewards


class GradientBandit:
    """Preferences, a softmax, and a step up the gradient of the expected reward (Sutton & Barto 2018, section 2.8).

    The simplest policy gradient: with a reward above the mean so far, the chosen arm's preference grows and the others'
    shrink.

    Args:
        step_size: of the preferences.
    """

    def __init__(self, step_size):
        self.step_size = checks.positive("GradientBandit(step_size)", step_size)

    def start(self, runs, arms):
        self.runs = np.arange(runs)
        self.preferences = np.zeros((runs, arms))
        self.baseline, self.steps = np.zeros(runs), 0

    def probabilities(self):
        """Of the arms, (runs, arms)."""
        return special.softmax(self.preferences, axis=1)

    def choose(self, rng):
        return draw(self.probabilities(), rng)

    def learn(self, arms, rewards):
        direction = -self.probabilities()
        direction[self.runs, arms] += 1  # the gradient of log π(arm)
        self.preferences += self.step_size * (rewards - self.baseline)[:, None] * direction
        self.steps += 1
        self.baseline += (rewards - self.baseline) / self.steps  # of earlier rewards, when the next one comes
