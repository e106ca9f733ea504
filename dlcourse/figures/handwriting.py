"""Figures of handwriting: strokes, belief point by point, lines and how they are read, where a pen goes next."""

import numpy as np

from dlcourse import show
from dlcourse.style import COLOURS, figure_function


def stroke(ax, points, title="", numbered=False):
    """A pen's way, drawn on an Axes: float (points, 2), right and up; a ring where it begins."""
    ax.plot(*np.asarray(points).T, "-", color="0.15", linewidth=1.8, solid_capstyle="round")
    ax.plot(
        *points[0],
        "o",
        markersize=6,
        markerfacecolor="white",
        markeredgecolor=COLOURS[1],
        markeredgewidth=1.6,
    )
    if numbered:
        for number, place in enumerate(points, 1):
            ax.annotate(f"{number}", place, xytext=(4, 4), textcoords="offset points", fontsize=8)
    ax.set(xlim=(-0.12, 1.12), ylim=(-0.12, 1.12), aspect="equal", title=title)
    ax.axis("off")


def strokes(rows, *, title, caption, alt, numbered=False, side=1.05):
    """A table of strokes.

    Args:
        rows: dict from label to a list of strokes, float (points, 2) each; or to (strokes, their titles).
        title: over all.
        caption, alt: as for ``show.figure``.
        numbered: whether each point has its number.
        side: of each drawing, in inches.
    """
    from matplotlib import pyplot as plt

    content = {
        label: given if isinstance(given, tuple) else (given, [""] * len(given))
        for label, given in rows.items()
    }
    columns = max(len(drawn) for drawn, _ in content.values())
    size = (side * columns + 1.2, (side + 0.15) * len(content) + 0.5)
    fig, axes = plt.subplots(len(content), columns, figsize=size, squeeze=False)
    for across, (label, (drawn, titles)) in zip(axes, content.items(), strict=True):
        for ax in across:
            ax.axis("off")
        for ax, points, name in zip(across, drawn, titles, strict=False):
            stroke(ax, points, numbered=numbered)
            ax.set_title(name, fontsize=9)
        across[0].text(-0.25, 0.5, label, transform=across[0].transAxes, ha="right", va="center", fontsize=10)
    fig.suptitle(title, fontweight="bold")
    show.figure(fig, caption=caption, alt=alt)


@figure_function(figsize=(5.4, 3.4))
def belief(ax, probabilities, title):
    """How probable each digit is after each point: the darker, the more.

    Args:
        ax: Matplotlib Axes.
        probabilities: float (points, 10).
    """
    probabilities = np.asarray(probabilities)
    count = len(probabilities)
    ax.imshow(
        probabilities.T, origin="lower", aspect="auto", cmap="Greys", vmin=0, vmax=1,
        extent=(0.5, count + 0.5, -0.5, 9.5), interpolation="nearest",
    )  # fmt: skip
    ax.plot(np.arange(1, count + 1), probabilities.argmax(axis=1), "o", color=COLOURS[1], markersize=4)
    ax.set(xlabel="points read", ylabel="digit", title=title, yticks=range(10), xticks=range(1, count + 1))
    ax.grid(False)
    return (
        f"{title}: a map with a row for each digit and a column for each of {count} points, darker where the network "
        "believes more; a dot on the most probable digit."
    )


def lines(pictures, titles, *, title, caption, alt=None, columns=1, width=8.0):
    """Pictures of lines below each other.

    Args:
        pictures: list of float (32, own width), 0 to 1, ink bright; drawn dark on white.
        titles: a text above each.
        title, caption, alt: of the whole figure.
    """
    from matplotlib import pyplot as plt

    rows = -(-len(pictures) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(width, 0.95 * rows + 0.5), squeeze=False)
    for ax in axes.ravel():
        ax.axis("off")
    for ax, picture, name in zip(axes.ravel(), pictures, titles, strict=False):
        ax.imshow(1 - np.asarray(picture), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        ax.set_title(name, fontsize=10)
    fig.suptitle(title, fontweight="bold")
    show.figure(fig, caption=caption, alt=alt or f"{title}. Lines of digits: {'; '.join(titles)}.")


def reading(picture, probabilities, spans, digits, *, title, caption, alt=None):
    """A line, and below it what a network says at each of its columns.

    Args:
        picture: float (32, width), ink bright.
        probabilities: float (outputs, 11), the blank first; one output for every four columns.
        spans: int (digits, 2), first column of each digit and the first after it.
        digits: list of whole numbers.
    """
    from matplotlib import pyplot as plt

    fig, (above, below) = plt.subplots(2, 1, figsize=(9.4, 4.0), sharex=True, height_ratios=[1, 1.7])
    above.imshow(1 - picture, cmap="gray", vmin=0, vmax=1, aspect="auto", extent=(0, picture.shape[1], 32, 0))
    above.set(title=title, yticks=[])
    above.grid(False)
    step = picture.shape[1] / len(probabilities)
    column = step * (np.arange(len(probabilities)) + 0.5)
    for (first, end), digit in zip(spans, digits, strict=True):
        below.axvspan(first, end, color="0.9", linewidth=0)
        below.text((first + end) / 2, 1.08, str(digit), ha="center", va="center", fontsize=11)
    below.plot(column, probabilities[:, 0], color="0.45", linestyle=":", linewidth=1.2, label="blank")
    for index, digit in enumerate(sorted(set(digits))):
        below.plot(
            column, probabilities[:, digit + 1], color=COLOURS[index % len(COLOURS)], marker=".", markersize=4,
            label=str(digit),
        )  # fmt: skip
    below.set(xlabel="column (pixels)", ylabel="probability", ylim=(-0.03, 1.18), xlim=(0, picture.shape[1]))
    below.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    fig.align_ylabels()
    show.figure(
        fig,
        caption=caption,
        alt=alt or f"{title}: the line {digits}, and lines of probability below it; grey where digits stand.",
    )


@figure_function(figsize=(3.6, 3.6))
def next_point(ax, points, density, title, then=None):
    """Where a pen may go next: the stroke so far on a map of the density, by its own scale.

    Args:
        ax: Matplotlib Axes.
        points: float (any, 2): the stroke so far.
        density: function from float (n, 2) to its logarithm (n,).
        then: float (2,): where the pen did go, marked by a cross.
    """
    axis = np.linspace(-0.1, 1.1, 121)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1)
    values = np.exp(np.asarray(density(grid.reshape(-1, 2).astype("float32")))).reshape(121, 121)
    ceiling = np.quantile(values, 0.995)
    ax.imshow(values, origin="lower", cmap="Blues", extent=(-0.1, 1.1, -0.1, 1.1), vmax=max(ceiling, 1e-9))
    stroke(ax, points)
    if then is not None:
        ax.plot(*then, "x", color=COLOURS[1], markersize=8, markeredgewidth=2)
    ax.set(title=title, xlim=(-0.1, 1.1), ylim=(-0.1, 1.1))
    return f"{title}: a stroke so far, and a map that is darker where the next point is more probable."
