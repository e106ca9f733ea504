"""The objective of networks side by side: the sum of what each network's own costs, so that each learns as if alone."""

import numpy as np
import tensorflow as tf

from dlcourse.models.stacked import axis


class _Summed:
    """Adds up the networks' mean costs over examples; ``metric`` is the name of the mean over networks.

    A batch is ``(x, y)`` or ``(x, y, weights)``, examples first: each (batch, ...), the same for all networks, or
    (batch, networks, ...). Costs are multiplied by their weights.
    """

    def __call__(self, model, batch, training):
        x, y, *weights = batch
        outputs = axis.outputs(model, x, training)
        costs, measured = self.costs(y, outputs)
        if weights:
            costs *= axis.networks_first(weights[0], len(costs.shape))
        by_network = tf.reduce_mean(costs, axis=list(range(1, len(costs.shape))))
        return tf.reduce_sum(by_network), {self.metric: tf.reduce_mean(measured)}


class classification(_Summed):
    """Sum of the networks' mean cross-entropies, in nats; ``"accuracy"`` is the mean over networks.

    A batch is ``(x, y)`` or ``(x, y, weights)``, examples first. The model's outputs are logits (networks, batch, ...,
    classes); y is int (batch, ...), the same for all networks, or (batch, networks, ...), and so are float weights, by
    which the costs are multiplied.
    """

    metric = "accuracy"

    def costs(self, y, logits):
        y = axis.networks_first(tf.cast(y, tf.int32), len(logits.shape) - 1)
        y = tf.broadcast_to(y, tf.shape(logits)[:-1])
        right = tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), y)
        costs = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        return costs, tf.cast(right, tf.float32)


class regression(_Summed):
    """Sum of the networks' mean squared errors; ``"squared error"`` is the mean over networks.

    A batch is ``(x, y)``, examples first: y float, (batch, outputs), the same for all networks, or (batch, networks,
    outputs). Of outputs after several steps, (networks, batch, steps, outputs), the last ones count.
    """

    metric = "squared error"

    def costs(self, y, outputs):
        outputs = outputs[:, :, -1] if len(outputs.shape) == 4 else outputs
        squares = tf.square(outputs - axis.networks_first(tf.cast(y, outputs.dtype), len(outputs.shape)))
        return squares, squares


def accuracies(logits, labels):
    """Accuracy of each network, float64 (networks,), of what ``training.predict`` gives.

    Args:
        logits: float (examples, networks, classes).
        labels: whole numbers (examples,) or (examples, networks).
    """
    labels = np.asarray(labels)
    return (logits.argmax(axis=-1) == (labels if labels.ndim == 2 else labels[:, None])).mean(axis=0)
