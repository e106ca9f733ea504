"""Chapter 06a's tools: convolution, receptive fields, Gabor fits, attribution, local filters, augmentation."""

import ast
import re

import chapter_code
import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage, signal

from dlcourse import checks, datasets, exercises, models, recording, reproducibility, training
from dlcourse.analysis import attribution, gabor, receptive_field
from dlcourse.datasets import Split
from dlcourse.experiments import digit_readers, sample_efficiency, shuffled_mnist1d, transfer
from dlcourse.figures import convolution as drawings
from dlcourse.from_scratch import convolution
from dlcourse.training import repeats


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def typed(name):
    """What the code of an exercise's solution leaves behind when it is typed, a dict."""
    known = {"keras": keras, "np": np, "checks": checks, "mnist": datasets.load("mnist")}
    for block in re.findall(r"```python\n(.*?)```", "\n".join(exercises.find(name).solution), re.DOTALL):
        exec(block, known)
    return known


def test_the_built_solution_is_accepted_and_near_misses_are_told_why(capsys):
    judge, right = exercises.find("06a.3").judge, typed("06a.3")["answer"]
    assert judge(right) is None and right.count_params() < 10_000
    layers = right.layers

    def built(*layers, loss=None):
        model = keras.Sequential([keras.Input((32, 32, 3)), *layers])
        if loss:
            model.compile("adam", loss)
        return model

    logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for model, said in [
        ("text", "this is str"),
        (
            keras.Sequential([keras.Input((32, 32, 1)), keras.layers.Flatten(), keras.layers.Dense(5)]),
            "inputs",
        ),
        (built(*layers[:-1]), "how many classes"),
        (built(layers[0], layers[-2], keras.layers.Dense(5)), "three are asked for"),
        (built(*layers[:-2], keras.layers.Flatten(), keras.layers.Dense(5)), "parameters, most of them in"),
        (built(*layers, keras.layers.Softmax()), "Logits were asked for"),
        (built(*layers), "isn't compiled"),
        (built(*layers, loss="sparse_categorical_crossentropy"), "the cross-entropy of logits"),
        (built(*layers, loss="categorical_crossentropy"), "*sparse*"),
    ]:
        assert said in judge(model), said
    assert judge(built(*layers, loss=logits)) is None


def test_the_solution_of_turns_follows_turns():
    known = typed("06a.5")
    layer, image = known["TurningConvolution"](3), random(2, 6, 6, 2).astype("float32")
    layer(image)
    found = layer(np.rot90(image, 2, axes=(1, 2)))
    np.testing.assert_allclose(found, np.rot90(layer(image), 2, axes=(1, 2)), atol=1e-5)
    plain = keras.layers.Conv2D(3, 3, padding="same")
    assert not np.allclose(
        plain(np.rot90(image, axes=(1, 2))), np.rot90(plain(image), axes=(1, 2)), atol=1e-2
    )


@pytest.mark.parametrize(
    ("stride", "dilation", "same"), [(1, 1, False), (2, 1, True), (3, 1, True), (1, 2, True)]
)
@pytest.mark.parametrize(("shape", "kernel"), [((7, 9, 1), (3, 3, 1, 2)), ((8, 6, 3), (5, 2, 3, 4))])
def test_loops_are_tensorflows_convolution(shape, kernel, stride, dilation, same):
    if dilation * (kernel[0] - 1) + 1 > shape[0] and not same:
        pytest.skip("the kernel is larger than the map")
    x, weights = random(*shape), random(*kernel, seed=1)
    expected = tf.nn.convolution(
        x[None], weights, strides=stride, dilations=dilation, padding="SAME" if same else "VALID"
    )[0]
    found = convolution.by_loops(x, weights, stride, dilation, same)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    whole = convolution.padded(x, weights, stride, dilation) if same else x
    product = convolution.matrix(weights, whole.shape, stride, dilation) @ whole.ravel()
    np.testing.assert_allclose(product.reshape(found.shape), expected, atol=1e-12)
    padding = "same" if same else "valid"
    assert found.shape[0] == convolution.output_size(shape[0], kernel[0], stride, dilation, padding)


