"""What a language model pays for each letter of a text."""

import numpy as np
from scipy import special


def bits(logits, tokens):
    """Bits that each letter costs: -log2 of its probability.

    Args:
        logits: float (..., letters of the alphabet).
        tokens: int (...), the letter that came.

    Returns:
        float64 (...).
    """
    log_probabilities = special.log_softmax(np.asarray(logits, "float64"), axis=-1)
    return -np.take_along_axis(log_probabilities, np.asarray(tokens)[..., None], axis=-1)[..., 0] / np.log(2)
