"""Mixture-density networks: outputs that are read as the parameters of a mixture of Gaussians in the plane.

Bishop 1994; Graves 2013 for a recurrent network that writes. The distribution is TensorFlow Probability's.
"""

import tensorflow as tf

NUMBERS = 6
"""Outputs per component: a logit, two coordinates of the mean, three entries of the triangular scale."""
FLOOR = 2e-3
"""Added to the scale's diagonal, so that no component shrinks to a point: a fifth of the pen digits' step, 0.01."""


def distribution(outputs):
    """The mixture that a network's outputs stand for.

    Args:
        outputs: float (..., 6 · components): all logits, then means (component by component, right and up), then
            scales (each the logarithm of the first diagonal entry, the entry below it, the logarithm of the second).

    Returns:
        tfp.distributions.MixtureSameFamily over points (2,), of batch shape (...).

    Raises:
        ValueError: where the last axis isn't a multiple of 6.
    """
    from tensorflow_probability import distributions as tfd  # takes a second to load; few need it

    outputs = tf.convert_to_tensor(outputs)
    components, rest = divmod(outputs.shape[-1] or 0, NUMBERS)
    if rest or not components:
        raise ValueError(
            f"distribution(outputs): the last axis has {outputs.shape[-1]} numbers; expected {NUMBERS} for each "
            "component."
        )
    logits, means, scales = tf.split(outputs, [components, 2 * components, 3 * components], axis=-1)
    around = tf.shape(outputs)[:-1]
    means = tf.reshape(means, tf.concat([around, [components, 2]], axis=0))
    first, below, second = tf.unstack(
        tf.reshape(scales, tf.concat([around, [components, 3]], axis=0)), axis=-1
    )
    first, second = (tf.exp(tf.clip_by_value(log, -12.0, 5.0)) + FLOOR for log in (first, second))
    rows = [tf.stack([first, tf.zeros_like(first)], axis=-1), tf.stack([below, second], axis=-1)]
    return tfd.MixtureSameFamily(
        tfd.Categorical(logits=logits), tfd.MultivariateNormalTriL(means, tf.stack(rows, axis=-2))
    )
