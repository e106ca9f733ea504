"""A chapter as a lecture: its cells on slides, by the slide types that they are marked with.

The marks mean what they mean to `jupyter nbconvert --to slides`: "slide" begins a slide, "subslide" one below it,
"fragment" a part that appears at a key press, no mark goes on with what is there, "notes" is for the speaker, "skip" is
left out. Here is also what a lecture must keep to: what a slide holds, and an answer for every prediction.
"""

import re
from dataclasses import dataclass, field

PREDICTION = "**Predict before you run.**"
VOTES = re.compile(rf"(?P<asked>{re.escape(PREDICTION)})|<details>\s*<summary>Your prediction</summary>")
FOLDED = re.compile(r"<details>\s*<summary>(?P<title>.*?)</summary>(?P<text>.*?)</details>", re.DOTALL)
ANSWER = "Your prediction"

HOLDS = {"words": 130, "lines of code": 20, "rows of tables": 14, "lines of formulas": 8, "figures": 2.5}
"""A slide is full with so many of one kind, or with shares of these that add up to one; of figures it has only one."""

COLUMNS = 71
"""Characters of a line of code that plain nbconvert shows whole."""

TITLE = 60
"""Words that the title counts for: plain nbconvert shows it in letters that fill half a slide."""

ROW = 90
"""Characters of a table's row that stand on one line; a longer row counts as several."""

SECONDS = {
    "words": 0.7,
    "lines of code": 6,
    "rows of tables": 4,
    "lines of formulas": 15,
    "figures": 45,
    "predictions": 40,
}
"""What it takes to speak about one of each; a prediction is a vote of the room."""

NOT_YET_MARKED = set()
"""Chapters whose marks were not yet brought to these rules: their decks are built, and not checked. To be emptied."""


class LectureError(ValueError):
    """Predictions and answers of a lecture don't alternate; names chapter and section."""


@dataclass
class Part:
    """Cells that appear together: at once, or as a fragment at a key press."""

    fragment: bool
    cells: list = field(default_factory=list)


@dataclass
class Slide:
    """What is shown at a time.

    Attributes:
        section: the chapter's heading that it stands under.
        below: whether it is a sub-slide, which stands below the one before.
        parts: list of Part.
        notes: list of cells, for the speaker.
    """

    section: str
    below: bool
    parts: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    @property
    def cells(self):
        """All cells that it shows, in order."""
        return [cell for part in self.parts for cell in part.cells]

    @property
    def begins(self):
        """Its first line."""
        cell = self.cells[0]
        return next((line for line in cell.source.splitlines() if line.strip()), "")

    @property
    def counts(self):
        """How much is visible: dict of int by the kinds in ``SECONDS``, and "columns" of the longest line of code."""
        counts = dict.fromkeys([*SECONDS, "columns"], 0)
        for cell in self.cells:
            if cell.cell_type == "markdown":
                _count_markdown(text_of(cell), counts)
                continue
            if shows_code(cell):
                _count_lines(cell.source, counts)
            for output in cell.outputs:
                _count_output(output, counts)
        return counts

    @property
    def minutes(self):
        """About how long it takes to speak about it, in half minutes."""
        counts = self.counts
        seconds = sum(seconds * counts[kind] for kind, seconds in SECONDS.items())
        return max(1, round(seconds / 30)) / 2


def slides(notebook):
    """A chapter's slides, in order.

    Args:
        notebook: NotebookNode.

    Returns:
        list of Slide.
    """
    found, section = [], ""
    for cell in notebook.cells:
        mark = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if heading := cell.cell_type == "markdown" and re.search(r"^## (.+)", cell.source, re.MULTILINE):
            section = heading[1].strip()
        if mark == "skip" or cell.cell_type == "raw":
            continue
        if mark == "notes":
            if found:
                found[-1].notes.append(cell)
            continue
        if mark in ("slide", "subslide") or not found:
            found.append(Slide(section, below=bool(found) and mark == "subslide", parts=[Part(False)]))
        elif mark == "fragment":
            found[-1].parts.append(Part(True))
        found[-1].parts[-1].cells.append(cell)
    return found


def text_of(cell):
    """A Markdown cell's text as slides show it: the answer to a prediction open, solutions left out."""
    return FOLDED.sub(lambda found: found["text"] if found["title"].strip() == ANSWER else "", cell.source)


def shows_code(cell):
    """Whether a code cell shows its code beside its outputs."""
    return bool(cell.source.strip()) and "hide-input" not in cell.metadata.get("tags", [])