def test_one_channel_is_scipys_correlation():
    x, weights = random(9, 8), random(3, 3, seed=1)
    found = convolution.by_loops(x[..., None], weights[..., None, None])[..., 0]
    np.testing.assert_allclose(found, signal.correlate2d(x, weights, "valid"), atol=1e-12)


@pytest.mark.parametrize("size", [2, 3])
def test_pooling_is_that_of_keras(size):
    x = random(7, 9, 2)
    theirs = keras.layers.MaxPooling2D(size)(x[None])[0]
    np.testing.assert_allclose(convolution.pooled(x, size), theirs, atol=1e-6)


def test_a_kernel_larger_than_its_map_is_named():
    with pytest.raises(ValueError, match="spans 9, and the axis has 8"):
        convolution.output_size(8, 5, dilation=2)


def stack(*layers, size=40):
    return keras.Sequential([keras.Input((size, size, 1)), *layers])


STACKS = {
    "three 3x3": lambda: [keras.layers.Conv2D(4, 3, padding="same", name=n) for n in ("a", "b", "end")],
    "stride and dilation": lambda: [
        keras.layers.Conv2D(4, 5, 2, padding="same", activation="relu"),
        keras.layers.Conv2D(4, 3, dilation_rate=2, padding="same", name="end"),
    ],
    "pooling": lambda: [
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(4, 3, padding="same", name="end"),
    ],
}


@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize("unit", [0, 3, 7])
def test_the_field_by_formula_is_that_of_a_changed_pixel(name, unit):
    """Change one pixel at a time: the unit's value moves for exactly the pixels of its field."""
    keras.utils.set_random_seed(0)
    model = stack(*STACKS[name]())
    field = receptive_field.by_formula(model, "end")
    base = np.random.default_rng(0).random((40, 1, 40, 40, 1)).astype("float32")  # 40 images
    moved = np.zeros(40, bool)
    for image in base[:12]:
        changed = np.repeat(image, 40, axis=0)
        changed[np.arange(40), np.arange(40)] += 3.0  # row r of image r
        values = np.asarray(model(changed))[:, unit, unit] - np.asarray(model(image))[:, unit, unit]
        moved |= np.abs(values).max(axis=1) > 1e-5
    seen = np.flatnonzero(moved)
    assert (seen[0], seen[-1] + 1) == (field.pixels(unit, 40).start, field.pixels(unit, 40).stop)
    gradient = receptive_field.by_gradient(model, "end", base[:, 0], unit=(unit, unit))
    assert receptive_field.seen(gradient) == (len(seen), len(seen))


def test_a_layer_without_a_rule_and_an_unknown_name_are_named():
    model = stack(
        keras.layers.Conv2D(2, 3), keras.layers.Flatten(), keras.layers.Dense(2, name="end"), size=5
    )
    with pytest.raises(ValueError, match="kind Flatten"):
        receptive_field.by_formula(model, "end")
    with pytest.raises(ValueError, match="no layer 'other'"):
        receptive_field.by_formula(stack(keras.layers.Conv2D(2, 3)), "other")


def test_spread_is_the_standard_deviation_of_a_bell():
    places = np.arange(61) - 30
    bell = np.exp(-(places**2) / (4 * 5.0**2))  # its square has the standard deviation 5
    assert receptive_field.spread(np.outer(bell, bell)) == pytest.approx(5.0, rel=1e-3)
    assert receptive_field.seen(np.zeros((4, 4))) == (0, 0)


