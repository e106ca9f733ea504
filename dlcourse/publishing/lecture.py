"""A chapter as a lecture: a notebook of slides, composed from the executed chapter's own cells.

A chapter is too much for a screen, and its form is always the same, so the slides follow from it. Each section gives

    its question, with the prediction that the room makes        (the reason to look)
    its equation, where it has one, with the code for it         (the idea)
    its figure, with what was measured, one by one               (the answer)

as many of them as fit into a lecture of ``MOST`` slides. The whole text of a section goes into the speaker's notes. A
section whose heading has the slide type "skip" is left out. Code is shown where the chapter asks for it: a cell's tag
``lecture:NAME`` names a function that the cell defines, or whose source it shows. Of several figures the first is
taken, or that of a cell with the tag ``lecture``.
"""

import base64
import itertools
import re
import struct
import textwrap
from dataclasses import dataclass, field

import nbformat

from dlcourse.claims import BY_DEFINITION, bound_text
from dlcourse.publishing.excerpts import (
    LIST,
    first_sentences,
    function,
    last_sentences,
    paragraphs,
    sentences,
    with_its_list,
    words,
)
from dlcourse.publishing.execute import claims_of

HEADER = re.compile(
    r"^# Chapter (?P<id>\S+) · (?P<english>[^·\n]+?) · (?P<chinese>[^\n]+?)\s*$", re.MULTILINE
)
MOST = 30
"""Slides in a lecture, at the most."""

LAST = ("Exercises", "Terms", "Further reading")
SETTLED = "What the article says"
PREDICT = "**Predict before you run.**"
MINUTES = {
    "title": 2,
    "article": 2,
    "question": 2,
    "idea": 3,
    "figure": 3,
    "code": 2,
    "claims": 3,
    "closing": 1,
}
"""What a slide of each kind takes, for the notes."""

BESIDE = 1.9
"""A picture that is less than so many times as wide as it is high has its text beside it, a wider one below."""

CLAIM = re.compile(r"^\*\*(?:A|C)\d[\w.]*\*\* |^\*\*A[\d.]+\w?: ")
DISPLAY = re.compile(r"\$\$.+?\$\$", re.DOTALL)
ANSWERS = re.compile(
    r"^(Did|If) you |^(Most|Many) people|^\*?(Nearly|Nowhere)|wrong guess|common guess|usual guess"
)


@dataclass
class Section:
    """A heading of the second level and the cells below it."""

    title: str
    cells: list = field(default_factory=list)

    @property
    def texts(self):
        """Its Markdown cells' sources, the heading's line left out."""
        return [
            re.sub(r"^## .*\n?", "", cell.source, count=1).strip()
            for cell in self.cells
            if cell.cell_type == "markdown"
        ]

    @property
    def to_show(self):
        """Whether there is more to it than text: a prediction, a picture or a claim."""
        return PREDICT in "".join(self.texts) or bool(_figures(self) or _results(self))

    @property
    def settles_the_article(self):
        """Whether it measures a claim of the article."""
        return any(result.startswith("**A") for result in _results(self))

    @property
    def outputs(self):
        """All outputs of its code."""
        return [output for cell in self.cells if cell.cell_type == "code" for output in cell.outputs]


def sections(notebook):
    """The chapter's sections, in order, without those that a lecture skips."""
    found = []
    for cell in notebook.cells:
        heading = re.match(r"## (.+)", cell.source) if cell.cell_type == "markdown" else None
        if heading:
            skipped = cell.metadata.get("slideshow", {}).get("slide_type") == "skip"
            found.append(None if skipped else Section(heading[1].strip()))
        if found and found[-1] is not None:
            found[-1].cells.append(cell)
    return [section for section in found if section is not None]


def compose(notebook):
    """The lecture's notebook: one slide after another, each of one Markdown or code cell and its fragments.

    Args:
        notebook: an executed chapter.

    Returns:
        NotebookNode whose cells carry ``slideshow`` metadata as Jupyter writes it, and ``lecture``, a slide's kind.
    """
    parts = [part for part in sections(notebook) if part.title not in LAST]
    told = [part for part in parts if not part.title.startswith(SETTLED) and part.to_show]
    said, settled = _article(parts), _claims(notebook)
    chosen = _choose([(part, _slides(part)) for part in told], MOST - len(said) - len(settled) - 2)
    slides = [_title(notebook), *said]
    for part, kinds in zip(told, chosen, strict=True):
        slides += _with_notes(part, kinds)
    left = [part.title for part, kinds in zip(told, chosen, strict=True) if not kinds]
    slides += [*settled, _closing(notebook, left)]
    lecture = nbformat.v4.new_notebook(
        metadata=notebook.metadata, cells=[cell for slide in slides for cell in slide]
    )
    for number, cell in enumerate(lecture.cells):
        cell["id"] = f"lecture-{number}"
    return lecture


