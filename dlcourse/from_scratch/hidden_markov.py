"""A hidden Markov model whose labels were seen in training: counted, not fitted.

It says how lines come about: the first label by chance, each next one by its predecessor, each symbol by its label.
So it has a p(x, y), can draw lines, and gives p(x); its p(y | x) is that of a linear-chain random field whose scores
are its log-probabilities.
"""

import dataclasses

import numpy as np

from dlcourse import checks
from dlcourse.from_scratch import feature_field


@dataclasses.dataclass(frozen=True)
class HiddenMarkov:
    """Logarithms of probabilities: ``start`` (labels,), ``transitions`` (labels, labels), row = from, ``emissions``
    (offsets, symbols, labels).

    With another offset than 0 alone it isn't a generative model any more: each symbol is then emitted several times,
    as if its neighbours were independent of it (a naive Bayes classifier at each place).
    """

    offsets: tuple
    start: np.ndarray
    transitions: np.ndarray
    emissions: np.ndarray

    def scores(self, x):
        """Log-probabilities as a random field takes them, that of the first label included, float
        (lines, places, labels)."""
        found = feature_field.added_up(self.emissions, feature_field.around(x, self.offsets))
        found[:, 0] += self.start
        return found

    def draw(self, places, seed):
        """A line of so many places: symbols and labels, int (places,) each.

        Raises:
            ValueError: where it isn't a generative model.
        """
        if self.offsets != (0,):
            raise ValueError(
                f"draw(): with offsets {self.offsets} nothing says how a line comes about; expected (0,)."
            )
        places, rng = checks.whole_number("draw(places)", places), np.random.default_rng(seed)
        moves, emits = np.exp(self.transitions), np.exp(self.emissions[0])
        label, symbols, labels = rng.choice(len(moves), p=np.exp(self.start)), [], []
        for _ in range(places):
            labels.append(label)
            symbols.append(rng.choice(len(emits), p=emits[:, label]))
            label = rng.choice(len(moves), p=moves[label])
        return np.array(symbols), np.array(labels)


def count(x, y, *, labels, symbols, offsets=(0,), smoothing=1.0):
    """The model of the highest likelihood of lines and labels, ``smoothing`` added to every count.

    Args:
        x, y: int (lines, places), y -1 after a line's end.
        labels, symbols: how many there are.
        offsets: which neighbours each place emits besides itself; (0,) for a hidden Markov model.
        smoothing: above 0.

    Returns:
        HiddenMarkov.

    Raises:
        ValueError: where shapes or numbers make no sense.
    """
    x, y = feature_field.checked("count", x, y, labels, symbols)
    smoothing = checks.positive("count(smoothing)", smoothing)
    offsets = feature_field.checked_offsets("count", offsets, x.shape[1])
    here, both = y >= 0, y[:, 1:] >= 0
    start = smoothing + np.bincount(y[:, 0], minlength=labels)
    moves = np.full((labels, labels), smoothing)
    np.add.at(moves, (y[:, :-1][both], y[:, 1:][both]), 1.0)
    emits = np.full((len(offsets), symbols, labels), smoothing)
    for number, found in enumerate(np.moveaxis(feature_field.around(x, offsets), -1, 0)):
        np.add.at(emits[number], (found[here], y[here]), 1.0)
    return HiddenMarkov(
        tuple(offsets),
        np.log(start / start.sum()),
        np.log(moves / moves.sum(axis=1, keepdims=True)),
        np.log(emits / emits.sum(axis=1, keepdims=True)),
    )
