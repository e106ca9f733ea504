"""Norms of gradients, layer by layer through a deep network and step by step through a recurrent one."""

import numpy as np
import tensorflow as tf

from dlcourse.models.stacked import axis


def by_layer(model, objective, batch):
    """log10 of the Frobenius norm of the loss's gradient with respect to each kernel, first layer first.

    The norm is summed in float64, but the gradient has the model's dtype: in float32 what falls below 1e-38 becomes 0
    (log10: -inf). Build the model in float64 to see such gradients.

    Args:
        model: keras.Model, also one of networks side by side (``models.stacked``).
        objective: callable ``(model, batch, training) -> (loss, metrics)``, such as ``objectives.classification()``.
        batch: what the objective takes.

    Returns:
        float64 (layers,), or (layers, networks) of networks side by side.

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
    if axis.is_stacked(model):  # (networks,), or (networks, layers) of kernels that hold several layers
        norms = [norm.reshape(len(norm), -1).T for norm in norms]
    with np.errstate(divide="ignore"):
        return np.log10(np.concatenate([np.atleast_1d(norm) for norm in norms]))


def rates_per_layer(log10_norms, skip=2):
    """Growth of gradient norms per layer towards the input, natural log: the slope of a line through them.

    Args:
        log10_norms: (layers, networks), as ``by_layer`` gives them.
        skip: number of layers left out at either end, where kernels have other shapes.

    Returns:
        float64 (networks,).
    """
    inner = log10_norms[skip : len(log10_norms) - skip]
    slopes = np.polynomial.polynomial.polyfit(np.arange(len(inner)), inner, 1)[1]
    return -slopes * np.log(10)


def gradient_norms(networks, x):
    """Norm of the loss's gradient with respect to the state ``lag`` steps before the end, over its norm at the end.

    The loss is h_T · v, with a random vector v. Where a cell has two states (LSTM), the norm is that of both together.

    Args:
        networks: ``models.RecurrentPopulation``.
        x: a batch of inputs, the same for all networks: (batch, steps, ...).

    Returns:
        float64 (lags, networks), 1 at lag 0: the geometric mean over the batch.
    """
    with tf.GradientTape() as tape:
        states = networks.states(x[None])
        last = states[-1][0]
        loss = tf.reduce_sum(last * tf.random.stateless_normal(last.shape, [0, 0]))
    gradients = tape.gradient(loss, states, unconnected_gradients="zero")
    squares = [sum(np.square(part.numpy()).sum(axis=-1) for part in parts) for parts in gradients[::-1]]
    logs = 0.5 * np.log(np.maximum(np.array(squares, "float64"), 1e-300)).mean(axis=-1)
    return np.exp(logs - logs[0])


def rates_per_step(norms, first, last):
    """Factor per step by which each network's gradient norm changes between two lags, float64 (networks,).

    It is exp of the slope of a line through the logarithms of the norms.
    """
    lags = np.arange(first, last + 1)
    return np.exp(np.polyfit(lags, np.log(norms[first : last + 1]), 1)[0])


def random_kernels(units, radius, seeds):
    """Gaussian matrices scaled to the spectral radius ``radius``, one per seed: float64 (networks, units, units)."""
    kernels = np.stack([np.random.default_rng(seed).standard_normal((units, units)) for seed in seeds])
    sizes = np.abs(np.linalg.eigvals(kernels)).max(axis=-1)
    return kernels * (radius / sizes)[:, None, None]
