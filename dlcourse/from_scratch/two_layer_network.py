"""A network of two inputs and one hidden layer that tells two classes apart, in NumPy.

It is trained anew whenever a slider is moved, in less time than a compiled loop would take to compile.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from dlcourse import checks


@dataclass(frozen=True)
class PlaneNetwork:
    """``logit = function(x W + b) v + c``.

    function: from float (n, units) to the same shape.
    weights: [W (2, units), b (units,), v (units,), c ()], float64.
    """

    function: object
    weights: list

    def logits(self, x):
        """float64 (n,) for points (n, 2); above 0: the second class."""
        kernel, bias, out, constant = self.weights
        return self.function(np.asarray(x, "float64") @ kernel + bias) @ out + constant

    def accuracy(self, x, y):
        """Share of the points x (n, 2) whose class y (n,), 0 or 1, the network predicts."""
        return float(np.mean((self.logits(x) > 0) == (np.asarray(y) == 1)))


def start(units, function, seed=0):
    """A network with random weights: W and v normal with variance 1 over the units before, b uniform in ±1, c zero."""
    random = np.random.default_rng(seed)
    kernel = random.standard_normal((2, units)) / np.sqrt(2)
    bias = random.uniform(-1, 1, units)
    out = random.standard_normal(units) / np.sqrt(units)
    return PlaneNetwork(function, [kernel, bias, out, np.zeros(())])


def gradients(network, slope, x, y):
    """Gradients of the mean cross-entropy (nats), in the order of the weights.

    Args:
        network: PlaneNetwork.
        slope: derivative of its function, float (n, units) to the same shape; or a surrogate for it.
        x, y: points (n, 2) and classes (n,), 0 or 1.
    """
    kernel, bias, out, _ = network.weights
    z = x @ kernel + bias
    delta = (special.expit(network.logits(x)) - y) / len(x)
    below = delta[:, None] * out * slope(z)
    return [x.T @ below, below.sum(axis=0), network.function(z).T @ delta, delta.sum()]


def fit(x, y, units, function, slope, steps=300, learning_rate=0.05, seed=0):
    """Train by Adam (Kingma & Ba 2015) on all points at once.

    Args:
        x, y: points (n, 2) and classes (n,), 0 or 1.
        units: width of the hidden layer.
        function, slope: activation and its derivative, from float (n, units) to the same shape.
        steps: number of gradient steps.
        learning_rate: of Adam.
        seed: of the initial weights.

    Returns:
        PlaneNetwork.

    Raises:
        ValueError: where shapes, classes or the number of units make no sense.
    """
    x, y = np.asarray(x, "float64"), np.asarray(y, "float64")
    if x.ndim != 2 or x.shape[1] != 2 or y.shape != x.shape[:1] or not np.isin(y, (0, 1)).all():
        raise ValueError(
            f"fit() takes points (n, 2) and as many classes, each 0 or 1; got {x.shape} and {y.shape}."
        )
    checks.whole_number("fit(units)", units)
    network = start(units, function, seed)
    mean = [np.zeros_like(weight) for weight in network.weights]
    square = [np.zeros_like(weight) for weight in network.weights]
    for step in range(1, steps + 1):
        found = gradients(network, slope, x, y)
        mean = [0.9 * m + 0.1 * g for m, g in zip(mean, found, strict=True)]
        square = [0.999 * s + 0.001 * g**2 for s, g in zip(square, found, strict=True)]
        size = learning_rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        moved = [
            w - size * m / (np.sqrt(s) + 1e-8) for w, m, s in zip(network.weights, mean, square, strict=True)
        ]
        network = PlaneNetwork(function, moved)
    return network
