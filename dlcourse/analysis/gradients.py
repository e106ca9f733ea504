"""Gradients of Keras models looked at layer by layer, and cut back where they are too long."""

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


def gradient_norms(networks, x, *, seed=0):
    """Norm of the gradient at the state ``lag`` steps before the end, over its norm at the end.

    The loss is h_T · v, with a random direction v at the last output, and the gradient travels back from there. Where
    a cell keeps two states (LSTM) the norm is of both together.

    Args:
        networks: ``models.RecurrentPopulation``.
        x: what it takes, all of it.
        seed: of v.

    Returns:
        float64 (lags, members), 1 at lag 0, averaged over the batch on the logarithmic scale.
    """
    with tf.GradientTape() as tape:
        states = networks.states(x)
        last = states[-1][0]
        loss = tf.reduce_sum(last * tf.random.stateless_normal(last.shape, [seed, 0]))
    gradients = tape.gradient(loss, states, unconnected_gradients="zero")
    squares = [sum(np.square(part.numpy()).sum(axis=-1) for part in parts) for parts in gradients[::-1]]
    logs = 0.5 * np.log(np.maximum(np.array(squares, "float64"), 1e-300)).mean(axis=-1)
    return np.exp(logs - logs[0])


def rates_per_step(norms, first, last):
    """Factor by which each member's gradient norm changes a step, between two lags, float64 (members,).

    It is exp of the slope of a line through the norms' logarithms.
    """
    lags = np.arange(first, last + 1)
    return np.exp(np.polyfit(lags, np.log(norms[first : last + 1]), 1)[0])


def random_kernels(units, radius, seeds):
    """Gaussian matrices scaled so that their largest eigenvalue has the size ``radius``: (members, units, units)."""
    kernels = np.stack([np.random.default_rng(seed).standard_normal((units, units)) for seed in seeds])
    sizes = np.abs(np.linalg.eigvals(kernels)).max(axis=-1)
    return kernels * (radius / sizes)[:, None, None]
