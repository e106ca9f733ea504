"""JupyterLab on copies: made once, never overwritten, served on localhost with a token."""

import json
import os
import urllib.error
import urllib.request

import pytest
from conftest import Quiet
from lab_server import serving

import dlcourse
from dlcourse import cli
from dlcourse.publishing import chapters, lab, pairing


@pytest.fixture
def copy(course):
    return course / "work" / "01_sample.ipynb"


def test_a_copy_has_every_cell_and_no_output(chapter, sample, copy):
    assert lab.copies([chapter]) == [(chapter, copy, "made")]
    made = pairing.read_notebook(copy)
    assert [cell.source for cell in made.cells] == [cell.source for cell in sample.cells]
    assert all(
        not cell.outputs and cell.execution_count is None for cell in made.cells if cell.cell_type == "code"
    )


@pytest.mark.parametrize("content", ["my own notes, no notebook at all", None])
def test_a_copy_is_never_overwritten(chapter, copy, content):
    lab.copies([chapter])
    if content is None:
        notebook = pairing.read_notebook(copy)
        notebook.cells[3].source = "mine = 1"
        content = pairing.notebook_text(notebook)
    copy.write_text(content, encoding="utf-8")
    assert lab.copies([chapter]) == [(chapter, copy, "kept")]
    assert copy.read_text(encoding="utf-8") == content


def test_a_copy_of_an_older_chapter_is_kept_and_told(chapter, copy):
    lab.copies([chapter])
    before = copy.read_bytes()
    text = chapter.source.read_text(encoding="utf-8").replace("Does a line rise?", "Does it rise?")
    chapter.source.write_text(text, encoding="utf-8")
    assert lab.copies([chapter])[0][2] == "older"
    assert copy.read_bytes() == before


@pytest.mark.parametrize("stamped", ["0.0.9", None])
def test_a_copy_made_for_an_older_package_is_kept_and_told(chapter, copy, stamped, capsys, monkeypatch):
    lab.copies([chapter])
    notebook = json.loads(copy.read_text(encoding="utf-8"))
    notebook["metadata"]["dlcourse"]["package"] = stamped
    if stamped is None:  # as copies were stamped before they knew of the package
        del notebook["metadata"]["dlcourse"]["package"]
    copy.write_text(json.dumps(notebook), encoding="utf-8")
    before = copy.read_bytes()
    monkeypatch.setattr(lab, "start", lambda *arguments, **options: 0)
    assert cli.main(["lab"]) == 0
    said = capsys.readouterr().out
    assert (
        "earlier version of the package" in said and dlcourse.__version__ in said and "rename yours" in said
    )
    assert copy.read_bytes() == before


@pytest.mark.parametrize("side", ["source", "notebook"])
def test_a_chapter_with_conflict_markers_is_named_and_the_others_open(chapter, course, side):
    other = chapters.Chapter(course, "02_other")
    other.source.write_text("# %% [markdown]\n# # Chapter 02 · Other · 其他\n", encoding="utf-8")
    path = chapter.source if side == "source" else chapter.notebook
    path.write_text("<<<<<<< HEAD\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    said = []
    done = lab.copies([chapter, other], say=said.append)
    assert [(one.id, what) for one, _, what in done] == [("01", "refused"), ("02", "made")]
    assert (
        len(said) == 1 and f"{chapter.relative(path)}, line 1: '<<<<<<< HEAD' is a conflict marker" in said[0]
    )
    assert "--LabApp.default_url=/lab/tree/02_other.ipynb" in lab.command(course, other)
    assert "--LabApp.default_url=/lab" in lab.command(course, chapter)


def test_bars_and_graphics_cards_are_for_the_learner():
    environment = lab.environment()
    assert "TQDM_DISABLE" not in set(environment) - set(os.environ)
    assert environment["JUPYTER_PREFER_ENV_PATH"] == "1" and environment["KERAS_BACKEND"] == "tensorflow"


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="stops the server by a POSIX signal")
def test_jupyterlab_serves_the_copies_on_localhost_with_a_token(course, chapter):
    lab.copies([chapter])
    with serving(course, lab.command(course, chapter), lab.environment()) as (address, opened, token):
        assert opened == "01_sample.ipynb"
        with urllib.request.urlopen(f"{address}/api/contents?token={token}") as answer:
            assert [entry["name"] for entry in json.load(answer)["content"]] == ["01_sample.ipynb"]
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{address}/api/contents")
        assert refused.value.code == 403
        plugin = "@jupyterlab/apputils-extension:notification"
        with urllib.request.urlopen(f"{address}/lab/api/settings/{plugin}?token={token}") as answer:
            defaults = json.load(answer)["schema"]["properties"]
        assert defaults["fetchNews"]["default"] == "false" and not defaults["checkForUpdates"]["default"]
        with urllib.request.urlopen(f"{address}/lsp/status?token={token}") as answer:
            assert json.load(answer)["sessions"] == {}
        said = (course / "log.txt").read_text("utf-8")
        assert "127.0.0.1" in said and "non-installed" not in said and "language-server" not in said


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="stops the server by a POSIX signal")
def test_an_author_who_saves_a_chapter_in_jupyterlab_saves_its_source(course, chapter):
    with serving(course, lab.command(course, chapter, edit=True), lab.environment()) as (
        address,
        opened,
        token,
    ):
        assert opened == "notebooks/01_sample.ipynb"
        place = f"{address}/api/contents/{opened}?token={token}"
        with urllib.request.urlopen(place) as answer:
            model = json.load(answer)
        model["content"]["cells"][2]["source"] = "## Does a line fall?"
        body = json.dumps({"type": "notebook", "content": model["content"]}).encode()
        urllib.request.urlopen(urllib.request.Request(place, body, method="PUT")).close()
    assert "# ## Does a line fall?\n" in chapter.source.read_text(encoding="utf-8")
    said = []
    assert pairing.synchronise([chapter], Quiet(), say=said.append) and "text brought up to date" in said[0]
