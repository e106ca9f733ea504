"""Letters as numbers, and a text cut into excerpts."""

import numpy as np


def encode(text, alphabet):
    """The number of each letter in ``alphabet``, int32 (letters,). Raises ValueError for a letter that isn't in it."""
    number = {letter: index for index, letter in enumerate(alphabet)}
    strange = sorted(set(text) - set(number))
    if strange:
        raise ValueError(f"encode() found letters that are not in the alphabet: {strange}.")
    return np.array([number[letter] for letter in text], "int32")


def excerpts(tokens, steps):
    """A text cut into excerpts, and for each of their letters the one that follows.

    Args:
        tokens: int (letters,).
        steps: letters an excerpt; what is left over at the end is dropped.

    Returns:
        x, y: int32 (excerpts, steps); y is x moved on by one letter.

    Raises:
        ValueError: where the text is shorter than an excerpt and one letter.
    """
    number = (len(tokens) - 1) // steps
    if number < 1:
        raise ValueError(f"excerpts(steps={steps}) needs {steps + 1} letters at least; got {len(tokens)}.")
    x, y = tokens[: number * steps], tokens[1 : number * steps + 1]
    return x.reshape(number, steps), y.reshape(number, steps)
