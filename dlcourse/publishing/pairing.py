"""A chapter's text source and its notebook, kept together.

Each notebook remembers, in its metadata, a fingerprint of the cells as they were when both sides last agreed.
From it follows which side was edited since: the source, the notebook, or both, which is a conflict and never
settled silently. A second fingerprint, of the code with its outputs, tells whether the outputs are those of
this code.
"""

import difflib
import hashlib
import json
import shutil
from dataclasses import dataclass

import jupytext
import nbformat

from dlcourse import files
from dlcourse.publishing import execute
from dlcourse.publishing.normalise import CELL_METADATA, normalise
from dlcourse.publishing.sides import FORMAT, read_notebook, read_source, settings, source_cells
from dlcourse.publishing.splice import splice, starts


class Conflict(Exception):
    """Source and notebook were both edited since they last agreed."""


@dataclass
class Pair:
    """A chapter's cells as they should now be.

    Attributes:
        chapter: Chapter.
        notebook: NotebookNode with those cells, and the stored outputs of code that has not changed.
        newer: the side that was edited: "source", "notebook", or None where both agree.
    """

    chapter: object
    notebook: object
    newer: str | None

    @property
    def executed(self):
        """Whether the outputs are those of this code, run from top to bottom."""
        return self.notebook.metadata.get("dlcourse", {}).get("outputs") == outputs_fingerprint(self.notebook)


def source_text(chapter, notebook):
    """The text source of a notebook.

    Raises:
        ValueError: where text can't hold a cell of it (a pasted picture).
    """
    for number, cell in enumerate(notebook.cells, 1):
        if cell.get("attachments"):
            raise ValueError(
                f"{chapter.relative(chapter.notebook)}, cell {number}: a picture was pasted into the cell, "
                "and the text source can't hold it. Draw it in a code cell with show.figure instead."
            )
    return jupytext.writes(notebook, fmt=FORMAT, config=settings(chapter))


def edited_source(chapter, notebook):
    """The text source of a notebook: as it stands in its file, and only the edited cells written anew.

    Raises:
        ValueError: see ``source_text``.
    """
    written = source_text(chapter, notebook)
    try:
        old_text, old = files.text(chapter.source), read_source(chapter).cells
    except (FileNotFoundError, ValueError):
        return written
    new = source_cells(chapter, written).cells
    spliced = splice(old_text, old, written, new, _partners(old, new), _same)
    if spliced is None or _authored(source_cells(chapter, spliced).cells) != _authored(new):
        return written
    return spliced


def _same(one, other):
    """Whether all that the author wrote is the same in two cells, and whether all but the text is."""
    first, second = author_part(one), author_part(other)
    return first == second, (first[0], first[2]) == (second[0], second[2])


def notebook_text(notebook):
    """A notebook as it is stored in its file."""
    return nbformat.writes(notebook, version=4) + "\n"


def cells_fingerprint(notebook):
    """A hash of what the author wrote: kind, text, slide type and tags of each cell."""
    return _hash(_authored(notebook.cells))


def _authored(cells):
    return [author_part(cell) for cell in cells]


def author_part(cell):
    """What the author wrote in a cell: kind, text, and the metadata that is kept."""
    return [*_key(cell), _kept_metadata(cell)]


