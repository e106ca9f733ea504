"""Chapter 06b's own functions: targets, loss and suppression in view are the package's; its exercises judge rightly."""

import ast
import re

import chapter_code
import keras
import numpy as np
import pytest

from dlcourse import exercises, models, training
from dlcourse.datasets import BoxedSplit
from dlcourse.models import boxes as of_boxes
from dlcourse.training.objectives.detection import heatmaps


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("06b")


def objects(images, seed=0, most=3):
    """Boxes of whole pixels in scenes of 96×96, their centres in different cells, and labels."""
    random = np.random.default_rng(seed)
    boxes, labels = np.zeros((images, most, 4), "float32"), np.full((images, most), -1, "int32")
    for image in range(images):
        for number in range(random.integers(1, most + 1)):
            left, top = random.integers(0, 25) + 30 * number, random.integers(0, 50)
            boxes[image, number] = left, top, left + random.integers(6, 30), top + random.integers(14, 40)
            labels[image, number] = random.integers(10)
    return boxes, labels


def test_overlap_and_suppression_in_view_are_the_packages(chapter):
    random = np.random.default_rng(0)
    for threshold in (0.2, 0.5, 0.8):
        corners = random.integers(0, 30, (15, 2))
        boxes = np.concatenate([corners, corners + random.integers(1, 30, (15, 2))], axis=1).astype(float)
        scores = random.permutation(15) / 15
        pairs = [[chapter.iou(one, other) for other in boxes] for one in boxes]
        assert np.allclose(pairs, of_boxes.iou(boxes, boxes))
        assert list(chapter.nms(boxes, scores, threshold)) == list(of_boxes.nms(boxes, scores, threshold))


def test_targets_in_view_are_the_packages(chapter):
    boxes, labels = objects(4)
    heat, _ = heatmaps(boxes, labels, 24, 24, 10)
    for image in range(4):
        there = labels[image] >= 0
        by_hand, box, weight = chapter.targets(boxes[image][there], labels[image][there])
        assert np.allclose(by_hand, heat[image], atol=1e-5)
        outputs = np.concatenate([np.zeros((24, 24, 10)), box], axis=-1)[None]
        said = np.asarray(of_boxes.decoded(outputs.astype("float32")))[0]
        for one in boxes[image][there]:
            row, column = int((one[1] + one[3]) / 8), int((one[0] + one[2]) / 8)
            assert weight[row, column] == 1 and said[row, column] == pytest.approx(one, abs=1e-3)


def test_reading_outputs_in_view_gives_back_what_the_targets_were_made_of(chapter):
    boxes, labels = objects(4, seed=2)
    for image in range(4):
        there = labels[image] >= 0
        heat, box, _ = chapter.targets(boxes[image][there], labels[image][there])
        logits = np.where(heat > 0.02, 6 * heat - 3, -9)
        outputs = np.concatenate([logits, box], axis=-1)
        assert np.allclose(chapter.decode(outputs), of_boxes.decoded(outputs[None])[0], atol=1e-3)
        cells, names, scores = chapter.candidates(outputs, 0.3)
        assert len(cells) == len(names) == len(scores) >= there.sum() and (scores > 0.3).all()
        found, named, scores = chapter.detect(outputs)
        assert (np.diff(scores) <= 0).all()
        for one, label in zip(boxes[image][there], labels[image][there], strict=True):
            [place] = np.flatnonzero((np.abs(found - one) < 0.01).all(axis=1) & (named == label))
            assert scores[place] == pytest.approx(1 / (1 + np.exp(-3)), abs=1e-3)


