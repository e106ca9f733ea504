"""Objective of detectors that see objects as points: focal loss of the heatmaps, and a loss of the boxes.

Zhou, Wang & Krähenbühl 2019 (arXiv:1904.07850), section 4; boxes learnt at the cells around a centre too, weighted by
how
near they are: Liu et al. 2020 (arXiv:1909.00700); generalised IoU: Rezatofighi et al. 2019 (arXiv:1902.09630).
"""

import numpy as np
import tensorflow as tf

from dlcourse import checks
from dlcourse.models import boxes as of_boxes
from dlcourse.training import inputs

SPREAD, NARROWEST = 0.1, 0.4
"""A heatmap's hill has a standard deviation of this share of the box's side, and of at least so many cells."""

LEAST = 0.05
"""Where a hill is lower than this, the box isn't learnt."""


def heatmaps(boxes, labels, rows, columns, classes, stride=of_boxes.STRIDE):
    """What a detector's heatmaps should be: a hill of height 1 around the cell that holds an object's centre.

    Args:
        boxes: float (batch, most, 4), in pixels.
        labels: int (batch, most); -1 where there is no object.
        rows, columns: of cells.
        classes: how many.
        stride: pixels per cell.

    Returns:
        heat: float32 (batch, rows, columns, classes): each object's hill in its class; where two meet, the higher.
        hills: float32 (batch, most, rows, columns): each object's by itself, 0 where there is none.
    """
    boxes, labels = tf.cast(boxes, tf.float32), tf.cast(labels, tf.int32)
    size = (boxes[..., 2:] - boxes[..., :2]) / stride  # in cells
    middle = tf.floor((boxes[..., 2:] + boxes[..., :2]) / (2 * stride))
    spread = tf.maximum(SPREAD * size, NARROWEST)

    def along(cells, axis):
        """exp(-d²/2s²) for every cell of an axis, (batch, most, cells)."""
        places = tf.range(cells, dtype=tf.float32) - middle[..., axis : axis + 1]
        return tf.exp(-0.5 * tf.square(places / spread[..., axis : axis + 1]))

    there = tf.cast(labels >= 0, tf.float32)
    hills = there[..., None, None] * along(rows, 1)[..., :, None] * along(columns, 0)[..., None, :]
    of_class = tf.one_hot(labels, classes)  # a row of zeros for -1
    heat = tf.reduce_max(hills[..., None] * of_class[:, :, None, None, :], axis=1)
    return heat, hills


def focal_loss(logits, heat):
    """Sum of the focal loss (Lin et al. 2017) as Zhou et al. 2019 have it, over all cells and classes.

    With p = sigmoid(logit): -(1 - p)² ln p where the heat is 1, else -(1 - heat)⁴ p² ln(1 - p). What is right already
    counts little, so that thousands of empty cells don't drown a few objects.

    Args:
        logits, heat: float (batch, rows, columns, classes); heat from 0 to 1.
    """
    p = tf.sigmoid(logits)
    at_centre = tf.square(1 - p) * tf.nn.softplus(-logits)
    elsewhere = tf.pow(1 - heat, 4) * tf.square(p) * tf.nn.softplus(logits)
    return tf.reduce_sum(tf.where(heat >= 1, at_centre, elsewhere))


def generalized_iou(one, other):
    """IoU, less the share of the smallest box around both that neither fills: from -1 to 1, float (..., ).

    Args:
        one, other: float (..., 4), with areas above 0.
    """

    def area(low, high):
        sides = tf.maximum(high - low, 0.0)
        return sides[..., 0] * sides[..., 1]

    a, b, c, d = one[..., :2], one[..., 2:], other[..., :2], other[..., 2:]
    shared = area(tf.maximum(a, c), tf.minimum(b, d))
    union = area(a, b) + area(c, d) - shared
    around = area(tf.minimum(a, c), tf.maximum(b, d))
    return shared / union - (around - union) / around


