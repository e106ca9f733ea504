"""Knobs: a plain figure where outputs are stored, widgets where somebody watches; and the network that they train."""

import itertools
import types

import chapter_code
import IPython
import keras
import numpy as np
import pytest
from displayed import shown

from dlcourse import progress, widgets
from dlcourse.figures import decision_map, vae
from dlcourse.from_scratch import two_layer_network
from dlcourse.publishing import pairing

WIDGET = "application/vnd.jupyter.widget-view+json"


def sigma(z):
    return 1 / (1 + np.exp(-z))


FUNCTIONS = {
    "threshold": (lambda z: (z > 0).astype(float), np.zeros_like),
    "linear": (lambda z: z, np.ones_like),
    "sigmoid": (sigma, lambda z: sigma(z) * (1 - sigma(z))),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "relu": (lambda z: np.maximum(0, z), lambda z: (z > 0).astype(float)),
}


def line(ax, slope, kind):
    ax.plot([0, 1], [0, slope])
    ax.set_title(kind)


def explored():
    return shown(
        widgets.explore,
        line,
        slope=widgets.Knob([1, 2, 4], start=2),
        kind=widgets.Knob(["a", "b"], start="b"),
        caption="A line.",
        alt="a line that rises",
    )


def in_a_kernel(monkeypatch, allow_stdin):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    shell = IPython.get_ipython() or types.SimpleNamespace()
    kernel = types.SimpleNamespace(_allow_stdin=allow_stdin)
    monkeypatch.setattr(IPython, "get_ipython", lambda: types.SimpleNamespace(kernel=kernel, shell=shell))


@pytest.mark.parametrize("where", ["no kernel", "executed by a program", "TQDM_DISABLE"])
def test_where_nobody_watches_a_plain_figure_is_shown(monkeypatch, where):
    if where != "no kernel":
        in_a_kernel(monkeypatch, allow_stdin=where == "TQDM_DISABLE")
    if where == "TQDM_DISABLE":
        monkeypatch.setenv("TQDM_DISABLE", "1")
    picture, caption = explored()
    assert set(picture.data) == {"image/png", "text/plain"}
    assert picture.metadata["image/png"]["alt"] == "a line that rises"
    assert "A line." in caption.data["text/markdown"]


def test_where_somebody_watches_knobs_are_shown_and_each_draws_anew(monkeypatch):
    in_a_kernel(monkeypatch, allow_stdin=True)
    calls, boxes = [], []
    monkeypatch.setattr("IPython.display.display", boxes.append)
    knobs = {"slope": widgets.Knob([1, 2, 4], start=2), "kind": widgets.Knob(["a", "b"], start="b")}
    widgets._with_knobs(lambda **values: calls.append(values), knobs)
    slider, choice, _ = boxes[0].children
    assert (slider.description, slider.value, choice.value) == ("slope", 2, "b")
    slider.value, choice.value = 4, "a"
    assert calls == [{"slope": 2, "kind": "b"}, {"slope": 4, "kind": "b"}, {"slope": 4, "kind": "a"}]
    assert widgets.interactive()


@pytest.mark.parametrize(
    ("values", "start", "message"),
    [([1], 1, "two values"), ([1, 1], 1, "alike"), ([1, 2], 3, "one of its values")],
)
def test_a_knob_that_makes_no_sense_is_refused(values, start, message):
    with pytest.raises(ValueError, match=message):
        widgets.Knob(values, start)


def test_explore_without_knobs_is_refused():
    with pytest.raises(ValueError, match="a knob or more"):
        widgets.explore(line, caption="A line.", alt="a line")


def test_watched_follows_the_request_and_the_variable(monkeypatch):
    for allowed, variable in itertools.product([True, False], [None, "0", "1"]):
        in_a_kernel(monkeypatch, allowed)
        if variable:
            monkeypatch.setenv("TQDM_DISABLE", variable)
        assert progress.watched() == (allowed and variable != "1")


@pytest.mark.parametrize("id", ["01", "03", "05", "08d"])
def test_each_chapters_knobs_leave_a_figure_and_no_widget(id):
    path = chapter_code.source(id)
    assert path.read_text(encoding="utf-8").count("widgets.explore(") == 1
    notebook = pairing.read_notebook(path.parents[1] / f"{path.stem}.ipynb")
    [cell] = [cell for cell in notebook.cells if "widgets.explore(" in cell.source]
    kinds = [set(output.data) for output in cell.outputs]
    assert kinds == [{"image/png", "text/plain"}, {"text/markdown", "text/plain"}]
    assert cell.outputs[0].metadata["image/png"]["alt"]


# The network of two inputs


