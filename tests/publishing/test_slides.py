"""Lectures: the cells' slide types rule, as in plain nbconvert; what is shown fits; each prediction is answered."""

import io
import re
import shutil
import subprocess
import sys

import displayed
import nbformat
import numpy as np
import pytest
from conftest import SAMPLE, make_course
from matplotlib import pyplot as plt
from nbconvert.exporters import SlidesExporter
from PIL import Image

from dlcourse import show, style
from dlcourse.publishing import chapters, checks, lecture, normalise, pairing, slides, tools

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAMAAAABCAAAAAA+i0toAAAADElEQVR42mP4//8/AAX+Av4zEpUUAAAAAElFTkSuQmCC"
"""A PNG of three pixels by one."""

VIEWS = [(1280, 720), (1920, 1080)]
SHOWN = ".reveal .slides section.present:not(.stack)"
MEASURE = """shown => {
  const slide = document.querySelector(shown), box = slide.getBoundingClientRect();
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
  const stage = slide.querySelector(".stage");
  if (stage.scrollHeight > stage.clientHeight) wrong.push(`${stage.scrollHeight - stage.clientHeight} px too high`);
  for (const image of slide.querySelectorAll("img")) {
    const own = image.getBoundingClientRect();
    if (!image.naturalWidth) wrong.push(`broken: ${image.alt}`);
    if (!image.closest("aside") && (own.height < 300 * scale || own.width < 600 * scale))
      wrong.push(`small picture: ${image.alt}`);
  }
  for (const formula of slide.querySelectorAll(".maths"))
    if (formula.scrollWidth > formula.clientWidth + 1) wrong.push("a formula is wider than the slide");
  for (const code of slide.querySelectorAll("pre"))
    if (code.scrollWidth > code.clientWidth + 1) wrong.push("code is wider than its box");
  for (const maths of slide.querySelectorAll("math"))
    if (!maths.getBoundingClientRect().width && !maths.closest("aside")) wrong.push("an empty formula");
  if (/[^\\\\]\\$[^$]+\\$/.test(slide.innerText)) wrong.push("a formula that is not shown as one");
  return wrong;
}"""


def metadata(slide_type, tags=()):
    kept = {} if slide_type is None else {"slideshow": {"slide_type": slide_type}}
    return {**kept, "tags": list(tags)} if tags else kept


def text(source, slide_type=None):
    return nbformat.v4.new_markdown_cell(source, metadata=metadata(slide_type))


def code(source, *outputs, slide_type=None, tags=()):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), metadata=metadata(slide_type, tags))


def picture():
    data = {"image/png": PIXEL}
    return nbformat.v4.new_output("display_data", data, metadata={"image/png": {"alt": "a line"}})


def said(source):
    return nbformat.v4.new_output("display_data", {"text/markdown": source})


