"""What learners and teachers get of an assignment, and a course for nbgrader."""

import nbformat
import pytest
from conftest import REPOSITORY

from dlcourse import cli
from dlcourse.publishing import assignments, chapters, lab, pairing

SOURCE = """\
# %% [markdown]
# # Assignment 01 · A sample · 样例

# %%
start = 2

# %% nbgrader={"grade": false, "grade_id": "twice", "locked": false, "schema_version": 3, "solution": true, "task": false}
def twice(number):
    \"\"\"Two times it.\"\"\"
    ### BEGIN SOLUTION
    doubled = 2 * number
    return doubled
    ### END SOLUTION


def thrice(number):
    ### BEGIN SOLUTION
    return 3 * number
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "twice_check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
assert twice(0) == 0, "Two times nothing is nothing."
### BEGIN HIDDEN TESTS
assert twice(3) == 6, "The secret."
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "open", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true}
# Think about it.
# ### BEGIN MARK SCHEME
# The rubric.
# ### END MARK SCHEME

# %% [markdown] nbgrader={"grade": true, "grade_id": "report", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# All of it is the answer.
"""  # noqa: E501


@pytest.fixture
def assignment(course):
    """An assignment of the sample course, its notebook made and executed; with a file beside."""
    [name] = [one.name for one in chapters.find(course)]
    made = assignments.Assignment(course, name)
    made.folder.mkdir(parents=True)
    made.source.write_text(SOURCE, "utf-8")
    (made.folder / "data.csv").write_text("1,2\n")
    assert cli.main(["notebooks"]) == 0
    return made


def files_in(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_learners_get_stubs_and_no_secrets_and_teachers_get_all(assignment, course):
    assert cli.main(["assignments"]) == 0
    both = {
        side: course / "build" / "assignments" / side / assignment.name for side in ("release", "instructor")
    }
    assert all((folder / "data.csv").read_text() == "1,2\n" for folder in both.values())
    found = {side: pairing.read_notebook(folder / assignment.notebook.name) for side, folder in both.items()}
    released, whole = ([cell.source for cell in found[side].cells] for side in ("release", "instructor"))
    assert "doubled" in whole[2] and "The secret" in whole[3] and "The rubric" in whole[4]
    assert not [
        word
        for word in ("doubled", "3 * number", "secret", "rubric", "All of it", "BEGIN")
        if word in "".join(released)
    ]
    assert (
        released[3] == 'assert twice(0) == 0, "Two times nothing is nothing."'
        and released[4] == "Think about it."
    )
    names = {}
    exec(released[2], names)
    for stub in (names["twice"], names["thrice"]):
        with pytest.raises(NotImplementedError, match="Write your answer in place of these two lines"):
            stub(1)
    assert names["twice"].__doc__ == "Two times it." and released[5] == assignments.TEXT_STUB


def test_called_again_it_changes_nothing(assignment, course, capsys):
    cli.main(["assignments"])
    before = {path: path.stat().st_mtime_ns for path in (course / "build" / "assignments").rglob("*")}
    capsys.readouterr()
    cli.main(["assignments"])
    assert {path: path.stat().st_mtime_ns for path in (course / "build" / "assignments").rglob("*")} == before
    assert capsys.readouterr().out == f"{assignment.name}: 7 points, nothing to do\n"


@pytest.mark.parametrize(
    "text", ["### BEGIN SOLUTION\n1", "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION"]
)
def test_a_region_that_is_not_closed_is_refused(assignment, text):
    notebook = pairing.pair(assignment).notebook
    notebook.cells[2].source = text
    with pytest.raises(ValueError, match=r"(BEGIN|END) SOLUTION"):
        assignments.release(notebook)


def test_an_edit_in_the_notebook_goes_into_the_source(assignment):
    notebook = pairing.read_notebook(assignment.notebook)
    notebook.cells[3].source = notebook.cells[3].source.replace("The secret.", "Another secret.")
    assignment.notebook.write_text(pairing.notebook_text(notebook), "utf-8")
    assert cli.main(["notebooks"]) == 0
    assert assignment.source.read_text("utf-8") == SOURCE.replace("The secret.", "Another secret.")


def test_both_sides_edited_is_refused_with_what_to_do(assignment, course, capsys):
    notebook = pairing.read_notebook(assignment.notebook)
    notebook.cells[1].source = "start = 3"
    assignment.notebook.write_text(pairing.notebook_text(notebook), "utf-8")
    assignment.source.write_text(SOURCE.replace("start = 2", "start = 4"), "utf-8")
    assert cli.main(["assignments"]) == 1
    assert "were both edited" in capsys.readouterr().err and not (course / "build" / "assignments").exists()


def test_lab_opens_what_learners_get_with_the_solution_beside(assignment, course):
    lab.copies([assignment])
    folder = course / "work" / "assignments" / assignment.name
    copy = pairing.read_notebook(folder / assignment.notebook.name)
    assert "YOUR CODE HERE" in copy.cells[2].source and "(solution.ipynb)" in copy.cells[-1].source
    assert "doubled" in pairing.read_notebook(folder / "solution.ipynb").cells[2].source
    assert (folder / "data.csv").exists()
    (folder / assignment.notebook.name).write_text("mine")
    assert lab.copies([assignment])[0][2] == "kept"
    assert (folder / assignment.notebook.name).read_text() == "mine"


def test_a_course_is_laid_out_once_and_a_teachers_edits_stay(
    grade_group, assignment, course, tmp_path, capsys
):
    folder = tmp_path / "spring term"
    assert cli.main(["assignments", "--course", str(folder)]) == 0
    first = files_in(folder)
    notebook = f"source/{assignment.name}/{assignment.notebook.name}"
    assert set(first) == {
        "nbgrader_config.py",
        "gradebook.db",
        notebook,
        f"source/{assignment.name}/data.csv",
    }
    cli.main(["assignments", "--course", str(folder)])
    assert files_in(folder) == first
    (folder / notebook).write_text("mine")
    capsys.readouterr()
    cli.main(["assignments", "--course", str(folder)])
    assert (folder / notebook).read_text() == "mine" and f"{notebook}: kept" in capsys.readouterr().out


def test_a_folder_of_other_things_is_left_alone(grade_group, assignment, tmp_path, capsys):
    (tmp_path / "thesis.tex").write_text("mine")
    assert cli.main(["assignments", "--course", str(tmp_path)]) == 2
    assert "isn't empty" in capsys.readouterr().err and not (tmp_path / "source").exists()


def test_what_learners_get_is_what_nbgrader_hands_out(grade_group, tmp_path):
    """Cell by cell, but for the checksums by which nbgrader finds out what was changed."""
    from nbgrader.preprocessors import (
        ClearHiddenTests,
        ClearMarkScheme,
        ClearOutput,
        ClearSolutions,
        LockCells,
    )
    from traitlets.config import Config

    settings = Config()
    settings.ClearSolutions.code_stub = {"python": assignments.CODE_STUB}
    for assignment in assignments.find(REPOSITORY):
        source = pairing.pair(assignment).notebook
        expected = nbformat.from_dict(source)
        for step in (LockCells, ClearSolutions, ClearOutput, ClearHiddenTests, ClearMarkScheme):
            expected, _ = step(config=settings).preprocess(expected, {})
        ours = assignments.release(source)
        assert [cell.source for cell in ours.cells] == [cell.source for cell in expected.cells]
        assert [dict(cell.metadata) for cell in ours.cells] == [
            dict(cell.metadata) for cell in expected.cells
        ]
