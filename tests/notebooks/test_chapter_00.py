"""Chapter 00: the check of the environment, the primer's figures, and the rule of broadcasting it writes down."""

import ast
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import chapter_code
import numpy as np
import pytest

from dlcourse import reproducibility

SOURCE = Path(__file__).resolve().parents[2] / "notebooks" / "src" / "00_start_here.py"

# The environment.


def test_this_environment_fits():
    assert reproducibility.check() == []


@pytest.mark.parametrize(
    ("requirement", "installed", "fits"),
    [
        ("keras>=3.15", "3.15.1", True),
        ("keras>=3.15", "3.15", True),
        ("keras>=3.15", "3.9.2", False),  # as numbers, not as text
        ("keras>=3.15", "2.15.0", False),
        ("keras>=3.15", "4.0.0.dev1", True),
        ("numpy<2.5,>=2.4", "2.5.0", False),
        ("numpy<2.5,>=2.4", "2.4.6", True),
        ("keras>=3.15", None, False),
        ('ruff>=0.17; extra == "dev"', None, True),  # optional
        ('colorama>=0.4; sys_platform == "nowhere"', None, True),
    ],
)
def test_a_requirement_is_met_or_named_with_a_cure(requirement, installed, fits):
    name = requirement.split(">")[0].split("<")[0]
    versions = {"python": "3.12.1", **({name: installed} if installed else {})}
    problems = reproducibility.unmet(">=3.11,<3.14", [requirement], versions)
    assert (problems == []) == fits
    for problem in problems:
        assert name in problem and (installed or "not installed") in problem and "make lab" in problem


@pytest.mark.parametrize(
    ("version", "fits"), [("3.10.9", False), ("3.11.0", True), ("3.13.5", True), ("3.14.0", False)]
)
def test_python_out_of_range_is_named(version, fits):
    problems = reproducibility.unmet(">=3.11,<3.14", [], {"python": version})
    assert (problems == []) == fits
    assert all(version in problem and "make setup" in problem for problem in problems)


def test_a_package_that_is_not_installed_is_named():
    (problem,) = reproducibility.check("a-package-nobody-has")
    assert "a-package-nobody-has" in problem and "make lab" in problem


def test_another_backend_is_named_with_the_cure():
    script = "from dlcourse import reproducibility; print(reproducibility.check())"
    variables = {**os.environ, "KERAS_BACKEND": "jax"}
    run = subprocess.run(
        [sys.executable, "-c", script], env=variables, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    assert "'jax'" in run.stdout and "KERAS_BACKEND" in run.stdout


def test_a_package_that_does_not_load_is_named(tmp_path, monkeypatch):
    (tmp_path / "broken_package.py").write_text("raise ImportError('first line\\nDLL load failed')\n")
    monkeypatch.syspath_prepend(tmp_path)
    (problem,) = reproducibility._unloadable("json", "broken_package")
    assert "broken_package" in problem and "DLL load failed" in problem and "What to do" in problem


# The figures.


@pytest.fixture
def axes():
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_confusion_writes_the_counts_of_scikit_learn(axes):
    from sklearn.metrics import confusion_matrix

    from dlcourse.figures import classification

    random = np.random.default_rng(0)
    truth, answers = random.integers(4, size=50), random.integers(4, size=50)
    matrix = confusion_matrix(truth, answers, labels=range(4))
    classification.confusion(matrix, "abcd", ax=axes)
    assert texts(axes) == [str(count) if count else "" for count in matrix.ravel()]
    shown = axes.images[0].get_array()
    assert np.all(np.diag(shown) == 0) and shown.sum() == np.sum(truth != answers)


def test_confusion_refuses_another_shape():
    from dlcourse.figures import classification

    with pytest.raises(ValueError, match=r"\(3, 3\).*\(2, 3\)"):
        classification.confusion(np.zeros((2, 3), int), "abc", caption="none")


def test_numbers_stand_where_the_picture_has_them(axes):
    from dlcourse.figures import primer

    picture = np.arange(6).reshape(2, 3)
    primer.numbers(picture, ax=axes)
    written = {
        (round(t.get_position()[1]), round(t.get_position()[0])): float(t.get_text()) for t in axes.texts
    }
    assert written == dict(np.ndenumerate(picture))
    with pytest.raises(ValueError, match=r"\(8, 8, 1\)"):
        primer.numbers(np.zeros((8, 8, 1)), caption="none")


@pytest.mark.parametrize(("height", "width"), [(3, 4), (1, 2), (5, 1)])
def test_broadcasting_shows_every_sum(axes, height, width):
    from dlcourse.figures import primer

    column, row = 10 * np.arange(height), np.arange(width)
    primer.broadcasting(column, row, ax=axes)
    sums = {f"{c + r:g}" for c in column for r in row}
    assert sums <= set(texts(axes))
    assert f"shape ({height}, 1)" in texts(axes) and f"shape (1, {width})" in texts(axes)
    assert len(axes.patches) == 3 * height * width


def test_descent_draws_the_paths_it_is_given(axes):
    from dlcourse.figures import primer

    path = np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 1.0]])
    primer.descent(lambda w, b: (w - 2) ** 2 + (b - 1) ** 2, {"one": path, "two": -path}, ax=axes)
    drawn = [line.get_xydata() for line in axes.lines]
    assert np.array_equal(drawn[0], path) and np.array_equal(drawn[1], -path)