@pytest.mark.parametrize("side", [5, 7, 9])
def test_gabor_functions_are_found_and_noise_is_not(side):
    places = np.arange(side) - (side - 1) / 2
    rows, columns = np.meshgrid(places, places, indexing="ij")
    angle, sigma, wavelength = np.pi / 3, 0.25 * side, 0.7 * side
    along = columns * np.cos(angle) + rows * np.sin(angle)
    across = -columns * np.sin(angle) + rows * np.cos(angle)
    wave = 3 * np.exp(-(along**2 + across**2) / (2 * sigma**2)) * np.cos(2 * np.pi * along / wavelength + 0.4)
    shares, shapes, fits = gabor.fit([wave])
    assert shares[0] == pytest.approx(1.0, abs=1e-9)
    np.testing.assert_allclose(fits[0], wave, atol=1e-6)
    assert (shapes[0].angle, shapes[0].wavelength) == (pytest.approx(angle), pytest.approx(wavelength))
    noise, _, _ = gabor.fit(random(20, side, side))
    assert noise.mean() < 0.75
    assert gabor.fit(random(20, side, side) * 7)[0] == pytest.approx(noise)  # whatever the scale


@pytest.mark.parametrize("kernels", [np.zeros((1, 5, 5)), np.ones((5, 5)), np.ones((2, 4, 5))])
def test_gabor_names_bad_kernels(kernels):
    with pytest.raises(ValueError, match="kernels"):
        gabor.fit(kernels)


def small_resnet():
    return models.resnet((12, 12, 1), 3, filters=(4, 8), seed=0)


def test_saliency_is_the_change_by_finite_differences():
    keras.config.set_dtype_policy("float64")
    model = models.resnet((6, 6, 1), 3, filters=(3,), seed=0)
    keras.config.set_dtype_policy("float32")
    image = np.random.default_rng(0).random((1, 6, 6, 1))
    found = attribution.saliency(model, image, [2])[0]
    for row, column in [(0, 0), (3, 2), (5, 5)]:
        step = np.zeros_like(image)
        step[0, row, column] = 1e-4
        change = (model(image + step)[0, 2] - model(image - step)[0, 2]) / 2e-4
        assert found[row, column] == pytest.approx(abs(float(change)), rel=0.02)


def test_class_activation_adds_up_to_the_logit():
    model, images = small_resnet(), np.random.default_rng(0).random((4, 12, 12, 1), dtype="float32")
    maps = attribution.class_activation(model, images, [0, 1, 2, 0])
    logits = np.asarray(model(images))[np.arange(4), [0, 1, 2, 0]]
    assert maps.shape == (4, 6, 6)
    np.testing.assert_allclose(maps.mean(axis=(1, 2)), logits, atol=1e-5)  # the biases start at 0


def test_occlusion_is_the_fall_of_the_logit():
    model, images = small_resnet(), np.random.default_rng(0).random((3, 12, 12, 1), dtype="float32")
    falls = attribution.occlusion(model, images, [1, 0, 2], side=4, step=4)
    assert falls.shape == (3, 3, 3)
    covered = images[1:2].copy()
    covered[:, 4:8, 8:12] = 0
    expected = float(model(images[1:2])[0, 0] - model(covered)[0, 0])
    assert falls[1, 1, 2] == pytest.approx(expected, abs=1e-5)


def test_the_signed_gradient_raises_the_loss():
    model, images = small_resnet(), np.random.default_rng(0).random((8, 12, 12, 1), dtype="float32")
    labels = np.arange(8) % 3
    sign = attribution.signed_gradient(model, images, labels)
    assert set(np.unique(sign)) <= {-1.0, 0.0, 1.0}
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert loss(labels, model(images + 0.01 * sign)) > loss(labels, model(images))


@pytest.mark.parametrize(("kernel", "stride", "size"), [(3, 1, 6), (5, 2, 7), (7, 2, 28)])
def test_local_filters_that_are_equal_everywhere_are_a_convolution(kernel, stride, size):
    layer = models.LocalConvolution2D(4, kernel, stride, activation=None)
    x = random(2, size, size, 3).astype("float32")
    layer.build(x.shape)
    layer.kernel.assign(np.repeat(layer.kernel[:1], layer.kernel.shape[0], axis=0))
    found = layer(x)
    weights = layer.kernel[0].numpy().reshape(kernel, kernel, 3, 4)
    np.testing.assert_allclose(found, tf.nn.conv2d(x, weights, stride, "SAME"), atol=1e-4)


