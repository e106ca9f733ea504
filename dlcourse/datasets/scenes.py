"""Scenes for object detection, composed of real handwritten digits on coloured, cluttered backgrounds.

A scene is 96×96 pixels in colour. It shows 1 to 6 digits, each 14 to 40 pixels high (and at most 48 wide), whose boxes
lie inside the scene and overlap up to IoU 0.3. Behind them is a colour gradient with 6 to 12 pieces of clutter:
strokes cut from other digits, 28 to 40 pixels high: pieces of 5 to 15 pixels. Smaller digits lie in front of larger
ones. Every pixel has noise of standard deviation 0.08. A digit's colour is drawn until it differs from the mean
colour of its place by 0.4 or more (in red, green and blue from 0 to 1, as a distance; 16 times at most).
"""

import functools

import numpy as np

from dlcourse import checks
from dlcourse.datasets.boxed import BoxedSplit

SIDE, MOST, HEIGHTS, WIDEST = 96, 6, (14, 40), 48
OVERLAP, NOISE, CONTRAST = 0.3, 0.08, 0.4
CLUTTER, PIECES, LARGE = (6, 12), (5, 15), 28
INK = 0.2
"""A pixel belongs to a digit's box where it is at least so bright in MNIST, from 0 to 1."""

TRIES = 40
"""So often a place is drawn for a digit before it is left out."""


def compose(digits, count, *, seed, first=0, least=1):
    """Compose scenes of digits.

    The scene of a number depends on the seed and this number alone, so that a long series can be made in parts.

    Args:
        digits: Split of MNIST: x float32 (n, 28, 28, 1) from 0 to 1, y int (n,).
        count: how many scenes.
        seed: of all that is drawn.
        first: the first scene's number.
        least: digits of a scene, from 1 to 6: so many to 6 are drawn, and those are left out that find no place.

    Returns:
        BoxedSplit: x float32 (count, 96, 96, 3), boxes float32 (count, 6, 4), labels int32 (count, 6).

    Raises:
        ValueError: where the digits have another shape, or a number is not whole.
    """
    count = checks.whole_number("compose(count)", count)
    seed = checks.whole_number("compose(seed)", seed, least=0)
    first = checks.whole_number("compose(first)", first, least=0)
    least = checks.whole_number("compose(least)", least, most=MOST)
    if np.shape(digits.x)[1:] != (28, 28, 1):
        raise ValueError(
            f"compose(digits) has images of shape {np.shape(digits.x)[1:]}: expected (28, 28, 1), such as "
            'datasets.load("mnist").train.'
        )
    x = np.empty((count, SIDE, SIDE, 3), "float32")
    boxes, labels = np.zeros((count, MOST, 4), "float32"), np.full((count, MOST), -1, "int32")
    for number in range(count):
        random = np.random.default_rng([seed, first + number])
        chosen = random.integers(0, len(digits.y), MOST + CLUTTER[1])
        images = _cropped(digits.x[chosen, :, :, 0])
        x[number], found, which = _scene(images, random, least)
        boxes[number, : len(found)], labels[number, : len(found)] = found, digits.y[chosen[which]]
    return BoxedSplit(x, boxes, labels)


def _scene(images, random, least):
    """One scene of cropped images (6 for digits, then clutter): pixels, boxes (n, 4), and which images they are
    (n,).
    """
    canvas = _background(random)
    _clutter(canvas, images[MOST : MOST + random.integers(CLUTTER[0], CLUTTER[1] + 1)], random)
    placed = _places(images[: random.integers(least, MOST + 1)], random)
    for which, (left, top, right, bottom) in sorted(placed, key=lambda one: one[1][1] - one[1][3]):
        ink, place = _resized(images[which], bottom - top, right - left), canvas[top:bottom, left:right]
        colours = random.random((16, 3), "float32")
        far = np.square(colours - place.mean(axis=(0, 1))).sum(axis=1) >= CONTRAST**2
        _paint(place, ink, colours[far.argmax()])
    canvas += np.float32(NOISE) * random.standard_normal(canvas.shape, "float32")
    which, boxes = zip(*placed, strict=True)
    return np.clip(canvas, 0, 1, out=canvas), np.array(boxes, "float32"), np.array(which)


