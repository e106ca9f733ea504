"""A counted hidden Markov model: counts by hand, what it draws, and what it is as a random field."""

import itertools

import numpy as np
import pytest

from dlcourse.from_scratch import hidden_markov, random_field


def test_counts_by_hand():
    x, y = np.array([[1, 2, 1], [2, 2, 0]]), np.array([[0, 1, 0], [1, 1, -1]])
    model = hidden_markov.count(x, y, labels=2, symbols=3, smoothing=1.0)
    np.testing.assert_allclose(np.exp(model.start), [2 / 4, 2 / 4])
    np.testing.assert_allclose(np.exp(model.transitions), [[1 / 3, 2 / 3], [2 / 4, 2 / 4]])
    np.testing.assert_allclose(np.exp(model.emissions[0]).T, [[1 / 5, 3 / 5, 1 / 5], [1 / 6, 1 / 6, 4 / 6]])


def small(seed=0):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 3, (20, 4)), rng.integers(0, 2, (20, 4))
    return hidden_markov.count(x, y, labels=2, symbols=3)


def test_as_a_random_field_its_partition_function_is_the_probability_of_the_line():
    """Over all lines of three symbols they add up to 1."""
    model = small()
    lines = np.array(list(itertools.product(range(3), repeat=3)))
    totals = [random_field.log_partition(scores, model.transitions) for scores in model.scores(lines)]
    assert np.exp(totals).sum() == pytest.approx(1)


def test_what_it_draws_has_its_probabilities():
    model = small(1)
    drawn = [model.draw(2, seed) for seed in range(3_000)]
    firsts = np.mean([labels[0] for _, labels in drawn])
    assert firsts == pytest.approx(np.exp(model.start[1]), abs=0.03)
    pairs = [labels[1] for _, labels in drawn if labels[0] == 0]
    assert np.mean(pairs) == pytest.approx(np.exp(model.transitions[0, 1]), abs=0.04)
    emitted = [symbols[0] == 2 for symbols, labels in drawn if labels[0] == 1]
    assert np.mean(emitted) == pytest.approx(np.exp(model.emissions[0, 2, 1]), abs=0.04)


def test_with_overlapping_features_it_draws_nothing():
    x, y = np.ones((2, 3), int), np.zeros((2, 3), int)
    model = hidden_markov.count(x, y, labels=2, symbols=3, offsets=(-1, 0))
    assert model.scores(x).shape == (2, 3, 2)
    with pytest.raises(ValueError, match="nothing says how a line comes about"):
        model.draw(3, seed=0)


@pytest.mark.parametrize(
    "change", [{"symbols": 1}, {"labels": 0}, {"smoothing": 0}, {"y": np.zeros((1, 3), int)}]
)
def test_what_does_not_fit_is_refused(change):
    settings = {"x": np.ones((2, 3), int), "y": np.zeros((2, 3), int), "labels": 2, "symbols": 3} | change
    with pytest.raises(ValueError, match=r"count\("):
        hidden_markov.count(settings.pop("x"), settings.pop("y"), **settings)
