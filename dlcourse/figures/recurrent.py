"""Figures of recurrent networks: gradients by lag, memory maps, forecasts, skill."""

import numpy as np

from dlcourse import show
from dlcourse.figures import diagrams, legends
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
    legends.legend(ax)
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
    ax.set_xticks(range(len(groups)), groups)
    ax.set_xlim(-0.5, len(groups) - 0.5)
    ax.set(title=title, ylabel=ylabel)
    if line:
        legends.legend(ax)
    return f"{ylabel}: one point per seed, and mean with interval, for {', '.join(groups)}."


def errors_by_horizon(panels, *, title, caption, alt=None):
    """Root mean squared error by horizon, one panel per series, one line per forecaster.

    Args:
        panels: dict from series to (xlabel, ylabel, dict from forecaster to errors: (horizons,), or (horizons, seeds),
            drawn with their range).
        title: of the figure; a single panel has no other.
    """
    from matplotlib import pyplot as plt

    width = 4.4 * len(panels) if len(panels) > 1 else 7.0
    fig, axes = plt.subplots(1, len(panels), figsize=(width, 3.8), squeeze=False)
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
        ax.set(xlabel=xlabel, ylabel=ylabel, title=name if len(panels) > 1 else title)
        ax.set_ylim(bottom=0)
    legends.legend(axes[0, 0])
    if len(panels) > 1:
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


@figure_function(figsize=(8.6, 3.3))
def unrolled(ax, steps=4, title="One cell, and the same cell unrolled over time"):
    """A recurrent network as a loop, and unrolled over its steps: one cell with one set of weights, drawn often.

    Args:
        ax: Matplotlib Axes.
        steps: steps that are drawn.
    """
    gap, first = 4.6, 13.2
    diagrams.canvas(ax, first + (steps - 1) * gap + 4.6, 8.4, title)
    _cell(ax, 3.2, "x_t", "h_t")
    ax.plot([4.7, 5.7, 5.7, 0.7, 0.7], [4.2, 4.2, 6.2, 6.2, 4.2], color=diagrams.EDGE, linewidth=1.3)
    diagrams.arrow(ax, (0.7, 4.2), (1.7, 4.2))
    ax.text(5.9, 5.2, "state", ha="left", va="center", fontsize=9)
    ax.text(8.6, 4.2, "=", ha="center", va="center", fontsize=18)
    for step in range(steps):
        x = first + step * gap
        _cell(ax, x, f"x_{step + 1}", f"h_{step + 1}")
        diagrams.arrow(ax, (x - 3.1, 4.2), (x - 1.5, 4.2))
    end = first + (steps - 1) * gap
    diagrams.arrow(ax, (end + 1.5, 4.2), (end + 3.1, 4.2))
    return (
        "Left: a box with weights W, U, b takes the input x and hands its state back to itself. "
        "Right: the same box drawn "
        f"{steps} times in a row, each with its own input below and state above, joined by arrows from left to right."
    )


def _cell(ax, x, below, above):
    """One step of a recurrent network: input below, cell, state above."""
    diagrams.box(ax, (x, 4.2), "$W, U, b$", 3.0, 1.8, "weights")
    diagrams.box(ax, (x, 0.9), f"${below}$", 1.8, 1.3, "data")
    diagrams.arrow(ax, (x, 1.55), (x, 3.3))
    diagrams.arrow(ax, (x, 5.1), (x, 6.9))
    ax.text(x, 7.5, f"${above}$", ha="center", va="center", fontsize=10)


@figure_function(figsize=(8.6, 3.6))
def through_time(ax, steps=6, kept=3, title="Backpropagation through time, truncated"):
    """Forward over all steps, the gradient back over the last ones only.

    Args:
        ax: Matplotlib Axes.
        steps: steps that are drawn.
        kept: steps that the gradient goes back over before it is cut.
    """
    gap, first = 4.4, 2.4
    diagrams.canvas(ax, first + (steps - 1) * gap + 6.6, 9.0, title)
    for step in range(steps):
        x = first + step * gap
        diagrams.box(ax, (x, 4.6), f"$h_{step + 1}$", 2.2, 1.7, "weights")
        diagrams.box(ax, (x, 1.1), f"$x_{step + 1}$", 1.8, 1.3, "data")
        diagrams.arrow(ax, (x, 1.75), (x, 3.75))
        if step < steps - 1:
            diagrams.arrow(ax, (x + 1.1, 4.6), (x + gap - 1.1, 4.6))
    end = first + (steps - 1) * gap
    diagrams.box(ax, (end + 4.4, 4.6), "$L$", 2.0, 1.7, "loss")
    diagrams.arrow(ax, (end + 1.1, 4.6), (end + 3.4, 4.6))
    diagrams.arrow(ax, (end + 4.2, 5.6), (end + 0.3, 5.6), bend=0.45, dashed=True)
    for step in range(steps - 1, steps - kept, -1):
        x = first + step * gap
        diagrams.arrow(ax, (x - 0.3, 5.6), (x - gap + 0.3, 5.6), bend=0.45, dashed=True)
    cut = first + (steps - kept - 0.5) * gap
    ax.plot([cut, cut], [0.4, 7.6], color=diagrams.EDGE, linewidth=1.6, linestyle=":")
    ax.text(cut - 0.3, 8.0, "cut: no gradient", ha="right", va="center", fontsize=10)
    ax.text(cut + 0.4, 8.0, "$\\delta_t$: gradient goes back", ha="left", va="center", fontsize=10)
    return (
        f"{steps} states in a row, each with its input below, and a loss after the last. Solid "
        f"arrows lead forward through all "
        f"of them; dashed arrows lead from the loss back through the last {kept} and stop at a dotted line."
    )