def notebook(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


ASKED = "**Predict before you run.** More, or less?"
ANSWERED = "<details><summary>Your prediction</summary>\n\nMore, by $1$.\n\n</details>"


def talk_of(*cells):
    return lecture.slides(notebook(*cells))


def chapter_of_all_marks():
    return notebook(
        text("# Chapter 01 · A sample · 样例\n\nOne sentence.", "slide"),
        code("import this", slide_type="skip"),
        text(f"## Does it rise?\n\nWhy ask? With $x$:\n\n$$y = x$$\n\n{ASKED}", "slide"),
        text("It is simple.", "notes"),
        code("y = 2 * x", slide_type="subslide"),
        code("draw()", picture(), said("**Figure.** It rises."), slide_type="subslide", tags=["hide-input"]),
        code("measure()", said("**C01.1** held: ⟨1⟩."), slide_type="notes", tags=["hide-input"]),
        text(ANSWERED, "subslide"),
        text("And more.", "fragment"),
        text("Still more."),
        text(
            "## Exercises\n\n1. Count.\n\n<details><summary>Solution</summary>\n\nThree.\n\n</details>",
            "slide",
        ),
    )


def test_marks_mean_what_they_say():
    talk = lecture.slides(chapter_of_all_marks())
    assert [slide.below for slide in talk] == [False, False, True, True, True, False]
    assert [slide.section for slide in talk] == ["", *["Does it rise?"] * 4, "Exercises"]
    assert [[len(part.cells) for part in slide.parts] for slide in talk][4] == [1, 2]
    assert [part.fragment for part in talk[4].parts] == [False, True]
    assert [[cell.source for cell in slide.notes] for slide in talk] == [
        [],
        ["It is simple."],
        [],
        ["measure()"],
        [],
        [],
    ]


def sections(page):
    """How many slides a deck has, and how many columns."""
    body = page[page.index('<div class="slides">') :]
    depth, columns, shown = 0, 0, 0
    for tag in re.findall(r"</?section\b", body):
        depth += -1 if tag.startswith("</") else 1
        columns += tag == "<section" and depth == 1
        shown += tag == "<section" and depth == 2
    assert depth == 0
    return shown, columns


def test_plain_nbconvert_makes_the_same_slides():
    stored = normalise.normalise(chapter_of_all_marks())
    page, _ = SlidesExporter().from_notebook_node(stored)
    talk = lecture.slides(stored)
    assert sections(page) == (len(talk), sum(not slide.below for slide in talk))
    words = re.sub(r"<[^>]*>", "", page[page.index('<div class="slides">') :])
    assert "y = 2 * x" in words and "draw()" not in words and "import this" not in words
    assert "It rises." in words and "a line" not in words


def test_code_of_hidden_cells_stays_hidden_in_what_is_stored():
    [cell] = normalise.normalise(notebook(code("draw()", tags=["hide-input"]))).cells
    assert cell.metadata["jupyter"] == {"source_hidden": True}
    cell.metadata["tags"] = []
    assert set(normalise.normalise(notebook(cell)).cells[0].metadata) == {"tags"}


def test_the_answer_is_open_and_solutions_are_left_out():
    talk = lecture.slides(chapter_of_all_marks())
    assert lecture.text_of(talk[4].cells[0]).strip() == "More, by $1$."
    assert lecture.text_of(talk[5].cells[0]).strip() == "## Exercises\n\n1. Count."


def test_visible_is_counted_and_nothing_else():
    [slide] = talk_of(
        text(
            "## A heading\n\nTwo words, $x + 1$\n\n$$a \\\\ b$$\n\n[A link](http://x.org/y)\n\n```python\nx\ny\n```"
        ),
        code("z = 1\nw = 2", picture(), said("| a | b |\n| --- | --- |\n| 1 | " + "long " * 30 + "|")),
        code("a\nb\nc", tags=["hide-input"]),
        text("<details><summary>Solution</summary>\n\nMany words.\n\n</details>"),
        text("Unseen.", "notes"),
    )
    expected = {
        "words": 7,
        "lines of code": 4,
        "lines of formulas": 2,
        "figures": 1,
        "rows of tables": 3,
        "columns": 5,
    }
    assert {kind: count for kind, count in slide.counts.items() if count} == expected


@pytest.mark.parametrize("words", [1, 40, 130])
@pytest.mark.parametrize("more", [text("word " * 80), code("x = 1\n" * 8), code("", picture()), text(ASKED)])
def test_minutes_grow_with_what_is_shown(words, more):
    [short], [long] = talk_of(text("word " * words)), talk_of(text("word " * words), more)
    assert 0.5 <= short.minutes < long.minutes and short.minutes % 0.5 == 0


ROWS = "| a |\n| --- |\n" + "| 1 |\n" * 14


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([text("First.\n\n" + "word " * 130)], "131 words"),
        ([text("# Title\n\n" + "word " * 70)], "131 words"),
        ([code("x = 1\n" * 21)], "21 lines of code"),
        ([text("word " * 70), code("x = 1\n" * 11)], "70 words, 11 lines of code"),
        ([text(ROWS)], "15 rows of tables"),
        ([text("$$x$$\n\n" * 9)], "9 lines of formulas"),
        ([text("word " * 90), code("", picture())], "90 words, 1 figures"),
        ([code("x" * 72)], "a line of code of 72 characters"),
        ([code("draw()", picture(), picture())], "2 figures, where one"),
    ],
)
def test_a_slide_that_is_too_full_is_named(cells, reason):
    cells[0].metadata["slideshow"] = {"slide_type": "slide"}
    [wrong] = lecture.too_full(talk_of(text("Good."), *cells))
    first = cells[0].source.splitlines()[0][:60]
    assert reason in wrong and wrong.startswith(f"slide 2, which begins {first!r}, holds ")


