"""Lectures as slides: one HTML file each, by reveal.js, complete in itself; or as PDF."""

import base64
import html
import re
import struct
from pathlib import Path

import jinja2

from dlcourse import files
from dlcourse.publishing import fonts, lecture, markdown, pairing, tools
from dlcourse.publishing import html as cells

TEMPLATES = Path(__file__).parent / "templates"
WIDTH, HEIGHT = 1280, 720
BESIDE = 1.75
"""A picture that is less than so many times as wide as it is high has its text beside it, a wider one below."""


def build(chapters, *, pdf=False, executed=None, say=print):
    """Write build/slides/ID.html for chapters as they are stored, and ID.pdf with ``pdf``.

    Args:
        chapters: list of Chapter; one without a notebook is left out, and said so.
        pdf: whether to print the slides as well, by a browser.
        executed: dict from a chapter's name to a notebook to take instead of the stored one.
        say: called with each line of the report.

    Returns:
        list of Path: the files, also where they were up to date.

    Raises:
        tools.ToolMissing: where reveal.js, or for ``pdf`` a browser, can't be had.
        markdown.MarkdownError: where a formula or figure can't be shown.
        lecture.LectureError: where predictions and answers don't alternate; the other chapters' are written.
    """
    written, wrong, executed = [], [], executed or {}
    for chapter in chapters:
        if chapter.name not in executed and not chapter.notebook.exists():
            say(f"{chapter.id}: no notebook yet; `dlcourse notebooks` makes it")
            continue
        notebook = executed.get(chapter.name) or pairing.read_notebook(chapter.notebook)
        talk = lecture.slides(notebook)
        if found := lecture.unanswered(talk):
            wrong += [f"chapter {chapter.id}: {sentence}" for sentence in found]
            continue
        path = chapter.root / "build" / "slides" / f"{chapter.id}.html"
        files.write(path, deck(chapter, talk, tools.reveal(chapter.root)))
        written.append(path)
        if pdf:
            written.append(path.with_suffix(".pdf"))
            print_pdf(path, written[-1])
        minutes = sum(slide.minutes for slide in talk)
        say(f"{chapter.id}: {len(talk)} slides, about {minutes:.0f} minutes, {written[-1]}")
    if wrong:
        raise lecture.LectureError("\n".join(wrong))
    return written


def deck(chapter, talk, reveal):
    """A chapter's slides.

    Args:
        chapter: Chapter.
        talk: list of lecture.Slide.
        reveal: folder of reveal.js' distribution.

    Returns:
        str: HTML that loads nothing.

    Raises:
        markdown.MarkdownError: where a formula or figure can't be shown.
    """
    renderer = markdown.Renderer(chapter.notebook.parent)
    styles = [reveal / "reset.css", reveal / "reveal.css"]
    own = [TEMPLATES / "colours.css", TEMPLATES / "lecture" / "lecture.css"]
    template = (TEMPLATES / "lecture" / "index.html.j2").read_text(encoding="utf-8")
    content = jinja2.Template(template, trim_blocks=True).render(
        title=html.escape(" · ".join(title for title in chapter.titles if title)),
        columns=_columns(talk),
        shown=lambda cell: _shown(cell, renderer),
        layout=_layout,
        running=lambda slide: _running(slide, renderer),
        scripts="\n".join(_script(reveal / name) for name in ("reveal.js", "plugin/notes.js")),
        styles="\n".join(path.read_text(encoding="utf-8") for path in (*styles, *own)),
        width=WIDTH,
        height=HEIGHT,
    )
    return content.replace("/* the formulas' font */", fonts.face(content), 1)


def _columns(talk):
    """The slides by columns: each begins with a slide, its sub-slides below."""
    columns = []
    for slide in talk:
        if slide.below:
            columns[-1].append(slide)
        else:
            columns.append([slide])
    return columns


def _shown(cell, renderer):
    """A cell as HTML."""
    if cell.cell_type == "markdown":
        return renderer.render(lecture.text_of(cell))
    code = markdown.code(cell.source) if lecture.shows_code(cell) else ""
    return code + cells.outputs(cell.outputs, renderer)


def _running(slide, renderer):
    """The section's title, as HTML, for a slide that has no heading of its own."""
    first = slide.cells[0]
    if first.cell_type == "markdown" and first.source.lstrip().startswith("#"):
        return ""
    return renderer.inline(markdown.bound(slide.section))


def _layout(slide):
    """Classes of a slide: what it shows, and for a picture that isn't wide, that the text has room beside it."""
    if slide.begins.startswith("# "):
        return "title"
    pictures = [
        output["data"]["image/png"]
        for cell in slide.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    if not pictures:
        return "text"
    width, height = struct.unpack(">II", base64.b64decode(pictures[0])[16:24])
    beside = len(pictures) == 1 and width < BESIDE * height and not slide.counts["lines of code"]
    return "figure beside" if beside else "figure"


def _script(path):
    """A script that may stand inside an HTML page."""
    return re.sub(r"</(script)", r"<\\/\1", path.read_text(encoding="utf-8"))


def print_pdf(path, target):
    """Print a deck, one page a slide with all its fragments shown.

    Args:
        path: of the deck's HTML.
        target: of the PDF; it appears whole or not at all.

    Raises:
        tools.ToolMissing: where there is no browser, or no driver for it.
    """
    tools.install(Path(path).parents[2])
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=tools.browser(), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{Path(path).absolute().as_uri()}?print-pdf")
        page.wait_for_selector(".pdf-page")
        page.wait_for_function("[...document.images].every(image => image.complete)")
        content = page.pdf(prefer_css_page_size=True, print_background=True)
        browser.close()
    files.write(target, content)
