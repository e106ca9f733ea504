"""Figures about perceptrons and small networks: what they separate, where they are linear, what a unit computes."""

import itertools

import numpy as np

from dlcourse.analysis.linear_regions import grid, patterns
from dlcourse.figures import legends
from dlcourse.figures.diagrams import EDGE, FILLS, arrow, box, canvas
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
    legends.legend(ax)
    return f"Scatter plot: {title}. Points of {' and '.join(names.values())}; lines: {', '.join(lines)}."


@figure_function(figsize=(9.6, 3.2))
def unit(ax, inputs, weights, bias, activation, output):
    """One unit: inputs, a weight on each arrow, the weighted sum with its bias, the activation, the output.

    Args:
        ax: Matplotlib Axes.
        inputs: texts, one per input, each ending in its number and unit.
        weights: numbers, one per input.
        bias: number.
        activation: text of the last box.
        output: text.
    """
    height = 2.6 * len(inputs) + 1.6
    canvas(ax, 26, height, "One unit")
    middle = height / 2
    rows = height * (1 - (np.arange(len(inputs)) + 0.5) / len(inputs))
    for row, text, weight in zip(rows, inputs, weights, strict=True):
        box(ax, (2.6, row), text, 5.0, 2.0, "data")
        start, end = np.array([5.1, row]), np.array([11.4, middle])
        arrow(ax, start, end)
        label = f"× {weight:g}".replace("-", "−")
        ax.text(
            *(start + 0.42 * (end - start)), label, ha="center", va="center", fontsize=10,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip
    box(ax, (13.4, middle), f"add up,\nbias {bias:+g}".replace("-", "−"), 4.0, 2.4, "weights")
    arrow(ax, (15.4, middle), (17.6, middle), "$z$", size=11)
    box(ax, (20.1, middle), activation, 5.0, 2.4)
    arrow(ax, (22.6, middle), (24.4, middle))
    ax.text(24.7, middle, output, va="center", fontsize=13, fontweight="bold")
    parts = ", ".join(
        f"{text} times {weight:g}".replace("\n", " ") for text, weight in zip(inputs, weights, strict=True)
    )
    return f"Inputs on the left ({parts}), their sum with the bias {bias:g}, the activation, the output {output}."


@figure_function(figsize=(8.4, 3.8))
def dense_network(ax, widths, labels, title):
    """A dense network as columns of units with every connection drawn, and the shape of each table of weights.

    Args:
        ax: Matplotlib Axes.
        widths: units of each layer, the input first.
        labels: of the columns.
    """
    from matplotlib.patches import Circle

    tall, gap = 1.3 * max(widths), 6.0
    canvas(ax, gap * (len(widths) - 1) + 4, tall + 4.2, title)
    columns = [
        [(2 + gap * place, 3.2 + tall / 2 + 1.3 * ((width - 1) / 2 - unit)) for unit in range(width)]
        for place, width in enumerate(widths)
    ]
    for before, after in itertools.pairwise(columns):
        for one in before:
            for other in after:
                ax.plot(*zip(one, other, strict=True), color="0.6", linewidth=0.8, zorder=1)
    for place, (column, label) in enumerate(zip(columns, labels, strict=True)):
        for centre in column:
            ax.add_patch(
                Circle(
                    centre, 0.45, facecolor=FILLS["weights" if place else "data"], edgecolor=EDGE, zorder=2
                )
            )
        ax.text(2 + gap * place, 2.2, f"{label}\n({widths[place]},)", ha="center", va="center", fontsize=10)
        if place:
            shape = f"$W^{{({place})}}$: ({widths[place - 1]}, {widths[place]})"
            ax.text(2 + gap * (place - 0.5), 0.5, shape, ha="center", va="center", fontsize=10)
    described = ", ".join(f"{width} {label}" for width, label in zip(widths, labels, strict=True))
    return f"Columns of circles, each joined to every circle of the next column by a line: {described}."


@figure_function(figsize=(5.0, 4.6))
def linear_regions(ax, model, limits, title="Linear regions", axes=("$x_1$", "$x_2$")):
    """The linear regions of a ReLU network of two inputs, each in its own pale colour, with the class boundary.

    Args:
        ax: Matplotlib Axes.
        model: Keras model of dense ReLU layers, two inputs, logits.
        limits: ((left, right), (below, above)).
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
    legends.legend(axes[0])
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


def region_maps(models, limits, *, caption, alt):
    """Maps of ``linear_regions`` side by side.

    Args:
        models: dict from title to Keras model.
        limits: as for ``linear_regions``.
        caption, alt: as for ``show.figure``.
    """
    from matplotlib import pyplot as plt

    from dlcourse import show

    fig, panels = plt.subplots(1, len(models), figsize=(3.2 * len(models), 3.5))
    for (title, model), ax in zip(models.items(), panels, strict=True):
        linear_regions(model, limits, ax=ax, title=title)
    show.figure(fig, caption=caption, alt=alt)
