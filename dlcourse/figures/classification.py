"""Figures of classifiers: which classes are taken for which."""

import numpy as np

from dlcourse.figures.style import figure_function


@figure_function
def confusion(ax, matrix, classes, title="Which class is taken for which", figsize=(5.6, 5.0)):
    """A confusion matrix: counts written in, mistakes the darker the more there are, the diagonal left white.

    Args:
        ax: Matplotlib Axes.
        matrix: whole numbers (classes, classes); entry [i, j] counts examples of class i
            that were taken for j.
        classes: names, in the matrix's order.

    Raises:
        ValueError: where the matrix has another shape.
    """
    matrix = np.asarray(matrix)
    if matrix.shape != (len(classes), len(classes)):
        raise ValueError(f"confusion() takes a matrix of shape {(len(classes),) * 2}; got {matrix.shape}.")
    mistakes = np.where(np.eye(len(classes), dtype=bool), 0, matrix)
    ax.imshow(mistakes, cmap="Blues", vmin=0, vmax=max(1, mistakes.max()))
    for (i, j), count in np.ndenumerate(matrix):
        colour = "#777777" if i == j else "white" if count > 0.75 * mistakes.max() else "black"
        ax.text(j, i, str(count) if count else "", ha="center", va="center", fontsize=8, color=colour)
    positions = range(len(classes))
    ax.set(xticks=positions, yticks=positions, xticklabels=classes, yticklabels=classes, title=title)
    ax.set(xlabel="what the network says (class)", ylabel="what it is (class)")
    ax.grid(False)
    return f"Confusion matrix of {len(classes)} classes: true class by row, answered by column, with counts."
