"""Scenes: what their description says holds for every one of them, and one number decides one scene."""

import numpy as np
import pytest

from dlcourse import datasets
from dlcourse.datasets import scenes


@pytest.fixture(scope="module")
def digits():
    return datasets.load("mnist").validation


@pytest.fixture(scope="module")
def made(digits):
    return scenes.compose(digits, 60, seed=3)


def test_numbers_sizes_places_and_overlaps_are_those_that_are_said(made):
    counts = (made.labels >= 0).sum(axis=1)
    assert counts.min() >= 1 and counts.max() == 6
    assert made.x.dtype == "float32" and made.x.shape == (60, 96, 96, 3)
    assert made.x.min() >= 0 and made.x.max() <= 1
    for image in range(len(made)):
        boxes, labels = made.objects(image)
        wide, tall = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
        assert (tall >= 14).all() and (tall <= 40).all() and (wide >= 2).all() and (wide <= 48).all()
        assert (boxes >= 0).all() and (boxes <= 96).all() and set(labels) <= set(range(10))
        for one in range(len(boxes)):
            for other in range(one):  # counted pixel by pixel, since the edges are whole numbers
                masks = np.zeros((2, 96, 96), bool)
                for mask, (left, top, right, bottom) in zip(
                    masks, boxes[[one, other]].astype(int), strict=True
                ):
                    mask[top:bottom, left:right] = True
                assert (masks[0] & masks[1]).sum() <= 0.3 * (masks[0] | masks[1]).sum() + 1e-9


def test_a_box_touches_its_digits_ink_on_all_four_sides(digits):
    """A digit alone, without background, clutter and noise, is found again by looking where the ink is."""
    image = scenes._resized(scenes._cropped(digits.x[:1, :, :, 0])[0], 30, 20)
    assert image.shape == (30, 20)
    for edge in (image[0], image[-1], image[:, 0], image[:, -1]):
        assert edge.max() > 0.1


def test_noise_has_the_standard_deviation_that_is_said(digits, monkeypatch):
    noisy = scenes.compose(digits, 4, seed=1).x
    monkeypatch.setattr(scenes, "NOISE", 0.0)
    without = scenes.compose(digits, 4, seed=1).x
    inside = (without > 0.3) & (without < 0.7)  # where nothing was cut off at 0 and 1
    assert (noisy - without)[inside].std() == pytest.approx(0.08, rel=0.02)


def test_a_scene_depends_on_seed_and_number_alone(digits, made):
    parts = [scenes.compose(digits, 10, seed=3, first=first) for first in (0, 10)]
    assert np.array_equal(np.concatenate([part.x for part in parts]), made.x[:20])
    assert np.array_equal(np.concatenate([part.boxes for part in parts]), made.boxes[:20])
    assert not np.array_equal(scenes.compose(digits, 10, seed=4).x, made.x[:10])


def test_scenes_have_as_many_digits_as_are_asked_for_or_as_find_a_place(digits):
    counts = (scenes.compose(digits, 60, seed=3, least=5).labels >= 0).sum(axis=1)
    assert np.median(counts) >= 5 and counts.min() >= 3 and counts.max() == 6
    with pytest.raises(ValueError, match="compose"):
        scenes.compose(digits, 1, seed=3, least=7)


def test_labels_are_those_of_the_digits_that_are_shown(digits):
    only = digits.y == 7
    sevens = datasets.Split(digits.x[only], digits.y[only])
    labels = scenes.compose(sevens, 10, seed=0).labels
    assert set(labels[labels >= 0].tolist()) == {7}


def test_resampling_keeps_a_constant_and_a_ramps_middle():
    for old, new in [(20, 40), (20, 14), (1, 5), (7, 7)]:
        matrix = scenes._resampling(old, new)
        assert np.allclose(matrix.sum(axis=1), 1, atol=1e-6)
    assert np.array_equal(scenes._resampling(7, 7), np.eye(7, dtype="float32"))
    doubled = scenes._resampling(10, 20) @ np.arange(10.0)
    assert np.allclose(doubled[1:-1], np.arange(20)[1:-1] / 2 - 0.25, atol=1e-5)


def test_take_and_objects(made):
    some = made.take(7, seed=1)
    assert len(some) == 7 and some.x.shape[0] == 7
    place = next(i for i in range(60) if np.array_equal(made.x[i], some.x[0]))
    assert np.array_equal(some.objects(0)[0], made.objects(place)[0])
    with pytest.raises(ValueError, match="from 1 to 60"):
        made.take(61)


def test_wrong_input_is_named(digits):
    with pytest.raises(ValueError, match=r"\(28, 28, 1\)"):
        scenes.compose(datasets.load("digits").train, 1, seed=0)
    with pytest.raises(ValueError, match="whole number"):
        scenes.compose(digits, 0, seed=0)
    with pytest.raises(ValueError, match="whole number"):
        scenes.compose(digits, 1, seed=0.5)