def _background(random):
    """A gradient between two colours in a random direction, float32 (96, 96, 3)."""
    start, end = random.random((2, 3), "float32")
    angle = 2 * np.pi * random.random()
    axis = np.linspace(-0.5, 0.5, SIDE) / np.sqrt(2)
    along = 0.5 + np.sin(angle) * axis[:, None] + np.cos(angle) * axis
    return start + along.astype("float32")[..., None] * (end - start)


def _clutter(canvas, images, random):
    """Paint a piece of each digit somewhere: so small a piece that it is no digit any more."""
    sizes = random.integers(PIECES[0], PIECES[1] + 1, (len(images), 2)).tolist()
    heights = random.integers(LARGE, HEIGHTS[1] + 1, len(images)).tolist()
    places = random.random((len(images), 4)).tolist()
    colours = random.random((len(images), 3), "float32")
    for image, (height, width), tall, place, colour in zip(
        images, sizes, heights, places, colours, strict=True
    ):
        wide = max(2, min(tall, image.shape[1] * tall // image.shape[0]))
        row, column = int(place[0] * (tall - height + 1)), int(place[1] * (max(0, wide - width) + 1))
        rows = _resampling(image.shape[0], tall)[row : row + height]
        columns = _resampling(image.shape[1], wide)[column : column + width]
        height, width = len(rows), len(columns)
        top, left = int(place[2] * (SIDE - height + 1)), int(place[3] * (SIDE - width + 1))
        _paint(canvas[top : top + height, left : left + width], rows @ image @ columns.T, colour)


def _paint(place, ink, colour):
    """Lay ink of one colour over a part of the canvas: ink (height, width) from 0, nothing, to 1."""
    place += ink[..., None] * (colour - place)


def _places(images, random):
    """Boxes for digits: a list of (which, (left, top, right, bottom)); the first always has one."""
    placed, heights = [], random.integers(HEIGHTS[0], HEIGHTS[1] + 1, len(images)).tolist()
    for which, (image, tall) in enumerate(zip(images, heights, strict=True)):
        height, width = image.shape
        tall = max(HEIGHTS[0], min(tall, WIDEST * height // width))
        wide = min(WIDEST, max(2, round(width * tall / height)))
        corners = (random.random((TRIES, 2)) * (SIDE - wide + 1, SIDE - tall + 1)).astype(int)
        for left, top in corners.tolist():
            box = (left, top, left + wide, top + tall)
            if all(_overlap(box, other) <= OVERLAP for _, other in placed):
                placed.append((which, box))
                break
    return placed


def _overlap(one, other):
    """Intersection over union of two boxes."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or tall <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return wide * tall / (sum(areas) - wide * tall)


def _cropped(images):
    """Digits (n, 28, 28) without their blank margins: a list of float32 (height, width); a blank one as it is."""
    inked = images >= INK
    edges = []
    for across in (2, 1):
        there = inked.any(axis=across)
        edges.append((there.argmax(axis=1), images.shape[1] - there[:, ::-1].argmax(axis=1)))
    (top, bottom), (left, right) = edges
    return [image[a:b, c:d] for image, a, b, c, d in zip(images, top, bottom, left, right, strict=True)]


def _resized(image, height, width):
    """A grey image, float32 (rows, columns), in another size by linear interpolation along each axis."""
    return _resampling(image.shape[0], height) @ image @ _resampling(image.shape[1], width).T


@functools.cache
def _resampling(old, new):
    """The matrix (new, old) that resamples so many values linearly; where it shrinks, it averages what falls
    together.
    """
    centres = (np.arange(new) + 0.5) * old / new - 0.5
    reach = max(1.0, old / new)
    weights = np.maximum(0, 1 - np.abs(centres[:, None] - np.arange(old)) / reach)
    return (weights / weights.sum(axis=1, keepdims=True)).astype("float32")
