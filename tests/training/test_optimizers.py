"""Adam as a function against Keras' optimizer, and networks side by side against each alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse.training import optimizers

RANDOM = np.random.default_rng(0)
WEIGHTS = [RANDOM.standard_normal(shape).astype("float32") for shape in [(3, 4, 2), (3, 1, 2)]]
GRADIENTS = [[RANDOM.standard_normal(w.shape).astype("float32") for w in WEIGHTS] for _ in range(20)]


def trained(learning_rate, epsilon=1e-7, networks=slice(None)):
    weights = [tf.constant(w[networks]) for w in WEIGHTS]
    means = squares = [tf.zeros_like(w) for w in weights]
    for index, gradients in enumerate(GRADIENTS):
        weights, means, squares = optimizers.adam(
            weights,
            [g[networks] for g in gradients],
            means,
            squares,
            tf.constant(index + 1.0),
            learning_rate,
            epsilon=epsilon,
        )
    return [w.numpy() for w in weights]


@pytest.mark.parametrize("epsilon", [1e-7, 1e-2])
def test_adam_is_keras(epsilon):
    variables = [keras.Variable(w) for w in WEIGHTS]
    optimizer = keras.optimizers.Adam(0.05, epsilon=epsilon)
    optimizer.build(variables)
    for gradients in GRADIENTS:
        optimizer.apply([tf.constant(g) for g in gradients], variables)
    for ours, theirs in zip(trained(0.05, epsilon), variables, strict=True):
        assert ours == pytest.approx(theirs.numpy(), abs=1e-5)


def test_each_network_has_its_own_learning_rate():
    rates = np.array([0.0, 0.01, 0.1], "float32")
    together = trained(rates[:, None, None])
    assert np.array_equal(together[0][0], WEIGHTS[0][0])
    for network, rate in enumerate(rates):
        alone = trained(rate, networks=slice(network, network + 1))
        for ours, theirs in zip(together, alone, strict=True):
            assert ours[network] == pytest.approx(theirs[0], abs=1e-6)


@pytest.mark.parametrize("max_grad_norm", [0.5, np.inf])
def test_a_step_on_one_array_is_adam_with_the_norm_of_each_row_clipped(max_grad_norm):
    theta, gradients = WEIGHTS[0].reshape(3, -1), [g[0].reshape(3, -1) for g in GRADIENTS]
    state = optimizers.begin(theta)
    mean, square, expected = np.zeros_like(theta), np.zeros_like(theta), theta.astype("float64")
    for t, gradient in enumerate(gradients, start=1):
        state = optimizers.step(state, gradient, 0.05, max_grad_norm)
        norm = np.linalg.norm(gradient, axis=1, keepdims=True)
        gradient = gradient * np.minimum(1, max_grad_norm / norm)
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        expected -= 0.05 * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-5)
    assert np.asarray(state[0]) == pytest.approx(expected, abs=1e-5)
