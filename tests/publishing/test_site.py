"""The site: whole, usable by everybody, and saying of each claim what the chapters have stored."""

import functools
import html.parser
import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import nbformat
import pytest
from conftest import SAMPLE, make_course

from dlcourse.measured import Measured
from dlcourse.publishing import (
    chapters,
    course_map,
    pairing,
    site,
    site_pages,
    site_reference,
    site_search,
    tools,
)

ROOT = Path(__file__).resolve().parents[2]
STORED = [chapter for chapter in chapters.find(ROOT) if chapter.notebook.exists()]
LOCAL = ("http://127.0.0.1:", "data:", "file:")
QUERIES = [
    ("backpropagation", "chapters/02_backpropagation"),
    ("反向传播", "chapters/02_backpropagation"),
    ("Xavier", "chapters/03_vanishing"),  # which calls it Glorot
    ("gradient tape", "chapters/"),
    ("qqzzxx", None),
]
MEASURE = """() => {
  const width = document.documentElement.clientWidth, wrong = [];
  const scrolls = element => {
    for (let box = element.parentElement; box && box !== document.body; box = box.parentElement)
      if (["auto", "scroll", "hidden"].includes(getComputedStyle(box).overflowX)) return true;
    return false;
  };
  if (document.documentElement.scrollWidth > width) wrong.push("the page is wider than the screen");
  for (const element of document.querySelectorAll(".bd-article *"))
    if (element.getBoundingClientRect().right > width + 1 && !scrolls(element)) {
      wrong.push(`wider than the screen: ${element.textContent.trim().slice(0, 60)}`);
      break;
    }
  for (const element of document.querySelectorAll(".prev-next-area *"))
    if (element.getBoundingClientRect().right > width + 1) {
      wrong.push(`the way on is cut off: ${element.textContent.trim().slice(0, 60)}`);
      break;
    }
  for (const figure of document.querySelectorAll(".bd-article figure"))
    if (getComputedStyle(figure).float !== "none") {
      wrong.push("what follows a figure stands beside it");
      break;
    }
  for (const image of document.images) if (!image.naturalWidth) wrong.push(`broken: ${image.alt}`);
  return wrong;
}"""
# Of the tokens of code one of each colour, of tables, formulas and docstrings the first are as good as all, and
# much quicker to judge.
THIN = """() => {
  for (const row of document.querySelectorAll("tbody tr:nth-child(n+6)")) row.remove();
  [...document.querySelectorAll("math")].slice(5).forEach(formula => formula.replaceWith("x"));
  [...document.querySelectorAll("dl.py")].slice(30).forEach(entry => entry.remove());
  const seen = new Set();
  for (const token of document.querySelectorAll("pre span"))
    if (seen.has(token.className)) token.replaceWith(token.textContent); else seen.add(token.className);
}"""
AXE = """only => axe.run(document, {resultTypes: ["violations"], preload: false, ...(only && {runOnly: only})}).then(
  result => result.violations.filter(one => ["serious", "critical"].includes(one.impact)).map(
    one => `${one.id}: ${one.nodes.length} times, such as ${one.nodes[0].html.slice(0, 120)}`))"""
MISSING = """characters => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 32;
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  pen.font = `24px ${getComputedStyle(document.querySelector("article p")).fontFamily}, "STIX Two Math", ` +
    getComputedStyle(document.documentElement).getPropertyValue("--chinese");
  const drawn = text => {
    pen.clearRect(0, 0, 32, 32);
    pen.fillText(text, 2, 26);
    return pen.getImageData(0, 0, 32, 32).data.join();
  };
  const none = drawn(String.fromCodePoint(0x378)); // no character has this number, nor will a font have it
  return characters.filter(character => drawn(character) === none);
}"""


