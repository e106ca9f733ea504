"""Source and notebook: whichever is edited, the other follows; where both are, neither is lost."""

import json

import jupytext.config
import nbformat
import pytest
from conftest import Quiet, make_course

from dlcourse.publishing import chapters, checks, pairing
from dlcourse.publishing import course as courses

SAMPLE = """\
# %% [markdown]
# # Chapter 01 · A sample · 样例

# %% slideshow={"slide_type": "subslide"}
import math

# %% [markdown]
# ## Does a line rise?

# %%
points = [0, 1, 2]

# %%
object()

# %%
print("three points,", math.pi)
len(points)

# %% [markdown]
# The end.
"""


@pytest.fixture(scope="module")
def executed_course(tmp_path_factory):
    """In place of conftest's: a chapter that loads nothing, since it is executed many times here."""
    folder = make_course(tmp_path_factory.mktemp("course 课程") / "repository", **{"01_sample": SAMPLE})
    assert pairing.synchronise(chapters.find(folder), Quiet(), say=lambda text: None)
    return folder


def synchronise(chapter, **options):
    """Returns (good, what was said, names of executed chapters)."""
    progress, said = Quiet(), []
    good = pairing.synchronise([chapter], progress, say=said.append, **options)
    return good, "\n".join(said), progress.ended


def edit_source(chapter, old, new):
    text = chapter.source.read_text(encoding="utf-8")
    assert old in text
    chapter.source.write_text(text.replace(old, new), encoding="utf-8")


def edit_notebook(chapter, old, new):
    notebook = pairing.read_notebook(chapter.notebook)
    assert any(old in cell.source for cell in notebook.cells)
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, chapter.notebook)


def ids(chapter):
    return [cell.id for cell in pairing.read_notebook(chapter.notebook).cells]


def state(chapter):
    return [path.read_bytes() for path in (chapter.source, chapter.notebook)]


def test_a_source_becomes_an_executed_notebook_and_stays_as_it_was_written(chapter, sample):
    assert chapter.source.read_text(encoding="utf-8") == SAMPLE
    assert checks.execution(sample) == checks.freshness(sample) == []
    assert checks.agreement(pairing.read_source(chapter), sample) == []
    assert sample.cells[1].metadata == {"slideshow": {"slide_type": "subslide"}}


def test_nothing_changed_nothing_written_nothing_executed(chapter):
    before = [path.stat().st_mtime_ns for path in (chapter.source, chapter.notebook)]
    good, _, executed = synchronise(chapter)
    assert good and executed == []
    assert before == [path.stat().st_mtime_ns for path in (chapter.source, chapter.notebook)]


def test_text_edited_in_the_source_goes_into_the_notebook_without_executing(chapter):
    before = ids(chapter)
    edit_source(chapter, "Does a line rise?", "Does the line rise?")
    good, _, executed = synchronise(chapter)
    assert good and executed == []
    notebook = pairing.read_notebook(chapter.notebook)
    assert "Does the line rise?" in notebook.cells[2].source
    assert checks.freshness(notebook) == [] and ids(chapter) == before


def test_code_edited_in_the_source_is_executed_and_cells_keep_their_ids(chapter):
    before = ids(chapter)
    edit_source(chapter, "points = [0, 1, 2]", "points = [0, 1, 2, 3]")
    good, _, executed = synchronise(chapter)
    assert good and executed == ["01_sample"]
    assert pairing.read_notebook(chapter.notebook).cells[5].outputs[1].data["text/plain"] == "4"
    assert ids(chapter) == before


def test_an_added_cell_gets_an_id_and_the_others_keep_theirs(chapter):
    before = ids(chapter)
    edit_source(chapter, "# %%\nobject()", "# %%\nobject()\n\n# %% [markdown]\n# Something new.")
    synchronise(chapter)
    after = ids(chapter)
    assert [id for id in after if id in before] == before and len(set(after)) == len(before) + 1


