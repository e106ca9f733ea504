"""Which cure makes a deep network learn, each at its own learning rate: networks of all rates train side by side."""

import keras
import numpy as np
import tensorflow as tf

from dlcourse import models, training
from dlcourse.models.stacked import feed_forward
from dlcourse.training import optimizers

SHAPE = {"depth": 20, "width": 32}
"""Hidden layers and units in each."""

TRAINING_EXAMPLES, BATCH_SIZE = 1_078, 49
"""22 whole batches: a last batch of one example would spoil batch normalisation."""


OPTIMIZERS = {
    "Adam": optimizers.by_network(keras.optimizers.Adam),
    "SGD": optimizers.by_network(keras.optimizers.SGD),
    "clipped SGD": optimizers.by_network(optimizers.ClippedSGD),
}
"""By name; each takes the learning rates, one per network, and the options of Keras' optimizer."""


@tf.custom_gradient
def _finite(loss):
    """The loss, 0 where it is not finite; its gradient is the loss's, so that networks stay apart."""
    return tf.where(tf.math.is_finite(loss), loss, 0.0), lambda gradient: gradient


def _objective(networks, batch, training):
    loss, _ = networks.objective(networks, batch, training)
    return _finite(loss), {}


BY_NETWORK = ("weight_variance", "residual", "dropout", "l2")
"""Options that may differ between networks side by side."""


def accuracy_by_rate(options, rates, seeds, train, judge, *, optimizer="Adam", epochs=15, **settings):
    """Train deep networks at several learning rates and score them.

    A network that diverges, so that its outputs are no longer numbers, gives the first class to every example: it
    counts as guessing, and its neighbours go on.

    Args:
        options: of ``models.DeepNetworks``; its shape is ``SHAPE`` unless they say otherwise. Those in ``BY_NETWORK``
            may be a list with one value per rate.
        rates: learning rates.
        seeds: of the initial weights, the same at every rate.
        train: Split, whose first 1,078 examples are learnt.
        judge: Split to be scored on.
        optimizer: a name in ``OPTIMIZERS``.
        epochs: passes over the examples.
        settings: of the optimizer, such as ``momentum=0.9``; ``max_grad_norm`` may be a list with one per rate.

    Returns:
        Accuracies, float64 (rates, seeds).
    """
    every_seed = [seed for _ in rates for seed in seeds]
    options = {
        name: np.repeat(value, len(seeds)) if name in BY_NETWORK and np.ndim(value) else value
        for name, value in {**SHAPE, **options}.items()
    }
    networks = models.DeepNetworks((8, 8, 1), 10, seeds=every_seed, **options)
    settings = {
        name: np.repeat(value, len(seeds)) if np.ndim(value) else value for name, value in settings.items()
    }
    training.fit(
        networks,
        _objective,
        train.take(TRAINING_EXAMPLES),
        epochs=epochs,
        batch_size=BATCH_SIZE,
        optimizer=OPTIMIZERS[optimizer](np.repeat(rates, len(seeds)), **settings),
    )
    found = feed_forward.accuracies(training.predict(networks, judge.x), judge.y)
    return found.reshape(len(rates), -1)
