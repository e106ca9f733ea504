"""Each check of the notebooks finds its fault in a spoilt copy of a sample that passes them all."""

import nbformat
import pytest

from dlcourse.publishing import checks, html, pairing


def markdown(*texts):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text) for text in texts])


def code(*sources):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


def test_the_sample_passes_every_check(chapter, sample):
    for check in checks.NOTEBOOK_CHECKS:
        assert check(sample) == [], check.__name__
    assert checks.agreement(pairing.read_source(chapter), sample) == []
    page = html.body(chapter, sample)
    assert checks.alternative_texts(page, checks.pictures(sample)) == []
    assert checks.self_contained(page) == []


def test_everything_is_every_check(chapter):
    assert checks.everything(chapter) == []
    text = chapter.notebook.read_text(encoding="utf-8")
    text = text.replace("One sentence says", "It reaches 97.4 % and $\\\\foo$, says").replace(
        '"alt"', '"else"'
    )
    chapter.notebook.write_text(text, encoding="utf-8")
    found = "\n".join(checks.everything(chapter))
    assert "cell 1 differs" in found and "97.4 %" in found and "\\foo" in found
    chapter.notebook.write_text(text.replace("$\\\\foo$, ", ""), encoding="utf-8")
    assert "picture 1 of the page has no alternative text" in checks.everything(chapter)


# source and notebook


@pytest.mark.parametrize("number", range(11))
def test_agreement_finds_an_edit_in_any_cell(chapter, sample, number):
    sample.cells[number].source += " "
    [wrong] = checks.agreement(pairing.read_source(chapter), sample)
    assert f"cell {number + 1} differs" in wrong


def test_agreement_finds_a_missing_cell_and_another_slide_type(chapter, sample):
    sample.cells[1].metadata["slideshow"]["slide_type"] = "skip"
    assert "cell 2 differs" in checks.agreement(pairing.read_source(chapter), sample)[0]
    del sample.cells[-1]
    assert "11 cells and the notebook 10" in checks.agreement(pairing.read_source(chapter), sample)[0]


# executed top to bottom


@pytest.mark.parametrize("count", [None, 1, 3, 99])
def test_execution_finds_a_cell_out_of_order(sample, count):
    sample.cells[3].execution_count = count
    assert checks.execution(sample) == [f"cell 4 has execution count {count} instead of 2"]


def test_execution_finds_an_error_and_stderr(sample):
    sample.cells[3].outputs.append(nbformat.v4.new_output("error", ename="E", evalue="bad", traceback=[]))
    sample.cells[4].outputs.append(nbformat.v4.new_output("stream", name="stderr", text="a warning\n"))
    assert checks.execution(sample) == ["cell 4 holds an error: E: bad", "cell 5 wrote to stderr: a warning"]


def test_freshness_finds_outputs_of_other_code(sample):
    sample.cells[5].outputs[0].text = "four points"
    assert checks.freshness(sample)
    del sample.metadata["dlcourse"]
    assert checks.freshness(sample)


# header


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("# Chapter 01 · A sample · 样例", "# A sample", "the title is not"),
        ("· 样例", "· sample", "the title is not"),
        ("A sample ·", "样例 ·", "the title is not"),
        ("One sentence says what this chapter shows.\n\n", "", "no sentence follows the title"),
        ("**After this chapter you can**", "You can", "**After this chapter you can** is missing"),
        ("**You need**", "Need", "**You need** is missing"),
        ("**Time**", "Takes", "**Time** is missing"),
        ("摘要", "", "(摘要) is missing"),
        ("它不属于课程。", "", "2 lines instead of three"),
    ],
)
def test_header_finds_what_is_missing(sample, old, new, found):
    assert old in sample.cells[0].source
    sample.cells[0].source = sample.cells[0].source.replace(old, new)
    assert any(found in wrong for wrong in checks.header(sample))


