"""Penalised least squares in float64 NumPy: Lasso (L1) and ridge (L2), and the bias and variance of predictions.

Inputs are float (examples, features) and targets (examples,), both centred, so that no intercept is needed:
``centred`` does it. L1 is scaled as scikit-learn's Lasso, ``‖y - Xw‖² / (2n) + strength ‖w‖₁`` (Tibshirani 1996), L2 as
its Ridge, ``‖y - Xw‖² + strength ‖w‖²`` (Hoerl & Kennard 1970).
"""

import math

import numpy as np


def linear_classifier(x, y, strength=1.0):
    """Ridge regression on labels -1 and +1: weights, float64 (features + 1,), of which the last is the bias.

    Args:
        x: float (examples, features).
        y: (examples,), each -1 or +1.
        strength: of the penalty on all weights, the bias included.

    Raises:
        ValueError: where a label is neither, or lengths differ.
    """
    x, y = np.asarray(x, "float64"), np.asarray(y, "float64")
    if len(x) != len(y) or not np.isin(y, (-1, 1)).all():
        raise ValueError(
            f"linear_classifier() takes as many labels as examples, each -1 or +1; got {len(x)} examples and "
            f"{len(y)} labels, among them {np.unique(y)[:4]}."
        )
    extended = np.c_[x, np.ones(len(x))]
    return np.linalg.solve(extended.T @ extended + strength * np.eye(extended.shape[1]), extended.T @ y)


def centred(x, y, scale=True):
    """(x, y) in float64, each column minus its mean; with ``scale`` the columns of x also have variance 1."""
    x, y = _checked(x, y)
    x = x - x.mean(axis=0)
    if scale:
        spread = x.std(axis=0)
        x = x / np.where(spread > 0, spread, 1.0)
    return x, y - y.mean()


def soft_threshold(values, threshold):
    """Move every value towards 0 by ``threshold``, and stop at 0: the proximal step of ``threshold * |value|``."""
    return np.sign(values) * np.maximum(np.abs(values) - threshold, 0.0)


def lasso_objective(x, y, weights, strength):
    """``‖y - Xw‖² / (2n) + strength ‖w‖₁``."""
    residual = y - x @ weights
    return float(residual @ residual / (2 * len(y)) + strength * np.abs(weights).sum())


def duality_gap(x, y, weights, strength):
    """An upper bound of how far the Lasso's objective is above its minimum; 0 at the solution.

    Any feasible point of the dual problem bounds the minimum from below; the residual, scaled until no feature's
    correlation with it exceeds ``strength``, is one (Kim et al. 2007).
    """
    residual = y - x @ weights
    n = len(y)
    largest = np.abs(x.T @ residual).max() / n
    scaled = residual * (min(1.0, strength / largest) if largest > 0 else 1.0)
    dual = (y @ y - (y - scaled) @ (y - scaled)) / (2 * n)
    return lasso_objective(x, y, weights, strength) - float(dual)


def largest_strength(x, y):
    """The smallest L1 strength at which every weight of the Lasso is 0."""
    x, y = _checked(x, y)
    return float(np.abs(x.T @ y).max() / len(y))


def lasso(x, y, strength, *, start=None, gap=1e-13, steps=100_000):
    """The Lasso's weights (features,) by coordinate descent: each weight in turn is set to its best value.

    Once it has found which weights aren't 0, and their signs, what is left is a system of linear equations. It is
    tried after every pass; the duality gap says whether its solution is the Lasso's.

    Args:
        strength: of the L1 penalty, 0 or more.
        start: weights to begin with, or None for zeros.
        gap: stop where the duality gap is below this times ``‖y‖² / (2n)``.
        steps: passes over the weights, at most.

    Raises:
        ValueError: where shapes don't fit, a value is not finite, or the strength is negative.
        RuntimeError: where the gap is still larger after all steps.
    """
    x, y = _checked(x, y, strength)
    weights = np.zeros(x.shape[1]) if start is None else np.array(start, "float64")
    n, squares = len(y), (x**2).sum(axis=0)
    gram, target = x.T @ x, x.T @ y
    correlation = target - gram @ weights
    scale = max(y @ y / (2 * n), np.finfo(float).tiny)
    for _ in range(steps):
        for column in np.flatnonzero(squares).tolist():
            old, pull = (
                weights.item(column),
                correlation.item(column) + squares.item(column) * weights.item(column),
            )
            new = math.copysign(max(abs(pull) - n * strength, 0.0), pull) / squares.item(column)
            if new != old:
                correlation -= gram[:, column] * (new - old)
                weights[column] = new
        for found in (_of_these_signs(gram, target, weights, n * strength), weights):
            if found is not None and (
                duality_gap(x, y, found, strength) <= gap * scale
                or (not strength and np.abs(x.T @ (y - x @ found)).max() <= 1e-10 * np.abs(target).max())
            ):
                return found
    raise RuntimeError(
        f"lasso() has not converged after {steps} passes: gap {duality_gap(x, y, weights, strength):.2g}. Standardise "
        "the columns (penalized_regression.centred), or allow a larger gap."
    )


def _of_these_signs(gram, target, weights, pull):
    """The best weights with the signs of these, and zeros where these have some; None where there are none such."""
    kept, found = np.flatnonzero(weights), np.zeros_like(weights)
    try:
        found[kept] = np.linalg.solve(gram[np.ix_(kept, kept)], target[kept] - pull * np.sign(weights[kept]))
    except np.linalg.LinAlgError:
        return None
    return found if (np.sign(found) == np.sign(weights)).all() else None


