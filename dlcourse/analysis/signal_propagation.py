"""Random deep networks in NumPy, float64: how signals, gradients and Jacobians grow or shrink from layer to layer.

float64 holds numbers down to 1e-308. float32 ends at 1e-38, and the square of a gradient of 1e-20 is below that.
"""

import functools
from dataclasses import dataclass

import numpy as np
import threadpoolctl

from dlcourse.analysis import mean_field

one_thread = threadpoolctl.ThreadpoolController().wrap(limits=1, user_api="blas")
"""Decorator: one thread multiplies matrices this small faster than several threads that wait for each other."""


@dataclass(frozen=True)
class Signals:
    """Signals in random networks, float64 (cases, depth, examples); each weight variance is a case.

    variance: mean square of each layer's pre-activations.
    gradient: norm of the loss's gradient with respect to each layer's pre-activations.
    """

    variance: np.ndarray
    gradient: np.ndarray

    def log10_ratio(self):
        """log10 of the first layer's gradient norm over the last's, mean over examples, (cases,)."""
        return np.mean(np.log10(self.gradient[:, 0]) - np.log10(self.gradient[:, -1]), axis=-1)

    def log_rate(self, first, last):
        """Growth of the gradient norm per layer towards the input, natural log, between two layers (from 1), (cases,).

        Half the log of the mean *ratio* of squared norms, over layers and examples, since mean-field theory predicts
        mean squares. A mean of logs would be lower, by a share of the order of 1 / width.
        """
        depth = self.gradient.shape[1]
        if not 1 <= first < last <= depth:
            raise ValueError(f"log_rate({first}, {last}): expected 1 <= first < last <= {depth}, the depth.")
        squares = self.gradient[:, first - 1 : last] ** 2
        return np.log(np.mean(squares[:, :-1] / squares[:, 1:], axis=(1, 2))) / 2


@one_thread
def random_signals(x, *, depth, width, activation, weight_variances, bias_variance=0.0, seed=0):
    """Send examples through random networks, and a random gradient back.

    Layer 1 is h = W x + b, layer l is h = W φ(h of l - 1) + b, and the gradient with respect to φ of the last layer is
    Gaussian, of expected norm 1. All cases share the same draws, scaled.

    Args:
        x: float (examples, features).
        depth: number of layers.
        width: units in each.
        activation: a name in ``mean_field.ACTIVATIONS``.
        weight_variances: list of σ_w²: entries of W have variance σ_w² / fan_in.
        bias_variance: σ_b².
        seed: of weights, biases and gradient.

    Returns:
        Signals.
    """
    phi, slope = mean_field.activation(activation)
    x = np.asarray(x, "float64")
    if x.ndim != 2 or not len(x):
        raise ValueError(f"random_signals() takes examples of shape (examples, features); got {x.shape}.")
    scales = np.sqrt(np.asarray(weight_variances, "float64"))[:, None, None]
    first, kernels, biases, arriving = _draws(x.shape[1], depth, width, len(x), seed)
    biases = biases * np.sqrt(bias_variance)
    h = [scales * (x @ first) + biases[0]]
    for kernel, bias in zip(kernels, biases[1:], strict=True):
        h.append(scales * _product(phi(h[-1]), kernel) + bias)
    delta = [arriving / np.sqrt(width) * slope(h[-1])]
    for layer in range(depth - 2, -1, -1):
        delta.append(scales * _product(delta[-1], kernels[layer].T) * slope(h[layer]))
    return Signals(
        variance=np.stack([np.mean(values**2, axis=-1) for values in h], axis=1),
        gradient=np.stack([np.linalg.norm(values, axis=-1) for values in reversed(delta)], axis=1),
    )


@functools.lru_cache(maxsize=1)
def _draws(features, depth, width, examples, seed):
    """Kept until others are asked for: networks of one seed that differ in activation or variances share them."""
    generator = np.random.default_rng(seed)
    return (
        generator.standard_normal((features, width)) / np.sqrt(features),
        generator.standard_normal((depth - 1, width, width)) / np.sqrt(width),
        generator.standard_normal((depth, width)),
        generator.standard_normal((examples, width)),
    )


def _product(values, kernel):
    """values (cases, examples, width) times kernel (width, width), as one matrix product."""
    return (values.reshape(-1, values.shape[-1]) @ kernel).reshape(values.shape)


@dataclass(frozen=True)
class Jacobians:
    """∂h_{l+1}/∂h_l of one random network at one input.

    kernels: W_{l+1} of each layer but the first, (depth - 1, width, width); slopes: φ'(h_l), (depth - 1, width).
    """

    kernels: np.ndarray
    slopes: np.ndarray

    @property
    def layers(self):
        """The Jacobians W_{l+1} diag(φ'(h_l)), lowest layer first, (depth - 1, width, width)."""
        return self.kernels * self.slopes[:, None, :]


