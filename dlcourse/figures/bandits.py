"""Figures of bandits: beliefs about arms, and estimates with their intervals."""

import numpy as np

from dlcourse.figures import legends
from dlcourse.style import COLOURS, figure_function


@figure_function(figsize=(7.0, 3.4))
def beliefs(ax, successes, failures, means, title):
    """What is believed of each arm's mean: densities of Beta distributions; dashed, the truth.

    Args:
        ax: Matplotlib Axes.
        successes, failures: the two numbers of each arm's distribution, (arms,).
        means: the true means, (arms,).
    """
    from scipy import stats

    x = np.linspace(0, 1, 400)
    for arm, (a, b, mean) in enumerate(zip(successes, failures, means, strict=True)):
        colour = COLOURS[arm % len(COLOURS)]
        tried = round(a + b - 2)
        ax.plot(x, stats.beta(a, b).pdf(x), color=colour, label=f"arm {arm + 1}, tried {tried} times")
        ax.axvline(mean, color=colour, linestyle="--", linewidth=1)
    ax.set(
        title=title,
        xlabel="mean reward of the arm",
        ylabel="density of the belief",
        xlim=(0, 1),
        ylim=(0, None),
    )
    legends.legend(ax)
    return f"{title}: bell-shaped curves, narrow for arms that were tried often, with dashed lines at the true means."


@figure_function(figsize=(8.0, 4.0))
def intervals(ax, rows, xlabel, title, levels=None):
    """Estimates as points with their 95 % intervals, one row each.

    Args:
        ax: Matplotlib Axes.
        rows: dict from label to (estimate, low, high).
        levels: dict from label to a number at which a dashed vertical line is drawn, or None.
    """
    for place, (estimate, low, high) in enumerate(rows.values()):
        ax.plot([low, high], [place, place], color=COLOURS[0], linewidth=2.5)
        ax.plot(estimate, place, "o", color=COLOURS[0], markersize=7)
    for number, (label, value) in enumerate((levels or {}).items()):
        ax.axvline(value, color=COLOURS[number + 1], linestyle="--", label=label)
    ax.set(title=title, xlabel=xlabel, yticks=range(len(rows)), ylim=(len(rows) - 0.5, -0.5))
    ax.set_yticklabels(rows)
    if levels:
        legends.legend(ax)
    return f"{title}: one point with a horizontal interval for each of {', '.join(rows)}."
