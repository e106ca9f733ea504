"""Answers get feedback that doesn't give the right one away; hints and solutions open step by step."""

import keras
import numpy as np
import pytest

from dlcourse import exercises

FILE = """
from dlcourse.exercises import Exercise


def exercise_1():
    return Exercise(
        expected=3,
        wrong=[(4, "You counted the bias twice."), ([1, 2], "One number is asked for.")],
        hints=["Count the arrows.", "Count the biases too."],
        solution=["Two weights.", "And a bias: `answer = 3`."],
    )


def exercise_2():
    return Exercise(expected="relu", solution=["ReLU."])


def exercise_3():
    def judge(function):
        return None if function(2) == 4 else "Try it on 2."

    return Exercise(judge=judge, solution=["Square it."])


def exercise_4():
    return Exercise(solution=["Anything goes."])


def exercise_5():
    return Exercise(expected=True, solution=["It is."])
"""


@pytest.fixture(autouse=True)
def answers(tmp_path, monkeypatch):
    (tmp_path / "77.py").write_text(FILE, "utf-8")
    monkeypatch.setattr(exercises, "ANSWERS", tmp_path)


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("77.1", ..., "Your turn"),
        ("77.1", 3, "Right."),
        ("77.1", np.float32(3), "Right."),
        ("77.1", 3.0000001, "Right."),
        ("77.1", 4, "Not yet. You counted the bias twice."),
        ("77.1", [1, 2], "Not yet. One number is asked for."),
        ("77.1", 5, "Not yet. Read"),
        ("77.1", [3, 3], "your answer has shape (2,), the expected one ()"),
        ("77.1", [[3], [3, 3]], "Not yet. Your answer is a list whose rows have different lengths"),
        ("77.1", 3 + 1j, "Not yet. Read"),
        ("77.1", np.array([3, 1j]), "your answer has shape (2,)"),
        ("77.1", "3", "Right."),
        ("77.1", "three", "Not yet. Your answer is 'three'; the expected one is no text."),
        ("77.1", None, "Not yet."),
        ("77.2", " ReLU", "Right."),
        ("77.2", 2, "Not yet. Your answer is 2; the expected one is a text."),
        ("77.3", lambda x: x * x, "Right."),
        ("77.3", lambda x: x, "Not yet. Try it on 2."),
        ("77.3", lambda x, y: x, "Not yet. Your answer was tried, and TypeError was raised: "),
        (
            "77.3",
            keras.Sequential([keras.layers.Dense(2)]),
            "Not yet. Your model doesn't know the shape of its input",
        ),
        (
            "77.3",
            keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]),
            "Not yet. Your answer was tried",
        ),
        ("77.5", True, "Right."),
        ("77.5", False, "Not yet. Read"),
    ],
)
def test_answers_get_feedback(name, answer, said, capsys):
    exercises.check(name, answer)
    assert said in capsys.readouterr().out.replace("Your answer has", "your answer has")


def test_feedback_on_a_wrong_answer_does_not_tell_the_right_one(capsys):
    for answer in [5, [3.5, 1], "three"]:
        exercises.check("77.1", answer)
        assert "3" not in capsys.readouterr().out.replace("3.5", "")


def test_hints_and_solutions_are_folded_step_by_step(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda output: shown.append(output.data))
    exercises.hint("77.1")
    exercises.solution("77.1")
    exercises.solution("77.2")
    exercises.hint("77.2")
    assert shown[0].count("<details>") == 2 and "<summary>Hint, step 2 of 2</summary>" in shown[0]
    assert "<summary>Solution, step 1 of 2</summary>\n\nTwo weights.\n\n</details>" in shown[1]
    assert "<summary>Solution</summary>" in shown[2] and "There is none" in shown[3]


def test_an_unknown_exercise_lists_those_that_there_are():
    with pytest.raises(KeyError, match=r"Chapter 77 has 77.1, 77.2, 77.3, 77.4, 77.5"):
        exercises.check("77.9", 1)
    with pytest.raises(KeyError, match=r"Chapters that have some: 77"):
        exercises.solution("99.1")
    with pytest.raises(ValueError, match="open: nothing is checked"):
        exercises.check("77.4", 1)