def unanswered(talk):
    """Where predictions and answers don't alternate, each answer on a later slide than its prediction.

    Args:
        talk: list of Slide.

    Returns:
        list of str: what is wrong, empty where all is well.
    """
    wrong, asked = [], None
    nothing = f"has no answer (<details><summary>{ANSWER}</summary>) on a later slide"
    for slide in talk:
        for cell in slide.cells:
            for found in VOTES.finditer(cell.source if cell.cell_type == "markdown" else ""):
                if found["asked"]:
                    if asked is not None:
                        wrong.append(
                            f"the prediction of {asked.section!r} {nothing} before the next prediction"
                        )
                    asked = slide
                    continue
                if asked is None:
                    wrong.append(f"an answer of {slide.section!r} has no prediction on an earlier slide")
                elif asked is slide:
                    wrong.append(
                        f"the answer of {slide.section!r} stands on the slide of its prediction: begin a new one"
                    )
                asked = None
    if asked is not None:
        wrong.append(f"the prediction of {asked.section!r} {nothing}")
    return wrong


def too_full(talk):
    """Slides that hold more than can be projected.

    Args:
        talk: list of Slide.

    Returns:
        list of str: a sentence for each, with its first line; empty where all is well.
    """
    wrong = []
    for number, slide in enumerate(talk, 1):
        counts = slide.counts
        if counts["figures"] > 1:
            reason = f"{counts['figures']} figures, where one is room for: mark one of them subslide, notes or skip"
        elif sum(counts[kind] / most for kind, most in HOLDS.items()) > 1:
            there = ", ".join(f"{counts[kind]} {kind}" for kind in HOLDS if counts[kind])
            most = ", or ".join(f"{most} {kind}" for kind, most in HOLDS.items() if kind != "figures")
            share = 1 / HOLDS["figures"]
            reason = (
                f"{there}. A slide is full with {most}, or a mixture; a figure takes {share:.0%} of it. Divide it, "
                "or mark cells notes or skip"
            )
        elif counts["columns"] > COLUMNS:
            there = counts["columns"]
            reason = f"a line of code of {there} characters, where plain nbconvert shows {COLUMNS}: break it"
        else:
            continue
        wrong.append(f"slide {number}, which begins {slide.begins[:60]!r}, holds {reason}")
    return wrong


def _count_markdown(text, counts):
    """Add what a Markdown text shows to the counts."""
    counts["predictions"] += text.count(PREDICTION)
    for block in re.findall(r"^```.*?^```", text, re.DOTALL | re.MULTILINE):
        _count_lines("\n".join(block.splitlines()[1:-1]), counts)
    text = re.sub(r"^```.*?^```", " ", text, flags=re.DOTALL | re.MULTILINE)
    for formula in re.findall(r"\$\$.+?\$\$", text, re.DOTALL):
        counts["lines of formulas"] += 1 + formula.count(r"\\")
    text = re.sub(r"\$\$.+?\$\$", " ", text, flags=re.DOTALL)
    text = re.sub(r"\$[^$\n]+(?:\n[^$\n]+)*\$", " formula ", text)
    counts["words"] += TITLE * len(re.findall(r"^# ", text, re.MULTILINE))
    text = re.sub(r"<[^>]+>|\]\([^)]*\)|!\[", " ", text)
    for row in re.findall(r"^\|(?![ :|-]+$).*", text, re.MULTILINE):
        counts["rows of tables"] += -(-len(row) // ROW)
    text = re.sub(r"^\|.*", " ", text, flags=re.MULTILINE)
    counts["words"] += len(re.findall(r"\S*[^\W_]\S*", text))


def _count_lines(code, counts):
    lines = code.strip().splitlines()
    counts["lines of code"] += len(lines)
    counts["columns"] = max([counts["columns"], *map(len, lines)])


def _count_output(output, counts):
    """Add what an output shows to the counts; of its forms, the one that slides take."""
    data = output.get("data", {})
    if output.output_type == "stream":
        _count_lines(output.text, counts)
    elif output.output_type == "error":
        _count_lines("\n".join(output.traceback), counts)
    elif "image/png" in data or "image/svg+xml" in data:
        counts["figures"] += 1
    elif "text/html" in data:
        counts["rows of tables"] += data["text/html"].count("<tr")
        _count_markdown(re.sub(r"<style.*?</style>|<[^>]+>", " ", data["text/html"], flags=re.DOTALL), counts)
    elif "text/markdown" in data:
        _count_markdown(data["text/markdown"], counts)
    elif "text/latex" in data:
        _count_markdown(data["text/latex"], counts)
    else:
        _count_lines(data.get("text/plain", ""), counts)
