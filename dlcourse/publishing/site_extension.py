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


def finish(body):
    """A page's HTML with Chinese and measured numbers marked, and predictions set apart.

    A line break between two Chinese characters is no space, and goes.

    Args:
        body: str, HTML as Sphinx writes it, which escapes ``>`` in attributes.

    Returns:
        str: the same text in the same order.
    """
    body = PREDICTION.sub(
        '<p class="predict">', markdown.PUNCTUATED.sub(r'<span class="together">\1</span>', body)
    )
    parts, inside = TAG.split(body), []
    for position, part in enumerate(parts):
        if position % 2 == 0:
            whole = markdown.CHINESE_BREAK.sub("", part)
            parts[position] = part if inside else markdown.chinese(markdown.measured(whole))
        elif (name := re.match(r"</?(\w+)", part)) and name[1] in UNTOUCHED:
            if part.startswith("</"):
                inside.pop()
            else:
                inside.append(name[1])
    return "".join(parts)