def test_local_filters_are_each_places_own():
    layer = models.LocalConvolution2D(2, 3, 2, activation="relu", seed=0)
    x = random(2, 6, 6, 3).astype("float32")
    found = np.asarray(layer(x))
    assert layer.kernel.shape == (9, 27, 2) and found.shape == (2, 3, 3, 2)
    layer.kernel.assign(layer.kernel * np.where(np.arange(9) == 4, 2, 1)[:, None, None])  # the middle alone
    changed = np.array(layer(x))
    np.testing.assert_allclose(changed[:, 1, 1], 2 * found[:, 1, 1], rtol=1e-5)
    changed[:, 1, 1] = found[:, 1, 1]
    np.testing.assert_array_equal(changed, found)


def test_local_layers_and_augmentation_are_saved(tmp_path):
    inputs = keras.Input((8, 8, 1))
    x = models.LocalConvolution2D(2, 3, 2, seed=1)(models.RandomAffine(rotation=5)(inputs))
    model = keras.Model(inputs, x)
    model.save(tmp_path / "model.keras")
    x = random(3, 8, 8, 1).astype("float32")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))


@pytest.mark.parametrize(
    ("angle", "scale", "shear", "shift"),
    [(0.0, 1.0, 0.0, (0.0, 0.0)), (0.3, 1.0, 0.0, (0.0, 0.0)), (-0.2, 1.2, 0.1, (2.0, -1.0))],
)
def test_an_affine_change_is_scipys(angle, scale, shear, shift):
    image = ndimage.gaussian_filter(random(21, 21), 1.5)
    found = models.augmentation.transformed(
        tf.constant(image[None, :, :, None], tf.float32),
        *(tf.constant([value], tf.float32) for value in (angle, scale, shear, *shift)),
    )[0, :, :, 0]
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    forward = scale * turn @ np.array([[1, shear], [0, 1]])  # acts on (x, y)
    back = np.linalg.inv(forward)[::-1, ::-1]  # SciPy has rows first
    offset = 10 - back @ (10 + np.array(shift)[::-1])
    expected = ndimage.affine_transform(image, back, offset, order=1, mode="constant")
    inner = slice(5, -5)  # at the border SciPy has another rule
    np.testing.assert_allclose(found[inner, inner], expected[inner, inner], atol=1e-4)


def test_augmentation_works_in_training_alone_and_is_seeded():
    x = np.random.default_rng(0).random((16, 12, 12, 1), dtype="float32")
    layer = models.RandomAffine()
    np.testing.assert_array_equal(layer(x, training=False), x)
    assert not np.allclose(layer(x, training=True), layer(x, training=True))  # drawn anew
    y = np.arange(16) % 3
    weights = []
    for seed in (0, 0, 1):
        model = models.resnet(
            (12, 12, 1), 3, filters=(3,), augmentation=models.RandomAffine(shift=2.0), seed=0
        )
        training.fit(model, training.objectives.classification(), (x, y), epochs=2, batch_size=8, seed=seed)
        weights.append(model.get_layer("logits").kernel.numpy())
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])
    with pytest.raises(ValueError, match="a scale below 1"):
        models.RandomAffine(scale=1.0)


def test_the_networks_compared_have_the_parameters_they_should():
    convolutional, dense = sample_efficiency.convolutional(0), sample_efficiency.dense(0)
    expected = (9 + 1) * 8 + (9 * 8 + 1) * 16 + (7 * 7 * 16 + 1) * 64 + 65 * 10
    assert convolutional.count_params() == expected
    assert dense.count_params() == pytest.approx(expected, rel=0.01)
    local = 784 * (9 + 1) * 8 + 196 * (72 + 1) * 16 + (7 * 7 * 16 + 1) * 64 + 65 * 10
    assert sample_efficiency.local(0).count_params() == local
    smaller = 196 * (9 + 1) * 8 + 49 * (72 + 1) * 16 + (3 * 3 * 16 + 1) * 64 + 65 * 4
    assert sample_efficiency.local(0, (14, 14, 1), classes=4).count_params() == smaller


