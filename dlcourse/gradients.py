"""Gradients of Keras models looked at layer by layer, and cut back where they are too long."""

import keras
import numpy as np
import tensorflow as tf


def by_layer(model, objective, batch):
    """log10 of the Frobenius norm of the loss's gradient with respect to each kernel, first layer first.

    The norm is summed in float64 whatever the model's dtype, but the gradient is the model's: in float32 what falls
    below 1e-38 on its way is 0 (log10: -inf). Build the model in float64 to see it.

    Args:
        model: keras.Model. Kernels stacked on leading axes (``models.DeepNetworks``) count as a layer each.
        objective: callable ``(model, batch, training) -> (loss, metrics)``, such as ``objectives.classification()``.
        batch: what the objective takes.

    Returns:
        float64 (layers,), or (layers, networks) for ``models.DeepNetworks``.

    Raises:
        ValueError: where the model has no kernel.
    """
    kernels = [variable for variable in model.trainable_variables if variable.name.endswith("kernel")]
    if not kernels:
        raise ValueError(
            "by_layer() found no variable named '...kernel' in the model; build it with Dense layers."
        )
    with tf.GradientTape() as tape:
        loss, _ = objective(model, batch, training=True)
    norms = [
        np.linalg.norm(np.asarray(gradient, "float64"), axis=(-2, -1))
        for gradient in tape.gradient(loss, kernels, unconnected_gradients="zero")
    ]
    networks = getattr(model, "seeds", None)
    shape = (-1,) if networks is None else (-1, len(networks))
    with np.errstate(divide="ignore"):
        return np.log10(np.concatenate([norm.reshape(shape) for norm in norms]))


def rates_per_layer(log10_norms, skip=2):
    """Growth of gradient norms per layer towards the input, natural log: the slope of a line through them.

    Args:
        log10_norms: (layers, networks), as ``by_layer`` gives them.
        skip: layers left out at either end, where the first and the last kernel have other shapes.

    Returns:
        float64 (networks,).
    """
    inner = log10_norms[skip : len(log10_norms) - skip]
    slopes = np.polynomial.polynomial.polyfit(np.arange(len(inner)), inner, 1)[1]
    return -slopes * np.log(10)


class ClippedSGD(keras.optimizers.SGD):
    """Gradient descent that shortens each network's gradient to a norm of at most ``limit`` (Pascanu et al. 2013).

    For ``models.DeepNetworks``, whose variables hold all networks: their axis is the third from the end. With one
    network it is ``keras.optimizers.SGD(learning_rate, global_clipnorm=limit)``.

    Args:
        learning_rate: float.
        limit: the longest step's gradient norm, above 0.
    """

    def __init__(self, learning_rate=0.01, limit=1.0, name="clipped_sgd", **options):
        if not limit > 0:
            raise ValueError(f"ClippedSGD(limit={limit!r}): expected a norm above 0, such as 1.0.")
        super().__init__(learning_rate, name=name, **options)
        self.limit = limit

    def apply(self, grads, trainable_variables=None):
        squares = [tf.square(grad) for grad in grads]
        by_network = [
            tf.reduce_sum(s, axis=[a for a in range(len(s.shape)) if a != len(s.shape) - 3]) for s in squares
        ]
        norms = tf.sqrt(tf.add_n(by_network))
        factors = tf.reshape(tf.minimum(1.0, self.limit / tf.maximum(norms, 1e-12)), (-1, 1, 1))
        super().apply([grad * factors for grad in grads], trainable_variables)

    def get_config(self):
        return {**super().get_config(), "limit": self.limit}
