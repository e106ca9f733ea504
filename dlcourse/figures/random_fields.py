"""Figures of random fields: what depends on what, and the lattice of paths."""

import numpy as np

from dlcourse.figures import diagrams
from dlcourse.style import COLOURS, figure_function


@figure_function(figsize=(9.6, 3.2))
def graphs(ax, title="Three ways to label letters"):
    """Independent labels, a hidden Markov model and a random field side by side, four letters each.

    Args:
        ax: Matplotlib Axes.
    """
    diagrams.canvas(ax, 44, 9.6, title)
    names = ["independent given x", "hidden Markov model: p(x, y)", "random field: p(y | x)"]
    for side, name in enumerate(names):
        left = 2.4 + side * 15.2
        for place in range(4):
            x = left + 3.0 * place
            diagrams.box(ax, (x, 6.2), f"$y_{place + 1}$", 1.6, 1.5, "plain")
            if side == 1:
                diagrams.box(ax, (x, 1.6), f"$x_{place + 1}$", 1.6, 1.5, "data")
                diagrams.arrow(ax, (x, 5.4), (x, 2.4))
            else:
                ax.plot([x, x], [2.4, 5.4], color=diagrams.EDGE, linewidth=1.3)
                ax.plot(x, 3.9, "s", color=diagrams.EDGE, markersize=6)
            if place < 3 and side == 1:
                diagrams.arrow(ax, (x + 0.8, 6.2), (x + 2.2, 6.2))
            elif place < 3 and side == 2:
                ax.plot([x + 0.8, x + 2.2], [6.2, 6.2], color=diagrams.EDGE, linewidth=1.3)
                ax.plot(x + 1.5, 6.2, "s", color=diagrams.EDGE, markersize=6)
        if side != 1:
            diagrams.box(ax, (left + 4.5, 1.6), "all letters $x$", 10.6, 1.5, "data")
        ax.text(left + 4.5, 8.4, name, ha="center", va="center", fontsize=10)
    return (
        "Left: four labels, each joined to all letters by a square, none to another. Middle: arrows from each label to "
        "the next and to its own letter. Right: as left, and squares join neighbouring labels."
    )


@figure_function(figsize=(9.6, 3.0))
def lattice(ax, letters, names, probabilities, path, title="Every path through the lattice has a score"):
    """A column per letter, a row per label; a dot's area is the label's probability, the best path is drawn as a line.

    Args:
        ax: Matplotlib Axes.
        letters: texts (places,).
        names: of the labels.
        probabilities: float (places, labels).
        path: int (places,).
    """
    places, labels = np.indices(probabilities.shape)
    for place in range(len(letters) - 1):
        for one in range(len(names)):
            for other in range(len(names)):
                ax.plot([place, place + 1], [one, other], color="0.85", linewidth=0.6, zorder=1)
    ax.plot(range(len(letters)), path, color=COLOURS[1], linewidth=2.2, zorder=2)
    ax.scatter(places, labels, s=6 + 240 * np.asarray(probabilities), color=COLOURS[0], zorder=3)
    ax.set_xticks(range(len(letters)), letters)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(False)
    ax.set(xlabel="letter", ylabel="label", title=title)
    return (
        f"A lattice of {len(names)} labels by {len(letters)} letters ({''.join(letters)}); dots as large as the labels "
        f"are probable, and the best path: {' '.join(names[label] for label in path)}."
    )
