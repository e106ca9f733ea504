"""Figures of bandits show what they were given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from dlcourse.figures import bandits


@pytest.fixture
def ax():
    fig, ax = plt.subplots()
    yield ax
    plt.close(fig)


def test_beliefs_are_densities_around_what_was_seen(ax):
    bandits.beliefs([31.0, 2.0], [11.0, 2.0], [0.7, 0.4], "beliefs", ax=ax)
    curves = [line for line in ax.lines if len(line.get_xdata()) > 2]
    assert len(curves) == 2
    for line, mode in zip(curves, (0.75, 0.5), strict=True):
        x, y = line.get_data()
        assert np.trapezoid(y, x) == pytest.approx(1, abs=0.01)
        assert x[y.argmax()] == pytest.approx(mode, abs=0.01)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "arm 1, tried 40 times",
        "arm 2, tried 2 times",
    ]


def test_intervals_stand_in_their_order_from_the_top(ax):
    bandits.intervals(
        {"a": (1.0, 0.5, 2.0), "b": (3.0, 2.0, 4.0)}, "clicks", "shop", levels={"truth": 2.5}, ax=ax
    )
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert ax.lines[0].get_xdata().tolist() == [0.5, 2.0]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
