"""Calibration against loops by hand, scikit-learn, and models whose calibration is known."""

import numpy as np
import pytest
from scipy import special
from sklearn import calibration as sklearn_calibration

from dlcourse.metrics import calibration


def predictions(count, classes, seed=0):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(count, classes)) * 2
    return logits, special.softmax(logits, axis=1), rng


def error_by_hand(probabilities, labels, bins):
    total = 0.0
    for index in range(bins):
        inside = [
            (row.max(), row.argmax() == label)
            for row, label in zip(probabilities, labels, strict=True)
            if index / bins < row.max() <= (index + 1) / bins
        ]
        if inside:
            sure, right = np.mean(inside, axis=0)
            total += len(inside) / len(labels) * abs(sure - right)
    return total


@pytest.mark.parametrize(("count", "classes", "bins"), [(1, 2, 1), (50, 3, 5), (400, 10, 15), (400, 2, 40)])
def test_expected_calibration_error_is_that_of_a_loop(count, classes, bins):
    _, probabilities, rng = predictions(count, classes)
    labels = rng.integers(0, classes, count)
    found = calibration.expected_calibration_error(probabilities, labels, bins)
    assert found == pytest.approx(error_by_hand(probabilities, labels, bins), abs=1e-12)


def test_reliability_of_two_classes_is_sklearns_curve():
    _, probabilities, rng = predictions(500, 2)
    labels = rng.integers(0, 2, 500)
    found = calibration.reliability(probabilities, labels, 10)
    correct = probabilities.argmax(axis=1) == labels
    accuracy, confidence = sklearn_calibration.calibration_curve(
        correct, probabilities.max(axis=1), n_bins=10
    )
    filled = found.counts > 0
    np.testing.assert_allclose(found.accuracy[filled], accuracy)
    np.testing.assert_allclose(found.confidence[filled], confidence)
    assert found.counts.sum() == 500


def test_labels_drawn_from_the_predictions_are_calibrated():
    _, probabilities, rng = predictions(40_000, 5)
    labels = (probabilities.cumsum(axis=1) < rng.random((len(probabilities), 1))).sum(axis=1)
    assert calibration.expected_calibration_error(probabilities, labels) < 0.01
    assert calibration.fit_temperature(np.log(probabilities), labels) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("temperature", [0.2, 1.0, 3.7])
def test_the_temperature_that_spoilt_the_logits_is_found(temperature):
    logits, probabilities, rng = predictions(40_000, 4)
    labels = (probabilities.cumsum(axis=1) < rng.random((len(probabilities), 1))).sum(axis=1)
    assert calibration.fit_temperature(temperature * logits, labels) == pytest.approx(temperature, rel=0.03)


def test_temperature_is_the_best_of_a_grid():
    logits, _, rng = predictions(300, 4)
    labels = np.where(rng.random(300) < 0.7, logits.argmax(axis=1), rng.integers(0, 4, 300))
    grid = np.exp(np.linspace(-3, 3, 20_001))
    rows = np.arange(300)
    nats = [-np.mean(special.log_softmax(logits / t, axis=1)[rows, labels]) for t in grid[::20]]
    assert calibration.fit_temperature(logits, labels) == pytest.approx(grid[::20][np.argmin(nats)], rel=0.01)


def test_temperature_moves_no_decision():
    logits, _, _ = predictions(100, 7)
    for temperature in (0.1, 1, 10):
        probabilities = calibration.softmax(logits, temperature)
        np.testing.assert_array_equal(probabilities.argmax(axis=1), logits.argmax(axis=1))
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)


HALF = np.full((4, 2), 0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: calibration.reliability(np.ones((4, 2)), np.zeros(4, int)), "softmax"),
        (lambda: calibration.reliability(HALF, np.zeros(3, int)), "one for each row"),
        (lambda: calibration.reliability(HALF, np.zeros(4)), "whole numbers"),
        (lambda: calibration.reliability(HALF, np.full(4, 2)), "expected 0 to 1"),
        (lambda: calibration.reliability(HALF[:, 0], np.zeros(4, int)), r"np\.stack"),
        (lambda: calibration.reliability(HALF[:0], np.zeros(0, int)), "at least 1"),
        (lambda: calibration.reliability(HALF * np.nan, np.zeros(4, int)), "not finite"),
        (lambda: calibration.reliability(HALF, np.zeros(4, int), bins=0), "1 or more"),
        (lambda: calibration.softmax(HALF, 0), "above 0"),
        (lambda: calibration.softmax(HALF, "1"), r"temperature\)='1': expected a finite number above 0"),
        (lambda: calibration.softmax(HALF[:, :0]), r"logits of shape \(4, 0\): expected \(\.\.\., classes\)"),
        (lambda: calibration.softmax(HALF * 1j), "logits is ndarray, dtype complex128"),
        (lambda: calibration.fit_temperature(np.eye(3), np.arange(3)), "every prediction is right"),
        (lambda: calibration.fit_temperature(np.eye(3), np.array([1, 2, 0])), "say nothing"),
    ],
)
def test_bad_input_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_confidence_on_an_edge_belongs_to_the_bin_below():
    found = calibration.reliability(
        np.array([[0.75, 0.25], [0.5, 0.5], [1.0, 0.0]]), np.array([0, 0, 0]), bins=4
    )
    assert found.counts.tolist() == [0, 1, 1, 1]
