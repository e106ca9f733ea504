"""The axis ``networks``: which models have it in front, and how arrays of examples get it and lose it.

Data, as ``training.fit``, ``evaluate`` and ``predict`` take and give them, are examples: (batch, ...), seen by all
networks, or (batch, networks, ...), each its own. Layers and models have (networks, batch, ...).
"""

import tensorflow as tf


class Stacked:
    """Marks a layer or a model of networks side by side."""


def is_stacked(model):
    """Whether a model is marked, or holds a layer that is."""
    return isinstance(model, Stacked) or any(isinstance(layer, Stacked) for layer in model.layers)


def networks_first(x, axes):
    """Examples (batch, ...) as (1, batch, ...), (batch, networks, ...) as (networks, batch, ...).

    Args:
        x: array or tensor.
        axes: how many the result has; by it one knows which of the two x is.
    """
    x = tf.convert_to_tensor(x)
    return x[None] if len(x.shape) == axes - 1 else swapped(x)


def examples_first(outputs):
    """Outputs (networks, batch, ...) as (batch, networks, ...), a tensor."""
    return swapped(tf.convert_to_tensor(outputs))


def swapped(x):
    """The first two axes in the other order."""
    return tf.transpose(x, [1, 0, *range(2, len(x.shape))])


def outputs(model, x, training=False):
    """A stacked model's outputs (networks, batch, ...) for examples, (batch, ...) or (batch, networks, ...)."""
    return model(networks_first(x, len(model.input_shape)), training=training)
