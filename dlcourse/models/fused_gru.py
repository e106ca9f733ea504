"""A GRU whose backward pass is written out: the same function and gradient as Keras', in less time on a processor.

Automatic differentiation of Keras' loop adds up the recurrent matrix's gradient step by step, one small product of
matrices each. Here the loop keeps what each step needs, and the matrix's gradient is one large product at the end.
"""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable("dlcourse")
class FusedGRU(layers.GRU):
    """``keras.layers.GRU`` in the form with ``reset_after``, for training: the same weights, outputs and gradients.

    Maps float32 (batch, steps, features) to all states, (batch, steps, units), and with ``return_state`` also to the
    last one. It takes no mask and no recurrent dropout.

    Raises:
        ValueError: where an option is asked for that it hasn't.
    """

    def __init__(self, units, *, return_state=False, **options):
        unknown = set(options) - {"name", "dtype", "trainable", "return_sequences"}
        if unknown or not options.get("return_sequences", True):
            raise ValueError(
                f"FusedGRU({', '.join(sorted(unknown)) or 'return_sequences=False'}): it returns all states, and takes "
                "units and return_state; for more use keras.layers.GRU."
            )
        super().__init__(units, return_state=return_state, **{**options, "return_sequences": True})

    def call(self, sequences, initial_state=None, mask=None, training=False):
        if mask is not None:
            raise ValueError("FusedGRU got a mask; for that use keras.layers.GRU.")
        x = tf.transpose(sequences, (1, 0, 2))
        steps, batch = tf.unstack(tf.shape(x)[:2])
        bias = tf.convert_to_tensor(self.cell.bias)
        given = tf.reshape(x, (-1, x.shape[-1])) @ tf.convert_to_tensor(self.cell.kernel) + bias[0]
        given_state = [state for state in tf.nest.flatten(initial_state) if state is not None]
        state = given_state or [tf.zeros((batch, self.units))]
        states = _recurrence(
            tf.reshape(given, (steps, batch, 3 * self.units)),
            state[0],
            tf.convert_to_tensor(self.cell.recurrent_kernel),
            bias[1],
        )
        found = tf.transpose(states, (1, 0, 2))
        return (found, states[-1]) if self.return_state else found

    def get_config(self):
        config = super().get_config()
        return {key: config[key] for key in ("name", "dtype", "trainable", "units", "return_state")}


@tf.custom_gradient
def _recurrence(given, first, kernel, bias):
    """States (steps, batch, units) from inputs (steps, batch, 3 units), a first state, U (units, 3 units) and its bias.

    z, r = sigmoid(given + h U + b) in two thirds, n = tanh(given + r (h U + b)) in the last, h' = n + z (h - n).
    """
    steps, units = tf.shape(given)[0], kernel.shape[0]

    def step(t, h, *kept):
        x, product = inputs.read(t), h @ kernel + bias
        gates = tf.sigmoid(x[:, : 2 * units] + product[:, : 2 * units])
        z, r, m = gates[:, :units], gates[:, units:], product[:, 2 * units :]
        n = tf.tanh(x[:, 2 * units :] + r * m)
        return t + 1, n + z * (h - n), *_written(kept, t, (h, z, r, m, n))

    def gradient(upstream):
        read = [_unstacked(one) for one in (h, z, r, m, n, upstream)]

        def step(t, dh, *kept):
            h, z, r, m, n, above = (one.read(t) for one in read)
            dh = dh + above
            dn = dh * (1 - z) * (1 - n * n)
            dz, dr = dh * (h - n) * z * (1 - z), dn * m * r * (1 - r)
            product = tf.concat([dz, dr, dn * r], axis=1)
            dh = dh * z + tf.matmul(product, kernel, transpose_b=True)
            return t - 1, dh, *_written(kept, t, (product, dn))

        _, dh, *kept = tf.while_loop(
            lambda t, *_: t >= 0, step, (steps - 1, tf.zeros_like(first), *_empty(steps, 3 * units, units))
        )
        product, dn = (one.stack() for one in kept)
        flat = tf.reshape(product, (-1, 3 * units))
        of_kernel = tf.matmul(tf.reshape(h, (-1, units)), flat, transpose_a=True)
        return tf.concat([product[:, :, : 2 * units], dn], axis=2), dh, of_kernel, tf.reduce_sum(flat, axis=0)

    inputs = _unstacked(given)
    _, last, *kept = tf.while_loop(lambda t, *_: t < steps, step, (0, first, *_empty(steps, *[units] * 5)))
    h, z, r, m, n = (one.stack() for one in kept)
    return tf.concat([h[1:], last[None]], axis=0), gradient


def _empty(steps, *widths):
    return [tf.TensorArray(tf.float32, steps, element_shape=(None, width)) for width in widths]


def _written(arrays, t, values):
    return [array.write(t, value) for array, value in zip(arrays, values, strict=True)]


def _unstacked(values):
    return tf.TensorArray(tf.float32, tf.shape(values)[0], element_shape=(None, values.shape[-1])).unstack(
        values
    )