@pytest.mark.parametrize(
    "cells", [[text("word " * 130)], [code("x = 1\n" * 20)], [code("x\n" * 10), text("w " * 65)]]
)
def test_a_full_slide_is_not_too_full(cells):
    assert lecture.too_full(talk_of(*cells)) == []


@pytest.mark.parametrize(
    ("slides_of", "wrong"),
    [
        ([ASKED, ANSWERED, ASKED, ANSWERED], None),
        ([ASKED, "Between.", ANSWERED.replace("><", ">\n<")], None),
        ([], None),
        ([ASKED], "the prediction of 'Why?' has no answer .* on a later slide"),
        ([ASKED, ASKED, ANSWERED], "the prediction of 'Why?' has no answer .* before the next prediction"),
        ([ANSWERED], "an answer of 'Why?' has no prediction"),
        ([ASKED, ANSWERED, ANSWERED], "an answer of 'Why?' has no prediction"),
        ([f"{ASKED}\n\n{ANSWERED}"], "the answer of 'Why?' stands on the slide of its prediction"),
    ],
)
def test_predictions_and_answers_alternate(slides_of, wrong):
    talk = talk_of(text("## Why?", "slide"), *[text(source, "subslide") for source in slides_of])
    found = lecture.unanswered(talk)
    assert (
        found == [] if wrong is None else re.search(wrong.replace("?'", r"\?'"), found[0]) and len(found) == 1
    )


def test_an_answer_in_the_notes_is_none_and_what_is_skipped_asks_nothing():
    assert lecture.unanswered(talk_of(text(ASKED, "slide"), text(ANSWERED, "notes")))
    assert not lecture.unanswered(talk_of(text("First.", "slide"), text(ASKED, "skip"), text(ASKED, "notes")))


def test_the_command_names_chapter_and_section(tmp_path, monkeypatch):
    course = make_course(tmp_path / "course", **{"01_sample": SAMPLE})
    [chapter] = chapters.find(course)
    asked = notebook(text(f"## Why?\n\n{ASKED}", "slide"))
    with pytest.raises(lecture.LectureError, match="chapter 01: the prediction of 'Why\\?' has no answer"):
        slides.build([chapter], executed={chapter.name: asked}, say=print)
    [wrong] = checks.projected(asked)
    assert "the lecture: the prediction of 'Why?'" in wrong


STORED = [c for c in chapters.find() if c.notebook.exists()]


@pytest.mark.parametrize("chapter", STORED, ids=lambda c: c.id)
def test_each_chapter_keeps_the_rules(chapter):
    stored = pairing.read_notebook(chapter.notebook)
    assert checks.projected(stored) == []
    assert 15 <= len(lecture.slides(stored)) <= 45


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
        page.evaluate(
            """number => {
              const {h, v} = Reveal.getIndices(Reveal.getSlides()[number]);
              Reveal.slide(h, v);
              document.querySelectorAll('.present .fragment').forEach(f => f.classList.add('visible'));
            }""",
            number,
        )
        wrong += [f"slide {number + 1}: {what}" for what in page.evaluate(MEASURE, SHOWN)]
    return wrong, count


@pytest.mark.parametrize("chapter", STORED, ids=lambda c: c.id)
def test_nothing_leaves_its_slide(chapter, reveal, browser, tmp_path):
    talk = lecture.slides(pairing.read_notebook(chapter.notebook))
    content = slides.deck(chapter, talk, reveal)
    assert [alt for alt in checks.alternative_texts(content) if "share" not in alt] == []
    path = tmp_path / f"{chapter.id}.html"
    path.write_text(content, encoding="utf-8")
    wrong, count = walk(browser, path)
    assert wrong == [] and count == len(talk)


FULL = [
    [text("## Words\n\n" + "\n\n".join(["some words of a length " * 8] * 3))],
    [text("## List\n\n" + "\n".join(["- " + "some words of a length " * 2] * 12))],
    [
        text("## Code"),
        code("\n".join(["x = np.array([1, 2, 3]) + network.get_weights(units) * rate"] * 19)),
    ],
    [text("## Table\n\n| a | b |\n| --- | --- |\n" + "| 1 | two |\n" * 12)],
    [text("## Formulas\n\n" + "$$a^{(l)} = \\frac{1}{2}$$\n\n" * 7)],
    [text("## Half\n\n" + "some words of a length " * 12), code("\n".join(["x = 1"] * 10))],
    [text("## Picture"), code("", picture(), said("**Figure.** " + "some words of a length " * 7))],
    [
        text("Text, then a picture: " + "some words of a length " * 7),
        code("", picture(), said("**Figure.** It rises.")),
    ],
]


