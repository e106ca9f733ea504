"""Figures of convolutional networks: maps, receptive fields over an image, attribution maps."""

import numpy as np

from dlcourse import show
from dlcourse.style import COLOURS


def panels(pictures, titles, *, caption, alt, columns=4, signed=False, side=2.2, suptitle=""):
    """Pictures side by side, each on its own scale.

    Args:
        pictures: list of float (height, width), of any sizes.
        titles: as many texts.
        signed: blue below 0, white at 0, red above, instead of grey.
        columns: panels per row.
        side: inches per panel.
    """
    from matplotlib import pyplot as plt

    if len(pictures) != len(titles):
        raise ValueError(
            f"panels() got {len(pictures)} pictures and {len(titles)} titles; give one per picture."
        )
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    heights = max(np.shape(picture)[0] / np.shape(picture)[1] for picture in pictures)
    fig, axes = plt.subplots(
        rows, columns, figsize=(columns * side, rows * (side * heights + 0.3)), squeeze=False
    )
    for ax in axes.ravel():
        ax.set_axis_off()
    for ax, picture, title in zip(axes.ravel(), pictures, titles, strict=False):
        picture = np.asarray(picture, "float64")
        limit = np.abs(picture).max() or 1.0
        look = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit} if signed else {"cmap": "gray"}
        ax.imshow(picture, interpolation="nearest", **look)
        ax.set_title(title, fontsize=9, fontweight="normal")
    if suptitle:
        fig.suptitle(suptitle, fontweight="bold")
    show.figure(fig, caption=caption, alt=alt)


def receptive_fields(image, gradients, boxes, titles, *, caption, alt):
    """Where units look, over an image: the formula's box, and the gradient's size in colour.

    Args:
        image: float (height, width).
        gradients: list of float (height, width), one per unit.
        boxes: list of (rows, columns) slices, by formula.
        titles: as many texts.
    """
    from matplotlib import pyplot as plt
    from matplotlib.patches import Rectangle

    fig, axes = plt.subplots(1, len(gradients), figsize=(2.5 * len(gradients), 2.9), squeeze=False)
    for ax, gradient, (rows, columns), title in zip(axes[0], gradients, boxes, titles, strict=True):
        ax.imshow(image, cmap="gray", interpolation="nearest")
        share = gradient / gradient.max()
        ax.imshow(
            np.ones_like(share),
            cmap="autumn",
            vmin=0,
            vmax=1.6,
            alpha=0.85 * share,
            interpolation="nearest",
        )
        ax.add_patch(
            Rectangle(
                (columns.start - 0.5, rows.start - 0.5),
                columns.stop - columns.start,
                rows.stop - rows.start,
                fill=False,
                edgecolor=COLOURS[5],
                linewidth=2,
            )
        )
        ax.set_title(title, fontsize=9, fontweight="normal")
        ax.set(xlabel="column (pixels)", ylabel="row (pixels)")
        ax.grid(False)
    fig.suptitle("What a unit sees", fontweight="bold")
    show.figure(fig, caption=caption, alt=alt)


def explanations(images, maps, titles, *, caption, alt):
    """Images, and below each the attribution maps of several methods.

    Args:
        images: float (n, height, width).
        maps: dict from method to float (n, rows, columns), of any size; stretched over the image.
        titles: n texts.
    """
    from matplotlib import pyplot as plt

    count = len(images)
    fig, axes = plt.subplots(
        1 + len(maps), count, figsize=(1.5 * count, 1.6 * (1 + len(maps)) + 0.3), squeeze=False
    )
    height, width = images.shape[1:3]
    for column in range(count):
        axes[0, column].imshow(images[column], cmap="gray", vmin=0, vmax=1)
        axes[0, column].set_title(titles[column], fontsize=9, fontweight="normal")
        for row, values in enumerate(maps.values(), start=1):
            marked = values[column]
            limit = np.abs(marked).max() or 1.0
            axes[row, column].imshow(
                marked, cmap="RdBu_r", vmin=-limit, vmax=limit, extent=(-0.5, width - 0.5, height - 0.5, -0.5)
            )
            axes[row, column].contour(images[column], levels=[0.5], colors="black", linewidths=0.6)
    for ax in axes.ravel():
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
        for spine in ax.spines.values():
            spine.set_visible(False)
    for row, name in enumerate(["image", *maps]):
        axes[row, 0].set_ylabel(name, fontsize=9)
    fig.suptitle("Attribution maps", fontweight="bold")
    show.figure(fig, caption=caption, alt=alt)