def test_header_may_be_divided_after_the_sentence(sample):
    title, rest = sample.cells[0].source.split("**You need**")
    sample.cells[0].source = title
    assert len(checks.header(sample)) == 3
    sample.cells.insert(1, nbformat.v4.new_markdown_cell(f"**You need**{rest}"))
    assert checks.header(sample) == []


def test_header_must_be_the_first_cell(sample):
    assert checks.header(code("1")) and checks.header(nbformat.v4.new_notebook())


# code that doesn't fit the page


def test_width_finds_a_long_line():
    assert checks.width(code("x = 1\n" + "y" * 88)) == []
    [wrong] = checks.width(code("x = 1\n" + "y" * 89))
    assert "89 columns" in wrong


# escapes from the comparison


@pytest.mark.parametrize("tag", ["nbval-skip", "nbval-ignore-output", "raises-exception", "NBVAL_SKIP"])
def test_escapes_finds_a_tag(sample, tag):
    sample.cells[3].metadata["tags"] = ["other", tag]
    assert len(checks.escapes(sample)) == 1


@pytest.mark.parametrize(
    "comment",
    [
        "# NBVAL_IGNORE_OUTPUT",
        "  #NBVAL_SKIP",
        "## NBVAL_RAISES_EXCEPTION",
        "# PYTEST_VALIDATE_IGNORE_OUTPUT",
    ],
)
def test_escapes_finds_a_marker(sample, comment):
    sample.cells[3].source += "\n" + comment
    assert len(checks.escapes(sample)) == 1


def test_every_escape_that_nbval_knows_is_known():
    from nbval import plugin

    assert set(plugin.metadata_tags) - {"pytest-validate-ignore-output"} <= checks.ESCAPES
    for name in plugin.comment_markers:
        assert checks.MARKER.search(f"# {name}")


# ⟨ ⟩


def test_masks_finds_a_typed_value_but_not_the_talk_about_it():
    assert checks.masks(markdown("It reached ⟨0.97 ± 0.01⟩."))
    assert checks.masks(markdown("What stands in ⟨ ⟩ was measured, such as `⟨0.97 ± 0.01⟩`.")) == []


@pytest.mark.parametrize("text", ["⟨0.97", "0.97⟩", "⟨a ⟨b⟩⟩", "⟨0.97\n0.98⟩"])
def test_masks_finds_brackets_that_do_not_close_in_their_line(sample, text):
    for kind in ("text/plain", "text/markdown"):
        output = nbformat.v4.new_output("display_data", data={kind: text})
        sample.cells[3].outputs = [output]
        assert checks.masks(sample)
    sample.cells[3].outputs = [nbformat.v4.new_output("stream", text=text)]
    assert checks.masks(sample)


# measured numbers typed into sentences


@pytest.mark.parametrize(
    "sentence",
    [
        "The network reaches 97.4 % on the test data.",
        "It ends at **97.4 %**.",
        "The loss falls to 0.146, and stays there.",
        "Training took 12 s.",
        "That is 1.9 × as fast.",
        "It runs 3 times faster.",
        "The bound is -91.4 nats.",
        "It needs 30 MB.",
        "- a list's item with 0.31",
        "| table | 0.31 |",
        "准确率为97.4%。",
        "A question first? Then the answer: 0.31.",
        "Linked [here](https://example.org). Not here: 0.31.",
        "`0.5` is code and 0.31 is not.",
        "$0.5$ is exact and 0.31 is not.",
        "A rate of 1.5e-7 remains.",
    ],
)
def test_typed_numbers_finds_results(sentence):
    assert len(checks.typed_numbers(markdown(sentence))) == 1, sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "MNIST has 70,000 images of 28 by 28 pixels, 10 classes, from 1998.",
        "Rosenblatt's rule of 1958 needs 3 steps:",
        "1. First.\n2. Second.",
        "The half, $0.5$, and $\\frac{1}{2} = 50\\,\\%$.",
        "$$\n0.123\n$$",
        "Call `fit(rate=0.123)`:\n\n```python\nx = 0.123\n```",
        "The paper reports 86.76 nats ([Burda et al.](https://arxiv.org/abs/1509.00519)).",
        "Would you aim for 90 %, 50 %, or 20 %?",
        "**Predict before you run.** Guess: 0.31, or 31 %. Write it down.",
        "**Time** 40 s.",
        "Python 3.11 to 3.13, sections 2.3 and 2.4, claims A2.1.2 and C01.3, CC BY 4.0.",
        "What stands in ⟨ ⟩ was measured.",
        "With 95 % intervals over seeds; the 95 % t-interval; a 90 % credible interval.",
        "Bishop, chapters 1.2.5 and 3.1.",
        "Keras 3.15 runs on TensorFlow 2.21.",
    ],
)
def test_typed_numbers_lets_exact_sourced_and_guessed_ones_be(sentence):
    assert checks.typed_numbers(markdown(sentence)) == [], sentence


