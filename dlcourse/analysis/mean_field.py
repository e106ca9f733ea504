"""Signals and gradients in wide random networks by mean-field theory: one integral per layer.

Sources: Poole et al. 2016 (variance map, phases), Schoenholz et al. 2017 (gradients, depth scales), Yang et al. 2019
(batch normalisation), Cho & Saul 2009 (the angle map of ReLU layers).

A layer maps pre-activations h to W φ(h) + b, with W of Gaussian entries of variance σ_w² / fan_in and b of variance
σ_b². As the width grows, h becomes Gaussian, of variance q, and squared gradient norms grow towards the input by the
factor χ = σ_w² E φ'(√q z)² per layer, z standard normal.
"""

import numpy as np
from scipy import optimize, special

from dlcourse import checks

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # Klambauer et al. 2017


def _selu(h):
    return SELU_SCALE * np.where(h > 0, h, SELU_ALPHA * np.expm1(np.minimum(h, 0)))


def _selu_slope(h):
    return SELU_SCALE * np.where(h > 0, 1.0, SELU_ALPHA * np.exp(np.minimum(h, 0)))


ACTIVATIONS = {
    "linear": (lambda h: h, np.ones_like),
    "sigmoid": (special.expit, lambda h: special.expit(h) * special.expit(-h)),
    "tanh": (np.tanh, lambda h: 1 - np.tanh(h) ** 2),
    "relu": (lambda h: np.maximum(h, 0), lambda h: (h > 0).astype("float64")),
    "selu": (_selu, _selu_slope),
}
"""φ and φ' of each activation, float64 arrays to arrays of the same shape."""


def activation(name):
    """φ and φ' of an activation by its name.

    Raises:
        ValueError: where there is none of that name.
    """
    if not checks.is_one_of(name, ACTIVATIONS):
        raise ValueError(f"No activation {name!r} here; there are {sorted(ACTIVATIONS)}.")
    return ACTIVATIONS[name]


def _nodes():
    """Points and weights of an integral over the standard normal density from -12 to 12, float64 (160,) each.

    Gauss-Legendre on either side of zero: ReLU and SELU have a kink there, on which Gauss-Hermite converges slowly.
    """
    points, weights = np.polynomial.legendre.leggauss(80)
    half, half_weights = 12.0 * (points + 1) / 2, 12.0 * weights / 2
    density = np.exp(-(half**2) / 2) / np.sqrt(2 * np.pi)
    return np.concatenate([-half, half]), np.tile(half_weights * density, 2)


NODES, WEIGHTS = _nodes()


def gaussian_mean(function, variance):
    """E f(h) for h normal with mean 0 and the given variance; ``function`` maps arrays to arrays."""
    if variance < 0:
        raise ValueError(f"gaussian_mean(variance={variance!r}): a variance is 0 or more.")
    return float(WEIGHTS @ function(np.sqrt(variance) * NODES))


def next_variance(variance, name, weight_variance, bias_variance=0.0):
    """The variance map: q of one layer from q of the layer below, σ_w² E φ² + σ_b²."""
    phi, _ = activation(name)
    return weight_variance * gaussian_mean(lambda h: phi(h) ** 2, variance) + bias_variance


def variances(first, depth, name, weight_variance, bias_variance=0.0):
    """q of layers 1 to ``depth``, float64 (depth,), from that of the first."""
    values = [float(first)]
    while len(values) < depth:
        values.append(next_variance(values[-1], name, weight_variance, bias_variance))
    return np.array(values)


def fixed_point(name, weight_variance, bias_variance=0.0, start=1.0, tolerance=1e-10, most=100_000):
    """The fixed point q* of the variance map; 0 where the variance dies out, infinity where it grows for ever.

    Where every variance is a fixed point (ReLU with σ_w² = 2), it is ``start``.
    """
    q = start
    for _ in range(most):
        following = next_variance(q, name, weight_variance, bias_variance)
        if following > 1e12:
            return np.inf
        if following < 1e-12:
            return 0.0
        if abs(following - q) <= tolerance * q:
            return following
        q = following
    return q


