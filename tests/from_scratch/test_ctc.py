"""The sum over all alignments, against trying every path, Keras, and finite differences."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse.from_scratch import ctc


def log_softmax(logits):
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


@pytest.fixture
def random():
    return np.random.default_rng(6)


def brute_force(log_probabilities, labels):
    """Probability of labels: every path written out, merged and stripped by hand."""
    total = 0.0
    for path in itertools.product(range(log_probabilities.shape[1]), repeat=len(log_probabilities)):
        kept, before = [], None
        for symbol in path:
            if symbol != before and symbol != 0:
                kept.append(symbol)
            before = symbol
        if kept == list(labels):
            total += np.exp(sum(row[symbol] for row, symbol in zip(log_probabilities, path, strict=True)))
    return total


def test_paths_of_two_labels_in_three_frames_are_counted_by_hand():
    assert sorted(ctc.paths([1, 2], 3, 3)) == [(0, 1, 2), (1, 0, 2), (1, 1, 2), (1, 2, 0), (1, 2, 2)]
    assert ctc.paths([1, 1], 3, 3) == [(1, 0, 1)]  # equal labels need a blank between them
    assert ctc.paths([1, 2], 1, 3) == []
    assert ctc.collapsed([0, 3, 3, 0, 3, 0, 0]) == [3, 3]


@pytest.mark.parametrize("frames", [1, 2, 4, 5])
@pytest.mark.parametrize("labels", [[], [1], [2, 1], [2, 2], [1, 2, 1], [1, 1, 2]])
def test_the_forward_algorithm_is_the_sum_over_all_paths(random, frames, labels):
    log_probabilities = log_softmax(random.normal(size=(frames, 3)))
    expected = brute_force(log_probabilities, labels)
    assert np.exp(ctc.log_probability(log_probabilities, labels)) == pytest.approx(expected, abs=1e-12)
    by_list = sum(
        np.exp(log_probabilities[np.arange(frames), list(path)].sum())
        for path in ctc.paths(labels, frames, 3)
    )
    assert by_list == pytest.approx(expected, abs=1e-12)


def test_all_strings_together_have_probability_one(random):
    log_probabilities = log_softmax(random.normal(size=(4, 3)))
    strings = [labels for n in range(5) for labels in itertools.product([1, 2], repeat=n)]
    assert sum(np.exp(ctc.log_probability(log_probabilities, labels)) for labels in strings) == pytest.approx(
        1
    )


@pytest.mark.parametrize(("frames", "labels"), [(3, [1]), (6, [2, 2]), (9, [3, 1, 1, 2])])
def test_it_is_kerass_loss(random, frames, labels):
    logits = random.normal(size=(1, frames, 5)).astype("float32")
    by_keras = keras.losses.CTC()(np.array([labels]), logits)
    assert -ctc.log_probability(log_softmax(logits[0]), labels) == pytest.approx(float(by_keras), rel=1e-5)


@pytest.mark.parametrize(("frames", "labels"), [(1, [1]), (4, [2, 2]), (7, [1, 2, 1])])
def test_softmax_less_occupancy_is_the_gradient(random, frames, labels):
    logits = random.normal(size=(frames, 3))
    found = ctc.occupancies(log_softmax(logits), labels)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    for place in np.ndindex(logits.shape):
        step = np.zeros_like(logits)
        step[place] = 1e-6
        up, down = (-ctc.log_probability(log_softmax(logits + sign * step), labels) for sign in (1, -1))
        expected = np.exp(log_softmax(logits)[place]) - found[place]
        assert (up - down) / 2e-6 == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("labels", [[], [1], [2, 2], [1, 2]])
def test_the_alignment_is_the_best_of_all_paths(random, labels):
    log_probabilities = log_softmax(3 * random.normal(size=(5, 3)))
    best = max(ctc.paths(labels, 5, 3), key=lambda path: log_probabilities[np.arange(5), list(path)].sum())
    assert ctc.alignment(log_probabilities, labels).tolist() == list(best)


def test_labels_that_do_not_fit_have_no_probability():
    even = np.log(np.full((2, 3), 1 / 3))
    assert ctc.log_probability(even, [1, 1]) == -np.inf
    for function in (ctc.occupancies, ctc.alignment):
        with pytest.raises(ValueError, match="2 labels don't fit into 2 frames"):
            function(even, [1, 1])


@pytest.mark.parametrize(
    ("log_probabilities", "labels", "message"),
    [
        (np.zeros(3), [1], r"got shape \(3,\); expected \(frames, symbols\)"),
        (np.zeros((2, 3)), [3], "whole numbers from 1 to 2"),
        (np.zeros((2, 3)), [0], "0 is the blank"),
        (np.zeros((2, 3)), [1.5], "whole numbers from 1 to 2"),
    ],
)
def test_other_input_is_an_error(log_probabilities, labels, message):
    with pytest.raises(ValueError, match=message):
        ctc.log_probability(log_probabilities, labels)


def test_too_many_paths_are_not_tried():
    with pytest.raises(ValueError, match="11 symbols in 40 frames make"):
        ctc.paths([1], 40, 11)


def test_tensorflows_gradient_is_softmax_less_occupancy(random):
    logits = tf.Variable(random.normal(size=(1, 8, 4)).astype("float32"))
    with tf.GradientTape() as tape:
        loss = keras.losses.CTC()(np.array([[3, 1]]), logits)
    own = log_softmax(logits.numpy()[0].astype("float64"))
    np.testing.assert_allclose(
        tape.gradient(loss, logits)[0], np.exp(own) - ctc.occupancies(own, [3, 1]), atol=1e-5
    )
