"""The objective of strings without alignment, against Keras' loss and gradient, and in a training."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse import training
from dlcourse.training import objectives


def network(frames=12, symbols=5, seed=0):
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [keras.Input((frames, 3)), keras.layers.Conv1D(8, 3, padding="same"), keras.layers.Dense(symbols)]
    )


@pytest.fixture
def batch():
    random = np.random.default_rng(0)
    y = np.array([[1, 2, 2, 4], [3, 0, 0, 0], [2, 3, 2, 0], [4, 1, 0, 0]], "int32")
    return random.normal(size=(4, 12, 3)).astype("float32"), y


def test_loss_and_gradient_are_kerass(batch):
    model = network()
    with tf.GradientTape(persistent=True) as tape:
        ours, metrics = objectives.ctc()(model, batch, training=True)
        theirs = keras.losses.CTC()(batch[1], model(batch[0]))
    assert float(ours) == pytest.approx(float(theirs), rel=1e-5)
    for one, other in zip(
        tape.gradient(ours, model.trainable_variables),
        tape.gradient(theirs, model.trainable_variables),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert float(metrics["labels_off"]) >= 0


def test_a_network_learns_where_the_labels_are(batch):
    """Each label is a frame with a mark of its own, at a place that nobody tells."""
    random = np.random.default_rng(1)
    x, y = 0.1 * random.normal(size=(200, 12, 3)).astype("float32"), np.zeros((200, 2), "int32")
    for row, labels in zip(x, y, strict=True):
        places = np.sort(random.choice(np.arange(1, 11, 3), 2, replace=False))
        labels[:] = random.integers(1, 4, 2)
        row[places, labels - 1] += 3
    model = network(symbols=4)
    run = training.fit(
        model, objectives.ctc(), (x, y), epochs=30, batch_size=20, optimizer=keras.optimizers.Adam(0.02)
    )
    assert run.history["loss"][-1] < 0.1 < run.history["loss"][0] and run.history["labels_off"][-1] < 0.02


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros((4,), "int32"), r"shape \(examples, longest\)"),
        (np.zeros((4, 2), "float32"), "whole numbers"),
        (np.full((4, 2), 5, "int32"), "from 5 to 5, but the model gives 5"),
        (np.array([[0, 1]] * 4, "int32"), "0 before a label"),
        (np.array([[1, 0, 2]] * 4, "int32"), "0 before a label"),
        (np.zeros((4, 2), "int32"), "one or more"),
        (np.ones((4, 7), "int32"), "needs 13 frames"),
    ],
)
def test_labels_that_do_not_fit_are_an_error(batch, y, message):
    with pytest.raises(ValueError, match=message):
        training.fit(network(), objectives.ctc(), (batch[0], y), epochs=1, batch_size=2)


def test_a_model_with_one_output_per_example_is_an_error(batch):
    model = keras.Sequential([keras.Input((12, 3)), keras.layers.Flatten(), keras.layers.Dense(5)])
    with pytest.raises(ValueError, match="one row of logits per frame"):
        training.fit(model, objectives.ctc(), batch, epochs=1, batch_size=2)
