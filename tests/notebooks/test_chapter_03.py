"""What chapter 03 defines, against calculations by hand; and one recorded point of each of its studies, run again."""

import itertools

import chapter_code
import numpy as np
import pytest
from scipy import integrate

from dlcourse import datasets, exercises, recording, training
from dlcourse.analysis import mean_field, signal_propagation
from dlcourse.experiments import deep_network_cures
from dlcourse.figures import gradients as gradient_figures
from dlcourse.measured import Measured


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("03")


@pytest.mark.parametrize("widths", [(5, 10), (4, 3, 10), (6, 5, 4, 3, 10)])
def test_gradients_by_hand_equal_finite_differences(chapter, widths):
    rng = np.random.default_rng(len(widths))
    kernels = [rng.standard_normal(shape) for shape in itertools.pairwise(widths)]
    x, labels = rng.standard_normal((7, widths[0])), rng.integers(0, 10, 7)

    def loss(kernels):
        h = x @ kernels[0]
        for kernel in kernels[1:]:
            h = 1 / (1 + np.exp(-h)) @ kernel
        return np.mean(np.log(np.exp(h).sum(axis=1)) - h[np.arange(7), labels])

    found = chapter.kernel_gradients(kernels, x, labels)
    for number, kernel in enumerate(kernels):
        numeric = np.zeros_like(kernel)
        for position in np.ndindex(kernel.shape):
            for sign in (1, -1):
                moved = [k.copy() for k in kernels]
                moved[number][position] += sign * 1e-6
                numeric[position] += sign * loss(moved) / 2e-6
        assert found[number] == pytest.approx(numeric, abs=1e-8)


@pytest.mark.parametrize(("variance", "q"), [(1.0, 0.3), (4.0, 2.5)])
def test_log_chi_equals_an_adaptive_integral(chapter, variance, q):
    def integrand(z):
        return (1 - np.tanh(np.sqrt(q) * z) ** 2) ** 2 * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)

    expected = np.log(variance * integrate.quad(integrand, -12, 12)[0]) / 2
    assert chapter.log_chi("tanh", q, variance) == pytest.approx(expected, abs=1e-8)
    assert chapter.log_chi("relu", q, variance) == pytest.approx(np.log(variance / 2) / 2, abs=1e-8)


@pytest.mark.parametrize("depth", [2, 5])
def test_a_gradient_travels_back_through_the_product_of_jacobians(chapter, depth):
    rng = np.random.default_rng(depth)
    kernels = rng.standard_normal((depth, 64, 64)) / 8
    slopes = rng.uniform(0.1, 1, (depth, 64))
    run = signal_propagation.Jacobians(kernels, slopes)
    gradient = np.random.default_rng(0).standard_normal(64)
    for derivatives, known in ((slopes, True), (np.ones_like(slopes), False)):
        product = np.eye(64)
        for kernel, derivative in zip(kernels, derivatives, strict=True):
            product = kernel @ np.diag(derivative) @ product
        expected = np.log10(np.linalg.norm(product.T @ gradient) / np.linalg.norm(gradient))
        assert chapter.travelled(run, slopes=known) == pytest.approx(expected)


@pytest.mark.parametrize("count", [1, 50])
def test_starts_are_drawn_between_a_quarter_and_four(chapter, count):
    chapter.ACTIVATIONS = ["tanh", "relu"]
    drawn, again = chapter.drawn_starts(3, count), chapter.drawn_starts(3, count)
    assert set(drawn) == {"tanh", "relu"} and drawn["tanh"].shape == (count,)
    for name, variances in drawn.items():
        assert ((variances > 0.25) & (variances < 4)).all() and (variances == again[name]).all()
    assert (drawn["tanh"] != chapter.drawn_starts(4, count)["tanh"]).all()


@pytest.mark.parametrize("q", [0.05, 0.4, 1.2])
def test_the_border_is_where_a_root_finder_sees_it(chapter, q):
    weight_variance, bias_variance = chapter.border_point(q)
    assert mean_field.fixed_point("tanh", weight_variance, bias_variance) == pytest.approx(q, rel=1e-4)
    found = mean_field.critical_weight_variance("tanh", bias_variance)
    assert weight_variance == pytest.approx(found, rel=1e-4)


