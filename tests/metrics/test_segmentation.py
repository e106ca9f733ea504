"""F1 of words, by hand."""

import numpy as np
import pytest

from dlcourse.datasets.word_boundaries import labels_of
from dlcourse.metrics import segmentation


def test_by_hand():
    right = np.array([labels_of(["i", "was", "then"])])
    found = np.array([labels_of(["i", "was", "the", "n"])])
    assert segmentation.word_f1(found, right) == pytest.approx(2 * 2 / (4 + 3))
    assert segmentation.word_f1(right, right) == 1
    assert segmentation.word_f1(np.array([labels_of(["iwasthen"])]), right) == 0


def test_words_of_all_lines_count_together():
    right = np.array([labels_of(["ab", "cd"]), labels_of(["abcd"])])
    found = np.array([labels_of(["ab", "cd"]), labels_of(["a", "b", "c", "d"])])
    assert segmentation.word_f1(found, right) == pytest.approx(2 * 2 / (6 + 3))


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="1 lines were found, and there are 2"):
        segmentation.word_f1(np.zeros((1, 2)), np.zeros((2, 2)))
    with pytest.raises(ValueError, match="no line has a word"):
        segmentation.word_f1(np.array([[0]]), np.array([[-1]]))
