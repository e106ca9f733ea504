"""Gradients by difference quotients: what a gradient that was derived or programmed is checked against."""

import numpy as np

from dlcourse import checks


def gradient(function, at, h=1e-5):
    """The gradient of a function by central differences, one coordinate at a time.

    Calls the function twice for each coordinate. In float64 the result is right to about nine digits where the
    function, its slopes and ``h`` are of ordinary size. A derivative that jumps between ``at - h`` and ``at + h``
    spoils it.

    Args:
        function: takes a float64 array shaped like ``at`` and gives one number.
        at: numbers of any shape, the point; it isn't changed.
        h: the step, a number above 0.

    Returns:
        float64 array, shaped like ``at``.

    Raises:
        ValueError: where ``h`` is no finite number above 0.
    """
    h, point = checks.positive("gradient(h)", h), np.array(at, "float64")
    slopes = np.empty_like(point)
    for place in np.ndindex(point.shape):
        here = point[place]
        point[place] = here + h
        up = function(point.copy())
        point[place] = here - h
        down = function(point.copy())
        point[place] = here
        slopes[place] = (up - down) / (2 * h)
    return slopes


def relative_error(found, true):
    """How far an array is from the true one: the norm of the difference over the true norm, a float.

    0 where both are zero, infinity where only the true one is.

    Raises:
        ValueError: where the shapes differ.
    """
    found, true = np.asarray(found, "float64"), np.asarray(true, "float64")
    if found.shape != true.shape:
        raise ValueError(
            f"relative_error(): found has shape {found.shape}, true {true.shape}; give two arrays of one shape."
        )
    difference, scale = np.linalg.norm(found - true), np.linalg.norm(true)
    if scale == 0:
        return 0.0 if difference == 0 else np.inf
    return float(difference / scale)
