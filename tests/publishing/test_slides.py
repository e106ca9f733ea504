"""Lectures: composed by rule from a chapter's cells, whole in themselves, and nothing of them beyond its slide."""

import re
import shutil

import nbformat
import pytest
from conftest import SAMPLE, make_course

from dlcourse.publishing import chapters, checks, excerpts, lecture, pairing, slides, tools

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAMAAAABCAAAAAA+i0toAAAADElEQVR42mP4//8/AAX+Av4zEpUUAAAAAElFTkSuQmCC"
"""A PNG of three pixels by one."""

VIEWS = [(1280, 720), (1920, 1080)]
MEASURE = """() => {
  const slide = document.querySelector(".reveal .slides section.present"), box = slide.getBoundingClientRect();
  const scale = box.width / slide.offsetWidth, wrong = [];
  for (const element of slide.querySelectorAll("*")) {
    if (element.closest("aside, math, .fragment:not(.visible)")) continue;
    const own = element.getBoundingClientRect();
    const over = Math.max(own.bottom - box.bottom, own.right - box.right, box.left - own.left) / scale;
    const text = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (own.width && over > 0.5) wrong.push(`${over.toFixed(0)} px over: ${element.textContent.trim().slice(0, 60)}`);
    if (own.width && text && parseFloat(getComputedStyle(element).fontSize) < 20)
      wrong.push(`small text: ${element.textContent.slice(0, 60)}`);
  }
  for (const image of slide.querySelectorAll("img")) if (!image.naturalWidth) wrong.push(`broken: ${image.alt}`);
  for (const formula of slide.querySelectorAll(".maths"))
    if (formula.scrollWidth > formula.clientWidth + 1) wrong.push("a formula is wider than the slide");
  for (const code of slide.querySelectorAll("pre"))
    if (code.scrollWidth > code.clientWidth + 1) wrong.push("code is wider than its box");
  for (const maths of slide.querySelectorAll("math"))
    if (!maths.getBoundingClientRect().width && !maths.closest("aside")) wrong.push("an empty formula");
  if (/[^\\\\]\\$[^$]+\\$/.test(slide.innerText)) wrong.push("a formula that is not shown as one");
  return wrong;
}"""


def markdown(source, slide_type="-"):
    return nbformat.v4.new_markdown_cell(source, metadata={"slideshow": {"slide_type": slide_type}})


def picture(caption="**Figure.** It rises."):
    data = nbformat.v4.new_output(
        "display_data", {"image/png": PIXEL}, metadata={"image/png": {"alt": "a line"}}
    )
    return nbformat.v4.new_code_cell("draw()", outputs=[data, said(caption)])


def said(text):
    return nbformat.v4.new_output("display_data", {"text/markdown": text})


def chapter_of(sections, claims=()):
    """A chapter of that many like sections; those numbered in ``claims`` measure a claim of the article."""
    cells = [
        markdown("# Chapter 01 · A sample · 样例\n\nOne sentence.\n\n**After this chapter you can** count.")
    ]
    for number in range(sections):
        cells += [
            markdown(f"## Question {number}?\n\nWhy ask?\n\n**Predict before you run.** More, or less?"),
            markdown(f"The idea is a line:\n\n$$y = {number} x$$"),
            nbformat.v4.new_code_cell(
                'def f(x):\n    """Twice."""\n    y = 2 * x\n    return y\n', metadata={"tags": ["lecture:f"]}
            ),
            nbformat.v4.new_code_cell("def unasked():\n    return 1\n"),
            picture(),
            nbformat.v4.new_code_cell(
                "measure()", outputs=[said(f"**{'A2.1.1' if number in claims else 'C01.1'}** it rises: ⟨1⟩.")]
            ),
            markdown("Did you say less? It is more."),
        ]
    cells.append(markdown("## Exercises\n\n1. Count."))
    return nbformat.v4.new_notebook(cells=cells)


def kinds(talk):
    return [
        cell.metadata["lecture"].split()[0]
        for cell in talk.cells
        if cell.metadata["slideshow"]["slide_type"] == "slide"
    ]


