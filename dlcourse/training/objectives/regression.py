"""Mean squared error."""

import numpy as np
import tensorflow as tf

from dlcourse.training import inputs


class regression:
    """Mean squared error between targets and the model's output, in squared units of the targets.

    A batch is ``(x, y)``: y float, of the model's output shape, or (batch,) for one output.
    """

    def __call__(self, model, batch, training):
        x, y = batch
        prediction = model(x, training=training)
        target = tf.reshape(
            tf.cast(y, prediction.dtype), tf.shape(prediction)
        )  # (batch,) to (batch, 1) or back
        return tf.reduce_mean(tf.square(prediction - target)), {}

    def check(self, model, x, y):
        outputs = inputs.output_shape(model, x)
        given, wanted = y.shape[1:], outputs[1:]
        if given != wanted and {given, wanted} != {(), (1,)}:
            raise ValueError(
                f"regression() compares targets of shape {y.shape} with outputs of shape {outputs}: give targets in "
                "the outputs' shape, axis for axis."
            )
        if not np.isfinite(y).all():
            raise ValueError(
                "regression() got targets that are not finite; remove or fill in those examples."
            )
