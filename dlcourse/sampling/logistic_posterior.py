"""Bayesian logistic regression, for several data sets of one size side by side."""

import numpy as np

from dlcourse import checks


def sigmoid(z):
    """1 / (1 + e^-z), without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(z)))


class LogisticPosterior:
    """Weights w ~ N(0, prior² I), labels y ~ Bernoulli(sigmoid(x·w)): the density of w given the data.

    Data sets stand side by side, and each has its own chains: points are (data sets · chains, features), data set after
    data set.

    Args:
        x: features, (data sets, n, features); a column of ones is the bias.
        y: labels 0 or 1, (data sets, n).
        prior: standard deviation of each weight.

    Raises:
        ValueError: where x and y don't belong together, or a label is neither 0 nor 1.
    """

    def __init__(self, x, y, prior):
        self.x = checks.numeric("LogisticPosterior(x)", x, 3)
        self.y = checks.numeric("LogisticPosterior(y)", y, 2)
        self.prior = checks.positive("LogisticPosterior(prior)", prior)
        if self.x.shape[:2] != self.y.shape or not np.isin(self.y, (0, 1)).all():
            raise ValueError(
                f"LogisticPosterior(): x {self.x.shape}, y {self.y.shape}; expected (data sets, n, features) and "
                "(data sets, n), with labels 0 and 1."
            )
        self._columns = np.ascontiguousarray(self.x.transpose(0, 2, 1))

    def _apart(self, w):
        """(data sets · chains, features) to (data sets, chains, features)."""
        return np.asarray(w).reshape(len(self.x), -1, self.x.shape[2])

    def log_density(self, w):
        """Log prior and log likelihood, without constants, (data sets · chains,)."""
        w = self._apart(w)
        z = w @ self._columns
        fits = (self.y[:, None] * z - np.logaddexp(0, z)).sum(axis=-1)
        return (fits - 0.5 * (w**2).sum(axis=-1) / self.prior**2).ravel()

    def gradient(self, w):
        """Its gradient, (data sets · chains, features)."""
        apart = self._apart(w)
        errors = self.y[:, None] - sigmoid(apart @ self._columns)
        return (errors @ self.x - apart / self.prior**2).reshape(np.shape(w))

    def peak(self, steps=50):
        """Each data set's most probable weights (data sets, features), by Newton's method with halved steps.

        Returns:
            The weights, and the Hessian of -log density there, (data sets, features, features).
        """
        w = np.zeros((len(self.x), self.x.shape[2]))
        for _ in range(checks.whole_number("peak(steps)", steps)):
            hessian = self._hessian(w)
            move = np.linalg.solve(hessian, self.gradient(w)[..., None])[..., 0]
            size, here = np.ones((len(w), 1)), self.log_density(w)
            for _ in range(20):
                worse = self.log_density(w + size * move) < here
                size[worse] /= 2
            w = w + size * move
        return w, self._hessian(w)

    def _hessian(self, w):
        p = sigmoid((self._apart(w) @ self._columns)[:, 0])
        weighted = self._columns * (p * (1 - p))[:, None]
        return weighted @ self.x + np.eye(self.x.shape[2]) / self.prior**2
