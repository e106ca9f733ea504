"""The networks of MNIST-1D's authors, and how they fare when all curves have their positions shuffled alike."""

import keras
import numpy as np
from keras import layers

from dlcourse.datasets import Split, mnist1d
from dlcourse.models.initializers import seeded_initializer
from dlcourse.training import repeats

POSITIONS = 40


def mlp(seed, width=100):
    """40 -> 100 -> 100, added to the layer before -> 10 (MLPBase of the authors' models.py): 15,210 parameters."""
    inputs = keras.Input((POSITIONS, 1))
    x = layers.Dense(width, "relu", kernel_initializer=_start(seed, 0))(layers.Flatten()(inputs))
    x = layers.Add()([x, layers.Dense(width, "relu", kernel_initializer=_start(seed, 1))(x)])
    return keras.Model(inputs, layers.Dense(10, kernel_initializer=_start(seed, 2))(x))


def equal_mlp(seed):
    """The same with 51 units a layer: 5,263 parameters, as many as ``cnn`` has, and 1 % more."""
    return mlp(seed, width=51)


def cnn(seed):
    """Three convolutions of 25 filters, stride 2, kernels of 5, 3 and 3, then a dense layer (ConvBase): 5,210."""
    inputs = x = keras.Input((POSITIONS, 1))
    for index, kernel in enumerate((5, 3, 3)):
        x = layers.ZeroPadding1D(1)(x)
        x = layers.Conv1D(25, kernel, strides=2, activation="relu", kernel_initializer=_start(seed, index))(x)
    return keras.Model(inputs, layers.Dense(10, kernel_initializer=_start(seed, 3))(layers.Flatten()(x)))


def gru(seed):
    """A bidirectional GRU of 6 units a direction; all its outputs go into a dense layer (GRUBase)."""
    inputs = keras.Input((POSITIONS, 1))
    directions = [
        layers.GRU(
            6,
            return_sequences=True,
            go_backwards=bool(index),
            kernel_initializer=_start(seed, 2 * index),
            recurrent_initializer=seeded_initializer("orthogonal", seed, 2 * index + 1),
        )(inputs)
        for index in range(2)
    ]
    x = layers.Flatten()(layers.Concatenate()(directions))
    return keras.Model(inputs, layers.Dense(10, kernel_initializer=_start(seed, 4))(x))


NETWORKS = {"MLP": mlp, "CNN": cnn, "GRU": gru, "MLP, equal parameters": equal_mlp}

AUTHORS = {"MLP": (0.68, 0.68), "CNN": (0.94, 0.56), "GRU": (0.91, 0.57)}
"""Test accuracies in the authors' README, in order and shuffled: github.com/greydanus/mnist1d."""


def _start(seed, layer):
    return seeded_initializer("glorot_uniform", seed, layer)


def own_order(seed):
    """A random order of the positions, int (40,)."""
    return np.random.default_rng(1_000 + seed).permutation(POSITIONS)


def authors_order():
    """The order in which the authors' own generator shuffles the positions (its shuffle_seq), int (40,)."""
    straight, mixed = (mnist1d.generate(shuffle_seq=mix)["x_train"][:1] for mix in (False, True))
    return np.argmin(np.abs(mixed[0][:, None] - straight[0][None, :]), axis=1)


def shuffled(data, order):
    """The same curves with their positions in another order, the same for all: a Split."""
    return Split(data.x[:, order], data.y)


def accuracies(
    build, train, score, *, seeds, steps, order=None, batch_size=100, learning_rate=1e-2, jit_compile=False
):
    """Train from each seed on curves in order and, from the same weights, on shuffled ones.

    Adam at the authors' learning rate and batch size. ``order`` is that of the shuffled positions; None gives each seed
    an order of its own.

    Returns:
        float array (2, seeds): accuracy on ``score`` in order, and shuffled.
    """
    study = repeats.classifier(
        build, steps=steps, batch_size=batch_size, learning_rate=learning_rate, jit_compile=jit_compile
    )
    found = np.zeros((2, len(seeds)))
    for column, seed in enumerate(seeds):
        start = build(seed)
        for row, places in enumerate([np.arange(POSITIONS), own_order(seed) if order is None else order]):
            learnt, scored = shuffled(train, places), shuffled(score, places)
            study.train(start, learnt.x, learnt.y, seed=seed)
            found[row, column] = repeats.accuracy(study.model, scored)
    return found
