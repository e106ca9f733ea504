"""A chapter's Markdown as HTML: maths as MathML, code in colours, languages marked, pictures embedded.

Everything is done when the page is built. The page needs no script and loads nothing.
"""

import base64
import html
import itertools
import mimetypes
import re
from pathlib import Path

from markdown_it import MarkdownIt
from math_core import LatexError, LatexToMathML
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

HAN = r"\u2e80-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
CHINESE = re.compile(rf"[{HAN}](?:(?:[{HAN}0-9 ]|\b[A-Z]\b)*[{HAN}])?")
CHINESE_BREAK = re.compile(rf"(?<=[{HAN}])\n(?=[{HAN}])")
MEASURED = re.compile(r"⟨([^⟨⟩\n]*)⟩")
LOW_ROOT = re.compile(r"<msqrt>((?:<mrow>|<msub>)?(?:<m[ino]>[^<]*</m[ino]>)+(?:</mrow>|</msub>)?)</msqrt>")
PUNCTUATED = re.compile(
    r"(\(<math>(?:(?!</math>).)*</math>[.,;:!?)]*|<math>(?:(?!</math>).)*</math>[.,;:!?)]+)", re.DOTALL
)
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
SHORT = 20
"""Characters of code that stay on one line: as many as the column beside a picture holds."""
LETTER_HYPHEN = re.compile(r"(?<=\b\w)-(?=\w)")
NUMBERED = re.compile(r"\\(begin|end)\{(align|equation|gather)\}")


class MarkdownError(ValueError):
    """Markdown that can't be shown: LaTeX that doesn't parse, a picture that is missing or has no text."""


