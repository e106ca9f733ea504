"""A text divided into passages, whole passages held out."""

import re

import numpy as np

from dlcourse import checks


def tidy(text):
    """A text whose runs of blanks are one blank, and which has at most one empty line in a row."""
    text = re.sub(r"[^\S\n]+", " ", text)
    return re.sub(r" ?\n(?: ?\n)+ ?", "\n\n", text).strip()


def three_ways(text, length, *, held_out=0.1, seed=0):
    """Some passages of a text for choices, as many for the test, and all the rest for training.

    The text is cut into passages of ``length`` characters; whole passages are drawn. What is left of training text
    stands in the order of the book, in one piece.

    Args:
        text: str.
        length: characters in a passage; what is left over at the end goes to training.
        held_out: share of the passages in validation, and in the test.
        seed: of the draw.

    Returns:
        (training, validation, test): str, and two tuples of str.

    Raises:
        ValueError: where the text has too few passages for one of each, or a number makes no sense.
    """
    if not isinstance(text, str):
        raise ValueError(f"three_ways(text) is {type(text).__name__}; expected a text.")
    length = checks.whole_number("three_ways(length)", length)
    held_out = checks.positive("three_ways(held_out)", held_out)
    seed = checks.whole_number("three_ways(seed)", seed, least=0)
    passages = [text[start : start + length] for start in range(0, len(text) - length + 1, length)]
    number = round(held_out * len(passages))
    if number < 1 or 2 * number >= len(passages):
        raise ValueError(
            f"three_ways(length={length}, held_out={held_out}): {len(text):,} characters make "
            f"{len(passages)} passages, of which {number} would be held out twice; at least one of each and one for "
            "training are needed."
        )
    order = np.random.RandomState(seed).permutation(len(passages))
    validation, test = np.sort(order[:number]), np.sort(order[number : 2 * number])
    held = {*validation, *test}
    training = "".join(passage for place, passage in enumerate(passages) if place not in held)
    rest = text[len(passages) * length :]
    return training + rest, *(tuple(passages[place] for place in part) for part in (validation, test))
