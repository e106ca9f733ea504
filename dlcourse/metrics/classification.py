"""Held-out data: splits that keep copies together, and what a score on them is worth."""

import numpy as np
from scipy import stats


def share_right(weights, x, y):
    """The share of examples whose label, -1 or +1, is the sign of the classifier's output."""
    return float(np.mean(np.sign(np.asarray(x) @ weights[:-1] + weights[-1]) == y))


def most_correlated(x, y, keep):
    """Columns of x, int64 (keep,), whose correlation with y is furthest from 0, the furthest first.

    Raises ValueError where ``keep`` is not from 1 to the number of columns.
    """
    if not 1 <= keep <= x.shape[1]:
        raise ValueError(
            f"most_correlated(keep={keep}) of {x.shape[1]} columns: give a number from 1 to {x.shape[1]}."
        )
    centred, target = x - x.mean(axis=0), y - y.mean()
    spread = np.sqrt((centred**2).sum(axis=0) * (target**2).sum())
    correlation = np.abs(centred.T @ target) / np.where(spread > 0, spread, np.inf)
    return np.argsort(-correlation, kind="stable")[:keep]


def best_by_chance(candidates, examples, p=0.5):
    """Expected accuracy of the best of several guessers, each right with probability ``p`` on each example.

    The number right is binomial, with distribution function F, and E[max] = sum over j of 1 - F(j) ** candidates.

    Raises ValueError where a number makes no sense.
    """
    if candidates < 1 or examples < 1 or not 0 <= p <= 1:
        raise ValueError(
            f"best_by_chance({candidates}, {examples}, p={p}): expected 1 or more of each, and p from 0 to 1."
        )
    below = stats.binom.cdf(np.arange(examples), examples, p)
    return float(np.sum(1 - below**candidates) / examples)


def rates(predicted, labels):
    """(share right among the positives, share right among the negatives) of yes-or-no predictions.

    Args:
        predicted, labels: bool (examples,).

    Raises:
        ValueError: where shapes differ, or one of the two classes is absent: its rate is undefined.
    """
    predicted, labels = np.asarray(predicted), np.asarray(labels)
    if predicted.shape != labels.shape or predicted.dtype != bool or labels.dtype != bool:
        raise ValueError(
            f"rates() takes bool predictions and labels of one shape; got {predicted.dtype} {predicted.shape} "
            f"and {labels.dtype} {labels.shape}. Compare the scores with a threshold first."
        )
    if labels.all() or not labels.any():
        raise ValueError(
            "rates() needs positives and negatives among the labels; here all are the same class."
        )
    return float(predicted[labels].mean()), float((~predicted[~labels]).mean())


def neighbour_agreement(x, y):
    """The share of examples whose nearest other example (Euclidean) has the same label; chance if labels are mixed up.

    Args:
        x: float (examples, ...), at least two.
        y: (examples,).
    """
    x, y = np.asarray(x, "float64").reshape(len(x), -1), np.asarray(y)
    if len(x) < 2 or y.shape != (len(x),):
        raise ValueError(
            f"neighbour_agreement() takes two examples or more, and a label each; got {len(x)} and {y.shape}."
        )
    squares = (x**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * x @ x.T
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(y[distances.argmin(axis=1)] == y))


def auroc(usual, unusual):
    """How often a score ranks a random unusual example below a random usual one; ties count half (Mann & Whitney)."""
    from scipy import stats

    ranks = stats.rankdata(np.concatenate([unusual, usual]))[: len(unusual)]
    wins = ranks.sum() - len(unusual) * (len(unusual) + 1) / 2
    return float(1 - wins / (len(usual) * len(unusual)))
