"""A convolution without weight sharing: each receptive field has filters of its own. Keras 3 has no such layer."""

import keras
import tensorflow as tf

from dlcourse import checks


@keras.saving.register_keras_serializable("dlcourse")
class LocalConvolution2D(keras.layers.Layer):
    """Filters over local fields, not shared: each place of the image has its own.

    Maps float (batch, height, width, channels) to (batch, ceil(height / stride), ceil(width / stride), filters), zeros
    around it ("same" padding as TensorFlow has it). Patches P (batch, places, fields) of kernel · kernel · channels
    inputs meet weights W (places, fields, filters):

        out[b, p, f] = activation(Σ_k P[b, p, k] W[p, k, f] + bias[p, f])

    They start at variance 2 / fields (He et al. 2015). Where W is the same at all places, this is a convolution.

    Args:
        filters: channels of the output.
        kernel, stride: side of the fields, and steps between them; whole numbers.
        activation: a Keras activation or its name, or None.
        seed: of the initial weights.

    Raises:
        ValueError: where ``filters``, ``kernel`` or ``stride`` is not a whole number of 1 or more.
    """

    def __init__(self, filters, kernel=3, stride=1, activation="relu", seed=None, **options):
        super().__init__(**options)
        checks.whole_number("LocalConvolution2D(filters)", filters)
        checks.whole_number("LocalConvolution2D(kernel)", kernel)
        checks.whole_number("LocalConvolution2D(stride)", stride)
        self.filters, self.side, self.stride = filters, kernel, stride
        self.activation, self.seed = keras.activations.get(activation), seed

    def build(self, input_shape):
        _, height, width, channels = input_shape
        rows, columns = -(-height // self.stride), -(-width // self.stride)
        places, fields = rows * columns, self.side**2 * channels
        initializer = keras.initializers.RandomNormal(stddev=(2 / fields) ** 0.5, seed=self.seed)
        self.kernel = self.add_weight(
            shape=(places, fields, self.filters), initializer=initializer, name="kernel"
        )
        self.bias = self.add_weight(shape=(places, self.filters), initializer="zeros", name="bias")

    def patches(self, x):
        """The local fields of x, row by row: (batch, places, kernel · kernel · channels).

        A convolution picks them: each of its kernels is 1 at one input and 0 at all others.
        """
        fields = self.side**2 * x.shape[-1]
        pick = tf.reshape(tf.eye(fields, dtype=x.dtype), (self.side, self.side, x.shape[-1], fields))
        return tf.reshape(tf.nn.conv2d(x, pick, self.stride, "SAME"), (-1, self.kernel.shape[0], fields))

    def call(self, x):
        _, height, width, _ = x.shape
        patches = tf.transpose(self.patches(x), [1, 0, 2])  # (places, batch, fields)
        found = tf.transpose(tf.matmul(patches, self.kernel), [1, 0, 2])
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
            "activation": keras.activations.serialize(self.activation),
            "seed": self.seed,
        }
