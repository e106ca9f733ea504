"""The regions on which a ReLU network is linear.

A *pattern* says which units are on. Points that share a pattern form a convex piece of the input space, a linear
region, on which the network is one linear function.
"""

import itertools
import math

import keras
import numpy as np


def most_regions(units, dimensions=2):
    """The largest number of pieces into which ``units`` hyperplanes cut a space: Σ C(units, k), k = 0 ... dimensions.

    (Zaslavsky 1975.) In the plane: 1 + n + n (n - 1) / 2.
    """
    if units < 0 or dimensions < 1:
        raise ValueError(
            f"most_regions(units={units}, dimensions={dimensions}): give 0 or more units, 1 or more axes."
        )
    return sum(math.comb(units, k) for k in range(dimensions + 1))


def regions_of_layer(kernel, bias):
    """The exact number of linear regions that one ReLU layer makes of the whole plane.

    Each unit is off on one side of a line. Where two lines cross, four pieces meet, and every piece has such a corner
    (unless all lines are parallel). So the patterns around the crossings are all patterns there are.

    Args:
        kernel: float (2, units), as a Keras dense layer has it.
        bias: float (units,).

    Returns:
        int.

    Raises:
        ValueError: where the kernel has another shape.
    """
    kernel, bias = np.asarray(kernel, "float64"), np.asarray(bias, "float64")
    if kernel.ndim != 2 or kernel.shape[0] != 2 or bias.shape != (kernel.shape[1],):
        raise ValueError(
            f"regions_of_layer() takes a kernel (2, units) and a bias (units,); got {kernel.shape} and {bias.shape}."
        )
    units, found = kernel.shape[1], set()
    for one, other in itertools.combinations(range(units), 2):
        lines = kernel[:, [one, other]].T
        if abs(np.linalg.det(lines)) < 1e-12:
            continue
        corner = np.linalg.solve(lines, -bias[[one, other]])
        height = corner @ kernel + bias
        touching = np.flatnonzero(
            np.abs(height) < 1e-9 * (1 + np.abs(corner) @ np.abs(kernel) + np.abs(bias))
        )
        # Walk around the corner: between two neighbouring lines through it lies one piece.
        angles = np.sort(
            np.concatenate(
                [np.arctan2(-kernel[0, touching], kernel[1, touching]) + turn for turn in (0, np.pi)]
            )
            % (2 * np.pi)
        )
        gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
        for angle in (angles + gaps / 2)[gaps > 1e-12]:
            pattern = height > 0
            pattern[touching] = np.array([np.cos(angle), np.sin(angle)]) @ kernel[:, touching] > 0
            found.add(pattern.tobytes())
    if not found:  # parallel lines only
        return 1 + len(np.unique(np.round(-bias / np.linalg.norm(kernel, axis=0), 12))) if units else 1
    return len(found)


def patterns(model, points):
    """Which hidden ReLU units are on at each point.

    Args:
        model: Keras model of dense layers with ReLU, linear in the last.
        points: float (n, ...), of the model's input shape.

    Returns:
        (patterns, index): bool (regions, units), the different patterns found, and int (n,), each point's.

    Raises:
        ValueError: where a hidden layer has another activation.
    """
    hidden = [layer for layer in model.layers if layer.weights][:-1]
    others = [
        layer.name for layer in hidden if getattr(layer, "activation", None) is not keras.activations.relu
    ]
    if others or not hidden:
        raise ValueError(
            f"patterns() takes a model whose hidden layers are dense with ReLU; these are not: {others}."
        )
    outputs = keras.Model(model.input, [layer.output for layer in hidden])(np.asarray(points, "float32"))
    outputs = outputs if len(hidden) > 1 else [outputs[0] if isinstance(outputs, list) else outputs]
    on = np.concatenate([np.asarray(output) > 0 for output in outputs], axis=1)
    packed = np.packbits(on, axis=1)
    _, first, index = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    return on[first], index.reshape(-1)


def grid(limits, points=400):
    """Points of a grid, float32 (points · points, 2), row by row from below; limits: ((left, right), (low, high))."""
    across, up = (np.linspace(low, high, points, dtype="float32") for low, high in limits)
    return np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
