"""What people really feed in: dtypes, layouts, padded sequences, streams, optimizers, models of other kinds."""

import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse import models, training
from dlcourse.training import objectives, repeats

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(200, 4)).astype("float32"), RANDOM.integers(0, 2, 200).astype("int32")
C = objectives.classification()


def net(**options):
    return models.mlp((4,), 2, **{"hidden": [8], "seed": 0} | options)


def fit(model=None, train=(X, Y), objective=C, **options):
    model = model or net()
    options = {"epochs": 2} | ({} if isinstance(train, tf.data.Dataset) else {"batch_size": 20}) | options
    return model, training.fit(model, objective, train, **options)


def weights(model):
    return np.concatenate([weight.numpy().ravel() for weight in model.weights])


EXPECTED = weights(fit()[0])


@pytest.mark.parametrize(
    "data",
    [
        (X, Y.astype("uint8")),
        (X, Y.astype("int8")),
        (X, Y.astype("uint16")),
        (X, Y.astype("int64")),
        (X.astype("float64"), Y),
        (tf.constant(X), tf.constant(Y)),
        (X.tolist(), Y.tolist()),
        (np.asfortranarray(X), Y[::-1][::-1]),
    ],
    ids=["uint8", "int8", "uint16", "int64", "float64", "tensors", "lists", "strides"],
)
def test_labels_and_examples_as_loaders_give_them(data):
    np.testing.assert_allclose(weights(fit(train=data)[0]), EXPECTED, rtol=1e-5, atol=1e-6)
    assert training.evaluate(net(), C, data) == pytest.approx(training.evaluate(net(), C, (X, Y)))
    np.testing.assert_allclose(training.predict(net(), data[0]), net()(X), rtol=1e-5, atol=1e-6)
    if "Tensor" not in type(data[0]).__name__ and not isinstance(data[0], list):
        stream = tf.data.Dataset.from_tensor_slices(data).batch(20)
        assert np.isfinite(fit(train=stream)[1].history["loss"]).all()


def test_numpy_numbers_are_numbers():
    options = {"epochs": np.int64(2), "batch_size": np.int64(20), "seed": np.int64(0)}
    assert np.array_equal(weights(fit(**options)[0]), EXPECTED)


def test_early_stopping_begins_anew_in_each_training():
    stopping = training.EarlyStopping(patience=1)
    runs = [fit(net(seed=seed), validation=(X, Y), early_stopping=stopping, epochs=3) for seed in range(3)]
    alone = [
        fit(net(seed=s), validation=(X, Y), early_stopping=training.EarlyStopping(patience=1), epochs=3)
        for s in range(3)
    ]
    for (model, run), (other, expected) in zip(runs, alone, strict=True):
        assert np.array_equal(weights(model), weights(other)) and run.best_epoch == expected.best_epoch


def test_early_stopping_on_an_accuracy_goes_back_to_the_most_accurate_epoch():
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([30], [0.1, -0.1])  # learns, then unlearns
    y = (X[:, 0] > 0).astype("int32")
    model, run = fit(
        train=(X, y), validation=(X, y), epochs=12, optimizer=keras.optimizers.SGD(rate),
        early_stopping=training.EarlyStopping("val_accuracy", patience=12),
    )  # fmt: skip
    accuracies = run.history["val_accuracy"]
    assert run.best_epoch == np.argmax(accuracies) + 1 < 12
    accuracy = np.mean(training.predict(model, X).argmax(axis=1) == y)
    assert accuracy == pytest.approx(max(accuracies)) and accuracy > accuracies[-1]


@pytest.mark.parametrize("x", [(X, Y), (1, 2)])
def test_predict_takes_examples_without_targets(x):
    with pytest.raises(
        ValueError, match=r"predict\(\) got x as 2 arrays; expected one .*predict\(model, split.x\)"
    ):
        training.predict(net(), x)


def test_predict_of_a_tuple_of_one_array_is_that_of_the_array():
    model = net()
    np.testing.assert_array_equal(training.predict(model, (X,)), training.predict(model, X))


