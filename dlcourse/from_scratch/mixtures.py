"""Mixtures of Gaussians: drawing from one, its density, and expectation maximisation (Dempster, Laird & Rubin 1977)."""

from dataclasses import dataclass

import numpy as np

from dlcourse import checks


@dataclass(frozen=True)
class Mixture:
    """A mixture of k Gaussians in d dimensions.

    Attributes:
        weights: probability of each component, (k,), adding up to 1.
        means: (k, d).
        covariances: (k, d, d).
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    def draw(self, n, seed):
        """n points (n, d) and the component of each, (n,): first the component, then the point."""
        rng = np.random.default_rng(checks.seed("draw(seed)", seed))
        n = checks.whole_number("draw(n)", n)
        component = rng.choice(len(self.weights), size=n, p=self.weights)
        roots = np.linalg.cholesky(self.covariances)
        noise = rng.normal(size=(n, self.means.shape[1]))
        return self.means[component] + np.einsum("nij,nj->ni", roots[component], noise), component

    def log_joint(self, x):
        """log p(x, component) for points x (..., d): (..., k)."""
        x = np.asarray(x, "float64")
        roots = np.linalg.cholesky(self.covariances)
        away = (
            x.reshape(-1, x.shape[-1]).T - self.means[..., None]
        )  # (k, d, n): numpy is slow along short last axes
        z = np.linalg.inv(roots) @ away
        log_root = np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(axis=1)
        constant = np.log(self.weights) - 0.5 * x.shape[-1] * np.log(2 * np.pi) - log_root
        return (constant[:, None] - 0.5 * (z**2).sum(axis=1)).T.reshape(*x.shape[:-1], -1)

    def log_density(self, x):
        """log p(x) for points (..., d): (...)."""
        return _shares(self.log_joint(x))[1]

    def responsibilities(self, x):
        """The probability of each component, given the point: (..., k)."""
        return _shares(self.log_joint(x))[0]


def _shares(joint):
    """From log p(x, component) (..., k): each component's share (..., k), and log p(x) (...)."""
    largest = joint.max(axis=-1, keepdims=True)
    relative = np.exp(joint - largest)  # at most 1, so that nothing overflows
    total = relative.sum(axis=-1, keepdims=True)
    return relative / total, (largest + np.log(total))[..., 0]


def maximization(x, responsibilities, ridge=1e-6):
    """The most likely mixture, had each point these shares in the components: the M step.

    Args:
        x: points (n, d).
        responsibilities: (n, k), each row adding up to 1.
        ridge: added to each variance, so that no component shrinks to a point.

    Raises:
        ValueError: where a component has no share in any point.
    """
    counts = responsibilities.sum(axis=0)
    if not (counts > 0).all():
        raise ValueError(
            f"maximization(): the components' shares add up to {counts.tolist()}; expected more than 0 for each. "
            "Take fewer components, or other shares to begin with."
        )
    means = responsibilities.T @ x / counts[:, None]
    away = x.T - means[..., None]  # (k, d, n)
    covariances = (responsibilities.T[:, None] * away) @ away.transpose(0, 2, 1) / counts[:, None, None]
    return Mixture(counts / len(x), means, covariances + ridge * np.eye(x.shape[1]))


def fit(x, responsibilities, *, steps=200, ridge=1e-6):
    """Expectation maximisation from given shares.

    Without the ridge no step lowers the likelihood; with it hardly any does.

    Args:
        x: points (n, d).
        responsibilities: the shares to begin with, (n, k).
        steps: of two half steps each.
        ridge: as for ``maximization``.

    Returns:
        The mixture, and the mean log-likelihood per point after each step, in nats, (steps,).

    Raises:
        ValueError: where x and the shares don't belong together.
    """
    x, shares = checks.numeric("fit(x)", x, 2), checks.numeric("fit(responsibilities)", responsibilities, 2)
    if len(x) != len(shares) or not len(x):
        raise ValueError(
            f"fit(): {len(x)} points, but {len(shares)} rows of responsibilities; give one per point."
        )
    if (shares < 0).any() or not np.allclose(shares.sum(axis=1), 1) or not (shares.sum(axis=0) > 0).all():
        raise ValueError(
            "fit(responsibilities): expected shares of 0 or more that add up to 1 in each row, with some for each "
            "component; divide each row by its sum."
        )
    likelihoods = []
    for _ in range(checks.whole_number("fit(steps)", steps)):
        mixture = maximization(x, shares, ridge)
        shares, log_density = _shares(mixture.log_joint(x))
        likelihoods.append(log_density.mean())
    return mixture, np.array(likelihoods)
