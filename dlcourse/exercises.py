"""Feedback for a learner's answer."""

import numpy as np


def check(answer, expected, *, tolerance=1e-6, hints=None):
    """Compare an answer with what is expected, and say what to think about where it differs.

    Args:
        answer: the learner's: a number, an array, a text, True or False; ``...`` while it is not answered yet.
        expected: the right answer, best computed in the cell before.
        tolerance: relative and absolute, for numbers.
        hints: dict from a common wrong answer to why it is wrong.
    """
    if answer is ...:
        print("Your turn: put your answer in place of the dots, and run the cell again.")
        return
    if _same(answer, expected, tolerance):
        print("Right.")
        return
    for wrong, why in (hints or {}).items():
        if _same(answer, wrong, tolerance):
            print(f"Not yet. {why}")
            return
    if np.shape(answer) != np.shape(expected):
        print(f"Not yet: your answer has shape {np.shape(answer)}, the expected one {np.shape(expected)}.")
    else:
        print("Not yet. Read the question's quantities and units once more, and try a smaller case by hand.")


def _same(answer, expected, tolerance):
    if isinstance(answer, str) or isinstance(expected, str):
        return str(answer).strip().casefold() == str(expected).strip().casefold()
    try:
        given, wanted = np.asarray(answer, "float64"), np.asarray(expected, "float64")
    except (TypeError, ValueError):
        return False
    return given.shape == wanted.shape and bool(np.allclose(given, wanted, rtol=tolerance, atol=tolerance))
