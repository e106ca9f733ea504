"""Source and notebook: whichever is edited, the other follows; where both are, neither is lost."""

import base64
import copy
import json
import random
import re

import jupytext.config
import nbformat
import pytest
from conftest import REPOSITORY, Quiet, make_course

from dlcourse.publishing import chapters, checks, pairing, sides
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


code = nbformat.v4.new_code_cell


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


def edited(chapter, change):
    """The source's text after a change of its notebook's cells, which it must hold exactly."""
    notebook = pairing.read_source(chapter)
    change(notebook.cells)
    text = pairing.edited_source(chapter, notebook)
    read = sides.source_cells(chapter, text)
    assert pairing.cells_fingerprint(read) == pairing.cells_fingerprint(notebook)
    return text


@pytest.mark.parametrize("formatted", [False, True], ids=["as_it_is", "by_a_formatter"])
@pytest.mark.parametrize("stored", chapters.find(REPOSITORY), ids=lambda chapter: chapter.name)
def test_of_every_chapter_a_paragraph_edited_in_the_notebook_is_all_that_changes(stored, formatted, tmp_path):
    text = stored.source.read_text(encoding="utf-8")
    if formatted:  # two blank lines between a function and the next cell, which jupytext doesn't write
        text = re.sub(r"(\n +[^\n]+\n)\n(?=# %%)", r"\1\n\n", text)
    make_course(tmp_path, **{stored.name: text})
    chapter = chapters.Chapter(tmp_path, stored.name)

    def change(cells):
        paragraphs = [cell for cell in cells if cell.cell_type == "markdown" and "\n\n" in cell.source]
        cell = paragraphs[len(paragraphs) // 2]
        cell.source = cell.source.replace("\n\n", "\n\nAn added word. ", 1)

    before, after = text.splitlines(), edited(chapter, change).splitlines()
    changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    assert [new for _, new in changed] == ["# An added word. " + old.removeprefix("# ") for old, _ in changed]
    assert len(changed) == 1 and edited(chapter, lambda cells: None) == text


TITLE, FUNCTION, STRING, END = ODD = (
    "#%% [markdown]\n# # Chapter 01 · Odd · 怪\n",
    '#%% tags=["a"]\ndef f():\n\n\n    return 1\n\n\n',
    '# %% A name\ntext = """\n# %% no cell\n"""\n\n\n',
    "# %% [markdown]\n# One.\n#\n# Two.\n",
)
"""A source of four cells in another style than jupytext's."""


@pytest.fixture
def odd(tmp_path):
    make_course(tmp_path, **{"01_odd": "".join(ODD)})
    return chapters.Chapter(tmp_path, "01_odd")


def set_source(cell, old, new):
    assert old in cell.source
    cell.source = cell.source.replace(old, new)


@pytest.mark.parametrize(
    "change, expected",
    [
        (
            lambda c: set_source(c[3], "Two.", "Three."),
            [TITLE, FUNCTION, STRING, END.replace("Two", "Three")],
        ),
        (lambda c: set_source(c[1], "1", "2"), [TITLE, FUNCTION.replace("1", "2"), STRING, END]),
        (
            lambda c: set_source(c[2], "no", "still no"),
            [TITLE, FUNCTION, STRING.replace("no", "still no"), END],
        ),
        (lambda c: c[1].metadata.clear(), [TITLE, FUNCTION.replace('#%% tags=["a"]', "# %%"), STRING, END]),
        (lambda c: c.pop(1), [TITLE, STRING, END]),
        (lambda c: c.pop(3), [TITLE, FUNCTION, STRING.rstrip() + "\n"]),
        (lambda c: c.append(c.pop(1)), [TITLE, STRING, END, "\n", FUNCTION.rstrip() + "\n"]),
        (lambda c: c.insert(0, c.pop(3)), [END, "\n", TITLE, FUNCTION, STRING.rstrip() + "\n"]),
        (lambda c: c.insert(2, code("new = 1")), [TITLE, FUNCTION, "# %%\nnew = 1\n\n", STRING, END]),
        (lambda c: c.append(code("new = 1")), [*ODD, "\n", "# %%\nnew = 1\n"]),
        (lambda c: c.append(copy.deepcopy(c[3])), [*ODD, "\n", END]),
    ],
)
def test_cells_edited_moved_added_and_deleted_leave_the_others_as_they_were_written(odd, change, expected):
    assert edited(odd, change) == "".join(expected)


def test_whatever_is_done_to_the_cells_the_source_holds_them_and_untouched_ones_stay(odd):
    dice = random.Random(0)
    for _ in range(60):
        touched, kept = set(), []

        def change(cells, touched=touched, kept=kept):
            cells[:] = [cell for cell in cells if dice.random() < 0.8] or cells
            dice.shuffle(cells)
            for cell in cells:
                if dice.random() < 0.3:
                    cell.source += "\n\nmore = 1"
                    touched.add(cell.source.split("\n")[0])
            for number in range(dice.randrange(3)):
                cells.insert(dice.randrange(len(cells) + 1), code(f'x_{number} = """\n# %% no cell"""'))
            kept.extend(cell.source.split("\n")[0] for cell in cells)

        text = edited(odd, change)
        for part in ODD:
            first = part.split("\n")[1].removeprefix("# ")
            assert first not in kept or first in touched or part.rstrip() in text


def test_a_failing_line_is_found_behind_a_marker_in_a_string(odd):
    notebook = pairing.read_source(odd)
    line = "".join(ODD).split("\n").index("# One.") + 1
    assert pairing.location(odd, notebook, 3, 1) == f"notebooks/src/01_odd.py, line {line} (cell 4 of 4)"


PY, IPYNB = "notebooks/src/01_sample.py", "notebooks/01_sample.ipynb"
OURS, THEIRS = "<<<<<<< HEAD\n", ">>>>>>> other\n"


def as_notebook(*cells):
    return json.dumps(nbformat.v4.new_notebook(cells=cells)).encode()


SPOILT = {
    "no_bytes": (PY, b"", "is empty"),
    "blank": (PY, b"\n# %%\n\n# %% [markdown]\n", "is empty"),
    "bom": (PY, SAMPLE.encode("utf-8-sig"), "begins with a byte order mark"),
    "latin_1": (
        PY,
        SAMPLE.replace("样例", "").encode("latin-1"),
        "line 2: the byte 0xB7",
    ),
    "utf_16": (PY, "\ufeff".encode("utf-16-le") + SAMPLE.encode("utf-16-le"), "line 1: the byte 0xFF"),
    "conflict_in_markdown": (
        PY,
        SAMPLE.replace("# The end.\n", f"{OURS}# The end.\n=======\n# An end.\n{THEIRS}").encode(),
        "line 21: '<<<<<<< HEAD' is a conflict marker",
    ),
    "conflict_in_code": (
        PY,
        SAMPLE.replace("object()\n", f"object()\n=======\nint()\n{THEIRS}").encode(),
        "line 15: '=======' is a conflict marker",
    ),
    "conflict_written_back": (PY, (SAMPLE + "# >>>>>>> 1a2b\n").encode(), "line 22: '>>>>>>> 1a2b' is"),
    "no_bytes_notebook": (IPYNB, b"", "is empty"),
    "no_cells": (IPYNB, as_notebook(), "is empty"),
    "blank_cell": (IPYNB, as_notebook(code("\n")), "is empty"),
    "object": (IPYNB, b"{}", "is no notebook"),
    "null": (IPYNB, b"null", "is no notebook"),
    "list": (IPYNB, b"[]", "is no notebook"),
    "half": (IPYNB, b'{"cells": [\n{"cell_type', "is no JSON from line 2 on"),
    "format_3": (
        IPYNB,
        b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}',
        "is a notebook of format 3",
    ),
    "cell_of_nothing": (
        IPYNB,
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [null]}',
        "is no valid notebook (cells → 0)",
    ),
    "bom_notebook": (IPYNB, b"\xef\xbb\xbf" + as_notebook(code("1")), "begins with a byte order mark"),
    "conflict_in_json": (
        IPYNB,
        f'{{"cells": [],\n{OURS}"metadata": 1\n}}'.encode(),
        "line 2: '<<<<<<< HEAD' is",
    ),
    "conflict_in_a_cell": (
        IPYNB,
        as_notebook(code("1"), code(f"{OURS}1\n=======\n2")),
        "cell 2, line 1: '<<<<<<< HEAD' is",
    ),
}


