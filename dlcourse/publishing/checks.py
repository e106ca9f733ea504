"""What holds for every chapter, beyond that its outputs come out again.

Each check takes a notebook (or a page) and returns a list of what is wrong, one sentence each, empty where
all is well. tests/notebooks/test_notebooks.py applies them to the course, and
tests/publishing/test_notebook_checks.py to spoilt
samples.
"""

import ast
import itertools
import re
from html.parser import HTMLParser

from dlcourse.publishing import html, lecture, markdown, pairing

TITLE = re.compile(r"# Chapter \d\d[a-z]? · [^·\n]*[A-Za-z][^·\n]* · [^·\n]*[\u4e00-\u9fff][^·\n]*")
FIELDS = ("**After this chapter you can**", "**You need**", "**Time**")
ESCAPES = {
    "nbval-skip",
    "nbval-ignore-output",
    "nbval-check-output",
    "nbval-raises-exception",
    "raises-exception",
}
MARKER = re.compile(r"^\s*#+\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)", re.MULTILINE)
WIDTH = 88
"""Columns of code that a page shows without scrolling sideways."""
MASK_WITH_NUMBER = re.compile(r"⟨[^⟩\n]*\d[^⟩\n]*⟩")


def agreement(source, notebook):
    """Source and notebook hold the same cells: kind, text, slide type and tags."""
    wrong = []
    if len(source.cells) != len(notebook.cells):
        wrong.append(f"the source has {len(source.cells)} cells and the notebook {len(notebook.cells)}")
    for number, (one, other) in enumerate(zip(source.cells, notebook.cells, strict=False), 1):
        if pairing.author_part(one) != pairing.author_part(other):
            wrong.append(f"cell {number} differs between source and notebook")
    return [f"{sentence}; run `dlcourse notebooks`" for sentence in wrong]


def execution(notebook):
    """Every code cell was run, top to bottom in one go, without an error and without output on stderr."""
    wrong, expected = [], 0
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code":
            continue
        expected += 1
        if cell.execution_count != expected:
            wrong.append(f"cell {number} has execution count {cell.execution_count} instead of {expected}")
        for output in cell.outputs:
            if output.output_type == "error":
                wrong.append(f"cell {number} holds an error: {output.ename}: {output.evalue}")
            elif output.get("name") == "stderr":
                wrong.append(f"cell {number} wrote to stderr: {output.text.strip().splitlines()[0]}")
    return wrong


def freshness(notebook):
    """The stored outputs are those of the stored code: neither was edited after it was executed."""
    kept = notebook.metadata.get("dlcourse", {})
    if kept.get("outputs") != pairing.outputs_fingerprint(notebook):
        return ["code or outputs were changed after the notebook was executed; run `dlcourse notebooks`"]
    return []


def header(notebook):
    """The first cell has title (English, Chinese) and a sentence; it or the Markdown cells right after it, up to the
    first section, have three fields, and a summary of three lines."""
    cells = itertools.takewhile(
        lambda cell: cell.cell_type == "markdown" and not cell.source.startswith("## "), notebook.cells
    )
    text = "\n\n".join(cell.source for cell in cells)
    if not text:
        return ["the first cell is not the header in Markdown"]
    wrong = []
    blocks = [block.strip() for block in re.split(r"\n\s*\n", notebook.cells[0].source.strip())]
    if not TITLE.fullmatch(blocks[0]):
        wrong.append(f"the title is not '# Chapter NN · English · 中文' but {blocks[0].splitlines()[0]!r}")
    sentence = blocks[1] if len(blocks) > 1 else ""
    if not sentence or sentence.startswith(("**", "#")):
        wrong.append("no sentence follows the title")
    wrong += [f"the field {field} is missing" for field in FIELDS if field not in text]
    _, found, summary = text.partition("摘要")
    if not found:
        wrong.append("the Chinese summary (摘要) is missing")
    else:
        lines = [
            line for line in summary.strip("*：: \n").splitlines() if re.search(r"[\u4e00-\u9fff]", line)
        ]
        if len(lines) != 3:
            wrong.append(f"the Chinese summary has {len(lines)} lines instead of three")
    return wrong


def escapes(notebook):
    """No cell escapes the comparison of outputs, by tag or by comment."""
    wrong = []
    for number, cell in enumerate(notebook.cells, 1):
        tags = ESCAPES & {str(tag).lower().replace("_", "-") for tag in cell.metadata.get("tags", [])}
        markers = MARKER.findall(cell.source) if cell.cell_type == "code" else []
        wrong += [f"cell {number} escapes the tests by {escape}" for escape in [*sorted(tags), *markers]]
    return wrong


def width(notebook):
    """Code fits the page."""
    return [
        f"cell {number} has a line of {len(line)} columns, more than the page's {WIDTH}: {line.strip()[:60]!r}"
        for number, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "code"
        for line in cell.source.splitlines()
        if len(line) > WIDTH
    ]


