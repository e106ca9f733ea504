"""Figures of reinforcement learning: values and policies on a map, and curves over steps, episodes and settings."""

import numpy as np

from dlcourse import show
from dlcourse.figures.style import COLOURS, MARKERS, figure_function
from dlcourse.measured import Measured


def draw_map(
    ax, letters, values=None, policy=None, moves="", title="", bounds=None, digits=2, skip="HGC", walls=()
):
    """Draw a grid world: shade and number for a state's value, an arrow for its action.

    Args:
        ax: Matplotlib Axes.
        letters: list of rows of letters, as FrozenLake's maps: S start, G goal, H hole, C cliff, F or blank floor.
        values: (states,), row by row, or None.
        policy: actions (states,), or None.
        moves: a sign for each action, such as "←↓→↑".
        bounds: (lowest, highest) value for the shades; by default those of the states that are drawn.
        digits: of the values; None draws no numbers.
        skip: letters of places where nobody acts: no value, no arrow.
        walls: list of (row, column): a wall on the right of that place.
    """
    rows, columns = len(letters), len(letters[0])
    flat = [letter for row in letters for letter in row]
    acting = np.array([letter not in skip for letter in flat])
    shades = np.full(rows * columns, np.nan)
    if values is not None:
        shades[acting] = np.asarray(values, "float64")[acting]
    low, high = bounds or (np.nanmin(shades), np.nanmax(shades)) if values is not None else (0, 1)
    ax.imshow(shades.reshape(rows, columns), cmap="Blues", vmin=low, vmax=high + 0.4 * (high - low))
    for state, letter in enumerate(flat):
        y, x = divmod(state, columns)
        if not acting[state]:
            colour = {"G": COLOURS[4], "H": "#555555", "C": "#555555"}.get(letter, "white")
            ax.add_patch(_square(x, y, colour))
        if letter in "SGHC":
            ax.text(
                x - 0.44, y - 0.42, letter, va="top", fontsize=8, color="black" if acting[state] else "white"
            )
        if acting[state] and policy is not None:
            sign = moves[int(policy[state])]
            ax.text(x, y - (0.1 if digits is not None else 0), sign, ha="center", va="center", fontsize=14)
        if acting[state] and values is not None and digits is not None:
            ax.text(x, y + 0.36, f"{values[state]:.{digits}f}", ha="center", va="center", fontsize=6.5)
    for row, column in walls:
        ax.plot([column + 0.5] * 2, [row - 0.5, row + 0.5], color="black", linewidth=3)
    ax.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    ax.grid(False)
    ax.grid(which="minor", color="#999999", linewidth=0.6)
    ax.tick_params(which="both", length=0)
    ax.set(xticks=[], yticks=[], title=title)


def _square(x, y, colour):
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor="none")


def maps(panels, *, caption, alt, columns=None, figsize=None, xlabel="column", ylabel="row"):
    """Several maps in one figure.

    Args:
        panels: dict from title to the keyword arguments of ``draw_map``.
    """
    from matplotlib import pyplot as plt

    columns = columns or len(panels)
    rows = -(-len(panels) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=figsize or (4.2 * columns, 3.8 * rows), squeeze=False)
    for ax, (title, options) in zip(axes.flat, panels.items(), strict=False):
        draw_map(ax, title=title, **options)
        ax.set(xlabel=xlabel, ylabel=ylabel)
    for ax in axes.flat[len(panels) :]:
        ax.set_axis_off()
    show.figure(fig, caption, alt)


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
def curves(ax, x, data, *, title, xlabel, ylabel, levels=None, dashed=(), figsize=(7.0, 4.0), **axes):
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
