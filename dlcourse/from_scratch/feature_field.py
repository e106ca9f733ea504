"""A linear-chain random field on hand-made features, fitted to its one optimum (Lafferty et al. 2001; Sha & Pereira
2003).

Features say which symbol stands at a place, and which so many places before or after. Each has a weight per label,
each pair of labels one more. The log-likelihood less ``c2`` times the sum of squared weights is concave, so that
there is one optimum; its gradient is what was observed less what is expected. Sums run over scaled probabilities,
many lines at once.
"""

import dataclasses
import numbers

import numpy as np
from scipy import optimize

from dlcourse import checks


@dataclasses.dataclass(frozen=True)
class FeatureField:
    """Weights of symbols around a place, and of pairs of labels.

    ``weights`` float (offsets, symbols, labels); ``transitions`` float (labels, labels), from row to column;
    ``objective`` the penalised log-likelihood in nats, ``evaluations`` how often it was computed.
    """

    offsets: tuple
    weights: np.ndarray
    transitions: np.ndarray
    objective: float = np.nan
    evaluations: int = 0

    def scores(self, x):
        """Scores of lines of symbols x int (lines, places): float (lines, places, labels)."""
        return added_up(self.weights, around(x, self.offsets))

    def log_likelihood(self, x, y):
        """Nats of the right paths given the lines, a float; y int (lines, places), -1 after a line's end."""
        return log_likelihood_of(self.scores(x), self.transitions, np.asarray(y))[0]


def around(x, offsets):
    """Which symbols stand about each place: int (lines, places, offsets); 0 beyond the edges."""
    x = np.asarray(x)
    found = np.zeros((*x.shape, len(offsets)), "int64")
    for number, offset in enumerate(offsets):
        source = x[:, max(offset, 0) : x.shape[1] + min(offset, 0)]
        found[:, max(-offset, 0) : x.shape[1] - max(offset, 0), number] = source
    return found


def added_up(weights, symbols):
    """Weights of the symbols about each place, added: float (lines, places, labels)."""
    return sum(weights[number][symbols[..., number]] for number in range(len(weights)))


def fit(x, y, *, labels, symbols, offsets=(0,), c2=1.0, steps=1_000, tolerance=1e-9, start=None):
    """The field of the highest penalised log-likelihood, by L-BFGS.

    Args:
        x: int (lines, places), symbols; what stands after a line's end doesn't count, but is seen by its neighbours.
        y: int (lines, places), labels, -1 after a line's end.
        labels, symbols: how many there are.
        offsets: which neighbours are features: -1 is the symbol before.
        c2: weight of the sum of squared weights.
        steps, tolerance: of L-BFGS.
        start: FeatureField to climb from, of the same sizes; None starts at 0.

    Returns:
        FeatureField.

    Raises:
        ValueError: where shapes or numbers make no sense.
    """
    x, y = checked("fit", x, y, labels, symbols)
    c2 = checks.positive("fit(c2)", c2)
    offsets = checked_offsets("fit", offsets, x.shape[1])
    found = around(x, offsets)
    pairs, here = pairs_of(y), y >= 0
    sizes = (len(offsets), symbols, labels)
    observed = np.zeros(sizes)
    for number in range(len(offsets)):
        np.add.at(observed[number], (found[..., number][here], y[here]), 1.0)
    observed_pairs = np.zeros((labels, labels))
    np.add.at(observed_pairs, pairs, 1.0)

    def loss(theta):
        """Penalised negative log-likelihood and its gradient: expected less observed."""
        weights, transitions = (
            theta[: observed.size].reshape(sizes),
            theta[observed.size :].reshape(labels, labels),
        )
        value, marginals, expected_pairs = log_likelihood_of(added_up(weights, found), transitions, y)
        expected = np.zeros(sizes)
        rows = marginals[here]
        for number in range(len(offsets)):
            here_is = found[..., number][here]
            for label in range(labels):
                expected[number, :, label] = np.bincount(here_is, rows[:, label], minlength=symbols)
        slope = np.concatenate([(expected - observed).ravel(), (expected_pairs - observed_pairs).ravel()])
        return c2 * theta @ theta - value, slope + 2 * c2 * theta

    begin = np.zeros(observed.size + labels * labels)
    if start is not None:
        shapes = np.shape(start.weights), np.shape(start.transitions)
        if shapes != (sizes, (labels, labels)):
            raise ValueError(
                f"fit(start): weights {shapes[0]} and transitions {shapes[1]}; expected {sizes} and "
                f"{(labels, labels)}, those of the field that is fitted."
            )
        begin = np.concatenate([np.ravel(start.weights), np.ravel(start.transitions)])
    options = {"maxiter": steps, "maxfun": 2 * steps, "ftol": tolerance, "gtol": 1e-4}
    ended = optimize.minimize(loss, begin, jac=True, method="L-BFGS-B", options=options)
    weights, transitions = (
        ended.x[: observed.size].reshape(sizes),
        ended.x[observed.size :].reshape(labels, labels),
    )
    return FeatureField(tuple(offsets), weights, transitions, -float(ended.fun), int(ended.nfev))


