"""A convolution without weight sharing: local fields, each with filters of its own. Keras 3 has no such layer."""

import itertools

import keras
import tensorflow as tf

from dlcourse.models.building import check_positive


@keras.saving.register_keras_serializable("dlcourse")
class LocalConvolution2D(keras.layers.Layer):
    """Filters over local fields, shared by all places of the image or not.

    Maps float (batch, height, width, channels) to (batch, ceil(height / stride), ceil(width / stride), filters), zeros
    around it ("same" padding as TensorFlow has it). Patches P (batch, places, fields) of kernel · kernel · channels
    inputs meet weights W (places, fields, filters), or (1, fields, filters) where they are shared:

        out[b, p, f] = activation(Σ_k P[b, p, k] W[p, k, f] + bias[p, f])

    Both start alike: at variance 2 / fields (He et al. 2015), so that sharing is all that differs.

    Args:
        filters: channels of the output.
        kernel, stride: side of the fields, and steps between them; whole numbers.
        shared: True: the weights of all places are the same, which makes it a convolution.
        activation: a Keras activation or its name, or None.
        seed: of the initial weights.
    """

    def __init__(self, filters, kernel=3, stride=1, shared=False, activation="relu", seed=None, **options):
        super().__init__(**options)
        check_positive("LocalConvolution2D", filters=filters, kernel=kernel, stride=stride)
        self.filters, self.side, self.stride, self.shared = filters, kernel, stride, shared
        self.activation, self.seed = keras.activations.get(activation), seed

    def build(self, input_shape):
        _, height, width, channels = input_shape
        rows, columns = -(-height // self.stride), -(-width // self.stride)
        places, fields = 1 if self.shared else rows * columns, self.side**2 * channels
        initializer = keras.initializers.RandomNormal(stddev=(2 / fields) ** 0.5, seed=self.seed)
        self.kernel = self.add_weight(
            shape=(places, fields, self.filters), initializer=initializer, name="kernel"
        )
        self.bias = self.add_weight(shape=(places, self.filters), initializer="zeros", name="bias")

    def patches(self, x):
        """The local fields of x, row by row: (batch, places, kernel · kernel · channels)."""
        _, height, width, channels = x.shape
        rows, columns = -(-height // self.stride), -(-width // self.stride)
        pad = [
            max((n - 1) * self.stride + self.side - size, 0) for n, size in ((rows, height), (columns, width))
        ]
        x = tf.pad(x, [(0, 0), *((total // 2, total - total // 2) for total in pad), (0, 0)])
        pieces = [
            x[
                :,
                row : row + (rows - 1) * self.stride + 1 : self.stride,
                column : column + (columns - 1) * self.stride + 1 : self.stride,
            ]
            for row, column in itertools.product(range(self.side), repeat=2)
        ]
        return tf.reshape(tf.stack(pieces, axis=3), (-1, rows * columns, self.side**2 * channels))

    def call(self, x):
        _, height, width, _ = x.shape
        patches = self.patches(x)
        if self.shared:
            found = tf.tensordot(patches, self.kernel[0], 1)
        else:
            found = tf.transpose(tf.matmul(tf.transpose(patches, [1, 0, 2]), self.kernel), [1, 0, 2])
        rows, columns = -(-height // self.stride), -(-width // self.stride)
        return tf.reshape(self.activation(found + self.bias), (-1, rows, columns, self.filters))

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        return (batch, -(-height // self.stride), -(-width // self.stride), self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel": self.side,
            "stride": self.stride,
            "shared": self.shared,
            "activation": keras.activations.serialize(self.activation),
            "seed": self.seed,
        }