def proximal_gradient(x, y, strength, steps, *, accelerated=False):
    """The Lasso's weights after each step of ISTA: a gradient step on the squares, then a soft threshold.

    Args:
        strength: of the L1 penalty.
        steps: number of steps.
        accelerated: whether to take FISTA instead (Beck & Teboulle 2009): each step starts from a point further along
            the last move.

    Returns:
        float64 (steps, features).
    """
    x, y = _checked(x, y, strength)
    weights, rate = np.zeros(x.shape[1]), _safe_rate(x)
    ahead, momentum, history = weights, 1.0, []
    for _ in range(steps):
        gradient = x.T @ (x @ ahead - y) / len(y)
        new = soft_threshold(ahead - rate * gradient, rate * strength)
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2 if accelerated else 1.0
        ahead = new + (momentum - 1) / following * (new - weights)
        weights, momentum = new, following
        history.append(weights)
    return np.array(history)


def subgradient(x, y, strength, steps):
    """The Lasso's weights after each step of subgradient descent with a learning rate that falls as 1 / sqrt(step).

    The penalty's derivative is taken as ``strength * sign(w)``, as automatic differentiation has it.

    Returns:
        float64 (steps, features).
    """
    x, y = _checked(x, y, strength)
    weights, rate, history = np.zeros(x.shape[1]), _safe_rate(x), []
    for step in range(steps):
        slope = x.T @ (x @ weights - y) / len(y) + strength * np.sign(weights)
        weights = weights - rate / np.sqrt(step + 1) * slope
        history.append(weights)
    return np.array(history)


def lasso_path(x, y, strengths):
    """The Lasso's weights, float64 (strengths, features); each strength starts from the solution of the next larger."""
    order = np.argsort(strengths)[::-1]
    path, weights = np.zeros((len(strengths), np.shape(x)[1])), None
    for place in order:
        weights = path[place] = lasso(x, y, strengths[place], start=weights, gap=1e-8)
    return path


def ridge(x, y, strength):
    """Ridge's weights (features,), ``(XᵀX + strength I)⁻¹ Xᵀy``; in its dual form where examples are fewer.

    Raises:
        ValueError: where shapes don't fit, a value is not finite, or the strength is not above 0.
    """
    x, y = _checked(x, y, strength)
    if strength == 0:
        raise ValueError(
            "ridge(strength=0) is plain least squares; np.linalg.lstsq(x, y) gives its solution of minimum norm."
        )
    n, features = x.shape
    if n < features:
        return x.T @ np.linalg.solve(x @ x.T + strength * np.eye(n), y)
    return np.linalg.solve(x.T @ x + strength * np.eye(features), x.T @ y)


def ridge_path(x, y, strengths):
    """Ridge's weights (strengths, features), all from one singular value decomposition.

    Each singular direction is shrunk by ``s² / (s² + strength)``.
    """
    x, y = _checked(x, y, min(strengths))
    left, values, right = np.linalg.svd(x, full_matrices=False)
    return ((values / (values**2 + np.asarray(strengths)[:, None])) * (left.T @ y)) @ right


def relu_features(x, count, seed):
    """Random features ``max(0, x·w)`` with w Gaussian of variance 1 / inputs: float64 (examples, count).

    The first of 100 features are the same as those of 50, given the same seed.
    """
    directions = np.random.default_rng(seed).standard_normal((count, np.shape(x)[1])) / np.sqrt(
        np.shape(x)[1]
    )
    return np.maximum(np.asarray(x, "float64") @ directions.T, 0.0)


def bias_and_variance(predictions, truth):
    """Split the mean squared distance from the truth into squared bias and variance, averaged over points.

    Args:
        predictions: float (draws, points), of models trained on different draws of data.
        truth: float (points,).

    Returns:
        (squared bias, variance), whose sum is the mean of ``(predictions - truth) ** 2``, exactly.

    Raises:
        ValueError: where shapes don't fit, or there are fewer than two draws.
    """
    predictions, truth = np.asarray(predictions, "float64"), np.asarray(truth, "float64")
    if predictions.ndim != 2 or len(predictions) < 2 or predictions.shape[1:] != truth.shape:
        raise ValueError(
            f"bias_and_variance() takes predictions (draws, points), two draws or more, and truth (points,); got "
            f"{predictions.shape} and {truth.shape}."
        )
    return float(((predictions.mean(axis=0) - truth) ** 2).mean()), float(predictions.var(axis=0).mean())


def _safe_rate(x):
    """A learning rate that can't diverge: 1 over the largest curvature of ``‖y - Xw‖² / (2n)``."""
    return len(x) / np.linalg.norm(x, 2) ** 2


def _checked(x, y, strength=0.0):
    x, y = np.asarray(x, "float64"), np.asarray(y, "float64")
    if x.ndim != 2 or y.shape != x.shape[:1] or not x.size:
        raise ValueError(
            f"Expected x (examples, features) and y (examples,), not empty; got {x.shape} and {y.shape}."
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("x or y holds values that are not finite; remove or fill in those examples.")
    if not 0 <= strength < np.inf:
        raise ValueError(f"The penalty's strength is {strength!r}; expected a finite number, 0 or more.")
    return x, y
