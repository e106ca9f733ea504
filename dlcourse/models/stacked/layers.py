"""Keras layers that hold many networks: weights, inputs and outputs have the axis ``networks`` in front."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from dlcourse.models.stacked.axis import Stacked


@keras.saving.register_keras_serializable("dlcourse")
class Dense(Stacked, layers.Layer):
    """A dense layer for each network: (networks, batch, inputs) to (networks, batch, units).

    Inputs (1, batch, inputs) are the same for all networks.

    Args:
        kernels: float (networks, inputs, units), the initial weights; biases, (networks, 1, units), start at 0.
        activation: a Keras activation or its name, or None.
        regularizer: of the kernels, a Keras regulariser or its name, or None.
    """

    def __init__(self, kernels, activation=None, regularizer=None, **options):
        super().__init__(**options)
        self.initial, self.activation = kernels, keras.activations.get(activation)
        self.regularizer = keras.regularizers.get(regularizer)

    def build(self, input_shape):
        networks, _, units = self.initial.shape
        self.kernel = self.add_weight(
            shape=self.initial.shape,
            initializer=lambda shape, dtype=None: self.initial,
            regularizer=self.regularizer,
            name="kernel",
        )
        self.bias = self.add_weight(shape=(networks, 1, units), initializer="zeros", name="bias")

    def call(self, x):
        return self.activation(tf.matmul(x, self.kernel) + self.bias)

    def compute_output_shape(self, input_shape):
        return (self.initial.shape[0], input_shape[1], self.initial.shape[-1])

    def alone(self, network):
        """One network's layer, (batch, inputs) to (batch, units): a keras.layers.Dense and its weights."""
        layer = layers.Dense(self.initial.shape[-1], self.activation, name=self.name)
        kernel, bias = self.get_weights()
        return layer, [kernel[network], bias[network, 0]]

    def get_config(self):
        return {
            **super().get_config(),
            "shape": list(self.initial.shape),
            "activation": keras.activations.serialize(self.activation),
            "regularizer": keras.regularizers.serialize(self.regularizer),
        }

    @classmethod
    def from_config(cls, config):
        return cls(np.zeros(config.pop("shape"), "float32"), **config)


@keras.saving.register_keras_serializable("dlcourse")
class Flatten(Stacked, layers.Layer):
    """Each example in one row: (networks, batch, ...) to (networks, batch, features)."""

    def alone(self, network):
        return layers.Flatten(name=self.name), []

    def call(self, x):
        return tf.reshape(x, (x.shape[0], -1, int(np.prod(x.shape[2:]))))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:2], int(np.prod(input_shape[2:])))
