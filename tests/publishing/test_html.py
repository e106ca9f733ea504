"""Cells as HTML: formulas, pictures, solutions and languages, as a reader gets them."""

import base64
import io
import re
from html.parser import HTMLParser

import pytest
from fontTools.ttLib import TTFont

from dlcourse.publishing import checks, fonts, html, markdown, pairing


@pytest.fixture
def renderer(tmp_path):
    return markdown.Renderer(tmp_path)


@pytest.fixture
def page(chapter, sample):
    return html.body(chapter, sample)


class Balance(HTMLParser):
    """Raises where an element is not closed where it should be."""

    VOID = ("meta", "link", "br", "img", "hr", "mspace", "input")

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open[-3:], self.getpos())
        self.open.pop()


def test_the_cells_are_well_formed(page):
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert checks.self_contained(page) == []


def test_a_picture_has_its_text_once_and_its_caption_beside_it(page):
    figure = page[page.index("<figure>") : page.index("</figure>")]
    assert figure.count("<img") == 1 and figure.count("<figcaption>") == 1
    assert "The line rises, <span" in figure and "<math>" in figure
    assert "**Figure" not in page and "Figure." not in figure
    assert page.count('alt="A straight line that rises from the lower left"') == 1


def test_measured_values_are_marked_in_text_tables_and_printed_output(page):
    marked = re.findall(r'<span class="measured"><i>⟨</i>([^<]*)<i>⟩</i></span>', page)
    assert {"1.25 s", "1.00 ± 0.25"} <= set(marked)


def test_terminal_codes_are_dropped(page):
    assert "\x1b" not in page and "bold" in page


def test_a_solution_is_collapsed_with_its_formula_and_code(page):
    solution = page[page.rindex("<details>") : page.rindex("</details>")]
    assert "<summary>Solution</summary>" in solution and "<math>" in solution
    assert 'class="code"' in solution and "**2" not in re.sub("<[^>]*>", "", solution).replace("x**2", "")


def test_chinese_is_marked_as_chinese_and_lines_of_it_join_without_a_space(page):
    assert '<span lang="zh-Hans">样例</span>' in page
    assert re.search(
        r'<p lang="zh-Hans">.*这是一个样例。它只用于测试。它不属于课程。', re.sub("</?span[^>]*>", "", page)
    )


FORMULAS = [
    r"\begin{aligned} a &= b \\ &= c \end{aligned}",
    r"f(x) = \begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}",
    r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \begin{bmatrix} a \\ b \end{bmatrix}",
    r"\sum_{i=1}^{n} \frac{\partial J}{\partial w_i} \left( \prod_{l} W_l \right)^{\top}",
    r"\operatorname*{arg\,max}_k z_k, \quad \hat{y} = \operatorname{softmax}(z)_k",
    r"\mathbb{E}_{x \sim p}\left[\log p(x)\right] - \mathrm{KL}(q \,\|\, p)",
    r"\underbrace{a + b}_{\text{sum}} \overline{x} \tilde{x} \vec{x} \mathbf{w} \boldsymbol{\theta}",
    r"\lVert w \rVert_2 \le \sqrt[3]{x} \cdot \lfloor y \rfloor \approx \infty \pm \times \odot \otimes",
]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("form", ["$$\n{}\n$$", "Text ${}$ text."])
def test_formulas_become_mathml(renderer, formula, form):
    shown = renderer.render(form.format(formula))
    assert "<math" in shown and "\\" not in shown and "merror" not in shown and "$" not in shown


def test_align_needs_no_dollars_and_is_not_numbered(renderer):
    shown = renderer.render("\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}")
    assert '<math display="block">' in shown and "(1)" not in shown


def test_a_full_stop_stays_with_its_formula(renderer):
    assert re.search(r'<span class="together"><math>.*</math>\.</span> Next', renderer.render("So $x$. Next"))
    assert re.search(
        r'as <span class="together">\(<math>.*</math></span> or', renderer.render("as ($x$ or y)")
    )


def test_dollars_in_code_are_no_formula(renderer):
    assert "<math" not in renderer.render("`$x$` and\n\n```sh\necho $x $y\n```")


