"""Models against NumPy by hand, their counts of parameters, their seeds and their errors."""

import itertools

import keras
import numpy as np
import pytest

from dlcourse import models, training


def relu(x):
    return np.maximum(x, 0)


@pytest.mark.parametrize("hidden", [[], [5], [7, 3], [4] * 6])
@pytest.mark.parametrize("shape", [(3,), (4, 4, 1)])
def test_an_mlp_is_what_numpy_says(hidden, shape):
    model = models.mlp(shape, 3, hidden=hidden, seed=1)
    for layer in model.layers:
        if layer.weights:
            layer.bias.assign(np.random.default_rng(0).normal(size=layer.bias.shape))
    x = np.random.default_rng(1).normal(size=(6, *shape)).astype("float32")
    expected = x.reshape(6, -1)
    dense = [layer for layer in model.layers if layer.weights]
    for layer in dense[:-1]:
        expected = relu(expected @ layer.kernel.numpy() + layer.bias.numpy())
    expected = expected @ dense[-1].kernel.numpy() + dense[-1].bias.numpy()
    np.testing.assert_allclose(model(x), expected, rtol=1e-4, atol=1e-5)
    widths = [np.prod(shape), *hidden, 3]
    assert model.count_params() == sum((a + 1) * b for a, b in itertools.pairwise(widths))


@pytest.mark.parametrize(
    ("shape", "filters"), [((8, 8, 1), (3,)), ((9, 7, 2), (2, 4)), ((28, 28, 1), (32, 64))]
)
def test_a_convnet_has_the_shapes_and_counts_of_the_formula(shape, filters):
    model = models.convnet(shape, 5, filters=filters, hidden=6, seed=0)
    height, width, channels = shape
    expected = 0
    for count in filters:
        expected += (9 * channels + 1) * count
        height, width, channels = height // 2, width // 2, count
    expected += (height * width * channels + 1) * 6 + 7 * 5
    assert model.count_params() == expected
    assert model(np.zeros((2, *shape), "float32")).shape == (2, 5)


@pytest.mark.parametrize(
    "build",
    [
        lambda seed: models.mlp((4,), 2, hidden=[4, 4], seed=seed),
        lambda seed: models.convnet((8, 8, 1), 2, filters=(4, 4), hidden=4, seed=seed),
    ],
)
def test_seeds_decide_the_weights_and_layers_differ(build):
    def kernels(model):
        return [weight.numpy() for weight in model.weights if "kernel" in weight.path]

    first, again, other = kernels(build(0)), kernels(build(0)), kernels(build(1))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize(
    "build",
    [
        lambda: models.mlp((4,), 4, hidden=[4, 4, 4], seed=0),
        lambda: models.convnet((16, 16, 4), 4, filters=[4, 4, 4], seed=0),
        lambda: models.resnet((8, 8, 4), 4, filters=[4, 4], blocks=2, seed=0),
        lambda: models.recurrent((5, 4), 4, units=[4, 4, 4], seed=0),
        lambda: models.vae((2, 2, 1), 4, hidden=[4, 4], seed=0),
    ],
    ids=["mlp", "convnet", "resnet", "recurrent", "vae"],
)
def test_kernels_of_equal_shapes_start_from_other_weights(build):
    kernels = [weight.numpy() for weight in build().trainable_weights if "kernel" in weight.path]
    pairs = [(a, b) for a, b in itertools.combinations(kernels, 2) if a.shape == b.shape]
    assert len(pairs) >= 3
    assert not any(np.array_equal(a, b) for a, b in pairs)


