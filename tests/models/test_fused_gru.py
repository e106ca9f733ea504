"""The GRU whose gradient is written out against Keras' own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse.models.fused_gru import FusedGRU


def gradients(layer, x, state):
    """Outputs, and the gradients of a loss by input, first state and weights, as one vector."""
    with tf.GradientTape() as tape:
        tape.watch([x, state])
        found, last = layer(x, initial_state=state)
        loss = tf.reduce_sum(tf.sin(found)) + 2 * tf.reduce_sum(tf.square(last))
    by = tape.gradient(loss, [x, state, *layer.trainable_variables])
    return found, np.concatenate([np.ravel(tf.convert_to_tensor(one)) for one in by])


@pytest.mark.parametrize("steps", [1, 2, 17])
def test_outputs_and_gradients_are_those_of_keras(steps):
    random = np.random.default_rng(0)
    x, state = (tf.constant(random.normal(size=shape), tf.float32) for shape in ((4, steps, 3), (4, 5)))
    ours, theirs = (
        FusedGRU(5, return_state=True),
        keras.layers.GRU(5, return_sequences=True, return_state=True),
    )
    weights = [random.normal(size=shape) for shape in ((3, 15), (5, 15), (2, 15))]
    for layer in (ours, theirs):
        layer(x)
        layer.set_weights(weights)
    (found, by), (right, right_by) = (gradients(layer, x, state) for layer in (ours, theirs))
    np.testing.assert_allclose(found, right, atol=1e-5)
    np.testing.assert_allclose(by, right_by, rtol=1e-3, atol=1e-4)


def test_a_first_state_is_zero_unless_it_is_given():
    layer, x = FusedGRU(5), tf.random.normal((2, 7, 3))
    np.testing.assert_allclose(layer(x), layer(x, initial_state=tf.zeros((2, 5))), atol=1e-6)


def test_a_model_with_it_can_be_saved_and_loaded(tmp_path):
    x = keras.Input((None, 3))
    model = keras.Model(x, FusedGRU(4, return_state=True)(x)[0])
    model.save(tmp_path / "model.keras")
    again, given = keras.saving.load_model(tmp_path / "model.keras"), tf.random.normal((2, 6, 3))
    np.testing.assert_allclose(again(given), model(given), atol=1e-6)


@pytest.mark.parametrize(
    "options", [{"go_backwards": True}, {"return_sequences": False}, {"recurrent_dropout": 0.1}]
)
def test_what_it_has_not_is_said(options):
    with pytest.raises(ValueError, match=r"use keras\.layers\.GRU"):
        FusedGRU(4, **options)
    with pytest.raises(ValueError, match="mask"):
        FusedGRU(4)(tf.zeros((1, 2, 3)), mask=tf.ones((1, 2), bool))
