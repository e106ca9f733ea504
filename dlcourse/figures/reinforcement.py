"""Figures of reinforcement learning: values and policies on a map, returns while learning."""

import numpy as np

from dlcourse import show
from dlcourse.figures import charts
from dlcourse.style import COLOURS, figure_function


def draw_map(ax, letters, values=None, policy=None, moves="", title="", digits=2, walls=()):
    """Draw a grid world: shade and number for a state's value, an arrow for its action.

    Args:
        ax: Matplotlib Axes.
        letters: list of rows of letters, as FrozenLake's maps: S start, G goal, H hole, C cliff (nobody acts
            in these three: no value, no arrow), F or blank floor.
        values: (states,), row by row, or None.
        policy: actions (states,), or None.
        moves: a sign for each action, such as "←↓→↑".
        digits: of the values.
        walls: list of (row, column): a wall on the right of that place.
    """
    rows, columns = len(letters), len(letters[0])
    flat = [letter for row in letters for letter in row]
    acting = np.array([letter not in "HGC" for letter in flat])
    shades = np.full(rows * columns, np.nan)
    if values is not None:
        shades[acting] = np.asarray(values, "float64")[acting]
    low, high = (np.nanmin(shades), np.nanmax(shades)) if values is not None else (0, 1)
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
            ax.text(x, y - 0.1, sign, ha="center", va="center", fontsize=14)
        if acting[state] and values is not None:
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


def maps(panels, *, caption, alt, columns=None, figsize=None):
    """Several maps in one figure.

    Args:
        panels: dict from title to the keyword arguments of ``draw_map``.
        columns: maps per row; by default all in one.
    """
    from matplotlib import pyplot as plt

    columns = columns or len(panels)
    rows = -(-len(panels) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=figsize or (4.2 * columns, 3.8 * rows), squeeze=False)
    for ax, (title, options) in zip(axes.flat, panels.items(), strict=False):
        draw_map(ax, title=title, **options)
        ax.set(xlabel="column", ylabel="row")
    for ax in axes.flat[len(panels) :]:
        ax.set_axis_off()
    show.figure(fig, caption, alt)


@figure_function(figsize=(7.5, 4.0))
def learning_by_steps(ax, series, width, threshold=None, title="", xlabel="environment steps, thousands"):
    """Mean return of training episodes against steps, with the 95 % interval over seeds.

    Args:
        ax: Matplotlib Axes.
        series: dict from label to returns (seeds, stretches); NaN where nothing is known yet.
        width: of a stretch, in what ``xlabel`` says.
        threshold: a level to reach, or None.
    """
    x = {label: width * np.arange(1, np.shape(values)[1] + 1) for label, values in series.items()}
    values = {label: np.transpose(of_seeds) for label, of_seeds in series.items()}
    levels = {} if threshold is None else {f"{threshold:g}": threshold}
    charts.curves(x, values, xlabel, "return of training episodes", title, levels=levels, ax=ax)
    return f"Learning curves, one line each for {', '.join(series)}, with bands over seeds."