def test_an_edit_in_the_notebook_flows_back(chapter):
    edit_notebook(chapter, "points = [0, 1, 2]", "points = [0, 1]")
    good, said, executed = synchronise(chapter)
    assert good and executed == ["01_sample"] and "01_sample.ipynb was edited" in said
    assert chapter.source.read_text(encoding="utf-8") == SAMPLE.replace(
        "points = [0, 1, 2]", "points = [0, 1]"
    )
    assert pairing.read_notebook(chapter.notebook).cells[5].outputs[1].data["text/plain"] == "2"
    assert synchronise(chapter)[1:] == ("notebooks/01_sample.ipynb: nothing to do", [])


def test_a_slide_type_set_in_jupyterlab_flows_back(chapter):
    notebook = pairing.read_notebook(chapter.notebook)
    notebook.cells[4].metadata = {"slideshow": {"slide_type": "skip"}, "editable": True, "trusted": True}
    nbformat.write(notebook, chapter.notebook)
    assert synchronise(chapter)[2] == []
    assert '# %% slideshow={"slide_type": "skip"}\nobject()' in chapter.source.read_text(encoding="utf-8")


def test_both_edited_is_an_error_that_names_both_and_changes_nothing(chapter):
    edit_source(chapter, "points = [0, 1, 2]", "points = [7]")
    edit_notebook(chapter, "Does a line rise?", "Does any line rise?")
    before = state(chapter)
    good, said, executed = synchronise(chapter)
    assert not good and executed == [] and state(chapter) == before
    for part in (
        "notebooks/src/01_sample.py",
        "notebooks/01_sample.ipynb",
        "--take source",
        "--take notebook",
    ):
        assert part in said


@pytest.mark.parametrize("kept", ["source", "notebook"])
def test_a_conflict_is_settled_and_the_other_side_saved(chapter, kept):
    edit_source(chapter, "Does a line rise?", "Does it rise (source)?")
    edit_notebook(chapter, "Does a line rise?", "Does it rise (notebook)?")
    lost = chapter.notebook if kept == "source" else chapter.source
    lost_bytes = lost.read_bytes()
    assert synchronise(chapter, take=kept)[0]
    assert f"Does it rise ({kept})?" in chapter.source.read_text(encoding="utf-8")
    assert f"Does it rise ({kept})?" in pairing.read_notebook(chapter.notebook).cells[2].source
    assert (chapter.root / "build" / "overwritten" / lost.name).read_bytes() == lost_bytes


def test_the_same_edit_on_both_sides_is_no_conflict(chapter):
    edit_source(chapter, "Does a line rise?", "Does it rise?")
    edit_notebook(chapter, "Does a line rise?", "Does it rise?")
    assert synchronise(chapter)[0]
    edit_source(chapter, "Does it rise?", "Does it?")
    assert synchronise(chapter)[0]


def test_outputs_of_another_order_or_by_hand_are_executed_again(chapter):
    before = chapter.notebook.read_bytes()
    notebook = pairing.read_notebook(chapter.notebook)
    notebook.cells[5].execution_count = 12
    notebook.cells[5].outputs[0].text = "two points"
    nbformat.write(notebook, chapter.notebook)
    assert synchronise(chapter)[2] == ["01_sample"]
    assert chapter.notebook.read_bytes() == before


def test_a_notebook_without_a_source_gets_one(chapter):
    chapter.source.unlink()
    assert synchronise(chapter)[0]
    assert chapter.source.read_text(encoding="utf-8") == SAMPLE


def test_a_pasted_picture_is_refused(chapter):
    notebook = pairing.read_notebook(chapter.notebook)
    notebook.cells[2].attachments = {"a.png": {"image/png": "AAAA"}}
    nbformat.write(notebook, chapter.notebook)
    good, said, _ = synchronise(chapter)
    assert not good and "01_sample.ipynb, cell 3: a picture was pasted" in said


