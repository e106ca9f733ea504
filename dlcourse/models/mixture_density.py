"""Mixture-density networks: outputs that are read as the parameters of a mixture of Gaussians in the plane.

Bishop 1994; Graves 2013 for a recurrent network that writes. Densities and samples are written out here, which compiles
in a fraction of the time of TensorFlow Probability's mixture; ``distribution`` is that one, for everything else.
"""

import numpy as np
import tensorflow as tf

NUMBERS = 6
"""Outputs per component: a logit, two coordinates of the mean, three entries of the triangular scale."""
FLOOR = 2e-3
"""Added to the scale's diagonal, so that no component shrinks to a point: a fifth of the pen digits' step, 0.01."""


def parameters(outputs):
    """What a network's outputs stand for.

    Args:
        outputs: float (..., 6 · components): all logits, then means (component by component, right and up), then
            scales (each the logarithm of the first diagonal entry, the entry below it, the logarithm of the second).

    Returns:
        logits (..., components), means (..., components, 2), and the entries of each triangular scale, (...,
        components, 3): the first of the diagonal, the one below it, the second of the diagonal.

    Raises:
        ValueError: where the last axis isn't a multiple of 6.
    """
    outputs = tf.convert_to_tensor(outputs)
    components, rest = divmod(outputs.shape[-1] or 0, NUMBERS)
    if rest or not components:
        raise ValueError(
            f"parameters(outputs): the last axis has {outputs.shape[-1]} numbers; expected {NUMBERS} for each "
            "component."
        )
    logits, means, scales = tf.split(outputs, [components, 2 * components, 3 * components], axis=-1)
    around = tf.shape(outputs)[:-1]
    means = tf.reshape(means, tf.concat([around, [components, 2]], axis=0))
    scales = tf.reshape(scales, tf.concat([around, [components, 3]], axis=0))
    first, below, second = tf.unstack(scales, axis=-1)
    first, second = (tf.exp(tf.clip_by_value(log, -12.0, 5.0)) + FLOOR for log in (first, second))
    return logits, means, tf.stack([first, below, second], axis=-1)


def log_density(outputs, points):
    """The mixture's log-density at points, in nats.

    With L the triangular scale, L z = point - mean is solved from above, and a component's log-density is
    - |z|² / 2 - log det L - log 2π.

    Args:
        outputs: float (..., 6 · components), as ``parameters`` reads them.
        points: float (..., 2); the axes before the last are broadcast against those of the outputs.

    Returns:
        float (...).

    Raises:
        ValueError: where the last axis of the outputs isn't a multiple of 6.
    """
    logits, means, scales = parameters(outputs)
    first, below, second = tf.unstack(scales, axis=-1)
    right, up = tf.unstack(tf.cast(points, means.dtype)[..., tf.newaxis, :] - means, axis=-1)
    z = right / first
    squared = z**2 + ((up - below * z) / second) ** 2
    each = -squared / 2 - tf.math.log(first * second) - np.log(2 * np.pi)
    return tf.reduce_logsumexp(tf.nn.log_softmax(logits) + each, axis=-1)


def sample(outputs, seed):
    """One point for each mixture, drawn by a seed: float array (..., 2).

    Args:
        outputs: float (..., 6 · components), as ``parameters`` reads them.
        seed: of NumPy's generator, or a generator, which is then drawn from.

    Raises:
        ValueError: where the last axis isn't a multiple of 6.
    """
    logits, means, scales = (part.numpy() for part in parameters(outputs))
    random = np.random.default_rng(seed)
    noise = random.gumbel(
        size=logits.shape
    )  # the largest of logits + Gumbel's noise: drawn by its probability
    drawn = (logits + noise).argmax(axis=-1)[..., np.newaxis, np.newaxis]
    mean = np.take_along_axis(means, drawn, axis=-2)[..., 0, :]
    first, below, second = np.moveaxis(np.take_along_axis(scales, drawn, axis=-2)[..., 0, :], -1, 0)
    z, other = random.standard_normal((2, *first.shape))
    return (mean + np.stack([first * z, below * z + second * other], axis=-1)).astype(means.dtype)


def distribution(outputs):
    """The mixture as TensorFlow Probability's.

    Args:
        outputs: float (..., 6 · components), as ``parameters`` reads them.

    Returns:
        tfp.distributions.MixtureSameFamily over points (2,), of batch shape (...).

    Raises:
        ValueError: where the last axis isn't a multiple of 6.
    """
    from tensorflow_probability import distributions as tfd  # takes a second to load; few need it

    logits, means, scales = parameters(outputs)
    first, below, second = tf.unstack(scales, axis=-1)
    rows = [tf.stack([first, tf.zeros_like(first)], axis=-1), tf.stack([below, second], axis=-1)]
    return tfd.MixtureSameFamily(
        tfd.Categorical(logits=logits), tfd.MultivariateNormalTriL(means, tf.stack(rows, axis=-2))
    )
