"""Networks of several learning rates side by side learn as each would alone."""

import keras
import numpy as np
import pytest

from dlcourse import datasets, models, training
from dlcourse.experiments import deep_network_cures as cures

SMALL = {"depth": 3, "width": 8, "activation": "relu"}
SEEDS = (5, 6)


@pytest.fixture(scope="module")
def digits():
    return datasets.load("digits")


def alone(optimizer, digits, **options):
    """Accuracy of two networks trained with one of Keras' own optimizers."""
    networks = models.DeepNetworks((8, 8, 1), 10, seeds=SEEDS, **{**SMALL, **options})
    train = digits.train.take(cures.TRAINING_EXAMPLES)
    training.fit(
        networks, networks.objective, train, epochs=2, batch_size=cures.BATCH_SIZE, optimizer=optimizer
    )
    logits = training.predict(networks, digits.validation.x)
    return (logits.argmax(axis=-1) == digits.validation.y[:, None]).mean(axis=0)


def together(rates, digits, **settings):
    return cures.accuracy_by_rate(SMALL, rates, SEEDS, digits.train, digits.validation, epochs=2, **settings)


def test_each_rate_learns_as_by_keras_adam_of_that_rate(digits):
    expected = [alone(keras.optimizers.Adam(rate), digits) for rate in (1e-3, 1e-2)]
    np.testing.assert_allclose(together([1e-3, 1e-2], digits), expected, atol=0.015)  # sums in another order


def test_momentum_is_passed_on(digits):
    found = together([0.05], digits, optimizer="SGD", momentum=0.9)
    expected = [alone(keras.optimizers.SGD(0.05, momentum=0.9), digits)]
    np.testing.assert_allclose(found, expected, atol=0.015)


def test_a_network_that_diverges_counts_as_guessing_and_leaves_its_neighbours_alone(digits):
    good, lost = together([0.1, 1e6], digits, optimizer="SGD")
    np.testing.assert_allclose(good, alone(keras.optimizers.SGD(0.1), digits), atol=0.015)
    assert np.all(lost < 0.2)


def test_options_may_differ_between_rates(digits):
    def trained(options, rates):
        return cures.accuracy_by_rate(
            {**SMALL, **options}, rates, SEEDS, digits.train, digits.validation, epochs=2
        )

    found = trained({"l2": [0.0, 0.1], "weight_variance": [2.0, 1.0]}, [0.01, 0.003])
    expected = [
        trained({"l2": 0.0, "weight_variance": 2.0}, [0.01])[0],
        trained({"l2": 0.1, "weight_variance": 1.0}, [0.003])[0],
    ]
    np.testing.assert_allclose(found, expected, atol=0.015)


def test_the_largest_norm_may_differ_between_rates(digits):
    found = together([0.2, 0.2], digits, optimizer="clipped SGD", max_grad_norm=[np.inf, 0.01])
    plain = together([0.2], digits, optimizer="SGD")
    clipped = together([0.2], digits, optimizer="clipped SGD", max_grad_norm=0.01)
    np.testing.assert_allclose(found, [plain[0], clipped[0]], atol=0.015)
    assert found[0].mean() > found[1].mean() + 0.1
