"""A conditional random field's likelihood (Lafferty et al. 2001)."""

import numpy as np
import tensorflow as tf

from dlcourse.models.crf import LinearChainCRF
from dlcourse.training import inputs


class crf:
    """Negative log-likelihood of the right path given the input, in nats per labelled place.

    A batch is ``(x, y)``: y int (batch, places), -1 where nothing is present, which only stands at the end of a row.
    The model ends in a ``models.crf.LinearChainCRF``; its output are scores (batch, places, labels). Long rows count
    more than short ones, as their places do.

    Raises:
        ValueError: from ``check``, where labels don't fit the model, or it has no such layer.
    """

    def __call__(self, model, batch, training):
        x, y = batch
        return crf_layer(model).loss(y, model(x, training=training)), {}

    def count(self, batch):
        """How many places are labelled."""
        return tf.reduce_sum(tf.cast(tf.cast(batch[1], tf.int32) >= 0, tf.int32))

    def check(self, model, x, y):
        if y.ndim != 2 or not np.issubdtype(y.dtype, np.integer):
            raise ValueError(
                f"crf() takes labels as whole numbers of shape (examples, places), -1 at the end of shorter rows; "
                f"got {y.dtype} {y.shape}."
            )
        labels = crf_layer(model).labels
        if y.min() < -1 or y.max() >= labels:
            raise ValueError(
                f"Labels run from {y.min()} to {y.max()}, but the layer has {labels}: 0 to {labels - 1}."
            )
        if np.any(y[:, 0] < 0) or np.any((y[:, 1:] >= 0) & (y[:, :-1] < 0)):
            raise ValueError(
                "crf() got -1 before a label; a row holds its labels first, one or more, then only -1."
            )
        shape = inputs.output_shape(model, x)
        if len(shape) != 3 or shape[1] not in (None, y.shape[1]):
            raise ValueError(
                f"crf() got labels of {y.shape[1]} places; the model gives scores of shape {shape}."
            )


def crf_layer(model):
    """The model's random field.

    Raises:
        ValueError: where it has none.
    """
    found = [one for one in model.layers if isinstance(one, LinearChainCRF)]
    if len(found) != 1:
        raise ValueError(
            f"crf() takes a model with one models.crf.LinearChainCRF, as its last layer; this one has {len(found)}."
        )
    return found[0]