def test_a_short_chapter_shows_all_that_it_has():
    talk = lecture.compose(chapter_of(2))
    assert kinds(talk) == ["title", *["question", "idea", "figure"] * 2, "closing"]
    notes = [cell for cell in talk.cells if cell.metadata["slideshow"]["slide_type"] == "notes"]
    assert len(notes) == lecture.count(talk) and all(re.match(r"\d minute", cell.source) for cell in notes)
    assert "It is more." in notes[1].source  # the section's whole text
    code = next(cell for cell in talk.cells if cell.source.startswith("```python"))
    assert "Twice." in [cell.source for cell in talk.cells] and "unasked" not in str(talk)
    assert code.source == "```python\ndef f(x):\n    y = 2 * x\n    return y\n```"


@pytest.mark.parametrize("sections", [1, 7, 14, 20, 40])
def test_a_lecture_has_at_most_thirty_slides(sections):
    talk = lecture.compose(chapter_of(sections))
    assert lecture.count(talk) <= lecture.MOST
    shown = kinds(talk)
    assert shown.count("question") == shown.count("figure") > 0  # no question without its answer


def test_where_there_is_no_room_the_articles_claims_come_first():
    talk = lecture.compose(chapter_of(20, claims={18, 19}))
    text = "\n".join(
        cell.source for cell in talk.cells if cell.metadata["slideshow"]["slide_type"] == "slide"
    )
    assert "## Question 18?" in text and "## Question 19?" in text and "## Question 17?" not in text
    closing = talk.cells[-2].source  # names what is left to the chapter
    left = 20 - kinds(talk).count("question")
    assert "- Question 7?\n" in closing and closing.endswith(f"- and {left - 6} more")


def test_the_prediction_comes_as_a_fragment_before_the_answer():
    talk = lecture.compose(chapter_of(1))
    types = [
        (cell.metadata["lecture"].split()[0], cell.metadata["slideshow"]["slide_type"]) for cell in talk.cells
    ]
    assert types.index(("question", "fragment")) < types.index(("figure", "slide"))


def test_a_section_can_be_left_out_of_the_lecture():
    notebook = chapter_of(2)
    notebook.cells[1].metadata["slideshow"]["slide_type"] = "skip"
    talk = lecture.compose(notebook)
    assert not any("Question 0?" in cell.source for cell in talk.cells)


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("One. Two words. Three words here.", 3, "One. Two words."),
        ("A long sentence is kept whole. Not this.", 2, "A long sentence is kept whole."),
        ("With $a. B$ inside. Next.", 4, "With $a. B$ inside."),
        ("By 3.5 % it grew. So what?", 5, "By 3.5 % it grew."),
    ],
)
def test_sentences_are_cut_whole(text, most, expected):
    assert excerpts.first_sentences(text, most) == expected


SHOWN = '''```python
class Cell:
    def step(self, x, state):
        """A step.

        More.
        """
        if x.ndim != 2:
            raise ValueError(
                "no batch"
            )

        new = x + state  # the idea
        if new.any():
            new = new / 2
        return new

    def other(self):
        pass
```'''


def test_a_lectures_code_is_cut_to_the_lines_that_matter():
    about, source = excerpts.function(SHOWN, "step")
    assert about == "A step."
    assert source.splitlines() == [
        "def step(self, x, state):",
        "    new = x + state  # the idea",
        "    if new.any():",
        "        new = new / 2",
        "    return new",
    ]
    assert excerpts.function("def f(\n    a,\n):\n    return a\n\n\nf(1)\n", "f") == (
        "",
        "def f(\n    a,\n):\n    return a",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "neither defines nor shows"),
        ("def f():\n" + "    x = 1\n" * 20, "21 lines"),
    ],
)
def test_a_tag_for_code_that_no_slide_can_show_says_so(text, message):
    with pytest.raises(ValueError, match=f"lecture:f.*{message}"):
        excerpts.function(text, "f")


# Decks, in a browser


@pytest.fixture(scope="module")
def reveal():
    try:
        return tools.reveal(chapters.root())
    except tools.ToolMissing as error:
        pytest.skip(f"no reveal.js: {error}")


def walk(browser, path, views=VIEWS):
    """What is wrong with a deck: a list of sentences, and the number of slides."""
    wrong, count = [], 0
    for width, height in views:
        page = browser.new_page(viewport={"width": width, "height": height})
        found, count = walk_once(page, path)
        wrong += [f"{sentence} ({width}x{height})" for sentence in found]
        page.close()
    return wrong, count


