"""Probes against scikit-learn's ridge classifier and NumPy by hand; reuse on a task where it must pay."""

import keras
import numpy as np
import pytest
from sklearn.linear_model import Ridge

from dlcourse import datasets, models
from dlcourse.analysis import probing
from dlcourse.experiments import transfer
from dlcourse.models.stacked import feed_forward
from dlcourse.training import repeats


def blobs(examples, features, classes, seed, noise=1.0):
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(classes, features))
    y = random.integers(0, classes, examples).astype("int32")
    return datasets.Split(
        (centres[y] + noise * random.normal(size=(examples, features))).astype("float32"), y
    )


@pytest.mark.parametrize(("examples", "features", "classes"), [(200, 5, 3), (60, 100, 4), (30, 30, 2)])
@pytest.mark.parametrize("penalty", [0.01, 1.0])
def test_ridge_classifier_is_scikit_learns(examples, features, classes, penalty):
    train, test = blobs(examples, features, classes, seed=1), blobs(300, features, classes, seed=2)
    probe = probing.RidgeClassifier(penalty).fit(train.x, train.y)
    scale = np.sqrt(np.mean((train.x - train.x.mean(axis=0)) ** 2))
    labels = np.eye(classes)[train.y]
    ridge = Ridge(alpha=penalty * examples).fit(train.x / scale, labels)
    assert probe.weights == pytest.approx(ridge.coef_.T, abs=2e-3)
    assert np.mean(probe.predict(test.x) == ridge.predict(test.x / scale).argmax(axis=1)) > 0.99


def test_ridge_classifier_keeps_labels_and_refuses_nonsense():
    probe = probing.RidgeClassifier().fit([[0.0], [1.0], [2.0], [3.0]], [5, 5, 9, 9])
    assert probe.predict([[-1.0], [4.0]]).tolist() == [5, 9]
    assert probe.accuracy([[-1.0], [4.0]], [5, 5]) == 0.5
    with pytest.raises(ValueError, match="0 or more"):
        probing.RidgeClassifier(-1)
    with pytest.raises(ValueError, match="2 examples and 1 labels"):
        probing.RidgeClassifier().fit([[0.0], [1.0]], [1])


@pytest.mark.parametrize("hidden", [[4], [6, 3], [5, 4, 3]])
def test_activations_are_those_written_out(hidden):
    model = models.mlp((7,), 2, hidden=hidden, seed=3)
    x = np.random.default_rng(0).normal(size=(23, 7)).astype("float32")
    found = probing.activations(model, x)
    value, weights = x, model.get_weights()
    for index, layer in enumerate(found.values()):
        value = np.maximum(value @ weights[2 * index] + weights[2 * index + 1], 0)
        assert layer == pytest.approx(value, abs=1e-5)
    assert [layer.shape[1] for layer in found.values()] == hidden


def test_networks_side_by_side_are_probed_one_by_one():
    networks = feed_forward.mlp([3, 4], (5,), 3, hidden=[6, 4])
    x = np.random.default_rng(0).normal(size=(20, 5)).astype("float32")
    for place, seed in enumerate([3, 4]):
        alone = probing.activations(
            feed_forward.alone(networks, place), x
        )  # a Sequential that nobody has called
        expected = probing.activations(models.mlp((5,), 3, hidden=[6, 4], seed=seed), x)
        for found, wanted in zip(alone.values(), expected.values(), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_activations_of_convolutions_are_flattened_and_a_linear_model_has_none():
    model = models.convnet((8, 8, 1), 3, filters=(2, 3), hidden=5)
    shapes = [
        values.shape for values in probing.activations(model, np.zeros((4, 8, 8, 1), "float32")).values()
    ]
    assert shapes == [(4, 128), (4, 48), (4, 5)]
    with pytest.raises(ValueError, match="no hidden layer"):
        probing.activations(models.mlp((3,), 2, hidden=[]), np.zeros((1, 3), "float32"))


def test_probe_finds_what_a_layer_was_built_to_hold():
    # One hidden unit is the label itself, which no line can read off the input.
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (400, 2)).astype("float32")
    split = datasets.Split(x, (x[:, 0] * x[:, 1] > 0).astype("int32"))
    model = models.mlp((2,), 2, hidden=[4])
    kernel = np.array([[1, -1, 1, -1], [1, -1, -1, 1]], "float32")  # relu(±(a+b)), relu(±(a-b))
    model.set_weights([kernel, np.zeros(4), np.zeros((4, 2)), np.zeros(2)])
    assert probing.probe(x, split.y, x, split.y) < 0.65
    assert probing.probe_layers(model, split, split)[0] > 0.95


