"""Cells as HTML: what slides show, and what the checks of a notebook look at."""

import html
import re

from dlcourse.publishing import markdown, pairing

CAPTION = "**Figure.**"


def body(chapter, notebook):
    """All cells of a chapter, as slides show them.

    Args:
        chapter: Chapter.
        notebook: its executed notebook.

    Returns:
        str: HTML that loads nothing.

    Raises:
        markdown.MarkdownError: where a formula or figure can't be shown; names the cell and its source line.
    """
    renderer, cells = markdown.Renderer(chapter.notebook.parent), []
    for number, cell in enumerate(notebook.cells):
        try:
            cells.append(_cell(cell, renderer))
        except markdown.MarkdownError as error:
            where = pairing.location(chapter, notebook, number)
            raise markdown.MarkdownError(f"{where}:\n  {error}") from None
    return "\n".join(cells)


def _cell(cell, renderer):
    if cell.cell_type == "markdown":
        return f'<div class="text">\n{renderer.render(cell.source)}</div>'
    if cell.cell_type == "raw":
        return ""
    code = markdown.code(cell.source) + "\n" if cell.source.strip() else ""
    return f'<div class="cell">\n{code}{outputs(cell.outputs, renderer)}\n</div>'


def outputs(outputs, renderer):
    """A cell's outputs as HTML, each picture with its caption."""
    left, parts = list(outputs), []
    while left:
        parts.append(_output(left.pop(0), left, renderer))
    return "\n".join(parts)


def _output(output, following, renderer):
    """An output as HTML. A picture takes its caption, the next output, with it out of ``following``."""
    if output.output_type == "stream":
        return f'<pre class="output {output.name}" tabindex="0">{markdown.plain(output.text)}</pre>'
    if output.output_type == "error":
        text = "\n".join(output.traceback) or f"{output.ename}: {output.evalue}"
        return f'<pre class="output stderr" tabindex="0">{markdown.plain(text)}</pre>'
    data = output.data
    if "image/png" in data or "image/svg+xml" in data:
        return _figure(output, following, renderer)
    if "text/html" in data:
        return f'<div class="output wide" tabindex="0">{markdown.measured(data["text/html"])}</div>'
    if "text/markdown" in data:
        return f'<div class="result">\n{renderer.render(data["text/markdown"])}</div>'
    if "text/latex" in data:
        return f'<div class="result">\n{renderer.render(data["text/latex"])}</div>'
    return f'<pre class="output" tabindex="0">{markdown.plain(data.get("text/plain", ""))}</pre>'


def _figure(output, following, renderer):
    caption = ""
    if following and following[0].get("data", {}).get("text/markdown", "").startswith(CAPTION):
        said = following.pop(0).data["text/markdown"].removeprefix(CAPTION).strip()
        caption = f"<figcaption>{renderer.inline(said)}</figcaption>"
    kind = "image/png" if "image/png" in output.data else "image/svg+xml"
    about = output.metadata.get(kind, {})
    alt = html.escape(about.get("alt", ""))
    if kind == "image/png":
        size = "".join(f' {side}="{int(about[side])}"' for side in ("width", "height") if side in about)
        source = re.sub(r"\s", "", output.data[kind])
        return f'<figure><img src="data:image/png;base64,{source}" alt="{alt}"{size}>{caption}</figure>'
    picture = output.data[kind][output.data[kind].index("<svg") :]
    return f'<figure><div role="img" aria-label="{alt}">{picture}</div>{caption}</figure>'
