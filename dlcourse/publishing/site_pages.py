"""The site's generated pages as MyST Markdown: chapters, claims, glossary, benchmarks."""

import base64
import copy
import html
import json
import re
import tomllib
from urllib.parse import quote, urlsplit

import nbformat

from dlcourse.claims import BY_DEFINITION, bound_text
from dlcourse.measured import Measured
from dlcourse.publishing import course_map, execute
from dlcourse.publishing.html import CAPTION

PICTURES = {"image/png": "png", "image/svg+xml": "svg"}
TERMS = re.compile(r"^## Terms\b[^\n]*$(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
RULE = re.compile(r"\*\*(What would have to be measured for each verdict on [^*\n]*)\*\*\n\n")
LINES = 12
"""A function of more lines than these is folded, where a cell shows the package's own code."""

FENCED = re.compile(r"(^```.*?^```)", re.MULTILINE | re.DOTALL)
PERCENT = re.compile(r"^( {0,3})%", re.MULTILINE)

NOT_YET = "not yet written"
CLAIM_COLUMNS = ("what was measured", "value", "bound", "control")
QUANTITY_COLUMNS = ("the verdict's quantity", "value")


class PageError(ValueError):
    """A page can't be made from what is stored; the message says which, and what to do."""


def chapter(notebook, name, ways=""):
    """A chapter's notebook for Sphinx: each picture, its text and its caption made one figure, and long asides folded.

    Args:
        notebook: as stored.
        name: the chapter's, for its pictures' file names.
        ways: Markdown that stands below the title, from ``ways``.

    Returns:
        (notebook, dict): the notebook, and from file name to bytes the pictures that it shows, beside it.

    Raises:
        PageError: where a picture has no alternative text.
    """
    notebook, pictures = copy.deepcopy(notebook), {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            cell.source = kept_whole(cell.source)
            continue
        left, kept = list(cell.outputs), []
        while left:
            output = left.pop(0)
            kind = next((kind for kind in PICTURES if kind in output.get("data", {})), None)
            if kind is not None:
                file = f"{name}-{len(pictures) + 1}.{PICTURES[kind]}"
                pictures[file] = _bytes(output.data[kind], kind)
                output = _figure(output, kind, file, left)
            elif "text/markdown" in output.get("data", {}):
                output.data = {"text/markdown": folded(kept_whole(output.data["text/markdown"]))}
            kept.append(output)
        cell.outputs = kept
    if ways:
        notebook.cells.insert(1, nbformat.v4.new_markdown_cell(ways, id="ways"))
    return notebook, pictures


def kept_whole(text):
    """Markdown as Jupyter reads it, for MyST, which would leave out a line that begins with a per cent sign."""
    parts = FENCED.split(text)
    return "".join(
        part if position % 2 else PERCENT.sub(r"\1\%", part) for position, part in enumerate(parts)
    )


def folded(text):
    """What a cell shows, as it stands on a page: source code and a rule's table open at a click.

    Args:
        text: Markdown, of a cell's output.
    """
    if text.startswith("```python\n") and text.count("\n") > LINES:
        names = re.findall(r"^(?:def|class) (\w+)", text, re.MULTILINE)
        code = ", ".join(f"<code>{name}</code>" for name in names)
        summary = f"Source code of {code}" if names else "Source code"
    elif found := RULE.match(text):
        summary, text = found[1], text[found.end() :]
    else:
        return text
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def ways(chapter, has_slides, repository, branch):
    """The other forms of a chapter, as a line of HTML: notebook, slides, Colab, Binder.

    Args:
        chapter: Chapter.
        has_slides: whether the site has its lecture.
        repository: address that the repository can be cloned from; empty where none is known, and then there is no
            link to Colab or Binder, which fetch it from there.
        branch: of the repository.
    """
    file = f"notebooks/{chapter.notebook.name}"
    found = [("Notebook", f"../{file}", " download")]
    if has_slides:
        found.append(("Slides", f"../slides/{chapter.id}.html", ""))
    place = urlsplit(repository)
    name = place.path.strip("/").removesuffix(".git")
    if place.netloc == "github.com":
        found.append(
            ("Colab", f"https://colab.research.google.com/github/{name}/blob/{quote(branch)}/{file}", "")
        )
        found.append(
            ("Binder", f"https://mybinder.org/v2/gh/{name}/{quote(branch, '')}?urlpath=lab/tree/{file}", "")
        )
    elif place.netloc == "gitlab.com":
        found.append(
            (
                "Binder",
                f"https://mybinder.org/v2/gl/{quote(name, '')}/{quote(branch, '')}?urlpath=lab/tree/{file}",
                "",
            )
        )
    links = " ".join(f'<a href="{html.escape(to)}"{more}>{text}</a>' for text, to, more in found)
    return f'<p class="ways">{links}</p>'


def first_picture(chapters, notebooks, wanted):
    """A stored picture for the first page, as a figure that leads to its chapter.

    Args:
        chapters, notebooks: as for ``records``.
        wanted: dict with the ``chapter``'s id, and ``words`` of the picture's alternative text. Where no picture there
            has them, its first is shown; where there is no such chapter, none.

    Returns:
        str: Markdown; the picture lies beside the chapter's page.
    """
    for item in chapters:
        if item.id != wanted["chapter"]:
            continue
        shown, _ = chapter(notebooks[item.name], item.name)
        texts = [output.data["text/markdown"] for cell in shown.cells for output in cell.get("outputs", [])
                 if "text/markdown" in output.get("data", {})]  # fmt: skip
        figures = [text for text in texts if text.startswith("```{figure} ")]
        chosen = next((text for text in figures if wanted["words"] in text.split(":align:")[0]), *figures[:1])
        return (
            re.sub(r"^:width:.*\n", "", chosen, flags=re.MULTILINE)
            .replace("```{figure} ", "```{figure} chapters/", 1)
            .replace(":align: left\n", f":target: chapters/{item.name}.html\n:class: first\n", 1)
        )
    return ""


def _bytes(data, kind):
    return base64.b64decode(data) if kind == "image/png" else data.encode("utf-8")


def _figure(output, kind, file, following):
    """A picture's output as a figure in Markdown. It takes its caption, the next output, out of ``following``."""
    about = output.metadata.get(kind, {})
    alt = " ".join(about.get("alt", "").split())
    if not alt:
        raise PageError(
            f"the picture {file} has no alternative text; show.figure(fig, caption, alt) stores it"
        )
    caption = ""
    if following and following[0].get("data", {}).get("text/markdown", "").startswith(CAPTION):
        caption = following.pop(0).data["text/markdown"].removeprefix(CAPTION).strip()
    width = f":width: {int(about['width'])}px\n" if "width" in about else ""
    text = f"```{{figure}} {file}\n:alt: {alt}\n:align: left\n{width}\n{caption}\n```"
    output = copy.deepcopy(output)
    output.data, output.metadata = {"text/markdown": text}, {}
    return output


def chapters_list(chapters):
    """The first page's list of chapters, a line for each, and the entries of its table of contents."""
    rows, entries, needed = [], [], course_map.needed(chapters)
    for item in chapters:
        english, chinese = item.titles
        needs = ", ".join(needed[item.id]) or "–"
        rows.append(
            _row(
                f"[{item.id} · {english}](chapters/{item.name}.ipynb) {_together(chinese)}".rstrip(),
                item.sentence,
                needs,
            )
        )
        entries.append(f"{item.id} · {english} {chinese}".rstrip() + f" <chapters/{item.name}>")
    head = "| chapter | what it is about | needs |\n| --- | --- | --- |\n"
    return f"{{.stacked .needs}}\n{head}" + "\n".join(rows), "\n".join(entries)


def _together(text):
    """Text that stays on one line."""
    return f'<span class="together">{text}</span>' if text else ""


# Claims


def article(path):
    """What docs/claims.toml says: dict with ``article``, ``sections`` and ``claims``."""
    with open(path, "rb") as file:
        return tomllib.load(file)


def records(chapters, notebooks):
    """Every claim's records as the chapters store them, in order.

    Args:
        chapters: list of Chapter.
        notebooks: dict from chapter name to its stored notebook.
    """
    return [
        record
        for item in chapters
        if item.name in notebooks
        for record in execute.claims_of(notebooks[item.name])
    ]


def verdict(measured):
    """The verdict on a claim of the article as text, from its records in all chapters."""
    if not measured:
        return NOT_YET
    given = [record["verdict"] for record in measured if record["verdict"]]
    return given[0] if given else "measured, no verdict yet"


def alternatives(measured):
    """What the verdict could have come out as instead, as a sentence; empty where nothing else is recorded."""
    given = next((record for record in measured if record["verdict"] and record.get("outcomes")), None)
    others = [text for text in given["outcomes"] if text != given["verdict"]] if given else []
    return f"It could have come out as: {'; '.join(others)}." if others else ""


def without_absent(text, chapters):
    """A page's Markdown whose links to chapters that aren't there are their words alone."""
    there = {f"chapters/{chapter.name}.ipynb" for chapter in chapters}
    return re.sub(
        r"\[([^\]]+)\]\((chapters/\w+\.ipynb)\)", lambda link: link[0] if link[2] in there else link[1], text
    )


def claims(article, measured, chapters):
    """The page of the article's claims: what the article is, and each sentence beside what was measured.

    Args:
        article: from ``article``.
        measured: from ``records``.
        chapters: list of Chapter, those that the site has.

    Returns:
        str: Markdown.
    """
    claimed, about = article["claims"], article["article"]
    by_id = {item["id"]: [record for record in measured if record["id"] == item["id"]] for item in claimed}
    links = {item.id: f"[{item.id} · {item.titles[0]}](../chapters/{item.name}.ipynb)" for item in chapters}
    short = {item.id: f"[{item.id}](../chapters/{item.name}.ipynb)" for item in chapters}
    done = sum(bool(found) for found in by_id.values())
    parts = [
        "# The article's claims · 文章的论断",
        about["about"].strip(),
        about["about_in_chinese"].strip(),
        "Each of its sentences that claims something is an experiment here, whose verdict is computed from what was "
        "measured by a rule that stood before it, or a check that it holds *by definition*. Where a measurement has a "
        "bound, its whole 95 % interval lies inside, and that of its control, the same measurement with the cause "
        "taken away, outside. What is marked *recorded* comes from a study too long for a chapter.",
        f"{_how_many(done, len(claimed))} The course's own claims are [on a page of their own](own.md).",
        "| claim | the article says | verdict | chapter |\n| --- | --- | --- | --- |",
    ]
    rows = []
    for item in claimed:
        found = by_id[item["id"]]
        where = ", ".join(short[id] for id in _in_order(record["chapter"] for record in found))
        said = verdict(found)
        rows.append(_row(f"[{item['id']}](#{_anchor(item['id'])})", item["claim"], said, where or NOT_YET))
    parts[-1] = "{.stacked .verdicts}\n" + parts[-1] + "\n" + "\n".join(rows)
    for section in article["sections"]:
        parts.append(f"## {section['id']} {section['title']} · {section['chinese']}")
        for item in claimed:
            if item["section"] == section["id"]:
                parts += _claim(item, by_id[item["id"]], links)
    return "\n\n".join(parts) + "\n"


def _how_many(done, number):
    """How many of the article's claims have been measured, in words."""
    if done == number:
        return f"All {number} have been measured."
    return f"Of {number} claims, {done} have been measured. The others belong to chapters that are not yet written."


def _claim(item, found, links):
    """A claim's own part of the page: what the article says, in both languages, and what came out."""
    parts = [
        f"({_anchor(item['id'])})=\n### {item['id']}",
        f"> 「{item['says']}」\n>\n> “{item['in_english']}”",
    ]
    if not found:
        return [*parts, "**Verdict: not yet written.** The chapter that will test it is not yet written."]
    parts.append(f"**Verdict: {verdict(found)}.** {alternatives(found)}".rstrip())
    for id in _in_order(record["chapter"] for record in found):
        parts += [f"Measured in {links[id]}:", measurements([r for r in found if r["chapter"] == id])]
    return parts


def own_claims(measured, chapters):
    """The page of the course's own claims, by chapter, as Markdown."""
    parts = [
        "# The course's own claims",
        "What the chapters claim beyond [the article](index.md), each with its bound and its control, whose 95 % "
        "intervals lie inside and outside.",
    ]
    for item in chapters:
        found = [r for r in measured if r["chapter"] == item.id and not r["id"].startswith("A")]
        if found:
            parts += [f"## {item.id} · {item.titles[0]}", f"In [the chapter](../chapters/{item.name}.ipynb):"]
            parts.append(measurements(found, ids=True))
    return "\n\n".join(parts) + "\n"


def measurements(found, *, ids=False):
    """Records as a table of claims, with their controls' intervals, and one of the quantities of verdicts."""
    tables = []
    for columns, bounded in ((CLAIM_COLUMNS, True), (QUANTITY_COLUMNS, False)):
        columns = (("claim",) if ids else ()) + columns
        rows = [_row(*columns), _row(*["---"] * len(columns))]
        for record in found:
            if bool(record["control"]) != bounded:
                continue
            source = "" if record["source"] == "live" else f" ({record['source']})"
            value = f"{Measured(record['values'], record.get('unit', ''))}{source}"
            if record["verdict"] == BY_DEFINITION:
                value = f"equal to rounding: largest difference {value}"
            cells = [record["statement"] if bounded else record["statement"].replace("_", " "), value]
            if bounded:
                cells += [bound_text(*record["bound"]), str(Measured(record["control"]))]
            rows.append(_row(*([record["id"]] if ids else []), *cells))
        if len(rows) > 2:
            kind = "bounds" if bounded else "quantities"
            tables.append(f"{{.measured .stacked .{kind}}}\n" + "\n".join(rows))
    return "\n\n".join(tables)


def _row(*cells):
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"


def _anchor(id):
    return "claim-" + id.lower().replace(".", "-")


def _in_order(ids):
    return list(dict.fromkeys(ids))


# Glossary


def terms(notebook):
    """The rows of a chapter's Terms: list of (English, Chinese, one line)."""
    for cell in notebook.cells:
        found = TERMS.search(cell.source) if cell.cell_type == "markdown" else None
        if found:
            rows = [line for line in found[1].splitlines() if line.startswith("|")][2:]
            cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]
            return [tuple(row) for row in cells if len(row) == 3]
    return []


def glossary(chapters, notebooks):
    """The glossary: every chapter's terms in alphabetical order, a term of several chapters once."""
    merged = {}
    for item in chapters:
        for english, chinese, line in terms(notebooks[item.name]) if item.name in notebooks else []:
            entry = merged.setdefault((english, chinese), (line, []))
            entry[1].append(f"[{item.id}](chapters/{item.name}.ipynb)")
    rows = [
        "| " + " | ".join([english, chinese, line, ", ".join(links)]) + " |"
        for (english, chinese), (line, links) in sorted(merged.items(), key=lambda entry: entry[0][0].lower())
    ]
    head = "| English | 中文 | in one line | chapter |\n| --- | --- | --- | --- |"
    lead = f"The {len(rows)} terms that the chapters explain, in alphabetical order, with the chapters that use them."
    table = f"{{.stacked .terms}}\n{head}\n" + "\n".join(rows)
    return f"# Glossary · 术语表\n\n{lead}\n\n{table}\n"


# Benchmarks


def benchmarks(folder, chapters):
    """The page of benchmarks: the folder's README.md, and what each recorded study was measured on.

    Args:
        folder: benchmarks/.
        chapters: list of Chapter, those that the site has.

    Returns:
        str: Markdown, whose pictures and files lie in ``results/`` beside the page.
    """
    names = {item.name for item in chapters}

    def link(found):
        return f"{found[1]}(chapters/{found[2]}.ipynb)" if found[2] in names else found[1].strip("[]")

    text = (folder / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"(\[[^\]]*\])\(\.\./notebooks/(\w+)\.ipynb\)", link, text)
    rows = []
    for path in sorted((folder / "results").glob("*.json")):
        study = json.loads(path.read_text(encoding="utf-8"))
        environment = study.get("environment", {})
        versions = ", ".join(
            f"{name} {environment[name]}" for name in ("Python", "tensorflow", "keras") if name in environment
        )
        rows.append(
            _row(
                f"{{download}}`{path.stem} <results/{path.name}>`",
                study.get("about", ""),
                environment.get("machine", ""),
                versions,
            )
        )
    text = text.replace("| study | chapter |", "{.stacked}\n| study | chapter |")
    head = "{.stacked}\n| values | what is in them | machine | versions |\n| --- | --- | --- | --- |"
    return (
        f"{text.rstrip()}\n\n## Recorded values\n\nEvery value of every seed, to be read by a program:\n\n{head}\n"
        + "\n".join(rows)
        + "\n"
    )
