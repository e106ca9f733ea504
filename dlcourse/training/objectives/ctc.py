"""Connectionist temporal classification (Graves et al. 2006)."""

import numpy as np
import tensorflow as tf

from dlcourse.training import inputs


class ctc:
    """Negative log-probability of each string of labels under all its alignments with the frames, in nats per string.

    A batch is ``(x, y)``: y int (batch, longest), one label or more, filled up with 0; the model's output (batch,
    frames, symbols), logits of which column 0 is the blank. Every frame of the output counts, so that what fills up the
    shorter inputs must be silence. As ``keras.losses.CTC``, whose mean over the batch it gives.

    Metrics: ``labels_off``, by how many labels the best path is too long or too short, as a mean.

    Raises:
        ValueError: from ``check``, where labels don't fit the model.
    """

    def __call__(self, model, batch, training):
        x, y = batch
        logits = model(x, training=training)
        y = tf.cast(y, tf.int32)
        lengths = tf.fill([tf.shape(logits)[0]], tf.shape(logits)[1])
        each = tf.nn.ctc_loss(
            labels=tf.sparse.from_dense(y),  # sparse, so that TensorFlow takes its faster kernel
            logits=tf.transpose(logits, (1, 0, 2)),
            label_length=None,
            logit_length=lengths,
            logits_time_major=True,
            blank_index=0,
        )
        return tf.reduce_mean(each), {"labels_off": tf.reduce_mean(labels_off(logits, y))}

    def check(self, model, x, y):
        if y.ndim != 2 or not np.issubdtype(y.dtype, np.integer):
            raise ValueError(
                "ctc() takes labels as whole numbers of shape (examples, longest), filled up with 0; got "
                f"{y.dtype} {y.shape}."
            )
        shape = inputs.output_shape(model, x)
        if len(shape) != 3:
            raise ValueError(
                f"ctc() takes one row of logits per frame, (examples, frames, symbols); the model gives {shape}."
            )
        frames, symbols = shape[1:]
        if y.min() < 0 or y.max() >= symbols:
            raise ValueError(
                f"Labels run from {y.min()} to {y.max()}, but the model gives {symbols}: 0, the blank, and labels "
                f"from 1 to {symbols - 1}."
            )
        if np.any(y[:, 0] == 0) or np.any((y[:, 1:] > 0) & (y[:, :-1] == 0)):
            raise ValueError(
                "ctc() got 0 before a label; a row holds its labels first, one or more, then only 0."
            )
        needed = int(((y > 0).sum(axis=1) + ((y[:, 1:] == y[:, :-1]) & (y[:, 1:] > 0)).sum(axis=1)).max())
        if frames is not None and needed > frames:
            raise ValueError(
                f"A string needs {needed} frames, one per label and a blank between equal ones; the model gives "
                f"{frames}. Pool less, or give shorter strings."
            )


def labels_off(logits, y):
    """Number of labels of the best path less the right number, without its sign, float (batch,)."""
    best = tf.argmax(logits, axis=-1, output_type=tf.int32)
    before = tf.pad(best[:, :-1], [[0, 0], [1, 0]])
    found = tf.reduce_sum(tf.cast((best != before) & (best != 0), tf.int32), axis=1)
    return tf.cast(tf.abs(found - tf.reduce_sum(tf.cast(y != 0, tf.int32), axis=1)), logits.dtype)