def checked(function, x, y, labels, symbols):
    """Lines of symbols and their labels as int arrays (lines, places).

    Raises:
        ValueError: where they don't fit each other, or the numbers of labels and symbols.
    """
    labels = checks.whole_number(f"{function}(labels)", labels)
    symbols = checks.whole_number(f"{function}(symbols)", symbols)
    x, y = checks.numeric(f"{function}(x)", x), checks.numeric(f"{function}(y)", y)
    whole = all(part.ndim == 2 and part.size and (part == np.round(part)).all() for part in (x, y))
    fits = (
        whole
        and x.shape == y.shape
        and x.min() >= 0
        and x.max() < symbols
        and -1 <= y.min() <= y.max() < labels
    )
    if not fits or (y[:, 0] < 0).any() or ((y[:, 1:] >= 0) & (y[:, :-1] < 0)).any():
        raise ValueError(
            f"{function}(): x {x.shape} and y {y.shape}; expected whole numbers, both (lines, places), symbols from 0 "
            f"to {symbols - 1} and labels from 0 to {labels - 1}, one or more, then -1 after a line's end."
        )
    return x.astype("int64"), y.astype("int64")


def checked_offsets(function, offsets, places):
    """Which neighbours are features, as a tuple of ints.

    Raises:
        ValueError: where one reaches beyond every line, or there is none.
    """
    found = tuple(offsets)
    if not found or not all(isinstance(one, numbers.Integral) and abs(one) < places for one in found):
        raise ValueError(
            f"{function}(offsets={offsets!r}): expected whole numbers between {1 - places} and {places - 1}, since "
            f"lines have {places} places; give for example (-1, 0, 1)."
        )
    return found


def pairs_of(y):
    """Labels of neighbouring places, both present: two int arrays."""
    both = y[:, 1:] >= 0
    return y[:, :-1][both], y[:, 1:][both]


def log_likelihood_of(scores, transitions, y):
    """Nats of the right paths, marginals (lines, places, labels), and expected pairs of labels (labels, labels), all of
    scores (lines, places, labels), transitions (labels, labels) and y (lines, places), -1 after a line's end."""
    here = y >= 0
    top = scores.max(axis=-1, keepdims=True)
    fits = np.exp(scores - top)
    highest = transitions.max()
    moves = np.exp(transitions - highest)
    lines, places, labels = scores.shape
    forward, scale = np.zeros(scores.shape), np.ones((lines, places))
    forward[:, 0] = fits[:, 0]
    for place in range(places):
        if place:
            stepped = (forward[:, place - 1] @ moves) * fits[:, place]
            forward[:, place] = np.where(here[:, place, None], stepped, forward[:, place - 1])
        scale[:, place] = forward[:, place].sum(axis=1)
        forward[:, place] /= scale[:, place, None]
    backward = np.ones((lines, labels))
    marginals, pairs = np.zeros(scores.shape), np.zeros((labels, labels))
    for place in range(places - 1, -1, -1):
        marginals[:, place] = forward[:, place] * backward
        if place:
            comes = np.where(here[:, place, None], fits[:, place] * backward / scale[:, place, None], 0.0)
            pairs += forward[:, place - 1].T @ comes
            backward = np.where(here[:, place, None], comes @ moves.T, backward)
    chosen = np.where(here, y, 0)
    right = (np.take_along_axis(scores, chosen[..., None], axis=-1)[..., 0] * here).sum()
    before, after = pairs_of(y)
    right += transitions[before, after].sum()
    total = np.log(scale).sum() + (top[..., 0] * here).sum() + highest * len(before)
    return float(right - total), marginals, pairs * moves
