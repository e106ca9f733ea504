"""Figures about penalties and searches: weights along a path, fitted curves, importances, the progress of a search."""

import numpy as np

from dlcourse.figures import diagrams, legends
from dlcourse.measured import Measured
from dlcourse.style import COLOURS, figure_function


@figure_function(figsize=(7.0, 4.0))
def path(ax, strengths, weights, title, relevant=None, floor=None):
    """Weights against the strength of a penalty, strong on the left.

    Args:
        ax: Matplotlib Axes.
        strengths: float (strengths,), above 0.
        weights: float (strengths, features).
        relevant: bool (features,), drawn in colour; the others in grey. None: all in colour.
        floor: None, or draw absolute values on a logarithmic axis that begins here.
    """
    weights = np.asarray(weights)
    relevant = np.ones(weights.shape[1], bool) if relevant is None else np.asarray(relevant)
    drawn = weights if floor is None else np.maximum(np.abs(weights), floor)
    for kind, colour, label in [(False, "0.65", "irrelevant"), (True, COLOURS[0], "relevant")]:
        lines = ax.plot(strengths, drawn[:, relevant == kind], color=colour, linewidth=1.2, zorder=2 + kind)
        if lines:
            lines[0].set_label(label)
    ax.invert_xaxis()
    ax.set(
        xscale="log",
        xlabel="strength of the penalty (weaker to the right)",
        title=title,
        ylabel="weight" if floor is None else "absolute weight",
    )
    if floor is not None:
        ax.set_yscale("log")
    if not relevant.all():
        legends.legend(ax)
    return f"{title}: {weights.shape[1]} weights against the penalty, {int(relevant.sum())} of them relevant."


@figure_function(figsize=(5.0, 3.6))
def fits(ax, points, curves, title, data=None, truth=None, limits=None):
    """Fitted curves over one input.

    Args:
        ax: Matplotlib Axes.
        points: float (points,).
        curves: dict from label to float (points,) or (curves, points).
        data: (x, y) drawn as dots, or None.
        truth: float (points,), drawn dashed, or None.
        limits: of the vertical axis, or None.
    """
    for (label, values), colour in zip(curves.items(), COLOURS, strict=False):
        many = np.atleast_2d(values)
        lines = ax.plot(
            points,
            many.T,
            color=colour,
            linewidth=1.8 if len(many) == 1 else 0.7,
            alpha=1 if len(many) == 1 else 0.5,
        )
        lines[0].set_label(label)
    if data is not None:
        ax.plot(*data, ".", color="black", markersize=6, label="data")
    if truth is not None:
        ax.plot(points, truth, "--", color="black", linewidth=1.5, label="truth")
    ax.set(xlabel="x", ylabel="y", title=title, ylim=limits)
    legends.legend(ax)
    return f"{title}: curves over x: {', '.join(curves)}."


@figure_function(figsize=(7.0, 3.2))
def importances(ax, searches, title):
    """Importance of each hyperparameter, a dot for each search, and the mean as a bar.

    Args:
        ax: Matplotlib Axes.
        searches: list of dicts from hyperparameter to share, with the same keys.
    """
    names = sorted(searches[0], key=lambda name: np.mean([one[name] for one in searches]))
    for place, name in enumerate(names):
        values = [one[name] for one in searches]
        ax.barh(place, np.mean(values), color=COLOURS[5], height=0.6)
        ax.plot(values, np.full(len(values), place), "o", color=COLOURS[0], markersize=4, alpha=0.7)
    ax.set_yticks(range(len(names)), [name.replace("_", " ").replace("l2", "L2") for name in names])
    ax.set(xlabel="share of the variance of the error (fANOVA)", title=title, xlim=(0, 1))
    return f"{title}: horizontal bars for {', '.join(reversed(names))}, from {len(searches)} searches."


