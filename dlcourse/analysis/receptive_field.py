"""Receptive fields: which inputs a unit sees, by formula and by its gradient."""

import math
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf


@dataclass(frozen=True)
class Field:
    """The receptive field of a layer's units along one axis, in pixels of the input.

    size: its width. jump: pixels between the fields of neighbouring units. start: the first pixel of unit 0's field
    (negative where it reaches into the padding). Unit i sees ``size`` pixels, the first of them start + i · jump.
    """

    size: int = 1
    jump: int = 1
    start: int = 0

    def after(self, kernel, stride=1, dilation=1, before=0):
        """The field of the next layer: kernel, stride, dilation, and zeros padded in front of the axis."""
        return Field(
            size=self.size + (kernel - 1) * dilation * self.jump,
            jump=self.jump * stride,
            start=self.start - before * self.jump,
        )

    def pixels(self, unit, length):
        """Slice of the pixels that a unit sees of an axis of that length."""
        first = self.start + unit * self.jump
        return slice(max(first, 0), min(first + self.size, length))


def by_formula(model, layer):
    """The Field of a layer's units along the first spatial axis, by the formula in ``Field.after``.

    Args:
        model: a functional Keras model without branches up to ``layer``: convolutions, poolings, and layers that work
            unit by unit.
        layer: its name.

    Raises:
        ValueError: where a layer on the way is of another kind.
    """
    field = Field()
    for step in model.layers:
        kind = type(step).__name__
        if "Conv" in kind:
            field = field.after(*_window(step, step.kernel_size[0], step.dilation_rate[0]))
        elif "Pooling" in kind and "Global" not in kind:
            field = field.after(*_window(step, step.pool_size[0], 1))
        elif kind not in ("InputLayer", "Activation", "ReLU", "BatchNormalization", "Dropout"):
            raise ValueError(f"by_formula() has no rule for the layer {step.name!r} of kind {kind}.")
        if step.name == layer:
            return field
    raise ValueError(
        f"The model has no layer {layer!r}; it has {', '.join(step.name for step in model.layers)}."
    )


def _window(layer, kernel, dilation):
    stride, size = layer.strides[0], layer.input.shape[1]
    outputs = math.ceil(size / stride)
    total = max((outputs - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    return kernel, stride, dilation, total // 2 if layer.padding == "same" else 0


def by_gradient(model, layer, images, unit=None):
    """Root mean square, over images and channels, of a unit's gradient with respect to each pixel, (height, width).

    Args:
        model: Keras model of images (batch, height, width, channels).
        layer: name of a layer.
        images: float (n, height, width, channels).
        unit: (row, column) of the layer's map, or None for its middle. A layer without a map counts as one place.

    Returns:
        float64 array; a pixel that the unit doesn't see is exactly 0.
    """
    cut = keras.Model(model.inputs[0], model.get_layer(layer).output)
    images = tf.convert_to_tensor(images, model.inputs[0].dtype)
    with tf.GradientTape(persistent=False) as tape:
        tape.watch(images)
        maps = cut(images, training=False)
        if len(maps.shape) == 4:
            row, column = unit or (maps.shape[1] // 2, maps.shape[2] // 2)
            maps = maps[:, row, column]
        total = tf.reduce_sum(tf.abs(maps))  # |·|: channels don't cancel each other
    gradient = np.asarray(tape.gradient(total, images), "float64")
    return np.sqrt(np.mean(gradient**2, axis=(0, 3)))


def spread(gradient):
    """Size of the effective receptive field: standard deviation of the row, pixels, weighted by squared gradients."""
    weights = np.sum(gradient**2, axis=1)
    places = np.arange(len(weights))
    middle = np.average(places, weights=weights)
    return float(np.sqrt(np.average((places - middle) ** 2, weights=weights)))


def seen(gradient):
    """Height and width, in pixels, of the smallest rectangle that holds all pixels with a gradient other than 0."""
    rows, columns = np.flatnonzero(gradient.any(axis=1)), np.flatnonzero(gradient.any(axis=0))
    if not len(rows):
        return 0, 0
    return int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)
