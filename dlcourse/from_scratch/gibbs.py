"""Gibbs' sampler of a Gaussian: one coordinate after another, each from its conditional (Geman & Geman 1984)."""

import numpy as np

from dlcourse import checks


def gaussian(covariance, start, *, draws, seed):
    """Chains of a Gaussian with mean zero; a draw is a sweep over all coordinates.

    With precision Λ, coordinate i given the others is Gaussian with variance 1/Λ_ii and mean -Σ_j≠i Λ_ij x_j / Λ_ii.

    Args:
        covariance: (dimensions, dimensions), positive definite.
        start: (chains, dimensions).
        draws: how many sweeps.
        seed: of the draws.

    Returns:
        (draws, chains, dimensions).

    Raises:
        ValueError: where the covariance isn't positive definite, or its size isn't that of the start.
    """
    place = checks.numeric("gaussian(start)", start, 2).copy()
    covariance = checks.numeric("gaussian(covariance)", covariance, 2)
    if covariance.shape != (place.shape[1],) * 2 or not np.allclose(covariance, covariance.T):
        raise ValueError(
            f"gaussian(): covariance of shape {covariance.shape}, start {place.shape}; expected a symmetric matrix, "
            f"({place.shape[1]}, {place.shape[1]})."
        )
    if np.linalg.eigvalsh(covariance).min() <= 0:
        raise ValueError(
            "gaussian(): the covariance has an eigenvalue of 0 or less; expected a positive definite matrix."
        )
    precision = np.linalg.inv(covariance)
    rng = np.random.default_rng(checks.seed("gaussian(seed)", seed))
    kept = np.empty((checks.whole_number("gaussian(draws)", draws), *place.shape))
    for draw in range(len(kept)):
        for i in range(place.shape[1]):
            pull = place @ precision[i] - precision[i, i] * place[:, i]
            place[:, i] = (-pull + np.sqrt(precision[i, i]) * rng.normal(size=len(place))) / precision[i, i]
        kept[draw] = place
    return kept
