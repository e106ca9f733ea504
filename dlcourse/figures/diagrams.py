"""Drawings of networks and of what happens inside them: boxes, arrows, grids of numbers; readable in black and white.

Coordinates are in units of a text line: a box of height 1 holds one line. Each drawing is a function in the file of its
subject; these are its parts.
"""

import numpy as np

EDGE = "0.15"
FILLS = {"plain": "white", "weights": "0.86", "data": "#DCEBF5", "loss": "#FBE3D6"}
"""Fills of a box: what has weights is grey, so that it is seen without colour."""


def canvas(ax, width, height, title=""):
    """Make an Axes a drawing sheet: (0, 0) is its lower left corner, no axes, equal units."""
    ax.set(xlim=(-0.1, width + 0.1), ylim=(-0.1, height + 0.1), aspect="equal", title=title)
    ax.axis("off")


def box(ax, centre, text, width=4.0, height=1.4, fill="plain", size=10):
    """A rounded box with a text in its middle.

    Args:
        ax: Matplotlib Axes.
        centre: (x, y).
        text: its lines, divided by newlines.
        fill: a key of `FILLS`: "weights" for a layer that learns, "data" for tensors, "loss", or "plain".
        size: font size in points.
    """
    from matplotlib.patches import FancyBboxPatch

    x, y = centre
    ax.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2), width, height,
            boxstyle="round,pad=0,rounding_size=0.2", facecolor=FILLS[fill], edgecolor=EDGE, linewidth=1.2,
        )
    )  # fmt: skip
    ax.text(x, y, text, ha="center", va="center", fontsize=size)


def arrow(ax, start, end, text="", bend=0.0, dashed=False, size=9):
    """An arrow from one point to another, its text beside the middle.

    Args:
        ax: Matplotlib Axes.
        start, end: (x, y).
        bend: curvature; 0 is straight, positive bends to the right of the way.
        dashed: for what is not a tensor: a gradient, a copy, a choice.
        size: font size of the text, in points.
    """
    ax.annotate(
        "", xy=end, xytext=start,
        arrowprops={
            "arrowstyle": "-|>", "color": EDGE, "linewidth": 1.3, "shrinkA": 0, "shrinkB": 0,
            "linestyle": "--" if dashed else "-", "connectionstyle": f"arc3,rad={bend}",
        },
    )  # fmt: skip
    if text:
        along = np.subtract(end, start)
        side = np.array([along[1], -along[0]]) / max(np.hypot(*along), 1e-9)
        middle = np.add(start, end) / 2 + side * (bend * np.hypot(*along) / 2)
        upright = abs(along[1]) > abs(along[0])
        ax.annotate(
            text, middle, xytext=(6, 0) if upright else (0, 5), textcoords="offset points",
            ha="left" if upright else "center", va="center" if upright else "bottom", fontsize=size,
        )  # fmt: skip


def numbers(ax, corner, values, cell=1.0, marked=None, size=10):
    """A grid of numbers, such as an image's pixels or a kernel; the first row is on top.

    Args:
        ax: Matplotlib Axes.
        corner: (x, y) of the upper left corner.
        values: array (rows, columns) of numbers or texts.
        cell: side of a cell.
        marked: bool (rows, columns): cells that are shaded and framed; or None.
        size: font size in points.
    """
    from matplotlib.patches import Rectangle

    left, top = corner
    for (row, column), value in np.ndenumerate(np.asarray(values)):
        shaded = marked is not None and marked[row][column]
        place = left + column * cell, top - (row + 1) * cell
        ax.add_patch(
            Rectangle(place, cell, cell, facecolor="0.84" if shaded else "white", edgecolor=EDGE,
                      linewidth=2 if shaded else 0.8, zorder=2 if shaded else 1)
        )  # fmt: skip
        ax.text(
            place[0] + cell / 2,
            place[1] + cell / 2,
            f"{value}",
            ha="center",
            va="center",
            fontsize=size,
            zorder=3,
        )


def layers(ax, steps, title="", width=5.2, height=1.5, across=False):
    """A network as boxes in a row or a column, the shape that each hands on beside its arrow.

    Args:
        ax: Matplotlib Axes.
        steps: list of (text, shape, fill): what the box says, the shape after it (a text), and its fill.
        across: from left to right; else from the bottom up, as data flow in textbooks.

    Returns:
        The alternative text.
    """
    gap = 2.6 if across else 1.2
    stride = (width if across else height) + gap
    length = len(steps) * stride
    canvas(ax, length if across else width + 6, height + 1.6 if across else length, title)
    for index, (text, shape, fill) in enumerate(steps):
        along = (index + 0.5) * stride - gap / 2
        centre = (along, (height + 1.6) / 2) if across else ((width + 2) / 2, along)
        box(ax, centre, text, width, height, fill)
        if index < len(steps) - 1:
            half = (width if across else height) / 2
            ends = [(along + half, centre[1]), (along + half + gap, centre[1])]
            if not across:
                ends = [(centre[0], along + half), (centre[0], along + half + gap)]
            arrow(ax, *ends, text=shape)
        elif shape:
            place = (
                (centre[0], centre[1] - height / 2 - 0.5)
                if across
                else (centre[0] + width / 2 + 0.3, centre[1])
            )
            ax.text(*place, shape, ha="center" if across else "left", va="center", fontsize=9)
    flow = " → ".join(text.replace("\n", " ") + (f" {shape}" if shape else "") for text, shape, _ in steps)
    return f"Boxes joined by arrows: {flow}."