@pytest.mark.parametrize("formula", [r"\foo", r"\frac{1", r"x^{", r"\begin{align} a", r"\left( x"])
def test_a_formula_that_cannot_be_shown_names_cell_and_line(chapter, sample, formula):
    number = next(number for number, cell in enumerate(sample.cells) if "alpha" in cell.source)
    text = chapter.source.read_text(encoding="utf-8").replace("$\\alpha > 0$", f"${formula}$")
    chapter.source.write_text(text, encoding="utf-8")
    sample.cells[number].source = sample.cells[number].source.replace("$\\alpha > 0$", f"${formula}$")
    with pytest.raises(markdown.MarkdownError) as raised:
        html.body(chapter, sample)
    assert re.search(r"notebooks/src/01_sample.py, line \d+ \(cell 3 of 11\)", str(raised.value))
    assert formula in str(raised.value) and "\x1b" not in str(raised.value)


def test_pictures_in_markdown_are_embedded_and_need_text(renderer, tmp_path):
    (tmp_path / "dot.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    shown = renderer.render("![A dot](dot.svg)")
    assert 'alt="A dot"' in shown and "data:image/svg+xml;base64," in shown
    with pytest.raises(markdown.MarkdownError, match="no alternative text"):
        renderer.render("![](dot.svg)")
    with pytest.raises(markdown.MarkdownError, match=r"missing\.png is not a file beside the notebook"):
        renderer.render("![A picture](missing.png)")


def test_links_lead_to_pages_of_the_site_and_to_files(renderer):
    shown = renderer.render(
        "[a](02_b.ipynb#c) [d](../dlcourse/show.py) [e](https://example.org/x.ipynb) [f](#g)"
    )
    targets = re.findall('href="([^"]*)"', shown)
    assert targets == [
        "../site/chapters/02_b.html#c",
        "../../dlcourse/show.py",
        "https://example.org/x.ipynb",
        "#g",
    ]


def test_code_is_coloured_and_unknown_languages_are_plain(renderer):
    assert '<span class="k">def</span>' in renderer.render("```python\ndef f(): pass\n```")
    assert "<code>a &lt; b</code>" in renderer.render("```nonesuch\na < b\n```")


def test_short_code_stays_on_one_line(renderer):
    assert '<code class="short">x &lt; 2</code>' in renderer.render("So `x < 2`.")
    assert "<code>" in renderer.render(f"So `{'x + ' * 6}1`.")


def test_no_line_of_a_heading_begins_with_its_dot(renderer):
    heading = renderer.render("## Start here · 从这里开始")
    assert "Start here\N{NO-BREAK SPACE}· " in heading and 'id="start-here-从这里开始"' in heading
    assert "a · b" in renderer.render("a · b")


def test_no_line_of_a_heading_ends_inside_a_short_word(renderer):
    """Browsers break after a hyphen, unless a word joiner follows it; ``Deep Q-`` on a line of its own reads badly."""
    heading = renderer.render("# Deep Q-networks, well-kept")
    assert (
        "Deep Q-\N{WORD JOINER}networks, well-kept" in heading and 'id="deep-q-networks-well-kept"' in heading
    )
    assert "Q-networks" in renderer.render("Q-networks")


def test_tables_scroll_in_their_own_box(renderer):
    assert '<div class="wide" tabindex="0"><table>' in renderer.render(
        "| a | b |\n| --- | --- |\n| 1 | $x$ |"
    )


def test_tables_of_many_columns_are_not_squeezed(renderer):
    row = "| a | b | c | d | e |\n"
    assert '<table class="many">' in renderer.render(row + "| --- " * 5 + "|\n" + row)
    assert '<table class="many">' not in renderer.render("| a | b |\n| --- | --- |\n" * 3)


def test_the_font_covers_the_formulas_and_can_stretch(page):
    encoded = re.search(r"data:font/woff;base64,([^)]*)", fonts.face(page))[1]
    font = TTFont(io.BytesIO(base64.b64decode(encoded)))
    assert "MATH" in font and {ord(character) for character in fonts.characters(page)} <= set(
        font.getBestCmap()
    )
    assert len(encoded) < 60_000
    assert fonts.face("<p>no formula</p>") == ""


def test_a_low_root_takes_no_more_room_than_its_sign(renderer):
    low, high = (
        renderer.maths(r"\sqrt{\beta}", display=False),
        renderer.maths(r"\sqrt{\frac ab}", display=False),
    )
    assert '<msqrt class="low">' in low and 'class="low"' not in high
    assert "STIX Two Root" in fonts.face(low) and "STIX Two Root" not in fonts.face(high)
    forms = TTFont(io.BytesIO(fonts.low_root()))["MATH"].table.MathVariants.VertGlyphConstruction
    assert [(form.VariantCount, form.GlyphAssembly) for form in forms] == [(1, None)]


def test_the_same_notebook_gives_the_same_html(chapter, sample, page):
    assert html.body(chapter, pairing.read_notebook(chapter.notebook)) == page
