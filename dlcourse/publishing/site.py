"""The site: its pages gathered from what is stored, and built by Sphinx into build/site."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat

from dlcourse import files
from dlcourse.publishing import fonts, pairing, site_pages, site_reference, tools

CONTROLS = (  # (what the theme writes, what it is to be)
    (re.compile(r'<summary>(?=<span class="toctree-toggle")'), '<summary aria-label="Pages below this one">'),
    (re.compile(r'(<button class="btn search-button-field[^>]*?) aria-label="Search"'), r"\1"),
    (
        re.compile(r'<summary aria-label="Toggle hidden content">'),
        "<summary>",
    ),  # it says itself what it shows
)


class SiteError(RuntimeError):
    """The site could not be built; the message has what Sphinx said."""


def build(chapters, *, root, target=None, executed=None, say=print):
    """Build build/site from the notebooks as they are stored. Nothing is executed, TensorFlow isn't loaded.

    Args:
        chapters: list of Chapter; one without a notebook is left out, and said so.
        root: the repository's folder.
        target: folder of the site, instead of build/site. It takes the old one's place when the new one is whole.
        executed: dict from a chapter's name to a notebook to show instead of the stored one.
        say: called with each line of the report.

    Returns:
        Path: the site's first page.

    Raises:
        tools.ToolMissing: where Sphinx can't be had.
        SiteError: where Sphinx warns of anything.
        site_pages.PageError: where a stored notebook can't be shown.
    """
    tools.install(root)
    begun = time.time()
    target = Path(target or root / "build" / "site")
    pages, draft = target.with_name(f"{target.name}-pages"), target.with_name(f"{target.name}-draft")
    for folder in (pages, draft):
        shutil.rmtree(folder, ignore_errors=True)
    gather(chapters, root, pages, say, executed or {})
    sphinx(root / "docs", pages, draft)
    shutil.rmtree(pages)
    finish(draft)
    replace(draft, target)
    count = sum(1 for _ in target.rglob("*.html"))
    say(f"{count} pages in {time.time() - begun:.0f} s: {target / 'index.html'}")
    return target / "index.html"


def gather(chapters, root, folder, say=print, executed=()):
    """Write the pages that Sphinx reads into ``folder``: those of docs/, and those that are generated."""
    executed = dict(executed)
    stored = [chapter for chapter in chapters if chapter.name in executed or chapter.notebook.exists()]
    for chapter in chapters:
        if chapter not in stored:
            say(f"{chapter.id}: no notebook yet; `dlcourse notebooks` makes it")
    notebooks = {
        chapter.name: executed.get(chapter.name) or pairing.read_notebook(chapter.notebook)
        for chapter in stored
    }
    docs = root / "docs"
    for path in docs.glob("*.md"):
        files.write(folder / path.name, path.read_text(encoding="utf-8"))
    files.write(folder / "_static" / "site.css", (docs / "site.css").read_text(encoding="utf-8"))
    files.write(folder / "_static" / fonts.FONT.name, fonts.FONT.read_bytes())
    files.write(folder / "_static" / "stix-two-root.woff", fonts.low_root())

    listed, entries = site_pages.chapters_list(stored)
    first = (docs / "index.md").read_text(encoding="utf-8")
    first = first.replace("<!-- the chapters -->", listed).replace("<!-- the chapters' toctree -->", entries)
    files.write(folder / "index.md", first)
    for chapter in stored:
        shown, pictures = site_pages.chapter(notebooks[chapter.name], chapter.name)
        files.write(folder / "chapters" / f"{chapter.name}.ipynb", nbformat.writes(shown))
        for name, content in pictures.items():
            files.write(folder / "chapters" / name, content)

    measured = site_pages.records(stored, notebooks)
    sections, claimed = site_pages.article(docs / "claims.toml")
    own = "```{toctree}\n:hidden:\n\nown\n```\n"
    files.write(
        folder / "claims" / "index.md", f"{site_pages.claims(sections, claimed, measured, stored)}\n{own}"
    )
    files.write(folder / "claims" / "own.md", site_pages.own_claims(measured, stored))
    files.write(folder / "glossary.md", site_pages.glossary(stored, notebooks))

    studies = root / "benchmarks"
    files.write(folder / "benchmarks.md", site_pages.benchmarks(studies, stored))
    shutil.copytree(studies / "results", folder / "results")

    reference = site_reference.pages(Path(__file__).parents[1])
    for name, text in reference.items():
        files.write(folder / "reference" / f"{name}.md", text)
    files.write(folder / "reference" / "index.md", _reference_index(reference))


def _reference_index(reference):
    rows = [
        f"| [{site_reference.title(text)}]({name}.md) | {site_reference.summary(text)} |"
        for name, text in reference.items()
    ]
    lead = "What the chapters import: public functions and classes, with shapes and errors, from their docstrings."
    tree = "```{toctree}\n:hidden:\n\n" + "\n".join(reference) + "\n```"
    return "\n".join(
        ["# Package reference", "", lead, "", "| module | about |", "| --- | --- |", *rows, "", tree, ""]
    )


def sphinx(settings, pages, target):
    """Run Sphinx, warnings as errors.

    Raises:
        SiteError: where it warns or fails.
    """
    read = target.with_name(f"{target.name}-read")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-E",
        "-q",
        "-b",
        "html",
        "-c",
        str(settings),
    ]
    command += ["-D", f"html_static_path={pages / '_static'}", "-d", str(read), str(pages), str(target)]
    variables = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
    for rest in (read, target.with_name("jupyter_execute")):  # MyST-NB leaves the latter beside its target
        shutil.rmtree(rest, ignore_errors=True)
    if done.returncode:
        said = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr or done.stdout).strip()
        raise SiteError(f"Sphinx objects to pages in {pages}:\n{said[-6000:]}")


def finish(folder):
    """Give the theme's controls the names that screen readers say, and drop what only Sphinx reads."""
    for name in (".buildinfo", "objects.inv"):
        (folder / name).unlink(missing_ok=True)
    for path in (folder / "_static").glob("*macros.html"):
        path.unlink()
    for path in folder.rglob("*.html"):
        content = path.read_text(encoding="utf-8")
        for found, better in CONTROLS:
            content = found.sub(better, content)
        path.write_text(content, encoding="utf-8")


def replace(new, old):
    """Put the folder ``new`` in the place of ``old``, which stays whole until then."""
    aside = old.with_name(f"{old.name}-old")
    shutil.rmtree(aside, ignore_errors=True)
    if old.exists():
        os.replace(old, aside)
    os.replace(new, old)
    shutil.rmtree(aside, ignore_errors=True)