def test_the_first_networks_have_sigmoids_and_the_others_relus(chapter):
    h = np.array([-2.0, 3.0])[None, None] * np.ones((3, 1, 1))
    expected = [1 / (1 + np.exp(-h[0])), np.maximum(h[1], 0), np.maximum(h[2], 0)]
    np.testing.assert_allclose(chapter.sigmoid_and_relu(h, sigmoids=1), expected)


def test_not_level_counts_changes_by_a_factor_of_a_hundred(chapter):
    assert chapter.not_level([-3.0, -1.9, 0.1, 2.0]) == 0.5


# Keras' fit, the callback, the loop, training.fit


@pytest.fixture
def keras_chapter(chapter):
    """The chapter's functions with what its cells give them: data, a loss, a batch to look at."""
    import keras
    import tensorflow as tf

    digits = datasets.load("digits")
    x, y = digits.train.x[:98], digits.train.y[:98]
    chapter.batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(49)
    chapter.validation = (digits.validation.x[:50], digits.validation.y[:50])
    chapter.sample = (x[:20], y[:20])
    chapter.loss_of_logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return chapter


def weights_of(model):
    return np.concatenate([array.ravel() for array in model.get_weights()])


@pytest.mark.parametrize(
    "cure", [{}, {"residual": True}, {"norm": "LayerNormalization"}, {"norm": "BatchNormalization"}]
)
def test_keras_fit_the_written_loop_and_training_fit_agree(keras_chapter, cure):
    import keras

    def build():
        options = {"norm": getattr(keras.layers, cure["norm"])} if "norm" in cure else cure
        return keras_chapter.deep_network(**options, depth=3, units=8)

    by_fit, by_course = build(), build()
    start = weights_of(by_fit)
    assert (weights_of(by_course) == start).all()
    accuracy, norms = keras_chapter.fitted(by_fit, rate=0.01, epochs=2)
    objective = training.objectives.classification()
    training.fit(by_course, objective, keras_chapter.batches, epochs=2, optimizer=keras.optimizers.Adam(0.01))
    written = keras_chapter.by_loop(build(), rate=0.01, epochs=2)
    assert np.abs(weights_of(written) - start).max() > 0.01
    for model in (by_fit, by_course):
        if (
            cure.get("norm") == "BatchNormalization"
        ):  # a bias before it has no gradient: Adam moves it by rounding
            x = keras_chapter.validation[0]
            assert model(x).numpy() == pytest.approx(written(x).numpy(), abs=1e-3)
        else:
            assert weights_of(model) == pytest.approx(weights_of(written), abs=1e-4)
    assert 0 <= accuracy <= 1 and norms.shape == (1, 4)


@pytest.mark.parametrize("depth", [1, 3])
def test_the_callback_records_the_norms_of_the_gradient(keras_chapter, depth):
    import keras
    import tensorflow as tf

    model = keras_chapter.plain_network(depth=depth, units=6)
    _, norms = keras_chapter.fitted(model, rate=0.01, epochs=1)
    x, y = keras_chapter.sample
    with tf.GradientTape() as tape:  # the weights are those after the last epoch
        losses = keras.losses.sparse_categorical_crossentropy(y, model(x), from_logits=True)
        loss = tf.reduce_mean(losses)
    kernels = [layer.kernel for layer in model.layers if hasattr(layer, "kernel")]
    expected = [np.log10(np.linalg.norm(gradient)) for gradient in tape.gradient(loss, kernels)]
    assert norms[-1] == pytest.approx(expected, abs=1e-4) and len(expected) == depth + 1


@pytest.mark.parametrize(("cure", "layer"), [({"dropout": 0.3}, "Dropout"), ({"residual": True}, "Add")])
def test_the_deep_network_has_what_is_asked_for(keras_chapter, cure, layer):
    model = keras_chapter.deep_network(**cure, depth=4, units=5)
    kinds = [type(one).__name__ for one in model.layers]
    assert kinds.count(layer) == 3 and kinds.count("Dense") == 5 and kinds.count("Activation") == 4
    assert model.output_shape == (None, 10)


# The exercise that is answered by a model


