"""Mean squared error."""

import numpy as np
import tensorflow as tf


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
