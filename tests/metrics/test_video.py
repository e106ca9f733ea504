"""Measures of predicted frames, against scikit-image and against what can be said in closed form."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity as by_scikit_image

from dlcourse.metrics import video

RANDOM = np.random.default_rng(1)


@pytest.mark.parametrize("shape", [(7, 7), (12, 9), (32, 32)])
def test_structural_similarity_is_scikit_images(shape):
    frames = RANDOM.random((2, 3, *shape, 1))
    predicted = np.clip(frames + 0.3 * RANDOM.normal(size=frames.shape), 0, 1)
    predicted[0, 0] = frames[0, 0]
    predicted[0, 1] = 0
    found = video.structural_similarity(frames, predicted)
    for place in np.ndindex(2, 3):
        expected = by_scikit_image(frames[place][..., 0], predicted[place][..., 0], data_range=1)
        assert found[place] == pytest.approx(expected, abs=1e-9)
    assert found[0, 0] == pytest.approx(1)


def test_cross_entropy_of_coin_flips_and_of_the_frame_itself():
    frames = (RANDOM.random((4, 5, 6, 1)) < 0.5).astype(float)
    np.testing.assert_allclose(video.cross_entropy(frames, np.full_like(frames, 0.5)), 30 * np.log(2))
    assert (video.cross_entropy(frames, frames) < 1e-4).all()
    grey = np.full((2, 2, 1), 0.25)
    entropy = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    assert video.cross_entropy(grey, grey) == pytest.approx(4 * entropy)
    others = [video.cross_entropy(grey, np.full((2, 2, 1), p)) for p in (0.1, 0.2, 0.3, 0.9)]
    assert min(others) > 4 * entropy


@pytest.mark.parametrize("measure", [video.cross_entropy, video.structural_similarity])
def test_frames_that_do_not_fit_are_refused(measure):
    with pytest.raises(ValueError, match="of the same shape"):
        measure(np.zeros((2, 8, 8, 1)), np.zeros((8, 8, 1)))
    with pytest.raises(ValueError, match="from 0 to 1"):
        measure(np.full((8, 8, 1), 255), np.zeros((8, 8, 1)))
    with pytest.raises(ValueError, match="7 or more"):
        video.structural_similarity(np.zeros((5, 8, 1)), np.zeros((5, 8, 1)))
