"""Executed chapters as pages: one HTML file each, complete in itself."""

import html
import re
from pathlib import Path

import jinja2

from dlcourse.publishing import chapters, files, fonts, markdown, pairing

TEMPLATES = Path(__file__).parent / "templates"
HEADER = re.compile(
    r"^# Chapter (?P<id>\S+) · (?P<english>[^·\n]+?) · (?P<chinese>[^\n]+?)\s*$", re.MULTILINE
)
CAPTION = "**Figure.**"


def write_pages(pages):
    """Write build/course/NAME.html for each executed chapter.

    Args:
        pages: list of (Chapter, executed notebook).

    Returns:
        list of str: what could not be shown, with its place; such a chapter's page is not written.
    """
    failures = []
    for chapter, notebook in pages:
        folder = chapter.root / "build" / "course"
        known = [other for other, _ in pages]
        known += [other for other in chapters.find(chapter.root) if (folder / f"{other.name}.html").exists()]
        try:
            content = page(chapter, notebook, {other.name for other in known})
        except markdown.MarkdownError as error:
            failures.append(f"\n{chapter.name}: no page, because of {error}")
            continue
        files.write(folder / f"{chapter.name}.html", content)
    return failures


def page(chapter, notebook, built=frozenset()):
    """A chapter's page.

    Args:
        chapter: Chapter.
        notebook: its executed notebook.
        built: names of the chapters whose pages lie beside this one; the list of chapters links to them.

    Returns:
        str: HTML that loads nothing.

    Raises:
        markdown.MarkdownError: where a formula or figure can't be shown; names the cell and its source line.
    """
    renderer = markdown.Renderer(chapter.notebook.parent)
    cells, header = [], None
    for number, cell in enumerate(notebook.cells):
        try:
            if number == 0 and cell.cell_type == "markdown" and (found := HEADER.search(cell.source)):
                header = {name: html.escape(value) for name, value in found.groupdict().items()}
                header["lead"] = renderer.render(cell.source.replace(found[0], "", 1))
                continue
            cells.append(_cell(cell, renderer))
        except markdown.MarkdownError as error:
            where = pairing.location(chapter, notebook, number)
            raise markdown.MarkdownError(f"{where}:\n  {error}") from None
    everyone = chapters.find(chapter.root)
    position = [other.name for other in everyone].index(chapter.name)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.j2").render(
        title=html.escape(" · ".join(title for title in chapter.titles if title)),
        header=header,
        cells=cells,
        sections=[(id, shown) for level, id, shown in renderer.headings if level == 2],
        chapters=[_entry(other, chapter, built) for other in everyone],
        previous=_neighbour(everyone, position - 1, built),
        following=_neighbour(everyone, position + 1, built),
        style="\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("colours.css", "style.css")),
        font=fonts.face("".join([*cells, header["lead"] if header else ""])),
    )


def _entry(other, chapter, built):
    english, chinese = (html.escape(title) for title in other.titles)
    return {
        "id": other.id,
        "english": english,
        "chinese": chinese,
        "here": other.name == chapter.name,
        "file": f"{other.name}.html" if other.name in built else None,
    }


def _neighbour(everyone, position, built):
    if not 0 <= position < len(everyone) or everyone[position].name not in built:
        return None
    return _entry(everyone[position], everyone[position], built)


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
