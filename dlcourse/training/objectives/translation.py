"""Objective of a model that writes a sequence in answer to another one, each symbol after those before it."""

import numpy as np
import tensorflow as tf

from dlcourse.datasets.numerals import PAD
from dlcourse.models.translators import shifted
from dlcourse.training import inputs


class translation:
    """Cross-entropy of each target symbol after the source and the target's symbols before it, in nats per symbol.

    A batch is ``(x, y)``: x any source; y int (batch, steps), filled up with 0, which doesn't count. The model takes
    ``[x, shifted(y)]``, what was right before each step (teacher forcing), and gives logits (batch, steps, symbols).

    Metrics: ``accuracy``, the share of symbols that are right after right ones; ``whole``, of rows that are all right.

    Raises:
        ValueError: from ``check``, where labels don't fit the model.
    """

    def __call__(self, model, batch, training):
        x, y = batch
        y = tf.cast(y, tf.int32)
        logits = model([x, shifted(y)], training=training)
        counts = tf.cast(y != PAD, logits.dtype)
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        right = tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), y)
        number = tf.maximum(tf.reduce_sum(counts), 1.0)
        whole = tf.reduce_all(right | (y == PAD), axis=1)
        return tf.reduce_sum(counts * each) / number, {
            "accuracy": tf.reduce_sum(counts * tf.cast(right, logits.dtype)) / number,
            "whole": tf.reduce_mean(tf.cast(whole, logits.dtype)),
        }

    def check(self, model, x, y):
        if y.ndim != 2 or not np.issubdtype(y.dtype, np.integer):
            raise ValueError(
                "translation() takes targets as whole numbers of shape (examples, steps), filled up with 0; got "
                f"{y.dtype} {y.shape}."
            )
        symbols = inputs.output_shape(model, (x, y))[-1]
        if y.min() < 0 or y.max() >= symbols:
            raise ValueError(
                f"Targets run from {y.min()} to {y.max()}, but the model writes {symbols} symbols."
            )
        if np.any(y[:, 0] == PAD):
            raise ValueError("translation() got an empty target; each row begins with a symbol other than 0.")
