"""What a batch costs: callables ``(model, batch, training) -> (loss, metrics)`` for ``training.fit``.

``loss`` is a scalar tensor, the mean over the batch; ``metrics`` a dict from name to scalar tensor. An objective may
have a method ``check(model, x, y)`` that ``fit`` calls on arrays before training.
"""

import keras
import numpy as np
import tensorflow as tf

from dlcourse.training.bounds import importance_weighted as importance_weighted
from dlcourse.training.bounds import negative_elbo as negative_elbo


class classification:
    """Cross-entropy of integer labels under the model's logits, in nats, and accuracy.

    A batch is ``(x, y)``: y int (batch,), the model's output float (batch, classes).

    Args:
        label_smoothing: share of the target spread evenly over all classes (Szegedy et al. 2016), in [0, 1).

    Raises:
        ValueError: where ``label_smoothing`` lies outside [0, 1); from ``check``, where labels don't fit the model.
    """

    def __init__(self, label_smoothing=0.0):
        if not 0 <= label_smoothing < 1:
            raise ValueError(
                f"classification(label_smoothing={label_smoothing!r}): expected a number in [0, 1)."
            )
        self.label_smoothing = label_smoothing

    def __call__(self, model, batch, training):
        x, y = batch
        logits = model(x, training=training)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        if self.label_smoothing:
            # Smoothed targets: (1 - s) of the given class plus s of the mean over all classes.
            uniform = tf.reduce_logsumexp(logits, axis=-1) - tf.reduce_mean(logits, axis=-1)
            loss = (1 - self.label_smoothing) * loss + self.label_smoothing * uniform
        correct = tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), tf.cast(y, tf.int32))
        return tf.reduce_mean(loss), {"accuracy": tf.reduce_mean(tf.cast(correct, tf.float32))}

    def check(self, model, x, y):
        if y.ndim != 1 or not np.issubdtype(y.dtype, np.integer):
            raise ValueError(
                f"classification() takes labels as whole numbers of shape (examples,); got {y.dtype} {y.shape}. "
                "For one-hot labels give y.argmax(axis=-1)."
            )
        classes = model.output_shape[-1]
        if y.min() < 0 or y.max() >= classes:
            raise ValueError(
                f"Labels run from {y.min()} to {y.max()}, but the model has {classes} outputs, for classes 0 to "
                f"{classes - 1}. Renumber the labels, or build the model with classes={y.max() + 1}."
            )


class regression:
    """Mean squared error between targets and the model's output, in squared units of the targets.

    A batch is ``(x, y)``: y float, of the model's output shape, or (batch,) for one output.
    """

    def __call__(self, model, batch, training):
        x, y = batch
        prediction = model(x, training=training)
        loss = tf.reduce_mean(
            tf.square(prediction - tf.reshape(tf.cast(y, prediction.dtype), tf.shape(prediction)))
        )
        return loss, {}

    def check(self, model, x, y):
        if np.prod(y.shape[1:], dtype=int) != np.prod(model.output_shape[1:], dtype=int):
            raise ValueError(
                f"regression() compares targets of shape {y.shape} with outputs of shape {model.output_shape}: "
                "each example needs as many targets as the model has outputs."
            )
        if not np.isfinite(y).all():
            raise ValueError(
                "regression() got targets that are not finite; remove or fill in those examples."
            )


def penalties(model):
    """Sum of what regularised layers add to the loss: ``model.losses``, a scalar tensor or 0."""
    return keras.ops.sum(keras.ops.stack(model.losses)) if model.losses else 0.0
