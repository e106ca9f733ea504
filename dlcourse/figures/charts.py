"""Charts of any subject: curves over a setting or over epochs, bars, bands, panels side by side."""

import numpy as np

from dlcourse import show
from dlcourse.measured import Measured
from dlcourse.style import COLOURS, MARKERS, figure_function


@figure_function
def curves_with_range(
    ax,
    x,
    series,
    *,
    theory=None,
    xlabel,
    ylabel,
    title,
    xscale="log",
    yscale="log",
    markers=True,
    ticks=False,
    figsize=(7.0, 4.2),
):
    """Lines of one or several quantities against another, with the range over seeds as a band.

    Args:
        ax: Matplotlib Axes.
        x: float (points,).
        series: dict from label to values, (points,) or (seeds, points); the line is the median over seeds.
        theory: dict from label to values (points,), drawn dashed.
        ticks: whether the horizontal axis is labelled at the points and nowhere else.
        xlabel, ylabel, title: with units.

    Raises:
        ValueError: where a line has another number of points than x.
    """
    for index, (label, values) in enumerate(series.items()):
        values = np.atleast_2d(np.asarray(values, "float64"))
        if values.shape[1] != len(x):
            raise ValueError(f"curves(): {label!r} has {values.shape[1]} points, x has {len(x)}.")
        colour = COLOURS[index % len(COLOURS)]
        marker = MARKERS[index % len(MARKERS)] if markers else None
        ax.plot(x, np.median(values, axis=0), color=colour, marker=marker, markersize=4, label=label)
        if len(values) > 1:
            ax.fill_between(x, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.15, linewidth=0)
    for index, (label, values) in enumerate((theory or {}).items()):
        line = ["--", ":", "-."][index % 3]
        ax.plot(x, values, line, color="0.35", linewidth=1.4, label=label, zorder=3)
    ax.set(xscale=xscale, yscale=yscale, xlabel=xlabel, ylabel=ylabel, title=title)
    if ticks:
        ax.set_xticks(x, [f"{point:g}" for point in x])
        ax.minorticks_off()
    ax.legend(fontsize=9)
    dashed = f"; dashed: {', '.join(theory)}" if theory else ""
    return f"Line chart of {ylabel} against {xlabel}: {', '.join(series)}{dashed}.".replace("$", "")


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


