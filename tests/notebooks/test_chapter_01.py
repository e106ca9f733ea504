"""What chapter 01 computes and uses: its loop, its loss, its bumps, linear regions, snippets, the recorded study."""

import itertools

import chapter_code
import numpy as np
import pytest

from dlcourse import datasets, exercises, models, recording
from dlcourse.analysis import linear_regions
from dlcourse.datasets import language_snippets, texts


@pytest.mark.parametrize("units", [1, 2, 3, 5, 8, 12])
def test_lines_in_general_position_reach_zaslavskys_bound(units):
    random = np.random.default_rng(units)
    kernel, bias = random.normal(size=(2, units)), random.normal(size=units)
    assert (
        linear_regions.regions_of_layer(kernel, bias)
        == linear_regions.most_regions(units)
        == 1 + units + units * (units - 1) // 2
    )


@pytest.mark.parametrize("units", [2, 3, 8])
def test_lines_through_one_point_make_two_regions_each(units):
    kernel = np.random.default_rng(units).normal(size=(2, units))
    assert linear_regions.regions_of_layer(kernel, np.zeros(units)) == 2 * units


def test_special_arrangements_by_hand():
    assert (
        linear_regions.regions_of_layer([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]], [0.0, 1.0, 2.0]) == 4
    )  # three parallels
    grid = [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]
    assert linear_regions.regions_of_layer(grid, [0.0, 1.0, 0.0, 1.0]) == 9  # a noughts-and-crosses board
    assert (
        linear_regions.regions_of_layer([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]], [0.0, 0.0, 0.0]) == 6
    )  # three through a point
    assert linear_regions.most_regions(3, dimensions=3) == 8
    with pytest.raises(ValueError, match="kernel"):
        linear_regions.regions_of_layer(np.zeros((3, 4)), np.zeros(4))


@pytest.mark.parametrize("hidden", [[5], [4, 3]])
def test_a_network_is_linear_within_a_pattern(hidden):
    model = models.mlp((2,), 2, hidden=hidden, seed=1)
    model.set_weights([weight + 0.3 for weight in model.get_weights()])
    points = linear_regions.grid(((-2.0, 2.0), (-2.0, 2.0)), points=60)
    found, index = linear_regions.patterns(model, points)
    assert len(found) == len(set(map(bytes, found))) and found.shape[1] == sum(hidden)
    assert set(index) == set(range(len(found)))
    outputs = np.asarray(model(points))
    for region in range(len(found)):
        inside = points[index == region]
        if len(inside) < 8:
            continue
        system = np.column_stack([inside, np.ones(len(inside))])
        residual = (
            system @ np.linalg.lstsq(system, outputs[index == region], rcond=None)[0]
            - outputs[index == region]
        )
        assert np.abs(residual).max() < 1e-4


def test_patterns_are_for_relu_networks_only():
    with pytest.raises(ValueError, match="ReLU"):
        linear_regions.patterns(models.mlp((2,), 2, hidden=[3], activation="tanh"), np.zeros((1, 2)))


