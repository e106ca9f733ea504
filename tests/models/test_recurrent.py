"""Recurrent networks, against NumPy by hand, Keras' own layers, and each other."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse import models, training
from dlcourse.analysis import gradients
from dlcourse.datasets import sequence_tasks
from dlcourse.experiments import recurrent_memory
from dlcourse.models.stacked import recurrent
from dlcourse.training import loop
from dlcourse.training.objectives import sequences

CELLS = ("simple", "lstm", "gru")


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("steps, features, units", [(1, 1, 1), (7, 3, 6), (12, 5, 4)])
def test_a_member_of_a_population_is_the_network_of_its_seed(cell, steps, features, units):
    x = random(4, steps, features)
    population = models.RecurrentPopulation([1, 3], features, 5, cell=cell, units=units, last=steps)
    for member, seed in enumerate([1, 3]):
        alone = models.recurrent(
            (steps, features), 5, cell=cell, units=(units,), return_sequences=True, seed=seed
        )
        np.testing.assert_allclose(population(x[None])[member], alone(x), atol=1e-5)


def test_a_population_takes_tokens_and_inputs_of_its_members():
    population = models.RecurrentPopulation(range(3), 4, 2, cell="gru", units=5, tokens=True)
    tokens = np.random.default_rng(0).integers(0, 4, (3, 6, 7)).astype("int32")
    dense = models.RecurrentPopulation(range(3), 4, 2, cell="gru", units=5)
    one_hot = np.eye(4, dtype="float32")[tokens]
    np.testing.assert_allclose(population(tokens), dense(one_hot), atol=1e-6)
    for member in range(3):  # each sees its own
        shared = dense(one_hot[member][None])
        np.testing.assert_allclose(dense(one_hot)[member], shared[member], atol=1e-6)


def test_members_learn_as_they_would_alone():
    x, y = sequence_tasks.adding(64, 6)
    found = []
    for seeds in ([0, 1], [1]):
        networks = models.RecurrentPopulation(seeds, 2, 1, cell="gru", units=4)
        optimizer = keras.optimizers.Adam(1e-2)
        training.fit(networks, recurrent.regression(), (x, y), epochs=3, batch_size=16,
                     optimizer=optimizer)  # fmt: skip
        found.append(networks(x[None]).numpy()[-1])
    np.testing.assert_allclose(*found, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_stateful_parts_give_what_the_whole_gives(cell):
    options = {"cell": cell, "units": (4, 3), "return_sequences": True, "seed": 0}
    whole = models.recurrent((None, 2), 5, **options)
    parts = models.recurrent((None, 2), 5, stateful=True, batch_size=3, **options)
    x = random(3, 9, 2)
    said = np.concatenate([parts(x[:, :4]), parts(x[:, 4:5]), parts(x[:, 5:])], axis=1)
    np.testing.assert_allclose(said, whole(x), atol=1e-5)
    assert np.abs(parts(x) - whole(x)).max() > 1e-3
    models.reset_states(parts)
    np.testing.assert_allclose(parts(x), whole(x), atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_masked_padding_changes_nothing(cell):
    net = models.recurrent((None, 2), 3, cell=cell, units=(4, 3), masking=True, seed=0)
    tokens = models.recurrent((None,), 3, cell=cell, tokens=6, units=(4,), masking=True, seed=0)
    for length in (1, 3, 8):
        x = random(1, length, 2, seed=length)
        np.testing.assert_allclose(net(np.pad(x, [(0, 0), (0, 5), (0, 0)])), net(x), atol=1e-5)
        t = np.random.default_rng(length).integers(1, 6, (1, length)).astype("int32")
        np.testing.assert_allclose(tokens(np.pad(t, [(0, 0), (0, 5)])), tokens(t), atol=1e-5)


def test_recurrent_says_what_is_wrong():
    for options, message in [
        ({"cell": "elman"}, "expected one of 'simple', 'lstm', 'gru'"),
        ({"stateful": True}, "give batch_size"),
        ({"batch_size": -1}, r"recurrent\(batch_size\)=-1: expected a whole number, 1 or more"),
        ({"tokens": 2.5}, r"recurrent\(tokens\)=2.5: expected a whole number"),
        ({"units": ()}, r"recurrent\(units\)=\(\): expected 1 or more widths"),
        ({"units": (0,)}, r"recurrent\(units\)\[0\]=0"),
    ]:
        with pytest.raises(ValueError, match=message):
            models.recurrent((None, 2), 3, **options)
    with pytest.raises(ValueError, match="one example, 1 axes"):
        models.recurrent((5, 2), 3, tokens=4)
    with pytest.raises(ValueError, match="expected one of"):
        models.RecurrentPopulation([0], 2, 1, cell="elman", units=3)
    with pytest.raises(ValueError, match=r"len\(seeds\)\)=0"):
        models.RecurrentPopulation([], 2, 1, cell="gru", units=3)


def test_the_rule_for_xla_knows_recurrent_layers():
    assert loop.xla_pays(models.recurrent((28, 28), 10, cell="gru"), steps=10_000)
    assert not loop.xla_pays(models.recurrent((28, 28), 10, cell="simple"), steps=10_000)


def test_steps_without_a_label_do_not_count():
    model = models.recurrent((6, 2), 3, cell="gru", units=(4,), return_sequences=True, seed=0)
    x, y = random(5, 6, 2), np.random.default_rng(0).integers(0, 3, (5, 6)).astype("int32")
    y[1, 2:], y[4, 1:] = -1, -1
    objective = sequences.sequence_classification()
    loss, metrics = objective(model, (x, y), training=False)
    logits = np.asarray(model(x), "float64")
    log = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    costs = [-log[i, j, y[i, j]] for i, j in np.argwhere(y >= 0)]
    right = [log[i, j].argmax() == y[i, j] for i, j in np.argwhere(y >= 0)]
    assert float(loss) == pytest.approx(np.mean(costs), rel=1e-5)
    assert float(metrics["accuracy"]) == pytest.approx(np.mean(right), rel=1e-5)
    for wrong, message in [(y[:, 0], "of shape"), (y + 1.0, "whole numbers"), (y + 2, "3 outputs")]:
        with pytest.raises(ValueError, match=message):
            objective.check(model, x, wrong)


def test_a_population_of_classifiers_adds_up_its_members_losses():
    networks = models.RecurrentPopulation(range(2), 3, 4, cell="gru", units=5, last=2)
    x, y = random(6, 5, 3), np.random.default_rng(0).integers(0, 4, (6, 2)).astype("int32")
    loss, metrics = recurrent.classification()(networks, (x, y), False)
    logits = np.asarray(networks(x[None]), "float64")
    chances = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    right = np.take_along_axis(chances, np.broadcast_to(y[None, :, :, None], (2, 6, 2, 1)), -1)[..., 0]
    assert float(loss) == pytest.approx(-np.log(right).mean(axis=(1, 2)).sum(), rel=1e-5)
    assert float(metrics["accuracy"]) == pytest.approx((logits.argmax(-1) == y).mean(), rel=1e-5)


def test_gradients_by_lag_are_those_of_a_linear_network_worked_out():
    """Inputs of 0 keep tanh at 0, where its slope is 1: the gradient at lag k is v times U to the power k."""
    networks = models.RecurrentPopulation([0, 1], 2, 1, cell="simple", units=5)
    kernels = gradients.random_kernels(5, 0.7, [0, 1])
    np.testing.assert_allclose(np.abs(np.linalg.eigvals(kernels)).max(axis=-1), 0.7)
    networks.recurrent.assign(kernels)
    norms = gradients.gradient_norms(networks, np.zeros((1, 8, 2), "float32"))
    v = tf.random.stateless_normal((2, 1, 5), [0, 0]).numpy()[:, 0].astype("float64")
    for lag in range(8):
        by_hand = [
            np.linalg.norm(np.linalg.matrix_power(kernel, lag) @ vector) / np.linalg.norm(vector)
            for kernel, vector in zip(kernels, v, strict=True)
        ]
        np.testing.assert_allclose(norms[lag], by_hand, rtol=1e-4)


def test_rates_are_those_of_a_geometric_series():
    norms = np.stack([0.5 ** np.arange(30.0), 1.1 ** np.arange(30.0)], axis=1)
    np.testing.assert_allclose(gradients.rates_per_step(norms, 5, 25), [0.5, 1.1])


def test_a_task_is_learnt_and_scored():
    found = recurrent_memory.scores(
        "recall", "gru", 1, steps=80, learning_rate=1e-2, seeds=range(2), units=16
    )
    assert found.shape == (2,) and found.mean() > 0.5  # guessing: 0.25
    said, y = np.zeros((2, 3, 1, 4)), np.array([[0], [0], [2]])
    np.testing.assert_allclose(recurrent_memory.accuracy(said, y), [2 / 3, 2 / 3])
    _, total = sequence_tasks.adding(100_000, 10)
    always_one = np.ones((1, 100_000, 1, 1))
    assert recurrent_memory.explained(always_one, total)[0] == pytest.approx(0, abs=0.02)


def test_forget_gates_start_as_asked_and_only_an_lstm_has_some():
    options = {"steps": 1, "learning_rate": 0.0, "seeds": range(2), "units": 3}
    as_keras, opened = (
        recurrent_memory.train("copying", "lstm", 4, forget_bias=bias, **options) for bias in (None, 5.0)
    )
    np.testing.assert_array_equal(as_keras.bias[..., 3:6], np.ones((2, 1, 3)))
    np.testing.assert_array_equal(opened.bias[..., 3:6], np.full((2, 1, 3), 5.0))
    np.testing.assert_array_equal(opened.bias[..., :3], as_keras.bias[..., :3])
    np.testing.assert_array_equal(opened.recurrent, as_keras.recurrent)
    with pytest.raises(ValueError, match=r"cell='gru', forget_bias=5\.0.*only the cell 'lstm'"):
        recurrent_memory.train("copying", "gru", 4, forget_bias=5.0, **options)