def masks(notebook):
    """⟨ ⟩ come from the package alone, and each pair closes within its line.

    In Markdown they may be talked about, empty or as code; a number between them was typed by somebody.
    """
    wrong = []
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "markdown":
            prose = CODE.sub(" ", cell.source)
            wrong += [
                f"cell {number} has {typed} typed into Markdown" for typed in MASK_WITH_NUMBER.findall(prose)
            ]
        for line in _output_lines(cell):
            if re.sub(r"⟨[^⟨⟩]*⟩", "", line).count("⟨") or re.sub(r"⟨[^⟨⟩]*⟩", "", line).count("⟩"):
                wrong.append(
                    f"cell {number} prints ⟨ without ⟩ in its line, or inside another: {line.strip()!r}"
                )
    return wrong


def _output_lines(cell):
    for output in cell.get("outputs", []):
        texts = [output.text] if output.output_type == "stream" else []
        texts += [text for kind, text in output.get("data", {}).items() if kind.startswith("text/")]
        for text in texts:
            yield from text.splitlines()


# Numbers typed into prose.
#
# What was measured belongs into an output. Prose may name a number that is exact or chosen, so a number
# that looks measured (a decimal, a percentage, a time, a size, a factor) is allowed where it is
#   - code, or a formula: `0.5`, $0.5$;
#   - in a sentence with a link, its source;
#   - in a question or a prediction, where it is offered as a guess;
#   - in the header's line of Time;
#   - a setting or a bound: it stands as a number in the chapter's code (0.9 and 90 % alike);
#   - a version or a place: Python 3.11, section 2.3, CC BY 4.0;
#   - the 95 % of an interval.

CODE = re.compile(r"```.*?```|~~~.*?~~~|``.+?``|`[^`\n]+`", re.DOTALL)
MATHS = re.compile(r"\$\$.+?\$\$|\\begin\{(\w+\*?)\}.+?\\end\{\1\}|(?<![\\$])\$[^$\n]+?\$", re.DOTALL)
TAG = re.compile(r"<[^>\n]*>")
LINK = re.compile(r"\]\([^)]*\)|<https?://[^>]*>|https?://\S+")
NAMED = (
    r"(?:Python|TensorFlow|Keras|NumPy|Gymnasium|version|CC BY(?:-SA)?"
    r"|chapters?|sections?|equations?|eq\.|figure|§)\s*(?:\d+(?:\.\d+)*\s*(?:to|and|or|,|-|–)\s*)*$"
)
INTERVAL = re.compile(r"\b9[059]\s?%\s(?:[\w'’]+[ -])?(?:confidence |credible )?intervals?\b")
NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.,⟨])[-−]?(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?)(?P<exponent>e[-+]?\d+)?"
    r"(?![A-Za-z0-9_]|[.,]\d)"
    r"(?P<unit>\s?(?:%|％|percent\b|(?:milli|micro)?seconds?\b|minutes?\b|hours?\b|ms\b|s\b|min\b|[kMG]i?B\b"
    r"|nats?\b|×|times (?:faster|slower|as|more|fewer|larger|smaller|better)))?"
)


def typed_numbers(notebook):
    """No measured number is typed into a sentence of a Markdown cell, or of a text that a code cell shows."""
    known = _numbers_in_code(notebook)
    wrong = []
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "markdown":
            texts = [cell.source]
        elif cell.cell_type == "code":
            texts = _shown_texts(cell.source)
        else:
            texts = []
        for text in texts:
            for sentence in _sentences(text):
                wrong += [
                    f"cell {number} has {found!r} typed into a sentence: {' '.join(sentence.split())!r}. "
                    "Let a cell compute it (show.markdown), link its source, or set it as $...$ if exact"
                    for found in _suspicious(sentence, known)
                ]
    return wrong


def _sentences(text):
    """The sentences of a Markdown text that may hold results."""
    text = CODE.sub(" ", text)
    text = INTERVAL.sub(" ", MATHS.sub(" ", text))
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+\.)\s)|\n(?=\s*\|)", text):
        block = re.sub(r"^\s*\d+\.\s", "", block)
        if block.lstrip(" *").startswith(("Predict before you run", "Time")):
            continue
        for sentence in re.split(r"(?<=[.!?。！？；])\s*(?=\s|[\u4e00-\u9fff]|$)", block):
            if not LINK.search(sentence) and not sentence.rstrip(" *_)").endswith(("?", "？")):
                yield TAG.sub(" ", sentence)


