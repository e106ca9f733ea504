"""A learner's way: `dlcourse lab`, a browser, Run All Cells, a knob; and plain nbconvert, outside the repository."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from lab_server import serving

from dlcourse.publishing import assignments, chapters, lab
from dlcourse.reproducibility import ENVIRONMENT

REPOSITORY = Path(__file__).resolve().parents[2]
WIDGET = "application/vnd.jupyter.widget-view+json"
PATIENCE = 480
"""Seconds that a chapter may take here: on two cores it needs about one minute, and tests may run beside."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="stops the server by a POSIX signal"),
]


def plain_environment(**more):
    """This process's variables without those under which outputs are stored and tested."""
    return {name: value for name, value in os.environ.items() if name not in ENVIRONMENT} | more


def chapter_of(id):
    [chapter] = chapters.select(id, REPOSITORY)
    return chapter


SLOW_CELL = """

# %%
import time
from dlcourse import progress

for _ in progress.bar(range(9), "training"):
    time.sleep(0.7)
"""
"""A cell that takes more than the three seconds after which a bar is shown, on a fast machine too."""


@contextlib.contextmanager
def laboratory(folder, id, own=""):
    """Runs `dlcourse lab` on a repository that holds one chapter; yields the address that it opens first.

    Args:
        own: more cells at the chapter's end, as text.
    """
    chapter = chapter_of(id)
    (folder / "notebooks" / "src").mkdir(parents=True)
    shutil.copy(REPOSITORY / "pyproject.toml", folder)
    text = chapter.source.read_text("utf-8") + own
    (folder / "notebooks" / "src" / chapter.source.name).write_text(text, "utf-8")
    for assignment in assignments.select([chapter], REPOSITORY):
        shutil.copytree(assignment.folder, folder / "notebooks" / "assignments" / assignment.name)
    command = [sys.executable, "-m", "dlcourse", "lab", "--chapter", id, "--"]
    with serving(folder, command, plain_environment(DLCOURSE_ROOT=str(folder))) as (address, opened, token):
        yield f"{address}/lab/tree/{opened}?token={token}"


def menu(page, *names):
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{names[0]}$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{names[1]}$")).first.click()


def saved(page, file):
    """The notebook as JupyterLab saves it now."""
    before = file.stat().st_mtime_ns
    menu(page, "File", "Save Notebook")
    for _ in range(100):
        page.wait_for_timeout(100)
        if file.stat().st_mtime_ns != before:
            try:
                return nbformat.read(file, 4)
            except nbformat.reader.NotJSONError:  # not written to its end yet
                continue
    raise AssertionError(f"JupyterLab has not saved {file.name} whole within 10 s.")


def run_all(page):
    """Run all cells, and wait until the kernel is idle; gives the texts of all progress bars seen meanwhile."""
    status = page.locator(".jp-Notebook-ExecutionIndicator")
    page.get_by_text(re.compile(r"Python 3.* \| Idle")).wait_for(timeout=120_000)  # the kernel is there
    menu(page, "Run", "Run All Cells")
    bars, busy, idle, until = set(), False, 0, time.monotonic() + PATIENCE
    while not (busy and idle > 20):
        page.wait_for_timeout(150)
        state = status.get_attribute("data-status")
        busy, idle = busy or state == "busy", idle + 1 if state == "idle" else 0
        bars.update(
            page.evaluate(
                "[...document.querySelectorAll('.widget-hprogress')].map(b => b.parentElement.textContent)"
            )
        )
        dialogs = page.locator("dialog.jp-Dialog").all_inner_texts()
        assert not dialogs, dialogs
        assert time.monotonic() < until, f"the kernel is {state} after {PATIENCE} s"
    return bars


def scrolled_to(page, locator):
    """Scroll the notebook from its top until the element is there; cells out of sight are not in the page."""
    panel = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer"
    page.evaluate(f"document.querySelector('{panel}').scrollTop = 0")
    for _ in range(400):
        if locator.count() and locator.first.is_visible():
            locator.first.scroll_into_view_if_needed()
            page.wait_for_timeout(300)
            return locator.first
        page.evaluate(f"document.querySelector('{panel}').scrollTop += 400")
        page.wait_for_timeout(60)
    raise AssertionError(f"{locator} is nowhere in the notebook")


def outputs(notebook):
    return [
        (number, output)
        for number, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        for output in cell.outputs
    ]