def count(lecture):
    """Number of slides."""
    return sum(cell.metadata["slideshow"]["slide_type"] == "slide" for cell in lecture.cells)


def _choose(offered, room):
    """Each section's slides, as far as there is room: those of the article's claims first, then in their order.

    A section that asks for code has it with its question and figure; equations come next, then second figures.

    Args:
        offered: list of (Section, dict from kind to slide).
        room: number of slides.

    Returns:
        list of dict: the slides to show, empty for a section that is left to the chapter.
    """
    order = sorted(range(len(offered)), key=lambda index: not offered[index][0].settles_the_article)
    chosen = [set() for _ in offered]
    for kinds in (("question", "figure", "code"), ("idea",), ("figure 2",)):
        for index in order:
            mine = [kind for kind in kinds if kind in offered[index][1]]
            if len(mine) <= room and (kinds[0] == "question" or chosen[index]):
                chosen[index].update(mine)
                room -= len(mine)
    return [
        {kind: slide for kind, slide in slides.items() if kind in kept}
        for (_, slides), kept in zip(offered, chosen, strict=True)
    ]


def _slides(part):
    """The slides that a section could give, by kind, in the order in which they are shown."""
    question, complete = _question(part)
    slides = {"question": question}
    code = _code(part)
    idea = None if complete else _idea(part, before_code=bool(code))
    if idea and code and _height(idea[1:] + code[1:]) <= 540:
        idea, code = None, [*idea, *code[1:]]
    slides |= {kind: cells for kind, cells in {"idea": idea, "code": code}.items() if cells}
    figures, results = _figures(part), _results(part)
    answer = _answer(part)
    if figures:
        slides["figure"] = _figure(part, figures[0], results, answer)
    elif idea and len(results) == 1 and not answer and not _tables(part):
        idea.append(markdown(results[0], "idea", "fragment"))
    elif results or answer:
        slides["figure"] = _plain(part, results, answer)
    if len(figures) > 1:
        slides["figure 2"] = _figure(part, figures[-1], [], "")
    return slides


def _question(part):
    """The section's title, how it begins, and what the room is to predict; whether the equation is among it."""
    blocks = paragraphs("\n\n".join(part.texts))
    start = next((index for index, block in enumerate(blocks) if block.startswith(PREDICT)), len(blocks))
    prediction = with_its_list(blocks, start, 100) if start < len(blocks) else ""
    if prediction and (cells := _about_an_equation(part.title, blocks[:start], prediction)):
        return cells, True
    before = _beginning(blocks[:start], 110 - len(words(prediction)))
    lines = len(LIST.findall(before + prediction))
    kind = "question long" if len(words(before + prediction)) + 6 * lines > 105 else "question"
    cells = [markdown(f"## {part.title}\n\n{before}", kind)]
    if prediction:
        cells.append(markdown(prediction, kind, "fragment"))
    return cells, False


def _about_an_equation(title, blocks, prediction):
    """A question that comes after an equation, which the room has to see; None where there is none, or no room."""
    first = next((index for index, block in enumerate(blocks) if index and DISPLAY.search(block)), None)
    if first is None:
        return None
    lead = last_sentences(blocks[first - 1], 75) or first_sentences(blocks[first - 1], 50)
    opening = _beginning(blocks[:1], 25) if first > 1 else ""
    equation = "\n\n".join(blocks[first:])
    if len(words(DISPLAY.sub("", equation))) > 35:
        equation = "\n\n".join(DISPLAY.findall(equation))
    shown = "\n\n".join(filter(None, [opening, lead, equation]))
    high = _height([markdown(shown, ""), markdown(prediction, "")]) + 55 * (len(title) > 42)
    if high > 660:
        return None
    kind = "question" if high < 520 else "question dense"
    return [markdown(f"## {title}\n\n{shown}", kind), markdown(prediction, kind, "fragment")]


def _beginning(blocks, most):
    """The first paragraph, as far as there is room, with the list that it leads to; a sentence is never left open."""
    if not blocks or blocks[0].startswith(("**", "|", "-", "$$", "#")):
        return ""
    whole = with_its_list(blocks, 0, 45)
    if LIST.search(whole) and len(words(whole)) <= most:
        return whole
    shown = sentences(first_sentences(blocks[0], 45))
    while shown and not re.search(r"[.?!][*\"'”」)]*$", shown[-1]):
        shown.pop()
    return " ".join(shown)


