"""Every exercise of every assignment: its solution passes, its stub and wrong answers fail, with messages that help."""

import ast
import builtins
import functools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import three_ways

from dlcourse.publishing import assignments, pairing

HERE = Path(__file__).parent
ALL = {assignment.name: assignment for assignment in assignments.find()}
each_assignment = pytest.mark.parametrize("name", ALL)


@functools.cache
def notebook(name):
    return pairing.pair(ALL[name]).notebook


def code_tests(name):
    return [cell for cell in notebook(name).cells if assignments.is_test(cell)]


@functools.cache
def outcomes(name):
    """See three_ways; one process per assignment."""
    command = [sys.executable, str(HERE / "three_ways.py"), name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@each_assignment
def test_the_solutions_pass(name):
    for exercise, tries in outcomes(name).items():
        said = [messages for kind, _, messages in tries if kind == "solution"]
        assert said == [[]], f"{exercise}: {said}"


@each_assignment
def test_a_stub_fails_every_test_and_says_what_to_do(name):
    answers = dict(
        (three_ways.grade_id(answer), tests) for answer, tests in three_ways.exercises(notebook(name).cells)
    )
    for exercise, tries in outcomes(name).items():
        [messages] = [messages for kind, _, messages in tries if kind == "stub"]
        assert len(messages) >= len(answers[exercise]), f"{exercise}: a test passes on the stub"
        for message in messages:
            assert "Write your answer in place" in message, f"{exercise}: {message}"


@each_assignment
def test_wrong_answers_fail_and_one_of_them_by_name(name):
    known = set(outcomes(name))
    strangers = {one.metadata.get("exercise") for one in three_ways.wrong_answers(name)} - known
    assert not strangers, f"wrong/{name}.py: no tested answer has the grade_id {strangers}; there are {known}"
    for exercise, tries in outcomes(name).items():
        wrong = [one for one in tries if one[0] not in ("solution", "stub")]
        assert len(wrong) >= 2, f"{exercise}: two wrong answers or more belong into wrong/{name}.py"
        assert any(says for _, says, _ in wrong), f"{exercise}: no wrong answer has `says`"
        for text, says, messages in wrong:
            assert messages, f"{exercise}: this wrong answer passes:\n{text}"
            assert says is None or any(says in message for message in messages), (
                f"{exercise}: of this wrong answer the feedback should say {says!r}; it says {messages}:\n{text}"
            )


@each_assignment
def test_it_has_three_to_five_exercises_and_the_last_is_graded_by_hand(name):
    cells = notebook(name).cells
    headings = re.findall(
        r"^## (\d) · .+?\((?:\w+, )?(\d+) points\)$", "\n".join(map(question, cells)), re.MULTILINE
    )
    assert 3 <= len(headings) <= 5 and [int(number) for number, _ in headings] == list(
        range(1, len(headings) + 1)
    )
    graded = [cell for cell in cells if assignments.points(cell)]
    total = sum(assignments.points(cell) for cell in graded)
    assert total == sum(int(given) for _, given in headings), "the headings' points are the cells'"
    assert f"**Points** {total}" in " ".join(cells[0].source.split())
    [open_one] = [cell for cell in graded if cell.metadata.nbgrader.task]
    assert open_one.source.startswith(f"## {headings[-1][0]} · ")
    rubric = open_one.source.partition("BEGIN MARK SCHEME")[2]
    assert len(re.findall(r"^\| \d", rubric, re.MULTILINE)) >= 4, (
        "the rubric is a table: points, given for, not for"
    )


def question(cell):
    return cell.source if cell.cell_type == "markdown" else ""


@each_assignment
def test_each_exercise_has_visible_checks_and_hidden_tests(name):
    released = {cell.id: cell.source for cell in assignments.release(notebook(name)).cells}
    for answer, tests in three_ways.exercises(notebook(name).cells):
        exercise = three_ways.grade_id(answer)
        assert any("assert" in released[cell.id] for cell in tests), f"{exercise}: no check is visible"
        assert any("BEGIN HIDDEN TESTS" in cell.source for cell in tests), f"{exercise}: no test is hidden"
        assert "BEGIN SOLUTION" in answer.source, (
            f"{exercise}: mark the solution, so that the function's head stays"
        )
        assert "BEGIN SOLUTION" not in released[answer.id] and "BEGIN HIDDEN" not in "".join(
            released.values()
        )


@each_assignment
def test_tests_take_nothing_from_the_notebook_but_the_answer(name):
    """A learner may have given any other name another meaning."""
    for answer, tests in three_ways.exercises(notebook(name).cells):
        allowed = set(vars(builtins)) | assigned(ast.parse(answer.source))
        for cell in tests:
            tree = ast.parse(cell.source)
            used = {
                one.id
                for one in ast.walk(tree)
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)
            }
            strangers = used - assigned(tree) - allowed
            assert not strangers, (
                f"{three_ways.grade_id(cell)} takes {strangers} from the notebook: import or make it"
            )


@each_assignment
def test_every_assertion_has_a_message(name):
    for cell in code_tests(name):
        silent = [
            one.lineno
            for one in ast.walk(ast.parse(cell.source))
            if isinstance(one, ast.Assert) and not one.msg
        ]
        assert not silent, f"{three_ways.grade_id(cell)}: lines {silent}"


@each_assignment
def test_no_test_ends_in_an_expression(name):
    """nbgrader would take its value for the points that were reached."""
    last = {three_ways.grade_id(cell): ast.parse(cell.source).body[-1] for cell in code_tests(name)}
    assert [cell for cell, statement in last.items() if isinstance(statement, ast.Expr)] == []


@each_assignment
def test_source_and_notebook_agree_and_all_of_it_was_run(name):
    pair = pairing.pair(ALL[name])
    assert pair.newer is None and pair.executed, "make notebooks brings them together, and runs what changed"


@each_assignment
def test_what_nbgrader_asks_of_the_metadata(grade_group, name):
    from nbgrader.nbgraderformat import MetadataValidator

    MetadataValidator().validate_nb(notebook(name))


def assigned(tree):
    """Names that a piece of code gives a meaning: assigned, imported, defined, or taken as an argument."""
    found = {
        one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load)
    }
    for one in ast.walk(tree):
        if isinstance(one, (ast.FunctionDef, ast.ClassDef)):
            found.add(one.name)
        elif isinstance(one, ast.arg):
            found.add(one.arg)
        elif isinstance(one, ast.alias):
            found.add((one.asname or one.name).partition(".")[0])
        elif isinstance(one, ast.ExceptHandler) and one.name:
            found.add(one.name)
    return found
