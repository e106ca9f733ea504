"""Drawings of what happens to data before and after a network: a pipeline, folds, the length of a code."""

import numpy as np

from dlcourse.figures import diagrams, legends
from dlcourse.style import figure_function


@figure_function(figsize=(9.6, 3.1))
def pipeline(ax, stages, title):
    """A pipeline as boxes in two rows, each from left to right, what each hands on beside its arrow.

    Args:
        ax: Matplotlib Axes.
        stages: list of (text of the box, what it hands on, fill), as ``diagrams.layers`` takes them.
    """
    per_row, width, height, stride, size = -(-len(stages) // 2), 5.4, 2.6, 8.8, 13
    top, bottom = 7.4, 2.3
    diagrams.canvas(ax, per_row * stride - 3.0, 9.0, title)
    for index, (text, shape, fill) in enumerate(stages):
        row, column = divmod(index, per_row)
        x, y = column * stride + width / 2, (top, bottom)[row]
        diagrams.box(ax, (x, y), text, width, height, fill, size=size)
        if index == len(stages) - 1:
            ax.text(x, y - height / 2 - 0.6, shape, ha="center", va="center", fontsize=size)
        elif column < per_row - 1:
            diagrams.arrow(ax, (x + width / 2, y), (x + stride - width / 2, y), shape, size=size)
        else:  # down to the second row
            middle = (top + bottom) / 2
            ax.plot([x, x, width / 2], [y - height / 2, middle, middle], color=diagrams.EDGE, linewidth=1.3)
            diagrams.arrow(ax, (width / 2, middle), (width / 2, bottom + height / 2))
            ax.text((x + width / 2) / 2, middle + 0.15, shape, ha="center", va="bottom", fontsize=size)
    flow = " → ".join(text.replace("-\n", "").replace("\n", " ") + f" {shape}" for text, shape, _ in stages)
    return f"{title}. Boxes in two rows, joined by arrows: {flow}."


@figure_function(figsize=(8.0, 3.4))
def folds(ax, count, title, scores=None):
    """Cross-validation: one row per training, the fold that is held out dark, the others light.

    Args:
        ax: Matplotlib Axes.
        count: number of folds.
        scores: texts (count,), written at the end of each row, or None.

    Raises:
        ValueError: where ``count`` is below 2, or there is not one score per fold.
    """
    if count < 2 or (scores is not None and len(scores) != count):
        raise ValueError(
            f"folds(): {count} folds and the scores {scores!r}; expected 2 or more, one score each."
        )
    from matplotlib.patches import Rectangle

    width, height = 3.0, 0.9
    diagrams.canvas(ax, count * width + 6.5, count * (height + 0.25) + 1.4, title)
    for row in range(count):
        bottom = (count - 1 - row) * (height + 0.25)
        for fold in range(count):
            held = fold == row
            place = (2.6 + fold * width, bottom)
            ax.add_patch(
                Rectangle(place, width - 0.1, height, facecolor="0.35" if held else "0.92", edgecolor="0.15")
            )
            ax.text(
                place[0] + width / 2, bottom + height / 2, "held out" if held else "train",
                ha="center", va="center", fontsize=10, color="white" if held else "0.15",
            )  # fmt: skip
        ax.text(0, bottom + height / 2, f"training {row + 1}", va="center", fontsize=10)
        if scores is not None:
            ax.text(
                2.8 + count * width, bottom + height / 2, f"score {scores[row]}", va="center", fontsize=10
            )
    ax.text(2.6, count * (height + 0.25) + 0.2, "all rows, in a drawn order", va="bottom", fontsize=10)
    return f"{title}: {count} rows of {count} blocks; in row k block k is held out, training k learns from the others."


@figure_function(figsize=(8.0, 3.2))
def code_lengths(ax, rows, title, unit="bits"):
    """What each belief costs per message: the entropy, and on top of it what the wrong belief adds.

    Args:
        ax: Matplotlib Axes.
        rows: dict from label to (entropy, KL divergence), in ``unit``.
    """
    for place, (entropy, excess) in enumerate(rows.values()):
        ax.barh(place, entropy, color="0.8", edgecolor="0.15", label="entropy" if not place else None)
        ax.barh(
            place, excess, left=entropy, color="white", edgecolor="0.15", hatch="///",
            label="KL divergence" if not place else None,
        )  # fmt: skip
        ax.text(entropy + excess, place, f"  {entropy + excess:.2f}", va="center", fontsize=10)
    ax.set_yticks(np.arange(len(rows)), list(rows))
    ax.invert_yaxis()
    ax.set(xlabel=f"{unit} per message", title=title)
    ax.set_xlim(0, 1.15 * max(sum(pair) for pair in rows.values()))
    legends.legend(ax)
    return f"{title}: stacked bars of entropy and KL divergence in {unit} for {', '.join(rows)}."
