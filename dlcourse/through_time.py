"""Gradients that travel back through the steps of a recurrent network, measured by how far they have come."""

import numpy as np
import tensorflow as tf


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
