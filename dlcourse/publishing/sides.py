"""The two files of a chapter, read: the text source and the notebook.

A file that can't be meant (empty, cut, in conflict, of another encoding or format) is refused with a sentence that
names it, before anything is made from it.
"""

import json
import re

import jupytext
import nbformat
from jupytext.config import load_jupytext_configuration_file
from nbformat.validator import iter_validate

from dlcourse import files
from dlcourse.files import short
from dlcourse.publishing.normalise import damaged_picture

FORMAT = "py:percent"
CONFLICT = re.compile(r"(?:# )?(?:(?:<{7}|>{7}|\|{7})(?: .*)?|={7})$")
"""A line that git leaves where a merge found both versions changed, in Markdown perhaps behind the "# "."""


def settings(chapter):
    """What pyproject.toml sets for jupytext."""
    return load_jupytext_configuration_file(str(chapter.root / "pyproject.toml"))


def source_cells(chapter, text):
    """The cells of a text source, as a notebook without outputs."""
    return jupytext.reads(text, fmt=FORMAT, config=settings(chapter))


def read_source(chapter):
    """The cells of the chapter's text source, as a notebook without outputs.

    Raises:
        ValueError: where the file is empty, isn't UTF-8, or holds conflict markers.
    """
    text = files.text(chapter.source)
    _refuse_conflict(text.split("\n"), f"{short(chapter.source)}, line")
    notebook = source_cells(chapter, text)
    _refuse_empty(chapter.source, notebook)
    return notebook


def read_notebook(path, *, pictures=True):
    """The notebook at ``path``, format 4.5.

    Args:
        path: of the .ipynb.
        pictures: False accepts damaged pictures in the outputs, for a caller who replaces these.

    Raises:
        ValueError: where the file is empty, isn't a notebook of format 4, or holds conflict markers or a damaged
            picture.
    """
    text = files.text(path)
    _refuse_conflict(text.split("\n"), f"{short(path)}, line")
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        what = "is empty" if not text.strip() else f"is no JSON from line {error.lineno} on ({error.msg})"
        raise ValueError(f"{short(path)} {what}, so it can't be read as a notebook.") from None
    _refuse_other_formats(path, content)
    notebook = nbformat.reads(text, as_version=4)
    _refuse_empty(path, notebook)
    for number, cell in enumerate(notebook.cells, 1):
        _refuse_conflict(cell.source.split("\n"), f"{short(path)}, cell {number}, line")
    damaged = damaged_picture(notebook) if pictures else None
    if damaged is not None:
        raise ValueError(
            f"{short(path)}, cell {damaged + 1}: a picture among the outputs is damaged or cut off. "
            "`dlcourse notebooks` executes the chapter again."
        )
    return notebook


def _refuse_conflict(lines, where):
    for number, line in enumerate(lines, 1):
        if CONFLICT.match(line):
            marker = line.removeprefix("# ")
            heading = " (A heading is written with #, not underlined.)" if marker.startswith("=") else ""
            raise ValueError(
                f"{where} {number}: {marker!r} is a conflict marker of git. Make one text of the two versions, and "
                f"delete the markers.{heading}"
            )


def _refuse_empty(path, notebook):
    if not any(cell.source.strip() for cell in notebook.cells):
        raise ValueError(f"{short(path)} is empty: no cell of it holds any text.")


def _refuse_other_formats(path, content):
    found = content.get("nbformat") if isinstance(content, dict) else None
    if not isinstance(found, int):
        raise ValueError(f'{short(path)} is no notebook: it is JSON without the field "nbformat".')
    if found != 4:
        raise ValueError(
            f"{short(path)} is a notebook of format {found}, and format 4 is needed: "
            f"jupyter nbconvert --to notebook --inplace {short(path)}"
        )
    # by the schema of 4.4, which asks for no ids: `pair` gives them to cells without
    for error in iter_validate(content, version=4, version_minor=4, relax_add_props=True):
        place = " → ".join(map(str, error.path)) or "top level"
        raise ValueError(
            f"{short(path)} is no valid notebook ({place}): {error.message.splitlines()[0][:200]}"
        )
