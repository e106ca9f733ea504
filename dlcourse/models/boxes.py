"""Boxes: how far two overlap, which of several on one object to keep, and what a detector's outputs say.

A box is four numbers in pixels: left, top, right and bottom edge. The image's upper left corner is (0, 0).
"""

import dataclasses
import itertools

import keras
import numpy as np
from scipy import special

from dlcourse import checks

STRIDE, UNIT = 4, 16.0
"""A detector's cells are so many pixels large; its outputs say a box's size in units of so many pixels."""


def iou(one, other):
    """Intersection over union of every box of one list with every box of the other.

    Args:
        one: float (n, 4).
        other: float (m, 4).

    Returns:
        float64 (n, m), from 0 to 1.

    Raises:
        ValueError: where a list isn't of shape (boxes, 4), or a box's right edge lies left of its left one, or its
            bottom above its top.
    """
    return _iou(checked("iou(one)", one), checked("iou(other)", other))


def _iou(one, other):
    """``iou`` of boxes that were checked."""
    wide, tall = (
        np.minimum.outer(one[:, axis + 2], other[:, axis + 2])
        - np.maximum.outer(one[:, axis], other[:, axis])
        for axis in (0, 1)
    )
    shared = np.maximum(wide, 0) * np.maximum(tall, 0)
    together = area(one)[:, None] + area(other) - shared
    return np.divide(shared, together, out=np.zeros_like(shared), where=together > 0)


def area(boxes):
    """Areas of boxes (..., 4), in square pixels."""
    boxes = np.asarray(boxes)
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def nms(boxes, scores, threshold=0.5):
    """Non-maximum suppression: keep a box unless a kept one with a higher score overlaps it by more than the threshold.

    Args:
        boxes: float (n, 4).
        scores: float (n,); where two are equal, the first comes first.
        threshold: IoU, from 0 to 1.

    Returns:
        int (kept,): indices, highest score first.

    Raises:
        ValueError: where the shapes don't fit or the threshold isn't from 0 to 1.
    """
    boxes, scores = checked("nms(boxes)", boxes), checks.numeric("nms(scores)", scores)
    threshold = checks.fraction("nms(threshold)", threshold)
    if scores.shape != boxes.shape[:1]:
        raise ValueError(
            f"nms() got {len(boxes)} boxes and scores of shape {scores.shape}: give one for each."
        )
    return _kept(_iou(boxes, boxes) > threshold, scores)


def _kept(too_near, scores):
    """Indices of what is kept, highest score first: too_near bool (n, n), which suppress each other."""
    kept, gone = [], np.zeros(len(scores), bool)
    for index in np.argsort(-scores, kind="stable"):
        if not gone[index]:
            kept.append(index)
            gone |= too_near[index]
    return np.array(kept, int)


@dataclasses.dataclass(frozen=True, eq=False)
class Found:
    """What a detector found in one image, highest score first.

    boxes: float (n, 4); labels: int (n,); scores: float (n,), from 0 to 1.
    """

    boxes: np.ndarray
    labels: np.ndarray
    scores: np.ndarray

    def __len__(self):
        return len(self.scores)

    def above(self, score):
        """Those with at least this score, as a new Found."""
        sure = self.scores >= score
        return Found(self.boxes[sure], self.labels[sure], self.scores[sure])


def decoded(outputs, stride=STRIDE):
    """The boxes that a detector's outputs say, one for each cell.

    The last four outputs of a cell are the box's centre, seen from the cell's middle in cells, (right, down), and the
    logarithm of its width and height, in units of 16 pixels.

    Args:
        outputs: float tensor or array (batch, rows, columns, classes + 4).
        stride: pixels per cell.

    Returns:
        tensor (batch, rows, columns, 4).
    """
    ops = keras.ops
    rows, columns = ops.shape(outputs)[1:3]
    across, down = ops.meshgrid(ops.arange(columns, dtype="float32"), ops.arange(rows, dtype="float32"))
    return _edges(outputs[..., -4:], ops.stack([across, down], axis=-1), stride)


