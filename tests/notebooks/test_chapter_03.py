"""What chapter 03 defines, against calculations by hand; and one recorded point of each of its studies, run again."""

import itertools

import chapter_code
import numpy as np
import pytest
from scipy import integrate

from dlcourse import datasets, recording
from dlcourse.analysis import mean_field, signal_propagation
from dlcourse.experiments import deep_network_cures
from dlcourse.measured import Measured


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("03")


@pytest.mark.parametrize("widths", [(5, 10), (4, 3, 10), (6, 5, 4, 3, 10)])
def test_gradients_by_hand_equal_finite_differences(chapter, widths):
    rng = np.random.default_rng(len(widths))
    kernels = [rng.standard_normal(shape) for shape in itertools.pairwise(widths)]
    x, labels = rng.standard_normal((7, widths[0])), rng.integers(0, 10, 7)

    def loss(kernels):
        h = x @ kernels[0]
        for kernel in kernels[1:]:
            h = 1 / (1 + np.exp(-h)) @ kernel
        return np.mean(np.log(np.exp(h).sum(axis=1)) - h[np.arange(7), labels])

    found = chapter.kernel_gradients(kernels, x, labels)
    for number, kernel in enumerate(kernels):
        numeric = np.zeros_like(kernel)
        for position in np.ndindex(kernel.shape):
            for sign in (1, -1):
                moved = [k.copy() for k in kernels]
                moved[number][position] += sign * 1e-6
                numeric[position] += sign * loss(moved) / 2e-6
        assert found[number] == pytest.approx(numeric, abs=1e-8)


@pytest.mark.parametrize(("variance", "q"), [(1.0, 0.3), (4.0, 2.5)])
def test_log_chi_equals_an_adaptive_integral(chapter, variance, q):
    def integrand(z):
        return (1 - np.tanh(np.sqrt(q) * z) ** 2) ** 2 * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)

    expected = np.log(variance * integrate.quad(integrand, -12, 12)[0]) / 2
    assert chapter.log_chi("tanh", q, variance) == pytest.approx(expected, abs=1e-8)
    assert chapter.log_chi("relu", q, variance) == pytest.approx(np.log(variance / 2) / 2, abs=1e-8)


@pytest.mark.parametrize("depth", [2, 5])
def test_a_gradient_travels_back_through_the_product_of_jacobians(chapter, depth):
    rng = np.random.default_rng(depth)
    kernels = rng.standard_normal((depth, 64, 64)) / 8
    slopes = rng.uniform(0.1, 1, (depth, 64))
    run = signal_propagation.Jacobians(kernels * slopes[:, None, :], slopes)
    gradient = np.random.default_rng(0).standard_normal(64)
    for derivatives, known in ((slopes, True), (np.ones_like(slopes), False)):
        product = np.eye(64)
        for kernel, derivative in zip(kernels, derivatives, strict=True):
            product = kernel @ np.diag(derivative) @ product
        expected = np.log10(np.linalg.norm(product.T @ gradient) / np.linalg.norm(gradient))
        assert chapter.travelled(run, slopes=known) == pytest.approx(expected)


def test_the_best_rate_is_that_of_the_highest_mean(chapter):
    recorded = {
        "a, Adam, 0.1": [0.2, 0.4],
        "a, Adam, 0.01": [0.5, 0.3],
        "a, SGD, 1": [0.9],
        "b, Adam, 2": [1.0],
    }
    assert chapter.accuracy_at(recorded, "a, Adam") == pytest.approx({0.01: 0.4, 0.1: 0.3})
    assert chapter.best_rate(recorded, "a, Adam") == 0.01


def test_a_recorded_rate_comes_out_again():
    rates = chapter_code.study("ch03_rates")
    values = recording.load("ch03_rates")["tanh 4, width 256"]
    images = datasets.load("digits").train.take(rates.EXAMPLES).x.reshape(rates.EXAMPLES, 64) - 0.5
    q = mean_field.fixed_point("tanh", 4.0)
    images = images * np.sqrt(q / 4.0 / np.mean(images**2, axis=1, keepdims=True))
    again = [
        signal_propagation.random_signals(
            images, depth=rates.DEPTH, width=256, activation="tanh", weight_variances=[4.0], seed=1_000 + seed
        ).log_rate(rates.FIRST, rates.DEPTH)[0]
        for seed in range(20)
    ]
    recorded = Measured(values)
    half_width = np.hypot(recorded.half_width, Measured(again).half_width)
    assert Measured(again).mean == pytest.approx(recorded.mean, abs=1.5 * half_width)


def test_a_recorded_training_comes_out_again():
    cures, digits = chapter_code.study("ch03_cures"), datasets.load("digits")
    for study, options, rate in (
        ("residual, Adam", {"residual": True}, 2.0**-7),
        ("L2 1e-03, Adam", {"l2": 1e-3}, 2.0**-10),
    ):
        recorded = Measured(recording.load("ch03_cures")[cures.key(study, rate)])
        [again] = deep_network_cures.accuracy_by_rate(
            options, [rate], cures.SEEDS, digits.train, digits.validation
        )
        assert np.mean(again) == pytest.approx(recorded.mean, abs=max(3 * recorded.half_width, 0.02))
