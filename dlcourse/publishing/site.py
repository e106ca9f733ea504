"""The site: its pages gathered from what is stored, and built by Sphinx into build/site."""

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import nbformat

from dlcourse import files
from dlcourse.publishing import (
    course_map,
    fonts,
    lecture,
    markdown,
    pairing,
    site_pages,
    site_reference,
    site_search,
    slides,
    tools,
)

CONTROLS = (  # (what the theme writes, what it is to be)
    (re.compile(r'<summary>(?=<span class="toctree-toggle")'), '<summary aria-label="Pages below this one">'),
    (re.compile(r'(<button class="btn search-button-field[^>]*?) aria-label="Search"'), r"\1"),
    (
        re.compile(r'<summary aria-label="Toggle hidden content">'),
        "<summary>",
    ),  # it says itself what it shows
    (re.compile(r'<script src="[^"]*(?:searchtools|language_data|searchindex)\.js"></script>\s*'), ""),
)

ENTRY = re.compile(
    r'(<a class="[^"]*\breference internal[^"]*" href="[^"]*">'
    rf"[^<{markdown.HAN}]*?)(?: ·)? ([{markdown.HAN}][^<]*?)(?=\s*</a>)"
)
"""An entry of the side bar, whose Chinese has a line of its own."""

UNUSED = (
    ".buildinfo",
    "objects.inv",
    "searchindex.js",
    "_static/searchtools.js",
    "_static/language_data.js",
    "_static/base-stemmer.js",
    "_static/english-stemmer.js",
)
"""What Sphinx writes for others, or for its own search, whose place docs/search.js takes."""

MAP = "Map of the chapters: an arrow leads from a chapter to one that needs it. The list of chapters says the same."


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
    chosen, stored = settings(root), notebooks(chapters, executed or {})
    decks = lectures(chapters, stored, root, say)
    gather(chapters, root, pages, say, stored, decks=set(decks), chosen=chosen)
    sphinx(root / "docs", pages, draft)
    shutil.rmtree(pages)
    finish(draft, chosen["other_names"])
    for name, content in decks.items():
        files.write(draft / "slides" / f"{name}.html", content)
    for name, notebook in stored.items():
        files.write(draft / "notebooks" / f"{name}.ipynb", pairing.notebook_text(notebook))
    replace(draft, target)
    count = sum(1 for _ in target.rglob("*.html"))
    say(f"{count} pages in {time.time() - begun:.0f} s: {target / 'index.html'}")
    return target / "index.html"


def settings(root):
    """What docs/settings.toml says: dict with ``repository``, ``branch``, ``picture`` and ``other_names``."""
    with open(root / "docs" / "settings.toml", "rb") as file:
        return tomllib.load(file)


def notebooks(chapters, executed):
    """Each chapter's notebook by the chapter's name: the executed one, else as it is stored."""
    return {
        chapter.name: executed.get(chapter.name) or pairing.read_notebook(chapter.notebook)
        for chapter in chapters
        if chapter.name in executed or chapter.notebook.exists()
    }


def lectures(chapters, stored, root, say):
    """The chapters' lectures, which the site brings along.

    Args:
        chapters: list of Chapter.
        stored: from ``notebooks``.
        root, say: see ``build``.

    Returns:
        dict: from chapter's id to HTML; without those that can't be had, which is said.
    """
    try:
        reveal = tools.reveal(root)
    except tools.ToolMissing as missing:
        say(f"The site has no slides. {str(missing).splitlines()[0]}")
        return {}
    found = {}
    for chapter in chapters:
        if chapter.name not in stored:
            continue
        try:
            deck = slides.deck(chapter, lecture.slides(stored[chapter.name]), reveal)
        except markdown.MarkdownError as error:
            say(f"{chapter.id}: the site has no slides of it. {error}")
            continue
        found[chapter.id] = deck.replace('href="../site/', 'href="../')
    return found


