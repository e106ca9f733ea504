"""Byte-pair merges (Gage 1994; Sennrich, Haddow & Birch 2016): the most frequent pair becomes a symbol of its own."""

import numpy as np

from dlcourse import checks


def learn(tokens, symbols, merges):
    """The pairs to merge, one after another: a list of (left, right).

    Merge number i makes symbol ``symbols`` + i. A pair is counted at every place where it stands, so that "aaa" has
    two pairs "aa"; of pairs that are equally frequent, the one whose first symbol has the smallest number is taken,
    then the one whose second has. It ends early where no pair occurs twice.

    Args:
        tokens: int (n,), whole numbers from 0.
        symbols: how many different ones there may be.
        merges: how many merges to make.

    Raises:
        ValueError: where the tokens aren't such numbers, or ``merges`` isn't a whole number.
    """
    symbols = checks.whole_number("learn(symbols)", symbols)
    merges = checks.whole_number("learn(merges)", merges, least=0)
    tokens, pairs = _checked("learn(tokens)", tokens, symbols), []
    for new in range(symbols, symbols + merges):
        found, counts = _counted(tokens[:-1] * new + tokens[1:], new**2)
        if not len(counts) or counts.max() < 2:
            break
        pairs.append(tuple(int(part) for part in divmod(found[counts.argmax()], new)))
        tokens = _merged(tokens, *pairs[-1], new)
    return pairs


def apply(tokens, symbols, pairs):
    """A text after merges that were learnt, in their order: int64 (m,), m at most n.

    Args:
        tokens: int (n,), whole numbers from 0.
        symbols: how many different ones there were before the first merge.
        pairs: of ``learn``.
    """
    tokens = _checked("apply(tokens)", tokens, checks.whole_number("apply(symbols)", symbols))
    for number, pair in enumerate(pairs):
        tokens = _merged(tokens, *pair, symbols + number)
    return tokens


def spelled(alphabet, pairs):
    """What every symbol stands for, the merged ones too: a list of str."""
    pieces = list(alphabet)
    for left, right in pairs:
        pieces.append(pieces[left] + pieces[right])
    return pieces


def _counted(keys, below):
    """Keys in ascending order, and how often each occurs; by a table where that isn't too large."""
    if below > 10 * len(keys) + 1_000_000:
        return np.unique(keys, return_counts=True)
    counts = np.bincount(keys, minlength=1)
    return np.arange(len(counts)), counts


def _merged(tokens, left, right, new):
    """Tokens with each pair replaced by the new symbol, from left to right: "aaa" becomes "Aa"."""
    (places,) = np.nonzero(tokens[:-1] == left)
    places = places[tokens[places + 1] == right]
    if left == right and len(places):  # of overlapping pairs every second one
        index = np.arange(len(places))
        first = np.maximum.accumulate(np.where(np.diff(places, prepend=-2) > 1, index, 0))
        places = places[(index - first) % 2 == 0]
    merged = np.delete(tokens, places + 1)
    merged[places - np.arange(len(places))] = new
    return merged


def _checked(name, tokens, symbols):
    tokens = np.asarray(tokens)
    if tokens.ndim != 1 or (tokens.size and tokens.dtype.kind not in "iu"):
        raise ValueError(f"{name} is {tokens.dtype} {tokens.shape}: expected whole numbers (n,).")
    if tokens.size and not 0 <= tokens.min() <= tokens.max() < symbols:
        raise ValueError(f"{name} runs from {tokens.min()} to {tokens.max()}: expected 0 to {symbols - 1}.")
    return tokens.astype("int64")