@pytest.mark.parametrize("length", [7, 20])
def test_snippets_are_of_their_language_and_share_no_block(length):
    names = ["english", "german"]
    dataset, alphabet = language_snippets.languages(names, length, characters=20_000)
    blocks = {}
    for label, name in enumerate(names):
        whole = language_snippets.plain(texts.read(name))[:20_000]
        homes = {}  # from a snippet's text to the blocks that it may come from
        for block in range(20):
            for start in range(0, 1_000 - length + 1, length):
                text = whole[block * 1_000 + start : block * 1_000 + start + length]
                homes.setdefault(text, set()).add(block)
        for part in ("train", "validation", "test"):
            split = getattr(dataset, part)
            found = [homes["".join(alphabet[code] for code in codes)] for codes in split.x[split.y == label]]
            blocks[label, part] = set.union(*[home for home in found if len(home) == 1])
    for label in range(2):
        parts = [blocks[label, part] for part in ("train", "validation", "test")]
        assert [len(part) for part in parts] == [12, 4, 4]
        assert len(set.union(*parts)) == 20
    for part in (dataset.train, dataset.validation, dataset.test):
        assert part.x.shape == (len(part), length) and part.x.dtype == np.int32
        assert np.bincount(part.y).tolist() == [len(part) // 2] * 2


def test_plain_text_is_letters_and_single_spaces():
    assert language_snippets.plain("  L'Été,\n42 Füße! ") == "l été füße"
    with pytest.raises(ValueError, match="have fewer"):
        language_snippets.languages(["english"], 20, characters=10**9)
    with pytest.raises(ValueError, match="length of a block"):
        language_snippets.languages(["english"], 2_000)


def test_a_recorded_point_of_the_study_comes_back_within_its_interval():
    study = chapter_code.study("ch01_reuse")
    from dlcourse.experiments import transfer
    from dlcourse.measured import Measured

    recorded = recording.load("ch01_reuse")
    build, pretraining, jit_compile = study.NETWORKS["dense"]
    place = recorded["counts"].index(20)
    known, new, score = study.split_digits(datasets.load("mnist"))
    again = transfer.reuse(
        build,
        known,
        new,
        score,
        counts=[20],
        seeds=[0],
        pretraining=pretraining,
        steps=100,
        jit_compile=jit_compile,
        contenders=("reused", "from nothing"),
    )
    rows = [values for key, values in recorded.items() if key.startswith("dense")]
    for contender, value in again.items():
        of_seeds = Measured([row[contender][place] for row in rows])
        assert abs(value[0, 0] - of_seeds.mean) < 4 * of_seeds.sd


def test_every_recorded_sweep_has_its_best_rate_inside_and_finer_steps_around_it():
    recorded = recording.load("ch01_rates")
    assert len(recorded) >= 20
    for name, found in recorded.items():
        rates = sorted(map(float, found))
        assert list(map(float, found)) == rates
        best = rates.index(float(max(found, key=lambda rate: np.mean(found[rate]))))
        assert 0 < best < len(rates) - 1, name
        steps = np.log2(np.divide(rates[1:], rates[:-1]))
        assert steps.max() < 1.01 and steps[best - 1 : best + 1].max() < 0.51, name
        assert {len(scores) for scores in found.values()} == {3}


@pytest.mark.parametrize("peak", [1e-4, 3e-2, 1.0])
def test_a_sweep_finds_a_peak_wherever_it_begins(peak):
    found = chapter_code.study("ch01_rates").sweep(lambda rate: [-abs(np.log(rate / peak))], 1e-2)
    best = float(max(found, key=lambda rate: found[rate][0]))
    assert peak / 1.2 < best < peak * 1.2


def test_a_recorded_point_of_the_sweeps_comes_back():
    study = chapter_code.study("ch01_rates")
    recorded = recording.load("ch01_rates")["activation: none"]
    data = datasets.load("mnist1d")
    from dlcourse.training import repeats

    rate = max(recorded, key=lambda rate: np.mean(recorded[rate]))
    again = repeats.accuracies(
        lambda seed: models.mlp((40, 1), 10, hidden=[], seed=seed),
        data.train,
        data.validation,
        seeds=study.SEEDS,
        steps=500,
        learning_rate=float(rate),
    )
    assert np.abs(again - recorded[rate]).max() < 0.02


# What the chapter writes out.


@pytest.mark.parametrize(
    ("examples", "batch_size", "epochs", "optimizer"),
    [(40, 8, 2, "adam"), (64, 64, 3, "sgd"), (21, 5, 1, "rmsprop")],
)
def test_keras_fit_the_loop_and_training_fit_give_the_same_weights(examples, batch_size, epochs, optimizer):
    """With Normalization adapted, from one start and in one order: equal to rounding, its statistics untouched."""
    import keras

    chapter = chapter_code.definitions("01")
    random = np.random.default_rng(examples)
    data = datasets.Split(
        random.normal(3, 5, (examples, 30)).astype("float32"),
        random.integers(2, size=examples).astype("int32"),
    )
    normalization = keras.layers.Normalization()
    normalization.adapt(data.x)
    by_keras, by_hand, by_course = (chapter.nuclei_network(normalization) for _ in range(3))
    start = by_keras.get_weights()
    by_hand.set_weights(start)
    by_course.set_weights(start)
    orders = [chapter.training.loop.epoch_order(examples, 7, epoch).numpy() for epoch in range(epochs)]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    by_keras.compile(optimizer=optimizer, loss=loss)
    for order in orders:
        by_keras.fit(data.x[order], data.y[order], batch_size=batch_size, shuffle=False, verbose=0)
    chapter.fit_by_hand(by_hand, keras.optimizers.get(optimizer), loss, data, orders, batch_size)
    chapter.training.fit(
        by_course, chapter.training.objectives.classification(), data,
        epochs=epochs, batch_size=batch_size, optimizer=optimizer, seed=7,
    )  # fmt: skip
    for ours in (by_hand, by_course):
        for one, other in zip(ours.get_weights(), by_keras.get_weights(), strict=True):
            assert np.abs(one - other).max() < 1e-4 * (1 + np.abs(other).max())
    moved = [np.abs(after - before).max() for after, before in zip(by_hand.get_weights(), start, strict=True)]
    assert max(moved) > 1e-3 and max(moved[:2]) == 0
    assert np.allclose(np.ravel(start[0]), data.x.mean(axis=0), atol=1e-4)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_the_cross_entropy_is_scipys_also_where_exponentials_overflow(classes):
    from scipy import special

    chapter = chapter_code.definitions("01")
    for scale in (1, 30, 1e4):
        logits = np.random.default_rng(classes).normal(scale=scale, size=classes)
        for label in range(classes):
            expected = special.logsumexp(logits) - logits[label]
            assert chapter.cross_entropy(logits, label) == pytest.approx(expected)


@pytest.mark.parametrize("stairs", [3, 10, 40])
def test_bumps_are_the_curves_value_at_the_middle_of_each_stair(stairs):
    chapter = chapter_code.definitions("01")
    kernel, bias, output, last = chapter.bumps(chapter.curve, stairs)
    assert kernel.shape == (1, 2 * stairs) and output.shape == (2 * stairs, 1)
    middle = ((np.arange(stairs) + 0.5) / stairs)[:, None]
    z = 1 / (1 + np.exp(-np.clip(middle @ kernel + bias, -500, 500)))
    assert np.allclose(z @ output + last, chapter.curve(middle), atol=1e-6)


def test_equal_columns_are_one_unit():
    chapter = chapter_code.definitions("01")
    kernel = np.array([[1.0, 1.0, 2.0], [0.5, 0.5, 0.5]])
    assert chapter.different_units(kernel) == 2 and chapter.different_units(kernel[:, :2]) == 1
    network = models.mlp((3,), 2, hidden=[4], seed=0)
    same, varied = chapter.all_at(0.05, 0.0, network, 0), chapter.all_at(0.05, 0.1, network, 0)
    assert [part.shape for part in same] == [weight.shape for weight in network.weights]
    assert np.all(same[0] == 0.05) and np.all(same[1] == 0) and np.all(varied[1] == 0)
    assert 0 < np.abs(varied[0] - 0.05).max() <= 0.005


def test_a_threshold_lent_a_slope_is_a_step_forward_and_a_sigmoid_backward():
    import tensorflow as tf

    chapter = chapter_code.definitions("01")
    z = tf.Variable([-2.0, -0.1, 0.3, 4.0])
    with tf.GradientTape() as tape:
        steps = chapter.threshold_lent_a_slope(z)
    sigmoid = 1 / (1 + np.exp(-z.numpy()))
    assert steps.numpy() == pytest.approx([0, 0, 1, 1], abs=1e-6)
    assert tape.gradient(steps, z).numpy() == pytest.approx(sigmoid * (1 - sigmoid), abs=1e-6)


def test_networks_side_by_side_learn_a_curve_as_each_does_alone_in_the_order_of_its_seed():
    from dlcourse.models.stacked import feed_forward
    from dlcourse.training import objectives, repeats

    chapter = chapter_code.definitions("01")
    random = np.random.default_rng(0)
    data = [random.normal(size=(50, 1)).astype("float32") for _ in range(2)]
    runs = [(3, 0.01), (4, 0.1)]
    networks = feed_forward.mlp([3, 4], (1,), 1, hidden=[5], shared=False)
    chapter.side_by_side(networks, chapter.squared_error, data, 20, runs)
    for place, (seed, rate) in enumerate(runs):
        alone = repeats.Repeats(
            models.mlp((1,), 1, hidden=[5], seed=seed), objectives.regression(), steps=20, batch_size=64,
            jit_compile=False,
        )  # fmt: skip
        alone.train(models.mlp((1,), 1, hidden=[5], seed=seed), *data, seed=seed, learning_rate=rate)
        together = feed_forward.alone(networks, place).get_weights()
        for one, other in zip(together, alone.model.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


# The drawings.


@pytest.fixture
def axes():
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


@pytest.mark.parametrize("inputs", [1, 2, 4])
def test_a_unit_is_drawn_with_every_weight(axes, inputs):
    from dlcourse.figures import networks

    weights = np.arange(inputs) - 1.5
    networks.unit([f"input {k}" for k in range(inputs)], weights, -2, "relu", "0", ax=axes)
    texts = {text.get_text().replace("−", "-") for text in axes.texts}
    assert {f"× {weight:g}" for weight in weights} <= texts and "add up,\nbias -2" in texts
    assert {"relu", "0", "$z$"} <= texts


@pytest.mark.parametrize("widths", [[2, 3], [4, 5, 5, 3], [1, 1, 1]])
def test_a_dense_network_is_drawn_with_every_connection(axes, widths):
    from dlcourse.figures import networks

    networks.dense_network(widths, [f"layer {k}" for k in range(len(widths))], "One", ax=axes)
    assert len(axes.lines) == sum(a * b for a, b in itertools.pairwise(widths))
    assert len(axes.patches) == sum(widths)
    texts = [text.get_text() for text in axes.texts]
    assert all(any(f"({a}, {b})" in text for text in texts) for a, b in itertools.pairwise(widths))


# Its exercise in Keras.


def test_the_reader_of_irises_is_judged_by_what_it_is():
    import keras

    judge = exercises.find("01.3").judge
    irises = datasets.load("iris")

    def network(adapted=None, hidden=(16, 16), activation="relu", last=None, trained=0):
        inputs = keras.Input((4,))
        x = inputs
        if adapted is not None:
            normalization = keras.layers.Normalization()
            normalization.adapt(adapted)
            x = normalization(x)
        for units in hidden:
            x = keras.layers.Dense(units, activation=activation)(x)
        model = keras.Model(inputs, keras.layers.Dense(3, activation=last)(x))
        model.compile(
            keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        )
        if trained:
            model.fit(irises.train.x, irises.train.y, epochs=trained, batch_size=16, verbose=0)
        return model

    everything = np.concatenate([irises.train.x, irises.test.x])
    for wrong, said in [
        ("a network", "A Keras model"),
        (models.mlp((3,), 3, hidden=[16, 16]), "measurements"),
        (network(), "one scale"),
        (network(everything), "adapt"),
        (network(irises.train.x, hidden=(16,)), "Two hidden layers"),
        (network(irises.train.x, activation=None), "bend"),
        (network(irises.train.x, last="softmax"), "Logits may have"),
        (network(irises.train.x), "trained"),
    ]:
        assert said in judge(wrong)
    keras.utils.set_random_seed(1)
    assert judge(network(irises.train.x, trained=50)) is None
