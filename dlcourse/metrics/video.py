"""Predicted frames against the true ones: cross-entropy in nats per frame, structural similarity."""

import numpy as np

from dlcourse import checks

SMALLEST = 1e-6
"""Probabilities are kept this far from 0 and 1: a certain mistake costs 14 nats."""
WINDOW = 7
"""Side of the window of ``structural_similarity``, scikit-image's own."""


def cross_entropy(frames, predicted):
    """What a predicted frame costs, in nats: -Σ x ln p + (1 - x) ln(1 - p), summed over its pixels.

    Grey pixels cost something even where the prediction is the frame itself: that is the least it can be.

    Args:
        frames: float (..., height, width, 1), 0 to 1, what came.
        predicted: the same shape, each pixel's predicted mean, 0 to 1.

    Returns:
        float64 (...).

    Raises:
        ValueError: where shapes differ, or numbers lie outside 0 to 1.
    """
    frames, predicted = _pair("cross_entropy", frames, predicted)
    p = np.clip(predicted, SMALLEST, 1 - SMALLEST)
    return -(frames * np.log(p) + (1 - frames) * np.log1p(-p)).sum(axis=(-3, -2, -1))


def structural_similarity(frames, predicted):
    """The mean structural similarity of each pair of frames (Wang et al. 2004), 1 where they are equal.

    As scikit-image's ``structural_similarity`` with ``data_range=1`` and all else as it comes, on many frames at once:
    windows of 7 × 7 pixels, sample variances, the outer 3 pixels left out.

    Args:
        frames, predicted: float (..., height, width, 1), 0 to 1, height and width 7 or more.

    Returns:
        float64 (...).

    Raises:
        ValueError: where shapes differ, numbers lie outside 0 to 1, or frames are too small.
    """
    x, y = (array[..., 0] for array in _pair("structural_similarity", frames, predicted))
    if min(x.shape[-2:]) < WINDOW:
        raise ValueError(
            f"structural_similarity(): frames of {x.shape[-2]} × {x.shape[-1]} pixels; expected {WINDOW} or more."
        )

    def windows(side):
        """A matrix that takes the mean of each window along an axis: (side - 6, side)."""
        first = np.arange(side - WINDOW + 1)[:, np.newaxis]
        return ((np.arange(side) >= first) & (np.arange(side) < first + WINDOW)) / WINDOW

    down, across = windows(x.shape[-2]), windows(x.shape[-1]).T

    def mean(array):
        return down @ array @ across

    sample = WINDOW**2 / (WINDOW**2 - 1)
    of_x, of_y = mean(x), mean(y)
    var_x, var_y = (sample * (mean(a * a) - m * m) for a, m in ((x, of_x), (y, of_y)))
    covariance = sample * (mean(x * y) - of_x * of_y)
    small, large = 0.01**2, 0.03**2
    similar = (2 * of_x * of_y + small) * (2 * covariance + large)
    similar /= (of_x**2 + of_y**2 + small) * (var_x + var_y + large)
    return similar.mean(axis=(-2, -1))


def _pair(name, frames, predicted):
    frames = checks.between(f"{name}(frames)", frames, 0, 1)
    predicted = checks.between(f"{name}(predicted)", predicted, 0, 1)
    if frames.shape != predicted.shape or frames.ndim < 3 or frames.shape[-1] != 1 or not frames.size:
        raise ValueError(
            f"{name}(): frames {frames.shape} and predicted {predicted.shape}; expected two of the same shape, "
            "(..., height, width, 1)."
        )
    return frames, predicted
