"""Charts of any subject: curves over a setting or over epochs, bars, bands, panels side by side."""

import itertools

import numpy as np

from dlcourse import show
from dlcourse.figures import legends
from dlcourse.measured import Measured
from dlcourse.style import COLOURS, MARKERS, figure_function

LINES = ["--", ":", "-."]
"""Of theory's curves and of levels."""


@figure_function(figsize=(7.0, 4.0))
def curves(
    ax,
    x,
    series,
    xlabel,
    ylabel,
    title,
    *,
    theory=None,
    levels=None,
    band="interval",
    legend=None,
    **axes,
):
    """Lines of one or several quantities; where there are several seeds, their mean with its 95 % interval.

    Points where a seed is NaN (nothing known yet) are left out.

    Args:
        ax: Matplotlib Axes.
        x: numbers (points,); texts, drawn at equal distances; or a dict from label to numbers, for lines that differ
            in their points.
        series: dict from label to values (points,) or (points, seeds).
        xlabel, ylabel, title: with units.
        theory: dict from label to values (points,), drawn dashed.
        levels: dict from label to a number at which a horizontal line is drawn, dashed.
        band: ``"interval"``, or ``"range"``: the median, and from the smallest to the largest of the seeds.
        legend: options of ``Axes.legend``.
        axes: what else ``Axes.set`` takes: xscale, yscale, ylim ...; with ``xticks``, numbers, there are no others.

    Raises:
        ValueError: where a line has another number of points than x, or ``band`` is unknown.
    """
    if band not in ("interval", "range"):
        raise ValueError(f'curves(): band={band!r}; expected "interval" or "range".')
    texts = not isinstance(x, dict) and isinstance(x[0], str)
    for index, (label, values) in enumerate(series.items()):
        places = _places(x, label, values)
        values = np.asarray(values, "float64")
        values = values.reshape(len(values), -1)
        known = ~np.isnan(values).any(axis=1)
        places, values = places[known], values[known]
        middle, low, high = _summary(values, band)
        colour, marker = COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]
        every = max(1, len(places) // 10)
        ax.plot(places, middle, color=colour, marker=marker, markersize=4, markevery=every, label=label)
        if values.shape[1] > 1:
            ax.fill_between(places, low, high, color=colour, alpha=0.2, linewidth=0)
    for index, (label, values) in enumerate((theory or {}).items()):
        style = {"linestyle": LINES[index % 3], "color": "0.35", "linewidth": 1.4, "zorder": 3}
        ax.plot(_places(x, label, values), values, label=label, **style)
    for index, (label, level) in enumerate((levels or {}).items()):
        ax.axhline(level, color="black", linestyle=LINES[index % 3], linewidth=1.2, label=label)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, **axes)
    if texts:
        ax.set_xticks(np.arange(len(x)), x)
    elif "xticks" in axes:  # those alone: a logarithmic axis adds small ones, whose labels overlap
        ax.set_xticks(axes["xticks"], [f"{tick:g}".replace("-", "−") for tick in axes["xticks"]])
        ax.set_xticks([], minor=True)
    elif ax.get_xscale() == "linear" and np.issubdtype(places.dtype, np.integer):
        ax.xaxis.get_major_locator().set_params(integer=True)
    drawn = [*series, *(theory or {}), *(levels or {})]
    if len(drawn) > 1:
        legends.legend(ax, **(legend or {}))
    return f"Line chart: {title}. {ylabel} against {xlabel}: {', '.join(map(str, drawn))}.".replace("$", "")


def _places(x, label, values):
    """Where the points of a line stand, (points,)."""
    places = np.asarray(x[label] if isinstance(x, dict) else x)
    if len(values) != len(places):
        raise ValueError(f"curves(): {label!r} has {len(values)} points, and x has {len(places)}.")
    return np.arange(len(places)) if np.issubdtype(places.dtype, np.str_) else places


