"""Adam as a function against Keras' optimizer, and networks side by side against each alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse.training import optimizers

RANDOM = np.random.default_rng(0)
WEIGHTS = [RANDOM.standard_normal(shape).astype("float32") for shape in [(3, 4, 2), (3, 1, 2)]]
GRADIENTS = [[RANDOM.standard_normal(w.shape).astype("float32") for w in WEIGHTS] for _ in range(20)]


def trained(learning_rate, networks=slice(None), step=optimizers.step, **options):
    state = optimizers.begin([w[networks] for w in WEIGHTS])
    for gradients in GRADIENTS:
        state = step(state, [g[networks] for g in gradients], learning_rate, **options)
    return [w.numpy() for w in state.weights]


@pytest.mark.parametrize("epsilon", [1e-7, 1e-2])
@pytest.mark.parametrize("max_grad_norm", [None, 0.5])
def test_adam_is_keras(epsilon, max_grad_norm):
    variables = [keras.Variable(w[:1]) for w in WEIGHTS]
    optimizer = keras.optimizers.Adam(0.05, epsilon=epsilon, global_clipnorm=max_grad_norm)
    optimizer.build(variables)
    for gradients in GRADIENTS:
        optimizer.apply([tf.constant(g[:1]) for g in gradients], variables)
    alone = trained(0.05, slice(1), epsilon=epsilon, max_grad_norm=max_grad_norm)
    for ours, theirs in zip(alone, variables, strict=True):
        assert ours == pytest.approx(theirs.numpy(), abs=1e-5)


def test_each_network_has_its_own_numbers():
    numbers = {
        "learning_rate": np.array([0.0, 0.01, 0.1], "float32"),
        "max_grad_norm": np.array([1.0, np.inf, 0.3], "float32"),
        "epsilon": np.array([1e-7, 1e-7, 1e-2], "float32"),
    }
    together = trained(**numbers)
    assert np.array_equal(together[0][0], WEIGHTS[0][0])
    for network in range(3):
        own = {name: values[network] for name, values in numbers.items()}
        alone = trained(networks=slice(network, network + 1), **own)
        for ours, theirs in zip(together, alone, strict=True):
            assert ours[network] == pytest.approx(theirs[0], abs=1e-6)


@pytest.mark.parametrize("max_grad_norm", [0.5, np.inf])
def test_a_policys_step_has_its_epsilon_beside_the_corrected_moment(max_grad_norm):
    """By the paper's algorithm 1, in float64, with the norm of each network's whole gradient clipped."""
    gradients = [[1e-4 * g for g in both] for both in GRADIENTS]
    norms = [np.sqrt(sum((g**2).sum(axis=(1, 2), keepdims=True) for g in both)) for both in gradients]
    found = optimizers.begin(WEIGHTS)
    limit = np.float32(1e-4 * max_grad_norm)
    for both in gradients:
        found = optimizers.policy_step(found, both, 0.05, limit)
    for place, weights in enumerate(WEIGHTS):
        mean, square, expected = 0.0, 0.0, weights.astype("float64")
        for t, (both, norm) in enumerate(zip(gradients, norms, strict=True), start=1):
            gradient = both[place] * np.minimum(1, limit / norm)
            mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
            expected = expected - 0.05 * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-5)
        assert found.weights[place].numpy() == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize("optimizer", [keras.optimizers.Adam, keras.optimizers.SGD])
def test_a_rate_for_each_network_trains_it_as_alone_at_that_rate(optimizer):
    rates = [0.003, 0.03, 0.1]
    together = [keras.Variable(w) for w in WEIGHTS]
    optimize = optimizers.by_network(optimizer)(rates)
    optimize.build(together)
    for gradients in GRADIENTS:
        optimize.apply([tf.constant(g) for g in gradients], together)
    for network, rate in enumerate(rates):
        alone = [keras.Variable(w[network : network + 1]) for w in WEIGHTS]
        one = optimizer(rate)
        one.build(alone)
        for gradients in GRADIENTS:
            one.apply([tf.constant(g[network : network + 1]) for g in gradients], alone)
        for ours, theirs in zip(together, alone, strict=True):
            assert ours.numpy()[network] == pytest.approx(theirs.numpy()[0], abs=1e-6)


def test_a_network_that_has_diverged_stays_and_its_neighbours_go_on():
    both = [keras.Variable(np.ones((2, 3), "float32"))]
    optimize = optimizers.by_network(keras.optimizers.SGD)([0.5, 0.5])
    optimize.build(both)
    optimize.apply([tf.constant([[np.nan, np.inf, -np.inf], [1.0, 0.0, -1.0]])], both)
    np.testing.assert_allclose(both[0].numpy(), [[1, 1, 1], [0.5, 1, 1.5]])
