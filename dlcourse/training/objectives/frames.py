"""Cross-entropy of predicted frames, in nats per frame."""

import tensorflow as tf

from dlcourse.training import inputs


class frames:
    """Cross-entropy of grey pixels under the model's logits, -Σ x ln p + (1 - x) ln(1 - p), over a frame's pixels.

    A batch is ``(x, y)``: y float (batch, frames, height, width, channels), 0 to 1; the model's output logits of the
    same shape. The loss is the mean over frames.

    Metrics: ``squared_error``, of the predicted means, summed over a frame's pixels too.

    Raises:
        ValueError: from ``check``, where y doesn't fit the model.
    """

    def __call__(self, model, batch, training):
        x, y = batch
        logits = model(x, training=training)
        y = tf.cast(y, logits.dtype)
        each = tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits)
        squared = tf.square(tf.sigmoid(logits) - y)
        loss, squared = (tf.reduce_mean(tf.reduce_sum(values, axis=(2, 3, 4))) for values in (each, squared))
        return loss, {"squared_error": squared}

    def check(self, model, x, y):
        shape = inputs.output_shape(model, x)
        if y.ndim != 5 or tuple(shape[1:]) != tuple(y.shape[1:]):
            raise ValueError(
                f"frames() takes the frames that are to be predicted, of the model's shape {tuple(shape[1:])} for each "
                f"clip; got {y.dtype} {y.shape}."
            )
        if not (y.min() >= 0 and y.max() <= 1):
            raise ValueError(
                f"frames() takes pixels from 0 to 1; got {y.min():g} to {y.max():g}: divide by the white, such as 255."
            )