def _idea(part, before_code):
    """The section's first equation and the sentences that lead to it; or the last one before code that it asks for."""
    found = []
    for cell in part.cells:
        if found and any(tag.startswith("lecture:") for tag in cell.metadata.get("tags", [])):
            break
        blocks = paragraphs(re.sub(r"^## .*\n?", "", cell.source)) if cell.cell_type == "markdown" else []
        for position, block in enumerate(blocks):
            if DISPLAY.search(block) and not block.startswith(PREDICT):
                lead = (
                    blocks[position - 1] if position and not blocks[position - 1].startswith(PREDICT) else ""
                )
                shown = "\n\n".join(filter(None, [last_sentences(lead, 45), block]))
                if len(words(DISPLAY.sub("", shown))) > 90:
                    shown = "\n\n".join(DISPLAY.findall(block))
                found.append([markdown(f"### {part.title}", "idea"), markdown(shown, "idea", "-")])
    if not found:
        return None
    return found[-1] if before_code else found[0]


def _code(part):
    """The first function that a cell's tag ``lecture:NAME`` names, which the cell defines or shows the source of.

    Raises:
        ValueError: where there is no such function, or its lines are too many for a slide.
    """
    for cell in part.cells:
        for tag in cell.metadata.get("tags", []):
            if tag.startswith("lecture:"):
                name = tag.removeprefix("lecture:")
                about, source = function("\n".join([cell.source, *map(_said, cell.outputs)]), name)
                first = [
                    markdown(f"### {part.title}", "code"),
                    *([markdown(about, "code", "-")] * bool(about)),
                ]
                return [*first, markdown(f"```python\n{source}\n```", "code", "-")]
    return None


def _height(cells):
    """About how many pixels these cells are high on a slide."""
    high = 0
    for cell in cells:
        formulas = DISPLAY.findall(cell.source)
        high += sum(110 + 60 * formula.count(r"\\") for formula in formulas)
        text = DISPLAY.sub("", cell.source)
        high += 50 + 31 * len(text.splitlines()) if text.startswith("```") else 35 + 4 * len(words(text))
    return high


def _said(output):
    """An output's Markdown; empty where it has none, or there is no output."""
    return (output or {}).get("data", {}).get("text/markdown", "")


def _figures(part):
    """Pairs of a picture's output and its caption's, in order; first those of a cell with the tag ``lecture``."""
    found = []
    for cell in (cell for cell in part.cells if cell.cell_type == "code"):
        for output, following in itertools.pairwise([*cell.outputs, None]):
            if "image/png" in output.get("data", {}):
                pair = (output, following if _said(following).startswith("**Figure.**") else None)
                found.append(("lecture" not in cell.metadata.get("tags", []), pair))
    return [pair for _, pair in sorted(found, key=lambda one: one[0])]


def _results(part):
    """What the section's claims have measured, as Markdown."""
    return [text for text in map(_said, part.outputs) if CLAIM.match(text)]


def _answer(part):
    """The sentences that answer the prediction."""
    for text in part.texts[1:]:
        for block in paragraphs(text):
            if ANSWERS.search(block):
                return first_sentences(block, 75)
    last = paragraphs(part.texts[-1]) if len(part.texts) > 1 and not _figures(part) else []
    return first_sentences(last[0], 75) if last and not last[0].startswith((PREDICT, "|", "$$")) else ""


def _figure(part, figure, results, answer):
    """A picture and its caption, what was measured and the answer one by one; text beside the picture where it fits."""
    picture, caption = figure
    width, height = _size(picture)
    beside = width < BESIDE * height
    kind = "figure beside" if beside else "figure below"
    left = 82 - len(words(_said(caption))) if beside else 85
    most = 1 if not beside and width < 2.6 * height else 2  # below a picture that could use the height
    cells = [markdown(f"### {part.title}", kind)]
    cells[0].metadata["style"] = f"--aspect: {width / height:.3f}"
    outputs = [output for output in figure if output is not None]
    cells.append(nbformat.v4.new_code_cell("", outputs=outputs, metadata=_metadata(kind, "-")))
    shown = [*_foremost(results)[:most], *([answer] if answer and (beside or not results) else [])]
    for text in shown:
        left -= len(words(text))
        if left >= 0 or text == shown[0]:
            cells.append(markdown(text, kind, "fragment"))
    return cells


def _plain(part, results, answer):
    """A section without a picture: its table where it has one, its claims and its answer one by one."""
    tables = _tables(part)[:1]
    shown = _foremost(results)[: 2 if tables else 3]
    left = 170 - len(words(answer)) - (20 * tables[0].count("\n|") - 20 if tables else 0)
    while shown and sum(len(words(text)) for text in shown) > left:
        shown.pop()
    parts = [*shown, answer] if answer else shown
    kind = "plain long" if tables or len(words(" ".join(parts))) > 100 else "plain"
    cells = [markdown(f"### {part.title}", kind)]
    cells += [markdown(table, kind, "-") for table in tables]
    return cells + [markdown(text, kind, "fragment") for text in parts]