def _operation(ax, centre, sign):
    """A small circle with a sign: numbers are multiplied or added here, place by place."""
    from matplotlib.patches import Circle

    ax.add_patch(Circle(centre, 0.6, facecolor="white", edgecolor=diagrams.EDGE, linewidth=1.2, zorder=3))
    ax.text(*centre, sign, ha="center", va="center", fontsize=11, zorder=4)


@figure_function(figsize=(8.4, 4.4))
def lstm_gates(ax, title="An LSTM's step"):
    """What an LSTM does with its two states: forget, write, show.

    Args:
        ax: Matplotlib Axes.
    """
    diagrams.canvas(ax, 28, 12.4, title)
    line, row = 10.4, 4.6
    blocks = {5.5: "forget\n$f=\\sigma(\\cdot)$", 10.5: "write\n$i=\\sigma(\\cdot)$",
              15.5: "candidate\n$g=\\tanh(\\cdot)$", 21.5: "show\n$o=\\sigma(\\cdot)$"}  # fmt: skip
    for x, text in blocks.items():
        diagrams.box(ax, (x, row), text, 4.2, 2.2, "weights", size=9)
        diagrams.arrow(ax, (x, 1.2), (x, row - 1.1))
    ax.plot([4.1, 21.5], [1.2, 1.2], color=diagrams.EDGE, linewidth=1.3)
    diagrams.box(ax, (2.2, 1.2), "$h_{t-1},\\ x_t$", 3.8, 1.5, "data")
    diagrams.arrow(ax, (2.2, line), (4.9, line))
    ax.text(1.9, line, "$c_{t-1}$", ha="right", va="center", fontsize=11)
    _operation(ax, (5.5, line), "×")
    diagrams.arrow(ax, (5.5, row + 1.1), (5.5, line - 0.6))
    diagrams.arrow(ax, (6.1, line), (12.4, line))
    _operation(ax, (13.0, line), "+")
    _operation(ax, (13.0, 7.8), "×")
    diagrams.arrow(ax, (10.5, row + 1.1), (12.5, 7.4))
    diagrams.arrow(ax, (15.5, row + 1.1), (13.5, 7.4))
    diagrams.arrow(ax, (13.0, 8.4), (13.0, line - 0.6))
    diagrams.arrow(ax, (13.6, line), (25.8, line))
    ax.text(26.0, line, "$c_t$", ha="left", va="center", fontsize=11)
    diagrams.box(ax, (18.5, 7.8), "tanh", 2.6, 1.3)
    diagrams.arrow(ax, (18.5, line), (18.5, 8.45))
    _operation(ax, (21.5, 7.8), "×")
    diagrams.arrow(ax, (19.8, 7.8), (20.9, 7.8))
    diagrams.arrow(ax, (21.5, row + 1.1), (21.5, 7.2))
    diagrams.arrow(ax, (22.1, 7.8), (25.8, 7.8))
    ax.text(26.0, 7.8, "$h_t$", ha="left", va="center", fontsize=11)
    ax.text(13.0, 11.8, "what is kept, plus what is written", ha="center", va="center", fontsize=9)
    return (
        "A straight line carries c from left to right: it is multiplied by the forget gate f, "
        "and the product of the write "
        "gate i and the candidate g is added to it. Through tanh and the gate o it becomes the "
        "state h. All four blocks "
        "have weights and take the last state and the new input."
    )


@figure_function(figsize=(8.4, 4.2))
def gru_gates(ax, title="A GRU's step"):
    """What a GRU does with its one state: mix the old one with a candidate.

    Args:
        ax: Matplotlib Axes.
    """
    diagrams.canvas(ax, 28, 11.2, title)
    line, row = 9.6, 4.2
    blocks = {6.0: "reset\n$r=\\sigma(\\cdot)$", 13.0: "candidate\n$g=\\tanh(\\cdot)$",
              20.5: "update\n$z=\\sigma(\\cdot)$"}  # fmt: skip
    for x, text in blocks.items():
        diagrams.box(ax, (x, row), text, 4.4, 2.2, "weights", size=9)
        diagrams.arrow(ax, (x, 1.2), (x, row - 1.1))
    ax.plot([4.1, 20.5], [1.2, 1.2], color=diagrams.EDGE, linewidth=1.3)
    diagrams.box(ax, (2.2, 1.2), "$h_{t-1},\\ x_t$", 3.8, 1.5, "data")
    diagrams.arrow(ax, (8.2, row), (10.8, row), text="$r$")
    ax.text(1.9, line, "$h_{t-1}$", ha="right", va="center", fontsize=11)
    diagrams.arrow(ax, (2.2, line), (19.9, line))
    _operation(ax, (20.5, line), "+")
    ax.text(17.2, line + 0.8, "$\\times\\ z$", ha="center", va="center", fontsize=10)
    diagrams.arrow(ax, (13.0, row + 1.1), (20.0, line - 0.45))
    ax.text(14.4, 7.4, "$\\times\\ (1-z)$", ha="center", va="center", fontsize=10)
    diagrams.arrow(ax, (20.5, row + 1.1), (20.5, line - 0.6), dashed=True)
    ax.text(20.9, 7.2, "mixes", ha="left", va="center", fontsize=9)
    diagrams.arrow(ax, (21.1, line), (25.8, line))
    ax.text(26.0, line, "$h_t$", ha="left", va="center", fontsize=11)
    return (
        "A straight line carries the old state h from left to right, multiplied by z; the "
        "candidate g, multiplied by 1 - z, "
        "is added. The update gate z sets the mixture; the reset gate r says how much of the "
        "old state the candidate sees."
    )