def test_a_failing_chapter_leaves_its_notebook_and_shows_where_it_failed(chapter):
    before = chapter.notebook.read_bytes()
    edit_source(chapter, "points = [0, 1, 2]\n", "points = [0, 1, 2]\nx = 1\nx / 0\n")
    good, said, _ = synchronise(chapter)
    assert not good and chapter.notebook.read_bytes() == before
    line = chapter.source.read_text(encoding="utf-8").splitlines().index("x / 0") + 1
    assert f"notebooks/src/01_sample.py, line {line} (cell 4 of 7)" in said
    assert "ZeroDivisionError: division by zero" in said
    failed = chapter.root / "build" / "failed" / "01_sample.ipynb"
    assert any(output.output_type == "error" for output in pairing.read_notebook(failed).cells[3].outputs)
    edit_source(chapter, "x / 0\n", "")
    assert synchronise(chapter)[0] and not failed.exists()


def test_a_kernel_that_dies_is_told_from_a_failing_cell(chapter):
    edit_source(chapter, "object()", 'import os, sys\nsys.__stderr__.write("last words\\n")\nos._exit(9)')
    good, said, _ = synchronise(chapter)
    assert not good and "cell 5 of 7" in said and "the kernel died" in said and "memory" in said


def test_one_chapter_fails_and_the_others_go_on(tmp_path, monkeypatch):
    good = "# %%\nprint('good')\n"
    folder = make_course(tmp_path, **{"01_one": "# %%\n1 / 0\n", "02_two": good, "03_three": good})
    monkeypatch.setenv("DLCOURSE_ROOT", str(folder))
    progress, said = Quiet(), []
    assert not pairing.synchronise(chapters.find(folder), progress, say=said.append)
    assert sorted(progress.ended) == ["01_one", "02_two", "03_three"]
    made = sorted(path.name for path in (folder / "notebooks").glob("*.ipynb"))
    assert made == ["02_two.ipynb", "03_three.ipynb"]


def test_jupyterlab_pairs_chapters_and_not_the_learners_copies(course):
    config = jupytext.config.load_jupytext_configuration_file(str(course / "pyproject.toml"))
    formats = config.default_formats("notebooks/01_sample.ipynb")
    assert formats == "notebooks///ipynb,notebooks/src///py:percent"
    assert config.default_formats("work/01_sample.ipynb") is None


def test_saving_in_jupyterlab_writes_the_source_and_is_no_conflict(chapter):
    from jupyter_server.services.contents.largefilemanager import LargeFileManager
    from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class

    manager = build_sync_jupytext_contents_manager_class(LargeFileManager)(root_dir=str(chapter.root))
    model = manager.get("notebooks/01_sample.ipynb")
    for cell in model["content"]["cells"]:
        cell["source"] = cell["source"].replace("Does a line rise?", "Does a line fall?")
    manager.save(model, "notebooks/01_sample.ipynb")
    assert chapter.source.read_text(encoding="utf-8") == SAMPLE.replace("a line rise?", "a line fall?")
    good, _, executed = synchronise(chapter)
    assert good and executed == []


def test_the_course_is_executed_as_it_was_edited_last(chapter):
    edit_notebook(chapter, 'print("three points,"', 'print("edited,"')
    before = state(chapter)
    assert courses.build([chapter], Quiet(), publish=lambda *_, **__: [], say=lambda text: None)
    assert state(chapter) == before
    built = pairing.read_notebook(chapter.root / "build" / "executed" / "01_sample.ipynb")
    assert built.cells[5].outputs[0].text.startswith("edited,")


def test_the_file_is_json_with_a_fixed_kernel_and_two_fingerprints(chapter):
    metadata = json.loads(chapter.notebook.read_text(encoding="utf-8"))["metadata"]
    assert metadata["kernelspec"]["name"] == "python3"
    assert metadata["language_info"] == {"name": "python"}
    assert set(metadata) == {"kernelspec", "language_info", "dlcourse"}