@one_thread
def random_jacobians(x, *, depth, width, activation, weight_variance, orthogonal=False, seed=0):
    """The layer Jacobians W_{l+1} diag(φ'(h_l)) of a random network without biases, at one input x (features,).

    Args:
        x: float (features,).
        depth, width, activation, seed: as for ``random_signals``.
        weight_variance: σ_w².
        orthogonal: whether kernels are orthogonal matrices times σ_w instead of Gaussian ones (Saxe et al. 2014).

    Returns:
        Jacobians.
    """
    phi, slope = mean_field.activation(activation)
    generator = np.random.default_rng(seed)
    x = np.asarray(x, "float64")
    scale = np.sqrt(weight_variance)
    h = scale * (generator.standard_normal((width, len(x))) / np.sqrt(len(x))) @ x
    kernels, slopes = [], []
    for _ in range(depth - 1):
        kernel = generator.standard_normal((width, width)) / np.sqrt(width)
        if orthogonal:
            basis, triangle = np.linalg.qr(kernel)
            kernel = basis * np.sign(np.diag(triangle))
        slopes.append(slope(h))
        kernels.append(scale * kernel)
        h = kernels[-1] @ phi(h)
    return Jacobians(np.stack(kernels), np.stack(slopes))


@one_thread
def log10_singular_values(factors, sweeps=4):
    """log10 of the singular values of the product ``factors[-1] @ ... @ factors[0]``, largest first, (width,).

    In the product itself, rounding errors of the largest singular values hide the small ones, so it is never formed.
    Each factor is reduced to a triangle by QR, and Q passes to the next factor. The triangles, transposed and in
    reverse order, go through the same again; the products of their diagonals converge to the singular values.

    Args:
        factors: float64 (count, width, width).
        sweeps: number of repetitions; more than 4 where singular values are close and each is needed exactly.
    """
    factors = np.asarray(factors, "float64")
    if factors.ndim != 3 or factors.shape[1] != factors.shape[2] or not len(factors):
        raise ValueError(
            f"log10_singular_values() takes square factors (count, width, width); got {factors.shape}."
        )
    for _ in range(sweeps):
        basis, triangles = np.eye(len(factors[0])), []
        for factor in factors:
            basis, triangle = np.linalg.qr(factor @ basis)
            triangles.append(triangle)
        factors = [triangle.T for triangle in reversed(triangles)]
    diagonals = np.abs([np.diag(factor) for factor in factors])
    with np.errstate(divide="ignore"):
        return np.sort(np.log10(diagonals).sum(axis=0))[::-1]


@one_thread
def input_gradients(x, *, depth, width, residual=None, seed=0):
    """The gradient of a random ReLU network's scalar output with respect to its input, at each of several inputs.

    Args:
        x: float (points, features).
        depth: number of ReLU layers.
        width: units in each.
        residual: None for h -> W φ(h), He's initialisation; else the s of h -> h + W φ(h), variance 2 s / width.
        seed: of the weights.

    Returns:
        float64 (points, features).
    """
    x = np.asarray(x, "float64")
    generator = np.random.default_rng(seed)
    first = generator.standard_normal((x.shape[1], width)) / np.sqrt(x.shape[1])
    scale = np.sqrt(2 * (1 if residual is None else residual) / width)
    h, masks, kernels = x @ first, [], []
    for _ in range(depth):
        kernels.append(scale * generator.standard_normal((width, width)))
        masks.append(h > 0)
        branch = np.maximum(h, 0) @ kernels[-1]
        h = branch if residual is None else h + branch
    gradient = np.broadcast_to(generator.standard_normal(width) / np.sqrt(width), h.shape)
    for kernel, mask in zip(reversed(kernels), reversed(masks), strict=True):
        branch = gradient @ kernel.T * mask
        gradient = branch if residual is None else gradient + branch
    return gradient @ first.T


def similarity_by_distance(gradients):
    """Mean cosine between gradients that lie k points apart on a closed curve, k = 0 ... points // 2.

    Args:
        gradients: (points, features), at equally spaced points.
    """
    unit = gradients / np.linalg.norm(gradients, axis=1, keepdims=True)
    return np.array(
        [np.mean(np.sum(unit * np.roll(unit, -k, axis=0), axis=1)) for k in range(len(unit) // 2 + 1)]
    )


def circle_through(a, b, points):
    """Points on the circle around 0 through two examples; the second is first made perpendicular to the first.

    Args:
        a, b: float (features,).
        points: number of points, equally spaced over 360 degrees.

    Returns:
        float64 (points, features), each point of mean square 1.

    Raises:
        ValueError: where both examples have the same direction.
    """
    a, b = np.asarray(a, "float64").ravel(), np.asarray(b, "float64").ravel()
    a = a / np.linalg.norm(a)
    b = b - (a @ b) * a
    if np.linalg.norm(b) < 1e-9:
        raise ValueError("circle_through() got two examples in the same direction; give two different ones.")
    angles = 2 * np.pi * np.arange(points)[:, None] / points
    return (np.cos(angles) * a + np.sin(angles) * b / np.linalg.norm(b)) * np.sqrt(len(a))
