"""Three tasks that need a memory of known length: copying, adding, and looking up what belongs to a key.

Each function draws examples afresh from a seed and returns ``(x, y)``; nothing is ever shown twice, so that what a
network learns is the task and not the examples.
"""

import numpy as np


def copying(examples, lag, *, symbols=4, length=3, seed=0):
    """Say again, after a wait, what was said at the start (Hochreiter & Schmidhuber 1997; Arjovsky et al. 2016).

    ``length`` symbols are shown, then ``lag`` blanks, then ``length`` times the sign "now", while the symbols are to
    be said in their order. Each has to be kept for lag + length steps.

    Args:
        examples: how many sequences.
        lag: number of blanks, 0 or more.
        symbols: how many there are to choose from.
        length: how many are shown.
        seed: of the symbols.

    Returns:
        x: int32 (examples, length + lag + length), symbols 0 to symbols - 1, blank = symbols, now = symbols + 1.
        y: int32 (examples, length), what is to be said at the last ``length`` steps.
    """
    _check("copying", examples=examples, symbols=symbols, length=length)
    if lag < 0:
        raise ValueError(f"copying(lag={lag!r}): expected a whole number of blanks, 0 or more.")
    shown = np.random.default_rng(seed).integers(0, symbols, (examples, length))
    blanks = np.full((examples, lag), symbols)
    now = np.full((examples, length), symbols + 1)
    return np.concatenate([shown, blanks, now], axis=1).astype("int32"), shown.astype("int32")


def adding(examples, lag, *, seed=0):
    """Add two of many numbers, the two that are marked (Hochreiter & Schmidhuber 1997).

    One number is marked in the first half and one in the second. Always answering 1 has the mean squared error 1/6.

    Args:
        examples: how many sequences.
        lag: number of steps, 2 or more.
        seed: of numbers and marks.

    Returns:
        x: float32 (examples, lag, 2): a number in [0, 1), and 1 where it is marked, else 0.
        y: float32 (examples, 1), the sum of the marked numbers.
    """
    _check("adding", examples=examples, half=lag // 2)
    random = np.random.default_rng(seed)
    numbers = random.random((examples, lag))
    marks = np.zeros((examples, lag))
    rows = np.arange(examples)
    marks[rows, random.integers(0, lag // 2, examples)] = 1
    marks[rows, random.integers(lag // 2, lag, examples)] = 1
    y = (numbers * marks).sum(axis=1, keepdims=True)
    return np.stack([numbers, marks], axis=-1).astype("float32"), y.astype("float32")


def recall(examples, pairs, *, keys=8, values=4, seed=0):
    """Say which value came with a key: associative recall (Graves, Wayne & Danihelka 2014).

    ``pairs`` different keys are shown, each followed by its value; then one of the keys once more, as a question.

    Args:
        examples: how many sequences.
        pairs: how many associations are to be held at once, up to ``keys``.
        keys, values: how many there are of each.
        seed: of keys, values and question.

    Returns:
        x: int32 (examples, 2 * pairs + 1), keys 0 to keys - 1, values from keys on; last the question, a key + keys +
            values, so that a question looks different from a key.
        y: int32 (examples, 1), the value that is asked for, 0 to values - 1.
    """
    _check("recall", examples=examples, pairs=pairs, keys=keys, values=values)
    if pairs > keys:
        raise ValueError(f"recall(pairs={pairs}, keys={keys}): there are not so many different keys.")
    random = np.random.default_rng(seed)
    shown = random.permuted(np.tile(np.arange(keys), (examples, 1)), axis=1)[:, :pairs]
    with_them = random.integers(0, values, (examples, pairs))
    asked, rows = random.integers(0, pairs, examples), np.arange(examples)
    steps = np.stack([shown, keys + with_them], axis=2).reshape(examples, 2 * pairs)
    x = np.column_stack([steps, keys + values + shown[rows, asked]])
    return x.astype("int32"), with_them[rows, asked][:, None].astype("int32")


def _check(function, **numbers):
    for name, value in numbers.items():
        if isinstance(value, bool) or int(value) != value or value < 1:
            raise ValueError(f"{function}({name}={value!r}): expected a whole number, 1 or more.")
