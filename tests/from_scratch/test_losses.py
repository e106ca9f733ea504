"""Losses against SciPy's distributions, Keras' losses, and finite differences."""

import keras
import numpy as np
import pytest
from scipy import optimize, special, stats

from dlcourse.from_scratch import losses

SINGLE = [
    losses.squared_error,
    losses.absolute_error,
    losses.huber(0.7),
    losses.cross_entropy,
    losses.poisson,
]


def examples(loss, count, seed=0):
    """Predictions and targets that make sense for the loss."""
    rng = np.random.default_rng(seed)
    if loss.name == "cross-entropy":
        return rng.uniform(0.01, 0.99, count), rng.integers(0, 2, count).astype(float)
    if loss.name == "Poisson":
        return rng.uniform(0.1, 9, count), rng.poisson(3, count).astype(float)
    return rng.normal(0, 3, count), rng.normal(0, 3, count)


@pytest.mark.parametrize("loss", SINGLE, ids=lambda loss: loss.name)
@pytest.mark.parametrize("count", [1, 7, 300])
def test_slope_is_the_derivative_by_the_prediction(loss, count):
    prediction, target = examples(loss, count, seed=count)
    step = 1e-6
    numeric = (loss(prediction + step, target) - loss(prediction - step, target)) / (2 * step)
    np.testing.assert_allclose(loss.slope(prediction, target), numeric, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        (losses.squared_error, "mean_squared_error"),
        (losses.absolute_error, "mean_absolute_error"),
        (losses.huber(1.0), "huber"),
        (losses.cross_entropy, "binary_crossentropy"),
        (losses.poisson, "poisson"),
    ],
)
def test_loss_is_keras(loss, name):
    prediction, target = examples(loss, 50)
    theirs = getattr(keras.losses, name)(target[:, None], prediction[:, None])
    np.testing.assert_allclose(
        loss(prediction, target), keras.ops.convert_to_numpy(theirs), rtol=1e-5, atol=1e-5
    )


def test_huber_of_another_width_is_keras():
    prediction, target = examples(losses.squared_error, 50)
    theirs = keras.losses.Huber(delta=0.3, reduction=None)(target[:, None], prediction[:, None])
    np.testing.assert_allclose(
        losses.huber(0.3)(prediction, target), keras.ops.convert_to_numpy(theirs), rtol=1e-5
    )


def test_likelihoods_are_those_of_scipy():
    rng = np.random.default_rng(1)
    mean, target, scale = rng.normal(size=9), rng.normal(size=9), rng.uniform(0.01, 2, 9)
    normal, laplace = stats.norm(mean, scale), stats.laplace(mean, scale)
    np.testing.assert_allclose(losses.gaussian(mean, target, scale), -normal.logpdf(target), rtol=1e-12)
    np.testing.assert_allclose(losses.laplace(mean, target, scale), -laplace.logpdf(target), rtol=1e-12)
    rate, count = rng.uniform(0.1, 20, 9), rng.poisson(5, 9)
    np.testing.assert_allclose(losses.counts(rate, count), -stats.poisson.logpmf(count, rate), rtol=1e-12)
    share, answer = rng.uniform(0.01, 0.99, 9), rng.integers(0, 2, 9)
    np.testing.assert_allclose(
        losses.cross_entropy(share, answer), -stats.bernoulli.logpmf(answer, share), rtol=1e-12
    )


@pytest.mark.parametrize(("count", "classes"), [(1, 2), (5, 10), (40, 3)])
def test_categorical_is_the_logarithm_of_softmax(count, classes):
    rng = np.random.default_rng(count)
    logits, labels = 50 * rng.normal(size=(count, classes)), rng.integers(0, classes, count)
    expected = [-special.log_softmax(row)[label] for row, label in zip(logits, labels, strict=True)]
    np.testing.assert_allclose(losses.categorical(logits, labels), expected, rtol=1e-12, atol=1e-12)


def test_each_loss_is_smallest_at_its_statistic():
    data = np.array([1.0, 2, 3, 5, 20])

    def best(loss):
        return optimize.minimize_scalar(
            lambda c: loss(np.array(c), data).mean(), bounds=(0.1, 20), method="bounded"
        ).x

    assert best(losses.squared_error) == pytest.approx(data.mean(), abs=1e-4)
    assert best(losses.absolute_error) == pytest.approx(np.median(data), abs=1e-4)
    assert best(losses.poisson) == pytest.approx(data.mean(), abs=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.poisson([1.0], [-1.0]), "expected counts"),
        (lambda: losses.poisson([0.0], [1.0]), "rates above 0"),
        (lambda: losses.cross_entropy([1.0], [1.0]), "between 0 and 1"),
        (lambda: losses.cross_entropy([0.5], [2.0]), "0 or 1"),
        (lambda: losses.squared_error([np.nan], [1.0]), "not finite"),
        (
            lambda: losses.squared_error([1j], [1.0]),
            "prediction is list, dtype complex128.*expected real numbers",
        ),
        (lambda: losses.squared_error([1.0], ["a"]), "target is list, dtype <U1.*expected real numbers"),
        (lambda: losses.squared_error([[1.0], [1.0, 2.0]], [1.0]), "expected real numbers"),
        (lambda: losses.squared_error(np.zeros((4, 1)), np.zeros(4)), "Reshape"),
        (lambda: losses.squared_error(np.zeros(3), np.zeros(4)), "not one to one"),
        (lambda: losses.huber(0), "above 0"),
        (lambda: losses.gaussian([0.0], [0.0], sigma=0.0), "logarithm"),
        (lambda: losses.categorical(np.zeros((3, 2)), np.zeros(3)), "whole-number labels"),
        (lambda: losses.categorical(np.zeros((3, 2)), np.array([0, 1, 2])), "expected 0 to 1"),
        (lambda: losses.categorical(np.zeros((3, 2)), np.zeros((3, 2), int)), "argmax"),
    ],
)
def test_bad_input_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
