"""Connectionist temporal classification (Graves et al. 2006): labels without saying at which frame each is spoken.

A network gives each frame probabilities of the symbols, of which one, 0, is the *blank*: no label here. A path is one
symbol per frame; it stands for the labels that are left when repeated symbols are merged and blanks are dropped. The
probability of labels is the sum over all paths that stand for them.
"""

import itertools

import numpy as np

from dlcourse import checks

BLANK = 0
MOST_PATHS = 1_000_000


def collapsed(path):
    """The labels that a path stands for, a list: 0, 3, 3, 0, 3 becomes 3, 3."""
    merged = [int(symbol) for symbol, _ in itertools.groupby(path)]
    return [symbol for symbol in merged if symbol != BLANK]


def paths(labels, frames, symbols):
    """All paths of so many frames that stand for these labels, a list of tuples, found by trying every path there is.

    Raises:
        ValueError: where there are more than a million to try.
    """
    frames, symbols = (
        checks.whole_number("paths(frames)", frames),
        checks.whole_number("paths(symbols)", symbols),
    )
    if symbols**frames > MOST_PATHS:
        raise ValueError(
            f"paths(): {symbols} symbols in {frames} frames make {symbols**frames:,} paths; at most {MOST_PATHS:,} "
            "are tried. The forward algorithm needs no list: log_probability."
        )
    labels = [int(label) for label in labels]
    return [path for path in itertools.product(range(symbols), repeat=frames) if collapsed(path) == labels]


def log_probability(log_probabilities, labels):
    """Logarithm of the probability of labels: the sum over all their paths, by the forward algorithm.

    Blanks are put before, between and after the labels. forward[s] is the log-probability of having read the frames so
    far and standing at place s. From s one may stay, go on by one, or skip a blank between two different labels.

    Args:
        log_probabilities: float (frames, symbols), natural logarithms; symbol 0 is the blank.
        labels: list of whole numbers from 1 to symbols - 1; may be empty.

    Returns:
        float; -inf where the labels don't fit into the frames.

    Raises:
        ValueError: where shapes or labels make no sense.
    """
    log_probabilities, places = _checked("log_probability", log_probabilities, labels)
    with np.errstate(divide="ignore"):
        return float(np.logaddexp.reduce(_forward(log_probabilities, places)[-1, -2:]))


def occupancies(log_probabilities, labels):
    """How probable each symbol is at each frame, given that the labels were said: float64 (frames, symbols).

    From forward and backward sums. With softmax outputs, softmax minus these is the gradient of -log p by the logits.

    Args:
        log_probabilities, labels: as for ``log_probability``.

    Raises:
        ValueError: where the labels don't fit into the frames.
    """
    log_probabilities, places = _checked("occupancies", log_probabilities, labels)
    forward = _forward(log_probabilities, places)
    backward = _forward(log_probabilities[::-1], places[::-1])[::-1, ::-1]
    total = np.logaddexp.reduce(forward[-1, -2:])
    if np.isneginf(total):
        raise ValueError(
            f"occupancies(): {len(places) // 2} labels don't fit into {len(log_probabilities)} frames."
        )
    both = forward + backward - log_probabilities[:, places] - total  # the frame's own factor is in both
    result = np.zeros(log_probabilities.shape)
    for place, symbol in enumerate(places):
        result[:, symbol] += np.exp(both[:, place])
    return result


def alignment(log_probabilities, labels):
    """The most probable path of the labels, int (frames,), by Viterbi's algorithm.

    Args:
        log_probabilities, labels: as for ``log_probability``.

    Raises:
        ValueError: where the labels don't fit into the frames.
    """
    log_probabilities, places = _checked("alignment", log_probabilities, labels)
    table = _forward(log_probabilities, places, together=np.maximum)
    place = len(places) - 1 if len(places) == 1 or table[-1, -1] >= table[-1, -2] else len(places) - 2
    if np.isneginf(table[-1, place]):
        raise ValueError(f"alignment(): {len(places) // 2} labels don't fit into {len(table)} frames.")
    chosen = [place]
    for row in table[-2::-1]:
        place = max(_before(places, place), key=lambda before: row[before])
        chosen.append(place)
    return places[chosen[::-1]]


def _forward(log_probabilities, places, together=np.logaddexp):
    """Sums (or, with np.maximum, best paths) up to each frame and place, float64 (frames, places)."""
    may_skip = np.array([place - 2 in _before(places, place) for place in range(len(places))])
    table = np.full((len(log_probabilities), len(places)), -np.inf)
    table[0, :2] = log_probabilities[0, places[:2]]
    for frame in range(1, len(table)):
        stayed = table[frame - 1]
        stepped = np.append(-np.inf, stayed[:-1])
        skipped = np.where(may_skip, np.append([-np.inf, -np.inf], stayed)[:-2], -np.inf)
        table[frame] = together(together(stayed, stepped), skipped) + log_probabilities[frame, places]
    return table


def _before(places, place):
    """From which places one comes to a place: itself, the one before, and past a blank between different labels."""
    before = [place, place - 1] if place else [place]
    if place > 1 and places[place] != BLANK and places[place] != places[place - 2]:
        before.append(place - 2)
    return before


def _checked(function, log_probabilities, labels):
    """Log-probabilities as an array, and the labels with blanks before, between and after them, int (places,)."""
    log_probabilities = checks.numeric(f"{function}(log_probabilities)", log_probabilities)
    if log_probabilities.ndim != 2 or not len(log_probabilities) or log_probabilities.shape[1] < 2:
        raise ValueError(
            f"{function}(log_probabilities): got shape {log_probabilities.shape}; expected (frames, symbols), symbol 0 "
            "the blank."
        )
    if not np.all(log_probabilities <= 1e-4):
        raise ValueError(
            f"{function}(log_probabilities): expected logarithms of probabilities, none above 0; for logits take "
            "scipy.special.log_softmax(logits, axis=-1)."
        )
    labels, symbols = np.asarray(labels if checks.is_list(labels) else [labels]), log_probabilities.shape[1]
    if labels.size and (
        labels.ndim != 1 or labels.dtype.kind not in "iu" or labels.min() < 1 or labels.max() >= symbols
    ):
        raise ValueError(
            f"{function}(labels): expected whole numbers from 1 to {symbols - 1} (0 is the blank); got {labels!r}."
        )
    places = np.full(2 * labels.size + 1, BLANK)
    places[1::2] = labels
    return log_probabilities, places
