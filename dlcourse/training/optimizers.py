"""Optimizers for networks side by side, whose weights have the axis ``networks`` in front: each learns as if alone."""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

BETA_1, BETA_2 = 0.9, 0.999
"""β₁, β₂: how much of Adam's two moments stays after a step (Kingma & Ba 2015)."""

EPSILON = 1e-7
"""Keras' ε."""

POLICY_EPSILON = 1e-5
"""ε of policy-gradient agents, as in Huang et al. 2022, detail 3."""


def each(number, weight):
    """A number per network, (networks,), with axes of length 1 behind it, so that it broadcasts against a weight."""
    number = tf.convert_to_tensor(number)
    return tf.reshape(number, (-1, *[1] * (len(weight.shape) - 1))) if number.shape.rank else number


def norms(gradients):
    """The norm of each network's whole gradient, (networks,)."""
    squares = [tf.reduce_sum(tf.square(g), axis=list(range(1, len(g.shape)))) for g in gradients]
    return tf.sqrt(tf.add_n(squares))


class Adam(NamedTuple):
    """State of a training by Adam (Kingma & Ba 2015): weights w, moments m and v, lists of (networks, ...); steps t."""

    weights: list
    means: list
    squares: list
    count: object


def begin(weights):
    """Adam before its first step.

    Args:
        weights: list of float32 (networks, ...).
    """
    weights = [tf.convert_to_tensor(weight) for weight in weights]
    return Adam(
        weights, [tf.zeros_like(w) for w in weights], [tf.zeros_like(w) for w in weights], tf.constant(0.0)
    )


def step(state, gradients, learning_rate, *, max_grad_norm=None, epsilon=EPSILON):
    """One step of Adam for every network, in the form with which the paper's section 2 ends, as Keras has it.

    With g the gradient at step t, elementwise,

        m = β₁ m + (1 - β₁) g,    v = β₂ v + (1 - β₂) g²,    w = w - α √(1 - β₂ᵗ) / (1 - β₁ᵗ) · m / (√v + ε)

    Args:
        state: Adam.
        gradients: list of float32 (networks, ...), shaped as the weights.
        learning_rate: α, a number or (networks,); 0 leaves a network where it is.
        max_grad_norm: a number or (networks,), may be infinite: a network's longer gradients are scaled down to it.
        epsilon: ε, a number or (networks,).

    Returns:
        Adam, after the step.
    """
    if max_grad_norm is not None:
        shrink = tf.minimum(1.0, max_grad_norm / (norms(gradients) + 1e-8))
        gradients = [g * each(shrink, g) for g in gradients]
    count = state.count + 1.0
    means = [BETA_1 * m + (1 - BETA_1) * g for m, g in zip(state.means, gradients, strict=True)]
    squares = [BETA_2 * v + (1 - BETA_2) * g**2 for v, g in zip(state.squares, gradients, strict=True)]
    scale = learning_rate * tf.sqrt(1 - BETA_2**count) / (1 - BETA_1**count)
    moments = zip(state.weights, means, squares, strict=True)
    weights = [w - each(scale, w) * m / (tf.sqrt(v) + each(epsilon, w)) for w, m, v in moments]
    return Adam(weights, means, squares, count)


def policy_step(state, gradients, learning_rate, max_grad_norm):
    """``step`` as policy-gradient agents take it: their ε stands beside √(v / (1 - β₂ᵗ))."""
    epsilon = POLICY_EPSILON * tf.sqrt(1 - BETA_2 ** (state.count + 1.0))
    return step(state, gradients, learning_rate, max_grad_norm=max_grad_norm, epsilon=epsilon)


class ClippedSGD(keras.optimizers.SGD):
    """Gradient descent that scales each network's gradient down to a norm of at most ``max_grad_norm``.

    (Pascanu, Mikolov & Bengio 2013.) For the models of ``models.stacked``, in ``training.fit``. With one network it is
    ``keras.optimizers.SGD(learning_rate, global_clipnorm=max_grad_norm)``.

    Args:
        learning_rate: float.
        max_grad_norm: above 0, the largest gradient norm of a step; a number, or one per network.

    Raises:
        ValueError: where ``max_grad_norm`` is not above 0.
    """

    def __init__(self, learning_rate=0.01, max_grad_norm=1.0, **options):
        if not np.min(max_grad_norm) > 0:
            raise ValueError(
                f"ClippedSGD(max_grad_norm={max_grad_norm!r}): expected a norm above 0, such as 1.0."
            )
        super().__init__(learning_rate, **options)
        self.max_grad_norm = np.asarray(max_grad_norm, "float32")

    def apply(self, grads, trainable_variables=None):
        factors = tf.minimum(1.0, self.max_grad_norm / tf.maximum(norms(grads), 1e-12))
        super().apply([grad * each(factors, grad) for grad in grads], trainable_variables)

    def get_config(self):
        return {**super().get_config(), "max_grad_norm": self.max_grad_norm.tolist()}


LARGEST = 1e20
"""A gradient beyond it has exploded; ``by_network`` cuts it here, so that weights remain numbers."""


def by_network(optimizer):
    """A Keras optimizer whose learning rate is one number per network, the first axis of each variable.

    For networks side by side, whose rates differ: ``by_network(keras.optimizers.Adam)([1e-3, 4e-3])``. A network whose
    gradient is no longer finite stays as it is, and the others go on.

    Args:
        optimizer: a class, such as ``keras.optimizers.Adam``.

    Returns:
        A subclass, which takes the learning rates, (networks,), and then the optimizer's other options by name.
    """

    class ByNetwork(optimizer):
        def __init__(self, rates, **options):
            super().__init__(1.0, **options)
            self.rates = np.asarray(rates, "float32")

        def update_step(self, gradient, variable, learning_rate):
            alive = tf.math.is_finite(gradient)  # a weight of a network that has diverged stays as it is
            gradient = tf.clip_by_value(tf.where(alive, gradient, 0.0), -LARGEST, LARGEST)
            super().update_step(gradient, variable, each(self.rates, variable))

        def get_config(self):
            return {**super().get_config(), "rates": self.rates.tolist()}

    return ByNetwork
