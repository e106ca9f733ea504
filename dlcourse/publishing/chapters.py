"""Which chapters there are, and where their files lie."""

import itertools
import os
import re
from dataclasses import dataclass
from pathlib import Path

from dlcourse import files

NAME = re.compile(r"(?P<id>\d\d[a-z]?)_(?P<words>[a-z0-9_]+)")
TITLE = re.compile(r"^#\s*# Chapter (?P<id>\S+) · (?P<english>[^·]+?) · (?P<chinese>.+?)\s*$", re.MULTILINE)
SENTENCE = re.compile(
    r"^# Chapter [^\n]*\n\s*\n(?P<sentence>[^\n*#|<].*?)(?:\n\s*\n|\Z)", re.MULTILINE | re.DOTALL
)
NEEDED = re.compile(r"^\*\*You need\*\*(?P<text>.*?)(?:\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)


class UnknownChapter(ValueError):
    """A chapter was asked for that the course doesn't have."""


@dataclass(frozen=True)
class Chapter:
    """One chapter: a text source and a notebook of the same name.

    Attributes:
        root: the repository's folder.
        name: file name without ending, such as ``"01_perceptrons_and_networks"``.
    """

    root: Path
    name: str

    @property
    def id(self):
        """Its number, such as ``"01"`` or ``"06a"``."""
        return NAME.fullmatch(self.name)["id"]

    @property
    def source(self):
        """The text source that people edit: notebooks/src/NAME.py."""
        return self.root / "notebooks" / "src" / f"{self.name}.py"

    @property
    def notebook(self):
        """The notebook that people open: notebooks/NAME.ipynb."""
        return self.root / "notebooks" / f"{self.name}.ipynb"

    @property
    def titles(self):
        """English and Chinese title, from the source's header; the file's name where there is none yet.

        Raises:
            ValueError: where the source isn't UTF-8; names the file and the line.
        """
        found = TITLE.search(files.text(self.source) if self.source.exists() else "")
        if found is None:
            return NAME.fullmatch(self.name)["words"].replace("_", " ").capitalize(), ""
        return found["english"], found["chinese"]

    @property
    def sentence(self):
        """What it is about, from the source's header; empty where there is none yet."""
        found = SENTENCE.search(self._markdown)
        return " ".join(found["sentence"].split()) if found else ""

    @property
    def needs(self):
        """The ids that its header names under *You need*, in order; not all of them may be there."""
        found = NEEDED.search(self._markdown)
        text = re.sub(r"\]\([^)]*\)", "]", found["text"]) if found else ""
        return list(dict.fromkeys(re.findall(r"(?<![\w.])\d\d[a-z]?(?![\w.]\w|\w)", text)))

    @property
    def _markdown(self):
        """The source's lines without the comment sign that Markdown cells have in it."""
        text = files.text(self.source) if self.source.exists() else ""
        return re.sub(r"^# ?", "", text, flags=re.MULTILINE)

    def relative(self, path):
        """``path`` as seen from the repository's folder, for messages."""
        return Path(path).relative_to(self.root).as_posix()


def root():
    """The repository's folder.

    It is the environment variable ``DLCOURSE_ROOT``; else the folder that the package was installed from
    (editable), else the first folder with notebooks/src and pyproject.toml from the current one upwards.

    Raises:
        FileNotFoundError: where none of these holds the course.
    """
    given = os.environ.get("DLCOURSE_ROOT")
    here = Path.cwd()
    candidates = [Path(given)] if given else [Path(__file__).resolve().parents[2], here, *here.parents]
    for folder in candidates:
        if (folder / "pyproject.toml").is_file() and (folder / "notebooks").is_dir():
            return folder.resolve()
    raise FileNotFoundError(
        f"Found no course (a folder with pyproject.toml and notebooks/) at {candidates[0]}"
        + ("" if given else f" or from {here} upwards")
        + ". Change into the cloned repository, or set DLCOURSE_ROOT to its folder."
    )


def find(folder=None):
    """All chapters, in order of their ids.

    A chapter counts from the moment that it has a source or a notebook, so that one begun in JupyterLab is
    found too.

    Args:
        folder: the repository's; by default ``root()``.

    Returns:
        list of Chapter.

    Raises:
        ValueError: where two chapters share an id.
    """
    folder = root() if folder is None else Path(folder)
    paths = [*(folder / "notebooks" / "src").glob("*.py"), *(folder / "notebooks").glob("*.ipynb")]
    names = sorted({path.stem for path in paths if NAME.fullmatch(path.stem)})
    chapters = [Chapter(folder, name) for name in names]
    for first, second in itertools.pairwise(chapters):
        if first.id == second.id:
            raise ValueError(
                f"Two chapters have the id {first.id}: {first.name} and {second.name}. Rename one."
            )
    return chapters


def select(id=None, folder=None):
    """The chapters to work on: all of them, or the one with this id.

    Args:
        id: such as ``"01"``; ``"1"`` is understood too. None for all.
        folder: the repository's; by default ``root()``.

    Raises:
        UnknownChapter: where there is no such chapter, or none at all; the message lists those that there
        are.
    """
    chapters = find(folder)
    if not chapters:
        raise UnknownChapter(
            "The course has no chapters yet: notebooks/src holds no file such as 01_name.py."
        )
    if id is None:
        return chapters
    wanted = re.sub(r"^(\d)(?!\d)", r"0\1", str(id).strip())
    found = [chapter for chapter in chapters if wanted in (chapter.id, chapter.name)]
    if not found:
        listed = "\n".join(f"  {chapter.id:4} {chapter.titles[0]}" for chapter in chapters)
        raise UnknownChapter(f"There is no chapter {id!r}. Give one of these:\n{listed}")
    return found