def test_options_reach_every_layer():
    model = models.mlp(
        (4,),
        2,
        hidden=[3, 3],
        activation="tanh",
        initializer=keras.initializers.Constant(0.1),
        regularizer=keras.regularizers.L2(0.5),
        dropout=0.25,
        seed=0,
    )
    assert float(sum(model.losses)) == pytest.approx(0.5 * 0.01 * (12 + 9 + 6), rel=1e-5)
    assert sum(isinstance(layer, keras.layers.Dropout) for layer in model.layers) == 2
    assert float(model(np.ones((1, 4), "float32"))[0, 0]) == pytest.approx(
        3 * 0.1 * np.tanh(0.3 * np.tanh(0.4)), rel=1e-5
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: models.mlp(784, 10, hidden=[5]),
            r"mlp\(input_shape\)=784: expected the shape of one example",
        ),
        (lambda: models.mlp((0,), 10, hidden=[5]), "whole numbers of 1 or more without the batch axis"),
        (lambda: models.mlp((4,), 0, hidden=[5]), r"mlp\(classes\)=0"),
        (lambda: models.mlp((4,), 2, hidden=[5, 0]), r"mlp\(hidden\)\[1\]=0"),
        (lambda: models.mlp((4,), 2, hidden=[5], dropout=1.0), r"mlp\(dropout\)=1.0"),
        (lambda: models.convnet((28, 28), 10), "one example, 3 axes"),
        (lambda: models.convnet((3, 8, 1), 10), "height and width must be at least 4"),
        (lambda: models.convnet((8, 8, 1), 10, filters=(0,)), r"convnet\(filters\)\[0\]=0"),
        (lambda: models.resnet((8,), 10), "height, width, channels. or .time, channels"),
        (lambda: models.resnet((4, 8, 1), 10, stem_stride=2, filters=(4, 4, 4)), "divide each axis by 8"),
        (lambda: models.resnet((8, 8, 1), 10, filters=(4, 4), blocks=[1]), "as many numbers of blocks"),
        (lambda: models.resnet((8, 8, 1), 10, filters=(4, 0)), r"resnet\(filters\)\[1\]=0"),
        (lambda: models.resnet((8, 8, 1), 10, stem_kernel=2.0), r"resnet\(stem_kernel\)=2.0"),
        (lambda: models.resnet((8, 8, 1), 10, filters=4), r"resnet\(filters\)=4: expected a list of widths"),
        (
            lambda: models.resnet((8, 8, 1), 10, filters=[]),
            r"resnet\(filters\)=\[\]: expected 1 or more widths",
        ),
        (
            lambda: models.resnet((8, 8, 1), 10, filters=(4,), blocks="2"),
            r"blocks\[0\]\)='2': expected a whole",
        ),
        (lambda: models.resnet((8, 8, 1), 10, seed=0.5), r"resnet\(seed\)=0.5"),
        (lambda: models.RandomAffine("10"), "RandomAffine.*ranges are 0 or more"),
        (lambda: models.RandomAffine(float("nan")), "RandomAffine.*ranges are 0 or more"),
        (lambda: models.RandomAffine(seed=-1), r"RandomAffine\(seed\)=-1"),
        (lambda: models.convolution_block(keras.Input((8,)), 4), "expected .batch, time, channels"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_saved_model_gives_the_same_outputs(tmp_path):
    x = np.random.default_rng(0).random((3, 8, 8, 1), dtype="float32")
    for model in [models.mlp((8, 8, 1), 3, hidden=[4]), models.convnet((8, 8, 1), 3, filters=(4,), hidden=4)]:
        model.save(tmp_path / "model.keras")
        np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))


def normalised(x, layer):
    """Batch normalisation outside training, by hand."""
    scale = layer.gamma.numpy() / np.sqrt(layer.moving_variance.numpy() + layer.epsilon)
    return (x - layer.moving_mean.numpy()) * scale + layer.beta.numpy()


