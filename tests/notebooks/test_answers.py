"""Every exercise of every chapter has its answers, its solution, and no answer in the chapter's own code."""

import re

import pytest

from dlcourse import exercises
from dlcourse.publishing import chapters

CHAPTERS = {chapter.id: chapter for chapter in chapters.find()}
NAMES = [
    f"{path.stem}.{number}"
    for path in sorted(exercises.ANSWERS.glob("[0-9]*.py"))
    for number in re.findall(r"^def exercise_(\d+)\(\)", path.read_text("utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize("id", CHAPTERS)
def test_exercises_and_answers_belong_together(id):
    """The chapter asks 1 to n, three to five, some of them checked; each has an answer and its solution is shown."""
    text = CHAPTERS[id].source.read_text("utf-8")
    numbers = sorted(name.partition(".")[2] for name in NAMES if name.startswith(f"{id}."))
    assert 3 <= len(numbers) <= 5 and numbers == [str(k + 1) for k in range(len(numbers))]
    assert sorted(re.findall(rf'exercises\.solution\("{id}\.(\d+)"\)', text)) == numbers
    checked = re.findall(rf'^exercises\.check\("{id}\.(\d+)", answer\)$', text, re.MULTILINE)
    assert len(checked) >= 2 and len(re.findall(r"exercises\.check\(", text)) == len(checked)
    for number in checked:
        exercise = exercises.find(f"{id}.{number}")
        assert exercise.expected is not None or exercise.judge, f"{id}.{number} has nothing to check"


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_is_right_and_common_mistakes_are_wrong(name, capsys):
    exercise = exercises.find(name)
    assert exercise.solution
    if exercise.expected is None:
        return
    exercises.check(name, exercise.expected)
    assert capsys.readouterr().out == "Right.\n"
    assert len(exercise.wrong) >= 1
    for value, why in exercise.wrong:
        exercises.check(name, value)
        assert capsys.readouterr().out == f"Not yet. {why}\n"
