"""Contextual bandits: what is best depends on what is seen, and only the chosen arm's reward is told.

Each arm has a linear model of its reward by ridge regression; what isn't known about it yet is its covariance. All runs
learn at once, each from its own stream: memory is (runs, arms, features, features).
"""

import numpy as np

from dlcourse import checks
from dlcourse.rl.bandits import highest, is_policy

LARGEST = 1e12
"""What no feature reaches."""


def play(policy, x, y, *, runs, seed=0):
    """Turn classification into a bandit: each run sees the examples in an order of its own, and names a class.

    The reward is 1 where it is right and 0 where it is wrong. What would have been right is never told (Dudík et al.
    2011, section 5).

    Args:
        policy: one of this module's.
        x: float (examples, features).
        y: whole numbers (examples,), from 0.
        runs: how many, independent of each other.
        seed: of orders and choices.

    Returns:
        Rewards, float64 (examples, runs).

    Raises:
        ValueError: where shapes don't belong together.
    """
    x, y = checks.between("play(x)", x, -LARGEST, LARGEST), np.asarray(y)
    if x.ndim != 2 or not x.size:
        raise ValueError(f"play(x): got shape {x.shape}; expected (examples, features).")
    if y.shape != x.shape[:1] or y.dtype.kind not in "iu" or not len(y) or y.min() < 0:
        raise ValueError(
            f"play(y): got {y.dtype} {y.shape} for {len(x)} examples; expected a class for each, whole numbers from 0."
        )
    runs = checks.whole_number("play(runs)", runs)
    rng = np.random.default_rng(checks.seed("play(seed)", seed))
    order = np.stack([rng.permutation(len(x)) for _ in range(runs)], axis=1)
    is_policy("play(policy)", policy, LinUCB, LinearThompson, LinearGreedy)
    policy.start(runs, int(y.max()) + 1, x.shape[1])
    rewards = np.empty((len(x), runs))
    for step, rows in enumerate(order):
        seen = x[rows].astype("float64")
        arms = policy.choose(seen, rng)
        rewards[step] = arms == y[rows]
        policy.learn(seen, arms, rewards[step])
    return rewards


class _LinearArms:
    """Ridge regression of each arm's reward, brought up to date after every one (Sherman & Morrison 1950).

    Attributes:
        covariance: (λ I + Σ x xᵀ)⁻¹, (runs, arms, features, features).
        weights: of each arm's model, (runs, arms, features).
    """

    def __init__(self, ridge=1.0):
        self.ridge = checks.positive("ridge", ridge)

    def start(self, runs, arms, features):
        self.runs = np.arange(runs)
        self.covariance = np.tile(np.eye(features) / self.ridge, (runs, arms, 1, 1))
        self.rewarded = np.zeros((runs, arms, features))  # Σ reward · x
        self.weights = np.zeros((runs, arms, features))

    def learn(self, x, arms, rewards):
        place = (self.runs, arms)
        covariance = self.covariance[place]
        spread = np.einsum("rij,rj->ri", covariance, x)
        shrink = 1 + np.einsum("ri,ri->r", spread, x)
        covariance = covariance - spread[:, :, None] * spread[:, None, :] / shrink[:, None, None]
        self.covariance[place] = covariance
        self.rewarded[place] += rewards[:, None] * x
        self.weights[place] = np.einsum("rij,rj->ri", covariance, self.rewarded[place])

    def expected(self, x):
        """Mean reward of each arm by its model, (runs, arms)."""
        return np.einsum("raj,rj->ra", self.weights, x)

    def spread(self, x):
        """√(xᵀ covariance x): how uncertain each arm's mean is, in units of the noise, (runs, arms)."""
        through = (self.covariance @ x[:, None, :, None])[..., 0]
        return np.sqrt((through * x[:, None, :]).sum(axis=-1))


class LinearGreedy(_LinearArms):
    """The arm whose model promises most; with probability ε any arm.

    Args:
        epsilon: from 0 to 1.
        ridge: λ.
    """

    def __init__(self, epsilon, ridge=1.0):
        super().__init__(ridge)
        self.epsilon = checks.fraction("LinearGreedy(epsilon)", epsilon)

    def choose(self, x, rng):
        scores = self.expected(x)
        explore = rng.random(len(scores)) < self.epsilon
        return np.where(explore, rng.integers(scores.shape[1], size=len(scores)), highest(scores, rng))


class LinUCB(_LinearArms):
    """The arm that could be best: the model's mean, and α times its spread (Li et al. 2010, algorithm 1).

    Args:
        alpha: how many standard deviations of doubt count in an arm's favour.
        ridge: λ.
    """

    def __init__(self, alpha, ridge=1.0):
        super().__init__(ridge)
        self.alpha = checks.positive("LinUCB(alpha)", alpha)

    def choose(self, x, rng):
        return highest(self.expected(x) + self.alpha * self.spread(x), rng)


class LinearThompson(_LinearArms):
    """The arm that is best by a draw from the beliefs, N(weights, scale² covariance) (Agrawal & Goyal 2013).

    Only the draw's mean reward at x matters, which is Gaussian too; so that is what is drawn.

    Args:
        scale: standard deviation of a reward's noise.
        ridge: λ.
    """

    def __init__(self, scale, ridge=1.0):
        super().__init__(ridge)
        self.scale = checks.positive("LinearThompson(scale)", scale)

    def choose(self, x, rng):
        mean = self.expected(x)
        return (mean + self.scale * self.spread(x) * rng.standard_normal(mean.shape)).argmax(axis=1)
