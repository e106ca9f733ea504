"""The training step, and the compiled loop that repeats it."""

import functools

import keras
import tensorflow as tf

from dlcourse.models.stacked import axis


def train_step(model, objective, optimizer, batch):
    """One step of gradient descent: forward, loss, gradient, update.

    Args:
        model: keras.Model.
        objective: ``(model, batch, training) -> (loss, metrics)``.
        optimizer: keras.optimizers.Optimizer, built.
        batch: whatever the objective takes, usually ``(x, y)``.

    Returns:
        dict from name to scalar tensor: ``"loss"`` (penalties included) and the metrics.
    """
    with tf.GradientTape() as tape:
        loss, metrics = objective(model, batch, training=True)
        loss += penalties(model)  # of kernel_regularizer; easy to forget
        scaled = optimizer.scale_loss(loss)  # the loss itself, but for float16; apply() scales back
    gradients = tape.gradient(scaled, model.trainable_variables)
    optimizer.apply(gradients, model.trainable_variables)
    return {"loss": loss, **metrics}


def epoch_order(examples, seed, epoch):
    """The order of the examples in an epoch: a permutation, int32 (examples,), from seed and epoch alone."""
    return tf.random.experimental.stateless_shuffle(tf.range(examples), seed=[seed, epoch])


def compiled_loop(step, data, names, batch_size, jit_compile, count=None):
    """Compile ``step`` and its loop over shuffled arrays: Python is entered once per segment, not once per step.

    Args:
        step: callable ``batch -> dict`` from name to scalar tensor, such as ``train_step`` with its model bound.
        data: nest of tensors (examples, ...).
        names: entries of the dict to add up, ``"loss"`` first.
        batch_size: examples per step.
        jit_compile: whether XLA compiles the whole loop.
        count: callable ``batch -> scalar tensor``: how many things the step's means are taken over, where these are
            not the examples (steps of a padded sequence).

    Returns:
        ``segment(order, first, last, totals, loss, size)``: runs steps ``first`` to ``last - 1`` of the epoch, each on
        ``size`` examples (a Python int: ``batch_size``, or what is left for the last batch), and stops early where a
        loss is not finite. ``totals``, float64 (len(names) + 2,), adds up value times count, the counts, and the
        examples. Returns (next step, totals, last loss, the loss before it).
    """

    def segment(order, first, last, totals, loss, size):
        def more(index, totals, loss, before):
            return (index < last) & tf.math.is_finite(loss)

        def body(index, totals, loss, before):
            rows = tf.slice(order, [index * batch_size], [size])
            batch = tf.nest.map_structure(lambda array: tf.gather(array, rows), data)
            values = step(batch)
            added = _added(values, names, size, count(batch) if count else size)
            return index + 1, totals + added, tf.cast(values["loss"], tf.float32), loss

        return tf.while_loop(more, body, (first, totals, loss, loss))

    @functools.cache
    def compiled(size):
        return tf.function(segment, jit_compile=jit_compile or None).get_concrete_function(
            tf.TensorSpec(None, tf.int32),
            tf.TensorSpec((), tf.int32),
            tf.TensorSpec((), tf.int32),
            tf.TensorSpec((len(names) + 2,), tf.float64),
            tf.TensorSpec((), tf.float32),
            size,
        )

    return lambda order, first, last, totals, loss, size: compiled(size)(order, first, last, totals, loss)


def compiled_stream(step, names, spec, jit_compile, count=None):
    """The same loop over a ``tf.data.Dataset`` of batches, for data larger than memory.

    Args:
        step, names, jit_compile, count: as for ``compiled_loop``.
        spec: the dataset's ``element_spec``.

    Returns:
        ``one(batch)``: a step on one batch; returns (what to add to the totals, its loss).
        ``segment(iterator, steps, totals, loss)``: takes up to ``steps`` batches. Returns (steps taken, totals,
        last loss, the loss before it). It takes fewer where the data has ended or a loss is not finite.
    """

    @tf.function(jit_compile=jit_compile or None, input_signature=[spec])
    def one(batch):
        values = step(batch)
        size = tf.shape(tf.nest.flatten(batch)[0])[0]
        return _added(values, names, size, count(batch) if count else size), tf.cast(
            values["loss"], tf.float32
        )

    @tf.function
    def segment(iterator, steps, totals, loss):
        taken, before, ended = 0, loss, False
        while taken < steps and not ended and tf.math.is_finite(loss):
            optional = iterator.get_next_as_optional()
            if optional.has_value():
                added, after = one(optional.get_value())
                totals += added
                taken, before, loss = taken + 1, loss, after
            else:
                ended = True
        return taken, totals, loss, before

    return one, segment


def means(totals, names):
    """A dict from name to float of what ``totals`` has added up."""
    return dict(zip(names, (totals[:-2] / totals[-2]).numpy().tolist(), strict=True))


def _added(values, names, size, count):
    """What one step adds to the totals: the named values times their count, the count, the examples."""
    count = tf.cast(count, tf.float64)
    added = [*(count * tf.cast(values[name], tf.float64) for name in names), count, tf.cast(size, tf.float64)]
    return tf.stack(added)


XLA_LAYERS = {
    "Activation",
    "Add",
    "BatchNormalization",
    "Dense",
    "Embedding",
    "Flatten",
    "GRU",
    "GRUCell",
    "GlobalAveragePooling1D",
    "InputLayer",
    "LayerNormalization",
    "LeakyReLU",
    "ReLU",
    "Rescaling",
    "Reshape",
}
"""Layers that XLA runs faster on a CPU, as one loop of fused matrix products and elementwise operations. It runs
convolutions at half the speed of TensorFlow's own kernels (benchmarks/README.md has both measurements), and dense
layers with dropout down to a sixth of it: a model with any other layer is left to TensorFlow's. A GRU of 28 or 100
steps runs 1.4 times as fast with it, simple cells run slower, and an LSTM gains too little to pay for the compiling."""

XLA_STEPS = 1_000
"""With fewer steps XLA takes longer to compile than it saves."""


def xla_pays(model, steps):
    """Whether ``fit`` lets XLA compile this model for that many steps: a rule, not a race, so that runs repeat."""
    if steps < XLA_STEPS or axis.is_stacked(model):
        return False
    return all(type(layer).__name__ in XLA_LAYERS for layer in model._flatten_layers(include_self=False))


def penalties(model):
    """Sum of what regularised layers add to the loss: ``model.losses``, a scalar tensor or 0."""
    return keras.ops.sum(keras.ops.stack(model.losses)) if model.losses else 0.0
