"""Dynamic time warping: how far two recordings are apart, however fast each was spoken (Sakoe & Chiba 1978).

A path walks through both, one frame further in one of them or in both at every step, and pays the Euclidean distance
between the two frames where it stands. The cheapest path's cost is found row by row:

    cost(i, j) = distance(i, j) + min(cost(i - 1, j), cost(i, j - 1), cost(i - 1, j - 1)).
"""

import numpy as np

from dlcourse import checks

LARGEST = 1e18
"""Numbers as large as this are mistakes, and their squares overflow."""


def costs(one, other):
    """Cost of the cheapest path to each pair of frames, float64 (frames of one, frames of other).

    Args:
        one, other: float (frames, features), the same features.
    """
    one, other = _recording("one", one), _recording("other", other)
    _same_features(one, other)
    result = np.linalg.norm(one[:, None] - other[None], axis=2)
    for i, j in np.ndindex(result.shape):
        before = [result[i - a, j - b] for a, b in ((1, 0), (0, 1), (1, 1)) if i >= a and j >= b]
        result[i, j] += min(before, default=0)
    return result


def path(one, other):
    """The cheapest path, a list of pairs (frame of one, frame of other), from the first frames to the last."""
    table = costs(one, other)
    i, j = table.shape[0] - 1, table.shape[1] - 1
    steps = [(i, j)]
    while i or j:
        before = [(i - a, j - b) for a, b in ((1, 1), (1, 0), (0, 1)) if i >= a and j >= b]
        i, j = min(before, key=lambda step: table[step])
        steps.append((i, j))
    return steps[::-1]


def distances(one, others):
    """The cheapest path's cost from one recording to each of many, over the frames of both, float64 (others,).

    Args:
        one: float (frames, features).
        others: list of float (own frames, features).
    """
    one = _recording("one", one)
    return _distances(one, *_packed(one, others))


def _packed(one, others):
    """Recordings in one array (others, longest, features), zeros after the end of each, and their lengths."""
    if not checks.is_list(others) or not len(others):
        raise ValueError("distances(others): expected a list of recordings, (frames, features) each.")
    others = [_recording("others", other) for other in others]
    for other in others:
        _same_features(one, other)
    lengths = np.array([len(other) for other in others])
    padded = np.zeros((len(others), lengths.max(), one.shape[1]))
    for row, other in zip(padded, others, strict=True):
        row[: len(other)] = other
    return padded, lengths


def _distances(one, padded, lengths):
    squared = (padded**2).sum(axis=2)[:, None] + (one**2).sum(axis=1)[:, None]
    squared = squared - 2 * np.einsum("if,ojf->oij", one, padded, optimize=True)
    steps = np.sqrt(np.maximum(squared, 0)).transpose(1, 2, 0).copy()  # (frames, frames of others, others)
    above = np.cumsum(steps[0], axis=0)
    for row in steps[1:]:
        row[0] += above[0]
        for j in range(1, len(row)):
            row[j] += np.minimum(np.minimum(above[j], above[j - 1]), row[j - 1])
        above = row
    return above[lengths - 1, np.arange(len(lengths))] / (len(one) + lengths)


def nearest(items, templates, labels):
    """Each recording gets the label of the template nearest to it (1-nearest-neighbour): array (items,).

    Args:
        items, templates: lists of float (own frames, features).
        labels: (templates,).
    """
    if not checks.is_list(items) or not checks.is_list(templates):
        raise ValueError(
            "nearest(items, templates): expected two lists of recordings, (frames, features) each."
        )
    labels = np.asarray(labels)
    if labels.shape != (len(templates),):
        raise ValueError(
            f"nearest() got {len(templates)} templates and labels of shape {labels.shape}: give one label for each."
        )
    items = [_recording("items", item) for item in items]
    if not items:
        return labels[:0]
    packed = _packed(items[0], templates)
    for item in items:
        _same_features(item, packed[0][0])
    return np.array([labels[np.argmin(_distances(item, *packed))] for item in items])


def _recording(name, given):
    given = checks.numeric(f"time_warping({name})", given, axes=2)
    if not given.size:
        raise ValueError(f"time_warping({name}): got shape {given.shape}; expected one frame at least.")
    if not np.all(np.abs(given) < LARGEST):
        raise ValueError(f"time_warping({name}): expected finite numbers; standardise the features first.")
    return given


def _same_features(one, other):
    if one.shape[1] != other.shape[1]:
        raise ValueError(
            f"Recordings of {one.shape[1]} and of {other.shape[1]} features can't be compared: give the same features."
        )