@pytest.mark.parametrize("file, content, words", SPOILT.values(), ids=SPOILT)
def test_a_spoilt_side_is_refused_by_name_and_given_up_only_when_told(chapter, file, content, words):
    (chapter.root / file).write_bytes(content)
    before = state(chapter)
    good, said, executed = synchronise(chapter)
    assert not good and executed == [] and state(chapter) == before
    assert f"{file} {words}" in said or f"{file}, {words}" in said
    assert PY in said and IPYNB in said
    kept = "notebook" if file == PY else "source"
    assert f"--chapter 01 --take {kept}" in said
    with pytest.raises(ValueError, match="01_sample"):
        pairing.read_source(chapter) if file == PY else pairing.read_notebook(chapter.notebook)
    assert pairing._keep_overwritten(pairing.pair(chapter, kept), kept) is None
    assert (chapter.root / "build" / "overwritten" / file.split("/")[-1]).read_bytes() == content


def test_a_spoilt_side_is_made_again_from_the_other(chapter):
    chapter.source.write_bytes(b"")
    assert synchronise(chapter, take="notebook")[0]
    assert chapter.source.read_text(encoding="utf-8") == SAMPLE
    before = chapter.notebook.read_bytes()
    chapter.notebook.write_text("{}")
    assert synchronise(chapter, take="source")[::2] == (True, ["01_sample"])
    assert [cell.source for cell in pairing.read_notebook(chapter.notebook).cells] == [
        cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        for cell in json.loads(before)["cells"]
    ]


def test_what_only_looks_like_a_conflict_is_none(chapter):
    rule = "# ======== a rule ========\nprint('>>> 1', '<<<<<<< HEAD')  # =======\n"
    edit_source(chapter, "object()\n", f"object()\n{rule}")
    assert "======== a rule" in pairing.pair(chapter).notebook.cells[4].source


def test_a_damaged_picture_is_named_to_readers_and_made_again_by_executing(chapter):
    notebook = pairing.read_notebook(chapter.notebook)
    png = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR").decode()
    notebook.cells[4].outputs = [nbformat.v4.new_output("display_data", data={"image/png": png})]
    nbformat.write(notebook, chapter.notebook)
    with pytest.raises(ValueError, match=r"notebooks/01_sample.ipynb, cell 5: a picture .* damaged"):
        pairing.read_notebook(chapter.notebook)
    assert synchronise(chapter)[::2] == (True, ["01_sample"])
    assert pairing.read_notebook(chapter.notebook)


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
