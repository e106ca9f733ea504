"""Digits written with a pen, as the points that it passed; split by writer, bent a little, drawn as pictures."""

import numpy as np

from dlcourse import checks
from dlcourse.datasets import catalogue, splitting
from dlcourse.datasets.dataset import Dataset, Split
from dlcourse.datasets.raw import Raw

TEST_ROWS = (slice(6_728, 9_892), slice(10_658, None))
"""UCI's test digits, by 14 writers who wrote none of the others, in the rows of the copy that is shipped.

Nothing in the copy says so. Each of these blocks begins and ends where the rows' nearest neighbours change sides; no
other two such blocks near them have all ten of UCI's counts of test digits (363 364 364 336 364 335 336 364 336 336);
and by the nearest neighbour 97.74 % of them are right, by the nearest three 97.80 %, which are UCI's own figures.
"""


def pen_digits(entry):
    """UCI's pen digits (Alpaydin & Alimoglu 1998): x uint8 (10,992, 8, 2), points (right, up) from 0 to 100."""
    arrays = catalogue.arrays(entry["files"][0])
    return Raw(
        arrays["points"],
        arrays["digit"],
        classes=tuple("0123456789"),
        to_float=lambda x: x.astype("float32") / 100,
    )


def by_writers(validation=1_000, seed=0):
    """The pen digits as UCI splits them: 30 writers to learn from, 14 other writers in the test.

    Args:
        validation: how many of the 7,494 digits of the first 30 are validation data; their writers are in training too.
        seed: which.

    Returns:
        Dataset; x float32 (examples, 8, 2), points (right, up) from 0 to 1; 3,498 test examples.

    Raises:
        ValueError: where ``validation`` is no whole number that leaves something to train on.
    """
    entry = catalogue.entry("pen_digits")
    raw = pen_digits(entry)
    is_test = np.zeros(len(raw.y), bool)
    for block in TEST_ROWS:
        is_test[block] = True
    known, new = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    validation = checks.whole_number("by_writers(validation)", validation, least=10, most=len(known) - 10)
    train, held = (
        known[rows] for rows in splitting.split_off(raw.y[known], validation, checks.seed("seed", seed))
    )
    x, y = raw.to_float(raw.x), raw.y.astype("int32")
    return Dataset(
        name="pen_digits",
        title=f"{entry['title']}, split by writer",
        classes=raw.classes,
        train=Split(x[train], y[train]),
        validation=Split(x[held], y[held]),
        test=Split(x[new], y[new]),
        licence=entry["licence"],
        source=entry["source"],
        citation=entry["citation"],
    )


def bent(points, *, turn=0.12, shear=0.15, noise=0.01, seed=0):
    """Strokes as another hand might write them: each is turned and sheared a little, and its points are moved.

    Args:
        points: float (examples, points, 2).
        turn: standard deviation of the angle, in radians.
        shear: of how far right a point goes for each unit up.
        noise: of each coordinate.
        seed: of the draws.

    Returns:
        float32 (examples, points, 2) from 0 to 1, as ``scaled`` gives them.

    Raises:
        ValueError: where points have another shape, or a setting is below 0.
    """
    points = _strokes("bent(points)", points)
    turn, shear, noise = (
        float(checks.between(f"bent({name})", value, 0, 10))
        for name, value in {"turn": turn, "shear": shear, "noise": noise}.items()
    )
    random = np.random.default_rng(checks.seed("bent(seed)", seed))
    angle, lean = (random.normal(0, size, len(points))[:, np.newaxis] for size in (turn, shear))
    right, up = points[..., 0] - 0.5, points[..., 1] - 0.5
    right, up = np.cos(angle) * right - np.sin(angle) * up, np.sin(angle) * right + np.cos(angle) * up
    moved = np.stack([right + lean * up, up], axis=-1)
    return scaled(moved + random.normal(0, noise, moved.shape))


def scaled(points):
    """Strokes as the pen digits have them, in a square: on both axes they begin at 0 and end at 1.

    Args:
        points: float (examples, points, 2).

    Returns:
        float32 of the same shape. Where all points of a stroke have the same coordinate, that is 0.

    Raises:
        ValueError: where points have another shape.
    """
    points = _strokes("scaled(points)", points)
    low = points.min(axis=1, keepdims=True)
    size = points.max(axis=1, keepdims=True) - low
    return ((points - low) / np.where(size > 0, size, 1)).astype("float32")


def _strokes(name, points):
    points = checks.numeric(name, points, axes=3)
    if points.shape[2] != 2 or not points.size or not np.all(np.abs(points) < 1e9):
        raise ValueError(f"{name}: got shape {points.shape}; expected (examples, points, 2), finite numbers.")
    return points


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
