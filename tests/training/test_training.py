"""training.fit against Keras' own fit, NumPy by hand, and itself interrupted."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse import models, training
from dlcourse.models.stacked import feed_forward
from dlcourse.training import loop, objectives, repeats, sources


def blobs(examples, features=6, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, examples).astype("int32")
    centres = rng.normal(size=(classes, features)) * 2
    return (centres[y] + rng.normal(size=(examples, features))).astype("float32"), y


def network(seed=0, **options):
    return models.mlp((6,), 3, hidden=[16, 8], seed=seed, **options)


def weights(model):
    return np.concatenate([weight.numpy().ravel() for weight in model.weights])


def train_like_keras(model, data, *, epochs, batch_size, seed, optimizer):
    """The same steps by Keras' train_on_batch, in the order that fit uses."""
    x, y = data
    model.compile(optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    for epoch in range(epochs):
        order = loop.epoch_order(len(x), seed, epoch).numpy()
        for start in range(0, len(x), batch_size):
            rows = order[start : start + batch_size]
            model.train_on_batch(x[rows], y[rows])


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(("examples", "batch_size"), [(60, 60), (61, 16), (33, 1)])
def test_weights_after_training_are_those_of_keras_with_a_regularizer(examples, batch_size, jit_compile):
    data = blobs(examples)
    ours, theirs = network(regularizer="l2"), network(regularizer="l2")
    optimizer = keras.optimizers.Adam(0.01)
    training.fit(
        ours,
        objectives.classification(),
        data,
        epochs=2,
        batch_size=batch_size,
        optimizer=optimizer,
        seed=3,
        jit_compile=jit_compile,
    )
    train_like_keras(
        theirs, data, epochs=2, batch_size=batch_size, seed=3, optimizer=keras.optimizers.Adam(0.01)
    )
    np.testing.assert_allclose(weights(ours), weights(theirs), rtol=1e-4, atol=1e-5)


def test_history_is_that_of_keras_fit_on_whole_batches():
    keras.utils.set_random_seed(0)  # Keras' own shuffling asks for one under deterministic operations
    data = blobs(50)
    ours, theirs = network(regularizer="l2"), network(regularizer="l2")
    run = training.fit(
        ours, objectives.classification(), data, epochs=3, batch_size=50, optimizer="sgd", validation=data
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    theirs.compile(optimizer="sgd", loss=loss, metrics=["accuracy"])
    history = theirs.fit(*data, epochs=3, batch_size=50, verbose=0, validation_data=data).history
    assert sorted(run.history) == sorted(history)
    for name, values in history.items():
        np.testing.assert_allclose(run.history[name], values, rtol=1e-5, err_msg=name)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_batch_normalisation_keeps_the_statistics_of_keras(jit_compile):
    def normalised():
        keras.utils.set_random_seed(0)
        return keras.Sequential(
            [
                keras.Input((6,)),
                keras.layers.Dense(8),
                keras.layers.BatchNormalization(),
                keras.layers.Dense(3),
            ]
        )

    data = blobs(64)
    ours, theirs = normalised(), normalised()
    training.fit(
        ours,
        objectives.classification(),
        data,
        epochs=3,
        batch_size=16,
        optimizer="sgd",
        seed=1,
        jit_compile=jit_compile,
    )
    train_like_keras(theirs, data, epochs=3, batch_size=16, seed=1, optimizer="sgd")
    for name in ["moving_mean", "moving_variance"]:
        mine, other = getattr(ours.layers[1], name).numpy(), getattr(theirs.layers[1], name).numpy()
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-6)
        assert np.abs(mine - (name == "moving_variance")).max() > 1e-3  # it has moved from its start


def test_history_counts_the_last_smaller_batch_by_its_examples():
    x, y = blobs(10)
    model = network()
    expected = training.evaluate(model, objectives.classification(), (x, y))
    run = training.fit(
        model,
        objectives.classification(),
        (x, y),
        epochs=1,
        batch_size=4,
        optimizer=keras.optimizers.SGD(0.0),
    )
    assert run.history["loss"] == pytest.approx([expected["loss"]], rel=1e-6)
    assert run.history["accuracy"] == pytest.approx([expected["accuracy"]], rel=1e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_same_seed_same_bits_and_another_seed_others(jit_compile):
    def trained(seed):
        model = network(dropout=0.5)
        training.fit(
            model,
            objectives.classification(),
            blobs(60),
            epochs=2,
            batch_size=16,
            seed=seed,
            jit_compile=jit_compile,
        )
        return weights(model)

    assert np.array_equal(trained(0), trained(0))
    assert not np.allclose(trained(0), trained(1))


def test_dropout_differs_from_step_to_step():
    """A graph that froze dropout's seed would drop the same units for ever."""
    model = network(dropout=0.5)
    before = [v.numpy().copy() for v in model.variables if v.shape == (2,) and "seed" in v.path]
    training.fit(model, objectives.classification(), blobs(60), epochs=2, batch_size=16, seed=5)
    after = [v.numpy() for v in model.variables if v.shape == (2,) and "seed" in v.path]
    assert before
    assert all(state[0] != 5 or state[1] > 1 for state in after)


def test_xla_and_tensorflow_agree():
    def trained(jit_compile):
        model = network()
        training.fit(
            model, objectives.classification(), blobs(60), epochs=2, batch_size=16, jit_compile=jit_compile
        )
        return weights(model)

    np.testing.assert_allclose(trained(True), trained(False), rtol=1e-4, atol=1e-5)


def test_a_dataset_gives_what_arrays_give():
    x, y = blobs(50)
    order = loop.epoch_order(50, 0, 0).numpy()
    stream = tf.data.Dataset.from_tensor_slices((x[order], y[order])).batch(16)
    from_stream, from_arrays = network(), network()
    run_stream = training.fit(from_stream, objectives.classification(), stream, epochs=1)
    run_arrays = training.fit(
        from_arrays, objectives.classification(), (x, y), epochs=1, batch_size=16, seed=0
    )
    np.testing.assert_allclose(weights(from_stream), weights(from_arrays), rtol=1e-5, atol=1e-6)
    assert run_stream.history["loss"] == pytest.approx(run_arrays.history["loss"], rel=1e-5)


def test_gradient_clipping_is_the_optimizers():
    data = blobs(40)
    model = network()
    before = weights(model)
    optimizer = keras.optimizers.SGD(1.0, global_clipnorm=0.01)
    training.fit(model, objectives.classification(), data, epochs=1, batch_size=40, optimizer=optimizer)
    assert np.linalg.norm(weights(model) - before) == pytest.approx(0.01, rel=1e-3)


def test_schedules_move_the_learning_rate():
    data = blobs(40)
    model = network()
    before = weights(model)
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([0], [1.0, 0.0])  # one step, then none
    training.fit(
        model,
        objectives.classification(),
        data,
        epochs=1,
        batch_size=10,
        optimizer=keras.optimizers.SGD(schedule),
    )
    after_one = weights(model)
    assert not np.allclose(before, after_one)
    training.fit(
        model,
        objectives.classification(),
        data,
        epochs=1,
        batch_size=10,
        optimizer=keras.optimizers.SGD(keras.optimizers.schedules.PiecewiseConstantDecay([0], [0.0, 0.0])),
    )
    assert np.array_equal(after_one, weights(model))


def test_an_optimizer_that_has_trained_starts_afresh():
    optimizer = keras.optimizers.Adam(0.01)
    results = []
    for _ in range(2):
        model = network()
        training.fit(
            model, objectives.classification(), blobs(40), epochs=1, batch_size=10, optimizer=optimizer
        )
        results.append(weights(model))
    assert np.array_equal(*results)


def test_early_stopping_goes_back_to_the_best_weights():
    data, noise = blobs(40), blobs(40, seed=9)
    model = network()
    stopping = training.EarlyStopping(patience=2)
    run = training.fit(
        model,
        objectives.classification(),
        data,
        epochs=200,
        batch_size=10,
        validation=noise,
        optimizer=keras.optimizers.Adam(0.05),
        early_stopping=stopping,
    )
    assert run.epochs == run.best_epoch + 2 < 200
    assert run.history["val_loss"][run.best_epoch - 1] == min(run.history["val_loss"])
    now = training.evaluate(model, objectives.classification(), noise)["loss"]
    assert now == pytest.approx(min(run.history["val_loss"]), rel=1e-6)


def broken_from(value):
    """An objective whose loss is NaN in every batch that holds the value."""

    def objective(model, batch, training):
        loss, metrics = objectives.classification()(model, batch, training)
        return tf.where(tf.reduce_any(batch[0] == value), np.nan, loss), metrics

    return objective


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_loss_that_is_not_finite_stops_and_names_step_and_last_loss(jit_compile):
    x, y = blobs(40)
    order = loop.epoch_order(40, 0, 0).numpy()
    options = {"epochs": 1, "batch_size": 10, "jit_compile": jit_compile}
    x[order[25]] = 7.0  # reached in the third batch of ten
    with pytest.raises(
        training.NonFiniteLossError, match=r"nan at step 3 of epoch 1; the last finite loss was \d"
    ):
        training.fit(network(), broken_from(7.0), (x, y), **options)
    x[:] = 7.0
    with pytest.raises(training.NonFiniteLossError, match="step 1 of epoch 1; no step had a finite loss"):
        training.fit(network(), broken_from(7.0), (x, y), **options)


def test_a_stream_that_is_not_finite_stops_too():
    x, y = blobs(40)
    x[25] = 7.0
    stream = tf.data.Dataset.from_tensor_slices((x, y)).batch(10)
    with pytest.raises(training.NonFiniteLossError, match=r"step 3 of epoch 1; the last finite loss was \d"):
        training.fit(network(), broken_from(7.0), stream, epochs=1)


def test_weights_that_are_not_finite_stop_even_where_relu_hides_them():
    x, y = blobs(40)
    x[25] = np.nan
    stream = tf.data.Dataset.from_tensor_slices((x, y)).batch(10)  # a stream's values are not looked through
    with pytest.raises(training.NonFiniteLossError, match="finite"):
        training.fit(network(), objectives.classification(), stream, epochs=1)


def test_a_last_step_that_spoils_the_weights_is_named_though_its_loss_was_healthy():
    def objective(model, batch, training):
        """The square root has an infinite slope at 0, and 0 times infinity is NaN."""
        loss, metrics = objectives.classification()(model, batch, training)
        return loss + tf.sqrt(tf.reduce_sum(0.0 * model.trainable_variables[0])), metrics

    for train in [blobs(40), tf.data.Dataset.from_tensor_slices(blobs(40)).batch(40)]:
        size = {} if isinstance(train, tf.data.Dataset) else {"batch_size": 40}
        with pytest.raises(
            training.NonFiniteLossError, match=r"After epoch 1 the weights .*kernel are no longer finite"
        ):
            training.fit(network(), objective, train, epochs=1, **size)


X, Y = blobs(40)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train": (X, Y[:-1])}, r"arrays of \[40, 39\] examples; x and y must have the same number"),
        ({"train": (X[:0], Y[:0])}, "got training data without examples"),
        ({"train": (X[:, :5], Y)}, r"training data, examples of shape \(5,\), but the model takes \(6,\)"),
        ({"train": (X, Y + 1)}, r"Labels run from 1 to 3, but the model has 3 outputs, for classes 0 to 2"),
        ({"train": (X, Y - 1)}, "Labels run from -1"),
        ({"train": (X, np.eye(3)[Y])}, r"one-hot labels give y.argmax"),
        ({"train": (X, Y[:, None])}, r"got int32 \(40, 1\): give y.ravel\(\)"),
        ({"train": (X, np.eye(3, dtype="int64")[Y])}, r"one-hot labels give y.argmax"),
        ({"train": (X, Y.astype("float32"))}, "whole numbers"),
        ({"train": (np.where(X[3] == X, np.nan, X), Y)}, "not finite .NaN or infinite.. Find them"),
        ({"train": "mnist"}, r"as str; expected a Split or a tuple \(x, y\)"),
        ({"train": X}, r"data of 1 arrays; classification\(\) takes \(x, y\)"),
        ({"train": (X, Y, np.ones(40))}, r"data of 3 arrays; classification\(\) takes \(x, y\). Weights"),
        ({"train": [X, Y]}, r"as a list of 2 arrays; expected a tuple: write \(x, y\)"),
        ({"train": (X.astype(object), Y)}, r"of dtype object, shape \(40, 6\); expected numbers"),
        ({"train": (np.ma.masked_greater(X, 1), Y)}, r"with \d+ masked values; fill them in"),
        (
            {"validation": tf.data.Dataset.from_tensor_slices((X, Y)).batch(10)},
            "validation data as _BatchDataset",
        ),
        ({"objective": objectives.classification}, r"is a class: write objectives.classification\(\)"),
        ({"objective": "crossentropy"}, r"objective is 'crossentropy'; expected a callable"),
        ({"model": "mlp"}, r"trains a keras.Model; got 'mlp'"),
        ({"early_stopping": keras.callbacks.EarlyStopping()}, "expected training.EarlyStopping"),
        ({"seed": 2**31}, r"fit\(seed\)=2147483648: expected a whole number, from 0 to 2,147,483,647"),
        ({"batch_size": 41}, r"fit\(batch_size\)=41: expected a whole number, from 1 to 40"),
        ({"batch_size": 0}, r"fit\(batch_size\)=0: expected a whole number, from 1 to 40"),
        ({"batch_size": None}, "needs batch_size"),
        ({"batch_size": 2.5}, "expected a whole number"),
        ({"epochs": -1}, "expected a whole number"),
        ({"seed": "0"}, "expected a whole number"),
        ({"validation": (X[:, :5], Y)}, "validation data, examples of shape"),
        ({"early_stopping": training.EarlyStopping()}, "Give fit.. validation"),
    ],
)
def test_bad_input_is_named(change, message):
    options = {"model": network(), "objective": objectives.classification(), "train": (X, Y)}
    options |= {"epochs": 1, "batch_size": 10} | change
    with pytest.raises(ValueError, match=message):
        training.fit(**options)