def _suspicious(sentence, known):
    for found in NUMBER.finditer(sentence):
        digits, unit = found["digits"], (found["unit"] or "").strip()
        if not unit and "." not in digits and not found["exponent"]:
            continue  # a count
        if not unit and re.search(NAMED, sentence[: found.start()], re.IGNORECASE):
            continue
        value = float(digits.replace(",", "") + (found["exponent"] or ""))
        candidates = {value, value / 100} if unit in ("%", "％", "percent") else {value}
        if not any(_close(candidate, other) for candidate in candidates for other in known):
            yield found[0].strip()


def _close(one, other):
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other))


def _numbers_in_code(notebook):
    """The numbers that stand in the chapter's code, as absolute values."""
    found = set()
    for cell in notebook.cells:
        if cell.cell_type == "code" and (tree := _parsed(cell.source)) is not None:
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                    found.add(abs(float(node.value)))
    return found


def _shown_texts(source):
    """The texts that a code cell hands to show.*, or as caption= or alt=, without what is computed."""
    tree = _parsed(source)
    if tree is None:
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        shows = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", None) == "show"
        texts = list(node.args) if shows else []
        texts += [keyword.value for keyword in node.keywords if keyword.arg in ("caption", "alt")]
        for text in texts:
            for part in ast.walk(text):
                if isinstance(part, ast.JoinedStr):
                    literal = [
                        piece.value if isinstance(piece, ast.Constant) else "…" for piece in part.values
                    ]
                    yield "".join(literal)
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value


def _parsed(source):
    try:
        return ast.parse(re.sub(r"^\s*[%!].*$", "", source, flags=re.MULTILINE))
    except SyntaxError:
        return None


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.pictures, self.loaded, self.inside = [], [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "img":
            self.pictures.append(given.get("alt"))
        elif given.get("role") == "img":
            self.pictures.append(given.get("aria-label"))
        for name in ("src", "srcset", "data", "poster", "xlink:href", "background"):
            if not (given.get(name) or "data:").startswith("data:"):
                self.loaded.append(f"<{tag} {name}={given[name]!r}>")
        if tag in ("link", "use", "image") and not (given.get("href") or "data:").startswith(("data:", "#")):
            self.loaded.append(f"<{tag} href={given['href']!r}>")
        self.inside.append(tag)
        self._styles(given.get("style") or "")

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        if self.inside and self.inside[-1] in ("style", "script"):
            self._styles(data)
            if self.inside[-1] == "script":
                self.loaded.append("<script>")

    def _styles(self, text):
        for target in re.findall(r"url\(\s*['\"]?([^)]*)", text):
            if not target.startswith("data:"):
                self.loaded.append(f"url({target})")
        if "@import" in text:
            self.loaded.append("@import")


def _page(page):
    parser = _Page()
    parser.feed(page)
    return parser


def alternative_texts(page, pictures=None):
    """Every picture of a built page has alternative text of its own.

    Args:
        page: HTML.
        pictures: how many pictures the notebook's outputs hold, if that is to be compared.
    """
    found = _page(page).pictures
    wrong = [
        f"picture {number} of the page has no alternative text"
        for number, alt in enumerate(found, 1)
        if not (alt or "").strip() or "no description" in alt.lower()
    ]
    repeated = {alt for alt in found if alt and found.count(alt) > 1}
    wrong += [f"several pictures share the alternative text {alt!r}" for alt in sorted(repeated)]
    if pictures is not None and len(found) < pictures:
        wrong.append(f"the page shows {len(found)} pictures of the notebook's {pictures}")
    return wrong


def self_contained(page):
    """A built page loads nothing: no script, no style sheet, picture or font from elsewhere."""
    return [f"the page loads {what}" for what in _page(page).loaded]


def pictures(notebook):
    """How many pictures a notebook's outputs hold."""
    kinds = ("image/png", "image/jpeg", "image/svg+xml")
    return sum(
        any(kind in output.get("data", {}) for kind in kinds)
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )


NOTEBOOK_CHECKS = (execution, freshness, header, escapes, width, masks, typed_numbers)
"""The checks that take an executed notebook alone."""


def projected(notebook):
    """The chapter's lecture can be given: each prediction is answered on a later slide, and no slide is too full."""
    talk = lecture.slides(notebook)
    return [f"the lecture: {sentence}" for sentence in lecture.unanswered(talk) + lecture.too_full(talk)]


def everything(chapter):
    """Every check on a chapter as it lies in its files.

    Args:
        chapter: Chapter that has a notebook.
    """
    notebook = pairing.read_notebook(chapter.notebook)
    wrong = [sentence for check in NOTEBOOK_CHECKS for sentence in check(notebook)]
    if chapter.source.exists():
        wrong = agreement(pairing.read_source(chapter), notebook) + wrong
    wrong += projected(notebook)
    try:
        page = html.body(chapter, notebook)
    except markdown.MarkdownError as error:
        return [*wrong, f"it can't be shown: {error}"]
    return wrong + alternative_texts(page, pictures(notebook)) + self_contained(page)
