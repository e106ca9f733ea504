"""Figures of the primer: numbers in a picture, stretched tables, a path downhill, a photograph being read."""

import numpy as np

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