@pytest.mark.parametrize("rows", [1, 999, 1_001])
def test_nan_is_refused_by_predict_and_evaluate_as_by_fit(rows):
    x = np.full((rows, 4), np.nan, "float32")
    with pytest.raises(ValueError, match=r"predict.. got x with values that are not finite"):
        training.predict(net(), x)
    with pytest.raises(ValueError, match=r"evaluate.. got data with values that are not finite"):
        training.evaluate(net(), C, (x, np.zeros(rows, "int32")))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"optimizer": "adamm"}, r"fit\(optimizer\)='adamm': expected a Keras optimizer or its name"),
        ({"optimizer": 0.1}, r"fit\(optimizer\)=0.1: expected a Keras optimizer or its name.*Adam\(1e-3\)"),
        ({"optimizer": None}, r"fit\(optimizer\)=None"),
        ({"checkpoint": 3}, r"fit\(checkpoint=3\): expected the path of a folder"),
        ({"checkpoint": ""}, r"fit\(checkpoint=''\): expected the path of a folder"),
        ({"checkpoint": "a\0b"}, r"fit\(checkpoint='a.x00b'\): expected the path of a folder"),
        ({"jit_compile": "yes"}, r"fit\(jit_compile='yes'\): expected True, False, or None"),
    ],
)
def test_options_that_make_no_sense_are_named(option, message):
    with pytest.raises(ValueError, match=message):
        fit(**option)


STUDY = repeats.Repeats(net(), C, steps=3, batch_size=10, jit_compile=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": X[:, :3]}, r"got data, examples of shape \(3,\), but the model takes \(4,\)"),
        ({"x": X * np.nan}, "not finite"),
        ({"y": Y[:-1]}, r"arrays of \[200, 199\] examples"),
        ({"y": Y + 1}, "Labels run from 1 to 2"),
        ({"rows": [0, 200]}, r"train\(rows\) is int64 \(2,\): expected indices .* from 0 to 199"),
        ({"rows": [0.5]}, r"train\(rows\) is float64"),
        ({"rows": []}, r"train\(rows\)"),
        ({"seed": None}, r"train\(seed\)=None"),
        ({"seed": [0, 1]}, r"train\(seed\) has 2 seeds, and the model holds 1 network"),
        ({"learning_rate": -1}, r"train\(learning_rate\)=-1: expected a finite number, 0 or more"),
        ({"learning_rate": [0.1, 0.2]}, r"train\(learning_rate\)=\[0.1, 0.2\]: expected a finite number"),
        ({"weights": net().get_weights()[:3]}, r"got weights of shapes .* the model's are \[\(4, 8\), "),
        ({"weights": 5}, "got weights of shapes 5"),
        ({"weights": np.int64(5)}, r"got weights of shapes np.int64\(5\)"),
    ],
)
def test_a_repeated_training_has_the_checks_of_fit(change, message):
    given = {"weights": net(), "x": X, "y": Y, "seed": 0} | change
    with pytest.raises(ValueError, match=message):
        STUDY.train(given.pop("weights"), given.pop("x"), given.pop("y"), **given)


def test_a_repeated_training_takes_labels_and_examples_as_loaders_give_them():
    STUDY.train(net(), X, Y, seed=0)
    expected = weights(STUDY.model)
    for x, y in [(X, Y.astype("uint8")), (X.tolist(), Y.tolist()), (tf.constant(X), tf.constant(Y))]:
        STUDY.train(net().get_weights(), x, y, seed=np.int64(0), rows=list(range(200)))
        np.testing.assert_allclose(weights(STUDY.model), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("objective", [None, "mse", objectives.classification])
def test_what_is_no_objective_is_named_by_evaluate_as_by_fit(objective):
    for call in [lambda: fit(objective=objective), lambda: training.evaluate(net(), objective, (X, Y))]:
        with pytest.raises(
            ValueError, match=r"The objective (is .*; expected a callable|classification is a class)"
        ):
            call()


# Optimizers with a life of their own


def test_an_optimizer_that_averages_weights_leaves_the_average_as_keras_does():
    def adam():
        return keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.9)

    ours, _ = fit(optimizer=adam(), batch_size=200, epochs=5)
    theirs = net()
    theirs.compile(adam(), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    theirs.fit(X, Y, batch_size=200, epochs=5, verbose=0)
    np.testing.assert_allclose(weights(ours), weights(theirs), rtol=1e-4, atol=1e-5)
    plain, _ = fit(optimizer=keras.optimizers.SGD(0.5), batch_size=200, epochs=5)
    assert not np.allclose(weights(ours), weights(plain), atol=1e-3)


def test_a_scaled_loss_gives_the_same_steps():
    ours, run = fit(
        optimizer=keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(), initial_scale=1024.0)
    )
    np.testing.assert_allclose(weights(ours), EXPECTED, rtol=1e-3, atol=1e-4)
    assert run.history["loss"] == pytest.approx(
        fit()[1].history["loss"], rel=1e-4
    )  # the loss itself, unscaled


