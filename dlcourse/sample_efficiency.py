"""Classifiers compared by the number of examples that they learn from; small networks for MNIST, and the comparison."""

import keras
import numpy as np
from keras import layers

from dlcourse import counting, models
from dlcourse.datasets import Split
from dlcourse.models.local import LocalConvolution2D
from dlcourse.training import objectives, repeats


def convolutional(seed, input_shape=(28, 28, 1), classes=10, hidden=64):
    """Two strided convolutions, of 8 filters 7x7 and 16 filters 3x3, and a hidden layer: a network of its own."""
    return _local_network(input_shape, classes, hidden, True, seed)


def local(seed, input_shape=(28, 28, 1), classes=10, hidden=64):
    """The same network, but every place of the image has filters of its own."""
    return _local_network(input_shape, classes, hidden, False, seed)


def dense(seed, input_shape=(28, 28, 1), classes=10, hidden=64):
    """A multilayer perceptron of one hidden layer with as many parameters as ``convolutional``, to 1 %."""
    target = convolutional(0, input_shape, classes, hidden).count_params()
    widths = counting.widths_for(target, int(np.prod(input_shape)), classes, (1,))
    return models.mlp(input_shape, classes, hidden=widths, initializer="he_normal", seed=seed)


def _local_network(input_shape, classes, hidden, shared, seed):
    inputs = keras.Input(input_shape)
    x = LocalConvolution2D(8, 7, 2, shared=shared, seed=4 * seed, name="first")(inputs)
    x = LocalConvolution2D(16, 3, 2, shared=shared, seed=4 * seed + 1, name="second")(x)
    x = layers.Flatten()(x)
    for name, width, activation in [("hidden", hidden, "relu"), ("logits", classes, None)]:
        initializer = keras.initializers.HeNormal(seed=4 * seed + 2 + (name == "logits"))
        x = layers.Dense(width, activation, kernel_initializer=initializer, name=name)(x)
    return keras.Model(inputs, x)


def accuracies(build, pool, score, *, sizes, seeds, steps, batch_size=50, learning_rate=1e-3, keep=None):
    """Train a classifier on ever more examples, from several seeds, and score each once.

    All sizes take the same number of steps. Seed s decides the initial weights and which examples of the pool are
    taken; smaller sets are parts of larger ones, and classes are in proportion.

    Args:
        build: callable ``seed -> keras.Model``.
        pool, score: Splits to learn from and to score on.
        sizes: numbers of examples.
        seeds, steps, batch_size, learning_rate: of each training, by Adam.
        keep: callable ``model -> anything``, whose values are returned as well; or None.

    Returns:
        float array (sizes, seeds); with ``keep``, (that array, dict from (size, seed) to kept values).
    """
    study = repeats.Repeats(
        build(0),
        objectives.classification(),
        steps=steps,
        batch_size=batch_size,
        optimizer=keras.optimizers.Adam(learning_rate),
        jit_compile=False,
    )
    numbered = Split(np.arange(len(pool)), pool.y)
    found, kept = np.zeros((len(sizes), len(seeds))), {}
    for column, seed in enumerate(seeds):
        start = build(seed)
        for row, size in enumerate(sizes):
            study.train(start, pool.x, pool.y, seed=seed, rows=numbered.take(size, seed).x)
            found[row, column] = _accuracy(study.model, score)
            if keep is not None:
                kept[size, seed] = keep(study.model)
    return found if keep is None else (found, kept)


def _accuracy(model, score, batch=1000):
    right = [
        np.argmax(model(score.x[start : start + batch], training=False), axis=-1)
        == score.y[start : start + batch]
        for start in range(0, len(score), batch)
    ]
    return float(np.mean(np.concatenate(right)))
