"""Small feed-forward networks side by side in one graph: a study over seeds and settings in one training.

Each network has its own weights and, where wanted, its own data. The networks share only the order of the batches: the
loss is a sum over networks, so no gradient passes from one to another, and an optimizer that works weight by weight
(SGD, momentum, Adam) trains each as it would alone.
"""

import itertools

import keras
import numpy as np

from dlcourse import checks
from dlcourse.models.initializers import seeded_initializer
from dlcourse.models.stacked.layers import Dense, Flatten
from dlcourse.models.stacked.objectives import accuracies, classification

__all__ = ["accuracies", "alone", "classification", "from_kernels", "mlp"]


def mlp(seeds, input_shape, classes, *, hidden, shared=True, activation="relu", regularizer=None):
    """A multilayer perceptron for each seed; with seed s it starts as ``models.mlp(..., seed=s)``.

    Maps float32 (networks, batch, *input_shape), or (1, batch, *input_shape) where all see the same, to logits
    (networks, batch, classes).

    Args:
        seeds: one whole number per network; a seed may come several times.
        input_shape, classes, hidden, activation, regularizer: as for ``models.mlp``.
        shared: whether all networks see the same inputs.

    Raises:
        ValueError: where there is no seed, or a shape or number makes no sense.
    """
    shape, seeds = checks.shape("feed_forward.mlp(input_shape)", input_shape), list(seeds)
    if not seeds:
        raise ValueError("feed_forward.mlp(seeds=[]): give one seed per network, such as range(5).")
    checks.whole_number("feed_forward.mlp(classes)", classes)
    hidden = checks.widths("feed_forward.mlp(hidden)", hidden)
    widths = [int(np.prod(shape)), *hidden, classes]
    kernels = [
        _kernels(seeds, layer, inputs, units)
        for layer, (inputs, units) in enumerate(itertools.pairwise(widths))
    ]
    return from_kernels(kernels, shape, shared=shared, activation=activation, regularizer=regularizer)


def from_kernels(kernels, input_shape, *, shared=False, activation="relu", regularizer=None):
    """Perceptrons that start from given kernels and from biases of 0; shapes as for ``mlp``.

    Args:
        kernels: list of float (networks, inputs, units), one for each layer; the last has no activation.
        input_shape, shared, activation, regularizer: as for ``mlp``.
    """
    networks = len(kernels[0])
    inputs = keras.Input(batch_shape=(1 if shared else networks, None, *input_shape))
    x = Flatten()(inputs)
    for index, kernel in enumerate(kernels):
        last = index + 1 == len(kernels)
        x = Dense(
            kernel,
            activation=None if last else activation,
            regularizer=regularizer,
            name="logits" if last else f"hidden_{index + 1}",
        )(x)
    return keras.Model(inputs, x, name="networks")


def alone(model, network):
    """One of the networks as a plain Keras model, with its weights as they are: (batch, ...) to (batch, outputs).

    Args:
        model: as ``mlp`` and ``from_kernels`` give it.
        network: which.
    """
    found = [layer.alone(network) for layer in model.layers[1:]]
    plain = keras.Sequential([keras.Input(model.input_shape[2:]), *(layer for layer, _ in found)])
    plain.set_weights([weight for _, weights in found for weight in weights])
    return plain


def _kernels(seeds, layer, inputs, units):
    """Glorot-uniform kernels, float32 (networks, inputs, units), drawn as ``models.mlp`` draws them."""
    drawn = {
        seed: np.asarray(seeded_initializer("glorot_uniform", seed, layer)((inputs, units)))
        for seed in set(seeds)
    }
    return np.stack([drawn[seed] for seed in seeds])
