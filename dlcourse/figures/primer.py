"""Figures of the primer: numbers in a picture, stretched tables, a layer, a training step, a path downhill."""

import numpy as np

from dlcourse.figures.diagrams import arrow, box, canvas
from dlcourse.style import COLOURS, MARKERS, figure_function


@figure_function(figsize=(5.2, 5.0))
def numbers(ax, picture, title=""):
    """A small grey picture with each pixel's value written into it.

    Args:
        ax: Matplotlib Axes.
        picture: array (height, width), white drawn as its largest value.
        title: of the figure.

    Raises:
        ValueError: where the picture has another number of axes.
    """
    picture = np.asarray(picture)
    if picture.ndim != 2:
        raise ValueError(f"numbers() takes a picture of shape (height, width); got {picture.shape}.")
    ax.imshow(picture, cmap="gray")
    middle = (picture.min() + picture.max()) / 2
    for (row, column), value in np.ndenumerate(picture):
        colour = "black" if value > middle else "white"
        ax.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=9, color=colour)
    height, width = picture.shape
    ax.set(
        xticks=range(width), yticks=range(height), xlabel="column (index)", ylabel="row (index)", title=title
    )
    ax.grid(False)
    return f"A picture of {height} by {width} pixels, the brightness of each written into it as a number."


@figure_function(figsize=(8.0, 2.9))
def broadcasting(ax, column, row):
    """A column plus a row, both stretched to a table: given entries dark, copies pale.

    Args:
        ax: Matplotlib Axes.
        column: n numbers, taken as shape (n, 1).
        row: m numbers, taken as shape (1, m).
    """
    column, row = np.asarray(column).reshape(-1, 1), np.asarray(row).reshape(1, -1)
    height, width = len(column), row.size
    tables = [np.broadcast_to(column, (height, width)), np.broadcast_to(row, (height, width)), column + row]
    given = [np.zeros((height, width), bool) for _ in tables]
    given[0][:, 0], given[1][0], given[2][:] = True, True, True
    names = [f"shape ({height}, 1)", f"shape (1, {width})", f"shape ({height}, {width})"]
    for index, (table, solid, name, colour) in enumerate(zip(tables, given, names, COLOURS, strict=False)):
        left = index * (width + 1.4)
        for (i, j), value in np.ndenumerate(table):
            colour_of_cell = {"facecolor": colour, "alpha": 0.9 if solid[i, j] else 0.15}
            ax.add_patch(_square(left + j, i, colour_of_cell))
            ax.text(
                left + j + 0.5, i + 0.5, f"{value:g}", ha="center", va="center",
                color="white" if solid[i, j] else "#555555",
            )  # fmt: skip
        ax.text(left + width / 2, -0.25, name, ha="center", va="bottom", fontsize=10)
        if index < 2:
            ax.text(left + width + 0.7, height / 2, "+="[index], ha="center", va="center", fontsize=18)
    ax.set(
        xlim=(-0.2, 3 * width + 3),
        ylim=(height + 0.2, -1),
        aspect="equal",
        title="Two shapes stretched to one",
    )
    ax.set_axis_off()
    return (
        f"Three tables of {height} rows and {width} columns: a column copied sideways, plus a row copied "
        "downwards, gives every sum of an entry of the column and an entry of the row."
    )


def _square(left, top, look):
    from matplotlib.patches import Rectangle

    return Rectangle((left, top), 1, 1, edgecolor="white", linewidth=1.5, **look)


@figure_function(figsize=(6.6, 4.6))
def descent(ax, loss, paths, limits=((-1.5, 4.5), (-1.5, 3.5))):
    """Paths of gradient descent on the contours of a loss of two parameters.

    Args:
        ax: Matplotlib Axes.
        loss: callable on two arrays of the same shape, the parameters; gives the loss at each pair.
        paths: dict from label to array (steps, 2).
        limits: what is drawn of each parameter; a path may leave it.
    """
    first, second = np.meshgrid(*(np.linspace(*side, 200) for side in limits))
    values = loss(first, second)
    levels = values.min() + (values.max() - values.min()) * np.linspace(0, 1, 13) ** 2
    ax.contour(first, second, values, levels=levels[1:], colors="#999999", linewidths=0.7)
    for (label, path), colour, marker in zip(paths.items(), COLOURS, MARKERS, strict=False):
        path = np.asarray(path)
        ax.plot(path[:, 0], path[:, 1], color=colour, marker=marker, markersize=4, linewidth=1.2, label=label)
    ax.set(
        xlim=limits[0],
        ylim=limits[1],
        xlabel="w",
        ylabel="b",
        title="Downhill on a loss, step by step",
    )
    ax.grid(False)
    ax.legend(loc="lower right", frameon=True)
    return (
        "Contours of a loss over w and b, ellipses around its lowest point, with the "
        f"paths {'; '.join(paths)}."
    )


def reading(pictures, probabilities, caption, alt):
    """A photograph, what the network is given of it, and what it makes of it, side by side.

    Args:
        pictures: dict from title to grey picture (height, width) in [0, 1].
        probabilities: float (classes,), sum 1.
        caption, alt: see show.figure.
    """
    from matplotlib import pyplot as plt

    from dlcourse import show

    count = len(pictures)
    fig, axes = plt.subplots(1, count + 1, figsize=(2.3 * count + 3.0, 2.7), width_ratios=[1] * count + [1.4])
    for ax, (title, picture) in zip(axes, pictures.items(), strict=False):
        ax.imshow(picture, cmap="gray", vmin=0, vmax=1)
        ax.set_title(title, fontsize=10)
        ax.set_axis_off()
    axes[-1].bar(range(len(probabilities)), probabilities, color=COLOURS[0])
    axes[-1].set(xticks=range(len(probabilities)), ylim=(0, 1), xlabel="digit", ylabel="probability")
    axes[-1].set_title("what the network predicts", fontsize=10)
    show.figure(fig, caption=caption, alt=alt)


