"""Average precision against pycocotools and by hand, and errors sorted by hand."""

import contextlib
import io

import numpy as np
import pytest

from dlcourse.datasets import BoxedSplit
from dlcourse.metrics import detection
from dlcourse.models.boxes import Found

CLASSES = 4


def split(boxes, labels):
    """A BoxedSplit of lists of boxes and labels, without pictures."""
    most = max(1, max(map(len, labels)))
    all_boxes, all_labels = (
        np.zeros((len(labels), most, 4), "float32"),
        np.full((len(labels), most), -1, "int32"),
    )
    for image, (one, of_one) in enumerate(zip(boxes, labels, strict=True)):
        all_boxes[image, : len(of_one)] = np.reshape(one, (-1, 4))
        all_labels[image, : len(of_one)] = of_one
    return BoxedSplit(np.zeros((len(labels), 96, 96, 3), "float32"), all_boxes, all_labels)


def found(boxes, labels, scores):
    return Found(np.reshape(np.array(boxes, float), (-1, 4)), np.array(labels, int), np.array(scores, float))


def made_up(seed, images=40):
    """Random objects and detections near them, with classes mixed up, doubles, strangers and equal scores."""
    random = np.random.default_rng(seed)
    boxes, labels, detections = [], [], []
    for _ in range(images):
        count = random.integers(0, 7)
        corners = random.integers(0, 60, (count, 2))
        boxes.append(
            np.concatenate([corners, corners + random.integers(5, 35, (count, 2))], axis=1).astype(float)
        )
        labels.append(random.integers(0, CLASSES, count))
        near, named = [], []
        for box, label in zip(boxes[-1], labels[-1], strict=True):
            for _ in range(random.integers(0, 3)):
                moved = box + random.integers(-4, 5, 4)
                moved[2:] = np.maximum(moved[2:], moved[:2] + 1)
                near.append(moved)
                named.append(label if random.random() < 0.8 else random.integers(CLASSES))
        for _ in range(random.integers(0, 4)):
            corner = random.integers(0, 60, 2)
            near.append(np.concatenate([corner, corner + random.integers(5, 35, 2)]))
            named.append(random.integers(CLASSES))
        scores = np.round(random.random(len(near)), 1)
        order = np.argsort(-scores, kind="stable")
        one = found(near, named, scores)
        detections.append(Found(one.boxes[order], one.labels[order], one.scores[order]))
    return split(boxes, labels), detections


def by_pycocotools(truth, detections, areas):
    """Precision (IoUs, recalls, classes) by the reference code."""
    pycocotools = pytest.importorskip("pycocotools", reason="pycocotools is in the extra dev")
    assert pycocotools
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    objects = [
        {"image_id": image, "category_id": int(label), "iscrowd": 0,
         "bbox": [*map(float, box[:2]), *map(float, box[2:] - box[:2])], "area": float(np.prod(box[2:] - box[:2]))}
        for image in range(len(truth)) for box, label in zip(*truth.objects(image), strict=True)
    ]  # fmt: skip
    results = [
        {"image_id": image, "category_id": int(label), "score": float(score),
         "bbox": [*map(float, box[:2]), *map(float, box[2:] - box[:2])]}
        for image, one in enumerate(detections)
        for box, label, score in zip(one.boxes, one.labels, one.scores, strict=True)
    ]  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "info": {},
            "images": [{"id": image} for image in range(len(truth))],
            "annotations": [{"id": number, **one} for number, one in enumerate(objects, 1)],
            "categories": [{"id": label} for label in range(CLASSES)],
        }
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(results), "bbox")
        judge.params.areaRng, judge.params.areaRngLbl = [list(areas)], ["chosen"]
        judge.evaluate()
        judge.accumulate()
    return judge.eval["precision"][:, :, :, 0, -1]


@pytest.mark.parametrize("areas", [(0, 1e10), (0, 300), (300, 1e10)])
@pytest.mark.parametrize("seed", [0, 1])
def test_it_is_cocos_number(seed, areas):
    truth, detections = made_up(seed)
    expected = by_pycocotools(truth, detections, areas)
    measured = detection.precision(detections, truth, areas=areas)
    assert np.nan_to_num(measured.curves, nan=-1).transpose(1, 2, 0) == pytest.approx(expected, abs=1e-6)
    assert measured.ap == pytest.approx(expected[expected > -1].mean(), abs=1e-6)


