"""What was recognised against what was said: word error rate."""

import numpy as np

from dlcourse import checks


def edits(said, recognised):
    """Fewest words to exchange, insert and delete to make one string the other (Levenshtein 1966).

    Args:
        said, recognised: lists of words, or of whole numbers.

    Returns:
        (substitutions, insertions, deletions), three ints; a word that was said and not recognised is deleted. Where
        several ways have the same sum, one with the most substitutions.
    """
    said, recognised = _words("edits(said)", said), _words("edits(recognised)", recognised)
    row = [
        (number, 0, number, 0) for number in range(len(recognised) + 1)
    ]  # sum, substituted, inserted, deleted
    for word in said:
        above, row = row, [(row[0][0] + 1, 0, 0, row[0][3] + 1)]
        for place, other in enumerate(recognised, 1):
            total, substituted, inserted, deleted = above[place - 1]
            same = (total, substituted, inserted, deleted)
            if word != other:
                same = (total + 1, substituted + 1, inserted, deleted)
            total, substituted, inserted, deleted = row[place - 1]
            more = (total + 1, substituted, inserted + 1, deleted)
            total, substituted, inserted, deleted = above[place]
            less = (total + 1, substituted, inserted, deleted + 1)
            row.append(min(same, less, more, key=lambda found: (found[0], -found[1])))
    return row[-1][1:]


def word_error_rate(said, recognised):
    """Substitutions, insertions and deletions in all strings, over the number of words said; it can be above 1.

    Args:
        said, recognised: lists of strings, each a list of words or of whole numbers.

    Raises:
        ValueError: where there are not equally many strings, or nothing was said.
    """
    if not checks.is_list(said) or not checks.is_list(recognised) or len(said) != len(recognised):
        raise ValueError(
            "word_error_rate(): expected two lists of equally many strings, each a list of words."
        )
    words = sum(len(string) for string in said)
    if not words:
        raise ValueError("word_error_rate(said) has no words: there is nothing to be wrong about.")
    return sum(sum(edits(one, other)) for one, other in zip(said, recognised, strict=True)) / words


def whole_strings(said, recognised):
    """Share of strings that are right from the first word to the last."""
    return float(np.mean([list(one) == list(other) for one, other in zip(said, recognised, strict=True)]))


def _words(name, given):
    if not checks.is_list(given):
        raise ValueError(f"{name}={given!r}: expected a list of words; split a text first, text.split().")
    return list(given)
