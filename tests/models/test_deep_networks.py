"""Stacked deep networks against plain Keras layers with the same weights; gradients by layer; clipping."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse import models, training
from dlcourse.analysis import gradients
from dlcourse.training import loop, objectives, optimizers

SHAPE = (3, 2)
X = np.random.default_rng(0).standard_normal((7, *SHAPE)).astype("float32")
Y = np.array([0, 1, 2, 0, 1, 2, 0], "int32")


def keras_twin(networks, index, activation):
    """One of the networks built from Keras' own layers, with its weights."""
    inputs = keras.Input(SHAPE, dtype=networks.compute_dtype)
    x = keras.layers.Flatten()(inputs)
    kernels = [networks.first.numpy()[index], *networks.hidden.numpy()[index]]
    h, dense = None, []
    for layer in range(networks.depth):
        dense.append(keras.layers.Dense(kernels[layer].shape[1]))
        step = dense[-1](x)
        h = step if h is None or not networks.residual[index] else keras.layers.Add()([h, step])
        x = h
        if networks.normalisation == "batch":
            x = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
        if networks.normalisation == "layer":
            x = keras.layers.LayerNormalization(epsilon=1e-5)(x)
        x = keras.layers.Activation(activation)(x)
    dense.append(keras.layers.Dense(networks.last.shape[-1]))
    model = keras.Model(inputs, dense[-1](x))
    for layer, kernel in zip(dense, [*kernels, networks.last.numpy()[index]], strict=True):
        layer.set_weights([kernel, np.zeros(kernel.shape[1])])
    return model


@pytest.mark.parametrize(
    "options",
    [
        {"depth": 1, "width": 4},
        {"depth": 5, "width": 3, "residual": True},
        {"depth": 4, "width": 3, "residual": [True, False]},
        {"depth": 3, "width": 4, "normalisation": "batch", "activation": "relu", "weight_variance": 2.0},
        {"depth": 3, "width": 5, "normalisation": "layer", "activation": "tanh", "residual": True},
    ],
)
def test_each_network_is_the_keras_network_with_its_weights(options):
    networks = models.DeepNetworks(SHAPE, 3, seeds=(3, 4), **options)
    for training_mode in (True, False):  # training first: it moves batch normalisation's averages
        logits = networks(X[None], training=training_mode).numpy()
        assert logits.shape == (2, 7, 3)
        for index in range(2):
            twin = keras_twin(networks, index, options.get("activation", "sigmoid"))
            twin(X, training=True)
            assert logits[index] == pytest.approx(twin(X, training=training_mode).numpy(), abs=2e-5)


def test_a_network_does_not_depend_on_its_neighbours():
    alone = models.DeepNetworks(SHAPE, 3, depth=4, width=5, seeds=(8,))
    among = models.DeepNetworks(SHAPE, 3, depth=4, width=5, seeds=(2, 8, 5))
    assert among(X[None]).numpy()[1] == pytest.approx(alone(X[None]).numpy()[0], abs=1e-6)
    settings = {"epochs": 3, "batch_size": 7, "optimizer": "adam"}
    for networks in (alone, among):
        training.fit(networks, networks.objective, (X, Y), **settings)
    assert among(X[None]).numpy()[1] == pytest.approx(alone(X[None]).numpy()[0], abs=1e-5)


def test_initial_weights_have_the_variance_asked_for():
    networks = models.DeepNetworks((10,), 3, depth=3, width=200, weight_variance=4.0, seeds=(0,))
    assert np.var(networks.hidden.numpy()) * 200 == pytest.approx(4.0, rel=0.03)
    assert np.var(networks.first.numpy()) * 10 == pytest.approx(1.0, rel=0.1)


def test_objective_adds_up_the_networks_and_the_penalty_is_l2():
    networks = models.DeepNetworks(SHAPE, 3, depth=3, width=4, seeds=(0, 1), l2=0.1)
    loss, metrics = networks.objective(networks, (X, Y), training=False)
    single = [
        keras.losses.sparse_categorical_crossentropy(Y, networks(X[None])[i], from_logits=True).numpy().mean()
        for i in (0, 1)
    ]
    assert float(loss) == pytest.approx(sum(single), rel=1e-5)
    assert float(metrics["accuracy"]) == pytest.approx(np.mean(networks(X[None]).numpy().argmax(-1) == Y))
    squares = sum(np.sum(kernel.numpy() ** 2) for kernel in (networks.first, networks.hidden, networks.last))
    assert float(loop.penalties(networks)) == pytest.approx(0.1 * squares, rel=1e-5)


def test_networks_with_settings_of_their_own_are_those_that_have_them_alone():
    own = {"weight_variance": [1.0, 4.0], "residual": [True, False], "dropout": [0.0, 0.4], "l2": [0.3, 0.0]}
    both = models.DeepNetworks(SHAPE, 3, depth=3, width=4, seeds=(7, 9), **own)
    x = np.random.default_rng(0).random((6, *SHAPE)).astype("float32")
    penalty = 0.0
    for index, seed in enumerate((7, 9)):
        options = {name: values[index] for name, values in own.items()}
        alone = models.DeepNetworks(SHAPE, 3, depth=3, width=4, seeds=(seed,), **options)
        assert both(x).numpy()[index] == pytest.approx(alone(x).numpy()[0], abs=1e-6)
        penalty += sum(
            float(np.sum(options["l2"] * kernel[index] ** 2)) for kernel in (both.first, both.last)
        )
        penalty += float(np.sum(options["l2"] * both.hidden.numpy()[index] ** 2))
    assert float(sum(both.losses)) == pytest.approx(penalty, rel=1e-5)
    dropped = np.abs(both(x, training=True) - both(x)).max(axis=(1, 2))
    assert dropped[0] < 1e-6 < 1e-3 < dropped[1]
    with pytest.raises(ValueError, match="one per seed"):
        models.DeepNetworks(SHAPE, 3, depth=3, width=4, seeds=(7, 9), dropout=[0.1, 0.2, 0.3])