def test_halved_images_are_means_of_squares():
    x = random(3, 4, 6, 2).astype("float32")
    found = sample_efficiency.halved(Split(x, np.arange(3)))
    assert found.x.shape == (3, 2, 3, 2) and found.x.dtype == np.float32 and list(found.y) == [0, 1, 2]
    np.testing.assert_allclose(found.x[1, 1, 2], x[1, 2:4, 4:6].mean(axis=(0, 1)), rtol=1e-5)
    with pytest.raises(ValueError, match="5 by 6"):
        sample_efficiency.halved(Split(np.zeros((1, 5, 6, 1)), np.zeros(1)))


def test_a_compiled_training_used_again_gives_the_same():
    x = np.random.default_rng(0).normal(size=(30, 4)).astype("float32")
    pool, options = Split(x, np.arange(30, dtype="int32") % 3), {"sizes": [6], "seeds": [0, 1], "steps": 5}

    def build(seed):
        return models.mlp((4,), 3, hidden=[8], seed=seed)

    trainings = repeats.classifier(build, steps=5, batch_size=32)
    for _ in range(2):
        found = sample_efficiency.accuracies(build, pool, pool, trainings=trainings, **options)
        np.testing.assert_array_equal(found, sample_efficiency.accuracies(build, pool, pool, **options))


def test_sizes_share_their_examples_and_seeds_repeat():
    random_state = np.random.default_rng(0)
    y = np.arange(60) % 3
    x = random_state.normal(size=(60, 4)).astype("float32") + 3 * y[:, None]
    pool, options = (
        Split(x, y.astype("int32")),
        {"sizes": [6, 30], "seeds": [0, 1], "steps": 60, "batch_size": 5},
    )

    def build(seed):
        return models.mlp((4,), 3, hidden=[8], seed=seed)

    found = sample_efficiency.accuracies(build, pool, pool, learning_rate=0.05, **options)
    again = sample_efficiency.accuracies(build, pool, pool, learning_rate=0.05, **options)
    np.testing.assert_array_equal(found, again)
    assert found.shape == (2, 2) and found[1].mean() > 0.6


def test_the_networks_of_mnist1d_have_their_authors_parameters():
    expected = {
        "MLP": 41 * 100 + 101 * 100 + 101 * 10,
        "CNN": 6 * 25 + 2 * (3 * 25 + 1) * 25 + 126 * 10,
        "GRU": 2 * 3 * (6 + 36 + 12) + 481 * 10,
        "MLP, equal parameters": 41 * 51 + 52 * 51 + 52 * 10,
    }
    for name, count in expected.items():
        assert shuffled_mnist1d.NETWORKS[name](0).count_params() == count, name


def test_shuffling_moves_all_curves_alike():
    data = Split(random(5, 40, 1), np.zeros(5, "int32"))
    order = shuffled_mnist1d.own_order(0)
    assert sorted(order) == list(range(40)) and list(order) != list(range(40))
    np.testing.assert_array_equal(shuffled_mnist1d.shuffled(data, order).x, data.x[:, order])
    assert not np.array_equal(order, shuffled_mnist1d.own_order(1))


def test_the_authors_order_turns_their_curves_into_their_shuffled_ones():
    order = shuffled_mnist1d.authors_order()
    assert sorted(order) == list(range(40))
    straight, mixed = (datasets.mnist1d.generate(shuffle_seq=mix)["x_test"] for mix in (False, True))
    np.testing.assert_allclose(straight[:, order], mixed, atol=1e-6)


def test_the_best_rate_of_a_recorded_grid_lies_inside_it():
    study = {"a, rate 0.1": [0.5, 0.7], "a, rate 0.2": [0.6, 0.7], "a, 100": [0.9], "ab, rate 0.4": [1.0]}
    assert sample_efficiency.best_rate(study, "a") == 0.2
    with pytest.raises(ValueError, match="no key of the study begins with 'c, rate '"):
        sample_efficiency.best_rate(study, "c")
    for name, networks in {
        "ch06_examples": ("convolutional", "dense", "local"),
        "ch06_mnist1d": ("CNN", "MLP, equal parameters"),
    }.items():
        rates, recorded = chapter_code.study(name).RATES, recording.load(name)
        for network in networks:
            assert min(rates) < sample_efficiency.best_rate(recorded, network) < max(rates), network
    study, recorded = chapter_code.study("ch06_transfer"), recording.load("ch06_transfer")
    for prefix in study.SOURCES.values():
        for start in ("frozen, 0 to 9", "fine-tuned, 0 to 9", "from scratch"):
            tried = study.rates_tried(start)
            assert min(tried) < study.best_rates(recorded, f"{prefix}{start}", [2])[2] < max(tried), start


