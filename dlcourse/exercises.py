"""Exercises that answer back: feedback without the answer, hints and a solution that open step by step.

What is expected lives apart from the chapters, in ``notebooks/answers/NN.py``: one function per exercise,
``exercise_1()`` and so on, each of which computes an `Exercise`.
"""

import dataclasses
import importlib.util
import inspect
import pathlib
from collections.abc import Callable, Sequence

import numpy as np

ANSWERS = pathlib.Path(__file__).resolve().parents[1] / "notebooks" / "answers"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Exercise:
    """What an exercise expects, and the help it offers.

    Args:
        expected: the right answer: a number, an array, a text, True or False; left out where ``judge`` decides, or
            where the exercise is open.
        tolerance: relative and absolute, for numbers.
        wrong: pairs (a common wrong answer, why it is wrong); the sentence doesn't give the right one away.
        judge: function from the learner's answer to None where it is right, else to a sentence that helps: for
            answers that are a function or a model.
        hints: texts in Markdown, each saying a little more.
        solution: texts in Markdown, its steps in order; every exercise has one.
    """

    solution: Sequence[str]
    expected: object = None
    tolerance: float = 1e-6
    wrong: Sequence[tuple[object, str]] = ()
    judge: Callable | None = None
    hints: Sequence[str] = ()


def check(name, answer):
    """Say whether an answer is right, and where it isn't, what to think about; the right one is not shown.

    Args:
        name: the exercise, such as ``"03.2"``: chapter 03, exercise 2.
        answer: the learner's; ``...`` while it is not answered yet.

    Raises:
        KeyError: where there is no such exercise.
        ValueError: where the exercise is an open one.
    """
    exercise = find(name)
    if exercise.expected is None and exercise.judge is None:
        raise ValueError(
            f'Exercise {name} is open: nothing is checked. exercises.solution("{name}") has an example.'
        )
    if answer is ...:
        print("Your turn: put your answer in place of the dots, and run the cell again.")
        return
    said = _judged(answer, exercise.judge) if exercise.judge else _difference(answer, exercise)
    print("Right." if said is None else f"Not yet. {said}")


def hint(name):
    """Show an exercise's hints, each folded; the last says most.

    Raises:
        KeyError: where there is no such exercise.
    """
    texts = find(name).hints or ["There is none: read the question once more."]
    _folded("Hint", "Hint, step {number} of {all}", texts)


def solution(name):
    """Show an exercise's solution, each step folded.

    Raises:
        KeyError: where there is no such exercise.
    """
    _folded("Solution", "Solution, step {number} of {all}", find(name).solution)


def find(name):
    """The `Exercise` of a name such as ``"03.2"``, computed now.

    Raises:
        KeyError: where there is no such exercise; the message lists those that there are.
    """
    chapter, _, number = str(name).partition(".")
    path = ANSWERS / f"{chapter}.py"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in ANSWERS.glob("[0-9]*.py"))) or "none"
        raise KeyError(f"No answers for {name!r}: {path} is missing. Chapters that have some: {known}.")
    spec = importlib.util.spec_from_file_location(f"answers_{chapter}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function = getattr(module, f"exercise_{number}", None)
    if function is None:
        known = ", ".join(f"{chapter}.{key[9:]}" for key in vars(module) if key.startswith("exercise_"))
        raise KeyError(f"There is no exercise {name!r}. Chapter {chapter} has {known}.")
    return function()


def _judged(answer, judge):
    """What an exercise's judge says; also of a model without shapes, and of a function that raises."""
    if getattr(answer, "built", True) is False:
        return "Your model doesn't know the shape of its input yet: begin it with keras.Input((...,))."
    try:
        return judge(answer)
    except Exception as error:
        return (
            f"Your answer was tried, and {type(error).__name__} was raised: {error}. Try it in a cell of its own, "
            "which shows where."
        )


def _difference(answer, exercise):
    """None where the answer is the expected one, else a sentence about it."""
    if _same(answer, exercise.expected, exercise.tolerance):
        return None
    for value, why in exercise.wrong:
        if _same(answer, value, exercise.tolerance):
            return why
    if isinstance(exercise.expected, str) and not isinstance(answer, str):
        return f"Your answer is {answer!r}; the expected one is a text."
    if isinstance(answer, str) and not isinstance(exercise.expected, str):
        return f"Your answer is {answer!r}; the expected one is no text."
    try:
        shape = np.shape(answer)
    except ValueError:
        return "Your answer is a list whose rows have different lengths, so that it is no array."
    if shape != np.shape(exercise.expected):
        return f"Your answer has shape {shape}, the expected one {np.shape(exercise.expected)}."
    return "Read the question's quantities and units once more, and try a smaller case by hand."


def _same(answer, expected, tolerance):
    if isinstance(answer, str) or isinstance(expected, str):
        return str(answer).strip().casefold() == str(expected).strip().casefold()
    try:
        if np.iscomplexobj(answer):  # its real part may well be right, and is not the answer
            return False
        given, wanted = np.asarray(answer, "float64"), np.asarray(expected, "float64")
    except (TypeError, ValueError):
        return False
    return given.shape == wanted.shape and bool(np.allclose(given, wanted, rtol=tolerance, atol=tolerance))


def _folded(alone, numbered, texts):
    from IPython.display import Markdown, display

    folds = []
    for number, text in enumerate(texts, 1):
        title = numbered.format(number=number, all=len(texts)) if len(texts) > 1 else alone
        folds.append(f"<details><summary>{title}</summary>\n\n{inspect.cleandoc(text)}\n\n</details>")
    display(Markdown("\n\n".join(folds)))
