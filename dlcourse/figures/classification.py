"""Figures of classifiers: which classes are taken for which."""

import numpy as np

from dlcourse.figures import legends
from dlcourse.style import COLOURS, figure_function


@figure_function(figsize=(5.6, 5.0))
def confusion(ax, matrix, classes):
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
        ax.text(j, i, str(count) if count else "", ha="center", va="center", fontsize=11, color=colour)
    positions = range(len(classes))
    ax.set(xticks=positions, yticks=positions, xticklabels=classes, yticklabels=classes)
    ax.set(
        title="Which class is taken for which",
        xlabel="predicted class",
        ylabel="true class",
    )
    ax.grid(False)
    return f"Confusion matrix of {len(classes)} classes: true class by row, predicted class by column, with counts."


@figure_function(figsize=(4.2, 4.0))
def reliability_diagram(ax, reliability, title="Reliability"):
    """Accuracy against confidence by bin, the gap to the diagonal hatched, and the share of predictions as grey steps.

    Args:
        ax: Matplotlib Axes.
        reliability: ``calibration.Reliability``.
    """
    width = np.diff(reliability.edges)
    left, filled = reliability.edges[:-1][reliability.counts > 0], reliability.counts > 0
    accuracy, confidence = reliability.accuracy[filled], reliability.confidence[filled]
    share = reliability.counts[filled] / reliability.counts.sum()
    ax.bar(left, share, width[filled], align="edge", color="0.85", label="share of predictions")
    ax.plot([0, 1], [0, 1], "--", color="black", linewidth=1, label="right as often as sure")
    ax.vlines(confidence, accuracy, confidence, color=COLOURS[1], linewidth=3, alpha=0.6, label="gap")
    ax.plot(confidence, accuracy, "o", color=COLOURS[0], markersize=5, label="accuracy")
    ax.set(
        xlabel="confidence (probability of the predicted class)",
        ylabel="share",
        title=title,
        xlim=(0, 1),
        ylim=(0, 1.02),
    )
    legends.legend(ax)
    return f"{title}: accuracy against confidence in {int(filled.sum())} bins, and the diagonal."
