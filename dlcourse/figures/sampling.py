"""Figures of samplers: densities with what was drawn from them, chains over time, ranks."""

import numpy as np

from dlcourse.figures import diagrams, legends
from dlcourse.style import COLOURS, figure_function


@figure_function(figsize=(8.4, 3.2))
def one_step(ax, title="One step of Metropolis' rule"):
    """Propose, compare, move or stay, as boxes and arrows.

    Args:
        ax: Matplotlib Axes.
    """
    diagrams.canvas(ax, 26, 8.4, title)
    diagrams.box(ax, (3.0, 4.2), "here\n$x$", 4.0, 2.2, "data")
    diagrams.box(ax, (11.0, 4.2), "propose\n$x' = x +$ a jump", 6.6, 2.2)
    diagrams.box(ax, (22.4, 6.4), "move to $x'$", 5.6, 1.8, "data")
    diagrams.box(ax, (22.4, 2.0), "stay at $x$, and\nwrite it down again", 6.6, 2.2, "data")
    diagrams.arrow(ax, (5.0, 4.2), (7.7, 4.2))
    diagrams.arrow(ax, (14.3, 4.7), (19.6, 6.4))
    diagrams.arrow(ax, (14.3, 3.7), (19.1, 2.0))
    ax.text(16.0, 7.2, "with probability\n$\\min(1, p(x')/p(x))$", ha="center", va="center", fontsize=10)
    ax.text(16.0, 1.5, "otherwise", ha="center", va="center", fontsize=10)
    return (
        "Boxes and arrows: from the place x a jump is proposed; with probability min(1, p(x')/p(x)) the chain moves "
        "there, otherwise it stays, and x is written down again."
    )


@figure_function(figsize=(5.4, 4.6))
def density(ax, log_density, limits, title, *, points=None, paths=None, axes=("$x_1$", "$x_2$")):
    """Contours of a density in the plane, with points drawn from it and paths through it.

    Args:
        ax: Matplotlib Axes.
        log_density: maps (..., 2) to (...).
        limits: ((low, high), (low, high)) of both axes.
        points: (n, 2), or None.
        paths: dict from label to places (steps, 2), or None.
        axes: their labels.
    """
    x, y = (np.linspace(*each, 120) for each in limits)
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    height = log_density(grid)
    levels = height.max() - np.array([8.0, 4.5, 2.0, 0.5])
    ax.contour(x, y, height, levels=levels, colors="0.45", linewidths=1.0, linestyles="solid")
    if points is not None:
        ax.plot(*np.asarray(points).T, ".", color=COLOURS[0], markersize=3, alpha=0.6)
    for index, (label, path) in enumerate((paths or {}).items()):
        ax.plot(*np.asarray(path).T, "o-", color=COLOURS[index], markersize=3.5, linewidth=1.2, label=label)
        ax.plot(*path[0], "k*", markersize=11)
    ax.set(xlim=limits[0], ylim=limits[1], title=title, xlabel=axes[0], ylabel=axes[1])
    if paths:
        legends.legend(ax)
    drawn = [] if points is None else [f"{len(points)} points"]
    drawn += [f"a path, {label}" for label in paths or {}]
    return f"Contours of a density: {title}. Drawn over it: {', '.join(drawn) or 'nothing'}."


@figure_function(figsize=(8.4, 3.2))
def traces(ax, draws, ylabel, title):
    """Chains over time, a line each.

    Args:
        ax: Matplotlib Axes.
        draws: one quantity, (draws, chains).
    """
    for chain, line in enumerate(np.asarray(draws).T):
        ax.plot(line, color=COLOURS[chain % len(COLOURS)], linewidth=0.9, label=f"chain {chain + 1}")
    ax.set(xlabel="draw", ylabel=ylabel, title=title)
    legends.legend(ax, ncols=min(4, draws.shape[1]))
    return f"Line chart: {title}. {ylabel} by draw, a line for each of {draws.shape[1]} chains."


@figure_function(figsize=(8.4, 3.2))
def rank_counts(ax, counts, title):
    """How often each rank came, with a band that holds nineteen of twenty bars where ranks are uniform.

    Args:
        ax: Matplotlib Axes.
        counts: (ranks,).
    """
    from scipy import stats

    low, high = stats.binom(counts.sum(), 1 / len(counts)).interval(0.95)
    ax.bar(np.arange(len(counts)), counts, color=COLOURS[0], width=0.9)
    ax.axhspan(low, high, color="0.6", alpha=0.4)
    ax.set_xticks(np.linspace(0, len(counts) - 1, 5).astype(int))
    ax.set(xlabel="rank of the truth among the draws", ylabel="simulations", title=title)
    return (
        f"Bars: {title}. Simulations by rank, from {counts.min()} to {counts.max()}; uniform ranks would stay within "
        f"{low:.0f} to {high:.0f}."
    )
