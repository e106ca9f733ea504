"""Letters as numbers, what a language model pays for each, and text drawn from it."""

import numpy as np


def bits(logits, tokens):
    """What each letter costs under logits (..., letters): -log2 of its probability, float64 (...)."""
    logits = np.asarray(logits, "float64")
    highest = logits.max(axis=-1, keepdims=True)
    normalised = logits - highest - np.log(np.exp(logits - highest).sum(axis=-1, keepdims=True))
    return -np.take_along_axis(normalised, np.asarray(tokens)[..., None], axis=-1)[..., 0] / np.log(2)
