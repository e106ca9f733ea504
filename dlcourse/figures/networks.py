"""Figures about perceptrons and small networks: what they separate, where they are linear, what a unit computes."""

import numpy as np

from dlcourse.analysis.linear_regions import grid, patterns
from dlcourse.style import COLOURS, MARKERS, figure_function


@figure_function(figsize=(6.4, 4.2))
def separating_lines(ax, x, labels, lines, names, axes, title):
    """Two classes of points in the plane, and lines ``weights · x + bias = 0`` that may separate them.

    Args:
        ax: Matplotlib Axes.
        x: float (examples, 2).
        labels: (examples,), each +1 or -1.
        lines: dict from label to (weights (2,), bias).
        names: of the classes, dict from +1 and -1 to a text.
        axes: the two axis labels, with units.
    """
    for index, (label, name) in enumerate(names.items()):
        ax.plot(
            *x[labels == label].T, MARKERS[index], color=COLOURS[index], markersize=5, alpha=0.7, label=name
        )
    low, high = x.min(axis=0), x.max(axis=0)
    room = 0.12 * (high - low)
    limits = np.stack([low - room, high + room])
    for index, (label, (weights, bias)) in enumerate(lines.items()):
        ends = limits[:, 0]
        ax.plot(
            ends,
            -(weights[0] * ends + bias) / weights[1],
            ["--", "-", ":"][index % 3],
            color=COLOURS[2 + index],
            label=label,
        )
    ax.set(xlim=limits[:, 0], ylim=limits[:, 1], xlabel=axes[0], ylabel=axes[1], title=title)
    ax.legend(fontsize=9)
    return f"Scatter plot: {title}. Points of {' and '.join(names.values())}; lines: {', '.join(lines)}."


@figure_function(figsize=(6.0, 4.4))
def mistakes_and_bound(ax, mistakes, bounds):
    """Mistakes of a perceptron against the bound on them, one point per problem, with the line where both are equal.

    Args:
        ax: Matplotlib Axes.
        mistakes: (problems,) or (problems, orders): the latter are drawn as a range.
        bounds: (problems,).
    """
    mistakes, bounds = np.asarray(mistakes), np.asarray(bounds)
    spread = mistakes.reshape(len(bounds), -1)
    ax.vlines(bounds, spread.min(axis=1), spread.max(axis=1), color=COLOURS[0], alpha=0.5)
    ax.plot(
        bounds,
        np.median(spread, axis=1),
        "o",
        color=COLOURS[0],
        markersize=4,
        label="pair of digits (median, range)",
    )
    ends = np.array([0.8 * spread.min(), 1.3 * bounds.max()])
    ax.plot(ends, ends, "--", color="black", linewidth=1, label="mistakes = bound")
    ax.fill_between(ends, ends, ends.max(), color="0.9", zorder=0)
    ax.text(0.5, 0.78, "impossible", transform=ax.transAxes, color="0.35", ha="center")
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="Novikoff's bound $(R/γ)^2$ (mistakes)",
        ylabel="mistakes made in all",
        title="Mistakes of the perceptron, and Novikoff's bound",
    )
    ax.set(xlim=(0.8 * bounds.min(), ends[1]), ylim=ends)
    ax.legend(fontsize=9, loc="upper left")
    return (
        f"Mistakes against Novikoff's bound: {len(bounds)} problems as points on logarithmic axes, all below the line "
        "where both are equal."
    )