def test_an_empty_stream_and_a_batch_size_beside_a_stream_are_named():
    stream = tf.data.Dataset.from_tensor_slices((X, Y)).batch(10)
    with pytest.raises(ValueError, match="leave it out"):
        training.fit(network(), objectives.classification(), stream, epochs=1, batch_size=10)
    with pytest.raises(ValueError, match=r"empty tf\.data\.Dataset"):
        training.fit(network(), objectives.classification(), stream.take(0), epochs=1)


def test_regression_learns_and_checks_its_targets():
    x = X
    y = (x @ np.arange(6.0)).astype("float32")
    model = models.mlp((6,), 1, hidden=[], seed=0)
    training.fit(
        model,
        objectives.regression(),
        (x, y),
        epochs=400,
        batch_size=40,
        optimizer=keras.optimizers.Adam(0.1),
    )
    np.testing.assert_allclose(model.layers[-1].kernel.numpy().ravel(), np.arange(6.0), atol=0.02)
    with pytest.raises(ValueError, match="in the outputs' shape, axis for axis"):
        training.fit(model, objectives.regression(), (x, np.stack([y, y], 1)), epochs=1, batch_size=10)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_cross_entropy_is_that_of_keras(smoothing):
    model = network()
    loss, metrics = objectives.classification(label_smoothing=smoothing)(model, (X, Y), training=False)
    keras_loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    logits = model(X)
    assert float(loss) == pytest.approx(float(keras_loss(np.eye(3)[Y], logits)), rel=1e-5)
    assert float(metrics["accuracy"]) == pytest.approx(np.mean(np.argmax(logits, 1) == Y))


