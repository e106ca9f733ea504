"""The assignments: where they lie, and what of them learners and teachers get.

An assignment's notebook is in nbgrader's format: solutions between BEGIN SOLUTION and END SOLUTION, hidden tests and
rubrics likewise. nbgrader itself isn't needed here; where it is installed, a test compares what it hands out.
"""

import copy
import re
from pathlib import Path

from dlcourse import files
from dlcourse.publishing import chapters, pairing

CODE_STUB = '# YOUR CODE HERE\nraise NotImplementedError("Write your answer in place of these two lines.")'
TEXT_STUB = "YOUR ANSWER HERE"


class Assignment(chapters.Chapter):
    """One assignment: a folder with a text source and a notebook of its name."""

    @property
    def folder(self):
        """notebooks/assignments/NAME, which nbgrader copies as a whole."""
        return self.root / "notebooks" / "assignments" / self.name

    @property
    def source(self):
        """The text source that people edit: NAME.py in its folder."""
        return self.folder / f"{self.name}.py"

    @property
    def notebook(self):
        """The notebook with solutions and hidden tests, NAME.ipynb in its folder."""
        return self.folder / f"{self.name}.ipynb"


def find(folder=None):
    """All assignments, in order of their chapters; see ``chapters.find``."""
    root = chapters.root() if folder is None else Path(folder)
    paths = sorted((root / "notebooks" / "assignments").glob("*/"))
    return [Assignment(root, path.name) for path in paths if chapters.NAME.fullmatch(path.name)]


def select(chosen, folder=None):
    """The assignments that go with some chapters.

    Args:
        chosen: list of Chapter.
        folder: the repository's; by default ``chapters.root()``.
    """
    ids = {chapter.id for chapter in chosen}
    return [assignment for assignment in find(folder) if assignment.id in ids]


def write(assignments, say=print):
    """Write build/assignments/release/ and build/assignments/instructor/; what is there already is left alone.

    Both have a folder for each assignment, with its notebook and the files beside it.

    Args:
        assignments: list of Assignment.
        say: called with a line about each.
    """
    for assignment in assignments:
        notebook = pairing.pair(assignment).notebook
        build = assignment.root / "build" / "assignments"
        changed = False
        for side, content in {"instructor": with_points(notebook), "release": release(notebook)}.items():
            folder = build / side / assignment.name
            changed |= files.write(folder / assignment.notebook.name, pairing.notebook_text(content))
            for path in enclosed(assignment):
                changed |= files.write(folder / path.relative_to(assignment.folder), path.read_bytes())
        total = sum(points(cell) or 0 for cell in notebook.cells)
        say(f"{assignment.name}: {total} points, {'written' if changed else 'nothing to do'}")


def enclosed(assignment):
    """The files that are handed out beside an assignment's notebook (data, pictures)."""
    paths = [path for path in sorted(assignment.folder.rglob("*")) if path.is_file()]
    hidden = [
        path
        for path in paths
        if any(part.startswith(".") for part in path.relative_to(assignment.folder).parts)
    ]
    return [path for path in paths if path not in (assignment.source, assignment.notebook, *hidden)]


def release(notebook):
    """What learners get: stubs for solutions; no hidden tests, rubrics and outputs; tests can't be edited.

    Args:
        notebook: NotebookNode of an assignment; it stays as it is.

    Returns:
        NotebookNode.
    """
    released = copy.deepcopy(notebook)
    for cell in released.cells:
        if is_solution(cell):
            cell.source = _without_solution(cell)
        cell.source = without_secrets(cell.source)
        if _mark(cell, "locked"):
            cell.metadata.update(deletable=False, editable=False)
        elif is_solution(cell):
            cell.metadata["deletable"] = False
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return released


def without_secrets(text):
    """A cell's text without its hidden tests and its rubric."""
    for region in ("HIDDEN TESTS", "MARK SCHEME"):
        text = _replaced(text, region, None)
    return text


def with_points(notebook):
    """What teachers get who grade by hand: each test begins with its name and its points.

    Args:
        notebook: NotebookNode of an assignment; it stays as it is.

    Returns:
        NotebookNode.
    """
    marked = copy.deepcopy(notebook)
    for cell in marked.cells:
        if is_test(cell):
            given = f"{points(cell)} point{'' if points(cell) == 1 else 's'}"
            cell.source = f"# {_mark(cell, 'grade_id')}: {given}\n{cell.source}"
    return marked


def is_solution(cell):
    """Whether learners write their answer in this cell."""
    return bool(_mark(cell, "solution"))


def is_test(cell):
    """Whether this code grades an answer by itself."""
    return bool(cell.cell_type == "code" and _mark(cell, "grade") and not is_solution(cell))


def points(cell):
    """The points that this cell gives; None where it gives none."""
    return _mark(cell, "points")


def _mark(cell, name):
    """What nbgrader's metadata say of this cell; None where they don't."""
    return cell.metadata.get("nbgrader", {}).get(name)


def _without_solution(cell):
    stub = CODE_STUB if cell.cell_type == "code" else TEXT_STUB
    cleared = _replaced(cell.source, "SOLUTION", stub)
    return stub if cleared == cell.source else cleared


def _replaced(text, region, stub):
    """The text with each region between BEGIN and END replaced by the stub, at the region's indent.

    Raises:
        ValueError: where a region isn't closed, or begins within another.
    """
    lines, inside = [], False
    for line in text.split("\n"):
        if f"BEGIN {region}" in line:
            if inside:
                raise ValueError(f"BEGIN {region} stands twice, without END {region} between.")
            inside = True
            indent = re.match(r"\s*", line)[0]
            lines += [indent + part for part in stub.split("\n")] if stub else []
        elif f"END {region}" in line:
            inside = False
        elif not inside:
            lines.append(line)
    if inside:
        raise ValueError(f"END {region} is missing.")
    return "\n".join(lines)