def test_accumulated_gradients_are_one_larger_batch():
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)
    ours, _ = fit(optimizer=optimizer, batch_size=100, epochs=3)
    whole, _ = fit(optimizer=keras.optimizers.SGD(0.1), batch_size=200, epochs=3)
    np.testing.assert_allclose(weights(ours), weights(whole), rtol=1e-4, atol=1e-5)


# Targets and sequences


@pytest.mark.parametrize("shape", [(4, 4, 3), (3, 4, 4), (48,)])
def test_regression_targets_in_another_layout_are_refused(shape):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(48), keras.layers.Reshape((4, 4, 3))])
    y = np.zeros((200, *shape), "float32")
    if shape == (4, 4, 3):
        fit(model, (X, y), objectives.regression(), epochs=1)
        return
    with pytest.raises(ValueError, match=r"in the outputs' shape"):
        fit(model, (X, y), objectives.regression(), epochs=1)


def test_means_over_padded_steps_do_not_depend_on_the_batch():
    model = models.recurrent((6, 2), 3, units=[4], return_sequences=True, seed=0)
    x = RANDOM.normal(size=(20, 6, 2)).astype("float32")
    y = RANDOM.integers(0, 3, (20, 6)).astype("int32")
    for example, length in enumerate(RANDOM.integers(0, 7, 20)):
        y[example, length:] = -1
    objective = objectives.sequence_classification()
    logits, counts = model(x).numpy(), y >= 0
    chances = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    picked = np.take_along_axis(chances, np.maximum(y, 0)[..., None], -1)[..., 0]
    expected = {
        "loss": -np.log(picked[counts]).mean(), "accuracy": (logits.argmax(-1) == y)[counts].mean()
    }  # fmt: skip
    for batch_size in [1, 3, 20]:
        assert training.evaluate(model, objective, (x, y), batch_size) == pytest.approx(expected, rel=1e-5)
    still = keras.optimizers.SGD(0.0)
    _, run = fit(model, (x, y), objective, batch_size=3, optimizer=still, epochs=1)
    assert run.history["accuracy"][0] == pytest.approx(expected["accuracy"], rel=1e-5)
    stream = tf.data.Dataset.from_tensor_slices((x, y)).batch(3)
    _, run = fit(model, stream, objective, optimizer=still, epochs=1)
    assert run.history["loss"][0] == pytest.approx(expected["loss"], rel=1e-5)


@pytest.mark.parametrize("token", [10, 13, -1])
def test_tokens_outside_the_vocabulary_are_named(token):
    model = models.recurrent((5,), 2, units=[4], tokens=10, seed=0)
    x = RANDOM.integers(0, 10, (200, 5)).astype("int32")
    x[7, 2] = token
    for call in [
        lambda: fit(model, (x, Y)),
        lambda: training.evaluate(model, C, (x, Y)),
        lambda: training.predict(model, x),
        lambda: fit(model, tf.data.Dataset.from_tensor_slices((x, Y)).batch(20)),
    ]:
        with pytest.raises(
            ValueError, match=r"numbers from .*, but the model's Embedding has rows for 0 to 9"
        ):
            call()


# Streams


def batches():
    for start in range(0, 200, 20):
        yield X[start : start + 20], Y[start : start + 20]


SIGNATURE = (tf.TensorSpec((None, 4), tf.float32), tf.TensorSpec((None,), tf.int32))


def test_data_that_can_be_read_once_loses_nothing_and_says_so_in_the_second_epoch():
    def once():
        running = batches()
        return tf.data.Dataset.from_generator(lambda: running, output_signature=SIGNATURE)

    seen = []
    spied = once().map(lambda x, y: (tf.py_function(lambda x: seen.append(len(x)) or x, [x], tf.float32), y))
    spied = spied.map(lambda x, y: (tf.ensure_shape(x, (None, 4)), y))
    _, run = fit(train=spied, epochs=1)
    assert sum(seen) == 200 and run.epochs == 1
    again, expected = fit(train=tf.data.Dataset.from_generator(batches, output_signature=SIGNATURE), epochs=2)
    single, _ = fit(train=once(), epochs=1)
    assert np.array_equal(
        weights(single), weights(fit(train=tf.data.Dataset.from_tensor_slices((X, Y)).batch(20), epochs=1)[0])
    )
    with pytest.raises(ValueError, match=r"gave no batch in epoch 2: it can be read only once"):
        fit(train=once(), epochs=2)
    cached, _ = fit(train=once().cache(), epochs=2)  # the advice of the message
    assert np.array_equal(weights(cached), weights(again)) and expected.epochs == 2