class Page(html.parser.HTMLParser):
    """A page's links, ids and pictures, and its text by element id."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loaded, self.ids, self.pictures, self.words, self.depth = [], [], [], [], [], 0
        self.folds = []  # whether each <details> of a cell stands open
        self.feed(path.read_text(encoding="utf-8"))
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag in ("img", "script", "iframe", "source") and found.get("src"):
            self.loaded.append(found["src"])
        if tag == "link" and found.get("rel") != "canonical":
            self.loaded.append(found["href"])
        if tag == "details" and "toctree" not in found.get("class", ""):
            self.folds.append("open" in found)
        if tag == "img":
            self.pictures.append((found.get("src", ""), found.get("alt")))
        self.depth += tag in ("script", "style")

    def handle_endtag(self, tag):
        self.depth -= tag in ("script", "style")

    def handle_data(self, data):
        if not self.depth:
            self.words.append(data)


@pytest.fixture(scope="module")
def built(tmp_path_factory, publish_group):
    """The site of this repository."""
    folder = tmp_path_factory.mktemp("a site") / "site"
    site.build(STORED, root=ROOT, target=folder, say=lambda line: None)
    return folder


@pytest.fixture(scope="module")
def pages(built):
    """Each page of the site by its path; without the lectures, which have tests of their own."""
    paths = [path for path in sorted(built.rglob("*.html")) if path.parent != built / "slides"]
    return {path.relative_to(built).as_posix(): Page(path) for path in paths}


@pytest.fixture(scope="module")
def stored():
    """Every claim's records by chapter id, read from the notebooks' files."""
    found = {}
    for chapter in STORED:
        cells = json.loads(chapter.notebook.read_text(encoding="utf-8"))["cells"]
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        found[chapter.id] = [
            record
            for output in outputs
            for record in output.get("metadata", {}).get("dlcourse", {}).get("claims", [])
        ]
    return found


def broken(pages, folder):
    """Links of pages that lead nowhere within the site, and what pages load from outside."""
    wrong = []
    for name, page in pages.items():
        wrong += [f"{name} loads {address}" for address in page.loaded if urlsplit(address).netloc]
        wrong += [f"{name} has {id} twice" for id in {id for id in page.ids if page.ids.count(id) > 1}]
        for address in [*page.links, *page.loaded]:
            target, anchor = urldefrag(urljoin(f"http://site/{name}", address))
            if not target.startswith("http://site/") or address.startswith("data:"):
                continue
            file = unquote(urlsplit(target).path).lstrip("/") or "index.html"
            if not (folder / file).is_file():
                wrong.append(f"{name} links to {address}, which isn't there")
            elif anchor and file in pages and unquote(anchor) not in pages[file].ids:
                wrong.append(f"{name} links to {address}, whose place isn't there")
    return wrong


def test_links_are_whole_and_nothing_is_loaded_from_elsewhere(pages, built):
    assert broken(pages, built) == []
    assert {f"chapters/{chapter.name}.html" for chapter in STORED} == {
        name for name in pages if name.startswith("chapters/")
    }


@pytest.mark.parametrize(
    ("bad", "found"),
    [
        ('<a href="chapters/99_none.html">x</a>', "99_none"),
        ('<a href="run.html#nowhere">x</a>', "nowhere"),
        ('<script src="https://example.org/x.js"></script>', "example.org"),
    ],
)
def test_a_broken_link_would_be_found(built, pages, tmp_path, bad, found):
    (tmp_path / "bad.html").write_text(bad, encoding="utf-8")
    [sentence] = broken({**pages, "bad.html": Page(tmp_path / "bad.html")}, built)
    assert found in sentence


@pytest.mark.parametrize("chapter", STORED, ids=lambda chapter: chapter.id)
def test_figures_show_the_text_that_is_stored_for_them(chapter, pages):
    cells = json.loads(chapter.notebook.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    expected = []
    for output in outputs:
        if "image/png" in output.get("data", {}):
            expected.append(output["metadata"]["image/png"]["alt"])
        films = re.findall(
            '<img src="[^"]*" alt="([^"]*)">', "".join(output.get("data", {}).get("text/html", ""))
        )
        expected += map(html.unescape, films)
    shown = [alt for source, alt in pages[f"chapters/{chapter.name}.html"].pictures]
    assert shown == [" ".join(alt.split()) for alt in expected] and all(shown)


def test_every_picture_has_a_text(pages):
    assert [name for name, page in pages.items() for _, alt in page.pictures if not (alt or "").strip()] == []


# Claims, glossary, reference


def test_every_claim_of_the_article_is_listed_with_its_stored_verdict(pages, stored):
    text = pages["claims/index.html"].text
    records = [record for found in stored.values() for record in found]
    claimed = tomllib.loads((ROOT / "docs" / "claims.toml").read_text(encoding="utf-8"))["claims"]
    ids = [claim["id"] for claim in claimed]
    assert len(ids) == len(set(ids)) == 40
    assert {record["id"] for record in records if record["id"].startswith("A")} <= set(ids)
    parts = re.split(r"\b(A[\d.]+[a-d]?)#", text)  # each claim's heading ends with its link
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert list(sections) == ids
    for id, section in sections.items():
        mine = [record for record in records if record["id"] == id]
        verdicts = [record["verdict"] for record in mine if record["verdict"]]
        expected = verdicts[0] if verdicts else "not yet written"
        assert f"Verdict: {expected}.".replace("'", "’") in section.replace("'", "’"), id
        for record in mine:
            assert str(Measured(record["values"], record.get("unit", ""))) in section, (
                id,
                record["statement"],
            )
            for side in record["bound"]:
                assert side is None or f"{side:g}" in section, (id, record["bound"])


def test_the_courses_own_claims_are_listed(pages, stored):
    text = pages["claims/own.html"].text
    own = [record for found in stored.values() for record in found if not record["id"].startswith("A")]
    assert {record["chapter"] for record in own} == set(stored)
    for record in own:
        assert re.search(rf"\b{re.escape(record['id'])}\b", text), record["id"]
        assert str(Measured(record["values"])) in text, record["statement"]


def test_a_claim_without_its_chapter_is_not_yet_written():
    record = {
        "id": "A1", "chapter": "01", "statement": "it rises | or not", "values": [1.0, 1.5], "bound": [0.5, None],
        "control": [0.0], "verdict": "holds when asked", "source": "recorded",
    }  # fmt: skip
    article = {
        "article": {"about": "Short.", "about_in_chinese": "很短。"},
        "sections": [{"id": "1", "title": "Introduction", "chinese": "简介"}],
        "claims": [
            {"id": id, "section": "1", "claim": f"claim {id}", "says": "会升", "in_english": f"{id} rises"}
            for id in ("A1", "A2")
        ],
    }
    [one] = chapters.find(ROOT)[1:2]
    text = site_pages.claims(article, [record], [one])
    assert "| [A2](#claim-a2) | claim A2 | not yet written | not yet written |" in text
    assert "**Verdict: holds when asked.**" in text and "it rises \\| or not" in text
    assert "⟨1.2 ± 3.2⟩ (recorded) | above 0.5 | ⟨0⟩" in text  # 3.18 = 12.706 · 0.3536 / √2
    assert "Of 2 claims, 1 have been measured" in text
    both = site_pages.claims(article, [record, record | {"id": "A2"}], [one])
    assert "All 2 have been measured." in both and "not yet written" not in both
    assert "> 「会升」\n>\n> “A2 rises”" in text and text.startswith(
        "# The article's claims · 文章的论断\n\nShort."
    )


def test_each_sentence_of_the_article_is_quoted_and_translated_and_its_author_named(pages):
    table = tomllib.loads((ROOT / "docs" / "claims.toml").read_text(encoding="utf-8"))
    text = pages["claims/index.html"].text.replace("’", "'")
    for claim in table["claims"]:
        assert f"「{claim['says']}」" in text and re.search("[\u4e00-\u9fff]", claim["says"]), claim["id"]
        assert not re.search("[\u4e00-\u9fff]", claim["in_english"]) and claim["in_english"][:20] in text
    for place in (text, pages["index.html"].text, (ROOT / "README.md").read_text(encoding="utf-8")):
        assert place.count(table["article"]["signed"]) >= 2  # in English and in Chinese


# Chapters, the first page, what is folded


@pytest.mark.parametrize("chapter", STORED, ids=lambda chapter: chapter.id)
def test_a_chapter_leads_to_its_notebook_and_its_slides(chapter, pages, built):
    links = pages[f"chapters/{chapter.name}.html"].links
    assert f"../notebooks/{chapter.name}.ipynb" in links
    offered = pairing.read_notebook(built / "notebooks" / f"{chapter.name}.ipynb")
    stored = pairing.read_notebook(chapter.notebook)
    assert [cell.source for cell in offered.cells] == [cell.source for cell in stored.cells]
    if not (built / "slides").is_dir():
        pytest.skip("the site has no slides, since reveal.js can't be had")
    assert f"../slides/{chapter.id}.html" in links
    for link in Page(built / "slides" / f"{chapter.id}.html").links:
        if ".html" in link and not urlsplit(link).scheme:
            assert (built / "slides" / urldefrag(link)[0]).resolve().is_file(), link


@pytest.mark.parametrize(
    ("repository", "expected"),
    [
        ("", []),
        (
            "https://github.com/some/course.git",
            [
                "https://colab.research.google.com/github/some/course/blob/main/notebooks/01_sample.ipynb",
                "https://mybinder.org/v2/gh/some/course/main?urlpath=lab/tree/notebooks/01_sample.ipynb",
            ],
        ),
        (
            "https://gitlab.com/group/some/course",
            [
                "https://mybinder.org/v2/gl/group%2Fsome%2Fcourse/main?urlpath=lab/tree/notebooks/01_sample.ipynb"
            ],
        ),
        ("https://git.example.org/some/course", []),
    ],
)
def test_where_the_repository_is_known_chapters_lead_to_colab_and_binder(repository, expected):
    ways = site_pages.ways(chapters.Chapter(ROOT, "01_sample"), False, repository, "main")
    assert re.findall(r'href="(https://[^"]*)"', ways) == expected


def test_pages_promise_colab_and_binder_only_where_the_repository_is_known(pages):
    chosen = site.settings(ROOT)
    for chapter in STORED:
        known = site_pages.ways(chapter, False, chosen["repository"], chosen["branch"]).count(
            'href="https://'
        )
        links = pages[f"chapters/{chapter.name}.html"].links
        assert sum("colab.research" in link or "mybinder.org" in link for link in links) == known
        assert known == 0 or chosen["repository"]


def test_the_first_page_has_a_picture_a_line_for_each_chapter_and_a_map(pages, built):
    page = pages["index.html"]
    alts = {
        " ".join(output["metadata"]["image/png"]["alt"].split())
        for chapter in STORED
        for cell in json.loads(chapter.notebook.read_text(encoding="utf-8"))["cells"]
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    }
    assert [alt for _, alt in page.pictures if alt in alts]
    for chapter in STORED:
        header = chapter.source.read_text(encoding="utf-8").split("\n# %%")[0]
        assert re.sub(r"\W+", "", chapter.sentence) in re.sub(r"\W+", "", header)
        assert chapter.sentence.replace("'", "’") in page.text.replace("'", "’")
        assert page.links.count(f"chapters/{chapter.name}.html") >= 2  # in the list and in the map
    arrows = (built / "index.html").read_text(encoding="utf-8").count('class="arrow"')
    assert arrows == sum(map(len, course_map.needed(STORED).values())) > len(STORED) / 2
    assert "chapters/01_perceptrons_and_networks.html" in pages["teach.html"].links


def course_of(tmp_path, **needs):
    sources = {
        f"{name[1:]}_x": f"# %% [markdown]\n# # Chapter {name[1:]} · X · 甲\n#\n# One.\n#\n# **You need** {text}.\n"
        for name, text in needs.items()
    }
    return chapters.find(make_course(tmp_path, **sources))


def test_the_map_draws_what_is_needed_at_once_below_what_it_needs(tmp_path):
    found = course_of(
        tmp_path, c00="nothing", c01="chapter 00", c02="chapters 00 and\n# [01](01_x.ipynb)", c03="patience",
        c04="chapters 02, 03 and 99, and 30 minutes",
    )  # fmt: skip
    links = course_map.needed(found)
    assert links == {"00": [], "01": ["00"], "02": ["01"], "03": [], "04": ["02", "03"]}
    assert course_map.rows(links) == [["00"], ["01"], ["02", "03"], ["04"]]
    drawn = course_map.svg(found, label="<Map>")
    assert drawn.count('class="arrow"') == 4 and 'aria-label="&lt;Map&gt;"' in drawn
    assert re.findall(r'<a href="(chapters/\w+\.html)"', drawn) == [f"chapters/0{n}_x.html" for n in range(5)]


def test_an_arrow_passes_the_rows_that_it_skips_beside_their_boxes(tmp_path):
    found = course_of(
        tmp_path,
        c00="nothing",
        c01="chapter 00",
        c02="chapter 01",
        c03="chapter 00",
        c04="chapters 02 and 03",
    )
    drawn = course_map.svg(found, label="map")
    boxes = [tuple(map(float, box)) for box in re.findall(r'class="box" x="([\d.]+)" y="([\d.]+)"', drawn)]
    downs = [
        tuple(map(float, down)) for down in re.findall(r"([\d.]+) ([\d.]+)V[\d.]+", drawn)
    ]  # where an arrow goes straight down: from this point, a box's height
    assert len(downs) == 1
    ((x, y),) = downs
    assert y in {top for _, top in boxes}
    assert not any(left <= x <= left + course_map.BOX for left, top in boxes if top == y)


def test_links_to_chapters_that_are_not_there_are_their_words(tmp_path):
    found = course_of(tmp_path, c01="nothing")
    text = "Read [01, one](chapters/01_x.ipynb) and [02, two](chapters/02_y.ipynb), [home](index.md)."
    expected = "Read [01, one](chapters/01_x.ipynb) and 02, two, [home](index.md)."
    assert site_pages.without_absent(text, found) == expected


def test_chapters_that_need_each_other_are_an_error(tmp_path):
    with pytest.raises(ValueError, match="in a circle: 00 → 01 → 00"):
        course_map.needed(course_of(tmp_path, c00="chapter 01", c01="chapter 00"))


def test_tagged_code_rules_and_long_sources_are_folded(pages):
    for chapter in STORED:
        cells = json.loads(chapter.notebook.read_text(encoding="utf-8"))["cells"]
        tagged = sum("hide-input" in cell["metadata"].get("tags", []) for cell in cells)
        page = pages[f"chapters/{chapter.name}.html"]
        assert tagged and page.text.count("Code Code") >= tagged, chapter.id
        assert not any(page.folds)
    code = "```python\ndef f():\n" + "    x\n" * 20 + "\n\ndef g():\n    y\n```"
    assert site_pages.folded(code).startswith(
        "<details><summary>Source code of <code>f</code>, <code>g</code></summary>\n\n```python"
    )
    short = "```python\ndef f():\n    x\n```"
    assert site_pages.folded(short) == short
    rule = "**What would have to be measured for each verdict on A1**\n\n| verdict |\n| --- |"
    assert "<summary>What would have to be measured for each verdict on A1</summary>" in site_pages.folded(
        rule
    )


def test_chinese_titles_stand_in_the_side_bar(built):
    page = (built / "index.html").read_text(encoding="utf-8")
    bar = page[page.index("bd-sidebar-primary") : page.index("bd-article-container")]
    for chapter in STORED:
        assert f'<span lang="zh-Hans">{chapter.titles[1]}</span>' in bar


def test_the_search_has_every_section_of_a_page():
    page = """<nav><section id="no"></section></nav><article class="bd-article"><section id="top"><h1>A · 甲<a
    class="headerlink">#</a></h1><p>One <em>word</em></p><script>no</script><section id="below"><h2>Below</h2>
    <pre><span>x</span> = 1</pre><svg><text>no</text></svg><p>last</p></section>
    <dl><dt class="sig" id="f">f(x)</dt><dd><p>doubles</p></dd></dl></section></article>
    <section id="after"></section>"""
    assert site_search.Sections(page).found == [
        ["top", "A · 甲", "One word"],
        ["below", "Below", "x = 1 last"],
        ["f", "f(x)", "doubles"],
    ]


def test_the_glossary_has_the_terms_of_every_chapter(pages):
    text = pages["glossary.html"].text
    for chapter in STORED:
        source = chapter.source.read_text(encoding="utf-8").split("# ## Terms")[1].split("# ## ")[0]
        rows = [line.split("|") for line in source.splitlines() if line.startswith("# |")][2:]
        assert len(rows) > 4
        for row in rows:
            chinese = row[2].strip()
            assert "$" in chinese or chinese in text, (chapter.id, chinese)


def test_the_reference_names_public_functions_with_their_arguments(pages):
    text = pages["reference/training.html"].text
    assert "fit(" in text and "batch_size" in text and "Raises" in text
    assert "train_step" in text and "_stacked" not in text


def test_docstrings_become_markdown():
    source = """One *line* with ``code_*`` and a_b.

    >>> first(
    ...     a_b)

    Args:
        x: float32 (n,); a
            second line.
        y, z: more.

    Returns:
        float: ``x``.

        indented:

            x = 1

            no python here
    """
    text = site_reference.docstring(source)
    assert text.startswith("One \\*line\\* with ``code_*`` and a\\_b.")
    assert "```pycon\n>>> first(\n...     a_b)\n```" in text
    assert "- `x`: float32 (n,); a second line.\n- `y, z`: more." in text
    assert (
        "**Returns**" in text and "```python\nx = 1\n```" in text and "```text\nno python here\n```" in text
    )


def test_measured_numbers_and_chinese_are_marked_but_not_in_formulas(publish_group):
    from dlcourse.publishing import site_extension

    body = '<p title="中">A 中\n文 ⟨1⟩ <math><mtext>中</mtext></math>.</p>'
    body += "<p><strong>Predict before you run.</strong></p>"
    shown = site_extension.finish(body)
    assert '<span lang="zh-Hans">中文</span>' in shown and '<p class="predict">' in shown
    assert '<span class="measured"><i>⟨</i>1<i>⟩</i></span>' in shown
    assert 'title="中"' in shown and "<mtext>中</mtext>" in shown


def test_a_headings_chinese_has_a_line_of_its_own(publish_group):
    from dlcourse.publishing import site_extension

    link = '<a class="headerlink" href="#x" title="Link">#</a>'
    shown = site_extension.finish(f"<h1>Chapter 03 · A unit · ReLU 层<em>能</em>画出什么？{link}</h1>")
    assert shown.startswith(
        f'<h1>Chapter 03 · A unit{link}<span class="dot"> · </span><span class="translated">'
    )
    assert shown.index('"translated">ReLU') < shown.index("</span></h1>")
    for alone in (f"<h2>One · two{link}</h2>", f"<h2>A{link}</h2><p>b · c</p><h2>D{link}</h2>"):
        assert site_extension.finish(alone) == alone


def test_answers_to_choose_from_have_no_second_mark(publish_group):
    from dlcourse.publishing import site_extension

    listed = '<ul class="simple">\n<li><p>({}) yes</p></li></ul>'
    assert 'class="simple choices"' in site_extension.finish(listed.format("a"))
    assert site_extension.finish(listed.format("1")) == listed.format("1")


def test_what_a_phone_would_shrink_or_squeeze_is_marked(publish_group):
    from dlcourse.publishing import site_extension

    picture = '<img alt="x" src="a.png" style="width: {}px;" />'
    assert 'class="spread" style="width: 864px;"' in site_extension.finish(picture.format(864))
    assert site_extension.finish(picture.format(504)) == picture.format(504)
    table = '<table class="table">\n<thead>\n<tr class="row-odd"><th class="head"><p>{}</p></th>\n'
    table += '<th class="head"><p>中文</p></th>'
    assert 'class="table stacked terms"' in site_extension.finish(table.format("English"))
    claims = table.replace("中文", "statement").format("claim")
    assert 'class="table stacked bounds"' in site_extension.finish(claims)
    assert "stacked" not in site_extension.finish(table.format("claim"))


def test_a_line_that_begins_with_a_per_cent_sign_is_no_comment():
    asked = "About 55\n% or 75 %?\n\n```python\n%timeit f()\n```\n"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(asked)])
    shown, _ = site_pages.chapter(notebook, "01_sample")
    assert shown.cells[0].source == asked.replace("\n% or", "\n\\% or")


def test_no_line_begins_with_a_per_cent_sign(publish_group):
    from dlcourse.publishing import site_extension

    for space in (" ", "\n"):
        assert "95\u00a0% of" in site_extension.finish(f"<p>95{space}% of n</p>")
    assert site_extension.finish("<pre>95 % 2</pre>") == "<pre>95 % 2</pre>"


def test_names_break_behind_their_dots_and_brackets_and_numbers_stay_whole(publish_group):
    from dlcourse.publishing import site_extension

    code = '<code><span class="pre">{}</span></code>'
    assert "losses.<wbr>of_<wbr>images(<wbr>x)" in site_extension.finish(code.format("losses.of_images(x)"))
    assert site_extension.finish(code.format("0.05")) == code.format("0.05")
    assert (
        site_extension.finish("<h2>dlcourse.models</h2><p>e.g</p>")
        == "<h2>dlcourse.<wbr>models</h2><p>e.g</p>"
    )


# What must stop the build


def notebook_with(output):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("draw()", outputs=[output])])


def test_a_picture_without_a_text_stops_the_build():
    output = nbformat.v4.new_output("display_data", {"image/png": "AAAA"})
    with pytest.raises(site_pages.PageError, match="no alternative text"):
        site_pages.chapter(notebook_with(output), "01_sample")


@pytest.mark.parametrize(
    "bad", ["[x](chapters/99_none.ipynb)", "$\\nosuchcommand$", "```{figure} none.png\n```"]
)
def test_what_leads_nowhere_stops_the_build(tmp_path, built, bad):
    pages = tmp_path / "pages"
    (pages / "_static").mkdir(parents=True)
    shutil.copy(ROOT / "docs" / "site.css", pages / "_static")
    (pages / "index.md").write_text(f"# A page\n\n{bad}\n", encoding="utf-8")
    with pytest.raises(site.SiteError, match=r"index\.md"):
        site.sphinx(ROOT / "docs", pages, tmp_path / "target")


def test_a_chapter_that_is_not_executed_yet_is_left_out(tmp_path):
    course = make_course(tmp_path, **{"01_sample": SAMPLE})
    shutil.copytree(ROOT / "docs", course / "docs")
    shutil.copytree(ROOT / "benchmarks", course / "benchmarks")
    said = []
    site.gather(chapters.find(course), course, tmp_path / "pages", said.append)
    assert "01: no notebook yet" in said[0]
    assert not (tmp_path / "pages" / "chapters").exists()
    assert "01_perceptrons" not in (tmp_path / "pages" / "benchmarks.md").read_text(encoding="utf-8")


def test_building_loads_no_tensorflow():
    code = "import sys\nfrom dlcourse.publishing import site\nprint('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# In a browser


@pytest.fixture(scope="module")
def axe():
    try:
        return tools.axe(ROOT).read_text(encoding="utf-8")
    except tools.ToolMissing as error:
        pytest.skip(f"no axe-core: {error}")


@pytest.fixture(scope="module")
def address(built):
    """Where a server of this machine shows the site."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(built)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def opened(browser, wrong, **settings):
    """A new page of the browser, which adds to ``wrong`` what its console and its requests have amiss."""
    page = browser.new_page(**settings)
    page.on(
        "console",
        lambda said: said.type in ("error", "warning") and wrong.append(f"the console says: {said.text}"),
    )
    page.on("pageerror", lambda error: wrong.append(f"a script fails: {error}"))
    page.on(
        "request",
        lambda sent: sent.url.startswith(LOCAL) or wrong.append(f"asks for {sent.url}"),
    )
    return page


