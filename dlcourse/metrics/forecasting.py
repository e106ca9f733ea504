"""Errors of forecasts, their skill against a baseline, and its interval.

Times are positions 0 ... n - 1. A forecast is made *at* a time t, its origin: it may use what was measured up to and
including t, and speaks of t + 1 ... t + horizons.
"""

import numpy as np

from dlcourse import checks

DRAWS = 1_000
"""Of the bootstrap."""


def squared_errors(forecast, windows):
    """Squared errors, float64 (origins, horizons), NaN where nothing was measured."""
    return np.square(np.asarray(forecast, "float64") - windows.y)


def root_mean_square(errors):
    """Root mean squared error by horizon, float64 (horizons,), of squared errors (origins, horizons)."""
    return np.sqrt(np.nanmean(errors, axis=0))


def skill(errors, baseline):
    """1 - MSE / MSE of the baseline, of squared errors (origins, horizons): 1 is perfect, 0 no better, < 0 worse."""
    both = np.isfinite(errors) & np.isfinite(baseline)
    return 1 - float(np.mean(errors[both]) / np.mean(baseline[both]))


def skill_interval(errors, baseline, *, block):
    """A 95 % interval for the skill by the moving-block bootstrap (Künsch 1989).

    Errors of neighbouring origins resemble each other, so whole blocks of neighbours are drawn with replacement, the
    same for both forecasts; the interval holds the middle 95 % of the skills of 1,000 such draws.

    Args:
        errors, baseline: squared errors (origins, horizons), NaN where nothing was measured.
        block: origins in a block; longer than errors stay correlated, and many times shorter than the series.

    Returns:
        (low, high).

    Raises:
        ValueError: where the block is longer than the series, or the shapes differ.
    """
    errors = checks.numeric("skill_interval(errors)", errors, axes=2)
    baseline = checks.numeric("skill_interval(baseline)", baseline, axes=2)
    block = checks.whole_number("skill_interval(block)", block, least=0)
    if errors.shape != baseline.shape or not 1 <= block <= len(errors):
        raise ValueError(
            f"skill_interval(block={block}) takes errors of equal shape, at least one block long; got {errors.shape} "
            f"and {baseline.shape}."
        )
    both = np.isfinite(errors) & np.isfinite(baseline)
    if (errors < 0).any() or (baseline < 0).any():
        raise ValueError("skill_interval() takes squared errors; some of these are below 0.")
    if not (np.where(both, baseline, 0) > 0).any():
        raise ValueError("skill_interval() got a baseline without errors: nothing can be better than that.")
    sums = np.stack([np.where(both, kind, 0).sum(axis=1) for kind in (errors, baseline)])
    random = np.random.default_rng(0)
    starts = random.integers(0, len(errors) - block + 1, (DRAWS, -(-len(errors) // block)))
    rows = (starts[..., None] + np.arange(block)).reshape(DRAWS, -1)[:, : len(errors)]
    ours, theirs = sums[:, rows].sum(axis=-1)
    some = theirs > 0  # draws of blocks on which the baseline makes no error say nothing
    low, high = np.percentile(1 - ours[some] / theirs[some], [2.5, 97.5])
    return float(low), float(high)
