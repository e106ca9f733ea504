"""The training step, and the compiled loop that repeats it."""

import keras
import tensorflow as tf


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
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply(gradients, model.trainable_variables)
    return {"loss": loss, **metrics}


def epoch_order(examples, seed, epoch):
    """The order of the examples in an epoch: a permutation, int32 (examples,), from seed and epoch alone."""
    return tf.random.experimental.stateless_shuffle(tf.range(examples), seed=[seed, epoch])


def compiled_loop(step, data, names, batch_size, jit_compile):
    """Compile ``step`` and its loop over shuffled arrays: Python is entered once per segment, not once per step.

    Args:
        step: callable ``batch -> dict`` from name to scalar tensor, such as ``train_step`` with its model bound.
        data: nest of tensors (examples, ...).
        names: entries of the dict to add up, ``"loss"`` first.
        batch_size: examples per step.
        jit_compile: whether XLA compiles the whole loop.

    Returns:
        ``segment(order, first, last, totals, loss, size)``: runs steps ``first`` to ``last - 1`` of the epoch, each on
        ``size`` examples (a Python int: ``batch_size``, or what is left for the last batch), and stops early where a
        loss is not finite. ``totals``, float64 (len(names) + 1,), adds up value times examples, and the examples.
        Returns (next step, totals, last loss, the loss before it).
    """

    @tf.function(jit_compile=jit_compile or None)
    def segment(order, first, last, totals, loss, size):
        def more(index, totals, loss, before):
            return (index < last) & tf.math.is_finite(loss)

        def body(index, totals, loss, before):
            rows = tf.slice(order, [index * batch_size], [size])
            values = step(tf.nest.map_structure(lambda array: tf.gather(array, rows), data))
            return (
                index + 1,
                totals + size * _stacked(values, names),
                tf.cast(values["loss"], tf.float32),
                loss,
            )

        return tf.while_loop(more, body, (first, totals, loss, loss))

    return segment


def compiled_stream(step, names, jit_compile):
    """The same loop over a ``tf.data.Dataset`` of batches, for data larger than memory.

    Returns:
        ``segment(iterator, steps, totals, loss)``: takes up to ``steps`` batches. Returns (steps taken, totals,
        last loss, the loss before it). It takes fewer where the data has ended or a loss is not finite.
    """
    compiled_step = tf.function(step, jit_compile=jit_compile or None)

    @tf.function
    def segment(iterator, steps, totals, loss):
        taken, before, ended = 0, loss, False
        while taken < steps and not ended and tf.math.is_finite(loss):
            optional = iterator.get_next_as_optional()
            if optional.has_value():
                batch = optional.get_value()
                values = compiled_step(batch)
                size = tf.cast(tf.shape(tf.nest.flatten(batch)[0])[0], tf.float64)
                totals += size * _stacked(values, names)
                taken, before, loss = taken + 1, loss, tf.cast(values["loss"], tf.float32)
            else:
                ended = True
        return taken, totals, loss, before

    return segment


def _stacked(values, names):
    """The named values and a 1 for the example itself, float64 (len(names) + 1,)."""
    return tf.stack([*(tf.cast(values[name], tf.float64) for name in names), tf.constant(1.0, tf.float64)])


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
    if steps < XLA_STEPS:
        return False
    return all(type(layer).__name__ in XLA_LAYERS for layer in model._flatten_layers(include_self=False))


def penalties(model):
    """Sum of what regularised layers add to the loss: ``model.losses``, a scalar tensor or 0."""
    return keras.ops.sum(keras.ops.stack(model.losses)) if model.losses else 0.0