def test_dropout_keeps_the_mean_and_rests_outside_training():
    networks = models.DeepNetworks(
        (4,), 3, depth=1, width=4_000, activation="linear", dropout=0.3, seeds=(0,)
    )
    networks.last.assign(tf.ones_like(networks.last) / 4_000)
    networks.first.assign(tf.ones_like(networks.first))
    x = np.ones((50, 4), "float32")
    assert networks(x[None], training=False).numpy() == pytest.approx(4.0, rel=1e-4)
    dropped = networks(x[None], training=True).numpy()
    assert dropped.mean() == pytest.approx(4.0, rel=0.02) and dropped.std() > 0.01


@pytest.mark.parametrize("hidden", [[], [4], [5, 3, 4]])
def test_gradients_by_layer_equal_finite_differences(hidden):
    keras.config.set_dtype_policy("float64")
    try:
        model = models.mlp(SHAPE, 3, hidden=hidden, activation="tanh", seed=1)
    finally:
        keras.config.set_dtype_policy("float32")
    objective = objectives.classification()
    found = gradients.by_layer(model, objective, (X, Y))
    kernels = [layer.kernel for layer in model.layers if hasattr(layer, "kernel")]
    assert found.shape == (len(hidden) + 1,)
    for norm, kernel in zip(found, kernels, strict=True):
        start, square = kernel.numpy(), 0.0
        for position in np.ndindex(start.shape):
            losses = []
            for step in (1e-5, -1e-5):
                moved = start.copy()
                moved[position] += step
                kernel.assign(moved)
                losses.append(float(objective(model, (X, Y), training=True)[0]))
            square += ((losses[0] - losses[1]) / 2e-5) ** 2
        kernel.assign(start)
        assert norm == pytest.approx(np.log10(np.sqrt(square)), abs=1e-5)


def test_gradients_by_layer_of_stacked_networks_are_each_networks_own():
    networks = models.DeepNetworks(SHAPE, 3, depth=4, width=5, seeds=(0, 1), dtype="float64")
    found = gradients.by_layer(networks, networks.objective, (X, Y))
    assert found.shape == (5, 2)
    for index in range(2):
        keras.config.set_dtype_policy("float64")
        try:
            twin = keras_twin(networks, index, "sigmoid")
        finally:
            keras.config.set_dtype_policy("float32")
        assert found[:, index] == pytest.approx(
            gradients.by_layer(twin, objectives.classification(), (X, Y)), abs=1e-6
        )


def test_rates_per_layer_of_a_straight_line():
    norms = np.array(
        [[-0.1 * layer, 0.2 * layer] for layer in range(12)]
    )  # in powers of ten, first layer first
    assert gradients.rates_per_layer(norms) == pytest.approx(np.array([0.1, -0.2]) * np.log(10))


@pytest.mark.parametrize("norm", [0.01, 1e6])
def test_clipping_one_network_is_keras_global_clipnorm(norm):
    start = models.DeepNetworks(
        SHAPE, 3, depth=3, width=4, activation="relu", weight_variance=8.0, seeds=(0,)
    )
    other = models.DeepNetworks(
        SHAPE, 3, depth=3, width=4, activation="relu", weight_variance=8.0, seeds=(0,)
    )
    settings = {"epochs": 2, "batch_size": 7}
    training.fit(
        start, start.objective, (X, Y), optimizer=optimizers.ClippedSGD(0.05, max_grad_norm=norm), **settings
    )
    training.fit(
        other,
        other.objective,
        (X, Y),
        optimizer=keras.optimizers.SGD(0.05, global_clipnorm=norm),
        **settings,
    )
    assert start(X[None]).numpy() == pytest.approx(other(X[None]).numpy(), abs=1e-5)


def test_clipping_treats_each_network_alone():
    both = models.DeepNetworks(SHAPE, 3, depth=3, width=4, seeds=(0, 1))
    alone = models.DeepNetworks(SHAPE, 3, depth=3, width=4, seeds=(1,))
    for networks in (both, alone):
        training.fit(
            networks,
            networks.objective,
            (X, Y),
            epochs=2,
            batch_size=7,
            optimizer=optimizers.ClippedSGD(0.5, max_grad_norm=0.05),
        )
    assert both(X[None]).numpy()[1] == pytest.approx(alone(X[None]).numpy()[0], abs=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 0}, r"DeepNetworks\(depth\)=0"),
        ({"dropout": 1.0}, "dropout"),
        ({"normalisation": "group"}, "normalisation"),
        ({"weight_variance": 0.0}, "weight_variance"),
        ({"l2": -1.0}, "l2"),
        ({"seeds": ()}, r"DeepNetworks\(len\(seeds\)\)=0"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        models.DeepNetworks(SHAPE, 3, **{"depth": 2, "width": 3, **options})


def test_bad_input_to_gradients_is_named():
    with pytest.raises(ValueError, match="kernel"):
        gradients.by_layer(
            keras.Sequential([keras.Input((2,)), keras.layers.ReLU()]), objectives.classification(), (X, Y)
        )
    with pytest.raises(ValueError, match="max_grad_norm"):
        optimizers.ClippedSGD(max_grad_norm=0)