@pytest.mark.parametrize("kind", digit_readers.KINDS)
def test_shipped_readers_are_those_recorded(kind):
    networks, validation = digit_readers.shipped(kind), datasets.load("mnist").validation
    if kind == "small_0_to_4":
        validation = Split(validation.x[validation.y < 5], validation.y[validation.y < 5])
    assert list(networks) == [1, 2, 3, 4, 5] and digit_readers.file(kind).stat().st_size < 1e6
    found = [
        np.mean(training.predict(model, validation.x).argmax(axis=-1) == validation.y)
        for model in networks.values()
    ]
    np.testing.assert_allclose(found, recording.load("ch06_readers")[f"{kind}, accuracy"], atol=2e-3)
    counts = {model.count_params() for model in networks.values()}
    assert counts == {
        {"residual": 57_466, "perceptron": 57_250, "small": 52_138, "small_0_to_4": 51_813}[kind]
    }


def test_readers_of_another_file_or_kind_are_refused(tmp_path, monkeypatch):
    spoilt = tmp_path / "readers.npz"
    np.savez(spoilt, **{"1/0": np.zeros(3)})
    monkeypatch.setattr(digit_readers, "file", lambda kind: spoilt)
    with pytest.raises(ValueError, match="isn't the file that was recorded"):
        digit_readers.shipped("residual")
    with pytest.raises(ValueError, match="expected one of"):
        digit_readers.shipped("other")


@pytest.mark.slow
def test_a_point_of_the_grid_of_rates_is_measured_again():
    study, recorded = chapter_code.study("ch06_examples"), recording.load("ch06_examples")
    reproducibility.start(0)
    np.testing.assert_allclose(study.tuning("dense", 0.004), recorded["dense, rate 0.004"], atol=0.02)


@pytest.mark.slow
def test_a_perceptron_that_reads_is_trained_again():
    study, recorded = chapter_code.study("ch06_readers"), recording.load("ch06_readers")
    reproducibility.start(0)
    _, anew = study.trained("perceptron", 1, {"peak": sample_efficiency.best_rate(recorded, "perceptron")})
    assert (
        abs(anew - recorded["perceptron, accuracy"][0]) < 0.005 < anew - recorded["perceptron, rate 0.001"][0]
    )


@pytest.mark.slow
def test_a_recorded_point_of_mnist1d_is_measured_again():
    """Other machines round otherwise, and 6,000 steps magnify it: within three points."""
    study = chapter_code.study("ch06_mnist1d")
    reproducibility.start(0)
    recorded = recording.load("ch06_mnist1d")
    anew = study.accuracies("MLP", [0])[:, 0]
    np.testing.assert_allclose(anew, recorded["MLP, seed 0"], atol=0.03)
    assert abs(anew[0] - recorded["CNN, seed 0"][0]) > 0.03  # so the test can fail


def chapter_model():
    """The chapter's network, its training step and its residual block, as they stand in its cells."""
    wanted = ("model = keras.Sequential", "loss_of =")
    return chapter_code.definitions("06a", also=lambda node: ast.unparse(node).startswith(wanted))