def test_chapter_01_runs_in_jupyterlab_and_its_knobs_move(browser, tmp_path):
    with laboratory(tmp_path / "course", "01", SLOW_CELL) as address:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(address)
        page.locator(".jp-Notebook").wait_for(timeout=120_000)
        bars = run_all(page)
        notebook = saved(page, tmp_path / "course" / "work" / chapter_of("01").notebook.name)

        code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
        assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
        wrong = [(number, o.get("evalue", o.get("text"))) for number, o in outputs(notebook)
                 if o.output_type == "error" or o.get("name") == "stderr"]  # fmt: skip
        assert wrong == []

        # the last figure, seen
        pictures = [number for number, o in outputs(notebook) if "image/png" in o.get("data", {})]
        stored = nbformat.read(chapter_of("01").notebook, 4)
        assert pictures[-1] == [n for n, o in outputs(stored) if "image/png" in o.get("data", {})][-1]
        last = notebook.cells[pictures[-1]].outputs[0].data["image/png"].replace("\n", "")
        image = scrolled_to(page, page.locator(f'img[src*="{last[-120:-60]}"]'))
        assert image.evaluate("image => image.naturalWidth") > 300

        # the knobs
        controls = next(n for n, cell in enumerate(notebook.cells) if "widgets.explore(" in cell.source)
        assert [WIDGET in o.data for o in notebook.cells[controls].outputs] == [True]
        knobs = scrolled_to(page, page.locator(".jp-OutputArea-output:has(.widget-slider) .widget-vbox"))
        picture = knobs.locator("img")
        picture.wait_for()
        assert knobs.locator(".widget-slider").count() == 2 and knobs.locator("select").count() == 1
        before = picture.get_attribute("src")
        assert before.split(",", 1)[1] == shown_at_start(stored, controls)
        knobs.locator(".noUi-handle").first.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("([image, old]) => image.isConnected ? image.src !== old : true",
                               arg=[picture.element_handle(), before])  # fmt: skip
        picture.wait_for()
        assert knobs.locator("img").count() == 1 and knobs.locator("img").get_attribute("src") != before
        knobs.locator("select").select_option("linear")
        page.wait_for_timeout(3000)
        assert knobs.locator("img").get_attribute("src") != before

        # progress bars: with the time left while something ran, gone afterwards
        assert any(re.search(r"training.*\d+%.*<\d\d:\d\d", text) for text in bars), bars
        assert page.locator(".widget-hprogress").count() == 0
        assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0


def shown_at_start(notebook, number):
    """The stored figure of a cell, in base64."""
    [picture] = [o.data["image/png"] for o in notebook.cells[number].outputs if "image/png" in o.data]
    return picture.replace("\n", "")


def test_tagged_cells_are_folded_and_nothing_is_asked(browser, course, chapter):
    lab.copies([chapter])
    with serving(course, lab.command(course, chapter), lab.environment()) as (address, opened, token):
        page = browser.new_page(viewport={"width": 1400, "height": 4000})
        page.goto(f"{address}/lab/tree/{opened}?token={token}")
        page.get_by_text(re.compile(r"Python 3.* \| Idle")).wait_for(timeout=120_000)
        page.locator(".jp-CodeCell").first.wait_for()
        page.wait_for_timeout(3000)  # the question would come now
        assert (
            page.locator(".jp-toastContainer *, .Toastify__toast, dialog.jp-Dialog").all_inner_texts() == []
        )
        cells = page.locator(".jp-CodeCell")
        folded = [
            cells.nth(number).locator(".jp-InputPlaceholder").count() for number in range(cells.count())
        ]
        page.close()
    code = [cell for cell in nbformat.read(course / "work" / opened, 4).cells if cell.cell_type == "code"]
    assert folded == ["hide-input" in cell.metadata.get("tags", []) for cell in code] and sum(folded) == 1


def test_an_assignment_says_what_is_wrong_and_what_is_left(browser, tmp_path):
    """A learner answers the first exercise wrong, then right, restarts, runs all, and is led to the second."""
    [assignment] = assignments.select([chapter_of("03")], REPOSITORY)
    with laboratory(tmp_path / "course", "03") as address:
        page = browser.new_page(viewport={"width": 1400, "height": 6000})  # all of it is in the page
        page.goto(
            re.sub(r"tree/[^?]*", f"tree/assignments/{assignment.name}/{assignment.notebook.name}", address)
        )
        page.get_by_text(re.compile(r"Python 3.* \| Idle")).wait_for(timeout=120_000)
        check = page.locator(".jp-CodeCell", has_text="Where χ is 1 nothing changes")

        answer(
            page, "def gradient_factor", "def gradient_factor(chi, layers):\n    return chi ** (layers / 2)"
        )
        check.get_by_text("AssertionError: With one layer, the first is the last").wait_for(timeout=60_000)
        answer(
            page,
            "def gradient_factor",
            "def gradient_factor(chi, layers):\n    return chi ** ((layers - 1) / 2)",
        )
        check.locator(".jp-OutputArea-output").wait_for(state="detached", timeout=60_000)

        menu(page, "Kernel", "Restart Kernel and Run All Cells…")
        page.get_by_role("button", name="Confirm Kernel Restart").click()
        second = page.locator(".jp-CodeCell", has_text="This model has 3 kernels")
        second.get_by_text("NotImplementedError: Write your answer in place").wait_for(
            timeout=PATIENCE * 1000
        )
        assert check.locator(".jp-OutputArea-output").count() == 0
        assert page.get_by_role("link", name="the solution").count() == 1
        page.close()


def answer(page, beginning, text):
    """Write into the cell that begins so, and run it and the check below it."""
    editor = page.locator(".jp-CodeCell", has_text=beginning).first.locator(".cm-content")
    editor.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")


def test_a_chapter_runs_by_plain_nbconvert_outside_the_repository(tmp_path):
    stored = chapter_of("00").notebook
    shutil.copy(stored, tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "nbconvert", "--execute", "--to", "notebook", "--output", "done",
         stored.name],
        cwd=tmp_path,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found, expected = nbformat.read(tmp_path / "done.ipynb", 4), nbformat.read(stored, 4)
    kinds = [[sorted(o.get("data", {})) for _, o in outputs(one) if "data" in o] for one in (found, expected)]
    assert kinds[0] == kinds[1]
    assert not any(WIDGET in o.get("data", {}) for _, o in outputs(found))