def _edges(numbers, cells, stride):
    """Boxes (..., 4) by a cell's last four outputs (..., 4) and its column and row (..., 2), float32."""
    ops = keras.ops
    centre = (cells + 0.5 + numbers[..., :2]) * stride
    half = ops.exp(ops.clip(numbers[..., 2:], -6.0, 4.0)) * (UNIT / 2)
    return ops.concatenate([centre - half, centre + half], axis=-1)


def detections(outputs, *, least=0.02, threshold=0.5, most=100, stride=STRIDE):
    """What a detector's outputs say of each image: boxes with class and score, after non-maximum suppression by class.

    Args:
        outputs: float array (images, rows, columns, classes + 4), as ``models.detector`` gives them.
        least: the lowest score that counts.
        threshold: of ``nms``.
        most: candidates of an image that go into the suppression, those with the highest scores.
        stride: pixels per cell.

    Returns:
        list of Found, one for each image.

    Raises:
        ValueError: where the outputs have another shape.
    """
    outputs = checks.numeric("detections(outputs)", outputs, dtype="float32")
    if outputs.ndim != 4 or outputs.shape[-1] < 5:
        raise ValueError(
            f"detections() got outputs of shape {outputs.shape}: expected (images, rows, columns, classes + 4)."
        )
    where = np.nonzero(outputs[..., :-4] >= special.logit(least))  # only these cells' boxes are computed
    images, rows, columns, labels = where
    scores = special.expit(outputs[where])
    cells = np.stack([columns, rows], axis=-1).astype("float32")
    height, width = outputs.shape[1] * stride, outputs.shape[2] * stride
    boxes = np.asarray(_edges(outputs[images, rows, columns, -4:], cells, stride))
    boxes = np.clip(boxes, 0, [width, height, width, height])
    ends = np.searchsorted(images, np.arange(len(outputs) + 1))
    found = []
    for begin, end in itertools.pairwise(ends):
        first = begin + np.argsort(-scores[begin:end], kind="stable")[:most]
        found.append(suppressed(boxes[first], labels[first], scores[first], threshold))
    return found


def suppressed(boxes, labels, scores, threshold=0.5):
    """Non-maximum suppression for each class by itself: a Found.

    Args:
        boxes: float (n, 4).
        labels: int (n,).
        scores: float (n,).
        threshold: of ``nms``.

    Raises:
        ValueError: as for ``nms``, and where there is not one label for each box.
    """
    boxes, scores = checked("suppressed(boxes)", boxes), checks.numeric("suppressed(scores)", scores)
    labels, threshold = np.asarray(labels), checks.fraction("suppressed(threshold)", threshold)
    if scores.shape != boxes.shape[:1] or labels.shape != boxes.shape[:1]:
        raise ValueError(
            f"suppressed() got {len(boxes)} boxes, labels of shape {labels.shape} and scores of shape {scores.shape}: "
            "give one of each for each."
        )
    alike = labels[:, None] == labels
    kept = _kept((_iou(boxes, boxes) > threshold) & alike, scores)
    return Found(boxes[kept], labels[kept], scores[kept])


def checked(name, boxes):
    """Boxes as float64 (n, 4). Raises ValueError where they are something else."""
    boxes = checks.numeric(name, boxes)
    boxes = boxes.reshape(0, 4) if boxes.size == 0 else boxes
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"{name} has shape {boxes.shape}: expected (boxes, 4): left, top, right, bottom.")
    if not np.isfinite(boxes).all() or (boxes[:, 2:] < boxes[:, :2]).any():
        bad = int(
            np.flatnonzero(~(np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] >= boxes[:, :2]).all(axis=1)))[0]
        )
        raise ValueError(
            f"{name}, box {bad} is {boxes[bad].tolist()}: expected left, top, right, bottom in pixels, right not left "
            "of left and bottom not above top. From (left, top, width, height): right = left + width."
        )
    return boxes
