"""Letters encoded as numbers, and a text cut into excerpts."""

import numpy as np

from dlcourse import checks


def encode(text, alphabet):
    """The place of each letter of a text in ``alphabet``, int32 (letters,).

    Raises ValueError where a letter of the text is not in the alphabet.
    """
    letters = checks.is_list(alphabet) and all(isinstance(letter, str) for letter in alphabet)
    for given, what, good in [(text, "text", False), (alphabet, "alphabet", letters)]:
        if not isinstance(given, str) and not good:
            raise ValueError(f"encode() got {what}={given!r}; expected a text, such as 'abc'.")
    number = {letter: index for index, letter in enumerate(alphabet)}
    strange = sorted(set(text) - set(number))
    if strange:
        raise ValueError(f"encode() found letters that are not in the alphabet: {strange}.")
    return np.array([number[letter] for letter in text], "int32")


def excerpts(tokens, steps):
    """A text cut into excerpts, with the letter that follows each letter as its target.

    Args:
        tokens: int (letters,).
        steps: letters in an excerpt; what is left over at the end is dropped.

    Returns:
        x, y: int32 (excerpts, steps); y is x shifted by one letter.

    Raises:
        ValueError: where the text has fewer than ``steps`` + 1 letters.
    """
    steps, tokens = checks.whole_number("excerpts(steps)", steps), np.asarray(tokens)
    if tokens.ndim != 1:
        raise ValueError(f"excerpts() got tokens of shape {tokens.shape}; expected (letters,).")
    number = (len(tokens) - 1) // steps
    if number < 1:
        raise ValueError(f"excerpts(steps={steps}) needs at least {steps + 1} letters; got {len(tokens)}.")
    x, y = tokens[: number * steps], tokens[1 : number * steps + 1]
    return x.reshape(number, steps), y.reshape(number, steps)
