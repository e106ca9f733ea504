"""Scores of classifiers on held-out data, and what such a score is worth."""

import math

import numpy as np
from scipy import stats

from dlcourse import checks


def linear_accuracy(weights, x, y):
    """Accuracy of a linear classifier, a float.

    Args:
        weights: float (features + 1,), the last is the bias, as ``penalized_regression.linear_classifier`` gives them.
        x: float (examples, features).
        y: (examples,), each -1 or +1.

    Raises:
        ValueError: where the shapes don't fit, or these are no numbers.
    """
    weights = checks.numeric("linear_accuracy(weights)", weights, axes=1)
    x, y = _table("linear_accuracy", x, y)
    if len(weights) != x.shape[1] + 1:
        raise ValueError(
            f"linear_accuracy() got {len(weights)} weights for {x.shape[1]} features: expected one more, the bias last."
        )
    return float(np.mean(np.sign(x @ weights[:-1] + weights[-1]) == y))


def most_correlated(x, y, keep):
    """Columns of x, int64 (keep,), whose correlation with y has the largest absolute values, the largest first.

    Args:
        x: float (examples, features).
        y: float (examples,).
        keep: number of columns.

    Raises:
        ValueError: where ``keep`` is not from 1 to the number of columns, or x and y don't fit.
    """
    x, y = _table("most_correlated", x, y)
    if checks.whole_number("most_correlated(keep)", keep, least=0) not in range(1, x.shape[1] + 1):
        raise ValueError(
            f"most_correlated(keep={keep}) of {x.shape[1]} columns: give a number from 1 to {x.shape[1]}."
        )
    centred, target = x - x.mean(axis=0), y - y.mean()
    spread = np.sqrt((centred**2).sum(axis=0) * (target**2).sum())
    correlation = np.abs(centred.T @ target) / np.where(spread > 0, spread, np.inf)
    return np.argsort(-correlation, kind="stable")[:keep]


def best_by_chance(candidates, examples, p=0.5):
    """Expected accuracy of the best of several guessers, each right with probability ``p`` on each example.

    The number of right guesses is binomial with distribution function F, and E[max] = Σ_j 1 - F(j) ** candidates.

    Raises:
        ValueError: where there is no candidate or no example, or p is not a probability.
    """
    candidates, examples = (
        checks.whole_number(f"best_by_chance({name})", value, least=0)
        for name, value in [("candidates", candidates), ("examples", examples)]
    )
    p = checks.fraction("best_by_chance(p)", p)
    if candidates < 1 or examples < 1:
        raise ValueError(f"best_by_chance({candidates}, {examples}, p={p}): expected 1 or more of each.")
    below = stats.binom.cdf(np.arange(examples), examples, p)
    return float(np.sum(1 - below**candidates) / examples)


def recall_and_specificity(predicted, labels):
    """The shares of the positives and of the negatives that are predicted right: (recall, specificity), floats.

    Args:
        predicted, labels: bool (examples,).

    Raises:
        ValueError: where shapes differ, or one of the two classes is absent, whose share is undefined.
    """
    predicted, labels = np.asarray(predicted), np.asarray(labels)
    if predicted.shape != labels.shape or predicted.dtype != bool or labels.dtype != bool:
        raise ValueError(
            "recall_and_specificity() takes bool predictions and labels of one shape; got "
            f"{predicted.dtype} {predicted.shape} and {labels.dtype} {labels.shape}. "
            "Compare the scores with a threshold first."
        )
    if labels.all() or not labels.any():
        raise ValueError(
            "recall_and_specificity() needs positives and negatives among the labels; here all are the same class."
        )
    return float(predicted[labels].mean()), float((~predicted[~labels]).mean())


def nearest_neighbour_accuracy(x, y):
    """Leave-one-out accuracy of the nearest-neighbour classifier (Euclidean), a float.

    Args:
        x: float (examples, ...), at least two.
        y: (examples,).

    Raises:
        ValueError: where there are fewer, or as many labels are not given, or x holds no finite numbers.
    """
    x, y = checks.numeric("nearest_neighbour_accuracy(x)", x), np.asarray(y)
    if not x.ndim or not np.isfinite(x).all():
        raise ValueError(
            f"nearest_neighbour_accuracy() got x of shape {x.shape}: expected finite numbers (examples, ...)."
        )
    x = x.reshape(len(x), math.prod(x.shape[1:]))
    if len(x) < 2 or y.shape != (len(x),):
        raise ValueError(
            "nearest_neighbour_accuracy() takes two examples or more, and one label for each; got "
            f"{len(x)} and {y.shape}."
        )
    squares = (x**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * x @ x.T
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(y[distances.argmin(axis=1)] == y))


def auroc(usual, unusual):
    """Area under the ROC curve: the probability that a random unusual example has a lower score than a usual one.

    Args:
        usual, unusual: float (n,), (m,), the scores. Ties count half (Mann & Whitney 1947).

    Raises:
        ValueError: where they are no such arrays, one of them is empty, or a score is NaN.
    """
    usual, unusual = (
        checks.numeric(f"auroc({name})", scores, axes=1)
        for name, scores in [("usual", usual), ("unusual", unusual)]
    )
    spoilt = int(np.isnan(usual).sum() + np.isnan(unusual).sum())
    if not len(usual) or not len(unusual) or spoilt:
        raise ValueError(
            f"auroc() got {len(usual)} and {len(unusual)} scores, {spoilt} of them NaN: expected one or more of each "
            "kind, all numbers."
        )
    ranks = stats.rankdata(np.concatenate([unusual, usual]))[: len(unusual)]
    wins = ranks.sum() - len(unusual) * (len(unusual) + 1) / 2
    return float(1 - wins / (len(usual) * len(unusual)))


def _table(name, x, y):
    """x, float64 (examples, features), and y, float64 (examples,): one or more of each, all finite."""
    x, y = checks.numeric(f"{name}(x)", x, axes=2), checks.numeric(f"{name}(y)", y, axes=1)
    if not x.size or len(x) != len(y) or not np.isfinite(x).all() or not np.isfinite(y).all():
        raise ValueError(
            f"{name}() got x of shape {x.shape} and y of shape {y.shape}: expected finite numbers, one y for each row."
        )
    return x, y