def walk_once(page, path):
    wrong = []
    page.on("console", lambda message: wrong.append(f"the console says: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"a script fails: {error}"))
    page.on(
        "request",
        lambda sent: sent.url.startswith(("file:", "data:")) or wrong.append(f"asks for {sent.url}"),
    )
    page.goto(path.absolute().as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    count = page.evaluate("Reveal.getTotalSlides()")
    for number in range(count):
        page.evaluate(f"Reveal.slide({number})")
        page.evaluate(
            "document.querySelectorAll('.present .fragment').forEach(f => f.classList.add('visible'))"
        )
        wrong += [f"slide {number + 1}: {what}" for what in page.evaluate(MEASURE)]
    return wrong, count


@pytest.mark.parametrize("chapter", [c for c in chapters.find() if c.notebook.exists()], ids=lambda c: c.id)
def test_nothing_leaves_its_slide(chapter, reveal, browser, tmp_path):
    content, expected = slides.deck(chapter, pairing.read_notebook(chapter.notebook), reveal)
    path = tmp_path / f"{chapter.id}.html"
    path.write_text(content, encoding="utf-8")
    wrong, count = walk(browser, path)
    assert wrong == [] and count == expected
    assert 15 <= count <= 30
    assert [alt for alt in checks.alternative_texts(content) if "share" not in alt] == []


def spoilt(content, reveal, browser, tmp_path):
    path = tmp_path / "spoilt.html"
    path.write_text(content, encoding="utf-8")
    return "\n".join(walk(browser, path, VIEWS[:1])[0])


def at_the_end(page, what):
    before, end = page.rsplit("</body>", 1)  # reveal.js' notes hold that word too
    return f"{before}{what}</body>{end}"


def test_the_walk_finds_what_it_looks_for(reveal, browser, tmp_path):
    course = make_course(tmp_path / "course", **{"01_sample": SAMPLE})
    [chapter] = chapters.find(course)
    good, _ = slides.deck(chapter, chapter_of(1), reveal)
    assert "broken: a line" in spoilt(good.replace(PIXEL, "AAAA"), reveal, browser, tmp_path)
    long = "<p>" + "word " * 900 + "</p>"
    for bad, found in [
        (good.replace("<p>Why ask?</p>", long), "px over"),
        (good.replace("<p>Why ask?</p>", '<p style="font-size: 12px">tiny</p>'), "small text"),
        (good.replace("<p>Why ask?</p>", "<p>With $x$</p>"), "not shown as one"),
        (good.replace("<p>Why ask?</p>", f'<div class="maths">{"x" * 200}</div>'), "wider than the slide"),
        (good.replace("<p>Why ask?</p>", f"<pre>{'x' * 120}</pre>"), "code is wider"),
        (at_the_end(good, "<script>console.error('oops')</script>"), "oops"),
        (at_the_end(good, "<img src='http://127.0.0.1:9/x.png'>"), "127.0.0.1"),
    ]:
        assert found in spoilt(bad, reveal, browser, tmp_path), found


def test_the_pdf_has_a_page_a_slide(reveal, browser, tmp_path):
    chapter = next(c for c in chapters.find() if c.notebook.exists())
    content, count = slides.deck(chapter, pairing.read_notebook(chapter.notebook), reveal)
    (tmp_path / "a" / "b").mkdir(parents=True)
    path = tmp_path / "a" / "b" / "deck.html"
    path.write_text(content, encoding="utf-8")
    script = (
        "import pathlib, sys; from dlcourse.publishing import slides;"
        "slides.print_pdf(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[1]).with_suffix('.pdf'))"
    )
    import subprocess  # a process of its own: the driver's loop runs once a process
    import sys

    subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    pages = re.findall(rb"/Type\s*/Page\b", path.with_suffix(".pdf").read_bytes())
    assert len(pages) == count
    page = browser.new_page()
    page.goto(f"{path.absolute().as_uri()}?print-pdf")
    page.wait_for_selector(".pdf-page")
    margins = page.evaluate("""() => [...document.querySelectorAll(".pdf-page")].map(sheet =>
        sheet.querySelector("h1, h2, h3").getBoundingClientRect().left - sheet.getBoundingClientRect().left)""")
    page.close()
    assert len(margins) == count and min(margins) > 40  # reveal.js takes the padding of slides away in print


def test_without_a_browser_the_message_says_what_to_do(monkeypatch):
    monkeypatch.delenv("DLCOURSE_BROWSER", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(tools.ToolMissing, match="install Chromium"):
        tools.browser()
