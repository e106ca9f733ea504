"""Gabor functions fitted to filters: models of the receptive fields of simple cells in V1 (Daugman 1985)."""

import functools
import itertools
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Gabor:
    """g(x, y) = exp(-(u² + γ² v²) / 2σ²) · cos(2π u / wavelength + phase), with u along the wave and v across it.

    angle: of the wave, in radians. wavelength, sigma: in pixels. gamma: the Gaussian's aspect ratio, σ along over σ
    across. x, y: the centre, in pixels from the middle.
    """

    angle: float
    wavelength: float
    sigma: float
    gamma: float
    x: float
    y: float


@functools.cache
def dictionary(side):
    """All Gabor shapes that ``fit`` tries: (list of Gabor, orthonormal bases float64 (shapes, side², 2)).

    Each basis spans the cosine and the sine wave under one Gaussian: amplitude and phase are found by projection.
    """
    places = np.arange(side) - (side - 1) / 2
    rows, columns = np.meshgrid(places, places, indexing="ij")
    centres = np.linspace(-side / 4, side / 4, 5)
    shapes = [
        Gabor(*values)
        for values in itertools.product(
            np.pi * np.arange(12) / 12,
            side * np.array([0.5, 0.7, 1.0, 1.4, 2.0]),
            side * np.array([0.15, 0.25, 0.4]),
            [0.5, 1.0],
            centres,
            centres,
        )
    ]
    a, w, s, g, x, y = (
        np.array([getattr(shape, name) for shape in shapes])[:, None]
        for name in ("angle", "wavelength", "sigma", "gamma", "x", "y")
    )
    along = (columns.ravel() - x) * np.cos(a) + (rows.ravel() - y) * np.sin(a)
    across = -(columns.ravel() - x) * np.sin(a) + (rows.ravel() - y) * np.cos(a)
    bell = np.exp(-(along**2 + (g * across) ** 2) / (2 * s**2))
    waves = np.stack([bell * np.cos(2 * np.pi * along / w), bell * np.sin(2 * np.pi * along / w)], axis=-1)
    return shapes, np.linalg.qr(waves)[0]


def fit(kernels):
    """The best Gabor function for each kernel, of 9,000 shapes, with amplitude and phase by least squares.

    Args:
        kernels: float (n, side, side).

    Returns:
        (shares of the kernels' squares that the fit explains, float64 (n,); list of Gabor; the fits (n, side, side)).

    Raises:
        ValueError: where kernels have another shape, or one is 0 throughout.
    """
    kernels = np.asarray(kernels, "float64")
    if kernels.ndim != 3 or kernels.shape[1] != kernels.shape[2] or not len(kernels):
        raise ValueError(f"fit() takes kernels of shape (n, side, side); got {kernels.shape}.")
    flat = kernels.reshape(len(kernels), -1)
    norms = np.sum(flat**2, axis=1)
    if not norms.all():
        raise ValueError(f"fit() got kernels that are 0 throughout: {np.flatnonzero(norms == 0).tolist()}.")
    shapes, bases = dictionary(kernels.shape[1])
    weights = np.tensordot(flat, bases, axes=(1, 1))  # (n, shapes, 2)
    explained = np.sum(weights**2, axis=2)
    best = np.argmax(explained, axis=1)
    fits = np.einsum("npw,nw->np", bases[best], weights[np.arange(len(flat)), best])
    return (
        explained[np.arange(len(flat)), best] / norms,
        [shapes[index] for index in best],
        fits.reshape(kernels.shape),
    )