@figure_function(figsize=(8.6, 3.9))
def dense_layer(ax, x, weights, biases):
    """A dense layer of ReLU units on one example: every input joined to every unit, the numbers written in.

    Args:
        ax: Matplotlib Axes.
        x: m numbers, the example.
        weights: array (m, n).
        biases: n numbers.
    """
    x, weights, biases = np.asarray(x), np.asarray(weights), np.asarray(biases)
    inputs, units = weights.shape
    height = 2.4 * max(inputs, units)
    canvas(ax, 24, height, "A dense layer, with its numbers")
    rows, columns = _spread(inputs, height), _spread(units, height)
    for row, value in zip(rows, x, strict=True):
        box(ax, (1.6, row), f"{value:g}", 2.4, 1.4, "data", size=12)
    for unit, middle in enumerate(columns):
        sums = " + ".join(
            f"{a:g}·{w:g}" if w >= 0 else f"{a:g}·({w:g})" for a, w in zip(x, weights[:, unit], strict=True)
        )
        z = x @ weights[:, unit] + biases[unit]
        text = f"{sums} + {biases[unit]:g} = {z:g}".replace("-", "−")
        box(ax, (15.4, middle), text, 10.4, 1.6, "weights", size=11)
        arrow(ax, (20.6, middle), (22.2, middle), "relu", size=10)
        ax.text(22.6, middle, f"{max(z, 0):g}", va="center", fontsize=13, fontweight="bold")
        for place, row in enumerate(rows):
            start, end = np.array([2.8, row]), np.array([10.2, middle])
            arrow(ax, start, end)
            ax.text(
                *(start + (0.22 + 0.16 * unit) * (end - start)),
                f"{weights[place, unit]:g}".replace("-", "−"), ha="center", va="center", fontsize=10,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
            )  # fmt: skip
    return (
        f"{inputs} inputs on the left, each joined by a line with its weight to each of {units} units on the right; "
        "in each unit stands its sum, and beside it what relu makes of it."
    )


def _spread(count, height):
    """Heights of so many things, evenly spread, the first on top."""
    return height * (1 - (np.arange(count) + 0.5) / count)


@figure_function(figsize=(9.0, 3.6))
def network_layers(ax, steps, title):
    """A network as boxes in two rows, with the shape of one example between them.

    The upper row goes from left to right, the lower one back from right to left.

    Args:
        ax: Matplotlib Axes.
        steps: list of (text, shape, fill), as ``diagrams.layers`` takes them.
    """
    per_row, width, height, gap, drop = -(-len(steps) // 2), 5.8, 2.0, 3.4, 1.6
    canvas(ax, per_row * (width + gap) - gap, 2 * height + drop + 0.2, title)

    def centre(index):
        row, place = divmod(index, per_row)
        place = per_row - 1 - place if row else place
        return place * (width + gap) + width / 2, (1 - row) * (height + drop) + height / 2

    for index, (text, shape, fill) in enumerate(steps):
        here = np.array(centre(index))
        box(ax, here, text, width, height, fill, size=14)
        if index == len(steps) - 1:
            continue
        way = np.sign(np.array(centre(index + 1)) - here)  # right, down or left
        start = here + way * [width / 2, height / 2]
        arrow(ax, start, start + way * [gap, drop], shape, size=12)
    flow = " → ".join(text.replace("\n", " ") + (f" {shape}" if shape else "") for text, shape, _ in steps)
    return f"Boxes joined by arrows: {flow}."


@figure_function(figsize=(8.4, 3.6))
def training_step(ax):
    """The four parts of a training step, in a ring: forward, loss, gradient, update."""
    canvas(ax, 22, 9, "One training step")
    box(ax, (2.6, 6.6), "batch\n$x$, $y$", 4.0, 2.2, "data")
    box(ax, (9.4, 6.6), "network\nweights $W$, $b$", 5.4, 2.2, "weights")
    box(ax, (17.6, 6.6), "loss\none number", 4.6, 2.2, "loss")
    box(ax, (17.6, 2.0), "gradients\n$∂L/∂W$, $∂L/∂b$", 6.0, 2.2)
    box(ax, (9.4, 2.0), "optimizer\n$W ← W − η\\,∂L/∂W$", 6.6, 2.2)
    arrow(ax, (4.6, 6.6), (6.7, 6.6))
    arrow(ax, (12.1, 6.6), (15.3, 6.6), "logits")
    arrow(ax, (17.6, 5.5), (17.6, 3.1), "tape", dashed=True)
    arrow(ax, (14.6, 2.0), (12.7, 2.0), dashed=True)
    arrow(ax, (9.4, 3.1), (9.4, 5.5), "update", dashed=True)
    return (
        "A ring of boxes: a batch goes into the network, its logits into the loss; the tape gives the gradients, and "
        "the optimizer updates the network's weights with them. Then comes the next batch."
    )
