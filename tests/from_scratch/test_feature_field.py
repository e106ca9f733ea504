"""A field on hand-made features: its likelihood by every path, its slope, and another program's optimum."""

import numpy as np
import pytest

from dlcourse import recording
from dlcourse.experiments import word_boundaries
from dlcourse.from_scratch import feature_field, random_field


def lines(seed=0, number=30, places=7):
    """Labels that like to alternate, symbols that follow them loosely, of several lengths."""
    rng = np.random.default_rng(seed)
    y = (np.arange(places) + rng.integers(0, 2, (number, 1)) + (rng.random((number, places)) < 0.2)) % 2
    x = np.where(rng.random((number, places)) < 0.7, y + 1, rng.integers(1, 5, (number, places)))
    y[np.arange(places) >= rng.integers(2, places + 1, (number, 1))] = -1
    return np.where(y < 0, 0, x), y


def test_the_likelihood_is_that_of_every_path():
    x, y = lines()
    rng = np.random.default_rng(1)
    field = feature_field.FeatureField((-1, 0, 1), rng.normal(size=(3, 5, 2)), rng.normal(size=(2, 2)))
    expected = 0.0
    for symbols, labels in zip(x, y, strict=True):
        length = (labels >= 0).sum()
        scores = np.zeros((length, 2))
        for place in range(length):
            for number, offset in enumerate(field.offsets):
                there = place + offset
                symbol = symbols[there] if 0 <= there < len(symbols) else 0
                scores[place] += field.weights[number, symbol]
        paths, totals = random_field.every_path(scores, field.transitions)
        chosen = totals[(paths == labels[:length]).all(axis=1)].item()
        expected += chosen - np.logaddexp.reduce(totals)
    assert field.log_likelihood(x, y) == pytest.approx(expected)


def test_neighbours_are_the_symbols_beside_and_0_beyond():
    found = feature_field.around(np.array([[5, 6, 7]]), (-1, 0, 2))
    assert found.tolist() == [[[0, 5, 7], [5, 6, 0], [6, 7, 0]]]


def test_at_the_optimum_observed_is_expected_but_for_the_penalty():
    """By small changes of each weight: the penalised likelihood has no slope left, and falls to all sides."""
    x, y = lines()
    field = feature_field.fit(x, y, labels=2, symbols=5, offsets=(0, 1), c2=0.2)
    theta = np.concatenate([field.weights.ravel(), field.transitions.ravel()])

    def penalised(theta):
        weights, transitions = theta[:-4].reshape(2, 5, 2), theta[-4:].reshape(2, 2)
        there = feature_field.FeatureField((0, 1), weights, transitions)
        return there.log_likelihood(x, y) - 0.2 * (theta**2).sum()

    assert penalised(theta) == pytest.approx(field.objective)
    for place in range(len(theta)):
        step = np.zeros(len(theta))
        step[place] = 1e-2
        up, down = penalised(theta + step), penalised(theta - step)
        assert abs(up - down) / 0.02 < 2e-2 and max(up, down) < field.objective


def test_a_stronger_penalty_makes_smaller_weights():
    x, y = lines()
    sizes = [
        (feature_field.fit(x, y, labels=2, symbols=5, c2=c2).weights ** 2).sum() for c2 in (0.01, 1.0, 100.0)
    ]
    assert sizes[0] > sizes[1] > sizes[2]


@pytest.mark.parametrize("seed", range(5))
def test_the_optimum_is_crfsuites(seed):
    """On the lines whose optimum by python-crfsuite benchmarks/studies/ch08b_features.py recorded."""
    data = word_boundaries.parts("english", seed, 200)
    sizes = {"labels": 4, "symbols": len(data["symbols"]) + 2, "offsets": (-2, -1, 0, 1, 2)}
    field = feature_field.fit(*data["train"], c2=0.3, tolerance=1e-7, **sizes)
    recorded = recording.load("ch08b_features")["CRFsuite, 200"]["objective"][seed]
    assert field.objective == pytest.approx(recorded, rel=1e-5)


def test_the_peak_is_one_from_wherever_one_climbs():
    x, y = lines()
    peak = feature_field.fit(x, y, labels=2, symbols=5, c2=0.2)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        start = feature_field.FeatureField((0,), rng.normal(size=(1, 5, 2)) * 3, rng.normal(size=(2, 2)) * 3)
        again = feature_field.fit(x, y, labels=2, symbols=5, c2=0.2, start=start)
        assert start.log_likelihood(x, y) < peak.log_likelihood(x, y)
        assert again.objective == pytest.approx(peak.objective, rel=1e-6)
        np.testing.assert_allclose(again.weights, peak.weights, atol=1e-2)


@pytest.mark.parametrize(
    "change",
    [
        {"symbols": 3},
        {"labels": 1},
        {"c2": 0},
        {"y": np.zeros((2, 2), int)},
        {"x": np.zeros(7, int)},
        {"offsets": (7,)},
        {"offsets": ()},
        {"start": feature_field.FeatureField((0,), np.zeros((1, 4, 2)), np.zeros((2, 2)))},
    ],
)
def test_what_does_not_fit_is_refused(change):
    x, y = lines()
    settings = {"x": x, "y": y, "labels": 2, "symbols": 5} | change
    with pytest.raises(ValueError, match=r"fit\("):
        feature_field.fit(settings.pop("x"), settings.pop("y"), **settings)
