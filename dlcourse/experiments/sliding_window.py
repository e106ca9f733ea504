"""The rival of chapter 06b's detector: a classifier of windows, moved over a pyramid of sizes.

It learns from windows cut out of the same scenes: digits in their middle, and places without a digit there.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from scipy import special

from dlcourse.datasets.dataset import Split
from dlcourse.models import boxes as of_boxes
from dlcourse.models.initializers import seeded_initializer

WINDOW, FILL, MARGIN = 28, 0.8, 12
"""A window's side in pixels as the classifier sees it; an object's longer side as a share of it; pixels added around
images.
"""

SIDES = tuple(round(17.5 * 1.19**step, 1) for step in range(7))
"""Windows' sides in pixels, for objects from 14 to 40 pixels: each 19 % larger than the one before."""

JITTER, STRETCH = 0.08, 0.12
"""In training windows an object lies off the middle by up to this share of the side, and is larger or smaller by
this.
"""


def classifier(side, channels, classes, seed, filters=(16, 32), hidden=64):
    """A small convolutional classifier without padding, two poolings: windows (side, side, channels) to logits
    (classes,).
    """

    def start(number):
        return seeded_initializer("he_normal", seed, number)

    return keras.Sequential(
        [
            keras.Input((side, side, channels)),
            layers.Conv2D(filters[0], 3, activation="relu", kernel_initializer=start(0)),
            layers.MaxPooling2D(2),
            layers.Conv2D(filters[1], 3, activation="relu", kernel_initializer=start(1)),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(hidden, activation="relu", kernel_initializer=start(2)),
            layers.Dense(classes, kernel_initializer=start(3)),
        ]
    )


def windows(split, count, seed, classes=10):
    """Windows to learn from, cut out of images with boxes: half show an object in their middle, half show none there.

    Args:
        split: BoxedSplit.
        count: how many windows.
        seed: of all that is drawn.
        classes: of objects; the label of a window without one in its middle is ``classes``.

    Returns:
        Split: x float32 (count, 28, 28, channels), y int32 (count,).
    """
    random = np.random.default_rng(seed)
    corners, labels, images = np.zeros((count, 3)), np.full(count, classes, "int32"), np.zeros(count, "int32")
    for row in range(count):
        boxes = labels_of = np.zeros((0, 4))
        while not len(boxes):
            images[row] = random.integers(len(split))
            boxes, labels_of = split.objects(images[row])
        centres, longest = (boxes[:, 2:] + boxes[:, :2]) / 2, (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
        if row % 2:
            which = random.integers(len(boxes))
            side = longest[which] / FILL * random.uniform(1 - STRETCH, 1 + STRETCH)
            centre = centres[which] + random.uniform(-JITTER, JITTER, 2) * side
            labels[row] = labels_of[which]
        else:
            centre, side = _empty(random, split.x.shape[1:3], centres, longest)
        corners[row] = *(centre - side / 2), side
    return Split(cut(split.x, images, corners), labels)


def _empty(random, shape, centres, longest):
    """Centre and side of a window with no object of its size in its middle."""
    while True:
        side = random.uniform(SIDES[0], SIDES[-1])
        centre = random.uniform(0, 1, 2) * (shape[1], shape[0])
        near = np.abs(centres - centre).max(axis=1) < 0.25 * side
        alike = np.abs(np.log(longest / (FILL * side))) < 0.3
        if not (near & alike).any():
            return centre, side


def cut(x, images, corners, window=WINDOW):
    """Windows of images, each resized to one size: float32 (n, window, window, channels).

    Args:
        x: float32 (images, height, width, channels).
        images: int (n,), which image each is cut from.
        corners: float (n, 3): left and top edge and side, in pixels; the border's pixels are repeated outside the
        image.
    """
    padded = np.pad(x, [(0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)], mode="edge")
    scale = np.array([padded.shape[1], padded.shape[2]]) - 1
    first = (
        corners[:, [1, 0]] + MARGIN + corners[:, 2:] * 0.5 / window - 0.5
    )  # the first pixel's middle, (top, left)
    last = first + corners[:, 2:] * (window - 1) / window
    places = np.concatenate([first / scale, last / scale], axis=1)
    return tf.image.crop_and_resize(padded, places, images, (window, window)).numpy()


def pyramid(network, x, sides, window=WINDOW, stride=4):
    """A fully convolutional classifier on images of several sizes.

    Args:
        network: ``models.fully_convolutional(...)``, made of a classifier of windows.
        x: float32 (images, height, width, channels).
        sides: of the windows, in pixels of ``x``.
        window: their side as the classifier sees it.
        stride: of the network's windows, in pixels that it sees.

    Returns:
        probabilities: float32 (images, windows, classes).
        places: float (windows, 3): left and top edge and side of each window, in pixels of ``x``.
    """
    all_probabilities, places = [], []
    for side in sides:
        scale = window / side
        size = [max(window, round(length * scale)) for length in x.shape[1:3]]
        logits = np.asarray(network(tf.image.resize(x, size), training=False))
        rows, columns = logits.shape[1:3]
        down, across = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
        left, top = across * stride * x.shape[2] / size[1], down * stride * x.shape[1] / size[0]
        places.append(np.stack([left, top, np.full_like(left, side)], axis=-1).reshape(-1, 3))
        all_probabilities.append(special.softmax(logits, axis=-1).reshape(len(x), -1, logits.shape[-1]))
    return np.concatenate(all_probabilities, axis=1), np.concatenate(places)


def aspects(split, classes=10):
    """The mean width over height of each class' boxes, float (classes,)."""
    there = split.labels >= 0
    boxes, labels = split.boxes[there], split.labels[there]
    ratio = (boxes[:, 2] - boxes[:, 0]) / (boxes[:, 3] - boxes[:, 1])
    return np.array([ratio[labels == label].mean() for label in range(classes)])


def found_in(network, x, shape_of, *, least=0.02, threshold=0.3, most=200):
    """What a classifier of windows finds: a list of Found.

    A window says of what class an object is, and by its own place and size where it is; the box's proportions are the
    mean of its class.

    Args:
        network: as for ``pyramid``.
        x: float32 (images, height, width, channels).
        shape_of: float (classes,), width over height of each class, as ``aspects`` gives.
        least: lowest probability that counts.
        threshold: of non-maximum suppression.
        most: windows of an image that go into the suppression.
    """
    padded = np.pad(x, [(0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)], mode="edge")
    probabilities, places = pyramid(network, padded, SIDES)
    centres, longest = places[:, :2] + places[:, 2:] / 2 - MARGIN, FILL * places[:, 2]
    sizes = np.stack(
        [np.minimum(shape_of, 1), 1 / np.maximum(shape_of, 1)], axis=-1
    )  # width, height by class
    found = []
    for of_image in probabilities:
        chosen, labels = np.nonzero(of_image[:, :-1] >= least)
        scores = of_image[chosen, labels]
        first = np.argsort(-scores, kind="stable")[:most]
        chosen, labels, scores = chosen[first], labels[first], scores[first]
        half = longest[chosen, None] * sizes[labels] / 2
        boxes = np.concatenate([centres[chosen] - half, centres[chosen] + half], axis=1)
        boxes = np.clip(boxes, 0, [x.shape[2], x.shape[1]] * 2)
        found.append(of_boxes.suppressed(boxes, labels, scores, threshold))
    return found
