"""Baird's counterexample: linear values that grow without bound, and everything about it computed exactly.

Seven states, no reward: every value is 0. The solid action leads to state 7, the dashed one to one of the others. The
behaviour takes the solid action once in seven, so that all states are visited equally often; the policy whose values
are learnt always takes it (Baird 1995; Sutton & Barto 2018, section 11.2, figure 11.1).
"""

from dataclasses import dataclass

import numpy as np

STATES, DISCOUNT = 7, 0.99
START = np.array([1.0, 1, 1, 1, 1, 1, 10, 1])
"""The weights that the counterexample begins with."""


def features():
    """x(s) of the seven states, float64 (7, 8): v(s) = 2 w_s + w_8 for the first six, w_7 + 2 w_8 for the last."""
    rows = np.zeros((STATES, 8))
    rows[:6, :6] = 2 * np.eye(6)
    rows[:6, 7] = 1
    rows[6, 6:] = [1, 2]
    return rows


@dataclass(frozen=True, eq=False)
class Problem:
    """Evaluating a policy by expected, semi-gradient updates of linear values.

    Attributes:
        features: x(s), (states, weights).
        moves: probabilities of the evaluated policy's next state, (states, states).
        visits: how often the behaviour is in each state, (states,), adding up to 1.
        discount: γ, or 0 where the target doesn't bootstrap: with no reward, a return that was waited for is 0.
    """

    features: np.ndarray
    moves: np.ndarray
    visits: np.ndarray
    discount: float = DISCOUNT

    @property
    def drift(self):
        """A of w ← w - α A w: Xᵀ D (I - γ P) X, (weights, weights)."""
        x, weighted = self.features, self.features.T * self.visits
        return weighted @ (x - self.discount * self.moves @ x)

    @property
    def growth(self):
        """The largest real part of -A's eigenvalues: above 0, some weights grow for ever, however small α."""
        return float(np.linalg.eigvals(-self.drift).real.max())

    def held(self, updates, step_size):
        """One period of a target network: the linear map of w by so many updates towards targets from the first w.

        Returns:
            (weights, weights).
        """
        x, weighted = self.features, self.features.T * self.visits
        fitting, target = weighted @ x, self.discount * weighted @ self.moves @ x
        now = np.eye(x.shape[1])
        for _ in range(updates):
            now = now + step_size * (target - fitting @ now)
        return now

    def held_growth(self, updates, step_size):
        """By how much values grow in one update, in the long run, with a target network: above 1, for ever.

        Only what shows in values counts: weights that change no value stay, and are left out.
        """
        basis = np.linalg.svd(self.features)[2][: np.linalg.matrix_rank(self.features)]
        seen = basis @ self.held(updates, step_size) @ basis.T
        return float(np.abs(np.linalg.eigvals(seen)).max() ** (1 / updates))


def problem(off_policy=True, bootstrap=True, approximate=True):
    """Baird's counterexample, or what is left of it without one of the three.

    Args:
        off_policy: whether the behaviour differs from the policy whose values are learnt. Without, the solid action is
            always taken, and only state 7 is seen.
        bootstrap: whether the target uses the next state's value; without, it is the return, which is 0.
        approximate: whether eight weights serve seven states; without, a weight for each state: a table.

    Returns:
        Problem.
    """
    solid = np.zeros((STATES, STATES))
    solid[:, 6] = 1
    visits = np.full(STATES, 1 / STATES) if off_policy else np.eye(STATES)[6]
    x = features() if approximate else np.eye(STATES)
    return Problem(x, solid, visits, DISCOUNT if bootstrap else 0.0)


def expected(case, steps, step_size):
    """Expected updates, all states at once: w ← w + α Σ_s d(s) [γ v(s') - v(s)] x(s) (dynamic programming).

    Args:
        case: Problem. It begins with ``START``, or for a table with the values that these weights give.
        steps, step_size: how many updates, and α.

    Returns:
        Values of the states after each step, (steps + 1, states).
    """
    weights, drift = _start(case), case.drift
    values = [case.features @ weights]
    for _ in range(steps):
        weights = weights - step_size * drift @ weights
        values.append(case.features @ weights)
    return np.array(values)


def sampled(steps, step_size, runs, seed=0, off_policy=True):
    """Off-policy TD(0), one transition at a time, importance-weighted (Sutton & Barto 2018, 11.2).

    Args:
        runs: independent repetitions, at once.
        off_policy: as in ``problem``.

    Returns:
        Largest absolute value of any state after each step, (steps + 1, runs).
    """
    rng, x = np.random.default_rng(seed), features()
    weights = np.tile(START, (runs, 1))
    state = rng.integers(STATES, size=runs)
    sizes = [np.abs(weights @ x.T).max(axis=1)]
    for _ in range(steps):
        solid = rng.random(runs) < (1 / STATES if off_policy else 1.0)
        following = np.where(solid, STATES - 1, rng.integers(STATES - 1, size=runs))
        ratio = solid / (1 / STATES if off_policy else 1.0)  # of the two policies' probabilities
        error = DISCOUNT * (weights * x[following]).sum(axis=1) - (weights * x[state]).sum(axis=1)
        weights = weights + (step_size * ratio * error)[:, None] * x[state]
        state = following
        sizes.append(np.abs(weights @ x.T).max(axis=1))
    return np.array(sizes)


def gradient_corrected(case, steps, step_size, second):
    """Expected TDC (Sutton et al. 2009): bootstraps, off-policy, with approximation, and follows a true gradient.

    Args:
        second: step size of the auxiliary weights.

    Returns:
        Values of the states after each step, (steps + 1, states).
    """
    x, weighted = case.features, case.features.T * case.visits
    cross = case.discount * weighted @ case.moves @ x  # Xᵀ D γ P X
    weights, aside = _start(case), np.zeros(case.features.shape[1])
    values = [x @ weights]
    for _ in range(steps):
        error = -case.drift @ weights
        weights, aside = (
            weights + step_size * (error - cross.T @ aside),
            aside + second * (error - weighted @ x @ aside),
        )
        values.append(x @ weights)
    return np.array(values)


def _start(case):
    return START if case.features.shape[1] == len(START) else features() @ START
