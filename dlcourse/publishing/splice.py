"""A text source in which only the cells that were edited are written anew."""

import itertools
import re

MARKER = re.compile(r"\s*#\s*%%(?:%*\s|$)")
"""The line that begins a cell; jupytext reads it in the same way."""


def starts(lines, cells):
    """Where the cells of a text source begin.

    Args:
        lines: list of str, the source's lines.
        cells: its cells as jupytext read them. Their own lines are passed over, so that a marker within a string is
            not taken for one.

    Returns:
        list of int: the number of each cell's marker line, from 0. None where a cell has no marker.
    """
    found, line = [], 0
    for cell in cells:
        while line < len(lines) and not MARKER.match(lines[line]):
            line += 1
        if line == len(lines):
            return None
        found.append(line)
        line += 1 + len(cell.source.splitlines())
    return None if any(map(MARKER.match, lines[line:])) else found


def splice(old_text, old_cells, new_text, new_cells, partners, same):
    """The new text, with each cell that is the same as an old one written as it is in the old text.

    A cell that changed keeps its marker line, where that still holds, and the blank lines behind it.

    Args:
        old_text: the text source.
        old_cells: its cells.
        new_text: the text of the new cells as jupytext writes it.
        new_cells: the cells to be in the text.
        partners: dict from the position of a new cell to that of the old cell that it is, or grew out of.
        same: function of an old and a new cell: (whether all is the same, whether kind and metadata are).

    Returns:
        str, or None where the texts can't be taken apart cell by cell.
    """
    old, new = _parts(old_text, old_cells), _parts(new_text, new_cells)
    if old is None or new is None:
        return None
    written = [old[0]]
    for position, part in enumerate(new[1:]):
        if position not in partners:
            written.append(part)
            continue
        partner = partners[position]
        before = old[1 + partner]
        unchanged, alike = same(old_cells[partner], new_cells[position])
        if unchanged:
            body = _body(before)
        elif alike:
            body = before.split("\n", 1)[0] + part[part.index("\n") : len(_body(part))]
        else:
            body = _body(part)
        was_last, is_last = partner == len(old_cells) - 1, position == len(new_cells) - 1
        if was_last == is_last:
            gap = before[len(_body(before)) :]
        else:
            gap = "\n" if is_last else part[len(_body(part)) :]
        written.append(body + gap)
    return "".join(written)


def _parts(text, cells):
    """What stands before the first cell, and the text of each cell with the blank lines behind it."""
    lines = text.splitlines(keepends=True)
    found = starts([line.rstrip("\r\n") for line in lines], cells)
    if found is None:
        return None
    bounds = [0, *found, len(lines)]
    return ["".join(lines[begin:end]) for begin, end in itertools.pairwise(bounds)]


def _body(part):
    return part.rstrip("\n")