def test_reading_needs_a_caption():
    from dlcourse.figures import primer

    with pytest.raises(ValueError, match="caption"):
        primer.reading({"a": np.zeros((2, 2))}, np.full(10, 0.1), caption="", alt="a picture")


# The chapter's own function.


def from_chapter(name):
    """A function that the chapter defines, alone."""
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    (definition,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    space = {"np": np}
    exec(compile(ast.Module([definition], []), str(SOURCE), "exec"), space)
    return space[name]


def test_the_rule_of_broadcasting_is_numpys():
    broadcast_shape = from_chapter("broadcast_shape")
    shapes = [shape for axes in range(4) for shape in itertools.product((1, 2, 3), repeat=axes)]
    for one, other in itertools.product(shapes, repeat=2):
        try:
            expected = np.broadcast_shapes(one, other)
        except ValueError:
            expected = None
        assert broadcast_shape(one, other) == expected, (one, other)


def test_mistakes_in_the_least_confident_tenth_are_counted_as_by_sorting():
    share = from_chapter("in_lowest_tenth")
    random = np.random.default_rng(0)
    confidence, wrong = random.random(200), random.random(200) < 0.3
    least = sorted(range(200), key=lambda i: confidence[i])[:20]
    assert share(confidence, wrong) == pytest.approx(sum(wrong[i] for i in least) / sum(wrong))


def test_mistakes_that_another_reader_makes_as_well():
    """Five mistakes; of the two of largest sureness, places 7 and 3, the other reader makes one."""
    share = from_chapter("misread_as_well")
    wrong = np.isin(np.arange(10), [1, 3, 4, 7, 9])
    sureness = np.array([0.99, 0.2, 0.98, 0.8, 0.5, 0.97, 0.96, 0.9, 0.95, 0.3])
    assert share(sureness, wrong, np.isin(np.arange(10), [0, 1, 3, 9]), many=2) == 0.5
    assert share(-sureness, wrong, np.isin(np.arange(10), [0, 1, 3, 9]), many=2) == 1.0


def test_a_line_fitted_with_matching_shapes_is_least_squares_and_with_others_flat():
    chapter = chapter_code.definitions("00")
    for seed in (3, 4):
        random = np.random.default_rng(seed)
        x = random.uniform(-1, 1, size=20)
        y = 2 * x + 1 + random.normal(scale=0.1, size=20)
        assert chapter.learnt_slope((20,), seed) == pytest.approx(np.polyfit(x, y, 1)[0], abs=1e-2)
        assert chapter.learnt_slope((20, 1), seed) == pytest.approx(0, abs=1e-2)


def test_memories_are_compared_by_their_mistakes():
    chapter = chapter_code.definitions("00")
    pictures = np.eye(4).repeat(196, axis=1).reshape(4, 28, 28, 1)
    known, half = [
        chapter.datasets.Split(pictures, np.array(labels)) for labels in ([0, 1, 2, 3], [0, 1, 0, 0])
    ]
    one = chapter.datasets.Split(pictures, np.array([0, 1, 2, 0]))
    chapter.new = known
    assert chapter.share_right(half, known) == 0.5
    assert chapter.mistakes_left(half, one) == 0.5


def test_a_memory_is_boiled_down_to_its_averages_and_likeness_is_a_distance():
    chapter = chapter_code.definitions("00")
    random = np.random.default_rng(0)
    pictures = random.random((30, 28, 28, 1)).astype("float32")
    memory = chapter.datasets.Split(pictures, np.arange(30) % 10)
    averages = chapter.averaged(memory)
    assert averages.y.tolist() == list(range(10))
    assert averages.x[3] == pytest.approx((pictures[3] + pictures[13] + pictures[23]) / 3)
    new = chapter.datasets.Split(random.random((4, 28, 28, 1)).astype("float32"), np.zeros(4))
    apart = np.linalg.norm((new.x[:, None] - pictures).reshape(4, 30, -1), axis=-1).min(axis=1)
    assert chapter.likeness(memory, new) == pytest.approx(-apart, rel=1e-3)


# Keras' fit, the loop written out, and training.fit.


@pytest.mark.parametrize(
    ("examples", "batch_size", "epochs", "optimizer"),
    [(50, 16, 2, "adam"), (64, 64, 3, "sgd"), (33, 8, 1, "rmsprop")],
)
def test_keras_fit_the_loop_and_training_fit_give_the_same_weights(examples, batch_size, epochs, optimizer):
    """From one start, on the same batches in the same order: equal to rounding, and far from where they began."""
    import keras
    import tensorflow as tf

    chapter = chapter_code.definitions("00")
    random = np.random.default_rng(examples)
    x = random.normal(size=(examples, 3, 2)).astype("float32")
    y = random.integers(4, size=examples).astype("int32")
    batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(batch_size)

    def network():
        return keras.Sequential(
            [
                keras.Input((3, 2)),
                keras.layers.Flatten(),
                keras.layers.Dense(7, "relu"),
                keras.layers.Dense(4),
            ]
        )

    networks = by_keras, by_hand, by_course = [network() for _ in range(3)]
    start = by_keras.get_weights()
    for each in networks:
        each.set_weights(start)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    by_keras.compile(optimizer=optimizer, loss=loss)
    by_keras.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    chapter.fit_by_hand(by_hand, keras.optimizers.get(optimizer), loss, batches, epochs)
    objective = chapter.training.objectives.classification()
    chapter.training.fit(by_course, objective, batches, epochs=epochs, optimizer=optimizer)
    for ours in (by_hand, by_course):
        for one, other in zip(ours.get_weights(), by_keras.get_weights(), strict=True):
            assert np.abs(one - other).max() < 1e-5
    assert (
        max(np.abs(after - before).max() for after, before in zip(by_hand.get_weights(), start, strict=True))
        > 1e-3
    )


def test_the_table_names_what_there_is():
    """Each name of training.fit's column is one that training.fit or the package takes."""
    import inspect

    from dlcourse import training

    table = [line for line in SOURCE.read_text(encoding="utf-8").splitlines() if line.startswith("# | ")]
    column = [line.split("|")[2] for line in table if "training." in line or "=" in line]
    keywords = set(inspect.signature(training.fit).parameters)
    used = {word for cell in column for word in re.findall(r"\b(\w+)=", cell)}
    assert {"optimizer", "seed", "validation", "early_stopping", "checkpoint", "epochs"} <= used <= keywords
    for name in {found for cell in column for found in re.findall(r"training\.([\w.]+)", cell)}:
        thing = training
        for part in name.rstrip(".").split("."):
            thing = getattr(thing, part)


# The drawings.


@pytest.mark.parametrize(("inputs", "units"), [(3, 2), (2, 3), (1, 1)])
def test_a_layer_is_drawn_with_its_sums(axes, inputs, units):
    from dlcourse.figures import primer

    random = np.random.default_rng(inputs)
    x, biases = random.integers(-3, 4, inputs), random.integers(-3, 4, units)
    weights = random.integers(-3, 4, (inputs, units))
    primer.dense_layer(x, weights, biases, ax=axes)
    z = x @ weights + biases
    for unit in range(units):
        assert any(text.replace("−", "-").endswith(f"= {z[unit]}") for text in texts(axes))
    assert [text for text in texts(axes)].count("relu") == units
    assert {f"{max(value, 0)}" for value in z} <= set(texts(axes))


def test_a_network_is_drawn_with_every_shape(axes):
    from dlcourse.figures import primer

    primer.network_layers(
        [("in", "(3,)", "data"), ("Dense", "(2,)", "weights"), ("out", "", "data")], "One", ax=axes
    )
    assert {"in", "(3,)", "Dense", "(2,)", "out"} <= set(texts(axes))
    primer.training_step(ax=axes)
    assert {"logits", "tape", "update"} <= set(texts(axes))


# Its exercise in Keras.


def test_the_network_of_the_exercise_is_judged_layer_by_layer():
    import keras

    from dlcourse import exercises

    judge = exercises.find("00.3").judge

    def network(units=(64, 32, 10), shape=(28, 28, 1), flatten=True, activation="relu", last=None):
        first = [keras.Input(shape), *([keras.layers.Flatten()] if flatten else [])]
        hidden = [keras.layers.Dense(width, activation=activation) for width in units[:-1]]
        return keras.Sequential([*first, *hidden, keras.layers.Dense(units[-1], activation=last)])

    assert judge(network()) is None
    assert network().count_params() == 52_650  # as the solution says
    for wrong, said in [
        (3, "A Keras model"),
        (keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)]), "keras.Input"),
        (network(shape=(784,)), "28 rows"),
        (network(flatten=False), "one list of numbers"),
        (network(units=(64, 10)), "[64, 10]"),
        (network(activation=None), "bend"),
        (network(last="softmax"), "scores of any size"),
    ]:
        assert said in judge(wrong)
