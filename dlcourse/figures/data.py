"""Figures about data and losses: curves over seeds, reliability diagrams, bars, predictions with a band."""

import numpy as np

from dlcourse.figures.style import COLOURS, MARKERS, figure_function
from dlcourse.measured import Measured


def row(*draws, caption, alt, figsize=(9.0, 3.4)):
    """Panels side by side in one figure.

    Args:
        draws: functions of a Matplotlib Axes, one a panel, from left to right.
        caption, alt: as for ``show.figure``.
    """
    from matplotlib import pyplot as plt

    from dlcourse import show

    fig, axes = plt.subplots(1, len(draws), figsize=figsize, squeeze=False)
    for draw, ax in zip(draws, axes[0], strict=True):
        draw(ax)
    show.figure(fig, caption=caption, alt=alt)


@figure_function
def curves(
    ax, x, series, xlabel, ylabel, title, xscale="linear", yscale="linear", marks=None, figsize=(7.0, 4.0)
):
    """Values against a setting; where there are several seeds, their mean with its 95 % interval.

    Args:
        ax: Matplotlib Axes.
        x: the settings, numbers (n,), or texts, drawn at equal distances.
        series: dict from label to values (n,) or (n, seeds).
        marks: dict from label to a value at which a horizontal dashed line is drawn, or None.
        xlabel, ylabel, title, xscale, yscale: as Matplotlib's.

    Raises:
        ValueError: where a series has another length than ``x``.
    """
    texts = isinstance(x[0], str)
    places = np.arange(len(x)) if texts else np.asarray(x)
    for index, (label, values) in enumerate(series.items()):
        if len(values) != len(x):
            raise ValueError(f"curves(): {label!r} has {len(values)} values for {len(x)} settings.")
        colour, marker = COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)] if len(x) <= 30 else ""
        measured = [Measured(value) for value in values]
        ax.plot(
            places, [one.mean for one in measured], color=colour, marker=marker, markersize=5, label=label
        )
        if measured[0].n > 1:
            ax.fill_between(
                places, [one.low for one in measured], [one.high for one in measured], color=colour, alpha=0.2
            )
    for label, value in (marks or {}).items():
        ax.axhline(value, color="black", linestyle="--", linewidth=1, label=label)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, xscale="linear" if texts else xscale, yscale=yscale)
    if texts:
        ax.set_xticks(places, x)
    elif np.issubdtype(places.dtype, np.integer) and xscale == "linear":
        ax.xaxis.get_major_locator().set_params(integer=True)
    if len(series) + len(marks or {}) > 1:
        ax.legend(fontsize=9)
    return f"Line chart: {title}. {ylabel} against {xlabel}: {', '.join(series)}."


@figure_function
def reliability_diagram(ax, reliability, title="Reliability", figsize=(4.2, 4.0)):
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
    ax.legend(fontsize=8, loc="upper left")
    return f"{title}: accuracy against confidence in {int(filled.sum())} bins, and the diagonal."


@figure_function
def bars(ax, rows, title, xlabel, marks=None, figsize=(7.0, 3.6)):
    """Horizontal bars, several a row, with the 95 % interval over seeds.

    Args:
        ax: Matplotlib Axes.
        rows: dict from row label to a dict from bar label to Measured; all rows have the same bars.
        marks: dict from label to a value at which a vertical dashed line is drawn, or None.
    """
    labels = list(next(iter(rows.values())))
    height = 0.8 / len(labels)
    for index, label in enumerate(labels):
        values = [row[label] for row in rows.values()]
        places = np.arange(len(rows)) + (index - (len(labels) - 1) / 2) * height
        ax.barh(
            places,
            [one.mean for one in values],
            height * 0.9,
            xerr=[one.half_width for one in values],
            color=COLOURS[index],
            label=label,
            error_kw={"linewidth": 1.2},
        )
    for label, value in (marks or {}).items():
        ax.axvline(value, color="black", linestyle="--", linewidth=1, label=label)
    ax.set_yticks(np.arange(len(rows)), list(rows))
    ax.invert_yaxis()
    ax.set(xlabel=xlabel, title=title)
    ax.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return f"Bar chart: {title}. {xlabel}; rows: {', '.join(rows)}; bars: {', '.join(labels)}."


@figure_function
def band(ax, x, y, mean, sigma, title, xlabel, ylabel, truth=None, figsize=(7.0, 3.6)):
    """Points, a predicted mean, and a band of two predicted standard deviations.

    Args:
        ax: Matplotlib Axes.
        x, y: the points, float (n,).
        mean, sigma: predictions at the points, float (n,).
        truth: the true curve at the points, or None.
    """
    order = np.argsort(x)
    x, y, mean, sigma = x[order], y[order], mean[order], sigma[order]
    ax.fill_between(
        x, mean - 2 * sigma, mean + 2 * sigma, color=COLOURS[0], alpha=0.2, label="mean ± 2 predicted sd"
    )
    ax.plot(x, y, ".", color="0.35", markersize=4, label="data")
    ax.plot(x, mean, color=COLOURS[0], label="predicted mean")
    if truth is not None:
        ax.plot(x, truth[order], "--", color="black", linewidth=1, label="truth")
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.legend(fontsize=9)
    return f"{title}: {len(x)} points, a predicted curve, and a band of two predicted standard deviations around it."