def test_draws_are_of_each_class_and_nested():
    y = np.array([0, 1, 1, 0, 1, 0, 0])
    few, more = transfer.draw_by_class(y, 1, seed=4), transfer.draw_by_class(y, 3, seed=4)
    assert np.array_equal(few, more[:, :1])
    assert np.array_equal(y[more], [[0] * 3, [1] * 3])
    with pytest.raises(ValueError, match="only 3 examples"):
        transfer.draw_by_class(y, 4, seed=4)


def signs(examples, seed):
    """Twelve numbers, of which the first two decide, by whether they have the same sign: no line can tell."""
    x = np.random.default_rng(seed).uniform(-1, 1, (examples, 12)).astype("float32")
    return datasets.Split(x, (x[:, 0] * x[:, 1] > 0).astype("int32"))


def test_a_head_start_on_the_same_task_pays():
    found = transfer.reuse(
        lambda seed: models.mlp((12,), 2, hidden=[32], seed=seed),
        known=signs(4_000, seed=1),
        new=signs(500, seed=2),
        score=signs(1_000, seed=3),
        counts=[10, 40],
        seeds=[0, 1, 2],
        pretraining=1_500,
        steps=200,
        jit_compile=False,
    )
    assert {name: values.shape for name, values in found.items()} == dict.fromkeys(
        transfer.CONTENDERS, (3, 2)
    )
    assert np.min(found["reused"] - found["from nothing"]) > 0.1
    assert abs(np.mean(found["another start"] - found["from nothing"])) < 0.1


def small(seed):
    return models.mlp((5,), 3, hidden=[4], seed=seed)


def test_repeats_gives_the_weights_of_a_loop_in_keras():
    data = blobs(50, 5, 3, seed=1)
    from dlcourse import training

    study = repeats.Repeats(
        small(0),
        training.objectives.classification(),
        steps=30,
        batch_size=8,
        optimizer=keras.optimizers.Adam(0.01),
        jit_compile=False,
    )
    study.train(small(7), data.x, data.y, seed=1)  # what went before must leave no trace
    losses = study.train(small(2), data.x, data.y, seed=3)
    model, order = small(2), study.order(np.arange(50), 3).reshape(30, 8)
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    expected = [float(model.train_on_batch(data.x[rows], data.y[rows])) for rows in order[:1]]
    for rows in order[1:]:
        model.train_on_batch(data.x[rows], data.y[rows])
    assert losses[0] == pytest.approx(expected[0], rel=1e-4)
    for found, wanted in zip(study.model.get_weights(), model.get_weights(), strict=True):
        assert found == pytest.approx(wanted, abs=1e-4)


def test_repeats_goes_over_all_rows_pass_after_pass():
    study = repeats.Repeats(small(0), None, steps=5, batch_size=4, jit_compile=False)
    order = study.order(np.array([3, 5, 8]), seed=0)
    assert order.shape == (20,)
    assert all(sorted(order[start : start + 3]) == [3, 5, 8] for start in range(0, 18, 3))


def test_repeats_learning_rate_holds_for_one_training_and_those_after_it():
    from dlcourse import training

    data = blobs(50, 5, 3, seed=1)
    study = repeats.Repeats(
        small(0), training.objectives.classification(), steps=5, batch_size=8, jit_compile=False
    )
    start = small(0).get_weights()
    study.train(start, data.x, data.y, seed=0, learning_rate=0.0)
    assert all(
        np.array_equal(before, after) for before, after in zip(start, study.model.get_weights(), strict=True)
    )
    study.train(start, data.x, data.y, seed=0, learning_rate=0.1)
    assert not np.array_equal(start[0], study.model.get_weights()[0])


def test_repeats_says_what_it_cannot_do():
    with pytest.raises(ValueError, match="whole number"):
        repeats.Repeats(small(0), None, steps=0, batch_size=8)
    with pytest.raises(ValueError, match="dropout"):
        repeats.Repeats(models.mlp((5,), 3, hidden=[4], dropout=0.5), None, steps=1, batch_size=8)
    with pytest.raises(ValueError, match="no examples"):
        repeats.Repeats(small(0), None, steps=1, batch_size=8).order(np.array([], int), 0)
