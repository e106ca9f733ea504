"""Optimizers for networks side by side: gradient descent with clipped gradients, and Adam as a function."""

import keras
import numpy as np
import tensorflow as tf

BETA_1, BETA_2 = 0.9, 0.999
"""β₁, β₂: how much of Adam's two moments stays after a step (Kingma & Ba 2015)."""

POLICY_EPSILON = 1e-5
"""ε of policy-gradient agents, as in Huang et al. 2022, detail 3, instead of Adam's usual 1e-8."""


class ClippedSGD(keras.optimizers.SGD):
    """Gradient descent that scales each network's gradient down to a norm of at most ``max_grad_norm``.

    (Pascanu, Mikolov & Bengio 2013.) For ``models.DeepNetworks``, whose variables hold all networks: their axis is the
    third from the end. With one network it is ``keras.optimizers.SGD(learning_rate, global_clipnorm=max_grad_norm)``.

    Args:
        learning_rate: float.
        max_grad_norm: float above 0, the largest gradient norm of a step.

    Raises:
        ValueError: where ``max_grad_norm`` is not above 0.
    """

    def __init__(self, learning_rate=0.01, max_grad_norm=1.0, **options):
        if not max_grad_norm > 0:
            raise ValueError(
                f"ClippedSGD(max_grad_norm={max_grad_norm!r}): expected a norm above 0, such as 1.0."
            )
        super().__init__(learning_rate, **options)
        self.max_grad_norm = max_grad_norm

    def apply(self, grads, trainable_variables=None):
        squares = [tf.square(grad) for grad in grads]
        by_network = [
            tf.reduce_sum(s, axis=[a for a in range(len(s.shape)) if a != len(s.shape) - 3]) for s in squares
        ]
        norms = tf.sqrt(tf.add_n(by_network))
        factors = tf.minimum(1.0, self.max_grad_norm / tf.maximum(norms, 1e-12))
        factors = tf.reshape(factors, (-1, 1, 1))
        super().apply([grad * factors for grad in grads], trainable_variables)

    def get_config(self):
        return {**super().get_config(), "max_grad_norm": self.max_grad_norm}


def adam(weights, gradients, means, squares, step, learning_rate, *, epsilon=1e-7):
    """One step of Adam (Kingma & Ba 2015), in the form with which their section 2 ends, as Keras has it.

    With g the gradient at step t, elementwise,

        m = β₁ m + (1 - β₁) g,    v = β₂ v + (1 - β₂) g²,    w = w - α √(1 - β₂ᵗ) / (1 - β₁ᵗ) · m / (√v + ε)

    Args:
        weights, gradients, means, squares: lists of float tensors of equal shapes: w, g, m and v, the last two 0 before
            the first step.
        step: t, float tensor: the number of this step, from 1.
        learning_rate: α, a number, or a tensor with one entry per network that broadcasts against each weight.
        epsilon: ε, likewise; 1e-7 is Keras' default.

    Returns:
        (weights, means, squares) after the step: three lists.
    """
    means = [BETA_1 * m + (1 - BETA_1) * g for m, g in zip(means, gradients, strict=True)]
    squares = [BETA_2 * v + (1 - BETA_2) * g**2 for v, g in zip(squares, gradients, strict=True)]
    scale = learning_rate * tf.sqrt(1 - BETA_2**step) / (1 - BETA_1**step)
    moments = zip(weights, means, squares, strict=True)
    weights = [w - scale * m / (tf.sqrt(v) + epsilon) for w, m, v in moments]
    return weights, means, squares


def begin(theta):
    """θ with Adam's two moments and its number of steps: the state that ``step`` takes and returns."""
    theta = np.asarray(theta, "float32")
    return theta, np.zeros_like(theta), np.zeros_like(theta), np.float32(0)


def step(state, gradient, learning_rate, max_grad_norm):
    """One step of Adam for every network, after its gradient was scaled down to a norm of at most ``max_grad_norm``.

    Args:
        state: from ``begin``, or tensors.
        gradient: float (networks, parameters).
        learning_rate: (networks, 1) or a number; 0 leaves a network where it is.
        max_grad_norm: (networks, 1) or a number; may be infinite.

    Returns:
        the state after the step.
    """
    theta, mean, square, count = state
    norm = tf.sqrt(tf.reduce_sum(gradient**2, axis=1, keepdims=True))
    gradient = gradient * tf.minimum(1.0, max_grad_norm / (norm + 1e-8))
    count = count + 1.0
    # Those agents' ε stands beside √(v / (1 - β₂ᵗ)).
    epsilon = POLICY_EPSILON * tf.sqrt(1 - BETA_2**count)
    (theta,), (mean,), (square,) = adam(
        [theta], [gradient], [mean], [square], count, learning_rate, epsilon=epsilon
    )
    return theta, mean, square, count