def looked_at(page, url, axe):
    """What is wrong with one page: on a phone, then on a large screen, light and dark."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(url)
    wrong = page.evaluate(MEASURE)
    page.set_viewport_size({"width": 1280, "height": 900})
    wrong += page.evaluate(MEASURE)
    page.evaluate(THIN)
    page.add_style_tag(content="* { transition: none !important; }")
    page.evaluate(axe)
    wrong += page.evaluate(AXE, None)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", paper)[:3]) < 64, f"not dark: {paper}"
    return wrong + [f"dark: {sentence}" for sentence in page.evaluate(AXE, ["color-contrast"])]


@pytest.mark.parametrize("part", ["chapters", "reference", "others"])
def test_every_page_can_be_used_by_everybody(part, browser, address, axe, pages):
    def belongs(name):
        folder = name.split("/")[0] if "/" in name else ""
        return folder == part if part != "others" else folder not in ("chapters", "reference")

    wrong, log = [], []
    page = opened(browser, log)
    for name in filter(belongs, pages):
        wrong += [f"{name}: {sentence}" for sentence in looked_at(page, address + name, axe) + log]
        log.clear()
    page.close()
    assert wrong == []


def test_what_is_wrong_with_a_page_would_be_found(browser, address, axe, built):
    good = (built / "run.html").read_text(encoding="utf-8")
    for bad, found in [
        ("<script>console.error('oops')</script>", "oops"),
        ("<img src='https://127.0.0.9/x.png' alt='x'>", "127.0.0.9"),
        ("<img src='_static/icon.svg' width='40'>", "image-alt"),
        ("<p style='color: #bbb'>pale</p>", "color-contrast"),
        ("<p style='white-space: nowrap'>" + "wide " * 60 + "</p>", "wider than the screen"),
        ("<figure style='float: left'>a</figure>", "stands beside it"),
        ("<div class='prev-next-area'><p style='width: 600px'>on</p></div>", "the way on is cut off"),
    ]:
        (built / "spoilt.html").write_text(
            good.replace("<p>You need", f"{bad}<p>You need", 1), encoding="utf-8"
        )
        log = []
        page = opened(browser, log)
        wrong = looked_at(page, address + "spoilt.html", axe)
        page.close()
        assert found in "\n".join(wrong + log), found
    (built / "spoilt.html").unlink()


@pytest.mark.parametrize("served", [True, False], ids=["served", "as files"])
def test_the_search_finds_sections_and_shows_a_line_of_each(served, browser, address, built):
    start = address if served else built.as_uri() + "/"
    wrong = []
    page = opened(browser, wrong)
    for words, found in QUERIES:
        page.goto(f"{start}search.html?q={words}")
        said = page.inner_text("#search-summary")
        results = page.evaluate("""() => [...document.querySelectorAll("#search-results li")].map(
            item => [item.querySelector("a").href, item.querySelectorAll("p mark").length, item.innerText])""")
        if found is None:
            assert results == [] and said == f"No section has “{words}”."
            continue
        assert re.match(r"\d+ sections? on \d+ pages? for “", said), said
        places = [link for link, marks, text in results if found in link and "#" in link and marks]
        assert places, (words, results[:3])
        assert all(len(text) < 600 for _, _, text in results)
        page.goto(places[0])
        assert page.locator(".bd-article .highlighted").count() or words == "Xavier"
    page.close()
    assert wrong == []


def test_what_the_search_marks_can_be_read_in_the_dark(browser, address, axe):
    wrong = []
    page = opened(browser, wrong, color_scheme="dark")
    for name in (
        "search.html?q=gradient",
        "chapters/02_backpropagation.html?highlight=gradient",
        "index.html?highlight=course",
    ):
        page.goto(address + name)
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.locator("mark, .bd-article .highlighted").count() > 1
        page.evaluate(THIN)
        page.evaluate(axe)
        wrong += [f"{name}: {sentence}" for sentence in page.evaluate(AXE, ["color-contrast"])]
    page.close()
    assert wrong == []


def test_the_contents_stay_in_sight_and_say_where_the_reader_is(browser, address):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}chapters/{STORED[1].name}.html")
    headings = page.locator(".bd-article h2")
    middle = headings.nth(headings.count() // 2)
    middle.scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, 500)")
    active = page.locator(".bd-sidebar-secondary .nav-link.active").last
    active.wait_for()
    bar = page.locator(".bd-sidebar-secondary").bounding_box()
    page.close()
    assert bar["y"] >= -1 and bar["y"] + bar["height"] <= 901


def test_figures_have_no_grey_frame_in_the_dark(browser, address):
    page = browser.new_page(color_scheme="dark")
    page.goto(f"{address}chapters/{STORED[1].name}.html")
    styles = page.evaluate("""() => [...document.querySelectorAll(".bd-article figure img")].map(image => {
        const style = getComputedStyle(image);
        return [style.paddingLeft, style.borderLeftWidth, style.backgroundColor];
    })""")
    page.close()
    assert styles and {tuple(style) for style in styles} == {("0px", "0px", "rgb(255, 255, 255)")}


def test_lists_of_terms_and_chapters_fit_a_phone(browser, address):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    for name in ("glossary.html", "index.html", "claims/index.html"):
        page.goto(address + name)
        wide = page.evaluate("""() => [...document.querySelectorAll("table.stacked :is(td, td *):not(math *)")].filter(
            cell => cell.getBoundingClientRect().right > innerWidth).map(cell => cell.textContent.slice(0, 40))""")
        assert page.locator("table.stacked td").count() > 10 and wide == [], name
    page.close()


def test_the_reader_chooses_light_or_dark(browser, address):
    wrong = []
    page = opened(browser, wrong, color_scheme="dark")
    page.goto(address + "index.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.evaluate("document.querySelectorAll('.theme-switch-button')[0].click()")
    page.evaluate(
        "document.querySelector('[data-mode=light].dropdown-item, button[data-mode=light]')?.click()"
    )
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.close()
    assert wrong == []


def test_no_character_is_missing_from_the_fonts(browser, address, pages):
    if "STIX" not in (ROOT / "docs" / "site.css").read_text(encoding="utf-8"):
        pytest.fail("the formulas' font is not in the site's style")
    used = sorted({character for page in pages.values() for character in page.text if character > "\x7f"})
    assert "学" in used and "∑" in used
    page = browser.new_page()
    page.goto(address + "chapters/" + STORED[1].name + ".html")
    page.evaluate("document.fonts.load('24px \"STIX Two Math\"', '∑')")
    missing = page.evaluate(MISSING, [*used, "\u0379"])  # the last has no glyph anywhere
    page.close()
    assert missing == ["\u0379"]