def chi(variance, name, weight_variance):
    """χ at forward variance q: the factor by which a squared gradient norm grows per layer towards the input.

    At q = 0, where a signal has died out, it is the limit from above: ReLU's slope is 1 on one side of 0.
    """
    _, slope = activation(name)
    variance = max(variance, 1e-24)
    return weight_variance * gaussian_mean(lambda h: slope(h) ** 2, variance)


def log_rates(first, depth, name, weight_variance, bias_variance=0.0):
    """Growth of the gradient norm from each layer to the one below, ½ ln χ, float64 (depth - 1,), lowest layer first.

    Args:
        first: variance of the first layer's pre-activations.
        depth: number of layers.
    """
    qs = variances(first, depth, name, weight_variance, bias_variance)
    return np.array([np.log(chi(q, name, weight_variance)) / 2 for q in qs[:-1]])


def log_rate(name, weight_variance, bias_variance=0.0):
    """Growth of the gradient norm per layer, ½ ln χ, at the fixed point of the forward variance."""
    q = fixed_point(name, weight_variance, bias_variance, tolerance=1e-8, most=2_000)
    return np.log(chi(q, name, weight_variance)) / 2


def critical_weight_variance(name, bias_variance=0.0, between=(0.1, 1_000.0)):
    """The σ_w² at which gradients neither shrink nor grow: χ = 1 at the fixed point.

    Raises:
        ValueError: where χ doesn't cross 1 in the interval.
    """

    def excess(log_variance):
        weight_variance = np.exp(log_variance)
        q = fixed_point(name, weight_variance, bias_variance, tolerance=1e-8, most=2_000)
        return chi(q if np.isfinite(q) else 1e12, name, weight_variance) - 1

    low, high = np.log(between)
    if excess(low) * excess(high) > 0:
        raise ValueError(
            f"χ of {name} with σ_b² = {bias_variance} doesn't cross 1 for σ_w² in {between}; widen between."
        )
    return float(np.exp(optimize.brentq(excess, low, high, xtol=1e-6)))


def normalised_chi(name, normalisation):
    """χ of a network with normalised pre-activations, which does not depend on the weight variance.

    Batch normalisation divides by the standard deviation over examples: χ = E φ'² / Var φ, at least 1 by Poincaré's
    inequality for Gaussians, and 1 for a linear φ alone (Yang et al. 2019, for large batches). Layer normalisation
    divides by the root mean square over units, which includes a mean shared by all examples: χ = E φ'² / E φ².

    Args:
        name: of the activation.
        normalisation: "batch" or "layer".
    """
    phi, slope = activation(name)
    mean_square = gaussian_mean(lambda h: phi(h) ** 2, 1.0)
    if normalisation == "batch":
        mean_square -= gaussian_mean(phi, 1.0) ** 2
    elif normalisation != "layer":
        raise ValueError(f"normalised_chi(normalisation={normalisation!r}): expected 'batch' or 'layer'.")
    return gaussian_mean(lambda h: slope(h) ** 2, 1.0) / mean_square


def gradient_similarity(angle, depth, residual=None):
    """Cosine between the input gradients of a random ReLU network at two inputs of equal norm.

    Of a layer's active units, two inputs at angle θ have the share 1 - θ/π in common; the layer maps the angle to
    arccos((sin θ + (π - θ) cos θ) / π) (Cho & Saul 2009). In a residual network both are averages with the values of
    the layer before.

    Args:
        angle: between the inputs, in radians, a float or an array.
        depth: number of ReLU layers.
        residual: None for h -> W φ(h); else the s of h -> h + W φ(h) with entries of W of variance 2 s / width.

    Returns:
        float64, of the shape of ``angle``.
    """
    cosine = np.cos(np.asarray(angle, "float64"))
    similarity = np.ones_like(cosine)
    for _ in range(depth):
        theta = np.arccos(np.clip(cosine, -1, 1))
        shared = 1 - theta / np.pi
        turned = (np.sin(theta) + (np.pi - theta) * cosine) / np.pi
        if residual is not None:
            shared, turned = (
                (1 + residual * shared) / (1 + residual),
                (cosine + residual * turned) / (1 + residual),
            )
        similarity, cosine = similarity * shared, turned
    return similarity
