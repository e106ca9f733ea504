"""What chapter 05 defines: Keras, the loop and training.fit to the same weights; dropout, penalties, ensembles."""

import functools

import chapter_code
import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from dlcourse import datasets, training
from dlcourse.figures import regularization
from dlcourse.from_scratch import penalized_regression
from dlcourse.models.stacked import feed_forward


@functools.cache
def chapter():
    """The functions that the chapter defines, by name, without running its cells."""
    return vars(chapter_code.definitions("05"))


def pictures(count=60, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, 7, 7, 1)).astype("float32"), rng.integers(0, 10, count).astype("int32")


def flat(model):
    return np.concatenate([np.ravel(weight) for weight in model.trainable_weights])


@pytest.mark.parametrize("l2", [0.0, 0.03])
def test_fit_the_loop_and_training_fit_are_one(l2):
    batches = tf.data.Dataset.from_tensor_slices(pictures()).batch(25)
    one, two, three = (chapter()["network"](hidden=5, l2=l2) for _ in range(3))
    start = flat(one)
    np.testing.assert_array_equal(start, flat(two))
    chapter()["compiled"](one, 0.1).fit(batches, epochs=3, shuffle=False, verbose=0)
    chapter()["loop"](two, batches, 3, keras.optimizers.SGD(0.1, momentum=0.9))
    training.fit(
        three, training.objectives.classification(), batches, epochs=3,
        optimizer=keras.optimizers.SGD(0.1, momentum=0.9),
    )  # fmt: skip
    np.testing.assert_allclose(flat(one), flat(two), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(flat(one), flat(three), rtol=1e-4, atol=1e-5)
    assert np.abs(flat(one) - start).max() > 0.01


def test_the_brakes_are_where_they_are_said_to_be():
    model = chapter()["network"](hidden=6, l2=0.5, dropout=0.4)
    kernels = [weight for weight in model.trainable_weights if weight.name == "kernel"]
    expected = 0.5 * sum(float(np.square(kernel.numpy()).sum()) for kernel in kernels)
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)
    x, _ = pictures(4)
    assert not np.allclose(model(x, training=True), model(x, training=False))


def test_the_constraint_is_the_soft_threshold():
    weights = np.random.default_rng(0).normal(size=(7, 5)).astype("float32")
    found = keras.ops.convert_to_numpy(chapter()["SoftThreshold"](0.3)(weights))
    np.testing.assert_allclose(found, penalized_regression.soft_threshold(weights, 0.3), atol=1e-6)
    assert 0 < np.mean(found == 0) < 1


def test_refitted_weights_are_least_squares_on_the_same_features():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(20, 4)), random.normal(size=20)
    path = np.array([[0.0, 0, 0, 0], [0.5, 0, 0, -2], [1, 1, 1, 1]])
    found = chapter()["refitted"](x, y, path)
    assert not found[0].any() and not found[1, 1:3].any()
    for kept, weights in [([0, 3], found[1]), ([0, 1, 2, 3], found[2])]:
        part = x[:, kept]
        np.testing.assert_allclose(weights[kept], np.linalg.solve(part.T @ part, part.T @ y))


@pytest.mark.parametrize("steps", [1, 7])
def test_mirrored_noise_leaves_what_weight_decay_says(steps):
    adamw = keras.optimizers.AdamW(0.1, weight_decay=0.5)
    left = chapter()["shrunk"](adamw, 0.0, [0.1, 10.0], pairs=5, steps=steps)
    np.testing.assert_allclose(left, [(1 - 0.1 * 0.5) ** steps] * 2, rtol=1e-5)


def test_penalties_by_hand():
    x, y = np.random.default_rng(0).normal(size=(9, 5)).astype("float32"), np.arange(9, dtype="int32") % 3
    model = feed_forward.mlp([0, 1], (5,), 3, hidden=[4])
    batch = tf.constant(x), tf.constant(y)
    plain, _ = feed_forward.classification()(model, batch, training=False)
    found, _ = chapter()["penalised"]([0.1, 0.0], [0.0, 0.2])(model, batch, training=False)
    kernel = model.get_layer("hidden_1").kernel.numpy()
    expected = 0.1 * np.abs(kernel[0]).sum() + 0.2 * np.square(kernel[1]).sum()
    assert float(found) - float(plain) == pytest.approx(expected, rel=1e-4)


def test_pruning_keeps_the_largest_and_leaves_the_model():
    split = datasets.Split(
        np.random.default_rng(0).random((40, 28, 28, 1)).astype("float32"), np.arange(40, dtype="int32") % 10
    )
    model = feed_forward.mlp([0, 1], (196,), 10, hidden=[6])
    before = model.get_weights()
    whole = chapter()["after_pruning"](model, 1.0, split)
    logits = training.predict(model, chapter()["sized"](split.x))
    np.testing.assert_array_equal(whole, feed_forward.accuracies(logits, split.y))
    nothing = chapter()["after_pruning"](model, 0.0001, split)
    assert (nothing <= 0.3).all()
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_mean_of_equal_networks_is_each_of_them_and_the_mean_of_others_outvotes():
    labels = np.array([0, 1, 1])
    logits = np.log(np.array([[[0.9, 0.1], [0.4, 0.6], [0.6, 0.4]], [[0.6, 0.4], [0.4, 0.6], [0.1, 0.9]]]))
    chances = special.softmax(logits, axis=-1)[None, None].repeat(
        8, axis=0
    )  # 8 equal epochs, 1 rate, 2 networks
    one, mean, epochs = chapter()["ensemble_errors"](chances, labels)
    assert one[0] == pytest.approx(1 / 6) and epochs[0] == one[0] and mean[0] == 0


def test_last_chances_are_probabilities_of_networks_that_differ():
    mnist, (x, _) = datasets.load("mnist"), pictures(5)
    found = chapter()["last_chances"](mnist, [3, 0], 4, 2, [0.05, 0.1], x, epochs=9)
    assert found.shape == (2, 8, 2, 2, 5, 10)
    np.testing.assert_allclose(found.sum(axis=-1), 1, rtol=1e-6)
    first = found[1]
    assert not np.allclose(first[-1, 0, 0], first[-1, 0, 1]) and not np.allclose(first[0], first[-1])
    alone = chapter()["last_chances"](mnist, [0], 4, 2, [0.05, 0.1], x, epochs=9)
    np.testing.assert_allclose(first, alone[0], rtol=1e-3, atol=1e-4)


def test_drawings_show_what_they_are_given():
    from matplotlib import pyplot as plt

    _, ax = plt.subplots()
    regularization.dropout([1, 0, 1, 1, 0], "a step", ax=ax)
    assert len(ax.patches) == 10 and sum(line.get_marker() == "x" for line in ax.lines) == 2
    assert sum(line.get_marker() != "x" for line in ax.lines) == 3 * 3 + 3 * 2
    with pytest.raises(ValueError, match="as many masks"):
        regularization.dropout([1, 0], "a step", ax=ax)
    _, ax = plt.subplots()
    regularization.early_stopping({"training": [3, 2, 1], "held out": [3, 2, 4]}, 2, "stop", ax=ax)
    assert ax.lines[-1].get_xdata()[0] == 2 and list(ax.lines[1].get_ydata()) == [3, 2, 4]
    plt.close("all")
