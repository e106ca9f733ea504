"""The README and its companions say what is so.

.venv/bin/python tests/test_readme.py       writes the README's table of chapters anew
"""

import pathlib
import re
import subprocess
import tomllib

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
TABLE = re.compile(r"^\| \| chapter \|.*\n(?:\|.*\n)*", re.MULTILINE)
PAGES = ["README.md", "CONTRIBUTING.md", "data/README.md", "LICENSE", "CITATION.cff"]


def chapter_row(source):
    """Return a chapter's row of the README's table, from the header cell of its text source."""
    cell = source.read_text("utf-8").split("\n# %%")[0]
    lines = [line.removeprefix("#").removeprefix(" ") for line in cell.splitlines()[1:]]
    title, sentence = "\n".join(lines).strip().split("\n\n")[:2]
    number, english, chinese = title.removeprefix("# Chapter ").split(" · ")
    link = f"[{number}](notebooks/{source.stem}.ipynb)"
    return f"| {link} | {english} · {chinese} | {' '.join(sentence.split())} |"


def chapter_table():
    sources = sorted((ROOT / "notebooks" / "src").glob("*.py"))
    return (
        "\n".join(["| | chapter | what it is about |", "| --- | --- | --- |", *map(chapter_row, sources)])
        + "\n"
    )


def test_the_table_lists_every_chapter_as_its_header_does():
    assert TABLE.search(README)[0] == chapter_table(), (
        "to write it anew: .venv/bin/python tests/test_readme.py"
    )


def test_every_make_target_that_is_named_exists():
    import bootstrap  # which stands beside the README: pytest knows where, this file as a program does not

    for page in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / page).read_text("utf-8")
        for target in re.findall(r"(?:`|    |=\w+ )make ([a-z][a-z-]*)", text):
            assert target in bootstrap.TARGETS, f"{page} names `make {target}`"


def test_every_link_leads_to_a_file():
    for page in PAGES:
        text = (ROOT / page).read_text("utf-8")
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"


@pytest.mark.parametrize("page", ["README.md", "docs/run.md"])
def test_the_figures_of_the_setup_are_those_it_works_with(page):
    import bootstrap

    text = (ROOT / page).read_text("utf-8")
    assert f"{bootstrap.NEEDED_GB} GB of disk" in text
    assert f"{bootstrap.DOWNLOAD_GB} GB of packages" in text


def test_licences_and_version_agree_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == project["version"]
    assert project["license"] == " AND ".join(citation["license"]) == "MIT AND CC-BY-4.0"
    licence = (ROOT / "LICENSE").read_text("utf-8")
    for part in ("MIT", "CC BY 4.0", "creativecommons.org/licenses/by/4.0", "data/README.md"):
        assert part in licence


def test_no_committed_file_names_a_package_index():
    hosts = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "ana" + "conda.org"]
    command = ["git", "grep", "-lIE", "|".join(re.escape(host) for host in hosts)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if found.returncode == 128:  # not a git clone
        return
    assert found.stdout == "", "these name a package index's host"


if __name__ == "__main__":
    (ROOT / "README.md").write_text(TABLE.sub(lambda found: chapter_table(), README), "utf-8")
