"""Held-out data: splits that keep copies together, and what a score on them is worth."""

import numpy as np
from scipy import stats


def split(examples, test, seed, groups=None):
    """Row numbers of (training, test) data, drawn by ``seed``.

    Args:
        examples: how many there are.
        test: the share of them that is held out, between 0 and 1; with groups, the share of groups.
        seed: of the draw.
        groups: (examples,), what each example comes from (a person, a photograph): all of one group land on the same
            side. None: each example by itself.

    Returns:
        two int64 arrays, each in rising order, that hold every row once.

    Raises:
        ValueError: where a side would be empty, or ``groups`` has another length.
    """
    groups = np.arange(examples) if groups is None else np.asarray(groups)
    if groups.shape != (examples,):
        raise ValueError(
            f"split() got groups of shape {groups.shape} for {examples} examples: give one group an example."
        )
    names = np.unique(groups)
    held = round(len(names) * test) if 0 < test < 1 else 0
    if not 0 < held < len(names):
        kind = "examples" if len(names) == examples else "groups"
        raise ValueError(
            f"split(test={test!r}) of {len(names)} {kind} leaves one side empty: give a share between 0 and 1, such "
            "as 0.2, and at least one group for each side."
        )
    chosen = np.isin(groups, np.random.default_rng(seed).choice(names, held, replace=False))
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def linear_classifier(x, y, strength=1.0):
    """Weights, float64 (features + 1,), of least squares on labels -1 and +1, with an L2 penalty; the last is the bias.

    Args:
        x: float (examples, features).
        y: (examples,), each -1 or +1.
        strength: of the penalty on all weights.

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
