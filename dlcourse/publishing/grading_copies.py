"""Which learners handed in the same program, whatever they called things: a reason to ask, not a proof."""

import ast
import itertools
from pathlib import Path

import nbformat

from dlcourse.publishing import assignments

SHORTEST = 20
"""Parts of a program (names, numbers, operators) from which on two that are the same are no accident."""


def pairs(course, name):
    """Pairs of learners with answers that are the same program.

    Answers that everybody was given (the stubs), or that are the solution's, don't count; nor do short ones.

    Args:
        course: folder of an nbgrader course.
        name: the assignment's.

    Returns:
        list of (learner, learner, list of grade_ids), in order of their names.
    """
    known = {
        program
        for side in ("source", "release")
        for path in (Path(course) / side / name).glob("*.ipynb")
        for program in _programs(path).values()
    }
    learners = {}
    for path in sorted((Path(course) / "submitted").glob(f"*/{name}/*.ipynb")):
        learners[path.parts[-3]] = {
            key: one for key, one in _programs(path).items() if one and one not in known
        }
    found = []
    for one, other in itertools.combinations(learners, 2):
        same = [key for key, program in learners[one].items() if learners[other].get(key) == program]
        found += [(one, other, same)] if same else []
    return found


def _programs(path):
    """Answers by grade_id, in a form in which names of variables, comments and layout make no difference."""
    try:
        cells = nbformat.read(path, 4).cells
    except (ValueError, nbformat.reader.NotJSONError):
        return {}
    answers = [cell for cell in cells if cell.cell_type == "code" and assignments.is_solution(cell)]
    return {cell.metadata.nbgrader.get("grade_id"): _program(cell.source) for cell in answers}


def _program(text):
    """None where it is no Python, or too short to say anything."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    names, parts = {}, 0
    for node in ast.walk(tree):
        parts += 1
        for field in ("id", "arg", "name"):
            if isinstance(getattr(node, field, None), str):
                setattr(node, field, names.setdefault(getattr(node, field), f"name {len(names)}"))
    return ast.dump(tree) if parts >= SHORTEST else None
