"""Random affine changes of images: their units, and that each step draws its own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse import models


def changed(monkeypatch, image, draws, **ranges):
    """The layer's output where its five draws in [-1, 1] (angle, scale, shear, right, down) are these."""
    monkeypatch.setattr(
        keras.random,
        "uniform",
        lambda shape, *_, **__: tf.repeat(tf.constant(draws, tf.float32)[:, None], shape[1], 1),
    )
    none = {"rotation": 0.0, "scale": 0.0, "shear": 0.0, "shift": 0.0}
    return models.RandomAffine(**none | ranges)(image[None, ..., None], training=True)[0, ..., 0].numpy()


IMAGE = np.random.default_rng(0).random((9, 9)).astype("float32")


@pytest.mark.parametrize(("degrees", "turns"), [(90.0, -1), (180.0, 2)])
def test_a_rotation_is_in_degrees_and_clockwise(monkeypatch, degrees, turns):
    found = changed(monkeypatch, IMAGE, [1, 0, 0, 0, 0], rotation=degrees)
    np.testing.assert_allclose(found, np.rot90(IMAGE, turns), atol=1e-4)


def test_shifts_are_in_pixels_to_the_right_and_down(monkeypatch):
    found = changed(monkeypatch, IMAGE, [0, 0, 0, 1, -0.5], shift=2.0)
    expected = np.zeros_like(IMAGE)
    expected[:-1, 2:] = IMAGE[1:, :-2]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_scale_above_one_magnifies_and_a_shear_moves_rows_by_their_height(monkeypatch):
    spot = np.zeros((9, 9), "float32")
    spot[4, 6] = spot[2, 4] = 1.0  # 2 to the right of the middle, and 2 above it
    larger = changed(monkeypatch, spot, [0, 1, 0, 0, 0], scale=0.5)
    assert larger[4, 7] == pytest.approx(1.0, abs=1e-5) and larger[1, 4] == pytest.approx(1.0, abs=1e-5)
    sheared = changed(monkeypatch, spot, [0, 0, 1, 0, 0], shear=0.5)
    assert sheared[4, 6] == pytest.approx(1.0, abs=1e-5) and sheared[2, 3] == pytest.approx(1.0, abs=1e-5)


def test_each_step_and_each_image_draws_its_own_and_prediction_draws_nothing():
    layer = models.RandomAffine(seed=0)
    batch = np.repeat(IMAGE[None, ..., None], 3, axis=0)
    first, second = (layer(batch, training=True).numpy() for _ in range(2))
    found = [image.tobytes() for image in [*first, *second]]
    assert len(set(found)) == 6
    np.testing.assert_array_equal(layer(batch), batch)
