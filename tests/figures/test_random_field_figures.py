"""Figures of random fields show what they were given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from dlcourse.figures import random_fields


@pytest.fixture
def ax():
    fig, ax = plt.subplots()
    yield ax
    plt.close(fig)


def test_a_lattice_has_a_dot_for_each_label_and_the_path(ax):
    shares = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
    random_fields.lattice(list("abc"), ["B", "E"], shares, np.array([0, 1, 0]), ax=ax)
    [dots] = ax.collections
    assert len(dots.get_offsets()) == 6 and dots.get_sizes().argmax() == 0
    path = ax.lines[-1]
    assert path.get_xydata().tolist() == [[0, 0], [1, 1], [2, 0]] and len(ax.lines) == 2 * 4 + 1
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["a", "b", "c"]


def test_three_graphs_of_four_letters(ax):
    random_fields.graphs(ax=ax)
    said = [text.get_text() for text in ax.texts]
    assert said.count("$y_1$") == 3 and said.count("$x_1$") == 1 and said.count("all letters $x$") == 2
