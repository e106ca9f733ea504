"""The network whose hyperparameters are arguments: against Keras, step by step, and against itself alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse.datasets import Split
from dlcourse.training import hyperparameters


def data(examples=40, inputs=6, classes=3, seed=0):
    random = np.random.default_rng(seed)
    return Split(
        random.standard_normal((examples, inputs)).astype("float32"),
        random.integers(0, classes, examples).astype("int32"),
    )


def keras_twin(members, setting, inputs, classes):
    """A Keras model with the first member's weights, and the optimizer that the setting names."""
    regularizer = keras.regularizers.L2(setting.l2)
    model = keras.Sequential(
        [
            keras.Input((inputs,)),
            keras.layers.Dense(setting.hidden, "relu", kernel_regularizer=regularizer),
            keras.layers.Dense(classes, kernel_regularizer=regularizer),
        ]
    )
    model.set_weights(
        [
            weight.numpy()[0].reshape(variable.shape)
            for weight, variable in zip(members.weights, model.weights, strict=True)
        ]
    )
    if setting.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(
            setting.learning_rate, momentum=0.9, weight_decay=setting.weight_decay or None
        )
    else:
        optimizer = keras.optimizers.AdamW(setting.learning_rate, weight_decay=setting.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return model, optimizer


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"l2": 0.01},
        {"label_smoothing": 0.2},
        {"optimizer": "adam", "learning_rate": 0.01},
        {"optimizer": "adam", "learning_rate": 0.01, "weight_decay": 0.1},
        {"weight_decay": 0.05},
    ],
)
@pytest.mark.parametrize("hidden", [1, 5])
def test_every_step_is_keras(options, hidden):
    train = data()
    setting = hyperparameters.Setting(**{"learning_rate": 0.05, "hidden": hidden, "batch_size": 8, **options})
    members = hyperparameters.Tunable(train, 3).start(
        [setting, hyperparameters.Setting(hidden=hidden, batch_size=8, optimizer=setting.optimizer)], [4]
    )
    model, optimizer = keras_twin(members, setting, 6, 3)
    rows = np.concatenate([members._rows(epoch, 5)[:, 0] for epoch in range(3)])
    for batch in rows:
        with tf.GradientTape() as tape:
            labels = keras.ops.one_hot(train.y[batch], 3)
            loss = keras.losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=setting.label_smoothing
            )
            total = loss(labels, model(train.x[batch])) + sum(model.losses)
        optimizer.apply(tape.gradient(total, model.trainable_variables), model.trainable_variables)
    for _ in range(3):
        members.epoch(3)
    for weight, variable in zip(members.weights, model.weights, strict=True):
        assert np.allclose(weight.numpy()[0].reshape(variable.shape), variable.numpy(), atol=2e-5)
    assert np.allclose(members.logits(train.x)[0], model(train.x).numpy(), atol=2e-4)
    assert members.errors(train)[0] == pytest.approx(
        np.mean(model(train.x).numpy().argmax(axis=1) != train.y)
    )


def test_members_are_as_if_alone_and_passes_at_once_change_nothing():
    train = data()
    network = hyperparameters.Tunable(train, 3)
    settings = [
        hyperparameters.Setting(learning_rate=rate, hidden=width, batch_size=10)
        for rate in (0.01, 0.3)
        for width in (2, 4)
    ]
    together = network.train(settings, [0, 7], 4, lambda members: members.logits(train.x))
    assert together.shape == (4, 2, 4, len(train), 3)
    for place, setting in enumerate(settings):
        for column, seed in enumerate([0, 7]):
            alone = network.start([setting], [seed])
            alone.epoch(4, passes=4)
            assert alone.logits(train.x)[0] == pytest.approx(together[place, column, -1], rel=1e-3, abs=1e-4)


