"""Parameters and multiply-adds of a network, by formula from its layers' shapes.

A multiply-add is one product added to a sum. Elementwise work (bias, activation, pooling) is not counted: a dense layer
of n inputs does n multiply-adds for each output, and only one activation.
"""

import functools
import itertools
import math
import time
from dataclasses import dataclass

import keras
import tensorflow as tf


@dataclass(frozen=True)
class Cost:
    """Parameters and multiply-adds of one layer; ``output`` is its output's shape, without the batch axis."""

    layer: str
    kind: str
    output: tuple
    parameters: int
    multiply_adds: int


def dense(inputs, outputs, bias=True):
    """Parameters and multiply-adds of a fully connected layer: ``(inputs · outputs + outputs, inputs · outputs)``."""
    return inputs * outputs + bias * outputs, inputs * outputs


def convolution(kernel, channels, filters, positions, groups=1, bias=True):
    """Parameters and multiply-adds of a convolution.

    Args:
        kernel: sides of the kernel, such as (3, 3).
        channels, filters: channels in and out.
        positions: number of places where the kernel is applied: height · width of the output.
        groups: each filter sees ``channels / groups`` of the channels.
        bias: whether each filter has one.

    Returns:
        (parameters, multiply-adds), two ints.
    """
    weights = math.prod(kernel) * (channels // groups) * filters
    return weights + bias * filters, weights * positions


def costs(model):
    """The Cost of each layer that has parameters or does multiply-adds, in order.

    Args:
        model: a Keras functional or sequential model of Dense, Conv1D, Conv2D, DepthwiseConv2D, Embedding,
            BatchNormalization and LayerNormalization, and of layers without parameters. Models inside it are entered.

    Raises:
        ValueError: where it has a layer whose cost this module has no formula for.
    """
    rows = []
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            rows += costs(layer)
            continue
        counted = _layer(layer)
        if counted is not None:
            rows.append(Cost(layer.name, type(layer).__name__, tuple(layer.output.shape[1:]), *counted))
    return rows


def parameters(model):
    """Number of parameters, trained or not, by formula."""
    return sum(row.parameters for row in costs(model))


def multiply_adds(model):
    """Multiply-adds of the forward pass for one example, by formula."""
    return sum(row.multiply_adds for row in costs(model))


def mlp_parameters(inputs, classes, hidden):
    """Number of parameters of ``models.mlp``: dense layers from ``inputs`` through the widths ``hidden``."""
    widths = [inputs, *hidden, classes]
    return sum(dense(before, after)[0] for before, after in itertools.pairwise(widths))


TOLERANCE = 0.01
"""The largest share by which ``widths_for`` may miss its target."""


def widths_for(target, inputs, classes, shape):
    """Hidden widths in given proportions, scaled so that the network has a wanted number of parameters.

    Args:
        target: wanted number of parameters.
        inputs, classes: of the network.
        shape: proportions of the hidden widths, such as (4, 2, 1); whole numbers, the smallest of them 1.

    Returns:
        list of int.

    Raises:
        ValueError: where no widths come within 1 % of the target.
    """
    if target < 1 or not shape or min(shape) < 1:
        raise ValueError(
            f"widths_for(target={target}, shape={shape}): give a target and proportions of 1 or more."
        )
    best, scale = None, 1
    while True:
        hidden = [scale * share for share in shape]
        miss = abs(mlp_parameters(inputs, classes, hidden) / target - 1)
        if best is not None and miss > best[0]:
            break
        best, scale = (miss, hidden), scale + 1
    if best[0] > TOLERANCE:
        raise ValueError(
            f"widths_for(): the nearest to {target:,} parameters are widths {best[1]}, off by {best[0]:.1%}; allowed "
            f"are {TOLERANCE:.1%}. Give another target or smaller proportions."
        )
    return best[1]


def _layer(layer):
    """(parameters, multiply-adds) of a Keras layer; None for one that has neither."""
    kind = type(layer).__name__
    if kind == "Dense":
        places = math.prod(layer.output.shape[1:-1])
        count, work = dense(layer.input.shape[-1], layer.units, layer.use_bias)
        return count, work * places
    if kind in ("Conv1D", "Conv2D"):
        first = layer.data_format == "channels_first"
        channels = layer.input.shape[1 if first else -1]
        positions = math.prod(layer.output.shape[2:] if first else layer.output.shape[1:-1])
        return convolution(
            layer.kernel_size, channels, layer.filters, positions, layer.groups, layer.use_bias
        )
    if kind == "DepthwiseConv2D":
        height, width, outputs = layer.output.shape[1:]
        weights = math.prod(layer.kernel_size) * outputs
        return weights + layer.use_bias * outputs, weights * height * width
    if kind == "Embedding":
        return layer.input_dim * layer.output_dim, 0  # rows are looked up, not multiplied
    if kind == "BatchNormalization":
        channels = layer.input.shape[layer.axis]
        return channels * (2 + layer.scale + layer.center), math.prod(layer.output.shape[1:])
    if kind == "LayerNormalization":
        sizes = [
            layer.input.shape[axis] for axis in ([layer.axis] if isinstance(layer.axis, int) else layer.axis)
        ]
        return math.prod(sizes) * (layer.scale + layer.center), 2 * math.prod(layer.output.shape[1:])
    if layer.weights and not isinstance(layer, keras.layers.Dropout):
        raise ValueError(
            f"complexity has no formula for the layer {layer.name!r} of kind {kind}. Add one to "
            "dlcourse/analysis/complexity.py, with its test."
        )
    return None


def forward_seconds(models, batch_size=64, rounds=7):
    """Time of a forward pass of each model, measured by turns, so that a busy moment of the machine hits all alike.

    Args:
        models: dict from name to Keras model.
        batch_size: examples in a pass.
        rounds: number of measurements of each; the fastest counts.

    Returns:
        dict from name to seconds.
    """
    passes = {}
    for name, model in models.items():
        x = tf.zeros((batch_size, *model.input_shape[1:]))
        call = tf.function(functools.partial(model, training=False)).get_concrete_function(x)
        call(x)
        passes[name] = (call, x)
    fastest = dict.fromkeys(models, math.inf)
    for _ in range(rounds):
        for name, (call, x) in passes.items():
            start = time.perf_counter()
            tf.nest.map_structure(lambda tensor: tensor.numpy(), call(x))
            fastest[name] = min(fastest[name], time.perf_counter() - start)
    return fastest
