"""What the site adds to Sphinx: formulas as MathML, Chinese marked as such, and measured numbers marked."""

import re

from docutils import nodes
from sphinx.util import logging

from dlcourse.publishing import markdown

LOG = logging.getLogger(__name__)
TAG = re.compile(r"(<[^>]+>)")
UNTOUCHED = ("math", "svg", "script", "style", "title", "textarea")
LONG = 40  # characters of a formula within a line that may be wider than a phone
PREDICTION = re.compile(r"<p>(?=<strong>Predict before you run)")
CHOICES = re.compile(r'<ul class="simple(?=">\s*<li><p>\(a\) )')
HEADING = re.compile(
    rf'(<h[1-4]>)((?:(?!</h).)*) · ((?:(?!</h|headerlink).)*[{markdown.HAN}](?:(?!</h|<a class="headerlink).)*?)'
    r'(<a class="headerlink"[^>]*>[^<]*</a>)?(</h[1-4]>)',
    re.DOTALL,
)
"""A heading in both languages, up to its last `` · ``."""
BREAKS = re.compile(r"(?:(?<=\w[(/=_])|(?<=[^\d]\.))(?=\w)")
"""Where a line may break inside a name: behind a dot, a bracket, a stroke."""
PERCENT = re.compile(r"(?<=\d)\s(?=%)")
SPREAD = re.compile(r'(<img [^>]*?)(style="width: (?:[6-9]\d\d|\d{4,})px;")')
"""A picture that would be shrunk on a phone until nobody can read it."""
SQUEEZED = {
    ("English", "中文"): "terms",
    ("claim", "statement"): "bounds",
    ("article", "verdict"): "outcomes",
}
"""The chapters' tables that a phone shows row by row, by their first two titles: their class."""
TITLE = r"<th[^>]*><p>([^<]*)</p></th>"
TABLE = re.compile(rf'<table class="table(?=">\s*<thead>\s*<tr[^>]*>{TITLE}\s*{TITLE})')
MODULE = re.compile(r"(?<=<h[12]>)dlcourse[.\w]+")


def setup(app):
    """Register with Sphinx: the renderer ``mathml`` for formulas, and the finishing touch to each page."""
    renderer = markdown.Renderer(app.srcdir)
    app.add_html_math_renderer(
        "mathml",
        inline_renderers=(_shown(renderer, display=False), None),
        block_renderers=(_shown(renderer, display=True), None),
    )
    app.connect("html-page-context", _finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _shown(renderer, *, display):
    def visit(translator, node):
        try:
            shown = renderer.maths(node.astext(), display=display)
        except markdown.MarkdownError as error:
            LOG.warning("%s", error, location=node)
            raise nodes.SkipNode from None
        if not display and len(TAG.sub("", shown)) > LONG:
            shown = f'<span class="formula" tabindex="0">{shown}</span>'
        translator.body.append(shown)
        raise nodes.SkipNode

    return visit


def _finish(app, page, template, context, doctree):
    if context.get("body"):
        context["body"] = finish(context["body"])


def _stacked(table):
    kind = SQUEEZED.get((table[1], table[2]))
    return f"{table[0]} stacked {kind}" if kind else table[0]


def finish(body):
    """A page's HTML with Chinese and measured numbers marked, and predictions set apart.

    A line break between two Chinese characters is no space, and goes. A heading's Chinese has a line of its own, below
    the English. Names in code may break behind their dots and brackets, sooner than inside a word. No line begins with
    a per cent sign. Wide pictures, and tables of ``SQUEEZED``, are marked, since a phone shows
    them in another way.

    Args:
        body: str, HTML as Sphinx writes it, which escapes ``>`` in attributes.

    Returns:
        str: the same text in the same order.
    """
    body = PREDICTION.sub(
        '<p class="predict">', markdown.PUNCTUATED.sub(r'<span class="together">\1</span>', body)
    )
    body = HEADING.sub(r'\1\2\4<span class="dot"> · </span><span class="translated">\3</span>\5', body)
    body = CHOICES.sub('<ul class="simple choices', body)
    body = SPREAD.sub(r'\1class="spread" \2', TABLE.sub(_stacked, body))
    body = MODULE.sub(lambda name: BREAKS.sub("<wbr>", name[0]), body)
    parts, inside, printed = TAG.split(body), [], False
    for position, part in enumerate(parts):
        if position % 2 == 0:
            whole = markdown.CHINESE_BREAK.sub("", part)
            whole = whole if printed else PERCENT.sub("\u00a0", whole)
            parts[position] = part if inside else markdown.chinese(markdown.measured(whole))
            if position and parts[position - 1] == '<span class="pre">':
                parts[position] = BREAKS.sub("<wbr>", parts[position])
        elif re.match(r"</?pre\b", part):
            printed = not part.startswith("</")
        elif (name := re.match(r"</?(\w+)", part)) and name[1] in UNTOUCHED:
            if part.startswith("</"):
                inside.pop()
            else:
                inside.append(name[1])
    return "".join(parts)
