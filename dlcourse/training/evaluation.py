"""A trained model on data, a batch at a time: an objective's values, or the model's outputs."""

import keras
import numpy as np
import tensorflow as tf

from dlcourse.training import loop

BATCH_SIZE = 1_000


def evaluate(model, objective, data, batch_size=BATCH_SIZE):
    """An objective's loss and metrics on data, averaged over all examples.

    Args:
        model: keras.Model.
        objective: callable ``(model, batch, training) -> (loss, metrics)``.
        data: Split, or a tuple of arrays.
        batch_size: examples at a time; it doesn't change the averages.

    Returns:
        dict from name to float: ``"loss"`` and the metrics.
    """
    return Evaluator(model, objective, arrays_of(data), batch_size, jit_compile=False)()


def predict(model, x, batch_size=BATCH_SIZE):
    """A model's outputs outside training.

    Args:
        model: keras.Model.
        x: array (examples, ...), what the model takes.
        batch_size: examples at a time.

    Returns:
        array (examples, ...) of the outputs' dtype; a list of arrays where the model has several outputs.
    """

    def call(batch):
        return model(batch, training=False)

    # A single batch is not compiled, which takes longer than it saves. A recurrent layer always is: outside a graph it
    # walks through its steps in Python.
    recurrent = any(isinstance(layer, keras.layers.RNN) for layer in model._flatten_layers())
    if len(x) > batch_size or recurrent:
        call = tf.function(call, reduce_retracing=True)
    return in_batches(lambda batch: call(tf.convert_to_tensor(batch)), x, batch_size=batch_size)


def in_batches(function, *arrays, batch_size=BATCH_SIZE):
    """Apply a function to arrays, a batch at a time, so that its intermediate results fit into memory.

    Args:
        function: takes a batch of each array, and returns a tensor, an array, or a nest of them, (batch, ...) each.
        arrays: (examples, ...), the same number of examples in each.
        batch_size: examples at a time.

    Returns:
        what the function returns, for all examples: NumPy arrays (examples, ...), in the same nest.
    """
    results = []
    for start in range(0, len(arrays[0]) or 1, batch_size):
        batch = [array[start : start + batch_size] for array in arrays]
        results.append(tf.nest.map_structure(np.asarray, function(*batch)))
    return tf.nest.map_structure(lambda *parts: np.concatenate(parts), *results)


class Evaluator:
    """An evaluation compiled once and called after every epoch."""

    def __init__(self, model, objective, arrays, batch_size, jit_compile):
        self.examples = len(tf.nest.flatten(arrays)[0])
        self.batch_size = min(batch_size, self.examples)
        self.names = metric_names(model, objective, arrays)
        data = tf.nest.map_structure(tf.convert_to_tensor, arrays)

        def step(batch):
            loss, metrics = objective(model, batch, training=False)
            return {"loss": loss + loop.penalties(model), **metrics}

        self.segment = loop.compiled_loop(step, data, self.names, self.batch_size, jit_compile)

    def __call__(self):
        whole, rest = divmod(self.examples, self.batch_size)
        order = tf.range(self.examples)
        totals, zero = tf.zeros(len(self.names) + 1, tf.float64), tf.constant(0.0)
        for first, last, size in [(0, whole, self.batch_size), (whole, whole + 1, rest)]:
            if size:
                _, totals, _, _ = self.segment(
                    order, tf.constant(first), tf.constant(last), totals, zero, size
                )
        return dict(zip(self.names, (totals[:-1] / totals[-1]).numpy().tolist(), strict=True))


def arrays_of(data):
    """(x, y) of a Split, or the tuple that was given."""
    return (data.x, data.y) if hasattr(data, "x") else data


def metric_names(model, objective, arrays):
    """``["loss", ...]``: what an objective measures, found by calling it on one example."""
    one = tf.nest.map_structure(lambda array: tf.convert_to_tensor(array[:1]), arrays)
    _, metrics = objective(model, one, training=False)
    return ["loss", *metrics]