def test_fit_the_written_loop_and_training_fit_give_the_same_weights():
    chapter = chapter_model()
    model, step = chapter.model, chapter.step
    x, y = random(24, 28, 28, 1).astype("float32"), np.arange(24, dtype="int32") % 10
    order = training.loop.epoch_order(24, seed=3, epoch=0).numpy()
    start = model.get_weights()
    model.compile(keras.optimizers.Adam(1e-3), chapter.loss_of)
    model.fit(x[order], y[order], batch_size=8, shuffle=False, verbose=0)
    by_fit = model.get_weights()
    model.set_weights(start)
    adam = keras.optimizers.Adam(1e-3)
    adam.build(model.trainable_variables)
    for rows in order.reshape(3, 8):
        step(model, adam, chapter.loss_of, x[rows], y[rows])
    by_loop = model.get_weights()
    model.set_weights(start)
    options = {"epochs": 1, "batch_size": 8, "optimizer": keras.optimizers.Adam(1e-3), "seed": 3}
    training.fit(model, training.objectives.classification(), (x, y), **options)
    for before, one, other, third in zip(start, by_fit, by_loop, model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
        np.testing.assert_allclose(third, other, atol=1e-5)
        assert np.abs(other - before).max() > 1e-3  # three steps of 1e-3 show


@pytest.mark.parametrize(("channels", "filters", "stride"), [(8, 8, 1), (4, 6, 2), (4, 6, 1)])
def test_the_block_in_the_chapter_is_the_packages(channels, filters, stride):
    inputs = keras.Input((10, 10, channels))
    written = keras.Model(inputs, chapter_model().block(inputs, filters, stride))
    packaged = keras.Model(inputs, models.residual_block(inputs, filters, stride=stride))
    for kind, part in [
        (keras.layers.Conv2D, "convolution"),
        (keras.layers.BatchNormalization, "normalisation"),
    ]:
        ours = [layer for layer in written.layers if isinstance(layer, kind)]
        ours.sort(key=lambda layer: int(layer.name.rpartition("_")[2]) if layer.name[-1].isdigit() else 0)
        names = [f"residual_{place}_{part}" for place in ("1", "2", "shortcut")][: len(ours)]
        assert len(ours) == sum(isinstance(layer, kind) for layer in packaged.layers)
        for index, (layer, name) in enumerate(zip(ours, names, strict=True)):
            layer.set_weights([random(*w.shape, seed=index) ** 2 for w in layer.get_weights()])
            packaged.get_layer(name).set_weights(layer.get_weights())
            if part == "normalisation":
                packaged.get_layer(name).epsilon = layer.epsilon  # the chapter's has Keras' default
    x = random(3, 10, 10, channels).astype("float32")
    np.testing.assert_allclose(written(x), packaged(x), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(written(x, training=True), packaged(x, training=True), rtol=1e-3, atol=1e-3)


def test_classes_are_picked_and_counted_from_0():
    split = Split(np.arange(6), np.array([7, 2, 5, 7, 1, 2]))
    found = transfer.of_classes(split, [2, 7])
    assert found.x.tolist() == [0, 1, 3, 5] and found.y.tolist() == [1, 0, 1, 0] and found.y.dtype == np.int32


def test_digits_of_eight_dots_lie_in_the_middle_of_mnists_frame():
    x = np.zeros((1, 8, 8, 1), "float32")
    x[0, :, 3] = 1.0
    large = transfer.like_mnist(Split(x, np.array([1]))).x
    assert large.shape == (1, 28, 28, 1) and large.dtype == np.float32
    assert (
        not large[:, :4].any() and not large[:, 24:].any() and large[0, 4:24, 12].min() == pytest.approx(0.9)
    )
    constant = transfer.like_mnist(Split(np.full((1, 8, 8, 1), 0.25, "float32"), np.array([1]))).x
    np.testing.assert_allclose(constant[:, 4:24, 4:24], 0.25, atol=1e-6)


def transfer_case():
    """Curves whose class is the sign of a feature that a trained network computes."""
    generator = np.random.default_rng(0)

    def build(seed):
        return models.mlp((12,), 2, hidden=[6], seed=seed)

    reader, x = build(0), generator.normal(size=(400, 12)).astype("float32")
    hidden = keras.Model(reader.inputs, reader.layers[-2].output)
    y = (np.asarray(hidden(x))[:, 0] > np.asarray(hidden(x))[:, 1]).astype("int32")
    options = {"counts": [4], "steps": 150, "batch_size": 8}
    return build, reader, Split(x[:200], y[:200]), Split(x[200:], y[200:]), options


def test_trained_features_help_and_the_trained_network_stays_as_it_was():
    build, reader, new, score, options = transfer_case()
    before, rates = reader.get_weights(), {(start, 4): 0.02 for start in transfer.STARTS}
    readers = dict.fromkeys(range(5), reader)
    found = transfer.few_labels(readers, build, new, score, rates=rates, **options)
    again = transfer.few_labels(readers, build, new, score, rates=rates, contenders=["frozen"], **options)
    assert set(found) == set(transfer.STARTS) and found["frozen"].shape == (5, 1)
    np.testing.assert_array_equal(found["frozen"], again["frozen"])
    assert found["frozen"].mean() > found["from scratch"].mean() + 0.05
    for one, other in zip(before, reader.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_drawings_say_what_they_compute():
    from matplotlib import pyplot as plt

    shown = {}

    def described(name, function, *data, **options):
        figure, ax = plt.subplots()
        shown[name] = function.__wrapped__(ax, *data, **options)
        texts = [text.get_text() for text in ax.texts]
        plt.close(figure)
        return texts

    image, kernel = np.arange(16).reshape(4, 4), np.array([[1, -1], [0, 2]])
    texts = described("slide", drawings.sliding_kernel, image, kernel, (1, 2))
    value = int((image[1:3, 2:4] * kernel).sum())
    assert f"6·1 + 7·(−1) + 10·0 + 11·2 = {value}" in texts and value == 21
    expected = signal.correlate2d(image, kernel, "valid").tolist()
    assert f"{expected}" in shown["slide"]
    texts = described("sums", drawings.channel_sums, np.ones((2, 2, 3), int), np.full((2, 2, 3), -1))
    assert texts.count("−4") == 3 and "-12" in shown["sums"]
    texts = described("pad", drawings.padding_and_stride)
    assert [text for text in texts if text.startswith("map")] == [f"map of {n}×{n}" for n in (3, 5, 3)]
    described("pool", drawings.pooling, image)
    assert "[[5, 7], [13, 15]]" in shown["pool"]
    strides = {"a": [1, 1, 1], "b": [2, 1, 1]}
    described("field", drawings.growing_field, strides)
    for name, of_layers in strides.items():
        field = receptive_field.Field()
        for stride in of_layers:
            field = field.after(kernel=3, stride=stride)
        assert f"{name}: the top unit depends on {field.size} inputs" in shown["field"]
    stamped = tf.nn.conv1d_transpose(
        np.array([[[2.0], [3.0]]]), np.array([[[1.0]], [[4.0]], [[5.0]]]), [1, 5, 1], 2, "VALID"
    )
    described("stamps", drawings.transposed_convolution, [2, 3], [1, 4, 5])
    assert f"{np.ravel(stamped).astype(int).tolist()}" in shown["stamps"]
    model = models.convnet((8, 8, 3), 5, filters=(4,), hidden=6)
    texts = described("volumes", drawings.network_volumes, model)
    assert "8×8×3" in shown["volumes"] and f"{4 * (27 + 1)}" in texts and f"{(64 + 1) * 6}" in texts
    assert "plus" in drawings.residual_block.__wrapped__(plt.subplots()[1])
    plt.close("all")


@pytest.mark.slow
def test_a_point_of_the_transfer_study_is_measured_again():
    study, recorded = chapter_code.study("ch06_transfer"), recording.load("ch06_transfer")
    reproducibility.start(0)
    found, test = {}, datasets.load("digits").test
    for start in ("frozen, 0 to 9", "frozen, 0 to 4"):
        readers, rates = (
            digit_readers.shipped(study.kind_of(start)[1]),
            study.best_rates(recorded, start, [2]),
        )
        found[start] = study.accuracies(readers, start, rates, test)[:, 0]
        np.testing.assert_allclose(found[start], recorded[f"{start}, 2"], atol=0.03)
    assert np.mean(found["frozen, 0 to 9"]) - np.mean(found["frozen, 0 to 4"]) > 0.03  # so the test can fail