def _foremost(results):
    """The claims that a slide has room for, those of the article first."""
    return sorted(
        (text for text in results if len(words(text)) < 60), key=lambda text: not text.startswith("**A")
    )


def _size(picture):
    """Width and height in pixels, which a PNG's header says."""
    return struct.unpack(">II", base64.b64decode(picture["data"]["image/png"])[16:24])


def _tables(part):
    """The section's tables that fit a slide, as Markdown."""
    found = []
    for text in map(_said, part.outputs):
        lines = [line for line in text.splitlines() if line.startswith("|")]
        if 3 <= len(lines) <= 7 and max(map(len, lines)) <= 110:
            found.append(text)
    return found


def _title(notebook):
    header = paragraphs(notebook.cells[0].source)
    title = HEADER.search(header[0])
    shown = [f"# {title['english']}\n\n{title['chinese']}" if title else header[0], header[1]]
    able = next((block for block in header if block.startswith("**After this chapter you can**")), "")
    notes = markdown(f"{MINUTES['title']} minutes. {able}\n\n" + "\n\n".join(header[2:]), "title", "notes")
    return [markdown("\n\n".join(shown), "title"), notes]


def _claims(notebook):
    """Slides with the article's claims: what was measured, and the verdicts."""
    records = claims_of(notebook)
    verdicts = {record["id"]: record["verdict"] for record in records if record["verdict"]}
    rows = []
    for id, verdict in verdicts.items():
        measured = _measured([record for record in records if record["id"] == id])
        rows.append(f"| {id} | {measured} | **{verdict}** |".replace("\n", " "))
    slides = []
    for start in range(0, len(rows), 4):
        head = ["| claim | measured, among others | verdict |", "| --- | --- | --- |"]
        table = "\n".join([*head, *rows[start : start + 4]])
        slides.append(
            [
                markdown(f"## {SETTLED}, and what was measured\n\n{table}", "claims"),
                markdown(
                    f"{MINUTES['claims']} minutes. Every value, bound and control is in the chapter.",
                    "claims",
                    "notes",
                ),
            ]
        )
    return slides


def _measured(records):
    """What a verdict rests on, among others: its first claim, else the quantities of its rule."""
    first = records[0]
    if first["verdict"] == BY_DEFINITION:
        return first["statement"]
    if first["control"]:
        return f"{first['statement']}: {_mean(first)}, {bound_text(*first['bound'])}"
    return ", ".join(f"{record['statement']} {_mean(record)}" for record in records)


def _mean(record):
    return f"⟨{sum(record['values']) / len(record['values']):.3g}⟩"


def _article(parts):
    """A slide with the article's words, where the chapter begins with them."""
    if not parts or not parts[0].title.startswith(SETTLED) or parts[0].to_show or not parts[0].texts:
        return []
    quoted = paragraphs(parts[0].texts[0])[0]
    return _with_notes(parts[0], {"article": [markdown(f"## {SETTLED}\n\n{quoted}", "article")]})


def _closing(notebook, left):
    """The last slide: an exercise to begin with, and ``left``, titles of sections that there was no room for."""
    shown = "## Over to you\n\nThe notebook has exercises, with solutions."
    exercises = next((part for part in sections(notebook) if part.title == "Exercises"), None)
    for block in paragraphs("\n\n".join(exercises.texts if exercises else [])):
        if found := re.match(r"\*\*1[^*]*\*\* *(.+)", block, re.S):
            shown += f" The first:\n\n> {first_sentences(found[1], 60)}"
            break
    if left:
        more = [f"and {len(left) - 6} more"] if len(left) > 6 else []
        titles = "\n".join(f"- {title}" for title in left[:6] + more)
        shown += f"\n\nIn the chapter, and not in this lecture:\n\n{titles}"
    return [markdown(shown, "closing"), markdown(f"{MINUTES['closing']} minute.", "closing", "notes")]


def _with_notes(part, kinds):
    """A section's slides; the whole text of the section in the notes of the first, minutes in all."""
    slides = []
    for position, (kind, cells) in enumerate(kinds.items()):
        about = f"{MINUTES[kind.split()[0]]} minutes."
        text = "\n\n".join(part.texts) if position == 0 else ""
        slides.append([*cells, markdown(f"{about}\n\n{text}", kind, "notes")])
    return slides


def markdown(source, kind, slide_type="slide"):
    return nbformat.v4.new_markdown_cell(
        textwrap.dedent(source).strip(), metadata=_metadata(kind, slide_type)
    )


def _metadata(kind, slide_type):
    return {"slideshow": {"slide_type": slide_type}, "lecture": kind}
