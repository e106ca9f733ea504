"""Classifiers compared by the number of examples that they learn from; small networks for MNIST, and the comparison."""

import keras
import numpy as np
from keras import layers

from dlcourse import models
from dlcourse.analysis import complexity
from dlcourse.datasets import Split
from dlcourse.training import repeats

HIDDEN = 64
"""Units of the hidden layer behind the filters."""


def convolutional(seed, input_shape=(28, 28, 1), classes=10):
    """8 and 16 filters of 3x3, each followed by 2x2 max pooling, and a hidden layer: images to logits."""
    seeds = models.Seeds(seed)
    inputs = x = keras.Input(input_shape)
    for filters in (8, 16):
        x = models.convolution_block(x, filters, normalise=False, seeds=seeds)
        x = layers.MaxPooling2D(2)(x)
    return keras.Model(inputs, _head(x, classes, seeds))


def local(seed, input_shape=(28, 28, 1), classes=10):
    """The network of ``convolutional``, but every place of the image has filters of its own."""
    seeds = models.Seeds(seed)
    inputs = x = keras.Input(input_shape)
    for index, filters in enumerate((8, 16)):
        x = models.LocalConvolution2D(filters, 3, seed=2 * seed + index)(x)
        x = layers.MaxPooling2D(2)(x)
    return keras.Model(inputs, _head(x, classes, seeds))


def dense(seed, input_shape=(28, 28, 1), classes=10):
    """A multilayer perceptron of one hidden layer with as many parameters as ``convolutional``, to 1 %."""
    target = convolutional(0, input_shape, classes).count_params()
    widths = complexity.widths_for(target, int(np.prod(input_shape)), classes, (1,))
    return models.mlp(input_shape, classes, hidden=widths, initializer="he_normal", seed=seed)


def _head(x, classes, seeds):
    x = layers.Flatten()(x)
    x = layers.Dense(HIDDEN, "relu", kernel_initializer=seeds.initializer("he_normal"))(x)
    return layers.Dense(classes, kernel_initializer=seeds.initializer("he_normal"))(x)


def halved(split):
    """A Split of images of half the side: every 2 x 2 pixels averaged into one. Raises ValueError at odd sides."""
    count, height, width, channels = split.x.shape
    if height % 2 or width % 2:
        raise ValueError(
            f"halved() averages squares of 2 by 2 pixels; got images of {height} by {width}. Crop them to even sides."
        )
    blocks = split.x.reshape(count, height // 2, 2, width // 2, 2, channels)
    return Split(blocks.mean(axis=(2, 4)).astype("float32"), split.y)


def best_rate(study, network):
    """The learning rate of a recorded study's grid with the best mean accuracy for a network, by name; a float.

    Args:
        study: what ``recording.load`` gives: dict from "network, rate 0.002" to accuracies by seed, and other keys.
        network: name, such as "dense".

    Raises:
        ValueError: where the study has no such grid.
    """
    start = f"{network}, rate "
    grid = {key.removeprefix(start): values for key, values in study.items() if key.startswith(start)}
    if not grid:
        raise ValueError(f"best_rate(): no key of the study begins with {start!r}; it has {list(study)}.")
    return float(max(grid, key=lambda rate: np.mean(grid[rate])))


def accuracies(build, pool, score, *, sizes, seeds, steps, batch_size=32, learning_rate=2e-3, trainings=None):
    """Train a classifier on ever more examples, from several seeds, and score each once.

    All sizes take the same number of steps. Seed s decides the initial weights and which examples of the pool are
    taken; smaller sets are parts of larger ones, and classes are in proportion.

    Args:
        build: callable ``seed -> keras.Model``.
        pool, score: Splits to learn from and to score on.
        sizes: numbers of examples.
        seeds, steps, batch_size, learning_rate: of each training, by Adam.
        trainings: what ``repeats.classifier`` gives for the same network, steps and batch size, compiled already by an
            earlier call; None: compile anew.

    Returns:
        float array (sizes, seeds).
    """
    study = trainings or repeats.classifier(build, steps=steps, batch_size=batch_size)
    numbered = Split(np.arange(len(pool)), pool.y)
    found = np.zeros((len(sizes), len(seeds)))
    for column, seed in enumerate(seeds):
        start = build(seed)
        for row, size in enumerate(sizes):
            rows = numbered.take(size, seed).x
            study.train(start, pool.x, pool.y, seed=seed, rows=rows, learning_rate=learning_rate)
            found[row, column] = repeats.accuracy(study.model, score)
    return found
