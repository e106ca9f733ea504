"""Probabilistic principal component analysis at its maximum likelihood, in closed form."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PCA:
    """Probabilistic PCA at its maximum likelihood, in closed form (Tipping & Bishop 1999).

    x = mean + loading z + ε, with z standard normal and ε normal of standard deviation ``noise``.

    mean: float64 (features,). loading: float64 (features, latents). noise: float. spectrum: float64 (features,), the
    eigenvalues of the data's covariance, largest first.
    """

    mean: np.ndarray
    loading: np.ndarray
    noise: float
    spectrum: np.ndarray

    @classmethod
    def fit(cls, x, latents):
        """The PCA of float data x (examples, ...), flattened, with so many latents."""
        x = np.asarray(x, "float64").reshape(len(x), -1)
        values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
        values, vectors = values[::-1], vectors[:, ::-1]
        variance = values[latents:].mean()
        loading = vectors[:, :latents] * np.sqrt(np.maximum(values[:latents] - variance, 0))
        return cls(x.mean(axis=0), loading, float(np.sqrt(variance)), values)

    def log_likelihood(self, x):
        """ln p(x) in nats, float64 (examples,)."""
        x = np.asarray(x, "float64").reshape(len(x), -1) - self.mean
        covariance = self.loading @ self.loading.T + self.noise**2 * np.eye(len(self.mean))
        root = np.linalg.cholesky(covariance)
        distance = np.sum(np.linalg.solve(root, x.T) ** 2, axis=0)
        return -0.5 * (distance + len(root) * np.log(2 * np.pi)) - np.log(np.diag(root)).sum()