def test_a_stream_has_the_checks_of_arrays_on_its_first_batch():
    def stream(*arrays):
        return tf.data.Dataset.from_tensor_slices(arrays).batch(20)

    for data, message in [
        (stream(X[:, :3], Y), r"first batch is data, examples of shape \(3,\), but the model takes \(4,\)"),
        (stream(X, Y + 1), "Labels run from 1 to 2"),
        (stream(X), r"of 1 arrays; classification\(\) takes \(x, y\)"),
        (stream(X * np.nan, Y), "not finite"),
        (stream(X.astype("U4"), Y), "of dtype object.*expected numbers"),
        (stream(X.astype("complex64"), Y), "of dtype complex64.*expected numbers"),
    ]:
        with pytest.raises(ValueError, match=message):
            fit(train=data)
    vae = models.vae((4, 4, 1), latents=2, hidden=[8], seed=0)
    grey = RANDOM.integers(0, 256, (20, 4, 4, 1)).astype("float32")
    with pytest.raises(ValueError, match="0"):
        fit(vae, stream(grey), objectives.negative_elbo())


# Models of other kinds


class Own(keras.Model):
    """A subclassed model, which doesn't know its shapes."""

    def __init__(self):
        super().__init__()
        self.first = keras.layers.Dense(
            8, activation="relu", kernel_initializer=keras.initializers.GlorotUniform(0)
        )
        self.last = keras.layers.Dense(2, kernel_initializer=keras.initializers.GlorotUniform(1))

    def call(self, x, training=False):
        return self.last(self.first(x))


def test_a_subclassed_model_is_a_model(tmp_path):
    model, run = fit(Own(), checkpoint=tmp_path, validation=(X, Y))
    assert run.history["loss"][1] < run.history["loss"][0]
    assert training.evaluate(model, C, (X, Y))["loss"] == pytest.approx(run.history["val_loss"][-1], rel=1e-5)
    assert training.predict(Own(), X).shape == (200, 2)
    with pytest.raises(ValueError, match="Labels run from 0 to 2, but the model has 2 outputs"):
        fit(Own(), (X, Y + np.arange(200) % 2))


def test_a_stateful_network_trains_and_the_look_at_the_data_does_not_move_its_state():
    def stateful(batch_size):
        return models.recurrent(
            (5, 3), 2, units=[4], cell="gru", stateful=True, batch_size=batch_size, seed=0
        )

    x = RANDOM.normal(size=(20, 5, 3)).astype("float32")
    for batch_size in [1, 4]:
        model = stateful(batch_size)
        _, run = fit(model, (x, Y[:20]), batch_size=batch_size, validation=(x, Y[:20]), epochs=1)
        assert np.isfinite(run.history["val_loss"]).all()
        found = training.predict(stateful(batch_size), x)
        by_hand = stateful(batch_size)
        expected = [by_hand(x[start : start + batch_size]) for start in range(0, 20, batch_size)]
        np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-5, atol=1e-6)
        score = training.evaluate(stateful(batch_size), C, (x, Y[:20]))
        again = np.concatenate(expected)
        assert score["accuracy"] == pytest.approx(np.mean(again.argmax(1) == Y[:20]))
    with pytest.raises(ValueError, match=r"batches of exactly 4 .stateful.: give batch_size=4"):
        fit(stateful(4), (x, Y[:20]), batch_size=5)
    with pytest.raises(ValueError, match=r"got x, 7 examples, but .* a number of examples that 4 divides"):
        training.predict(stateful(4), x[:7])


