"""Figures of recurrent networks: gradients by lag, memory maps, forecasts, skill."""

import numpy as np

from dlcourse import show
from dlcourse.measured import Measured
from dlcourse.style import COLOURS, MARKERS, figure_function


@figure_function(figsize=(7.4, 4.4))
def by_lag(ax, curves, lines=None, title="Gradient norm by lag"):
    """Gradient norm by lag on a logarithmic axis, one line per curve, with its range over seeds.

    Args:
        ax: Matplotlib Axes.
        curves: dict from label to norms (lags, seeds), 1 at lag 0.
        lines: dict from label to the factor per step that theory predicts, drawn dashed in the curve's colour.
    """
    for index, (label, values) in enumerate(curves.items()):
        colour, lags = COLOURS[index % len(COLOURS)], np.arange(len(values))
        logs = np.log(np.maximum(values, 1e-300))
        ax.fill_between(
            lags, np.exp(logs.min(axis=1)), np.exp(logs.max(axis=1)), color=colour, alpha=0.2, linewidth=0
        )
        ax.plot(
            lags,
            np.exp(logs.mean(axis=1)),
            color=colour,
            marker=MARKERS[index % len(MARKERS)],
            markersize=4,
            markevery=max(1, len(lags) // 8),
            label=label,
        )
        if lines and label in lines:
            ax.plot(lags, lines[label] ** lags.astype("float64"), "--", color=colour, linewidth=1.2)
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    ax.set_ylim(max(low, 1e-12), high)
    ax.set(xlabel="lag (steps back from the end)", ylabel="gradient norm, relative to lag 0", title=title)
    ax.legend(fontsize=9)
    return (
        f"Line chart of the gradient norm by lag on a logarithmic axis, one line each for: {', '.join(curves)}"
        + ("; dashed lines show the predicted rates." if lines else ".")
    )


def memory_maps(solved, *, lags, title, caption, alt=None):
    """How many seeds solved a task, by cell and lag: one panel per task, one number per field.

    Args:
        solved: dict from task to dict from cell to list, one entry per lag, of booleans by seed.
        lags: dict from task to (label of the axis, list of lags).
    """
    from matplotlib import pyplot as plt

    fig, panels = plt.subplots(1, len(solved), figsize=(3.1 * len(solved) + 0.6, 2.6), squeeze=False)
    for ax, (task, cells) in zip(panels[0], solved.items(), strict=True):
        label, ticks = lags[task]
        share = np.array([[np.mean(by_seed) for by_seed in row] for row in cells.values()])
        ax.imshow(share, vmin=0, vmax=1, cmap="cividis", aspect="auto")
        for (row, column), value in np.ndenumerate(share):
            by_seed = list(cells.values())[row][column]
            text = f"{sum(map(bool, by_seed))}/{len(by_seed)}"
            ax.text(column, row, text, ha="center", va="center", color="black" if value > 0.5 else "white")
        ax.set_xticks(range(len(ticks)), ticks)
        ax.set_yticks(range(len(cells)), cells)
        ax.set(xlabel=label, title=task)
        ax.grid(False)
    fig.suptitle(title, fontweight="bold")
    described = (
        f"{len(solved)} maps ({', '.join(solved)}): rows are cells, columns lags, and each field says how many "
        "of the seeds solved the task."
    )
    show.figure(fig, caption, alt or described)


@figure_function(figsize=(7.0, 3.6))
def by_seed(ax, groups, title, ylabel, line=None):
    """One point per seed for each group, with the mean and its 95 % interval.

    Args:
        ax: Matplotlib Axes.
        groups: dict from label to values by seed.
        line: (label, height) of a dashed line, or None.
    """
    for index, values in enumerate(groups.values()):
        values, colour = Measured(values), COLOURS[index % len(COLOURS)]
        spread = np.linspace(-0.15, 0.15, values.n) if values.n > 1 else [0.0]
        ax.plot(index + np.array(spread), values.values, "o", color=colour, alpha=0.6, markersize=5)
        ax.errorbar(index + 0.28, values.mean, values.half_width, fmt="s", color=colour, capsize=4)
    if line:
        ax.axhline(line[1], color="black", linestyle="--", linewidth=1.2, label=line[0])
        ax.legend(fontsize=9)
    ax.set_xticks(range(len(groups)), groups)
    ax.set_xlim(-0.5, len(groups) - 0.5)
    ax.set(title=title, ylabel=ylabel)
    return f"{ylabel}: one point per seed, and mean with interval, for {', '.join(groups)}."


def errors_by_horizon(panels, *, title, caption, alt=None):
    """Root mean squared error by horizon, one panel per series, one line per forecaster.

    Args:
        panels: dict from series to (xlabel, ylabel, dict from forecaster to errors: (horizons,), or (horizons, seeds),
            drawn with their range).
    """
    from matplotlib import pyplot as plt

    fig, axes = plt.subplots(1, len(panels), figsize=(4.4 * len(panels), 3.8), squeeze=False)
    for ax, (name, (xlabel, ylabel, lines)) in zip(axes[0], panels.items(), strict=True):
        for index, (label, errors) in enumerate(lines.items()):
            horizons, colour = np.arange(1, len(errors) + 1), COLOURS[index]
            mean = errors
            if np.ndim(errors) == 2:
                ax.fill_between(
                    horizons, errors.min(axis=1), errors.max(axis=1), color=colour, alpha=0.25, linewidth=0
                )
                mean = errors.mean(axis=1)
            ax.plot(
                horizons,
                mean,
                color=colour,
                marker=MARKERS[index],
                markersize=4,
                markevery=max(1, len(horizons) // 7),
                label=label,
            )
        ax.set(xlabel=xlabel, ylabel=ylabel, title=name)
        ax.set_ylim(bottom=0)
    axes[0, 0].legend(fontsize=9)
    fig.suptitle(title, fontweight="bold")
    described = f"Line charts of the error by horizon for {' and '.join(panels)}, a line for each forecaster."
    show.figure(fig, caption, alt or described)


@figure_function(figsize=(7.0, 2.6))
def skills(ax, rows, title="Skill against the best baseline"):
    """Skills with their intervals, one under the other; 0 is the baseline.

    Args:
        ax: Matplotlib Axes.
        rows: dict from label to (skill, low, high).
    """
    for index, (skill, low, high) in enumerate(rows.values()):
        ax.errorbar(
            skill,
            index,
            xerr=[[max(skill - low, 0)], [max(high - skill, 0)]],
            fmt=MARKERS[index % len(MARKERS)],
            color=COLOURS[index % len(COLOURS)],
            capsize=4,
        )
    ax.axvline(0, color="black", linewidth=1)
    ax.set_yticks(range(len(rows)), rows)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set(xlabel="skill (1: perfect, 0: as good as the baseline, below 0: worse)", title=title)
    return f"Skill and its 95 % interval for {', '.join(rows)}; a vertical line marks 0."
