"""Convolutional classifiers."""

import keras
from keras import layers

from dlcourse.models.building import check_positive, check_rate, check_shape, seeded_initializer


def convnet(input_shape, classes, *, filters=(32, 64), hidden=128, dropout=0.0, seed=None):
    """A small VGG-like classifier (Simonyan & Zisserman 2015).

    Maps float32 images (batch, height, width, channels) to logits (batch, classes): for each entry of ``filters``
    a 3x3 convolution, ReLU and 2x2 max pooling, then one hidden dense layer.

    Args:
        input_shape: (height, width, channels).
        classes: number of outputs.
        filters: list of channels, one a convolution.
        hidden: width of the dense layer.
        dropout: share of hidden units dropped before the logits.
        seed: of the initial weights and the dropout; None draws from Keras' global generator.

    Raises:
        ValueError: where an image is too small for its pooling layers, or a number makes no sense.
    """
    shape = check_shape("convnet", input_shape, dimensions=3)
    widths = {f"filters[{index}]": width for index, width in enumerate(filters)}
    check_positive("convnet", classes=classes, hidden=hidden, **widths)
    check_rate("convnet", dropout=dropout)
    smallest = 2 ** len(filters)
    if min(shape[:2]) < smallest:
        raise ValueError(
            f"convnet(input_shape={shape}): {len(filters)} poolings halve an image {len(filters)} times, so height "
            f"and width must be at least {smallest}. Give larger images or fewer entries in filters={filters}."
        )
    inputs = keras.Input(shape)
    x = inputs
    for index, width in enumerate(filters):
        x = layers.Conv2D(
            width,
            3,
            padding="same",
            activation="relu",
            kernel_initializer=seeded_initializer("glorot_uniform", seed, index),
            name=f"convolution_{index + 1}",
        )(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(
        hidden,
        activation="relu",
        kernel_initializer=seeded_initializer("glorot_uniform", seed, len(filters)),
        name="hidden",
    )(x)
    if dropout:
        x = layers.Dropout(dropout, seed=seed)(x)
    outputs = layers.Dense(
        classes,
        kernel_initializer=seeded_initializer("glorot_uniform", seed, len(filters) + 1),
        name="logits",
    )(x)
    return keras.Model(inputs, outputs, name="convnet")
