"""Labels read out of frames: the best path, and the most probable labels, against trying all of them."""

import itertools

import numpy as np
import pytest

from dlcourse.from_scratch import ctc
from dlcourse.models import decoding


def test_greedy_takes_the_best_path():
    logits = np.log(
        np.array([[[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.1, 0.7, 0.2], [0.6, 0.3, 0.1], [0.2, 0.6, 0.2]]])
    )
    assert decoding.ctc_greedy(logits) == [[1, 1]]
    assert decoding.ctc_greedy(np.zeros((2, 3, 4))) == [[], []]


def test_the_best_path_may_belong_to_other_labels():
    """Twice 0.6 for the blank: the path of two blanks has 0.36, and the three paths of label 1 have 0.64."""
    logits = np.log(np.array([[[0.6, 0.4], [0.6, 0.4]]]))
    assert decoding.ctc_greedy(logits) == [[]]
    assert decoding.ctc_beam(logits) == [[1]]


@pytest.mark.parametrize("seed", range(8))
def test_a_wide_beam_finds_the_most_probable_labels(seed):
    logits = 2 * np.random.default_rng(seed).normal(size=(1, 5, 3))
    log_probabilities = logits[0] - np.log(np.exp(logits[0]).sum(axis=1, keepdims=True))
    strings = [list(labels) for n in range(6) for labels in itertools.product([1, 2], repeat=n)]
    best = max(strings, key=lambda labels: ctc.log_probability(log_probabilities, labels))
    assert decoding.ctc_beam(logits, width=100) == [best]
    narrow = decoding.ctc_beam(logits, width=1)[0]
    assert (
        ctc.log_probability(log_probabilities, narrow) <= ctc.log_probability(log_probabilities, best) + 1e-9
    )


@pytest.mark.parametrize("function", [decoding.ctc_greedy, decoding.ctc_beam])
def test_other_shapes_are_an_error(function):
    with pytest.raises(ValueError, match="3 axes"):
        function(np.zeros((4, 3)))
    with pytest.raises(ValueError, match="a blank and one label at least"):
        function(np.zeros((1, 4, 1)))


def test_top_k_and_nucleus_by_hand():
    """0.5, 0.3, 0.15, 0.05: two of them have 0.8 together, three 0.95."""
    p = np.array([[0.3, 0.5, 0.05, 0.15]])
    np.testing.assert_allclose(decoding.top_k(p, 2), [[0.375, 0.625, 0, 0]])
    np.testing.assert_allclose(decoding.top_k(p, 1), [[0, 1, 0, 0]])
    np.testing.assert_allclose(decoding.nucleus(p, 0.8), [[0.375, 0.625, 0, 0]])
    np.testing.assert_allclose(decoding.nucleus(p, 0.81), p * [[1, 1, 0, 1]] / 0.95)
    np.testing.assert_allclose(decoding.nucleus(p, 1e-9), [[0, 1, 0, 0]])
    np.testing.assert_allclose(decoding.nucleus(p, 1.0), p)
    np.testing.assert_allclose(decoding.top_k(p, 9), p)


def test_of_equally_likely_symbols_the_first_are_kept():
    p = np.full((2, 4), 0.25)
    np.testing.assert_allclose(decoding.top_k(p, 1), [[1, 0, 0, 0]] * 2)
    np.testing.assert_allclose(decoding.nucleus(p, 0.5), [[0.5, 0.5, 0, 0]] * 2)


def test_probabilities_that_are_none_are_an_error():
    for wrong in (np.array([[0.5, 0.2]]), np.array([[1.5, -0.5]]), np.zeros(3), np.array([[np.nan, 1.0]])):
        with pytest.raises(ValueError, match="top_k"):
            decoding.top_k(wrong, 1)
    with pytest.raises(ValueError, match="at most 1"):
        decoding.nucleus(np.array([[0.5, 0.5]]), 1.1)
    with pytest.raises(ValueError, match="k"):
        decoding.top_k(np.array([[0.5, 0.5]]), 0)


def chain(seed, symbols=3):
    """A Markov chain as a language model, and its table of log-probabilities."""
    table = np.log(np.random.default_rng(seed).dirichlet(np.ones(symbols) / 2, symbols))
    return lambda texts: table[texts[:, -1]], table


@pytest.mark.parametrize("seed", range(5))
def test_a_wide_beam_finds_the_likeliest_continuation_and_a_narrow_one_is_greedy(seed):
    model, table = chain(seed)

    def score(path):
        return sum(table[a, b] for a, b in itertools.pairwise([1, *path]))

    every = list(itertools.product(range(3), repeat=4))
    found, probability = decoding.beam(model, [0, 1], 4, width=81)
    assert probability == pytest.approx(max(map(score, every))) == pytest.approx(score(found))
    greedy, at = [], 1
    for _ in range(4):
        at = int(table[at].argmax())
        greedy.append(at)
    assert list(decoding.beam(model, [0, 1], 4, width=1)[0]) == greedy


def test_bad_beams_are_said():
    model, _ = chain(0)
    for start in ([], [0.5], [[1]]):
        with pytest.raises(ValueError, match="beam\\(start\\)"):
            decoding.beam(model, start, 2, 2)
    with pytest.raises(ValueError, match="width"):
        decoding.beam(model, [0], 2, 0)


def test_symbols_are_picked_as_often_as_their_probabilities_say_and_never_where_these_are_zero():
    p, random = np.array([[0.0, 0.25, 0.75, 0.0], [0.0, 1.0, 0.0, 0.0]]), np.random.default_rng(0)
    found = np.array([decoding.picked(p, random) for _ in range(2_000)])
    assert found.dtype == np.int32 and set(found[:, 0]) == {1, 2} and set(found[:, 1]) == {1}
    assert abs((found[:, 0] == 2).mean() - 0.75) < 4 * np.sqrt(0.75 * 0.25 / 2_000)
    with pytest.raises(ValueError, match="sum to 1"):
        decoding.picked(p * 2, random)
