"""What chapter 03 defines, against calculations by hand; and one recorded point of each of its studies, run again."""

import itertools

import chapter_code
import keras
import numpy as np
import pytest

from dlcourse import datasets, recording
from dlcourse.analysis import mean_field, signal_propagation
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


def test_error_is_counted_in_tolerances(chapter):
    assert chapter.error(Measured([-1.05, -0.9]), -1.0).values == pytest.approx((-1.0, 2.0))
    assert chapter.error(Measured([0.01]), 0.0).values == pytest.approx((1.0,))  # near 0: a hundredth a layer


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
    cures = chapter_code.study("ch03_cures")
    values = Measured(recording.load("ch03_cures")["residual, Adam 0.001"])
    again = Measured(
        cures.accuracies({"residual": True}, keras.optimizers.Adam(1e-3), datasets.load("digits"))
    )
    assert again.mean == pytest.approx(values.mean, abs=3 * values.half_width)
    nothing = cures.accuracies({"l2": 1e-3}, keras.optimizers.Adam(1e-3), datasets.load("digits"))
    assert np.mean(nothing) == pytest.approx(
        np.mean(recording.load("ch03_cures")["L2 1e-3, Adam 0.001"]), abs=0.02
    )