def test_the_judge_of_deep_sigmoid_networks():
    import keras

    def network(units=64, depth=30, normalised=False, residual=False, start="glorot_uniform"):
        keras.utils.set_random_seed(1)
        inputs = keras.Input((8, 8, 1))
        h = keras.layers.Dense(units)(keras.layers.Flatten()(inputs))
        for _ in range(depth):
            if normalised:
                h = keras.layers.Activation("sigmoid")(
                    keras.layers.BatchNormalization()(keras.layers.Dense(units)(h))
                )
                continue
            step = keras.layers.Dense(units, activation="sigmoid", kernel_initializer=start)(h)
            h = keras.layers.add([h, step]) if residual else step
        return keras.Model(inputs, keras.layers.Dense(10)(h))

    judge = exercises.find("03.3").judge
    assert judge(network(residual=True)) is None
    assert judge(network(normalised=True)) is None
    assert judge(network(start=keras.initializers.RandomNormal(stddev=(103 / 64) ** 0.5))) is None
    assert "less than a hundredth" in judge(network())
    assert "30 are asked for" in judge(network(depth=29, residual=True))
    assert "30 are asked for" in judge(network(units=32, residual=True))
    assert "maps" in judge(keras.Sequential([keras.Input((64,)), keras.layers.Dense(10)]))
    assert "keras.Model" in judge(3)


def test_drawings():
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(3)
    gradient_figures.jacobian_chain(0.5, layers=3, ax=axes[0])
    gradient_figures.residual_block(("norm", "Dense $W$"), ax=axes[1])
    gradient_figures.normalised_axes([[1, 5], [3, 6], [5, 7]], unit=0, example=2, ax=axes[2])
    texts = [[text.get_text() for text in ax.texts] for ax in axes]
    norms = [float(text.split("=")[1].strip(" $")) for text in texts[0] if "delta" in text]
    assert norms == [0.25, 0.5, 1.0]
    assert {"norm", "Dense $W$", "+"} <= set(texts[1])
    assert "shaded: mean 3, sd 1.63" in texts[2] and "shaded: mean 6, sd 1" in texts[2]
    plt.close(figure)


def test_the_best_rate_is_that_of_the_highest_mean(chapter):
    recorded = {
        "a, Adam, 0.1": [0.2, 0.4],
        "a, Adam, 0.01": [0.5, 0.3],
        "a, SGD, 1": [0.9],
        "b, Adam, 2": [1.0],
    }
    assert chapter.accuracy_at(recorded, "a, Adam") == pytest.approx({0.01: 0.4, 0.1: 0.3})
    assert chapter.best_rate(recorded, "a, Adam") == 0.01


def test_a_recorded_rate_comes_out_again():
    rates = chapter_code.study("ch03_rates")
    values = recording.load("ch03_rates")["tanh 4, width 256"]
    images = datasets.load("digits").train.take(rates.EXAMPLES).x.reshape(rates.EXAMPLES, 64) - 0.5
    q = mean_field.fixed_point("tanh", 4.0)
    images = images * np.sqrt(q / 4.0 / np.mean(images**2, axis=1, keepdims=True))
    again = [
        signal_propagation.random_signals(
            images, depth=rates.DEPTH, width=256, activation="tanh", weight_variances=[4.0], seed=1_000 + seed
        ).log_rate(rates.FIRST, rates.DEPTH)[0]
        for seed in range(20)
    ]
    recorded = Measured(values)
    half_width = np.hypot(recorded.half_width, Measured(again).half_width)
    assert Measured(again).mean == pytest.approx(recorded.mean, abs=1.5 * half_width)


def test_a_recorded_training_comes_out_again():
    cures, digits = chapter_code.study("ch03_cures"), datasets.load("digits")
    for study, options, rate in (
        ("residual, Adam", {"residual": True}, 2.0**-7),
        ("L2 1e-03, Adam", {"l2": 1e-3}, 2.0**-10),
        ("start at χ = 1, 5 layers, Adam", {"depth": 5, "weight_variance": 103.0}, 2.0**-8),
    ):
        recorded = Measured(recording.load("ch03_cures")[cures.key(study, rate)])
        [again] = deep_network_cures.accuracy_by_rate(
            options, [rate], cures.SEEDS, digits.train, digits.validation
        )
        assert np.mean(again) == pytest.approx(recorded.mean, abs=max(3 * recorded.half_width, 0.02))
