"""Simulation-based calibration (Talts et al. 2018): where the truth stands among a sampler's draws."""

import numpy as np

from dlcourse import checks


def ranks(truths, draws):
    """How many of its draws are below each truth: uniform on 0 ... draws where the sampler is right.

    Args:
        truths: parameters drawn from the prior, (simulations,).
        draws: draws given the data that each of them made, (draws, simulations).

    Returns:
        Whole numbers from 0 to draws, (simulations,).
    """
    truths, draws = checks.numeric("ranks(truths)", truths, 1), checks.numeric("ranks(draws)", draws, 2)
    if draws.shape[1] != len(truths):
        raise ValueError(
            f"ranks(): {len(truths)} truths, draws {draws.shape}; expected (draws, simulations), a column per truth."
        )
    return (draws < truths).sum(axis=0)


def histogram(found, draws):
    """How often each rank from 0 to ``draws`` came, (draws + 1,)."""
    found, draws = np.asarray(found), checks.whole_number("histogram(draws)", draws)
    if (
        found.dtype.kind not in "iu"
        or found.ndim != 1
        or not found.size
        or found.min() < 0
        or found.max() > draws
    ):
        raise ValueError(f"histogram(): expected ranks, whole numbers from 0 to {draws}, in one list.")
    return np.bincount(found, minlength=draws + 1)


def unevenness(found, draws):
    """χ² of the ranks against equal counts, over its degrees of freedom: about 1 where the ranks are uniform."""
    counts = histogram(found, draws)
    expected = counts.sum() / len(counts)
    return ((counts - expected) ** 2 / expected).sum() / draws
