"""How much better an action was than expected: returns, and advantages by generalised advantage estimation."""

import numpy as np

from dlcourse import checks


def returns_to_go(rewards, ended, discount):
    """Discounted sum of the rewards from each step to its episode's end, or to the rollout's.

    Args:
        rewards: float (T, ...).
        ended: whether the episode ended with this step, bool (T, ...).
        discount: γ, a number or an array that fits (...).

    Returns:
        (T, ...), of the rewards' dtype.
    """
    _check(rewards, ended, "ended")
    checks.between("returns_to_go(discount)", discount, 0, 1)
    found, following = np.empty(rewards.shape, np.result_type(rewards, "float32")), 0.0
    for step in reversed(range(len(rewards))):
        following = rewards[step] + discount * np.where(ended[step], 0.0, following)
        found[step] = following
    return found


def _check(rewards, flags, name):
    """Raise ValueError where these aren't rewards and, step for step, whether something ended there."""
    for given, what, kinds in [(rewards, "rewards", "iuf"), (flags, name, "b")]:
        if not isinstance(given, np.ndarray) or given.dtype.kind not in kinds or not given.ndim:
            kind = "booleans" if kinds == "b" else "numbers"
            found = f"{given.dtype} {given.shape}" if hasattr(given, "dtype") else type(given).__name__
            raise ValueError(f"{what} are {found}: expected an array of {kind}, (T, ...).")
    if flags.shape != rewards.shape:
        raise ValueError(
            f"{name} has shape {flags.shape} for rewards of shape {rewards.shape}; expected the same."
        )


def gae(rewards, values, terminated, truncated, *, discount, gae_lambda):
    """Generalised advantage estimation (Schulman et al. 2016, equation 16).

    With the errors δₜ = rₜ + γ v(sₜ₊₁) - v(sₜ), the advantage is Aₜ = δₜ + γλ δₜ₊₁ + (γλ)² δₜ₊₂ + ...,
    up to the end of the episode or of the rollout.

    Details:
    - After a termination nothing follows: its δ has no v(sₜ₊₁). After a truncation it has, from the observation
      that ended the episode.
    - After either, the sum stops: what the next episode brings is nobody's merit. So a reset step's δ, which is
      meaningless, reaches no other step; leave the step itself out (``Rollout.learning``).

    Args:
        rewards: (T, ...).
        values: v of the observations, (T + 1, ...).
        terminated, truncated: bool (T, ...).
        discount: γ, a number or an array that fits (...).
        gae_lambda: λ, likewise; from 0 (only δ: little noise, and v's mistakes) to 1 (all rewards: the reverse).

    Returns:
        Advantages (T, ...).

    Raises:
        ValueError: where the shapes don't fit.
    """
    for flags, name in [(terminated, "terminated"), (truncated, "truncated")]:
        _check(rewards, flags, name)
    checks.between("gae(gae_lambda)", gae_lambda, 0, 1)
    checks.between("gae(discount)", discount, 0, 1)
    checks.numeric("values", values)
    if not np.ndim(values) or len(values) != len(rewards) + 1 or values.shape[1:] != rewards.shape[1:]:
        raise ValueError(
            f"values have shape {values.shape} for rewards of shape {rewards.shape}: expected "
            f"{(len(rewards) + 1, *rewards.shape[1:])}, one row more, for the observation after the last step."
        )
    errors = rewards + discount * values[1:] * ~terminated - values[:-1]
    carry = discount * gae_lambda * ~(terminated | truncated)
    found, following = np.empty_like(errors), 0.0
    for step in reversed(range(len(rewards))):
        following = errors[step] + carry[step] * following
        found[step] = following
    return found
