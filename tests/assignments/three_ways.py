"""Runs an assignment three ways, in this process: its solution, its stubs, and wrong answers.

    python tests/assignments/three_ways.py NAME

prints JSON: for each exercise, a list of [kind, says, messages], where kind is "solution", "stub" or a wrong answer's
text; says is what its feedback must name, or null; messages are what the tests said, in order, none where all passed.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

import jupytext

from dlcourse.publishing import assignments, pairing
from dlcourse.reproducibility import set_environment

WRONG = Path(__file__).parent / "wrong"


def exercises(cells):
    """Pairs (cell of an answer, the cells that test it), in order; answers that no cell tests are left out."""
    found = []
    for cell in cells:
        if assignments.is_solution(cell):
            found.append((cell, []))
        elif assignments.is_test(cell):
            found[-1][1].append(cell)
    return [(answer, tests) for answer, tests in found if tests]


def wrong_answers(name):
    """The cells of wrong/NAME.py: their metadata have `exercise`, the answer's grade_id, and perhaps `says`."""
    return jupytext.read(WRONG / f"{name}.py", fmt="py:percent").cells


def grade_id(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def execute(cell, names):
    exec(compile(cell.source, grade_id(cell) or "cell", "exec"), names)


def messages(answer, tests, names):
    """What the tests of one exercise say about an answer, in a copy of the notebook's names."""
    names, found = dict(names), []
    for cell in [answer, *tests]:
        try:
            execute(cell, names)
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
    return found


def outcomes(assignment):
    notebook = pairing.pair(assignment).notebook
    stubs = {
        grade_id(cell): cell for cell in assignments.release(notebook).cells if assignments.is_solution(cell)
    }
    tests = {grade_id(answer): tests for answer, tests in exercises(notebook.cells)}
    names, found = {"__name__": "__main__"}, {}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("task"):
            break  # what follows is graded by hand; `make notebooks` runs its example
        if cell.cell_type != "code" or assignments.is_test(cell):
            continue
        name = grade_id(cell)
        if name in tests:
            tries = [("solution", None, cell), ("stub", None, stubs[name])]
            tries += [(one.source, one.metadata.get("says"), one) for one in wrong_answers(assignment.name)
                      if one.metadata["exercise"] == name]  # fmt: skip
            found[name] = [(kind, says, messages(one, tests[name], names)) for kind, says, one in tries]
        execute(cell, names)
    return found


if __name__ == "__main__":
    set_environment("KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL", "CUDA_VISIBLE_DEVICES", "MPLBACKEND")
    [chosen] = [one for one in assignments.find() if one.name == sys.argv[1]]
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):  # for what the assignment prints
        found = outcomes(chosen)
    print(json.dumps(found, ensure_ascii=False, indent=1))
