"""Lectures as slides: one HTML file each, by nbconvert and reveal.js, complete in itself; or as PDF."""

import html
import re
from pathlib import Path

from nbconvert.exporters import SlidesExporter

from dlcourse import files
from dlcourse.publishing import fonts, lecture, markdown, pairing, tools
from dlcourse.publishing import html as cells

TEMPLATES = Path(__file__).parent / "templates"
WIDTH, HEIGHT = 1280, 720


class Lecture(SlidesExporter):
    """nbconvert's slides, with the course's own template and its own Markdown, which needs no script for formulas.

    Args:
        renderer: markdown.Renderer.
    """

    template_name = "lecture"
    extra_template_basedirs = [str(TEMPLATES)]  # noqa: RUF012 - the value of a traitlet

    def __init__(self, renderer, **options):
        self.renderer = renderer
        super().__init__(**options)

    def default_filters(self):
        """nbconvert's filters, and the two that the template shows cells by."""
        yield from super().default_filters()
        yield "course_markdown", self.renderer.render
        yield "course_outputs", lambda outputs: cells.outputs(outputs, self.renderer)


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
    """
    written, executed = [], executed or {}
    for chapter in chapters:
        if chapter.name not in executed and not chapter.notebook.exists():
            say(f"{chapter.id}: no notebook yet; `dlcourse notebooks` makes it")
            continue
        notebook = executed.get(chapter.name) or pairing.read_notebook(chapter.notebook)
        content, count = deck(chapter, notebook, tools.reveal(chapter.root))
        path = chapter.root / "build" / "slides" / f"{chapter.id}.html"
        files.write(path, content)
        written.append(path)
        if pdf:
            written.append(path.with_suffix(".pdf"))
            print_pdf(path, written[-1])
        say(f"{chapter.id}: {count} slides, {written[-1]}")
    return written


def deck(chapter, notebook, reveal):
    """A chapter's slides.

    Args:
        chapter: Chapter.
        notebook: its executed notebook.
        reveal: folder of reveal.js' distribution.

    Returns:
        (str, int): HTML that loads nothing, and the number of slides.

    Raises:
        markdown.MarkdownError: where a formula or figure can't be shown.
    """
    exporter = Lecture(markdown.Renderer(chapter.notebook.parent))
    talk = lecture.compose(notebook)
    styles = [reveal / "reset.css", reveal / "reveal.css"]
    own = [TEMPLATES / "colours.css", TEMPLATES / "lecture" / "lecture.css"]
    resources = {
        "title": html.escape(" · ".join(title for title in chapter.titles if title)),
        "scripts": "\n".join(_script(reveal / name) for name in ("reveal.js", "plugin/notes.js")),
        "styles": "\n".join(path.read_text(encoding="utf-8") for path in (*styles, *own)),
        "width": WIDTH,
        "height": HEIGHT,
    }
    content, _ = exporter.from_notebook_node(talk, resources={"lecture": resources})
    return content.replace("/* the formulas' font */", fonts.face(content), 1), lecture.count(talk)


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
