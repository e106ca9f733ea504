"""Legends cover nothing that is drawn."""

import matplotlib
import numpy as np
import pytest

from dlcourse import style
from dlcourse.figures import charts, legends


@pytest.fixture
def axes():
    matplotlib.use("Agg")
    from matplotlib import pyplot

    style.apply()
    yield lambda: pyplot.subplots()[1]
    pyplot.close("all")


def places(ax):
    """The boxes of the legend, the axes and what stands below them, in pixels."""
    ax.figure.draw_without_rendering()
    return ax.get_legend().get_window_extent(), ax.bbox, ax.xaxis.get_tightbbox()


NAMES = ["a line with a rather long name", "another line, as long as the first", "a third", "and a fourth"]
X = np.linspace(0, 1, 200)


def crowded(ax):
    for phase, name in enumerate(NAMES):
        ax.plot(X, np.sin(60 * X + phase), label=name)


def dots(ax):
    for name in NAMES:
        ax.scatter(*np.random.default_rng(0).random((2, 500)), label=name)


def long_bars(ax):
    for place, name in enumerate(NAMES):
        ax.barh(place, 1, label=name)


@pytest.mark.parametrize("draw", [crowded, dots, long_bars])
def test_without_room_inside_it_stands_below_the_axes_and_what_is_written_there(axes, draw):
    ax = axes()
    draw(ax)
    ax.set(xlabel="x (m)")
    legends.legend(ax)
    legend, inside, written = places(ax)
    assert legend.y1 <= written.y0 < inside.y0
    assert legend.width <= inside.width and legend.y0 >= 0


def test_with_room_it_stands_inside(axes):
    ax = axes()
    ax.plot(X, X, label="up")
    ax.fill_between(X, X - 2, X + 2, alpha=0.2)  # what only shades doesn't count
    legends.legend(ax)
    legend, inside, _ = places(ax)
    assert inside.y0 < legend.y0 and legend.y1 < inside.y1


@pytest.mark.parametrize("draw, inside", [(lambda ax: ax.plot(X, X, label="up"), True), (crowded, False)])
def test_a_place_that_is_asked_for_is_kept_where_it_covers_nothing(axes, draw, inside):
    ax = axes()
    draw(ax)
    legends.legend(ax, loc="upper left")
    legend, within, _ = places(ax)
    assert (legend.y0 > within.y0) == inside


def test_a_place_outside_is_kept(axes):
    ax = axes()
    crowded(ax)
    legends.legend(ax, loc="center left", bbox_to_anchor=(1.0, 0.5))
    legend, within, _ = places(ax)
    assert legend.x0 >= within.x1


def test_its_letters_are_as_large_as_the_axes_labels(axes):
    ax = axes()
    charts.curves(X, {"one": X, "two": X**2}, "x", "y", "Two", ax=ax)
    sizes = {text.get_fontsize() for text in ax.get_legend().get_texts()}
    assert sizes == {ax.xaxis.label.get_size()}
