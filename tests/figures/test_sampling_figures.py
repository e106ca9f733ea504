"""Figures of samplers show what they were given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from dlcourse.figures import sampling


@pytest.fixture
def ax():
    fig, ax = plt.subplots()
    yield ax
    plt.close(fig)


def test_a_density_shows_its_points_and_where_paths_begin(ax):
    path, points = np.array([[1.0, 1.0], [0.0, 0.5]]), np.zeros((7, 2))
    sampling.density(
        lambda x: -(x**2).sum(axis=-1), ((-2, 2), (-3, 3)), "bell", points=points, paths={"walk": path}, ax=ax
    )
    assert [len(line.get_xdata()) for line in ax.lines] == [7, 2, 1]
    assert ax.lines[2].get_xydata().tolist() == [[1.0, 1.0]]
    assert ax.get_xlim() == (-2, 2) and ax.get_ylim() == (-3, 3)


def test_each_chain_is_a_line(ax):
    draws = np.arange(12.0).reshape(4, 3)
    sampling.traces(draws, "x", "chains", ax=ax)
    assert [line.get_ydata().tolist() for line in ax.lines] == draws.T.tolist()


def test_bars_are_the_counts_and_the_band_is_the_binomials(ax):
    counts = np.array([10, 12, 9, 9])
    sampling.rank_counts(counts, "ranks", ax=ax)
    assert [bar.get_height() for bar in ax.patches[:4]] == counts.tolist()
    low, high = ax.patches[4].get_y(), ax.patches[4].get_y() + ax.patches[4].get_height()
    assert low < 10 < high


def test_a_step_of_metropolis_is_drawn(ax):
    sampling.one_step(ax=ax)
    said = " ".join(text.get_text() for text in ax.texts)
    assert "propose" in said and "stay" in said and "otherwise" in said
