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
