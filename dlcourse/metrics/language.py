"""What a language model pays for each letter of a text, and how much a text repeats or copies."""

import functools

import numpy as np

from dlcourse import checks


def bits(logits, tokens):
    """Bits that each letter costs: -log2 of its probability.

    Args:
        logits: float (..., letters of the alphabet).
        tokens: int (...), the letter that came.

    Returns:
        float64 (...): exact to about 1e-6 bits where the logits are float32.

    Raises:
        ValueError: where a token is no place in the alphabet.
    """
    tokens, letters = np.asarray(tokens), np.shape(logits)[-1]
    if tokens.size and not 0 <= tokens.min() <= tokens.max() < letters:
        raise ValueError(
            f"bits(tokens) runs from {tokens.min()} to {tokens.max()}; the logits are of {letters} letters, so "
            f"expected 0 to {letters - 1}."
        )
    logits = np.asarray(logits)
    logits = logits - logits.max(axis=-1, keepdims=True)
    came = np.take_along_axis(logits, tokens[..., None], axis=-1)[..., 0]
    return (np.log(np.exp(logits).sum(axis=-1, dtype="float64")) - came) / np.log(2)


def repetition(text, length):
    """Share of the stretches of so many letters in a text that stood in it before: from 0 to nearly 1.

    Raises:
        ValueError: where the text has no stretch of that length.
    """
    length = checks.whole_number("repetition(length)", length)
    _check_text("repetition(text)", text)
    stretches = [text[start : start + length] for start in range(len(text) - length + 1)]
    if not stretches:
        raise ValueError(
            f"repetition(length={length}): the text has {len(text)} letters, too few for one stretch."
        )
    return 1 - len(set(stretches)) / len(stretches)


def longest_copy(text, source):
    """The longest stretch of a text that stands in the source too, str; of several the first."""
    _check_text("longest_copy(text)", text)
    _check_text("longest_copy(source)", source)
    stretches, best = _stretches(source), ""
    for start in range(len(text)):
        while start + len(best) < len(text):
            longer = text[start : start + len(best) + 1]
            if len(longer) >= STRETCH and not {longer[:STRETCH], longer[-STRETCH:]} <= stretches:
                break  # found in less time than by a search through the source
            if longer not in source:
                break
            best = longer
    return best


STRETCH = 8


@functools.lru_cache(maxsize=1)
def _stretches(source):
    """All stretches of ``STRETCH`` letters in a text, a set."""
    return {source[start : start + STRETCH] for start in range(len(source) - STRETCH + 1)}


def _check_text(name, given):
    if not isinstance(given, str):
        raise ValueError(f"{name} is {type(given).__name__}; expected a text.")
