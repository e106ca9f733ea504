"""Figures of object detection say in words what they show, and count what they write."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from dlcourse import models, show
from dlcourse.figures import detection as drawings


@pytest.fixture
def said(monkeypatch):
    """What figures are shown with: a list of (caption, alternative text)."""
    shown = []

    def note(fig, caption, alt):
        fig.canvas.draw()
        plt.close(fig)
        shown.append((caption, alt))

    monkeypatch.setattr(show, "figure", note)
    return shown


def test_iou_is_counted_in_squares(said):
    drawings.intersection_over_union((0, 0, 6, 5), (2, 1, 8, 6), caption="boxes")
    assert "16 / 44 = 0.36" in said[0][1]


def test_a_cell_says_offset_and_size(said):
    image = np.zeros((32, 32, 3))
    drawings.cell_and_box(
        image, (4, 8, 13, 20), caption="cell"
    )  # centre (8.5, 14), in the cell of row 3, column 2
    assert "row 3, column 2" in said[0][1] and "9×12" in said[0][1]
    assert "-0.38 cells" in said[0][1]  # 8.5 is 1.5 pixels left of the cell's middle, 10


def test_anchors_name_the_best(said):
    drawings.anchors(np.zeros((32, 32, 3)), (5, 5, 19, 19), sides=(14,), ratios=(0.5, 1.0), caption="anchors")
    assert "IoU 1.00" in said[0][1]


def test_networks_are_drawn_with_their_shapes(said):
    model = models.detector((32, 32, 3), 2, filters=(4, 5, 6, 7), head=4, seed=0)
    drawings.detector_network(model, caption="network")
    for shape in ("32×32×3", "16×16×4", "8×8×5", "4×4×6", "2×2×7", "8×8×6"):
        assert shape in said[0][1]
    drawings.window_to_convolution(caption="windows")


def test_images_with_boxes_and_heat(said):
    image, box = np.zeros((16, 16, 3)), np.array([[1, 2, 8, 9]])
    drawings.boxed_images(
        [image, image], [box, box], texts=[["a"], [7]], looks=[["right"], ["missed"]], legend=["right"],
        titles=["one", "two"], caption="boxes", alt="two boxes",
    )  # fmt: skip
    drawings.heat_over_images(
        [image], [np.ones((4, 4))], ["heat"], boxes=[box], caption="heat", alt="a heatmap"
    )
    assert [caption for caption, _ in said] == ["boxes", "heat"]
