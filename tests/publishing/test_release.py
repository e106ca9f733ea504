"""What learners and teachers get of an assignment, and a course for nbgrader."""

import os
import re

import nbformat
import pytest
from conftest import REPOSITORY

from dlcourse import cli, files
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
    assert whole[3].startswith(
        "# twice_check: 1 point\nassert twice(0)"
    )  # whoever grades by hand sees the points
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


@pytest.mark.parametrize(
    ("name", "expected"),
    {
        "ada_l_2026-11-30-183045_homework (2)": ("ada_l", "2026-11-30 18:30:45", "one"),
        "ada_2026-11-30-18-00-59_one": ("ada", "2026-11-30 18:00:59", "one"),
        "ada_2026-11-30-186199_one": None,
        "ada_2026-11-31-120000_one": None,
        "ada": None,
    }.items(),
)
def test_a_files_name_says_whose_work_it_is_and_when_it_was_sent(grade_group, tmp_path, name, expected):
    """The time to the second; names of learners may have an underscore; a time that is none is left out."""
    found = collected(tmp_path, [name], pattern_in(grading_template()))[name]
    assert found == (expected and dict(zip(("student_id", "timestamp", "file_id"), expected, strict=True)))


def test_the_pattern_for_moodle_in_the_guide_takes_both_of_its_forms(grade_group, tmp_path):
    guide = (REPOSITORY / "docs" / "teach.md").read_text("utf-8")
    names = [f"Ada Lovelace_1234_assignsubmission_file{rest}" for rest in ("_homework", "_/homework")]
    for found in collected(tmp_path, names, pattern_in(guide)).values():
        assert found == {"student_id": "Ada Lovelace", "file_id": "homework"}


def test_the_newest_of_several_renamed_notebooks_is_graded(grade_group, tmp_path):
    from dlcourse.publishing import grading_collection

    folder = tmp_path / "one"
    folder.mkdir()
    work = '{"cells": [{"metadata": {"nbgrader": {}}}]}'
    for age, (name, text) in enumerate({"notes": "{}", "final": work, "first": work}.items()):
        (folder / f"{name}.ipynb").write_text(text)
        os.utime(folder / f"{name}.ipynb", (1e9 - age, 1e9 - age))
    notebooks = [str(path) for path in folder.iterdir()]
    grading_collection.adopt_renamed(assignment="one", student="ada", notebooks=notebooks)
    assert notebooks == [str(folder / "one.ipynb")]
    assert {path.stem for path in folder.iterdir()} == {"notes", "one", "first"}
    notebooks = [str(path) for path in folder.iterdir()]
    grading_collection.adopt_renamed(assignment="one", student="ada", notebooks=notebooks)
    assert len(notebooks) == 3  # one has the expected name: nbgrader passes over the others


def grading_template():
    from dlcourse.publishing import grading_course

    return grading_course.TEMPLATE.read_text("utf-8")


def pattern_in(text):
    """The pattern of file names that these settings have."""
    [(parts, _)] = re.findall(r"named_regexp = \(\s*r\"((.|\n)*?)\"\s*\)", text)
    return parts


def collected(folder, names, pattern):
    """What the collector says of files with these names, in a course with an assignment called one."""
    from nbgrader.apps import ZipCollectApp
    from nbgrader.coursedir import CourseDirectory

    from dlcourse.publishing import grading_collection

    notebook = '{"cells": [{"metadata": {"nbgrader": {}}}]}'
    files.write(folder / "release" / "one" / "one.ipynb", notebook.encode())
    app = ZipCollectApp()
    app.coursedir = CourseDirectory(root=str(folder), assignment_id="one")
    collector = grading_collection.Collector(parent=app, named_regexp=pattern)
    found = {}
    for name in names:
        path = folder / "downloaded" / f"{name}.ipynb"
        files.write(path, notebook.encode())
        found[name] = collector.collect(str(path))
    return found


def test_where_nobody_copied_the_command_says_so(assignment, tmp_path, capsys):
    assert cli.main(["assignments", "--alike", str(tmp_path)]) == 0
    assert "No two programs alike" in capsys.readouterr().out


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
