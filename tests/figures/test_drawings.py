"""Drawings can be read: every text lies on its sheet, and no two lie on each other."""

import itertools

import numpy as np
import pytest

from dlcourse.figures import charts, language, recurrent, reinforcement, speech, vae

DRAWINGS = [
    (recurrent.unrolled, {}, (8.6, 3.3)),
    (recurrent.unrolled, {"steps": 3}, (8.6, 3.3)),
    (recurrent.through_time, {}, (8.6, 3.6)),
    (recurrent.through_time, {"steps": 5, "kept": 2}, (8.6, 3.6)),
    (recurrent.lstm_gates, {}, (8.4, 4.4)),
    (recurrent.gru_gates, {}, (8.4, 4.2)),
    (vae.reparameterisation, {}, (9.2, 3.7)),
    (reinforcement.agent_and_environment, {}, (7.0, 2.8)),
    (reinforcement.backups, {}, (8.6, 3.4)),
    (language.teacher_forcing, {}, (9.2, 3.6)),
    (language.teacher_forcing, {"text": "abcdef"}, (9.2, 3.6)),
    (language.transformer_block, {}, (9.6, 3.0)),
    (speech.lattice, {"labels": ["1", "2"], "frames": 3}, (6.4, 3.6)),
    (speech.lattice, {"labels": ["7", "7"], "frames": 5}, (6.4, 3.6)),
]


@pytest.fixture
def pyplot():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def boxes(ax):
    """The texts of an Axes with what they cover, in pixels."""
    ax.figure.canvas.draw()
    return [(text.get_text(), text.get_window_extent()) for text in ax.texts if text.get_text()]


def collisions(found):
    return [(a, b) for (a, one), (b, other) in itertools.combinations(found, 2) if one.overlaps(other)]


@pytest.mark.parametrize("draw, options, figsize", DRAWINGS)
def test_a_drawing_can_be_read(pyplot, draw, options, figsize):
    _, ax = pyplot.subplots(figsize=figsize)
    draw(ax=ax, **options)
    found = boxes(ax)
    assert len(found) >= 4
    assert collisions(found) == []
    sheet = ax.get_window_extent().expanded(1.02, 1.02)
    assert all(sheet.contains(*corner) for _, box in found for corner in (box.min, box.max))


def test_names_in_the_plane_are_pushed_apart_and_no_farther_than_they_must():
    crowded = np.random.default_rng(0).normal(size=(10, 2)) * 0.1
    places = vae.apart(crowded, 0.5)
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(places, 2)) > 0.45
    np.testing.assert_allclose(places.mean(axis=0), crowded.mean(axis=0), atol=1e-9)
    free = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])
    np.testing.assert_array_equal(vae.apart(free, 0.5), free)


def test_the_title_of_a_single_panel_lies_within_its_figure(pyplot, monkeypatch):
    shown = []
    monkeypatch.setattr("dlcourse.show.figure", lambda figure, caption, alt: shown.append(figure))
    lines = {"last value": np.arange(1.0, 15.0)}
    title = "Seattle: errors on the test year"
    recurrent.errors_by_horizon({"": ("horizon (days)", "error (°C)", lines)}, title=title, caption="")
    (figure,) = shown
    figure.canvas.draw()
    (ax,) = figure.axes
    assert ax.get_title() == title and figure._suptitle is None
    assert figure.bbox.width >= ax.title.get_window_extent().x1 and ax.title.get_window_extent().x0 >= 0


def test_texts_on_each_other_are_noticed(pyplot):
    _, ax = pyplot.subplots()
    ax.text(0.5, 0.5, "one")
    ax.text(0.51, 0.5, "other")
    assert collisions(boxes(ax)) == [("one", "other")]


def test_ticks_that_are_asked_for_are_the_only_ones_and_do_not_overlap(pyplot):
    rates = [0.0125, 0.025, 0.05, 0.1, 0.2, 0.4]
    fig, ax = pyplot.subplots(figsize=(7.0, 3.6))
    charts.curves(rates, {"error": np.arange(6.0)}, "rate", "error", "t", xscale="log", xticks=rates, ax=ax)
    fig.canvas.draw()
    labels = [tick for tick in ax.get_xticklabels(which="both") if tick.get_text()]
    assert [float(tick.get_text()) for tick in labels] == rates
    extents = [tick.get_window_extent() for tick in labels]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(extents, 2))


def test_ticks_that_are_asked_for_have_minus_signs_not_hyphens(pyplot):
    _, ax = pyplot.subplots()
    charts.curves([-1, 0], {"error": np.arange(2.0)}, "log", "error", "t", xticks=[-1, 0], ax=ax)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["\N{MINUS SIGN}1", "0"]


def test_panels_fill_their_rows_in_order(pyplot, monkeypatch):
    shown = {}
    monkeypatch.setattr(charts.show, "figure", lambda fig, caption, alt: shown.update(fig=fig, alt=alt))
    draws = [lambda ax, name=name: ax.set_title(name) for name in "abc"]
    for columns, grid in [(None, (1, 3)), (2, (2, 2)), (1, (3, 1))]:
        charts.row(*draws, columns=columns, caption="", alt="three")
        axes = shown["fig"].axes
        assert axes[0].get_subplotspec().get_gridspec().get_geometry() == grid
        assert [ax.get_title() for ax in axes[:3]] == ["a", "b", "c"]
        assert all(ax.axison for ax in axes[:3]) and not any(ax.axison for ax in axes[3:])


def test_a_label_stands_once_in_a_row_and_once_in_a_column(pyplot, monkeypatch):
    shown = []
    monkeypatch.setattr(charts.show, "figure", lambda fig, caption, alt: shown.append(fig))
    labels = [("x", "error (%)"), ("y", "error (%)"), ("x", "error (%)"), ("z", "seconds")]
    draws = [lambda ax, pair=pair: ax.set(xlabel=pair[0], ylabel=pair[1]) for pair in labels]
    charts.row(*draws, columns=2, caption="c", alt="a")
    kept = [(ax.get_xlabel(), ax.get_ylabel()) for ax in shown[0].axes]
    assert kept == [("", "error (%)"), ("y", ""), ("x", "error (%)"), ("z", "seconds")]
