"""The detector and the classifier that became fully convolutional: shapes, sizes, and what is equal to what."""

import keras
import numpy as np
import pytest

from dlcourse import models


def small(**options):
    return models.detector(
        options.pop("shape", (32, 48, 3)), 5, filters=(4, 6, 8, 8), head=8, seed=0, **options
    )


def test_a_cell_for_every_four_pixels_and_one_output_per_class_and_side():
    assert small().output_shape == (None, 8, 12, 5 + 4)


def test_objects_are_rare_at_the_start():
    outputs = small()(np.random.default_rng(0).random((2, 32, 48, 3), dtype="float32"))
    assert 0.003 < np.mean(keras.ops.sigmoid(outputs[..., :5])) < 0.05


def test_the_same_weights_take_images_of_any_size():
    fixed, free = small(), small(shape=(None, None, 3))
    free.set_weights(fixed.get_weights())
    x = np.random.default_rng(0).random((1, 32, 48, 3), dtype="float32")
    assert np.allclose(fixed(x), free(x), atol=1e-5)
    assert free(np.zeros((1, 64, 64, 3), "float32")).shape == (1, 16, 16, 9)


def test_one_seed_gives_the_same_weights():
    for one, other in zip(small().get_weights(), small().get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_a_detector_names_what_it_cannot_be_built_for():
    with pytest.raises(ValueError, match="16 divides"):
        models.detector((30, 48, 3), 5)
    with pytest.raises(ValueError, match="expected four"):
        models.detector((32, 48, 3), 5, filters=(8, 8))
    with pytest.raises(ValueError, match=r"\(height, width, channels\)"):
        models.detector(32, 5)


@pytest.mark.parametrize("side", [12, 17])
def test_a_fully_convolutional_classifier_gives_every_windows_answer(side):
    classifier = keras.Sequential(
        [
            keras.Input((side, side, 2)),
            keras.layers.Conv2D(3, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(5, activation="relu"),
            keras.layers.Dense(4),
        ]
    )
    whole = models.fully_convolutional(classifier)
    image = np.random.default_rng(0).random((1, side + 6, side + 4, 2), dtype="float32")
    outputs = np.asarray(whole(image))
    assert outputs.shape == (1, 4, 3, 4)  # every second pixel, since the pooling has stride 2
    for row in range(4):
        for column in range(3):
            window = image[:, 2 * row : 2 * row + side, 2 * column : 2 * column + side]
            assert np.allclose(outputs[:, row, column], classifier(window), atol=1e-5)


def test_layers_that_would_see_a_window_otherwise_are_refused():
    def with_first(layer):
        return keras.Sequential(
            [keras.Input((8, 8, 1)), layer, keras.layers.Flatten(), keras.layers.Dense(2)]
        )

    with pytest.raises(ValueError, match='padding="valid"'):
        models.fully_convolutional(with_first(keras.layers.Conv2D(2, 3, padding="same")))
    with pytest.raises(ValueError, match="BatchNormalization"):
        models.fully_convolutional(with_first(keras.layers.BatchNormalization()))
