"""Boxes: overlaps counted pixel by pixel, suppression by brute force, and what a detector's outputs say."""

import numpy as np
import pytest

from dlcourse.models import boxes as of_boxes


def random_boxes(random, count, side=40):
    corners = random.integers(0, side, (count, 2))
    return np.concatenate([corners, corners + random.integers(1, side, (count, 2))], axis=1).astype(float)


def by_pixels(one, other, side=90):
    masks = np.zeros((2, side, side), bool)
    for mask, (left, top, right, bottom) in zip(masks, np.array([one, other], int), strict=True):
        mask[top:bottom, left:right] = True
    return (masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum()


@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 3), (0, 4)])
def test_iou_counts_pixels(n, m):
    random = np.random.default_rng(n + m)
    one, other = random_boxes(random, n), random_boxes(random, m)
    found = of_boxes.iou(one, other)
    assert found.shape == (n, m)
    assert np.allclose(found, np.array([[by_pixels(a, b) for b in other] for a in one]).reshape(n, m))


def test_iou_of_known_boxes():
    square = [[0, 0, 2, 2]]
    assert of_boxes.iou(square, [[1, 1, 3, 3], [0, 0, 2, 2], [2, 0, 4, 2], [5, 5, 5, 5]])[0] == pytest.approx(
        [1 / 7, 1, 0, 0]
    )


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("count", [0, 1, 12])
def test_suppression_keeps_the_only_set_that_its_definition_allows(count, threshold):
    """By brute force: of all subsets, the one where each box is kept just if no kept one above it is too near."""
    random = np.random.default_rng(count)
    boxes, scores = random_boxes(random, count), random.permutation(count) / max(1, count)
    order = np.argsort(-scores)
    near = np.array([[by_pixels(a, b) > threshold for b in boxes] for a in boxes]).reshape(count, count)
    allowed = []
    for bits in range(2**count):
        kept = [i for i in range(count) if bits >> i & 1]
        above = {i: [k for k in kept if scores[k] > scores[i]] for i in range(count)}
        if all((i in kept) == (not any(near[i, k] for k in above[i])) for i in range(count)):
            allowed.append(kept)
    assert len(allowed) == 1
    found = of_boxes.nms(boxes, scores, threshold)
    assert sorted(found) == allowed[0]
    assert list(found) == [i for i in order if i in allowed[0]]


def test_outputs_are_read_as_they_are_defined():
    outputs = np.full((2, 6, 5, 3 + 4), -9.0, "float32")
    outputs[..., 3:] = 0
    outputs[1, 2, 4, 1] = 2.0  # class 1 at the cell in row 2, column 4
    outputs[1, 2, 4, 3:] = 0.25, -0.5, np.log(0.5), np.log(2 / 3)
    nothing, one = of_boxes.detections(outputs, least=0.05)
    assert len(nothing) == 0 and nothing.boxes.shape == (0, 4)
    assert one.labels.tolist() == [1] and one.scores == pytest.approx([1 / (1 + np.exp(-2.0))])
    centre = np.array([(4 + 0.5 + 0.25) * 4, (2 + 0.5 - 0.5) * 4])
    half = np.array([0.5 * 16, 2 / 3 * 16]) / 2
    clipped = np.clip([*(centre - half), *(centre + half)], 0, [20, 24, 20, 24])
    assert one.boxes[0] == pytest.approx(clipped, abs=1e-4)


def test_classes_are_suppressed_by_themselves():
    same = np.array([[0, 0, 10, 10], [0, 0, 10, 11], [0, 0, 10, 10.0]])
    found = of_boxes.suppressed(same, [1, 1, 0], [0.5, 0.9, 0.7])
    assert found.labels.tolist() == [1, 0] and found.scores.tolist() == [0.9, 0.7]
    assert len(found.above(0.8)) == 1


def test_wrong_boxes_are_named():
    with pytest.raises(ValueError, match="expected \\(boxes, 4\\)"):
        of_boxes.iou([[0, 0, 1]], [[0, 0, 1, 1]])
    with pytest.raises(ValueError, match=r"box 1 .* width"):
        of_boxes.iou([[0, 0, 1, 1], [30, 30, 10, 10]], [[0, 0, 1, 1]])
    with pytest.raises(ValueError, match="one for each"):
        of_boxes.nms([[0, 0, 1, 1]], [0.1, 0.2])
    with pytest.raises(ValueError, match="fraction"):
        of_boxes.nms([[0, 0, 1, 1]], [0.1], threshold=50)
    with pytest.raises(ValueError, match=r"classes \+ 4"):
        of_boxes.detections(np.zeros((6, 6, 14)))
