"""What holds for every chapter of the course. nbval compares its outputs besides; see ``dlcourse test``."""

import pytest

from dlcourse.publishing import chapters, checks, html, pairing

CHAPTERS = chapters.find()


@pytest.fixture(params=CHAPTERS, ids=lambda chapter: chapter.name)
def chapter(request):
    return request.param


@pytest.fixture
def notebook(chapter):
    return pairing.read_notebook(chapter.notebook)


def test_there_are_chapters():
    assert CHAPTERS


def test_source_and_notebook_are_there(chapter):
    assert chapter.source.exists() and chapter.notebook.exists(), "run `dlcourse notebooks`"


def test_source_and_notebook_agree(chapter, notebook):
    assert checks.agreement(pairing.read_source(chapter), notebook) == []


@pytest.mark.parametrize("check", checks.NOTEBOOK_CHECKS, ids=lambda check: check.__name__)
def test_notebook(notebook, check):
    assert check(notebook) == []


def test_the_file_is_in_its_stored_form(chapter, notebook):
    stored = chapter.notebook.read_text(encoding="utf-8")
    assert pairing.notebook_text(pairing.seal(notebook)) == stored, "run `dlcourse notebooks`"


def test_the_id_in_the_title_is_the_files(chapter, notebook):
    assert notebook.cells[0].source.startswith(f"# Chapter {chapter.id} · ")


def test_the_page_shows_everything_and_loads_nothing(chapter, notebook):
    page = html.page(chapter, notebook)  # fails where a formula can't be shown
    assert checks.alternative_texts(page, checks.pictures(notebook)) == []
    assert checks.self_contained(page) == []
