"""The self-tests ask ten questions for each part, and each answer names a section that there is."""

import collections
import re
from pathlib import Path

import nbformat
import pytest

from dlcourse.publishing import chapters, lab

PAGE = (Path(__file__).parents[2] / "docs" / "self_tests.md").read_text("utf-8")
PARTS = {part.split(":")[0]: part for part in PAGE.split("\n## Part ")[1:]}
HEADING = re.compile(r"^# ##+ ([^·\n]+?)(?: ·|$)", re.MULTILINE)
SECTIONS = {(one.id, one.name): HEADING.findall(one.source.read_text("utf-8")) for one in chapters.find()}
QUESTION = re.compile(
    r"^\*\*(?P<number>\d+)\.\*\* (?P<text>.+)\n\n(?P<options>(?:- \(\w\) .+\n)+)\n"
    r"<details><summary>Answer</summary>\n\n"
    r"\((?P<right>\w)\) (?P<why>.+) Read: \[(?P<id>\w+), (?P<section>.+)\]\(chapters/(?P<name>\w+)\.ipynb\)\n\n"
    r"</details>$",
    re.MULTILINE,
)


def test_every_part_has_one():
    first = [id[:2] for id, _ in SECTIONS]
    assert list(PARTS) == ["00", "01-05", "06", "07", "08", "09"] and {"01", "05"} <= set(first)
    covered = {part for part in PARTS if len(part) == 2} | {f"{number:02}" for number in range(1, 6)}
    assert set(first) <= covered


@pytest.mark.parametrize("part", PARTS)
def test_ten_questions_each_with_an_answer_and_a_section_to_read(part):
    found = list(QUESTION.finditer(PARTS[part]))
    assert [int(one["number"]) for one in found] == list(range(1, 11))
    assert PARTS[part].count("<details>") == 10
    for one in found:
        letters = re.findall(r"^- \((\w)\)", one["options"], re.MULTILINE)
        assert letters == ["a", "b", "c"] and one["right"] in letters
        assert len(set(re.findall(r"\) (.+)", one["options"]))) == 3, one["text"]
        known = SECTIONS.get((one["id"], one["name"]))
        assert known is not None and one["section"] in known, f"{one['id']} has no section {one['section']!r}"


def test_the_right_answers_stand_at_all_places():
    places = collections.Counter(one["right"] for one in QUESTION.finditer(PAGE))
    assert all(places[letter] > 10 for letter in "abc")


def test_lab_opens_it_with_links_to_the_copies(course):
    (course / "docs").mkdir(exist_ok=True)
    (course / "docs" / "self_tests.md").write_text(PAGE, "utf-8")
    lab.self_tests(course)
    made = nbformat.read(course / "work" / "self_tests.ipynb", 4)
    nbformat.validate(made)
    text = "\n".join(cell.source for cell in made.cells)
    assert "](00_start_here.ipynb)" in text and "chapters/" not in text
    assert [cell.source.count("**") // 2 for cell in made.cells[2:]] == 6 * [0, *10 * [1]]
    assert "| [01](01_sample.ipynb) A sample | – |" in made.cells[1].source
    before = (course / "work" / "self_tests.ipynb").stat().st_mtime_ns
    lab.self_tests(course)
    assert (course / "work" / "self_tests.ipynb").stat().st_mtime_ns == before
