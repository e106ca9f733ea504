"""Which learners handed in the same program, whatever they called things: a reason to ask, not a proof."""

import ast
import itertools
from pathlib import Path

import nbformat

from dlcourse.publishing import assignments

SHORTEST = 20
"""Parts of a program (names, numbers, operators) from which on two that are the same are no accident."""
LONG = 80
"""Parts from which on it is no accident to have found the very program of the published solution."""


def pairs(course, name):
    """Pairs of learners with answers that are the same program.

    Answers that everybody was given (the stubs), or that are the solution's, don't count; nor do short ones.

    Args:
        course: folder of an nbgrader course.
        name: the assignment's.

    Returns:
        list of (learner, learner, list of grade_ids), in order of their names.
    """
    known = _known(course, name, "source") | _known(course, name, "release")
    learners = {
        who: {key: one for key, one in programs.items() if one and one not in known}
        for who, programs in _submitted(course, name).items()
    }
    found = []
    for one, other in itertools.combinations(learners, 2):
        same = [key for key, program in learners[one].items() if learners[other].get(key) == program]
        found += [(one, other, same)] if same else []
    return found


def as_published(course, name):
    """Learners with answers that are the published solution's program.

    Short answers don't count (there is often only one way to write them), nor what everybody was given.

    Args:
        course: folder of an nbgrader course.
        name: the assignment's.

    Returns:
        list of (learner, list of grade_ids), in order of their names.
    """
    published = _known(course, name, "source", shortest=LONG) - _known(course, name, "release")
    found = []
    for who, programs in _submitted(course, name).items():
        same = [key for key, program in programs.items() if program in published]
        found += [(who, same)] if same else []
    return found


def report(course, name):
    """A line about each pair of learners with the same program, and about each who has the published one."""
    two = [f"{one} and {other}: {', '.join(names)}" for one, other, names in pairs(course, name)]
    published = [
        f"{who}: {', '.join(names)}, as in the published solution"
        for who, names in as_published(course, name)
    ]
    return [f"{name}: {line}" for line in two + published]


def _submitted(course, name):
    """Learners in order of their names, and for each the programs of their answers by grade_id."""
    learners = {}
    for path in sorted((Path(course) / "submitted").glob(f"*/{name}/*.ipynb")):
        learners.setdefault(path.parts[-3], {}).update(_programs(path))
    return learners


def _known(course, name, side, shortest=SHORTEST):
    """The programs in the course's source or release."""
    paths = (Path(course) / side / name).glob("*.ipynb")
    return {program for path in paths for program in _programs(path, shortest).values()} - {None}


def _programs(path, shortest=SHORTEST):
    """Answers by grade_id, in a form in which names of variables, comments and layout make no difference."""
    try:
        cells = nbformat.read(path, 4).cells
    except (ValueError, nbformat.reader.NotJSONError):
        return {}
    answers = [cell for cell in cells if cell.cell_type == "code" and assignments.is_solution(cell)]
    return {cell.metadata.nbgrader.get("grade_id"): _program(cell.source, shortest) for cell in answers}


def _program(text, shortest):
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
    return ast.dump(tree) if parts >= shortest else None