def test_networks_of_several_data_sets_are_as_if_alone():
    sets = [data(seed=seed) for seed in (3, 1, 2)]
    copies = [np.stack([one.x + 1, one.x - 1]) for one in sets]
    settings = [hyperparameters.Setting(shifts=share, batch_size=10, hidden=4) for share in (0.0, 0.5)]
    together = hyperparameters.Tunable(sets, 3, copies).start(settings, [5, 0, 7])
    together.epoch(3, passes=3)
    found = together.logits(sets[0].x).reshape(2, 3, len(sets[0]), 3)
    for place, seed in enumerate([5, 0, 7]):
        alone = hyperparameters.Tunable(sets[place], 3, copies[place]).start(settings, [seed])
        alone.epoch(3, passes=3)
        assert alone.logits(sets[0].x) == pytest.approx(found[:, place], rel=1e-3, abs=1e-4)


def test_a_schedule_multiplies_the_rate_and_zero_stands_still():
    train = data()
    members = hyperparameters.Tunable(train, 3).start([hyperparameters.Setting(batch_size=8, hidden=3)], [0])
    before = [weight.numpy() for weight in members.weights]
    members.epoch(2, schedule=lambda share: np.zeros_like(share))
    assert all(np.array_equal(a, b.numpy()) for a, b in zip(before, members.weights, strict=True))


def test_dropout_drops_while_training_only_and_keeps_the_mean():
    units = tf.ones((2, 50, 400))
    dropped = hyperparameters._dropped(units, tf.constant([[[0.25]], [[0.0]]]), [0, 1]).numpy()
    assert (dropped[1] == 1).all() and set(np.unique(dropped[0].round(4))) == {0, np.float32(1.3333)}
    assert dropped[0].mean() == pytest.approx(1, abs=0.02)


def test_shifted_copies_are_used_for_their_share():
    train = data(examples=200)
    network = hyperparameters.Tunable(train, 3, shifted=[train.x + 1, train.x + 2])
    members = network.start(
        [hyperparameters.Setting(shifts=share, batch_size=50, hidden=2) for share in (0.0, 0.4)], [0]
    )
    rows = members._rows(0, 4)
    assert sorted(rows[:, 0].ravel()) == list(range(200))
    copies = np.bincount(rows[:, 1].ravel() // 200, minlength=3) / 200
    assert copies[0] == pytest.approx(0.6, abs=0.1) and copies[1] == pytest.approx(0.2, abs=0.1)


def test_a_training_that_diverges_counts_as_guessing():
    train = data()
    members = hyperparameters.Tunable(train, 3).start(
        [hyperparameters.Setting(learning_rate=1e12, batch_size=8, hidden=4)], [0]
    )
    members.epoch(10, passes=10)
    assert members.errors(train)[0] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "options",
    [
        {"hidden": 0},
        {"batch_size": 2.5},
        {"learning_rate": -1},
        {"l2": float("nan")},
        {"dropout": 1.0},
        {"label_smoothing": -0.1},
        {"shifts": 1.5},
        {"optimizer": "lion"},
    ],
)
def test_a_setting_that_makes_no_sense(options):
    with pytest.raises(ValueError, match=f"Setting\\({next(iter(options))}"):
        hyperparameters.Setting(**options)


def test_data_and_groups_that_make_no_sense():
    train = data()
    with pytest.raises(ValueError, match="as many labels"):
        hyperparameters.Tunable((train.x, train.y[:-1]), 3)
    with pytest.raises(ValueError, match="every copy"):
        hyperparameters.Tunable(train, 3, shifted=[train.x[:5]])
    with pytest.raises(ValueError, match="one shape"):
        hyperparameters.Tunable([train, data(examples=30)], 3)
    with pytest.raises(ValueError, match="one shape"):
        hyperparameters.Tunable([train, train], 3, [[train.x]])
    with pytest.raises(ValueError, match="as many copies"):
        hyperparameters.Tunable([train, train], 3, [[train.x], [train.x, train.x]])
    with pytest.raises(ValueError, match="1 seeds for 2 data sets"):
        hyperparameters.Tunable([train, train], 3).start([hyperparameters.Setting()], [0])
    network = hyperparameters.Tunable(train, 3)
    with pytest.raises(ValueError, match="share hidden units"):
        network.start([hyperparameters.Setting(hidden=2), hyperparameters.Setting(hidden=3)], [0])
    with pytest.raises(ValueError, match="needs shifted copies"):
        network.start([hyperparameters.Setting(shifts=0.5)], [0]).epoch()
