"""The detector's objective against sums written out in NumPy, and what it is lowest at."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse import models, training
from dlcourse.datasets import BoxedSplit
from dlcourse.training.objectives.detection import focal_loss, generalized_iou, heatmaps


def objects(seed, images=3, most=4, side=48, classes=3):
    """Random boxes and labels, some places of them empty."""
    random = np.random.default_rng(seed)
    corners = random.integers(0, side - 20, (images, most, 2))
    boxes = np.concatenate([corners, corners + random.integers(6, 20, (images, most, 2))], axis=-1).astype(
        "float32"
    )
    labels = random.integers(-1, classes, (images, most)).astype("int32")
    labels[:, 0] = 0
    boxes[labels < 0] = 0
    return boxes, labels


def hills_by_loops(boxes, labels, rows, columns, classes):
    heat = np.zeros((len(boxes), rows, columns, classes))
    for image in range(len(boxes)):
        for (left, top, right, bottom), label in zip(boxes[image], labels[image], strict=True):
            if label < 0:
                continue
            column, row = int((left + right) / 8), int((top + bottom) / 8)
            across, down = max(0.1 * (right - left) / 4, 0.4), max(0.1 * (bottom - top) / 4, 0.4)
            for i in range(rows):
                for j in range(columns):
                    height = np.exp(-((j - column) ** 2) / (2 * across**2) - (i - row) ** 2 / (2 * down**2))
                    heat[image, i, j, label] = max(heat[image, i, j, label], height)
    return heat


@pytest.mark.parametrize(("seed", "rows", "columns"), [(0, 12, 12), (1, 10, 14)])
def test_heatmaps_are_hills_around_the_centres(seed, rows, columns):
    boxes, labels = objects(seed)
    heat, hills = heatmaps(boxes, labels, rows, columns, 3)
    assert np.allclose(heat, hills_by_loops(boxes, labels, rows, columns, 3), atol=1e-5)
    assert np.allclose(np.max(hills, axis=(2, 3)), labels >= 0)


def test_focal_loss_written_out():
    random = np.random.default_rng(0)
    logits, heat = random.normal(size=(2, 3, 4, 2)), random.random((2, 3, 4, 2))
    heat[0, 1, 2, 0] = heat[1, 0, 0, 1] = 1
    p, total = 1 / (1 + np.exp(-logits)), 0.0
    for place in np.ndindex(heat.shape):
        if heat[place] == 1:
            total -= (1 - p[place]) ** 2 * np.log(p[place])
        else:
            total -= (1 - heat[place]) ** 4 * p[place] ** 2 * np.log(1 - p[place])
    assert float(focal_loss(tf.constant(logits), tf.constant(heat))) == pytest.approx(total, rel=1e-6)


def test_generalized_iou_of_known_boxes():
    square = tf.constant([0.0, 0.0, 2.0, 2.0])
    assert float(generalized_iou(square, square)) == 1
    # side by side with a gap as wide as they are: no overlap; around them 6×2, of which a third is empty
    assert float(generalized_iou(square, tf.constant([4.0, 0.0, 6.0, 2.0]))) == pytest.approx(-1 / 3)
    assert float(generalized_iou(square, tf.constant([1.0, 1.0, 3.0, 3.0]))) == pytest.approx(1 / 7 - 2 / 9)


class Perfect(keras.Model):
    """Says what it is told, whatever it sees."""

    def __init__(self, outputs):
        super().__init__()
        self.outputs_of_all = tf.constant(outputs, tf.float32)

    def call(self, x, training=False):
        return self.outputs_of_all


def right_outputs(boxes, labels, rows=12, columns=12, classes=3):
    """Outputs that say where everything is: a high logit at each centre, and its box."""
    outputs = np.full((len(boxes), rows, columns, classes + 4), -20.0)
    outputs[..., classes:] = 0
    for image in range(len(boxes)):
        for (left, top, right, bottom), label in zip(boxes[image], labels[image], strict=True):
            if label >= 0:
                column, row = int((left + right) / 8), int((top + bottom) / 8)
                outputs[image, row, column, label] = 20
                for i in range(rows):  # the same box from wherever it is seen
                    for j in range(columns):
                        outputs[image, i, j, classes:] = (
                            (left + right) / 8 - j - 0.5, (top + bottom) / 8 - i - 0.5,
                            np.log((right - left) / 16), np.log((bottom - top) / 16),
                        )  # fmt: skip
    return outputs


@pytest.mark.parametrize("box", ["iou", "l1"])
def test_the_loss_of_right_outputs_is_zero_and_of_moved_ones_is_not(box):
    boxes, labels = objects(3, most=1)
    outputs = right_outputs(boxes, labels)
    objective = training.objectives.detection(box)
    batch = (tf.zeros((3, 48, 48, 3)), (tf.constant(boxes), tf.constant(labels)))
    loss, parts = objective(Perfect(outputs), batch, training=False)
    assert float(parts["box"]) == pytest.approx(0, abs=1e-5)
    assert float(loss) == pytest.approx(float(parts["heat"]), abs=1e-4) and float(loss) < 1e-3
    outputs[..., 3] += 0.5  # two pixels to the right
    moved = objective(Perfect(outputs), batch, training=False)[1]
    if box == "l1":
        assert float(moved["box"]) == pytest.approx(0.5, rel=1e-4)
    assert float(moved["box"]) > 0.05 and float(moved["heat"]) == pytest.approx(float(parts["heat"]))


def test_training_lowers_it_and_the_objects_are_found():
    """One bright square per image, of two sizes by class: after some steps it is found where it is."""
    random = np.random.default_rng(0)
    x, boxes = np.zeros((32, 32, 32, 1), "float32"), np.zeros((32, 1, 4), "float32")
    labels = random.integers(0, 2, (32, 1)).astype("int32")
    for image in range(32):
        side = (8, 14)[labels[image, 0]]
        left, top = random.integers(0, 32 - side, 2)
        x[image, top : top + side, left : left + side] = 1
        boxes[image, 0] = left, top, left + side, top + side
    model = models.detector((32, 32, 1), 2, filters=(8, 8, 8, 8), head=8, seed=0)
    run = training.fit(
        model, training.objectives.detection(), BoxedSplit(x, boxes, labels), epochs=25, batch_size=8,
        optimizer=keras.optimizers.Adam(0.01),
    )  # fmt: skip
    assert run.history["loss"][-1] < 0.3 * run.history["loss"][0]


def test_what_does_not_fit_is_named():
    boxes, labels = objects(0)
    x = np.zeros((3, 48, 48, 3), "float32")
    model = models.detector((48, 48, 3), 3, filters=(4, 4, 4, 4), head=4, seed=0)
    objective = training.objectives.detection()

    def fit(targets, model=model):
        training.fit(model, objective, (x, targets), epochs=1, batch_size=3)

    with pytest.raises(ValueError, match=r"tuple \(boxes, labels\)"):
        fit(labels)
    with pytest.raises(ValueError, match="images, most, 4"):
        fit((boxes[:, :, :2], labels))
    with pytest.raises(ValueError, match="whole numbers"):
        fit((boxes, labels.astype("float32")))
    with pytest.raises(ValueError, match="classes=8"):
        fit((boxes, np.where(labels == 0, 7, labels)))
    with pytest.raises(ValueError, match="no area"):
        fit((np.zeros_like(boxes), labels))
    with pytest.raises(ValueError, match=r"classes \+ 4"):
        fit((boxes, labels), models.convnet((48, 48, 3), 3, filters=(4,), hidden=4))
    with pytest.raises(ValueError, match="iou"):
        training.objectives.detection("l2")
    with pytest.raises(ValueError, match="above 0"):
        training.objectives.detection(weight=0)