def test_typed_numbers_lets_settings_and_bounds_of_the_code_be():
    notebook = markdown("A correlation of 0.9 and a dropout of 30 %; at least 98.0 % is asked for. Not 0.77.")
    notebook.cells += code("train(correlation=0.9, dropout=0.3, above=0.98)").cells
    [wrong] = checks.typed_numbers(notebook)
    assert "'0.77'" in wrong


@pytest.mark.parametrize(
    "source",
    [
        'show.markdown("It reaches 97.4 %.")',
        'show.markdown(f"It reaches {x:.1%}, where 97.4 % was before.")',
        'figures.curve(run, caption="It ends at 0.146.", alt="A curve")',
        'figures.curve(run, caption="A curve.", alt=f"A curve of {name} that ends at 0.146")',
        'show.figure(fig, "It ends at 0.146.", "A curve")',
    ],
)
def test_typed_numbers_reads_what_code_shows(source):
    assert len(checks.typed_numbers(code(source))) == 1


def test_typed_numbers_leaves_computed_parts_be():
    assert (
        checks.typed_numbers(code('show.markdown(f"It reaches {accuracy:.1%} after {seconds:.2f}.")')) == []
    )


# built pages


def test_alternative_texts_finds_a_picture_without(chapter, sample):
    page = html.body(chapter, sample)
    alt = 'alt="A straight line that rises from the lower left"'
    assert page.count(alt) == 1
    for spoilt in ['alt=""', "", 'alt="No description has been provided for this image"']:
        assert checks.alternative_texts(page.replace(alt, spoilt)) == [
            "picture 1 of the page has no alternative text"
        ]
    picture = page[page.index("<img") : page.index(">", page.index("<img")) + 1]
    assert "share the alternative text" in checks.alternative_texts(page.replace(picture, picture * 2))[0]
    assert "shows 0 pictures of the notebook's 1" in checks.alternative_texts(page.replace(picture, ""), 1)[0]


@pytest.mark.parametrize(
    "loading",
    [
        '<script src="https://example.org/a.js"></script>',
        "<script>fetch('x')</script>",
        '<link rel="stylesheet" href="style.css">',
        '<img src="figure.png" alt="a">',
        '<p style="background: url(https://example.org/a.png)">',
        "<style>@import 'a.css'; </style>",
        "<style>@font-face { src: url('font.woff') }</style>",
        '<iframe src="https://example.org"></iframe>',
        '<video poster="a.png"></video>',
    ],
)
def test_self_contained_finds_what_is_loaded(loading):
    assert checks.self_contained(f"<html><body>{loading}</body></html>")


def test_self_contained_lets_links_and_embedded_pictures_be():
    page = (
        '<a href="https://example.org">a</a><img src="data:image/png;base64,AAAA" alt="a"><a href="02.html">'
    )
    assert checks.self_contained(page) == []