def test_plain_keras_goes_on_working_and_nothing_warns_after_several_trainings():
    """In a session of its own, which sets no seed: Keras' dropout and shuffling after training.fit; retracing."""
    script = """
        import keras, numpy as np
        from dlcourse import models, training
        x, y = np.random.rand(210, 4).astype("float32"), np.random.randint(0, 2, 210)
        for seed in range(7):
            model = models.mlp((4,), 2, hidden=[8], dropout=0.2, seed=seed)
            options = {"epochs": 1, "batch_size": 20, "validation": (x, y)}
            training.fit(model, training.objectives.classification(), (x, y), **options)
            training.evaluate(model, training.objectives.classification(), (x, y))
            training.predict(model, np.repeat(x, 60, axis=0))  # compiled
        plain = keras.Sequential([keras.layers.Dense(8), keras.layers.Dropout(0.5), keras.layers.Dense(2)])
        plain.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        plain.fit(x, y, epochs=1, verbose=0)
        print("worked")
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True)
    assert done.stdout.endswith("worked\n"), done.stderr[-2_000:]
    assert "retracing" not in done.stderr


def test_another_seed_drops_other_units_and_an_epoch_others_than_the_last():
    def losses(seed):
        model, alike = net(dropout=0.5), (np.repeat(X[:1], 200, axis=0), np.zeros(200, "int32"))
        still = keras.optimizers.SGD(0.0)
        return fit(model, alike, seed=seed, optimizer=still, batch_size=200, epochs=3)[1].history["loss"]

    found = losses(0) + losses(1)
    # the weights stay, and the order of equal examples is none: the loss differs by what is dropped alone
    assert len(set(found)) == 6
    assert losses(0) == found[:3]


# Models built from what people give


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: models.mlp((4,), 2, hidden=8),
            r"mlp\(hidden\)=8: expected a list of widths.*for example \[8\]",
        ),
        (lambda: models.mlp((4,), 2, hidden="8"), r"mlp\(hidden\)='8': expected a list"),
        (lambda: models.mlp((4,), 2, hidden=[8, 0]), r"mlp\(hidden\)\[1\]=0: expected a whole number"),
        (
            lambda: models.mlp((4,), 2, hidden=[8.0]),
            r"mlp\(hidden\)\[0\]=8.0: expected a whole number.*example 8",
        ),
        (lambda: models.mlp((4,), 2, hidden=[8], seed=-1), r"mlp\(seed\)=-1"),
        (lambda: models.convnet((8, 8, 1), 2, filters=4), r"convnet\(filters\)=4: expected a list"),
        (lambda: models.recurrent((5, 3), 2, units=4), r"recurrent\(units\)=4: expected a list"),
        (lambda: models.recurrent((5, 3), 2, units=[]), r"expected 1 or more widths"),
        (lambda: models.vae((4, 4, 1), 2, hidden=8), r"vae\(hidden\)=8: expected a list"),
    ],
)
def test_widths_that_are_no_list_are_named(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_numbers_of_numpy_build_models_too():
    model = models.mlp((np.int64(4),), np.int64(2), hidden=np.array([8]), seed=np.int64(0))
    assert np.array_equal(weights(model), weights(net()))
    assert np.array_equal(
        weights(models.mlp((4,), 2, hidden=(8,), dropout=0.5, seed=np.int32(0))), weights(net())
    )
    two, options = np.int64(2), {"filters": np.array([4]), "seed": np.int64(0)}
    plain = models.resnet((8, 8, 1), 2, filters=[4], blocks=2, stem_kernel=2, stem_stride=2, seed=0)
    found = models.resnet((8, 8, 1), two, **options, blocks=two, stem_kernel=two, stem_stride=two)
    assert np.array_equal(weights(found), weights(plain))
    block = models.convolution_block(
        keras.Input((8, 8, 1)), two, kernel=np.array([3, 1]), stride=two, dilation=1
    )
    assert block.shape == (None, 4, 4, 2)


def test_a_label_that_a_vae_does_not_know_is_named_wherever_it_comes_in():
    vae = models.vae((4, 4, 1), 2, hidden=[8], classes=3, seed=0)
    x = RANDOM.random((2, 4, 4, 1)).astype("float32")
    for call in [
        lambda: vae.sample(2, y=9),
        lambda: vae.sample(2, y=[0, -1]),
        lambda: vae.encode(x, [0, 3]),
        lambda: vae.reconstruct(x, tf.constant([0, 3])),
        lambda: vae.interpolate(*x, y=3),
    ]:
        with pytest.raises(ValueError, match=r"outside 0 to 2, the classes that this VAE was built for"):
            call()
    assert vae.sample(2, y=2).shape == (2, 4, 4, 1)
    for dtype in ["uint8", "int16", "uint16", "uint32", "int64", "uint64"]:
        found = vae.encode(x, np.array([0, 2], dtype)).mean()
        np.testing.assert_array_equal(found, vae.encode(x, [0, 2]).mean())
    for call in [
        lambda: vae.encode(x, [0, 1, 2]),
        lambda: vae.elbo(x, (0, 1, 2)),
    ]:
        with pytest.raises(
            ValueError, match=r"got 3 labels for 2 examples: give y, int \(2,\), or one number"
        ):
            call()
