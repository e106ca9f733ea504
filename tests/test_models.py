"""Models against NumPy by hand, their counts of parameters, their seeds and their errors."""

import itertools

import keras
import numpy as np
import pytest

from dlcourse import models


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
    mlp = kernels(models.mlp((4,), 4, hidden=[4], seed=0))
    assert not np.array_equal(mlp[0], mlp[1])  # equal shapes, other weights


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
        (lambda: models.mlp(784, 10, hidden=[5]), "shape of one example, without the batch axis"),
        (lambda: models.mlp((0,), 10, hidden=[5]), "every axis of one example"),
        (lambda: models.mlp((4,), 0, hidden=[5]), "classes=0"),
        (lambda: models.mlp((4,), 2, hidden=[5, 0]), r"hidden\[1\]=0"),
        (lambda: models.mlp((4,), 2, hidden=[5], dropout=1.0), "share of units"),
        (lambda: models.convnet((28, 28), 10), "expected 3 axes"),
        (lambda: models.convnet((3, 8, 1), 10), "height and width must be at least 4"),
        (lambda: models.convnet((8, 8, 1), 10, filters=(0,)), r"filters\[0\]=0"),
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
