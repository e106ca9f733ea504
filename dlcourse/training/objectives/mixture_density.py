"""Negative log-density of points under the mixture of Gaussians that a network gives (Bishop 1994)."""

import numpy as np
import tensorflow as tf

from dlcourse.models import mixture_density as mixtures
from dlcourse.training import inputs


class mixture_density:
    """Negative log-density in nats per sequence: the sum over its steps, the mean over the batch.

    A batch is ``(x, y)``: y float (batch, steps, 2), the point of each step; the model's output (batch, steps, 6 ·
    components), as ``models.mixture_density.parameters`` reads it. A density may be above 1, so this may be below 0.

    Raises:
        ValueError: from ``check``, where points don't fit the model.
    """

    def __call__(self, model, batch, training):
        x, y = batch
        outputs = model(x, training=training)
        return -tf.reduce_mean(tf.reduce_sum(mixtures.log_density(outputs, y), axis=-1)), {}

    def check(self, model, x, y):
        if y.ndim != 3 or y.shape[2] != 2 or not np.issubdtype(y.dtype, np.floating):
            raise ValueError(
                f"mixture_density() takes points, float (examples, steps, 2); got {y.dtype} {y.shape}."
            )
        shape = tuple(inputs.output_shape(model, x))
        if len(shape) != 3 or shape[1] not in (None, y.shape[1]) or shape[2] % mixtures.NUMBERS:
            raise ValueError(
                f"mixture_density() takes outputs (examples, {y.shape[1]}, {mixtures.NUMBERS} · components), one row "
                f"for each point; the model gives {shape}."
            )
