"""Images made smaller by average pooling, and their shifted copies."""

import numpy as np

from dlcourse import checks
from dlcourse.datasets.dataset import Split

FACTOR = 4
"""Side, in pixels, of the squares that are averaged into one pixel."""


def pooled(split):
    """A Split of smaller images: every 4 × 4 pixels averaged into one, so that MNIST's 28 × 28 become 7 × 7.

    x: float32 (examples, height / 4, width / 4, channels), scaled by constants to MNIST's mean 0 and variance 1.

    Raises ValueError where a side of the images is not a multiple of 4.
    """
    return Split(_pool(split.x), split.y)


def shifted(split, pixels=2):
    """The images of a Split moved by ``pixels`` in each of eight directions, then pooled as by ``pooled``.

    Returns float32 (8, examples, height / 4, width / 4, channels). What leaves the picture is lost; what comes in is 0.
    Raises ValueError as ``pooled`` does, or where ``pixels`` is not a whole number of 1 or more.
    """
    pixels = checks.whole_number("shifted(pixels)", pixels)
    height, width = _images(split.x).shape[1:3]
    wide = np.pad(split.x, [(0, 0), (pixels, pixels), (pixels, pixels), (0, 0)])
    moves = [
        (down, right)
        for down in (0, pixels, 2 * pixels)
        for right in (0, pixels, 2 * pixels)
        if (down, right) != (pixels, pixels)
    ]
    return np.stack([_pool(wide[:, down : down + height, right : right + width]) for down, right in moves])


def _images(x):
    if np.ndim(x) != 4 or np.asarray(x).dtype.kind not in "biuf":
        raise ValueError(
            "pooled() and shifted() take images, numbers (examples, height, width, channels); got "
            f"{np.asarray(x).dtype} {np.shape(x)}."
        )
    return x


def _pool(x):
    examples, height, width, channels = _images(x).shape
    if height % FACTOR or width % FACTOR:
        raise ValueError(
            f"pooled() averages squares of {FACTOR} × {FACTOR} pixels; got images of {height} × {width}. Crop or "
            f"resize them to sides that are multiples of {FACTOR}."
        )
    blocks = x.reshape(examples, height // FACTOR, FACTOR, width // FACTOR, FACTOR, channels)
    return ((blocks.mean(axis=(2, 4)) - 0.13) / 0.25).astype("float32")
