"""A linear-chain conditional random field, for one sequence: every path tried, and the three algorithms that needn't.

``scores`` (places, labels) say how well each label fits at each place, ``transitions`` (labels, labels) how well a
label (column) follows another (row). A path's score is the sum of its scores and transitions; p(path) =
exp(score) / Z.
"""

import itertools

import numpy as np

from dlcourse import checks

MOST_PATHS = 1_000_000


def every_path(scores, transitions):
    """All paths and their scores, by trying every one: int (paths, places), float (paths,).

    Raises:
        ValueError: where there are more than a million, or shapes make no sense.
    """
    scores, transitions = _checked("every_path", scores, transitions)
    places, labels = scores.shape
    if labels**places > MOST_PATHS:
        raise ValueError(
            f"every_path(): {labels} labels at {places} places make {labels**places:,} paths; at most {MOST_PATHS:,} "
            "are tried. The forward algorithm needs no list: log_partition."
        )
    paths = np.array(list(itertools.product(range(labels), repeat=places)))
    found = scores[np.arange(places), paths].sum(axis=1)
    return paths, found + transitions[paths[:, :-1], paths[:, 1:]].sum(axis=1)


def forward(scores, transitions):
    """Log-sums over all that may come before: float (places, labels).

    Entry [t, k] is the logarithm of the sum of exp(score) over all
    paths up to place t that have label k there.
    """
    scores, transitions = _checked("forward", scores, transitions)
    table = [scores[0]]
    for now in scores[1:]:
        ways = table[-1][:, None] + transitions  # from row to column
        table.append(now + np.logaddexp.reduce(ways, axis=0))
    return np.array(table)


def backward(scores, transitions):
    """Log-sums over all that may come after, the place itself left out: float (places, labels)."""
    scores, transitions = _checked("backward", scores, transitions)
    table = [np.zeros(scores.shape[1])]
    for after in scores[:0:-1]:
        table.append(np.logaddexp.reduce(transitions + after + table[-1], axis=1))
    return np.array(table[::-1])


def log_partition(scores, transitions):
    """ln Z, a float: the logarithm of the sum of exp(score) over all paths."""
    return float(np.logaddexp.reduce(forward(scores, transitions)[-1]))


def marginals(scores, transitions):
    """Probability of each label at each place: float (places, labels), rows adding up to 1."""
    both = forward(scores, transitions) + backward(scores, transitions)
    return np.exp(both - log_partition(scores, transitions))


def best_path(scores, transitions):
    """The path of the highest score, int (places,), by Viterbi's algorithm: forward with max, then back."""
    scores, transitions = _checked("best_path", scores, transitions)
    best, came_from = scores[0], []
    for now in scores[1:]:
        ways = best[:, None] + transitions
        came_from.append(ways.argmax(axis=0))
        best = now + ways.max(axis=0)
    path = [int(best.argmax())]
    for origin in reversed(came_from):
        path.append(int(origin[path[-1]]))
    return np.array(path[::-1])


def _checked(function, scores, transitions):
    scores = checks.numeric(f"{function}(scores)", scores, 2)
    transitions = checks.numeric(f"{function}(transitions)", transitions, 2)
    labels = scores.shape[1]
    if not scores.size or transitions.shape != (labels, labels):
        raise ValueError(
            f"{function}(): scores {scores.shape} and transitions {transitions.shape}; expected (places, labels), "
            "one place or more, and (labels, labels)."
        )
    return scores, transitions
