"""Cross-entropy of integer labels under a model's logits."""

import numpy as np
import tensorflow as tf

from dlcourse import checks
from dlcourse.training import inputs


class classification:
    """Cross-entropy of integer labels under the model's logits, in nats, and accuracy.

    A batch is ``(x, y)``: y int (batch,), the model's output float (batch, classes).

    Args:
        label_smoothing: share of the target spread evenly over all classes (Szegedy et al. 2016), in [0, 1).

    Raises:
        ValueError: where ``label_smoothing`` lies outside [0, 1); from ``check``, where labels don't fit the model.
    """

    def __init__(self, label_smoothing=0.0):
        self.label_smoothing = checks.rate("classification(label_smoothing)", label_smoothing)

    def __call__(self, model, batch, training):
        x, y = batch
        y = tf.cast(y, tf.int32)
        logits = model(x, training=training)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        if self.label_smoothing:
            # Smoothed targets: (1 - s) of the given class plus s of the mean over all classes.
            uniform = tf.reduce_logsumexp(logits, axis=-1) - tf.reduce_mean(logits, axis=-1)
            loss = (1 - self.label_smoothing) * loss + self.label_smoothing * uniform
        correct = tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), y)
        return tf.reduce_mean(loss), {"accuracy": tf.reduce_mean(tf.cast(correct, tf.float32))}

    def check(self, model, x, y):
        if y.ndim != 1 or not np.issubdtype(y.dtype, np.integer):
            columns = y.shape[-1] if y.ndim > 1 else 1
            advice = (
                "give y.ravel()" if y.ndim > 1 and columns == 1
                else "for one-hot labels give y.argmax(axis=-1)" if y.ndim == 2
                else "give y.astype('int32') where they are whole numbers"
            )  # fmt: skip
            raise ValueError(
                f"classification() takes labels as whole numbers of shape (examples,); got {y.dtype} {y.shape}: "
                f"{advice}."
            )
        shape = inputs.output_shape(model, x)
        if len(shape) != 2:
            raise ValueError(
                f"classification() takes one row of logits per example, (examples, classes); the model gives {shape}."
            )
        classes = shape[-1]
        if y.min() < 0 or y.max() >= classes:
            raise ValueError(
                f"Labels run from {y.min()} to {y.max()}, but the model has {classes} outputs, for classes 0 to "
                f"{classes - 1}. Renumber the labels, np.unique(y, return_inverse=True)[1], or build the model with "
                f"classes={int(y.max()) + 1}."
            )
