"""Rosenblatt's perceptron, the unit that the field began with, and the bound on its mistakes."""

import numpy as np
from scipy import optimize

from dlcourse import checks


class Perceptron:
    """A linear threshold unit, trained by Rosenblatt's rule (Rosenblatt 1958; Novikoff 1962).

    Predicts +1 where ``weights · x + bias > 0``, else -1.

    Attributes:
        weights: float64 (features,), zero before training.
        bias: float, zero before training.
        mistakes: list of ints, the number of mistakes (and so of updates) in each pass over the data.
    """

    def __init__(self, features):
        self.weights = np.zeros(checks.whole_number("Perceptron(features)", features))
        self.bias = 0.0
        self.mistakes = []

    def predict(self, x):
        """Classes +1 or -1, int (examples,), of float x (examples, features)."""
        return np.where(np.asarray(x, "float64") @ self.weights + self.bias > 0, 1, -1)

    def fit(self, x, y, *, passes):
        """Go through the examples in order, up to ``passes`` times, and stop after a pass without a mistake.

        Args:
            x: float (examples, features).
            y: (examples,), each +1 or -1.
            passes: at most that many.

        Returns:
            self.

        Raises:
            ValueError: where shapes don't fit, a label is neither +1 nor -1, or a feature is not finite.
        """
        x, y = np.asarray(x, "float64"), np.asarray(y)
        if x.ndim != 2 or x.shape[1] != len(self.weights) or y.shape != (len(x),):
            raise ValueError(
                f"Perceptron.fit() takes x of shape (examples, {len(self.weights)}) and y of shape (examples,); got "
                f"{x.shape} and {y.shape}."
            )
        if not np.isin(y, (-1, 1)).all():
            raise ValueError(
                f"Perceptron labels are +1 and -1; got {np.unique(y)[:5]}. Map your classes to these two."
            )
        if not np.isfinite(x).all():
            raise ValueError(
                "Perceptron.fit() got features that are not finite; remove or fill in those examples."
            )
        for _ in range(passes):
            mistakes = 0
            for features, label in zip(x, y, strict=True):
                if label * (features @ self.weights + self.bias) <= 0:
                    self.weights = self.weights + label * features
                    self.bias += float(label)
                    mistakes += 1
            self.mistakes.append(mistakes)
            if mistakes == 0:
                break
        return self


def largest_margin(x, y):
    """The hyperplane with the largest margin, by Lawson and Hanson's least-distance programming (1974, chapter 23).

    The bias counts as the weight of a feature that is always 1, as in the perceptron: of all unit vectors (w, b), the
    one whose smallest ``y · (w · x + b)`` is largest. It shares nothing with the perceptron's rule.

    Args:
        x: float (examples, features).
        y: (examples,), each +1 or -1.

    Returns:
        (margin, weights, bias): the margin in the units of x; weights and bias scaled so that the closest examples
        have ``y · (w · x + b) = 1``.

    Raises:
        ValueError: where no hyperplane separates the classes.
    """
    signed = np.column_stack([x, np.ones(len(x))]) * np.asarray(y, "float64")[:, None]
    # min |w| where signed @ w >= 1 has the dual: the non-negative mixture of columns closest to (0, ..., 0, 1).
    system = np.vstack([signed.T, np.ones(len(signed))])
    target = np.append(np.zeros(len(system) - 1), 1.0)
    mixture, distance = optimize.nnls(system, target, maxiter=30 * len(signed) + 1_000)
    if distance < 1e-7:
        raise ValueError(
            "largest_margin(): no hyperplane separates these two classes, so there is no margin."
        )
    residual = target - system @ mixture
    solution = -residual[:-1] / residual[-1]
    return float(1 / np.linalg.norm(solution)), solution[:-1], float(solution[-1])


def novikoff_bound(x, y):
    """The most mistakes that a perceptron can make in all: (R / margin)² (Novikoff 1962).

    R is the largest norm of an example, a constant feature of 1 included. Arguments and errors as for
    ``largest_margin``.
    """
    longest = np.max(np.sum(np.square(np.asarray(x, "float64")), axis=1) + 1)
    return float(longest / largest_margin(x, y)[0] ** 2)
