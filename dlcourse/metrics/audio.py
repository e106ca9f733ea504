"""Sounds against sounds: levels, clipping, and how far spectra are apart, in decibels."""

import numpy as np

from dlcourse import checks

LARGEST, SILENT = 1e18, 1e-10


def decibels(amplitude):
    """20 log10 of an amplitude, float of the same shape; 1 is 0 dB, and nothing is below -200 dB."""
    return 20 * np.log10(np.maximum(checks.between("decibels(amplitude)", amplitude, 0, LARGEST), SILENT))


def level(samples):
    """The root mean square of a wave in decibels below a constant of 1, a float: a full sine has -3.01 dB."""
    samples = checks.between("level(samples)", samples, -LARGEST, LARGEST)
    if not samples.size:
        raise ValueError("level(samples): there are no samples.")
    return float(decibels(np.sqrt(np.mean(np.square(samples)))))


def clipped(samples, limit=1.0):
    """Share of samples whose size reaches the limit, from 0 to 1: a recorder would have cut these off."""
    samples = checks.between("clipped(samples)", samples, -LARGEST, LARGEST)
    if not samples.size:
        raise ValueError("clipped(samples): there are no samples.")
    return float(np.mean(np.abs(samples) >= checks.positive("clipped(limit)", limit)))


def log_spectral_distance(one, other):
    """Root mean square difference of two spectra in decibels, over frequencies: float (...).

    Args:
        one, other: levels in dB, float (..., frequencies) (Gray & Markel 1976).

    Raises:
        ValueError: where their shapes differ.
    """
    one, other = (checks.between("log_spectral_distance()", side, -LARGEST, LARGEST) for side in (one, other))
    if one.shape != other.shape or one.ndim < 1 or not one.size:
        raise ValueError(
            f"log_spectral_distance(): shapes {one.shape} and {other.shape}; expected twice (..., frequencies)."
        )
    return np.sqrt(np.mean((one - other) ** 2, axis=-1))