@pytest.mark.parametrize("batch_size", [1, 7, 40, 1000])
def test_evaluate_and_predict_do_not_depend_on_the_batch(batch_size):
    model = network(dropout=0.5, regularizer="l2")
    whole = training.evaluate(model, objectives.classification(), (X, Y), batch_size=40)
    parts = training.evaluate(model, objectives.classification(), (X, Y), batch_size=batch_size)
    assert parts == pytest.approx(whole, rel=1e-5)
    np.testing.assert_allclose(training.predict(model, X, batch_size), model(X), rtol=1e-5, atol=1e-6)


def test_predict_does_not_walk_a_recurrent_network_in_python():
    class Counting(keras.layers.SimpleRNNCell):
        calls = 0

        def call(self, *arguments, **options):
            Counting.calls += 1
            return super().call(*arguments, **options)

    model = keras.Sequential([keras.Input((None, 2)), keras.layers.RNN(Counting(3))])
    x = np.ones((1, 200, 2), "float32")
    Counting.calls = 0
    found = training.predict(model, x)
    assert Counting.calls < 10  # once or twice for the graph, not once a step
    np.testing.assert_allclose(found, model(x), rtol=1e-5)


def test_the_order_is_a_permutation_that_differs_by_epoch_and_seed():
    for examples in [1, 2, 1000]:
        assert sorted(loop.epoch_order(examples, 0, 0).numpy()) == list(range(examples))
    orders = {tuple(loop.epoch_order(50, seed, epoch).numpy()) for seed in range(3) for epoch in range(3)}
    assert len(orders) == 9