class Renderer:
    """Renders the Markdown cells and outputs of one page.

    Args:
        folder: where relative links and pictures start from; the notebooks' folder.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self._taken = set()  # ids of headings
        self._maths = LatexToMathML(fancy_error=False)
        self._markdown = MarkdownIt("commonmark", {"html": True})
        self._markdown.enable(["table", "strikethrough"])
        self._markdown.use(dollarmath_plugin, allow_space=True, allow_digits=True, double_inline=True)
        self._markdown.use(amsmath_plugin)
        rules = {
            "math_inline": lambda token: self.maths(token.content, display=False),
            "math_inline_double": lambda token: self.maths(token.content, display=True),
            "math_block": lambda token: self.maths(token.content, display=True),
            "amsmath": lambda token: self.maths(token.content, display=True),
            "code_inline": lambda token: _inline_code(token.content),
            "fence": lambda token: code(token.content, token.info.strip().split(" ")[0]),
            "code_block": lambda token: code(token.content, ""),
            "text": lambda token: text(token.content),
            "image": self._image,
            "table_open": lambda token: f'<div class="wide" tabindex="0"><table{_many(token)}>\n',
            "table_close": lambda token: "</table></div>\n",
        }
        for name, rule in rules.items():
            self._markdown.add_render_rule(name, _rule(rule))

    def render(self, source):
        """Markdown to HTML.

        Raises:
            MarkdownError: where a formula or a picture can't be shown.
        """
        tokens = self._markdown.parse(source)
        for position, token in enumerate(tokens):
            inner = tokens[position + 1] if position + 1 < len(tokens) else None
            if token.type == "table_open":
                head = itertools.takewhile(lambda other: other.type != "thead_close", tokens[position:])
                token.meta["columns"] = sum(other.type == "th_open" for other in head)
            elif token.type == "inline":
                _join_chinese_lines(token)
                self._links(token)
            elif token.type in ("paragraph_open", "heading_open", "td_open", "th_open", "list_item_open"):
                if inner is not None and inner.type == "inline" and _is_chinese(inner.content):
                    token.attrSet("lang", "zh-Hans")
                if token.type == "heading_open":
                    self._heading(token, inner)
                elif inner.content.startswith("**Predict before you run"):
                    token.attrSet("class", "predict")
        rendered = self._markdown.renderer.render(tokens, self._markdown.options, {})
        return PUNCTUATED.sub(
            r'<span class="together">\1</span>', rendered
        )  # no full stop, no bracket alone on a line

    def inline(self, source):
        """Markdown of one line to HTML, without the paragraph around it."""
        rendered = self.render(source).strip()
        return re.sub(r"^<p[^>]*>(.*)</p>$", r"\1", rendered, flags=re.DOTALL)

    def maths(self, latex, *, display):
        """LaTeX to MathML.

        Raises:
            MarkdownError: where the formula doesn't parse or uses an unknown command.
        """
        # Jupyter numbers no equations, so the page doesn't either.
        unnumbered = NUMBERED.sub(r"\\\1{\2*}", latex.strip())
        try:
            mathml = self._maths.convert_with_local_state(unnumbered, displaystyle=display)
        except LatexError as error:
            raise MarkdownError(f"LaTeX: {error}\n    in: {latex.strip()}") from None
        mathml = LOW_ROOT.sub(r'<msqrt class="low">\1</msqrt>', mathml)
        return f'<div class="maths" tabindex="0">{mathml}</div>\n' if display else mathml

    def _heading(self, token, inner):
        plain = re.sub(r"[*_`$]|\[([^\]]*)\]\([^)]*\)", r"\1", inner.content)
        slug = re.sub(r"[^\w]+", "-", plain.lower()).strip("-") or "section"
        id, number = slug, 1
        while id in self._taken:
            number += 1
            id = f"{slug}-{number}"
        token.attrSet("id", id)
        self._taken.add(id)
        for child in inner.children:
            if child.type == "text":
                child.content = bound(child.content)

    def _links(self, inline):
        for token in inline.children:
            if token.type == "link_open":
                token.attrSet("href", _page_link(token.attrGet("href")))

    def _image(self, token):
        path, alt = token.attrGet("src"), token.content.strip()
        if not alt:
            raise MarkdownError(f"the picture {path} has no alternative text: write ![what it shows]({path})")
        return f'<img src="{self._embedded(path)}" alt="{html.escape(alt)}">'

    def _embedded(self, path):
        if path.startswith("data:"):
            return path
        file = self.folder / path
        if not file.is_file():
            raise MarkdownError(
                f"the picture {path} is not a file beside the notebook; pages load nothing else"
            )
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode('ascii')}"


def _rule(rule):
    return lambda renderer, tokens, position, options, environment: rule(tokens[position])


def _many(table):
    """A class for tables of many columns, which scroll rather than squeeze their text."""
    return ' class="many"' if table.meta["columns"] >= 5 else ""


def _join_chinese_lines(token):
    """A line break between two Chinese characters is no space."""
    children = token.children
    for before, child, after in zip(children, children[1:], children[2:], strict=False):
        ends = before.content[-1:] + "\n" + after.content[:1]
        if child.type == "softbreak" and CHINESE_BREAK.search(ends):
            child.type, child.content = "text", ""


def _is_chinese(content):
    """Whether a block of text is mostly Chinese, as against English with a Chinese term in it."""
    return len(re.findall(rf"[{HAN}]", content)) > len(re.findall(r"[A-Za-z]", content))


def _page_link(target):
    """A link as it stands in notebooks/ for slides in build/slides/: chapters are in the site beside them."""
    if re.match(r"[a-z]+:|#", target):
        return target
    if re.search(r"^[^/]+\.ipynb(?=$|#)", target):
        return "../site/chapters/" + re.sub(r"\.ipynb(?=$|#)", ".html", target)
    return "../" + target if target.startswith("../") else target


def text(content):
    """Plain text as HTML: what was measured marked, and Chinese in an English line marked as Chinese."""
    return chinese(measured(html.escape(content, quote=False)))


def chinese(escaped):
    """Mark runs of Chinese characters in a text that is HTML already, with no Chinese inside a tag."""
    return CHINESE.sub(lambda run: f'<span lang="zh-Hans">{run[0]}</span>', escaped)


def bound(title):
    """A title whose lines don't begin with a dot, nor end inside a word such as Q-learning."""
    title = LETTER_HYPHEN.sub("-\N{WORD JOINER}", title)
    return title.replace(" · ", "\N{NO-BREAK SPACE}· ")


def _inline_code(content):
    short = ' class="short"' if len(content) <= SHORT else ""
    return f"<code{short}>{html.escape(content)}</code>"


def measured(escaped):
    """Mark ⟨ ⟩ in a text that is HTML already."""
    return MEASURED.sub(r'<span class="measured"><i>⟨</i>\1<i>⟩</i></span>', escaped)


def code(source, language="python"):
    """Source code as HTML in colours; in one colour where the language is unknown."""
    source = source.rstrip("\n")
    try:
        lexer = get_lexer_by_name(language) if language else None
    except ClassNotFound:
        lexer = None
    formatter = HtmlFormatter(nowrap=True)
    shown = highlight(source, lexer, formatter).rstrip("\n") if lexer else measured(html.escape(source))
    return f'<pre class="code" tabindex="0"><code>{shown}</code></pre>\n'


def plain(content):
    """A text output as HTML: terminal codes dropped, what was measured marked."""
    return measured(html.escape(TERMINAL_CODES.sub("", content), quote=False))
