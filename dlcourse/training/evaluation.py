"""A trained model on data, a batch at a time: an objective's values, or the model's outputs."""

import keras
import numpy as np
import tensorflow as tf

from dlcourse import checks, reproducibility
from dlcourse.models.stacked import axis
from dlcourse.training import inputs, loop

BATCH_SIZE = 1_000
FEW_BATCHES = 10
"""``predict`` doesn't compile for so many: that takes longer than it saves."""


def evaluate(model, objective, data, batch_size=BATCH_SIZE):
    """An objective's loss and metrics on data, averaged over all examples.

    Args:
        model: keras.Model.
        objective: callable ``(model, batch, training) -> (loss, metrics)``.
        data: Split, or a tuple of arrays.
        batch_size: examples at a time; it doesn't change the averages.

    Returns:
        dict from name to float: ``"loss"`` and the metrics.

    Raises:
        ValueError: where data, labels or shapes don't fit, as for ``fit``.
    """
    where = "evaluate() got data"
    inputs.check_callable(objective)
    arrays = inputs.arrays_of(data, where)
    inputs.check(model, objective, arrays, where)
    batch_size = checks.whole_number("evaluate(batch_size)", batch_size)
    with reproducibility.determinism():
        return Evaluator(model, objective, arrays, batch_size, jit_compile=False)()


def predict(model, x, batch_size=BATCH_SIZE):
    """A model's outputs outside training.

    Args:
        model: keras.Model.
        x: array (examples, ...), what the model takes.
        batch_size: examples at a time.

    Returns:
        array (examples, ...) of the outputs' dtype, of networks side by side (examples, networks, ...); a list of
        arrays where the model has several outputs.

    Raises:
        ValueError: where x doesn't fit the model, as for ``fit``.
    """
    where = "predict() got x"
    found = inputs.arrays_of(x, where)
    if len(found) != 1:
        raise ValueError(
            f"{where} as {len(found)} arrays; expected one of examples, without targets: predict(model, split.x)."
        )
    (x,) = found
    batch_size = checks.whole_number("predict(batch_size)", batch_size)
    inputs.check_x(model, x, where)
    inputs.build(model, x)
    fixed = inputs.check_batches(model, len(x), where)
    batch_size = fixed or batch_size

    def call(batch):
        if axis.is_stacked(model):
            return axis.examples_first(axis.outputs(model, batch))
        return model(batch, training=False)

    # A recurrent layer is always compiled: outside a graph it walks through its steps in Python.
    recurrent = any(isinstance(layer, keras.layers.RNN) for layer in model._flatten_layers())
    if len(x) > FEW_BATCHES * batch_size or recurrent:
        spec = tf.TensorSpec((fixed, *x.shape[1:]), x.dtype)
        call = tf.function(call).get_concrete_function(spec)
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
        fixed = inputs.check_batches(model, self.examples, "evaluate() got data")
        self.batch_size = fixed or min(batch_size, self.examples)
        self.names = metric_names(model, objective, arrays)
        data = tf.nest.map_structure(tf.convert_to_tensor, arrays)

        def step(batch):
            loss, metrics = objective(model, batch, training=False)
            return {"loss": loss + loop.penalties(model), **metrics}

        count = getattr(objective, "count", None)
        self.segment = loop.compiled_loop(step, data, self.names, self.batch_size, jit_compile, count)

    def __call__(self):
        whole, rest = divmod(self.examples, self.batch_size)
        order = tf.range(self.examples)
        totals, zero = tf.zeros(len(self.names) + 2, tf.float64), tf.constant(0.0)
        for first, last, size in [(0, whole, self.batch_size), (whole, whole + 1, rest)]:
            if size:
                _, totals, _, _ = self.segment(
                    order, tf.constant(first), tf.constant(last), totals, zero, size
                )
        return loop.means(totals, self.names)


def metric_names(model, objective, arrays):
    """``["loss", ...]``: what an objective measures, found by tracing it on a batch; nothing is computed or changed."""
    names = []

    def look(batch):
        names[:] = ["loss", *objective(model, batch, training=False)[1]]
        return 0

    size = inputs.fixed_batch(model) or 1
    specs = tf.nest.map_structure(lambda array: tf.TensorSpec((size, *array.shape[1:]), array.dtype), arrays)
    tf.function(look).get_concrete_function(specs)
    return names