def outputs_fingerprint(notebook):
    """A hash of the code cells with their outputs."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return _hash([[cell.source, cell.execution_count, cell.outputs] for cell in cells])


def _hash(content):
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def _key(cell):
    return cell.cell_type, cell.source


def _kept_metadata(cell):
    return {name: cell.metadata[name] for name in CELL_METADATA if name in cell.metadata}


def pair(chapter, take=None):
    """Bring source and notebook together, in memory.

    Args:
        chapter: Chapter.
        take: "source" or "notebook" settles a conflict in favour of that side.

    Returns:
        Pair.

    Raises:
        Conflict: where both were edited and ``take`` is None; the message names both files and what to do.
        ValueError: where a side can't be read and isn't the one that ``take`` gives up.
    """
    source, stored = _read(chapter, "source", take), _read(chapter, "notebook", take)
    if stored is None:
        return Pair(chapter, _with_outputs(chapter, source, None), "source")
    if source is None:
        return Pair(chapter, stored, "notebook")
    # through text and back, so that what text can't tell apart (trailing blank lines) doesn't count as an
    # edit
    written = source_cells(chapter, source_text(chapter, stored))
    newer = _newer(chapter, cells_fingerprint(source), cells_fingerprint(written), stored, take)
    if newer == "source" or newer is None:
        return Pair(chapter, _with_outputs(chapter, source, stored), newer)
    return Pair(chapter, _with_outputs(chapter, written, stored), newer)


def _read(chapter, side, take):
    """The cells of a side; None where it isn't there, or can't be read and is given up."""
    path, other = chapter.source, chapter.notebook
    if side == "notebook":
        path, other = other, path
    if not path.exists():
        return None
    try:
        return read_source(chapter) if side == "source" else read_notebook(path, pictures=False)
    except ValueError as error:
        if not other.exists():
            raise
        if take is not None and take != side:
            return None
        kept = "notebook" if side == "source" else "source"
        raise ValueError(
            f"{error}\n"
            f"  Nothing was overwritten. To make this side again from {chapter.relative(other)}:\n"
            f"  dlcourse notebooks --chapter {chapter.id} --take {kept}"
        ) from None


def _newer(chapter, source, notebook, stored, take):
    if source == notebook:
        return None
    agreed = stored.metadata.get("dlcourse", {}).get("cells")
    if take is not None:
        return take
    if notebook == agreed:
        return "source"
    if source == agreed:
        return "notebook"
    raise Conflict(
        f"{chapter.relative(chapter.source)} and {chapter.relative(chapter.notebook)} were both edited since "
        "they last agreed, so neither is overwritten. Copy what you need from one into the other, then keep "
        "that:\n"
        f"  dlcourse notebooks --chapter {chapter.id} --take source      keeps the .py\n"
        f"  dlcourse notebooks --chapter {chapter.id} --take notebook    keeps the .ipynb\n"
        "The side not kept is saved under build/overwritten/."
    )


def _with_outputs(chapter, cells_from, stored):
    """The cells of one notebook, with ids and outputs of the same cells in the stored one."""
    notebook = nbformat.v4.new_notebook(metadata=dict(stored.metadata) if stored else {})
    old = stored.cells if stored else []
    partners = _partners(old, cells_from.cells)
    taken = {old[number].id for number in partners.values() if old[number].get("id")}
    for position, cell in enumerate(cells_from.cells):
        new = nbformat.from_dict(
            {"cell_type": cell.cell_type, "source": cell.source, "metadata": _kept_metadata(cell), "id": ""}
        )
        partner = old[partners[position]] if position in partners else None
        if partner is not None and partner.get("id"):
            new.id = partner.id
        else:
            new.id = _fresh_id(chapter, cell, taken)
            taken.add(new.id)
        if cell.cell_type == "code":
            same = partner is not None and partner.source == cell.source
            new.outputs = partner.outputs if same else []
            new.execution_count = partner.execution_count if same else None
        notebook.cells.append(new)
    return notebook


def _partners(old, new):
    """For each new cell the old cell that it is, or grew out of: dict from position to position."""
    matcher = difflib.SequenceMatcher(
        None, [_key(cell) for cell in old], [_key(cell) for cell in new], autojunk=False
    )
    partners = {}
    operations = matcher.get_opcodes()
    for operation, old_from, old_to, new_from, new_to in operations:
        if operation == "equal":
            partners.update(zip(range(new_from, new_to), range(old_from, old_to), strict=True))
    _add_moved(partners, old, new)
    used = set(partners.values())
    for operation, old_from, old_to, new_from, new_to in operations:
        if operation == "replace":
            free = old_from
            for position in [position for position in range(new_from, new_to) if position not in partners]:
                for candidate in [candidate for candidate in range(free, old_to) if candidate not in used]:
                    alike = old[candidate].cell_type == new[position].cell_type and (
                        difflib.SequenceMatcher(None, old[candidate].source, new[position].source).ratio()
                        > 0.5
                    )
                    if alike:
                        partners[position], free = candidate, candidate + 1
                        break
    return partners


def _add_moved(partners, old, new):
    """Add the cells that stand in both, elsewhere."""
    used, places = set(partners.values()), {}
    for position, cell in enumerate(old):
        if position not in used:
            places.setdefault(_key(cell), []).append(position)
    for position, cell in enumerate(new):
        if position not in partners and places.get(_key(cell)):
            partners[position] = places[_key(cell)].pop(0)


def _fresh_id(chapter, cell, taken):
    """An id for a new cell, the same whenever the same cell is added to the same chapter."""
    for attempt in range(1000):
        id = _hash([chapter.id, *_key(cell), attempt])[:8]
        if id not in taken:
            return id
    raise RuntimeError(f"no free cell id in {chapter.name}")


def seal(notebook):
    """Normalise a notebook and note both fingerprints in it, in place."""
    normalise(notebook)
    notebook.metadata["dlcourse"] = {
        "cells": cells_fingerprint(notebook),
        "outputs": outputs_fingerprint(notebook),
    }
    return notebook


def location(chapter, notebook, cell, line=None):
    """Where a cell stands: "notebooks/src/NAME.py, line 12 (cell 3 of 20)"; the line where it can be told."""
    place = f"cell {cell + 1} of {len(notebook.cells)}"
    found = _source_line(chapter, notebook, cell, line)
    if found is None:
        return f"{chapter.relative(chapter.notebook)}, {place}"
    return f"{chapter.relative(chapter.source)}, line {found} ({place})"


def _source_line(chapter, notebook, cell, line):
    if not chapter.source.exists():
        return None
    found = starts(chapter.source.read_text(encoding="utf-8").splitlines(), notebook.cells)
    return None if found is None else found[cell] + 1 + (line or 0)


def synchronise(chapters, progress, *, again=False, take=None, say=print):
    """Bring source and notebook of each chapter together in their files, executing what changed.

    An edit in the notebook goes into the source. A chapter whose code changed is executed; one that fails
    leaves its notebook as it was, and the failing one is put into build/failed. Where nothing changed nothing
    is written.

    Args:
        chapters: list of Chapter.
        progress: see execute.execute_all.
        again: execute also what has not changed.
        take: see ``pair``.
        say: called with each line of the report.

    Returns:
        bool: whether all went well.
    """
    good, jobs = True, []
    for chapter in chapters:
        try:
            current = pair(chapter, take)
            _keep_overwritten(current, take)
            if current.newer == "notebook":
                files.write(chapter.source, edited_source(chapter, current.notebook))
                say(f"{chapter.relative(chapter.notebook)} was edited: its source follows")
        except (Conflict, ValueError) as error:
            good = False
            say(f"{chapter.name}: {error}")
            continue
        if again or not current.executed:
            jobs.append((chapter, execute.Job(chapter.name, current.notebook, chapter.notebook.parent)))
        elif files.write(chapter.notebook, notebook_text(seal(current.notebook))):
            say(f"{chapter.relative(chapter.notebook)}: text brought up to date, code unchanged")
        else:
            say(f"{chapter.relative(chapter.notebook)}: nothing to do")
    by_job = {id(job): chapter for chapter, job in jobs}

    class Ended:
        update = staticmethod(progress.update)

        @staticmethod
        def end(job):  # each is written as soon as it has ended, so that an interruption loses little
            progress.end(job)
            _store(by_job[id(job)], job)

    execute.execute_all([job for _, job in jobs], Ended)
    for chapter, job in jobs:
        if job.failure is not None:
            good = False
            say(failure_text(chapter, job))
    return good


def _store(chapter, job):
    text = notebook_text(seal(job.notebook))
    failed = chapter.root / "build" / "failed" / chapter.notebook.name
    if job.failure is not None:
        files.write(failed, text)
    else:
        files.write(chapter.notebook, text)
        failed.unlink(missing_ok=True)


def failure_text(chapter, job):
    """What failed, where, and where the notebook with the error in it lies."""
    failure = job.failure
    where = location(chapter, job.notebook, failure.cell, failure.line)
    failed = chapter.root / "build" / "failed" / chapter.notebook.name
    kept = f"\n  The notebook as it failed: {chapter.relative(failed)}" if failed.exists() else ""
    return f"\n{chapter.name} failed at {where}:\n  {failure.error}{kept}"


def _keep_overwritten(current, take):
    """Save the side that ``take`` gives up."""
    if take is None or current.newer is None:
        return
    chapter = current.chapter
    lost = chapter.notebook if current.newer == "source" else chapter.source
    if lost.exists():
        folder = chapter.root / "build" / "overwritten"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(lost, folder / lost.name)