@figure_function(figsize=(7.0, 4.0))
def progress(ax, ways, title):
    """The smallest error found against epochs spent: one line per way, the mean over searches with its 95 % interval,
    from the first epoch that all have reached.

    Args:
        ax: Matplotlib Axes.
        ways: dict from label to a list of (epochs spent, smallest error as a share) pairs of arrays, one per search.
    """
    for (label, runs), colour in zip(ways.items(), COLOURS, strict=False):
        places = np.arange(max(run[0][0] for run in runs), max(run[0][-1] for run in runs) + 1)
        values = 100 * np.array(
            [np.asarray(best)[np.searchsorted(spent, places, side="right") - 1] for spent, best in runs]
        )
        if len(runs) > 1:
            measured = [Measured(column) for column in values.T]
            ax.fill_between(
                places,
                [one.low for one in measured],
                [one.high for one in measured],
                color=colour,
                alpha=0.15,
            )
        ax.plot(places, values.mean(axis=0), color=colour, label=label, drawstyle="steps-post")
    ax.set(xlabel="epochs spent on the search", ylabel="smallest validation error (%)", title=title)
    legends.legend(ax)
    return f"{title}: smallest error against epochs spent, falling lines for {', '.join(ways)}."


@figure_function(figsize=(5.0, 3.8))
def dropout(ax, kept, title, sizes=(3, 5, 2)):
    """A small network with some of its hidden units dropped: crossed out, their arrows left away.

    Args:
        ax: Matplotlib Axes.
        kept: bool (hidden units,).
        sizes: inputs, hidden units, outputs.

    Raises:
        ValueError: where ``kept`` has another length than there are hidden units.
    """
    kept = np.asarray(kept, bool)
    if kept.shape != (sizes[1],):
        raise ValueError(f"dropout() of {sizes[1]} hidden units takes as many masks; got {kept.shape}.")
    from matplotlib.patches import Circle

    places = [
        [(2.6 * layer + 0.6, 0.5 + (index + 0.5) * 5.0 / size) for index in range(size)]
        for layer, size in enumerate(sizes)
    ]
    diagrams.canvas(ax, 6.6, 6.0, title)
    for layer in (0, 1):
        for start, one in enumerate(places[layer]):
            for end, other in enumerate(places[layer + 1]):
                if kept[end] if layer == 0 else kept[start]:
                    ax.plot(*zip(one, other, strict=True), color="0.45", linewidth=1, zorder=1)
    for layer, units in enumerate(places):
        for index, place in enumerate(units):
            gone = layer == 1 and not kept[index]
            ax.add_patch(
                Circle(place, 0.36, facecolor="white" if gone else "0.86", edgecolor="0.15",
                       linestyle=":" if gone else "-", zorder=2)
            )  # fmt: skip
            if gone:
                ax.plot(*place, "x", color="0.15", markersize=13, zorder=3)
    for layer, name in enumerate(["inputs", "hidden", "outputs"]):
        ax.text(2.6 * layer + 0.6, 0.05, name, ha="center", va="center", fontsize=10)
    return (
        f"{title}: {sizes[0]} inputs, {sizes[1]} hidden units and {sizes[2]} outputs; "
        f"{int((~kept).sum())} hidden units crossed out, without arrows."
    )


@figure_function(figsize=(7.0, 4.0))
def early_stopping(ax, losses, best, title, ylabel="loss (nats)"):
    """Training and validation loss by epoch; the epoch whose weights are kept, and the epochs waited after it.

    Args:
        ax: Matplotlib Axes.
        losses: dict from label to floats (epochs,); the last of them is the one that is watched.
        best: the epoch that is kept, from 1.
    """
    for (label, values), colour, marker in zip(losses.items(), COLOURS, "os", strict=False):
        epochs = np.arange(1, len(values) + 1)
        ax.plot(epochs, values, color=colour, marker=marker, markersize=4, label=label)
    ax.axvline(best, color="black", linestyle="--", linewidth=1.3, label=f"kept: epoch {best}")
    ax.axvspan(best, len(values), color="0.9", zorder=0, label="waited in vain")
    ax.set(xlabel="epoch", ylabel=ylabel, title=title)
    ax.legend(frameon=True, facecolor="white", framealpha=1)
    return (
        f"{title}: {ylabel} by epoch, lines for {', '.join(losses)}; a dashed line at epoch {best}, whose weights are "
        f"kept; training stopped at epoch {len(values)}."
    )