def test_what_pycocotools_gave_where_it_is_not_installed():
    """Its figures on the same made-up detections, version 2.0.11."""
    for seed, expected in RECORDED.items():
        truth, detections = made_up(seed)
        measured = detection.precision(detections, truth)
        assert (measured.ap, measured.at(0.5), measured.at(0.75)) == pytest.approx(expected, abs=1e-6)


RECORDED = {
    0: (0.0887010742969913, 0.28111597310615255, 0.03965388469059247),
    1: (0.06712661878810731, 0.208840888613332, 0.030381976962615822),
}
"""By made_up's seed: AP, AP50 and AP75."""


def test_a_curve_by_hand():
    """Two objects; detections right, wrong, right: precision 1 up to recall 1/2, 2/3 up to recall 1."""
    truth = split([[[0, 0, 10, 10], [20, 20, 30, 30]]], [[0, 0]])
    three = found([[0, 0, 10, 10], [50, 50, 60, 60], [20, 20, 30, 30]], [0, 0, 0], [0.9, 0.8, 0.7])
    measured = detection.precision([three], truth)
    assert measured.ap == pytest.approx((51 * 1 + 50 * 2 / 3) / 101)


def test_precision_at_a_higher_iou_needs_a_better_box():
    truth = split([[[0, 0, 10, 10]]], [[0]])
    eight_tenths = found([[0, 0, 8, 10]], [0], [0.5])
    measured = detection.precision([eight_tenths], truth)
    assert [measured.at(t) for t in (0.5, 0.75, 0.85, 0.95)] == [1, 1, 0, 0]
    assert measured.ap == pytest.approx(0.7)  # 0.5, 0.55 ... 0.8 of ten thresholds


def test_perfect_detections_get_one_and_none_get_zero():
    truth, _ = made_up(2)
    perfect = [
        found(*truth.objects(image), np.ones(len(truth.objects(image)[1]))) for image in range(len(truth))
    ]
    assert detection.precision(perfect, truth).ap == 1
    assert detection.precision([found([], [], [])] * len(truth), truth).ap == 0


def test_errors_are_sorted_as_a_person_would():
    truth = split([[[0, 0, 10, 10], [40, 0, 50, 10], [0, 40, 10, 50]], []], [[1, 2, 3], []])
    one = found(
        [[0, 0, 10, 9], [0, 0, 10, 10], [40, 0, 50, 10], [0, 44, 10, 54], [70, 70, 80, 80], [40, 0, 50, 10]],
        [1, 1, 3, 3, 3, 2],
        [0.9, 0.8, 0.7, 0.6, 0.5, 0.1],
    )
    counts, kinds, seen = detection.sorted_errors([one, found([], [], [])], truth, least=0.3)
    assert kinds == [["right", "double", "misnamed", "misplaced", "background"], []]
    assert seen[0].tolist() == [True, False, False]
    assert counts == {"right": 1, "double": 1, "misnamed": 1, "misplaced": 1, "background": 1, "missed": 2}
    assert detection.sorted_errors([one, found([], [], [])], truth, least=0.05)[0]["right"] == 2


def test_overlap_with_others():
    truth = split([[[0, 0, 2, 2], [1, 1, 3, 3], [20, 20, 22, 22]], [[0, 0, 2, 2]]], [[0, 1, 2], [0]])
    overlaps = detection.overlap_with_others(truth)
    assert overlaps[0] == pytest.approx([1 / 7, 1 / 7, 0])
    assert overlaps[1, 0] == 0 and np.isnan(overlaps[1, 1:]).all()


def test_wrong_input_is_named():
    truth, detections = made_up(0, images=3)
    with pytest.raises(ValueError, match="detections of 2 images and boxes of 3"):
        detection.precision(detections[:2], truth)
    with pytest.raises(ValueError, match=r"expected one of \[0.5"):
        detection.precision(detections, truth).at(0.52)
    with pytest.raises(ValueError, match="from 0 to 1"):
        detection.precision(detections, truth, thresholds=[50])
