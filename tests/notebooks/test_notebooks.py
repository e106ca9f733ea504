"""What holds for every chapter of the course. nbval compares its outputs besides; see ``dlcourse test``."""

import re

import pytest

from dlcourse.publishing import chapters, checks, html, pairing

CHAPTERS = chapters.find()


@pytest.fixture(params=CHAPTERS, ids=lambda chapter: chapter.name)
def chapter(request):
    return request.param


@pytest.fixture
def notebook(chapter):
    if not chapter.notebook.exists():
        pytest.fail(f"{chapter.name} has no notebook: run `dlcourse notebooks`")
    return pairing.read_notebook(chapter.notebook)


def report(wrong):
    """Fails with one line for each thing that is wrong."""
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def test_there_are_chapters():
    assert CHAPTERS


def test_source_and_notebook_agree(chapter, notebook):
    report(checks.agreement(pairing.read_source(chapter), notebook))


@pytest.mark.parametrize("check", checks.NOTEBOOK_CHECKS, ids=lambda check: check.__name__)
def test_notebook(notebook, check):
    report(check(notebook))


def test_the_file_is_in_its_stored_form(chapter, notebook):
    stored = chapter.notebook.read_text(encoding="utf-8")
    assert pairing.notebook_text(pairing.seal(notebook)) == stored, "run `dlcourse notebooks`"


def test_the_id_in_the_title_is_the_files(chapter, notebook):
    assert notebook.cells[0].source.startswith(f"# Chapter {chapter.id} · ")


def test_everything_can_be_shown_and_loads_nothing(chapter, notebook):
    page = html.body(chapter, notebook)  # fails where a formula can't be shown
    report(checks.alternative_texts(page, checks.pictures(notebook)) + checks.self_contained(page))


def test_the_report_comes_after_all_that_it_reports(chapter):
    text = chapter.source.read_text("utf-8")
    reports = [found.start() for found in re.finditer(r"^claims\.report\(\)", text, re.MULTILINE)]
    said = [
        found.start()
        for found in re.finditer(r"^ *claims\.(measure|verdict|by_definition)\(", text, re.MULTILINE)
    ]
    assert len(reports) == 1 and max(said) < reports[0]
