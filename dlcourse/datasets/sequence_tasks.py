"""Three tasks that need a memory of known length: copying, adding, and looking up what belongs to a key.

Each function draws new examples by a seed and returns ``(x, y)``. Where every batch has a new seed, no example comes
twice, so that a network learns the task and not the examples.
"""

import numpy as np

from dlcourse import checks

KEYS, VALUES = 8, 4
"""How many different keys and values there are in ``recall``."""


def copying(examples, lag, *, symbols=4, length=3, seed=0):
    """Repeat, after a wait, the symbols shown at the start (Hochreiter & Schmidhuber 1997; Arjovsky et al. 2016).

    ``length`` symbols are shown, then ``lag`` blanks, then ``length`` times the sign "now". At each "now" the next
    symbol is the target, in the order in which they were shown: each is to be kept for lag + length steps.

    Args:
        examples: how many sequences.
        lag: number of blanks, 0 or more.
        symbols: number of different symbols.
        length: number of symbols that are shown.
        seed: of the symbols.

    Returns:
        x: int32 (examples, length + lag + length), symbols 0 to symbols - 1, blank = symbols, now = symbols + 1.
        y: int32 (examples, length), the targets at the last ``length`` steps.

    Raises:
        ValueError: where a number is not whole or out of range.
    """
    examples = checks.whole_number("copying(examples)", examples)
    seed = checks.whole_number("copying(seed)", seed, least=0)
    lag = checks.whole_number("copying(lag)", lag, least=0)
    symbols = checks.whole_number("copying(symbols)", symbols)
    length = checks.whole_number("copying(length)", length)
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

    Raises:
        ValueError: where a number is not whole or out of range.
    """
    examples = checks.whole_number("adding(examples)", examples)
    seed = checks.whole_number("adding(seed)", seed, least=0)
    lag = checks.whole_number("adding(lag)", lag, least=2)
    random = np.random.default_rng(seed)
    numbers = random.random((examples, lag))
    marks = np.zeros((examples, lag))
    rows = np.arange(examples)
    marks[rows, random.integers(0, lag // 2, examples)] = 1
    marks[rows, random.integers(lag // 2, lag, examples)] = 1
    y = (numbers * marks).sum(axis=1, keepdims=True)
    return np.stack([numbers, marks], axis=-1).astype("float32"), y.astype("float32")


def recall(examples, pairs, *, seed=0):
    """Recall which value came with a key: associative recall (Graves, Wayne & Danihelka 2014).

    ``pairs`` different keys are shown, each followed by its value; then one of the keys again, as a question. There are
    8 keys and 4 values.

    Args:
        examples: how many sequences.
        pairs: number of associations in a sequence, 1 to 8.
        seed: of keys, values and question.

    Returns:
        x: int32 (examples, 2 * pairs + 1): keys are 0 to 7 and values 8 to 11. The last is the question, 12 + key, so
            that a question looks different from a key.
        y: int32 (examples, 1), the value that is asked for, 0 to 3.

    Raises:
        ValueError: where a number is not whole or out of range.
    """
    examples = checks.whole_number("recall(examples)", examples)
    seed = checks.whole_number("recall(seed)", seed, least=0)
    pairs = checks.whole_number("recall(pairs)", pairs, most=KEYS)
    random = np.random.default_rng(seed)
    shown = random.permuted(np.tile(np.arange(KEYS), (examples, 1)), axis=1)[:, :pairs]
    with_them = random.integers(0, VALUES, (examples, pairs))
    asked, rows = random.integers(0, pairs, examples), np.arange(examples)
    steps = np.stack([shown, KEYS + with_them], axis=2).reshape(examples, 2 * pairs)
    x = np.column_stack([steps, KEYS + VALUES + shown[rows, asked]])
    return x.astype("int32"), with_them[rows, asked][:, None].astype("int32")
