"""Keras' fit, a chapter's own loop and training.fit: three ways to the same weights."""

import keras
import numpy as np
import tensorflow as tf

from dlcourse import training


def end_alike(build, start, step, objective, x, y, batch_size):
    """Train one classifier in three ways on the same batches in the same order, and compare the weights.

    Args:
        build: makes the model, without random layers.
        start: weights that each of the three begins with.
        step: the chapter's, ``(model, optimizer, loss, x, y)``.
        objective: what ``training.fit`` minimises; Keras and the loop take cross-entropy of logits.
        x, y: arrays, a whole number of batches.
        batch_size: examples per step.
    """
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def trained(how):
        model, adam = build(), keras.optimizers.Adam(0.01)
        model.set_weights(start)
        if how == "keras":
            model.compile(adam, loss)
            model.fit(x, y, batch_size=batch_size, shuffle=False, verbose=0)
        elif how == "loop":
            adam.build(model.trainable_variables)
            for first in range(0, len(x), batch_size):
                step(model, adam, loss, x[first : first + batch_size], y[first : first + batch_size])
        else:
            batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(batch_size)
            training.fit(model, objective, batches, epochs=1, optimizer=adam)
        return np.concatenate([weight.ravel() for weight in model.get_weights()])

    by_keras = trained("keras")
    for how in ("loop", "fit"):
        np.testing.assert_allclose(trained(how), by_keras, atol=5e-4)
    assert np.abs(by_keras - np.concatenate([weight.ravel() for weight in start])).max() > 0.01