def gather(chapters, root, folder, say=print, executed=(), *, decks=(), chosen=None):
    """Write the pages that Sphinx reads into ``folder``: those of docs/, and those that are generated.

    Args:
        chapters, root, say, executed: see ``build``.
        folder: where to.
        decks: ids of the chapters whose slides the site has.
        chosen: from ``settings``, if that has been read.
    """
    chosen, by_name = chosen or settings(root), notebooks(chapters, dict(executed))
    stored = [chapter for chapter in chapters if chapter.name in by_name]
    for chapter in chapters:
        if chapter not in stored:
            say(f"{chapter.id}: no notebook yet; `dlcourse notebooks` makes it")
    docs = root / "docs"
    listed, entries = site_pages.chapters_list(stored)
    generated = {
        "<!-- the chapters -->": listed,
        "<!-- the chapters' toctree -->": entries,
        "<!-- the map -->": _map(stored),
        "<!-- the picture -->": site_pages.first_picture(stored, by_name, chosen["picture"]),
    }
    for path in docs.glob("*.md"):
        text = files.text(path)
        for mark, shown in generated.items():
            text = text.replace(mark, shown)
        files.write(folder / path.name, site_pages.without_absent(text, stored))
    for name in ("site.css", "search.js"):
        files.write(folder / "_static" / name, files.text(docs / name))
    files.write(folder / "_static" / fonts.FONT.name, fonts.FONT.read_bytes())
    files.write(folder / "_static" / "stix-two-root.woff", fonts.low_root())

    for chapter in stored:
        ways = site_pages.ways(chapter, chapter.id in decks, chosen["repository"], chosen["branch"])
        shown, pictures = site_pages.chapter(by_name[chapter.name], chapter.name, ways)
        files.write(folder / "chapters" / f"{chapter.name}.ipynb", nbformat.writes(shown))
        for name, content in pictures.items():
            files.write(folder / "chapters" / name, content)

    measured = site_pages.records(stored, by_name)
    article = site_pages.article(docs / "claims.toml")
    own = "```{toctree}\n:hidden:\n\nown\n```\n"
    files.write(folder / "claims" / "index.md", f"{site_pages.claims(article, measured, stored)}\n{own}")
    files.write(folder / "claims" / "own.md", site_pages.own_claims(measured, stored))
    files.write(folder / "glossary.md", site_pages.glossary(stored, by_name))

    studies = root / "benchmarks"
    files.write(folder / "benchmarks.md", site_pages.benchmarks(studies, stored))
    shutil.copytree(studies / "results", folder / "results")

    reference = site_reference.pages(Path(__file__).parents[1])
    for name, text in reference.items():
        files.write(folder / "reference" / f"{name}.md", text)
    files.write(folder / "reference" / "index.md", _reference_index(reference))


def _map(chapters):
    drawn = course_map.svg(chapters, label=MAP) if chapters else ""
    return f'<div class="wide" tabindex="0">\n{drawn}\n</div>'


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


def finish(folder, other_names=()):
    """Give the theme's controls the names that screen readers say and the search its sections; drop what isn't read."""
    for name in UNUSED:
        (folder / name).unlink(missing_ok=True)
    for path in (folder / "_static").glob("*macros.html"):
        path.unlink()
    for path in folder.rglob("*.html"):
        content = path.read_text(encoding="utf-8")
        for found, better in CONTROLS:
            content = found.sub(better, content)
        content = ENTRY.sub(r'\1<span lang="zh-Hans">\2</span>', content)
        path.write_text(content, encoding="utf-8")
    files.write(folder / "_static" / "sections.js", site_search.script(folder, dict(other_names)))


def replace(new, old):
    """Put the folder ``new`` in the place of ``old``, which stays whole until then."""
    aside = old.with_name(f"{old.name}-old")
    shutil.rmtree(aside, ignore_errors=True)
    if old.exists():
        os.replace(old, aside)
    os.replace(new, old)
    shutil.rmtree(aside, ignore_errors=True)
