"""Words that were found in running text, against those that stood there."""

from dlcourse.datasets import word_boundaries


def word_f1(found, right):
    """F1 of whole words: one is found where both of its edges are right; the harmonic mean of precision and recall.

    Args:
        found, right: int (lines, places), labels of ``datasets.word_boundaries``, -1 after a line's end.

    Returns:
        float in [0, 1].

    Raises:
        ValueError: where the numbers of lines differ, or there is no word.
    """
    if len(found) != len(right) or not len(right):
        raise ValueError(f"word_f1(): {len(found)} lines were found, and there are {len(right)}.")
    hits = guesses = words = 0
    for one, other in zip(found, right, strict=True):
        guessed, there = set(word_boundaries.spans(one)), set(word_boundaries.spans(other))
        hits, guesses, words = hits + len(guessed & there), guesses + len(guessed), words + len(there)
    if not words:
        raise ValueError("word_f1(): no line has a word.")
    return 2 * hits / (guesses + words)