def test_fit_the_written_loop_and_training_fit_give_the_same_weights(chapter):
    boxes, labels = objects(8, seed=1)
    split = BoxedSplit(np.random.default_rng(0).random((8, 96, 96, 3), dtype="float32"), boxes, labels)
    y = chapter.all_targets(split)

    def build():
        return models.detector((96, 96, 3), 10, filters=(4, 4, 6, 6), head=6, seed=0)

    order = training.loop.epoch_order(8, seed=0, epoch=0).numpy()
    by_fit, by_loop, by_course = build(), build(), build()
    by_fit.compile(keras.optimizers.SGD(0.01), chapter.detection_loss)
    by_fit.fit(split.x[order], y[order], batch_size=4, shuffle=False, verbose=0)
    sgd = keras.optimizers.SGD(0.01)
    sgd.build(by_loop.trainable_variables)
    for rows in (order[:4], order[4:]):
        chapter.step(by_loop, sgd, split.x[rows], y[rows])
    training.fit(
        by_course, training.objectives.detection("l1"), split, epochs=1, batch_size=4,
        optimizer=keras.optimizers.SGD(0.01), seed=0,
    )  # fmt: skip
    for one, two, three in zip(
        by_fit.get_weights(), by_loop.get_weights(), by_course.get_weights(), strict=True
    ):
        assert np.allclose(one, two, atol=1e-4) and np.allclose(three, two, atol=1e-4)
    start = build().get_weights()[-2]
    assert not np.allclose(by_loop.get_weights()[-2], start, atol=1e-4)


def test_windows_cost_what_their_layers_multiply(chapter):
    assert chapter.convolution_cost(28) == 26**2 * 27 * 16 + 11**2 * 144 * 32 + 800 * 64 + 64 * 11


def test_the_surer_half_is_that_with_the_higher_scores(chapter):
    scores, right = np.array([0.9, 0.3, 0.8, 0.4, 0.6]), np.array([True, False, False, True, True])
    assert chapter.sure_half(scores, right) == 0.5
    assert chapter.sure_half(-scores, right) == 0.5 and chapter.sure_half(scores, ~right) == 0.5
    assert chapter.sure_half(scores[:4], right[[0, 1, 0, 1]]) == 1


def typed(name, **known):
    """What the code of an exercise's solution leaves behind when it is typed, a dict."""
    for block in re.findall(r"```python\n(.*?)```", "\n".join(exercises.find(name).solution), re.DOTALL):
        exec(block, known)
    return known


def test_soft_suppression_is_judged(chapter):
    judge = exercises.find("06b.3").judge
    assert judge(typed("06b.3", np=np, iou=chapter.iou)["answer"]) is None

    def once(boxes, scores):
        """Lowers in the order of the first scores, and so not by the highest that is left."""
        scores = np.array(scores, float)
        order = np.argsort(-scores)
        for place, top in enumerate(order):
            for index in order[place + 1 :]:
                scores[index] *= 1 - chapter.iou(boxes[top], boxes[index])
        return scores

    def itself(boxes, scores):
        return np.array(
            [s * np.prod([1 - chapter.iou(b, o) for o in boxes]) for b, s in zip(boxes, scores, strict=True)]
        )

    def in_place(boxes, scores):
        scores[:] = typed("06b.3", np=np, iou=chapter.iou)["answer"](boxes, scores)
        return scores

    for answer, said in [
        (3, "this is int"),
        (lambda boxes, scores: scores[:1], "one score for each box"),
        (lambda boxes, scores: scores * 0.5, "keep their scores"),
        (itself, "keep their scores"),
        (lambda boxes, scores: np.array(scores, float), "the other go to 0"),
        (once, "highest score"),
        (in_place, "changes the scores"),
    ]:
        assert said in judge(answer), said


def test_solutions_of_the_open_exercises_are_python():
    for name in ("06b.4", "06b.5"):
        [code] = re.findall(r"```python\n(.*?)```", "\n".join(exercises.find(name).solution), re.DOTALL)
        ast.parse(code)


def test_average_precision_of_the_exercise_by_hand():
    recalls = np.linspace(0, 1, 101)
    expected = sum(1 if r <= 0.2 + 1e-9 else 0.75 if r <= 0.6 + 1e-9 else 0 for r in recalls) / 101
    assert exercises.find("06b.2").expected == pytest.approx(expected) == pytest.approx(51 / 101, abs=0.006)
    assert exercises.find("06b.1").expected == pytest.approx(0.2)
