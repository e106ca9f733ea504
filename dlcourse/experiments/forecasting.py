"""Recurrent networks that forecast all horizons at once, one per seed, trained on ``datasets.windows``."""

import keras
import numpy as np
import tensorflow as tf

from dlcourse.models.stacked import recurrent
from dlcourse.training import repeats


def train(windows, *, steps, learning_rate, seeds=range(5), units=24):
    """Train one GRU per seed on windows; what it predicts is the change from the last value.

    Inputs and changes are scaled by these windows alone. The learning rate falls to 0 along a half cosine.

    Args:
        windows: ``datasets.windows.Windows`` to train on; unmeasured targets (NaN) don't count.
        steps: of Adam, on batches of 64, which starts at ``learning_rate``.
        seeds, units: as for ``models.RecurrentPopulation``.

    Returns:
        callable from Windows to forecasts, float64 (origins, horizons, seeds).
    """
    mean, deviation = windows.x.mean(axis=(0, 1)), windows.x.std(axis=(0, 1))
    deviation = np.where(deviation < 1e-6, 1.0, deviation)
    changes = windows.y - windows.last[:, None]
    scale = np.nanstd(changes)
    networks = recurrent.RecurrentPopulation(
        seeds, windows.x.shape[-1], changes.shape[1], cell="gru", units=units
    )
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    study = repeats.Repeats(
        networks,
        _measured_changes,
        steps=steps,
        batch_size=64,
        optimizer=keras.optimizers.Adam(schedule),
        jit_compile=False,
    )
    inputs = ((windows.x - mean) / deviation).astype("float32")
    targets = (changes / scale).astype("float32")
    study.train(networks.get_weights(), inputs, targets, seed=0)

    def forecast(windows):
        inputs = ((windows.x - mean) / deviation).astype("float32")
        predicted = networks(inputs[None]).numpy()[:, :, -1]  # (networks, origins, horizons)
        return windows.last[:, None, None] + scale * predicted.transpose(1, 2, 0).astype("float64")

    return forecast


def _measured_changes(model, batch, training):
    """Sum over networks of the mean squared error at the targets that were measured."""
    x, y = batch
    known = tf.math.is_finite(y)
    error = model(x[None], training=training)[:, :, -1] - tf.where(known, y, 0.0)
    each = tf.where(known, tf.square(error), 0.0)
    return tf.reduce_sum(each) / tf.reduce_sum(tf.cast(known, tf.float32)), {}
