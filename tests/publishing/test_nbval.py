"""nbval on notebooks: what is compared, what is masked, and that nothing else is."""

import re
import subprocess
import sys

import nbformat
import pytest
from conftest import Quiet, make_course

from dlcourse.publishing import chapters, execute, pairing, pytest_call

CELLS = {
    "plain": 'print("accuracy 0.974")',
    "masked": 'print("accuracy ⟨0.974 ± 0.002⟩ of", 5)',
    "markdown": 'from IPython.display import Markdown, display\ndisplay(Markdown("| a | ⟨0.974⟩ | 5 |"))',
    "html": 'from IPython.display import HTML\ndisplay(HTML("<b>⟨0.974⟩ of 5</b>"))',
    "value": '"⟨0.974⟩ of 5"',
    "two lines": 'print("⟨0.974\\n0.5⟩")',
    "colour": 'print("\\x1b[31mred\\x1b[0m")',
    "address": "object()",
    "short hexadecimal": "print(hex(255))",
    "silenced": "5;",
    "last value": "5",
    "underscore": "_",
    "stderr": 'import sys\nprint("⟨heard⟩")\n_ = sys.stderr.write("warning\\n")',
}


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """A chapter with one cell for each entry of CELLS, executed."""
    source = "\n\n".join(f"# %%\n{cell}" for cell in CELLS.values()) + "\n"
    folder = make_course(tmp_path_factory.mktemp("nbval"), **{"01_compared": source})
    chapter = chapters.select("01", folder)[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLCOURSE_ROOT", str(folder))
        assert pairing.synchronise([chapter], Quiet(), say=lambda text: None)
    return chapter


def failing(chapter, notebook):
    """The names of the cells that nbval finds changed in this notebook."""
    folder = chapter.root / "spoilt"
    folder.mkdir(exist_ok=True)
    nbformat.write(notebook, folder / "01_compared.ipynb")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-q", "-rf", "-p", "no:xdist", str(folder), "--color=no"],
        cwd=chapter.root,
        env=execute.environment() | {"DLCOURSE_ROOT": str(chapter.root)},
        capture_output=True,
        text=True,
    )
    assert run.returncode in (0, 1), run.stdout + run.stderr
    numbers = re.findall(r"^FAILED \S+::Cell (\d+)", run.stdout, re.MULTILINE)
    return [list(CELLS)[int(number)] for number in numbers]


def test_unchanged_notebooks_pass(compared):
    assert failing(compared, pairing.read_notebook(compared.notebook)) == []


def spoil(notebook, changes):
    """Change the stored text of some cells' outputs."""
    for cell, name in zip(notebook.cells, CELLS, strict=True):
        for output in cell.outputs:
            if name in changes and output.output_type == "stream" and output.name == "stdout":
                output.text = changes[name](output.text)
            elif name in changes and "data" in output:
                output.data = {kind: changes[name](text) for kind, text in output.data.items()}
    return notebook


def test_what_stands_in_brackets_and_nothing_else_may_differ(compared):
    notebook = pairing.read_notebook(compared.notebook)

    def other(text):
        return text.replace("0.974 ± 0.002", "0.9 ± 0.1").replace("⟨0.974⟩", "⟨0.9⟩")

    changes = dict.fromkeys(["masked", "markdown", "html", "value"], other)
    changes["colour"] = lambda text: text.replace("\x1b[31m", "\x1b[1;32m")
    changes["address"] = lambda text: text.replace("0x00000000", "0x7f0123456789")
    changes["stderr"] = lambda text: text.replace("heard", "not heard")
    assert failing(compared, spoil(notebook, changes)) == []


def test_what_stands_outside_brackets_is_compared(compared):
    notebook = pairing.read_notebook(compared.notebook)
    changes = {
        name: lambda text: text.replace("5", "6").replace("0.974", "0.9")
        for name in CELLS
        if name != "colour"
    }
    changes["colour"] = lambda text: text.replace("red", "read")
    changes["address"] = lambda text: text.replace("object", "objects")
    changes["short hexadecimal"] = lambda text: text.replace("ff", "fe")
    for cell, name in zip(notebook.cells, CELLS, strict=True):
        if name == "silenced":  # a value where there was none
            cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "5"}, execution_count=10)]
    spoilt = failing(compared, spoil(notebook, changes))
    assert spoilt == [name for name in CELLS if name != "stderr"]


def test_run_tests_one_chapter_with_two_workers(compared, capfd, monkeypatch):
    monkeypatch.setenv("DLCOURSE_ROOT", str(compared.root))
    tests = compared.root / "tests"
    (tests / "test_notebooks.py").write_text(
        "import pytest\n\n@pytest.mark.parametrize('name', ['01_compared', '02_other'])\n"
        "def test_it(name): pass\n"
    )
    (tests / "test_chapter_01_more.py").write_text("def test_more(): pass\n")
    (tests / "test_chapter_02.py").write_text("def test_other(): assert False\n")
    assert pytest_call.run(compared.root, [compared], whole=False) == 0
    assert f"{len(CELLS) + 2} passed" in capfd.readouterr().out
    assert pytest_call.run(compared.root, [compared], whole=True) == 1
    assert f"1 failed, {len(CELLS) + 3} passed" in capfd.readouterr().out


def test_cells_after_an_error_are_skipped_and_the_run_fails(compared, capfd, monkeypatch):
    monkeypatch.setenv("DLCOURSE_ROOT", str(compared.root))
    notebook = pairing.read_notebook(compared.notebook)
    notebook.cells[2].source = "1 / 0"
    nbformat.write(notebook, compared.root / "02_broken.ipynb")
    monkeypatch.chdir(compared.root)
    assert subprocess.call([sys.executable, "-m", "pytest", "--nbval", "-q", "02_broken.ipynb"]) == 1
    assert f"1 failed, 2 passed, {len(CELLS) - 3} skipped" in capfd.readouterr().out


def test_a_chapter_without_a_notebook_is_told_apart(tmp_path):
    folder = make_course(tmp_path, **{"02_new": "# %%\n1\n"})
    with pytest.raises(FileNotFoundError, match=r"no notebook yet for 02_new: run `dlcourse notebooks`"):
        pytest_call.run(folder, chapters.find(folder), whole=True)


def test_numerics_tells_which_setting_failed(tmp_path, capfd, monkeypatch):
    source = '# %%\nimport os\nprint(os.environ.get("DLCOURSE_THREADS") == "1")\n'
    folder = make_course(tmp_path, **{"01_threads": source})
    monkeypatch.setenv("DLCOURSE_ROOT", str(folder))
    chapter = chapters.select("01", folder)[0]
    assert pairing.synchronise([chapter], Quiet(), say=lambda text: None)
    said = []
    assert pytest_call.run_numerics(folder, [chapter], more=["--numprocesses=0"], say=said.append) == 1
    assert said[-1] == "\nFailed under: 1 thread"