def corners(scatter=0.3):
    """200 points around the corners of XOR, and their classes, as chapter 01 has them."""
    inputs = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    random = np.random.RandomState(0)
    return np.repeat(inputs, 50, axis=0) + scatter * random.standard_normal((200, 2)), np.repeat(
        [0, 1, 1, 0], 50
    )


def right(name, units, seeds=range(6)):
    """Share of XOR's points told rightly, by seed."""
    x, y = corners()
    return [
        two_layer_network.fit(x, y, units, *FUNCTIONS[name], seed=seed).accuracy(x, y) for seed in seeds
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["linear", "sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("units", [1, 3, 16])
def test_gradients_are_finite_differences_of_keras_own_loss(name, units):
    x, y = corners()
    x, y = x[::10], y[::10].astype("float64")
    function, slope = FUNCTIONS[name]
    network = two_layer_network.start(units, function, seed=1)
    found = two_layer_network.gradients(network, slope, x, y)

    def loss(weights):
        logits = two_layer_network.PlaneNetwork(function, weights).logits(x)
        return float(keras.losses.BinaryCrossentropy(from_logits=True)(y, logits.astype("float64")))

    for place, gradient in enumerate(found):
        for index in np.ndindex(np.shape(gradient)):
            moved = [[weight.copy() for weight in network.weights] for _ in range(2)]
            moved[0][place][index] += 1e-2
            moved[1][place][index] -= 1e-2
            slope_there = (loss(moved[0]) - loss(moved[1])) / 2e-2
            assert np.asarray(gradient)[index] == pytest.approx(slope_there, abs=5e-3)


@pytest.mark.parametrize("units", [1, 4, 32])
def test_a_linear_network_never_parts_xor(units):
    assert max(right("linear", units)) < 0.8  # a line has at most three of four corners on the right side


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu"])
def test_one_unit_that_only_rises_is_one_line_and_several_part_xor(name):
    assert max(right(name, 1)) < 0.8
    assert min(right(name, 8)) > 0.95


def test_threshold_units_never_move_but_many_of_them_serve():
    x, y = corners()
    function, slope = FUNCTIONS["threshold"]
    before = two_layer_network.start(32, function, seed=3).weights
    after = two_layer_network.fit(x, y, 32, function, slope, seed=3).weights
    assert np.array_equal(before[0], after[0]) and np.array_equal(before[1], after[1])
    assert not np.array_equal(before[2], after[2])
    assert np.mean(right("threshold", 32)) > np.mean(right("threshold", 2)) + 0.2


@pytest.mark.parametrize(
    ("x", "y", "units"),
    [
        (np.zeros((3, 3)), [0, 1, 0], 2),
        (np.zeros((3, 2)), [0, 1], 2),
        (np.zeros((2, 2)), [0, 2], 2),
        (np.zeros((2, 2)), [0, 1], 0),
    ],
)
def test_what_cannot_be_fitted_is_refused(x, y, units):
    with pytest.raises(ValueError, match=r"fit\("):
        two_layer_network.fit(x, y, units, *FUNCTIONS["tanh"])


# What the chapters draw


def test_the_decision_map_shows_the_boundary_only_where_there_is_one():
    from matplotlib import pyplot as plt

    x, y = corners()
    for constant, lines in [(0.0, True), (50.0, False)]:
        network = types.SimpleNamespace(logits=lambda points, c=constant: points[:, 0] + c)
        _, ax = plt.subplots()
        decision_map.decision_map(network, x, y, (-2, 2), "A map", ax=ax)
        boundary = [path for drawn in ax.collections for path in drawn.get_paths() if len(path.vertices)]
        assert bool(boundary) == lines
        if lines:
            assert np.abs(boundary[0].vertices[:, 0]).max() < 0.05


def test_the_marked_code_and_its_picture_are_drawn():
    from matplotlib import pyplot as plt

    codes = np.random.default_rng(0).standard_normal((100, 2))
    picture = np.random.default_rng(1).random((28, 28))
    _, axes = plt.subplots(1, 2)
    vae.decoded_code(axes, codes, np.repeat(np.arange(10), 10), (0.5, -1.0), picture)
    assert axes[0].lines[0].get_xydata().tolist() == [[0.5, -1.0]]
    assert np.array_equal(axes[1].images[0].get_array(), picture)


def test_chapter_03s_knobs_draw_what_theory_foretells():
    draw = chapter_code.definitions("03").draw_start
    from matplotlib import pyplot as plt

    x = np.random.default_rng(0).standard_normal((8, 64))
    x /= np.sqrt(np.mean(x**2, axis=1, keepdims=True))
    _, ax = plt.subplots()
    draw(ax, "tanh", 64, 0.8, x=x)
    measured, theory = (drawn.get_ydata() for drawn in ax.lines[:2])
    assert len(measured) == 64 and measured[0] < measured[-1] - 2
    assert np.abs(measured - theory).max() < 0.5
