"""Optimizers for networks side by side: gradient descent with clipped gradients, Adam on one array."""

import keras
import numpy as np
import tensorflow as tf


class ClippedSGD(keras.optimizers.SGD):
    """Gradient descent that shortens each network's gradient to a norm of at most ``limit`` (Pascanu et al. 2013).

    For ``models.DeepNetworks``, whose variables hold all networks: their axis is the third from the end. With one
    network it is ``keras.optimizers.SGD(learning_rate, global_clipnorm=limit)``.

    Args:
        learning_rate: float.
        limit: the longest step's gradient norm, above 0.
    """

    def __init__(self, learning_rate=0.01, limit=1.0, name="clipped_sgd", **options):
        if not limit > 0:
            raise ValueError(f"ClippedSGD(limit={limit!r}): expected a norm above 0, such as 1.0.")
        super().__init__(learning_rate, name=name, **options)
        self.limit = limit

    def apply(self, grads, trainable_variables=None):
        squares = [tf.square(grad) for grad in grads]
        by_network = [
            tf.reduce_sum(s, axis=[a for a in range(len(s.shape)) if a != len(s.shape) - 3]) for s in squares
        ]
        norms = tf.sqrt(tf.add_n(by_network))
        factors = tf.reshape(tf.minimum(1.0, self.limit / tf.maximum(norms, 1e-12)), (-1, 1, 1))
        super().apply([grad * factors for grad in grads], trainable_variables)

    def get_config(self):
        return {**super().get_config(), "limit": self.limit}


FIRST, SECOND, EPSILON = 0.9, 0.999, 1e-5
"""β₁, β₂ of Kingma & Ba 2015; ε as in Huang et al. 2022, detail 3, instead of Adam's usual 1e-8."""


def begin(theta):
    """θ with Adam's two moments and its number of steps: the state that an update takes and returns."""
    theta = np.asarray(theta, "float32")
    return theta, np.zeros_like(theta), np.zeros_like(theta), np.float32(0)


def step(state, gradient, rate, limit):
    """One step of every copy; its gradient is shortened to the norm ``limit`` first.

    Args:
        state: from ``begin``, or tensors.
        gradient: (copies, parameters).
        rate: learning rate, (copies, 1) or a number; 0 leaves a copy where it is.
        limit: longest gradient, (copies, 1) or a number; may be infinite.
    """
    theta, mean, square, count = state
    norm = tf.sqrt(tf.reduce_sum(gradient**2, axis=1, keepdims=True))
    gradient = gradient * tf.minimum(1.0, limit / (norm + 1e-8))
    count = count + 1.0
    mean = FIRST * mean + (1 - FIRST) * gradient
    square = SECOND * square + (1 - SECOND) * gradient**2
    direction = (mean / (1 - FIRST**count)) / (tf.sqrt(square / (1 - SECOND**count)) + EPSILON)
    return theta - rate * direction, mean, square, count
