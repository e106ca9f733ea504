"""How much better an action was than expected: returns, and advantages by generalised advantage estimation."""

import numpy as np


def returns_to_go(rewards, ended, discount):
    """Discounted sum of the rewards from each step to its episode's end, or to the rollout's.

    Args:
        rewards: float (T, ...).
        ended: whether the episode ended with this step, bool (T, ...).
        discount: γ, a number or an array that fits (...).

    Returns:
        (T, ...), of the rewards' dtype.
    """
    found, following = np.empty_like(rewards), 0.0
    for step in reversed(range(len(rewards))):
        following = rewards[step] + discount * np.where(ended[step], 0.0, following)
        found[step] = following
    return found


def gae(rewards, values, terminated, truncated, *, discount, gae_lambda):
    """Generalised advantage estimation (Schulman et al. 2016, equation 16).

    With the errors δ_t = r_t + γ v(s_{t+1}) - v(s_t), the advantage is A_t = δ_t + γλ δ_{t+1} + (γλ)² δ_{t+2} + ...,
    up to the end of the episode or of the rollout.

    Details:
    - After a termination nothing follows: its δ has no v(s_{t+1}). After a truncation it has, from the observation
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
    if len(values) != len(rewards) + 1 or values.shape[1:] != rewards.shape[1:]:
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