@figure_function(figsize=(5.0, 4.6))
def linear_regions(ax, model, limits, x=None, y=None, title="Linear regions", axes=("$x_1$", "$x_2$")):
    """The linear regions of a ReLU network of two inputs, each in its own pale colour, with the class boundary.

    Args:
        ax: Matplotlib Axes.
        model: Keras model of dense ReLU layers, two inputs, logits.
        limits: ((left, right), (below, above)).
        x, y: points (n, 2) and their classes (n,), or None.
    """
    points = grid(limits, 400)
    found, index = patterns(model, points)
    side = (400, 400)
    extent = (*limits[0], *limits[1])
    tones = np.random.RandomState(4).uniform(0.72, 1.0, (len(found), 3))
    ax.imshow(
        tones[index].reshape(*side, 3), origin="lower", extent=extent, aspect="auto", interpolation="nearest"
    )
    classes = np.argmax(model(points), axis=-1).reshape(side)
    if len(np.unique(classes)) > 1:
        across, up = (np.linspace(*limit, 400) for limit in limits)
        for boundary in range(int(classes.max())):
            ax.contour(across, up, classes > boundary, levels=[0.5], colors="black", linewidths=1.6)
    if x is not None:
        for label in np.unique(y):
            ax.plot(*x[y == label].T, MARKERS[label], color=COLOURS[label], markersize=3, label=str(label))
    ax.set(xlim=limits[0], ylim=limits[1], xlabel=axes[0], ylabel=axes[1], title=title)
    ax.grid(False)
    return (
        f"{title}: the plane in pieces of different pale colours, with the network's class boundary in black."
    )


def activation_functions(functions, *, caption, alt):
    """Activation functions on the left, their derivatives on the right.

    Args:
        functions: dict from name to (function, derivative), each from float (n,) to float (n,).
        caption, alt: as for ``show.figure``.
    """
    from matplotlib import pyplot as plt

    from dlcourse import show

    z = np.linspace(-4, 4, 401)
    fig, axes = plt.subplots(1, 2, figsize=(9.0, 3.6))
    for index, (name, pair) in enumerate(functions.items()):
        for ax, function in zip(axes, pair, strict=True):
            ax.plot(z, function(z), ["-", "--", "-.", ":"][index % 4], color=COLOURS[index], label=name)
    axes[0].set(xlabel="input z of the unit", ylabel="output g(z)", title="Function", ylim=(-1.5, 3))
    axes[1].set(xlabel="input z of the unit", ylabel="slope g′(z)", title="Derivative", ylim=(-0.2, 1.3))
    axes[0].legend(fontsize=9)
    show.figure(fig, caption=caption, alt=alt)


@figure_function(figsize=(7.0, 2.6))
def what_moves(ax, moved, labels, title):
    """Which units of which layer move when one is pushed: one row per layer, one square per unit, dark where it moves.

    Args:
        ax: Matplotlib Axes.
        moved: list of float arrays (units,), by how much each unit moved.
        labels: of the rows.
    """
    for row, change in enumerate(moved):
        size = np.abs(change) / max(np.abs(change).max(), 1e-12)
        places = np.linspace(0, 1, len(change) + 2)[1:-1]
        ax.scatter(
            places,
            np.full(len(change), row),
            s=90,
            marker="s",
            c=np.where(size > 0, 0.25 + 0.75 * size, 0.0),
            cmap="Blues",
            vmin=0,
            vmax=1,
            edgecolors="0.4",
            linewidths=0.6,
        )
    ax.set_yticks(range(len(labels)), labels)
    ax.set(
        ylim=(-0.6, len(labels) - 0.4), xticks=[], xlabel="units of the layer, one square each", title=title
    )
    ax.invert_yaxis()
    ax.grid(False)
    return f"{title}: rows of squares for {', '.join(labels)}; the darker, the more that unit moves."


def region_maps(models, limits, x, y, names, axes, *, caption, alt):
    """Maps of ``linear_regions`` side by side; the points are drawn on all but the first, with a legend on the second.

    Args:
        models: dict from title to Keras model.
        limits, x, y, axes: as for ``linear_regions``.
        names: of the classes.
        caption, alt: as for ``show.figure``.
    """
    from matplotlib import pyplot as plt

    from dlcourse import show

    fig, panels = plt.subplots(1, len(models), figsize=(4 * len(models), 4.1))
    for index, ((title, model), ax) in enumerate(zip(models.items(), panels, strict=True)):
        points = (x, y) if index else (None, None)
        linear_regions(model, limits, *points, ax=ax, title=title, axes=axes)
    panels[1].legend(
        names, title="digit", fontsize=9, title_fontsize=9, markerscale=1.6, loc="lower right", frameon=True
    )
    show.figure(fig, caption=caption, alt=alt)