@figure_function
def learning_curves(ax, runs, metric="loss", figsize=(7.0, 4.0)):
    """A metric of one or several runs by epoch: training solid, validation dashed.

    Args:
        ax: Matplotlib Axes.
        runs: a ``training.Run``, or a dict from label to Run.
        metric: a key of ``Run.history`` without the prefix ``val_``.

    Raises:
        ValueError: where a run has no such metric.
    """
    runs = runs if isinstance(runs, dict) else {"": runs}
    drawn = []
    for (label, run), colour in zip(runs.items(), COLOURS * (1 + len(runs) // len(COLOURS)), strict=False):
        if metric not in run.history:
            raise ValueError(f"The run has no metric {metric!r}; it has {sorted(run.history)}.")
        for key, line, kind in [(metric, "-", "training"), (f"val_{metric}", "--", "validation")]:
            if key in run.history:
                values = run.history[key]
                ax.plot(
                    range(1, len(values) + 1),
                    values,
                    line,
                    color=colour,
                    marker="o",
                    markersize=3,
                    label=f"{label}, {kind}" if label else kind,
                )
                drawn.append(f"{label} {kind}".strip())
    ax.set(
        xlabel="epoch",
        ylabel="loss (nats)" if metric == "loss" else metric,
        title=f"{metric.capitalize()} by epoch",
    )
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend()
    return f"Line chart of {metric} by epoch: {', '.join(drawn)}."


@figure_function
def learning_by_steps(
    ax,
    curves,
    width,
    threshold=None,
    title="",
    xlabel="environment steps, thousands",
    ylabel="return of training episodes",
    figsize=(7.5, 4.0),
):
    """Mean return against steps, with the 95 % interval over seeds as a band.

    Args:
        curves: dict from name to (seeds, stretches); NaN where nothing is known yet.
        width: of a stretch, in what ``xlabel`` says.
        threshold: a line to reach, or None.
    """
    for place, (name, values) in enumerate(curves.items()):
        known = ~np.isnan(values).any(axis=0)
        points = [Measured(column) for column in values.T[known]]
        x = (np.flatnonzero(known) + 1) * width
        mean = np.array([point.mean for point in points])
        half = np.array([point.half_width for point in points])
        ax.fill_between(x, mean - half, mean + half, color=COLOURS[place], alpha=0.15, linewidth=0)
        ax.plot(
            x, mean, color=COLOURS[place], marker=MARKERS[place], markevery=max(1, len(x) // 8), label=name
        )
    if threshold is not None:
        ax.axhline(threshold, color="black", linestyle=":", linewidth=1, label=f"{threshold:g}")
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    ax.legend(fontsize=9)
    return f"Learning curves, one line each for {', '.join(curves)}, with bands over seeds."


def draw_curves(ax, x, curves, levels=None, dashed=(), legend=None):
    """Lines with the 95 % interval over seeds as a band, and dashed levels that were computed exactly.

    Args:
        ax: Matplotlib Axes.
        x: (points,), or a dict from label to such.
        curves: dict from label to array (points,) or (points, seeds).
        levels: dict from label to a number.
        dashed: labels of curves drawn dashed, without markers.
        legend: options of ``Axes.legend``.
    """
    for index, (label, values) in enumerate(curves.items()):
        colour, marker = COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]
        where = x[label] if isinstance(x, dict) else x
        values = np.asarray(values, "float64")
        mean = values
        if values.ndim == 2:
            cells = [Measured(row) for row in values]
            mean = [cell.mean for cell in cells]
            low, high = [cell.low for cell in cells], [cell.high for cell in cells]
            ax.fill_between(where, low, high, color=colour, alpha=0.2, linewidth=0)
        style = {"linestyle": "--"} if label in dashed else {"marker": marker}
        ax.plot(
            where, mean, color=colour, markersize=4, markevery=max(1, len(mean) // 10), label=label, **style
        )
    for index, (label, level) in enumerate((levels or {}).items()):
        ax.axhline(level, color="black", linestyle=["--", ":", "-."][index % 3], linewidth=1.2, label=label)
    ax.legend(fontsize=9, **(legend or {}))


@figure_function
def curves_with_levels(
    ax, x, data, *, title, xlabel, ylabel, levels=None, dashed=(), figsize=(7.0, 4.0), **axes
):
    """One panel of ``draw_curves``; ``axes`` goes to ``Axes.set`` (xscale, yscale, ylim ...)."""
    draw_curves(ax, x, data, levels, dashed=dashed)
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel, **axes)
    return f"Line chart of {ylabel} by {xlabel}, one line each for: {', '.join([*data, *(levels or {})])}."


def curve_panels(
    panels, *, title, xlabel, caption, alt=None, figsize=(9.6, 4.2), sharey=False, legend=None, **axes
):
    """Several panels of ``draw_curves`` side by side.

    Args:
        panels: dict from title to a dict of ``x``, ``curves``, ``ylabel`` and optionally ``levels``, ``dashed``.
    """
    from matplotlib import pyplot as plt

    fig, drawn = plt.subplots(1, len(panels), figsize=figsize, sharey=sharey)
    described = []
    for ax, (name, panel) in zip(np.atleast_1d(drawn), panels.items(), strict=True):
        draw_curves(ax, panel["x"], panel["curves"], panel.get("levels"), panel.get("dashed", ()), legend)
        ax.set(title=name, xlabel=panel.get("xlabel", xlabel), ylabel=panel["ylabel"], **axes)
        described.append(f"{name}: {panel['ylabel']}, lines for {', '.join(panel['curves'])}")
    fig.suptitle(title, fontweight="bold")
    show.figure(fig, caption, alt or f"{title}, by {xlabel}. {'; '.join(described)}.")