@pytest.mark.parametrize(
    ("shape", "stride", "filters"), [((6, 5, 3), 1, 3), ((6, 6, 3), 2, 5), ((9, 2), 2, 4)]
)
def test_a_residual_block_is_what_numpy_says(shape, stride, filters):
    inputs = keras.Input(shape)
    block = keras.Model(inputs, models.residual_block(inputs, filters, stride=stride, name="block"))
    random = np.random.default_rng(0)
    for weight in block.weights:
        weight.assign(random.uniform(0.2, 1.0, weight.shape) * random.choice([-1.0, 1.0], weight.shape))
        if "variance" in weight.path:
            weight.assign(np.abs(weight))
    x = random.normal(size=(2, *shape)).astype("float32")

    def convolved(values, name):
        layer = block.get_layer(f"{name}_convolution")
        assert layer.bias is None
        values = keras.ops.conv(values, layer.kernel, strides=layer.strides, padding="same")
        return normalised(np.asarray(values), block.get_layer(f"{name}_normalisation"))

    branch = convolved(relu(convolved(x, "block_1")), "block_2")
    short = x if branch.shape == x.shape else convolved(x, "block_shortcut")
    np.testing.assert_allclose(block(x), relu(branch + short), rtol=1e-3, atol=1e-4)


def test_a_resnet_has_the_layers_and_counts_of_the_formula():
    model = models.resnet((28, 28, 1), 10, filters=(4, 8), blocks=2, stem_kernel=5, stem_stride=2, seed=0)
    normalised_convolution = lambda k, a, b: k * k * a * b + 4 * b  # noqa: E731
    expected = normalised_convolution(5, 1, 4) + 4 * normalised_convolution(3, 4, 4)
    expected += (
        normalised_convolution(3, 4, 8)
        + 3 * normalised_convolution(3, 8, 8)
        + normalised_convolution(1, 4, 8)
    )
    assert model.count_params() == expected + 9 * 10
    assert model.get_layer("stage_1_block_2_activation").output.shape == (None, 14, 14, 4)
    assert model.get_layer("means").input.shape == (None, 7, 7, 8)
    plain = models.resnet((28, 28, 1), 10, filters=(4, 8), blocks=2, shortcut=False, seed=0)
    assert not any(isinstance(layer, keras.layers.Add) for layer in plain.layers)
    assert models.resnet((40, 1), 10, filters=(4, 8))(np.zeros((2, 40, 1), "float32")).shape == (2, 10)


def test_stages_give_the_maps_that_a_detector_needs():
    maps = models.residual_stages(keras.Input((32, 48, 3)), (4, 8, 16), [1, 2, 1])
    assert [one.shape for one in maps] == [(None, 32, 48, 4), (None, 16, 24, 8), (None, 8, 12, 16)]


def test_a_resnets_seed_decides_its_weights():
    first, again, other = (
        models.resnet((8, 8, 1), 3, filters=(4,), seed=seed).get_weights() for seed in (0, 0, 1)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])
    kernels = [weight for weight in first if weight.shape == (3, 3, 4, 4)]
    assert len(kernels) == 2 and not np.array_equal(*kernels)


def test_a_batch_normalised_network_trained_by_fit_has_the_statistics_of_keras_fit():
    """Whole-data batches, so that the order of examples, which the two draw differently, makes no difference."""
    random = np.random.default_rng(0)
    y = (np.arange(24) % 3).astype("int32")
    x = (random.random((24, 8, 8, 1)) + y[:, None, None, None]).astype("float32")
    ours, theirs = (models.resnet((8, 8, 1), 3, filters=(4, 6), seed=0) for _ in range(2))
    start = [weight.numpy() for weight in ours.weights]
    training.fit(
        ours,
        training.objectives.classification(),
        (x, y),
        epochs=5,
        batch_size=24,
        optimizer=keras.optimizers.SGD(0.05),
    )
    keras.utils.set_random_seed(0)
    theirs.compile(keras.optimizers.SGD(0.05), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    theirs.fit(x, y, epochs=5, batch_size=24, verbose=0)
    moved = 0
    for mine, other, before in zip(ours.weights, theirs.weights, start, strict=True):
        np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol=2e-3, atol=2e-4, err_msg=mine.path)
        moved += "moving" in mine.path and np.abs(mine.numpy() - before).max() > 1e-3
    assert moved == 2 * 6  # means and variances: the stem, two blocks of two, one shortcut
    np.testing.assert_allclose(ours(x, training=False), theirs(x, training=False), rtol=1e-2, atol=1e-3)
