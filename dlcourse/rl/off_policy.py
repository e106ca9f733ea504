"""What another policy would have earned, from the logs of the one that acted.

Each estimator gives one term for every logged row; the estimate is their mean, and their spread gives its interval. In
all of them ``weight`` is π(action | x) / π₀(action | x): how much likelier the policy to be judged would have been to
do what the logging one did.
"""

from dataclasses import dataclass

import numpy as np

from dlcourse import checks

LARGEST = 1e12
"""What no reward, weight or expectation reaches."""


@dataclass(frozen=True, eq=False)
class Logs:
    """Rows of a log, and what is needed to judge a policy by them.

    Attributes:
        reward: (rows,).
        weight: π(logged action | x) / π₀(logged action | x), (rows,).
        expected_logged: a model's expected reward of the logged action, (rows,).
        expected_policy: its expected reward under the policy, Σ_a π(a | x) q(x, a), (rows,).

    Raises:
        ValueError: where lengths differ, a number is not finite, or a weight is negative.
    """

    reward: np.ndarray
    weight: np.ndarray
    expected_logged: np.ndarray
    expected_policy: np.ndarray

    def __post_init__(self):
        rows = len(np.atleast_1d(self.reward))
        for name in ("reward", "weight", "expected_logged", "expected_policy"):
            column = _column(f"Logs({name})", getattr(self, name))
            if len(column) != rows:
                raise ValueError(
                    f"Logs({name}): {len(column)} rows, and reward has {rows}; expected one for each."
                )
            object.__setattr__(self, name, column)
        if self.weight.min() < 0:
            raise ValueError(
                f"Logs(weight): the smallest is {self.weight.min():g}; expected quotients of two probabilities."
            )


def direct_method(logs):
    """Believe the model: q(x, π). Little variance; as wrong as the model is. Terms (rows,)."""
    return logs.expected_policy


def inverse_propensity(logs):
    """Believe the log: w r. Right on average where π₀ does all that π does; a few large weights decide. Terms (rows,).

    Horvitz & Thompson 1952.
    """
    return logs.weight * logs.reward


def self_normalised(logs):
    """The mean reward with weights that add up to one: Σ w r / Σ w (Hájek 1971; Swaminathan & Joachims 2015).

    Returns:
        Terms (rows,) whose mean is that quotient. Their spread is the quotient's own to first order: it isn't the
        rewards' but their residuals', w (r - estimate) / mean w (the delta method).
    """
    mean_weight = logs.weight.mean()
    if not mean_weight > 0:
        raise ValueError(
            "self_normalised(): all weights are 0: the log holds nothing that this policy would do."
        )
    estimate = (logs.weight * logs.reward).mean() / mean_weight
    return estimate + logs.weight * (logs.reward - estimate) / mean_weight


def doubly_robust(logs):
    """The model, and the log's weighted corrections of it: right on average if either is (Dudík et al. 2011).

    q(x, π) + w (r - q(x, action)). Terms (rows,).
    """
    return logs.expected_policy + logs.weight * (logs.reward - logs.expected_logged)


def switch(logs, largest):
    """Doubly robust where weights are small, the model alone where they are large (Wang et al. 2017).

    Args:
        largest: weights up to this one correct the model; inf corrects by all, 0 by none.

    Returns:
        Terms (rows,).
    """
    largest = checks.between("switch(largest)", largest, 0, np.inf)
    small = logs.weight <= largest
    return logs.expected_policy + small * logs.weight * (logs.reward - logs.expected_logged)


def effective_rows(weight):
    """How many rows of equal weight would tell as much: (Σ w)² / Σ w² (Kong 1992), from 1 to the number of rows."""
    weight = _column("effective_rows(weight)", weight)
    if weight.min() < 0 or not weight.any():
        raise ValueError("effective_rows(weight): expected weights of 0 or more, not all of them 0.")
    return weight.sum() ** 2 / (weight**2).sum()


def interval(terms):
    """Estimate, and the low and high end of its 95 % interval by the normal distribution, from terms (rows,)."""
    terms = _column("interval(terms)", terms)
    if len(terms) < 2:
        raise ValueError(
            f"interval(terms): got {len(terms)} row; expected 2 or more, to see how they spread."
        )
    half = 1.96 * terms.std(ddof=1) / np.sqrt(len(terms))
    return terms.mean(), terms.mean() - half, terms.mean() + half


def _column(name, values):
    """A column of a log, float64 (rows,), none of it NaN or infinite."""
    values = checks.between(name, values, -LARGEST, LARGEST)
    if values.ndim != 1 or not values.size:
        raise ValueError(
            f"{name}: got shape {values.shape}; expected (rows,), a number for each row of the log."
        )
    return values