def test_segments_do_not_change_the_result(monkeypatch):
    def trained():
        model = network()
        training.fit(
            model, objectives.classification(), blobs(200), epochs=2, batch_size=10, jit_compile=False
        )
        return weights(model)

    whole = trained()
    monkeypatch.setattr(sources, "SEGMENT_SECONDS", 0.0)
    assert np.array_equal(whole, trained())


def test_xla_is_chosen_by_rule():
    assert loop.xla_pays(network(), 5_000)
    assert not loop.xla_pays(network(), 100)
    assert not loop.xla_pays(models.mlp((8,), 3, hidden=[8], dropout=0.5), 5_000)
    assert not loop.xla_pays(models.convnet((8, 8, 1), 3, filters=(4,), hidden=8), 5_000)


def test_every_pass_of_a_repeated_training_has_an_order_of_its_own():
    study = repeats.Repeats(
        network(), objectives.classification(), steps=12, batch_size=10, jit_compile=False
    )
    rows = np.arange(100, 140)
    passes = study.order(rows, seed=0).reshape(3, 40)
    assert all(sorted(each) == list(rows) for each in passes)
    other = study.order(rows, seed=1).reshape(3, 40)
    assert len({tuple(each) for each in [*passes, *other]}) == 6


@pytest.mark.parametrize("seeds", [[0, 1, 2], np.array([7, 7, 3])])
def test_networks_side_by_side_with_orders_of_their_own_learn_as_each_does_alone(seeds):
    x, y = blobs(60)
    starts = [5, 6, 7]
    options = {"steps": 12, "batch_size": 10, "jit_compile": False}
    networks = feed_forward.mlp(starts, (6,), 3, hidden=[16, 8], shared=False)
    study = repeats.Repeats(
        networks, feed_forward.classification(), optimizer=keras.optimizers.SGD(0.1), **options
    )
    study.train(networks, x, y, seed=seeds)
    alone = repeats.Repeats(
        network(), objectives.classification(), optimizer=keras.optimizers.SGD(0.1), **options
    )
    for place, (start, seed) in enumerate(zip(starts, seeds, strict=True)):
        alone.train(network(start), x, y, seed=int(seed))
        together = feed_forward.alone(networks, place)
        np.testing.assert_allclose(weights(together), weights(alone.model), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(
            training.predict(networks, x)[:, place], alone.model(x), rtol=1e-3, atol=1e-4
        )
