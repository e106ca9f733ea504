"""Digits written with a pen, as the points that it passed; and pictures drawn from them."""

import numpy as np

from dlcourse.datasets import catalogue
from dlcourse.datasets.raw import Raw


def pen_digits(entry):
    """UCI's pen digits (Alpaydin & Alimoglu 1998): x uint8 (10,992, 8, 2), points (right, up) from 0 to 100."""
    arrays = catalogue.arrays(entry["files"][0])
    return Raw(
        arrays["points"],
        arrays["digit"],
        classes=tuple("0123456789"),
        to_float=lambda x: x.astype("float32") / 100,
    )


def pictures(points, *, side=28, inside=20, width=2.4):
    """Strokes drawn as MNIST's images are: white on black, the digit in the middle.

    Args:
        points: float (examples, points, 2), each from 0 to 1, to the right and up, in the order in which the pen
            passed them; each is joined to the next by a straight line.
        side: of the pictures, in pixels.
        inside: side of the square in their middle that the points are drawn in, in pixels.
        width: of the lines, in pixels.

    Returns:
        float32 (examples, side, side, 1), from 0 to 1: 1 within the line, with a border of one pixel that fades.

    Raises:
        ValueError: where points are not of this shape, or outside 0 to 1.
    """
    points = np.asarray(points, "float32")
    if points.ndim != 3 or points.shape[1] < 2 or points.shape[2] != 2:
        raise ValueError(
            f"pictures(points): got shape {points.shape}; expected (examples, points, 2) with at least 2 points. A "
            "single stroke is points[np.newaxis]."
        )
    if not np.all((points >= 0) & (points <= 1)):
        raise ValueError(
            f"pictures(points): values from {points.min():g} to {points.max():g}; expected 0 to 1. Divide by the "
            "width of what was written on, such as 100."
        )
    margin = (side - inside) / 2
    x = margin + points[..., 0] * inside
    y = side - margin - points[..., 1] * inside  # a picture's rows count downwards
    drawn = np.zeros((len(points), side, side, 1), "float32")
    for begin in range(0, len(points), 500):  # some 40 MB at a time
        part = slice(begin, begin + 500)
        distance = _distance_to_lines(x[part], y[part], side)
        drawn[part, ..., 0] = np.clip(width / 2 + 0.5 - distance, 0, 1)
    return drawn


def _distance_to_lines(x, y, side):
    """From each pixel's middle to the nearest line between points, (examples, side, side), in pixels."""
    column = (np.arange(side, dtype="float32") + 0.5)[np.newaxis, np.newaxis, :]
    row = (np.arange(side, dtype="float32") + 0.5)[np.newaxis, :, np.newaxis]
    nearest = np.full((len(x), side, side), np.inf, "float32")
    for k in range(x.shape[1] - 1):
        from_x, from_y, along_x, along_y = (
            a[:, np.newaxis, np.newaxis]
            for a in (x[:, k], y[:, k], x[:, k + 1] - x[:, k], y[:, k + 1] - y[:, k])
        )
        squared = np.maximum(along_x**2 + along_y**2, 1e-12)  # two equal points are a dot
        share = np.clip(((column - from_x) * along_x + (row - from_y) * along_y) / squared, 0, 1)
        nearest = np.minimum(
            nearest, np.hypot(column - from_x - share * along_x, row - from_y - share * along_y)
        )
    return nearest