def test_what_passes_the_counts_fits(reveal, browser, tmp_path):
    [chapter] = chapters.find(make_course(tmp_path / "course", **{"01_sample": SAMPLE}))
    for cells in FULL:
        cells[0].metadata["slideshow"] = {"slide_type": "slide"}
    talk = talk_of(*[cell for cells in FULL for cell in cells])
    assert len(talk) == len(FULL) and lecture.too_full(talk) == []
    path = tmp_path / "full.html"
    path.write_text(slides.deck(chapter, talk, reveal), encoding="utf-8")
    assert walk(browser, path)[0] == []


ENLARGED = """() => [...document.querySelectorAll("section.present:not(.stack) img")].map(image => {
  const own = image.getBoundingClientRect();
  return Math.min(own.width / image.naturalWidth, own.height / image.naturalHeight);
})"""


@pytest.mark.parametrize("figsize", [(5.6, 4.4), (7, 4), (10, 3.5), (12, 5)])
def test_a_figure_is_sharp_at_1080p(figsize, reveal, browser, tmp_path):
    style.apply()
    fig, ax = plt.subplots(figsize=figsize)
    ax.set(title="Sharp", xlabel="x (m)", ylabel="y (m)")
    image, caption = displayed.shown(show.figure, fig, caption="Look at the letters.", alt="Axes")
    output = nbformat.v4.new_output("display_data", image.data, metadata=image.metadata)
    [chapter] = chapters.find(make_course(tmp_path / "course", **{"01_sample": SAMPLE}))
    talk = talk_of(text("## A figure", "slide"), code("", output, said(caption.data["text/markdown"])))
    path = tmp_path / "deck.html"
    path.write_text(slides.deck(chapter, talk, reveal), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(path.as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    [enlarged] = page.evaluate(ENLARGED)
    page.close()
    assert 0.3 < enlarged < 1.15


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
    good = slides.deck(chapter, lecture.slides(chapter_of_all_marks()), reveal)
    assert spoilt(good, reveal, browser, tmp_path) == ""
    assert "broken: a line" in spoilt(good.replace(PIXEL, "AAAA"), reveal, browser, tmp_path)
    asked = "<p>Why ask? With"
    assert good.count(asked) == 1
    for bad, found in [
        (good.replace(asked, "<p>" + "word " * 900), "px over"),
        (good.replace(asked, f'<p style="font-size: 12px">tiny</p>{asked}'), "small text"),
        (good.replace(asked, f"<p>With $x$</p>{asked}"), "not shown as one"),
        (good.replace(asked, f'<div class="maths">{"x" * 200}</div>{asked}'), "wider than the slide"),
        (good.replace(asked, f"<pre>{'x' * 120}</pre>{asked}"), "code is wider"),
        (good.replace("<figcaption>", "<figcaption>" + "word " * 400), "px too high"),
        (at_the_end(good, "<script>console.error('oops')</script>"), "oops"),
        (at_the_end(good, "<img src='http://127.0.0.1:9/x.png'>"), "127.0.0.1"),
    ]:
        assert found in spoilt(bad, reveal, browser, tmp_path), found


def test_a_brace_is_whole(reveal, browser, tmp_path):
    [chapter] = chapters.find(make_course(tmp_path / "course", **{"01_sample": SAMPLE}))
    talk = talk_of(text("$$\\underbrace{" + " + ".join("abcdefghijklmnop") + "}_{x}$$", slide_type="slide"))
    path = tmp_path / "brace.html"
    path.write_text(slides.deck(chapter, talk, reveal), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(path.as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady() && document.fonts.status === 'loaded'")
    place = page.locator("munder[accentunder]").bounding_box()
    sign = page.locator(
        "munder[accentunder] > mo"
    ).bounding_box()  # of its middle alone, as if it didn't stretch
    place |= {"y": sign["y"], "height": sign["height"]}
    shown = Image.open(io.BytesIO(page.screenshot(clip=place))).convert("L")
    page.close()
    darkest = np.asarray(shown).min(axis=0)  # of each column of pixels
    assert place["width"] > 600 and (darkest[5:-5] < 128).all()


def test_arrow_keys_walk_through_every_slide(reveal, browser, tmp_path):
    [chapter] = chapters.find(make_course(tmp_path / "course", **{"01_sample": SAMPLE}))
    talk = lecture.slides(chapter_of_all_marks())
    path = tmp_path / "deck.html"
    path.write_text(slides.deck(chapter, talk, reveal), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    for _ in range(len(talk) - 1 + 1):  # and one fragment
        page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.isLastSlide()")
    notes = page.evaluate(
        "[...document.querySelectorAll('aside.notes')].map(notes => notes.textContent.trim())"
    )
    page.close()
    assert len(notes) == len(talk) and all(re.match(r"About [\d.]+ minutes?\.", said) for said in notes)
    assert "It is simple." in notes[1] and "C01.1" in notes[3] and "measure()" not in notes[3]


def test_the_pdf_has_a_page_a_slide(reveal, browser, tmp_path):
    chapter = STORED[0]
    talk = lecture.slides(pairing.read_notebook(chapter.notebook))
    (tmp_path / "a" / "b").mkdir(parents=True)
    path = tmp_path / "a" / "b" / "deck.html"
    path.write_text(slides.deck(chapter, talk, reveal), encoding="utf-8")
    script = (
        "import pathlib, sys; from dlcourse.publishing import slides;"
        "slides.print_pdf(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[1]).with_suffix('.pdf'))"
    )
    # a process of its own: the driver's loop runs once a process
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    pages = re.findall(rb"/Type\s*/Page\b", path.with_suffix(".pdf").read_bytes())
    assert len(pages) == len(talk)
    page = browser.new_page()
    page.goto(f"{path.absolute().as_uri()}?print-pdf")
    page.wait_for_selector(".pdf-page")
    margins = page.evaluate("""() => [...document.querySelectorAll(".pdf-page")].map(sheet => {
        const first = sheet.querySelector(".running, .part > *");
        return first.getBoundingClientRect().left - sheet.getBoundingClientRect().left;
    })""")
    page.close()
    assert (
        len(margins) == len(talk) and min(margins) > 40
    )  # reveal.js takes the padding of slides away in print


PRINTED = """() => [...document.querySelectorAll(".pdf-page")].flatMap((sheet, number) => {
  const box = sheet.getBoundingClientRect(), stage = sheet.querySelector(".stage");
  const wrong = [...stage.querySelectorAll("*")].filter(element => !element.closest("math")).filter(element => {
    const own = element.getBoundingClientRect();
    return own.width && (own.bottom > box.bottom + 1 || own.right > box.right + 1);
  }).map(element => `page ${number + 1} cuts off: ${element.textContent.trim().slice(0, 60)}`);
  if (stage.scrollHeight > stage.clientHeight) wrong.push(`page ${number + 1} is too full`);
  return wrong.slice(0, 1);
})"""


def printed(browser, path):
    """What is cut off where a deck is printed, and the number of pages. A slide has one page and no second."""
    page = browser.new_page()
    page.goto(f"{path.absolute().as_uri()}?print-pdf")
    page.wait_for_selector(".pdf-page")
    page.wait_for_function("[...document.images].every(image => image.complete)")
    found = page.evaluate(PRINTED), page.locator(".pdf-page").count()
    page.close()
    return found


@pytest.mark.parametrize("chapter", STORED, ids=lambda c: c.id)
def test_nothing_is_cut_off_in_print(chapter, reveal, browser, tmp_path):
    talk = lecture.slides(pairing.read_notebook(chapter.notebook))
    path = tmp_path / f"{chapter.id}.html"
    path.write_text(slides.deck(chapter, talk, reveal), encoding="utf-8")
    assert printed(browser, path) == ([], len(talk))


def test_what_is_cut_off_in_print_is_found(reveal, browser, tmp_path):
    [chapter] = chapters.find(make_course(tmp_path / "course", **{"01_sample": SAMPLE}))
    long = talk_of(text("## Good", "slide"), text("## Long\n\n" + "some words of a length " * 200, "slide"))
    path = tmp_path / "long.html"
    path.write_text(slides.deck(chapter, long, reveal), encoding="utf-8")
    [wrong], pages = printed(browser, path)
    assert wrong.startswith("page 2") and pages == 2


def test_without_a_browser_the_message_says_what_to_do(monkeypatch):
    monkeypatch.delenv("DLCOURSE_BROWSER", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(tools.ToolMissing, match="install Chromium"):
        tools.browser()
