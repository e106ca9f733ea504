"""The multilayer perceptron."""

import keras
from keras import layers

from dlcourse import checks
from dlcourse.models.initializers import seeded_initializer


def mlp(
    input_shape,
    classes,
    *,
    hidden,
    activation="relu",
    initializer="glorot_uniform",
    regularizer=None,
    dropout=0.0,
    seed=None,
):
    """A fully connected feed-forward network (Rumelhart, Hinton & Williams 1986).

    Maps float32 (batch, *input_shape), flattened, to logits (batch, classes).

    Args:
        input_shape: of one example, such as (28, 28, 1).
        classes: number of outputs.
        hidden: list of widths, one per hidden layer; an empty list gives a linear classifier.
        activation: of the hidden layers, a Keras activation or its name.
        initializer: of every kernel, a Keras initialiser or its name; biases start at 0.
        regularizer: of every kernel, a Keras regulariser or its name, or None.
        dropout: share of units dropped after each hidden layer (Srivastava et al. 2014).
        seed: of the initial weights and the dropout; None draws from Keras' global generator.

    Raises:
        ValueError: where a shape, a width, a number of classes or a rate makes no sense.
    """
    shape = checks.shape("mlp(input_shape)", input_shape)
    classes = checks.whole_number("mlp(classes)", classes)
    hidden, seed = checks.widths("mlp(hidden)", hidden), checks.seed("mlp(seed)", seed)
    checks.rate("mlp(dropout)", dropout)
    inputs = keras.Input(shape)
    x = layers.Flatten()(inputs)
    for index, width in enumerate(hidden):
        x = layers.Dense(
            width,
            activation=activation,
            kernel_initializer=seeded_initializer(initializer, seed, index),
            kernel_regularizer=regularizer,
            name=f"hidden_{index + 1}",
        )(x)
        if dropout:
            x = layers.Dropout(dropout, seed=seed)(x)
    outputs = layers.Dense(
        classes,
        kernel_initializer=seeded_initializer(initializer, seed, len(hidden)),
        kernel_regularizer=regularizer,
        name="logits",
    )(x)
    return keras.Model(inputs, outputs, name="mlp")
