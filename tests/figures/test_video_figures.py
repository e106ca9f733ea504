"""Film strips show the frames that they were given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from dlcourse.figures import video


@pytest.fixture
def ax():
    fig, ax = plt.subplots()
    yield ax
    plt.close(fig)


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4, 5, 1), (1, 4, 5, 1), (1, 4, 1)])
def test_each_frame_stands_in_its_row_and_column(ax, shape):
    random = np.random.default_rng(0)
    clips = {name: random.random(shape).astype("float32") for name in ("above", "below")}
    video.film_strips(clips, "strips", ax=ax)
    drawn = np.asarray(ax.images[0].get_array().filled(np.nan))
    count, height, width = shape[:3]
    for row, clip in enumerate(clips.values()):
        for place in range(count):
            part = drawn[row * (height + 1) :, place * (width + 1) :][:height, :width]
            np.testing.assert_array_equal(part, clip[place].reshape(height, width))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["above", "below"]


def test_clips_of_two_shapes_are_refused(ax):
    with pytest.raises(ValueError, match="clips of one shape"):
        video.film_strips({"a": np.zeros((2, 4, 4)), "b": np.zeros((3, 4, 4))}, "strips", ax=ax)