def _summary(values, band):
    """The line and the two edges of the band, (points,) each, of values (points, seeds)."""
    if band == "range" or values.shape[1] == 1:
        return np.median(values, axis=1), values.min(axis=1), values.max(axis=1)
    cells = [Measured(row) for row in values]
    return tuple(np.array([getattr(cell, part) for cell in cells]) for part in ("mean", "low", "high"))


def curve_panels(
    panels, *, title, xlabel, caption, alt=None, figsize=(9.6, 4.2), sharey=False, legend=None, **axes
):
    """Several panels of ``curves`` side by side.

    Args:
        panels: dict from title to a dict of ``x``, ``series``, ``ylabel`` and optionally ``levels``, ``theory``,
            ``xlabel``.
        title, xlabel: of the whole figure, of all panels.
        caption, alt: as for ``show.figure``.
        sharey: whether the panels have the same vertical axis.
        legend, axes: as for ``curves``.
    """

    def drawing(name, panel):
        return lambda ax: curves(title=name, ax=ax, legend=legend, **{"xlabel": xlabel, **panel}, **axes)

    described = [
        f"{name}: {panel['ylabel']}, lines for {', '.join(panel['series'])}" for name, panel in panels.items()
    ]
    row(
        *(drawing(name, panel) for name, panel in panels.items()),
        title=title,
        sharey=sharey,
        caption=caption,
        alt=alt or f"{title}, by {xlabel}. {'; '.join(described)}.",
        figsize=figsize,
    )


def row(*draws, caption, alt, title="", sharey=False, columns=None, figsize=(9.0, 3.4)):
    """Panels side by side in one figure, or row by row.

    Args:
        draws: functions of a Matplotlib Axes, one per panel, from left to right.
        caption, alt: as for ``show.figure``.
        title: over all panels.
        sharey: whether they have the same vertical axis.
        columns: panels per row; None: all in one row.
    """
    from matplotlib import pyplot as plt

    columns = columns or len(draws)
    rows = -(-len(draws) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=figsize, sharey=sharey, squeeze=False)
    for ax in axes.ravel()[len(draws) :]:
        ax.set_axis_off()
    for draw, ax in zip(draws, axes.ravel(), strict=False):
        draw(ax)
    _drop_repeated_labels(axes)
    if title:
        fig.suptitle(title, fontweight="bold")
    show.figure(fig, caption=caption, alt=alt)


def _drop_repeated_labels(axes):
    """A vertical axis is named once in a row where all are the same, a horizontal one below its column."""
    for across in axes:
        if len({ax.get_ylabel() for ax in across if ax.axison}) == 1:
            for ax in across[1:]:
                ax.set_ylabel("")
    for down in axes.T:
        for upper, lower in itertools.pairwise(down):
            if lower.axison and lower.get_xlabel() == upper.get_xlabel():
                upper.set_xlabel("")


@figure_function(figsize=(7.0, 3.6))
def bars(ax, rows, title, xlabel, levels=None):
    """Horizontal bars, several per row, with the 95 % interval over seeds.

    Args:
        ax: Matplotlib Axes.
        rows: dict from row label to a dict from bar label to Measured; all rows have the same bars.
        levels: dict from label to a number at which a vertical dashed line is drawn, or None.
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
    for label, value in (levels or {}).items():
        ax.axvline(value, color="black", linestyle="--", linewidth=1, label=label)
    ax.set_yticks(np.arange(len(rows)), list(rows))
    ax.invert_yaxis()
    ax.set(xlabel=xlabel, title=title)
    legends.legend(ax)
    return f"Bar chart: {title}. {xlabel}; rows: {', '.join(rows)}; bars: {', '.join(labels)}."


@figure_function(figsize=(7.0, 3.6))
def band(ax, x, y, mean, sigma, title, xlabel, ylabel, truth=None):
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
    legends.legend(ax)
    return f"{title}: {len(x)} points, a predicted curve, and a band of two predicted standard deviations around it."


@figure_function(figsize=(7.0, 4.0))
def learning_curves(ax, runs, metric="loss"):
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
    legends.legend(ax)
    return f"Line chart of {metric} by epoch: {', '.join(drawn)}."
