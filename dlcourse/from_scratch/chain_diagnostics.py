"""What chains are worth: autocorrelation, effective sample size, split R-hat (Vehtari et al. 2021)."""

import numpy as np

from dlcourse import checks


def autocovariance(draws):
    """Autocovariance along the first axis, by lag, with the mean taken out and divided by n at every lag.

    Args:
        draws: (draws, ...).

    Returns:
        The same shape; lag 0 first, which is the variance.
    """
    draws = checks.numeric("autocovariance(draws)", draws)
    if not draws.ndim or len(draws) < 2:
        raise ValueError(f"autocovariance(): draws of shape {draws.shape}; expected two draws or more.")
    n = len(draws)
    spectrum = np.fft.rfft(
        draws - draws.mean(axis=0), 2 * n, axis=0
    )  # twice as long, so that ends don't meet
    return np.fft.irfft(np.abs(spectrum) ** 2, 2 * n, axis=0)[:n] / n


def split(draws):
    """Each chain's halves as two chains: (draws, chains, ...) to (draws // 2, 2 · chains, ...)."""
    draws = checks.numeric("split(draws)", draws)
    if draws.ndim < 2 or len(draws) < 8 or not draws.shape[1]:
        raise ValueError(
            f"split(): draws of shape {draws.shape}; expected (draws, chains, ...) with 8 draws or more."
        )
    half = len(draws) // 2
    return np.concatenate([draws[:half], draws[-half:]], axis=1)


def r_hat(draws):
    """Split R-hat: the spread of all chains over the spread within a chain, near 1 where chains agree.

    The square root of (n - 1)/n + B/(n W), with W the mean variance within, B/n the variance of the chains' means.

    Args:
        draws: (draws, chains, ...).

    Returns:
        One number per quantity, (...). Where no chain moved: infinity if they stand at different places, NaN if at
        the same one.
    """
    halves = split(draws)
    n = len(halves)
    within = halves.var(axis=0, ddof=1).mean(axis=0)
    within = np.where(np.ptp(halves, axis=0).max(axis=0) > 0, within, 0)  # no rounding where nothing moved
    between = halves.mean(axis=0).var(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt((n - 1) / n + between / within)


def effective_sample_size(draws):
    """How many independent draws would know the mean as well.

    Chains · draws / (1 + 2 Σ ρ_t), where ρ_t, the correlation of draws t steps apart, is estimated from all half chains
    together, with their means' spread in it. The sum ends where two neighbours, ρ_2k + ρ_2k+1, are below 0 together
    (Geyer 1992), and such pairs are not let rise.

    Args:
        draws: (draws, chains, ...).

    Returns:
        One number per quantity, (...). NaN where no chain moved, wherever the chains stand.
    """
    halves = split(draws)
    n, chains = halves.shape[:2]
    covariance = autocovariance(halves).mean(axis=1)
    within = covariance[0] * n / (n - 1)
    total = covariance[0] + halves.mean(axis=0).var(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = 1 - (within - covariance) / total
    correlation[0] = 1
    even, odd = correlation[: n - 1 : 2], correlation[1:n:2]
    pairs = even[: len(odd)] + odd
    kept = np.logical_and.accumulate(pairs > 0, axis=0)
    last = np.clip(kept.sum(axis=0), 1, (n - 3) // 2)  # the first pair counts, and the longest lags never do
    falling = np.minimum.accumulate(pairs, axis=0)
    number = np.arange(len(pairs)).reshape(-1, *[1] * (pairs.ndim - 1))
    next_even = np.take_along_axis(even, last[None], axis=0)[0]
    tau = -1 + 2 * (falling * (number < last)).sum(axis=0) + np.maximum(next_even, 0)
    size = n * chains
    moved = np.ptp(halves, axis=0).max(axis=0) > 0
    return np.where(moved, size / np.maximum(tau, 1 / np.log10(size)), np.nan)[()]
