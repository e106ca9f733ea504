"""Adam for parameters that are one array (copies, parameters), as plain functions inside a compiled update."""

import numpy as np
import tensorflow as tf

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