class detection:
    """Focal loss of the heatmaps plus a weighted loss of the boxes, per object.

    A batch is ``(x, (boxes, labels))``: boxes float (batch, most, 4) in pixels, labels int (batch, most), -1 where
    there is no object; the model's output is ``models.detector``'s.

    Args:
        box: ``"iou"``: 1 - generalised IoU; or ``"l1"``: absolute errors of centre (in cells) and of the logarithm of
            width and height.
        weight: of the boxes' loss.

    Metrics: ``heat`` and ``box``, the two losses per object, unweighted.

    Raises:
        ValueError: where ``box`` is something else or ``weight`` isn't above 0; from ``check``, where boxes or labels
            don't fit.
    """

    def __init__(self, box="iou", weight=2.0):
        if not checks.is_one_of(box, ("iou", "l1")):
            raise ValueError(f'detection(box={box!r}): expected "iou" or "l1".')
        self.box, self.weight = box, checks.positive("detection(weight)", weight)

    def __call__(self, model, batch, training):
        x, (boxes, labels) = batch
        outputs = tf.cast(model(x, training=training), tf.float32)
        rows, columns = outputs.shape[1], outputs.shape[2]
        heat, hills = heatmaps(boxes, labels, rows, columns, outputs.shape[-1] - 4)
        objects = tf.maximum(1.0, tf.reduce_sum(tf.cast(labels >= 0, tf.float32)))
        of_heat = focal_loss(outputs[..., :-4], heat) / objects
        weights, wanted = self.wanted(boxes, hills)
        of_box = tf.reduce_sum(weights * self.of_boxes(outputs, wanted)) / tf.maximum(
            1.0, tf.reduce_sum(weights)
        )
        return of_heat + self.weight * of_box, {"heat": of_heat, "box": of_box}

    def wanted(self, boxes, hills):
        """For each cell the weight (batch, rows, columns) and the box (..., 4) of the object whose hill is highest."""
        nearest = tf.argmax(hills, axis=1)
        height = tf.reduce_max(hills, axis=1)
        return tf.where(height >= LEAST, height, 0.0), tf.gather(
            tf.cast(boxes, tf.float32), nearest, batch_dims=1
        )

    def of_boxes(self, outputs, wanted):
        """The loss of each cell's box, (batch, rows, columns); where there is no object it means nothing."""
        found = of_boxes.decoded(outputs)
        unit = tf.constant([0.0, 0.0, 1.0, 1.0])
        wanted = tf.where(
            wanted[..., 2:3] > wanted[..., 0:1], wanted, unit
        )  # no logarithm of 0 where there is none
        if self.box == "iou":
            return 1 - generalized_iou(found, wanted)
        centre = tf.abs(found[..., 2:] + found[..., :2] - wanted[..., 2:] - wanted[..., :2]) / (
            2 * of_boxes.STRIDE
        )
        size = tf.abs(
            tf.math.log(found[..., 2:] - found[..., :2]) - tf.math.log(wanted[..., 2:] - wanted[..., :2])
        )
        return tf.reduce_sum(centre + size, axis=-1)

    def check(self, model, x, y):
        if not isinstance(y, tuple) or len(y) != 2:
            raise ValueError(
                "detection() takes targets as a tuple (boxes, labels), such as a BoxedSplit's y."
            )
        boxes, labels = y
        if boxes.ndim != 3 or boxes.shape[-1] != 4 or boxes.shape[:2] != labels.shape:
            raise ValueError(
                f"detection() takes boxes (images, most, 4) and labels (images, most); got {boxes.shape} and "
                f"{labels.shape}."
            )
        if not np.issubdtype(labels.dtype, np.integer):
            raise ValueError(
                f"detection() takes labels as whole numbers; got {labels.dtype}: labels.astype('int32')."
            )
        shape = inputs.output_shape(model, x)
        if len(shape) != 4 or shape[-1] < 5:
            raise ValueError(
                f"detection() takes outputs (images, rows, columns, classes + 4), as models.detector gives them; this "
                f"model gives {shape}."
            )
        classes, there = shape[-1] - 4, labels >= 0
        if labels.min() < -1 or labels.max() >= classes:
            raise ValueError(
                f"Labels run from {labels.min()} to {labels.max()}; expected 0 to {classes - 1}, and -1 for no "
                "object. Build "
                f"the model with classes={int(labels.max()) + 1}, or renumber the labels."
            )
        sizes = boxes[there][:, 2:] - boxes[there][:, :2]
        if sizes.size and not sizes.min() > 0:
            raise ValueError(
                "A box has no area: expected left, top, right, bottom in pixels, right above left and bottom above top."
            )
