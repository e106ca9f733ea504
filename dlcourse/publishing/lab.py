"""JupyterLab on a learner's own copies of the chapters, or on the chapters themselves."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat

from dlcourse import __version__, files
from dlcourse.publishing import assignments, pairing
from dlcourse.publishing import chapters as all_chapters
from dlcourse.reproducibility import ENVIRONMENT

COPIES = "work"
SOLUTION = "solution.ipynb"
NOT_IN_LAB = ("TQDM_DISABLE", "CUDA_VISIBLE_DEVICES")
"""For stored outputs alone: a learner sees progress bars, and uses a graphics card that there is."""
QUIET = (
    # nobody is asked whether to fetch news, and the lock says which version it is; a user's own settings come first
    f"--LabApp.app_settings_dir={Path(__file__).parent / 'templates' / 'lab'}",
    "--LanguageServerManager.autodetect=False",  # or all that aren't there would be listed
)
"""What JupyterLab does by itself and the course doesn't need."""


def copies(chapters, say=print):
    """Make the learner's copies that are missing. One that is there is never touched.

    A copy has no outputs, so that a prediction comes before its answer, and no pair among the text sources. Of an
    assignment it is what learners get; its solution stands beside.

    Args:
        chapters: list of Chapter and Assignment.
        say: called with why a chapter can't be copied.

    Returns:
        list of (Chapter, path of the copy, what was done): "made"; "kept"; "older", kept though the chapter has changed
        since it was copied; "older package", kept though names of the package may have changed since then; "refused",
        where the chapter's files are in conflict or can't be read.
    """
    done = []
    for chapter in chapters:
        path = chapter.root / COPIES / chapter.notebook.relative_to(chapter.root / "notebooks")
        try:
            notebook = pairing.pair(chapter).notebook
        except (pairing.Conflict, ValueError) as error:
            say(f"{chapter.name}: {error}")
            done.append((chapter, path, "refused"))
            continue
        version = pairing.cells_fingerprint(notebook)
        if path.exists():
            done.append((chapter, path, _age(_stamp(path), version)))
            continue
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        pairing.normalise(notebook)
        notebook.metadata["dlcourse"] = {"copy_of": version, "package": __version__}
        if isinstance(chapter, assignments.Assignment):
            notebook = _with_its_solution(chapter, notebook, path.parent)
        files.write(path, pairing.notebook_text(notebook))
        done.append((chapter, path, "made"))
    return done


def self_tests(root):
    """Put the self-tests, a page of the site, into the learner's folder as a notebook; one that is there stays."""
    page, path = root / "docs" / "self_tests.md", root / COPIES / "self_tests.ipynb"
    if path.exists() or not page.exists():
        return
    text = files.text(page).replace("](chapters/", "](").replace("<!-- the map -->", _what_needs_what(root))
    texts = re.split(r"\n(?=## |\*\*\d+\.\*\* )", text)
    cells = [nbformat.v4.new_markdown_cell(one.strip(), id=f"cell-{n}") for n, one in enumerate(texts)]
    files.write(path, pairing.notebook_text(pairing.normalise(nbformat.v4.new_notebook(cells=cells))))


def _what_needs_what(root):
    """The map of the chapters as a table in Markdown."""
    rows = [
        f"| [{one.id}]({one.notebook.name}) {one.titles[0]} | {', '.join(one.needs) or '–'} |"
        for one in all_chapters.find(root)
    ]
    return "\n".join(["| chapter | needs |", "| --- | --- |", *rows])


def _with_its_solution(assignment, notebook, folder):
    """What learners get of an assignment; what it needs, and its solution, are put into the folder beside it."""
    for path in assignments.enclosed(assignment):
        files.write(folder / path.relative_to(assignment.folder), path.read_bytes())
    files.write(folder / SOLUTION, pairing.notebook_text(notebook))
    released = assignments.release(notebook)
    text = f"When you have tried all of it: [the solution · 答案]({SOLUTION}), with the tests that aren't shown here."
    released.cells.append(nbformat.v4.new_markdown_cell(text, id="solution"))
    return released


def _stamp(path):
    """What a copy was made from: the chapter's fingerprint and the package's version; empty where it doesn't say."""
    try:
        return dict(pairing.read_notebook(path).metadata["dlcourse"])
    except Exception:  # whatever a learner made of the file is theirs
        return {}


def _age(stamp, version):
    if stamp and stamp.get("package") != __version__:
        return "older package"
    return "kept" if stamp.get("copy_of") in (version, None) else "older"


def environment():
    """The environment variables of the server and its kernels; what the user has set stays as it is."""
    chosen = {name: value for name, value in ENVIRONMENT.items() if name not in NOT_IN_LAB}
    # prefer this environment's kernel to one of the same name in the user's home
    return {"JUPYTER_PREFER_ENV_PATH": "1", **chosen, **os.environ}


def command(root, first, *, edit=False, more=()):
    """The command that starts JupyterLab.

    Args:
        root: the repository's folder.
        first: the Chapter to open.
        edit: open the chapters themselves, paired with their sources, instead of the copies.
        more: further arguments for JupyterLab.
    """
    folder = root if edit else root / COPIES
    opened = f"notebooks/{first.notebook.name}" if edit else first.notebook.name
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.ip=localhost",
        # a chapter that was refused has no copy: then the folder is shown
        f"--LabApp.default_url=/lab{f'/tree/{opened}' if (folder / opened).exists() else ''}",
        *QUIET,
        *more,
    ]


def start(root, first, *, edit=False, more=()):
    """Run JupyterLab until it is stopped.

    Returns:
        int: its exit status.
    """
    folder = root if edit else root / COPIES
    arguments = command(root, first, edit=edit, more=more)
    if os.name == "posix":  # take this process's place, so that Ctrl-C and signals reach JupyterLab alone
        os.chdir(folder)
        os.execve(arguments[0], arguments, environment())
    return subprocess.call(arguments, cwd=folder, env=environment())
