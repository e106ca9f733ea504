"""Figures of handwriting show what they are given."""

import numpy as np
import pytest

from dlcourse.figures import handwriting


@pytest.fixture
def pyplot(monkeypatch):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def test_a_stroke_begins_at_its_ring_and_numbers_stand_at_their_points(pyplot):
    _, ax = pyplot.subplots()
    points = np.array([[0.1, 0.9], [0.5, 0.5], [0.9, 0.0]])
    handwriting.stroke(ax, points, "a way", numbered=True)
    line, ring = ax.get_lines()
    np.testing.assert_allclose(line.get_xydata(), points)
    np.testing.assert_allclose(ring.get_xydata(), points[:1])
    assert [text.get_text() for text in ax.texts] == ["1", "2", "3"]
    np.testing.assert_allclose([text.xy for text in ax.texts], points)


def test_belief_is_drawn_digit_by_point_with_a_dot_on_the_most_probable(pyplot):
    _, ax = pyplot.subplots()
    probabilities = np.full((8, 10), 0.05)
    best = np.array([0, 1, 2, 3, 4, 9, 9, 9])
    probabilities[np.arange(8), best] = 0.55
    handwriting.belief(probabilities, "belief", ax=ax)
    [image] = ax.images
    np.testing.assert_array_equal(image.get_array(), probabilities.T)
    np.testing.assert_array_equal(ax.get_lines()[0].get_xydata(), np.stack([np.arange(1, 9), best], axis=1))


def test_the_map_of_the_next_point_is_darkest_where_the_density_is_highest(pyplot):
    _, ax = pyplot.subplots()
    place = np.array([0.8, 0.2])
    handwriting.next_point(
        np.array([[0.0, 1.0], [0.3, 0.6]]),
        lambda z: -((z - place) ** 2).sum(axis=-1) / 0.02,
        "next",
        then=[0.7, 0.3],
        ax=ax,
    )
    np.testing.assert_array_equal(ax.get_lines()[-1].get_xydata(), [[0.7, 0.3]])
    values = np.asarray(ax.images[0].get_array())
    row, column = np.unravel_index(values.argmax(), values.shape)
    axis = np.linspace(-0.1, 1.1, len(values))
    np.testing.assert_allclose([axis[column], axis[row]], place, atol=0.01)


def test_tables_of_strokes_lines_and_readings_are_shown_with_their_texts(pyplot, monkeypatch):
    shown = []
    monkeypatch.setattr(
        handwriting.show, "figure", lambda fig, caption, alt: shown.append((fig, caption, alt))
    )
    stroke = np.random.default_rng(0).random((8, 2))
    handwriting.strokes({"one": [stroke, stroke], "two": ([stroke], ["a"])}, title="t", caption="c", alt="a")
    assert len(shown[-1][0].axes) == 4
    handwriting.lines([np.zeros((32, 80))] * 3, ["12", "34", "56"], title="t", caption="c", columns=2)
    assert "12; 34; 56" in shown[-1][2]
    probabilities = np.full((20, 11), 1 / 11)
    handwriting.reading(
        np.zeros((32, 80)), probabilities, np.array([[4, 20], [30, 50]]), [3, 4], title="t", caption="c"
    )
    below = shown[-1][0].axes[1]
    assert below.get_lines()[0].get_xdata()[0] == 2 and [text.get_text() for text in below.texts] == [
        "3",
        "4",
    ]
    assert all(caption == "c" for _, caption, _ in shown)
