"""Objectives of models with an output after every step of a sequence."""

import numpy as np
import tensorflow as tf

from dlcourse.training import inputs


class sequence_classification:
    """Cross-entropy at every step, in nats per step, and accuracy; steps whose label is -1 don't count.

    A batch is ``(x, y)``: y int (batch, steps), the model's output float (batch, steps, classes). The mean is over the
    steps that count, so that a long sequence weighs more than a short one.

    Raises:
        ValueError: from ``check``, where labels don't fit the model.
    """

    def __call__(self, model, batch, training):
        x, y = batch
        logits = model(x, training=training)
        y = tf.cast(y, tf.int32)
        counts = tf.cast(y >= 0, logits.dtype)
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.maximum(y, 0), logits=logits)
        right = tf.cast(tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), y), logits.dtype)
        number = tf.maximum(tf.reduce_sum(counts), 1.0)
        return tf.reduce_sum(counts * each) / number, {"accuracy": tf.reduce_sum(counts * right) / number}

    def count(self, batch):
        """How many steps count, at least 1."""
        return tf.maximum(tf.reduce_sum(tf.cast(tf.cast(batch[1], tf.int32) >= 0, tf.int32)), 1)

    def check(self, model, x, y):
        if y.ndim != 2 or not np.issubdtype(y.dtype, np.integer):
            raise ValueError(
                "sequence_classification() takes labels as whole numbers of shape (examples, steps), -1 where a step "
                f"doesn't count; got {y.dtype} {y.shape}."
            )
        classes = inputs.output_shape(model, x)[-1]
        if y.max() < 0:
            raise ValueError("sequence_classification() got labels that are all -1: no step counts.")
        if y.min() < -1 or y.max() >= classes:
            raise ValueError(
                f"Labels run from {y.min()} to {y.max()}, but the model has {classes} outputs, for classes 0 to "
                f"{classes - 1}, and -1 stands for a step that doesn't count."
            )
