"""Small feed-forward networks trained side by side in one graph: a study over seeds and settings in one training.

Each network has its own weights and, where wanted, its own data. The networks share only the order of the batches: the
loss is a sum over networks, so no gradient passes from one to another, and an optimizer that works weight by weight
(SGD, momentum, Adam) trains each as it would alone.
"""

import itertools

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from dlcourse import checks
from dlcourse.models.initializers import seeded_initializer


class DenseBank(layers.Layer):
    """A dense layer for each network: (batch, networks, inputs) to (batch, networks, units).

    Inputs (batch, 1, inputs) are the same for all networks.

    Args:
        kernels: float (networks, inputs, units), the initial weights; biases start at 0.
        activation: a Keras activation or its name, or None.
        regularizer: of the kernels, a Keras regulariser or its name, or None.
    """

    def __init__(self, kernels, activation=None, regularizer=None, **options):
        super().__init__(**options)
        self.initial, self.activation = kernels, keras.activations.get(activation)
        self.regularizer = keras.regularizers.get(regularizer)

    def build(self, input_shape):
        networks, _, units = self.initial.shape
        self.kernel = self.add_weight(
            shape=self.initial.shape,
            initializer=lambda shape, dtype=None: self.initial,
            regularizer=self.regularizer,
            name="kernel",
        )
        self.bias = self.add_weight(shape=(networks, 1, units), initializer="zeros", name="bias")

    def call(self, x):
        by_member = tf.matmul(tf.transpose(x, [1, 0, 2]), self.kernel) + self.bias
        return tf.transpose(self.activation(by_member), [1, 0, 2])

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.initial.shape[0], self.initial.shape[-1])


def mlp(seeds, input_shape, classes, *, hidden, shared=True, activation="relu", regularizer=None):
    """A multilayer perceptron for each seed; with seed s it starts as ``models.mlp(..., seed=s)``.

    Maps float32 (batch, *input_shape), the same for all networks, or (batch, networks, *input_shape) where ``shared``
    is False, to logits (batch, networks, classes).

    Args:
        seeds: one whole number per network; a seed may come several times.
        input_shape, classes, hidden, activation, regularizer: as for ``models.mlp``.
        shared: whether all networks see the same inputs.

    Raises:
        ValueError: where there is no seed, or a shape or number makes no sense.
    """
    shape, seeds = checks.shape("feed_forward.mlp(input_shape)", input_shape), list(seeds)
    if not seeds:
        raise ValueError("feed_forward.mlp(seeds=[]): give one seed per network, such as range(5).")
    checks.whole_number("feed_forward.mlp(classes)", classes)
    for index, width in enumerate(hidden):
        checks.whole_number(f"feed_forward.mlp(hidden[{index}])", width)
    inputs = keras.Input(shape if shared else (len(seeds), *shape))
    x = layers.Reshape((1 if shared else len(seeds), int(np.prod(shape))))(inputs)
    widths = [int(np.prod(shape)), *hidden, classes]
    for index, (before, width) in enumerate(itertools.pairwise(widths)):
        last = index == len(hidden)
        x = DenseBank(
            _kernels(seeds, index, before, width),
            activation=None if last else activation,
            regularizer=regularizer,
            name="logits" if last else f"hidden_{index + 1}",
        )(x)
    return keras.Model(inputs, x, name="population")


def _kernels(seeds, layer, inputs, units):
    """Glorot-uniform kernels, float32 (networks, inputs, units), drawn as ``models.mlp`` draws them."""
    drawn = {
        seed: np.asarray(seeded_initializer("glorot_uniform", seed, layer)((inputs, units)))
        for seed in set(seeds)
    }
    return np.stack([drawn[seed] for seed in seeds])


class classification:
    """Sum of the networks' mean cross-entropies, in nats; ``"accuracy"`` is the mean over networks.

    A batch is ``(x, y)`` or ``(x, y, weights)``: y int (batch,), the same for all networks, or (batch, networks);
    weights float (batch,) or (batch, networks), by which the loss of each example is multiplied.
    """

    def __call__(self, model, batch, training):
        x, y, *weights = batch
        logits = model(x, training=training)
        y = tf.cast(y if y.shape.rank == 2 else y[:, None], tf.int32)
        y = tf.broadcast_to(y, tf.shape(logits)[:2])
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        if weights:
            loss *= weights[0] if weights[0].shape.rank == 2 else weights[0][:, None]
        correct = tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), y)
        return tf.reduce_sum(tf.reduce_mean(loss, axis=0)), {
            "accuracy": tf.reduce_mean(tf.cast(correct, tf.float32))
        }


def accuracies(logits, labels):
    """Accuracy of each network, float64 (networks,).

    Args:
        logits: float (examples, networks, classes).
        labels: whole numbers (examples,) or (examples, networks).
    """
    labels = np.asarray(labels)
    return (logits.argmax(axis=-1) == (labels if labels.ndim == 2 else labels[:, None])).mean(axis=0)
