"""Pictures in rows: digits, filters, reconstructions."""

import math

import numpy as np

from dlcourse.style import figure_function


@figure_function(figsize=(7.0, 3.2))
def image_grid(ax, images, titles=None, columns=10, limits=(0.0, 1.0), cmap="gray", title=""):
    """Grey images side by side on one Axes.

    Args:
        ax: Matplotlib Axes.
        images: array (n, height, width) or (n, height, width, 1).
        titles: n short texts, one above each image, or None.
        columns: images per row.
        limits: values drawn as black and white; ``None``: the smallest and largest in the images.
        title: of the whole.

    Raises:
        ValueError: where the shape is another, or there are not as many titles as images.
    """
    images = np.asarray(images, dtype="float32")
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 or not len(images):
        raise ValueError(f"image_grid() takes images of shape (n, height, width[, 1]); got {images.shape}.")
    if titles is not None and len(titles) != len(images):
        raise ValueError(
            f"image_grid() got {len(images)} images and {len(titles)} titles; give one title per image."
        )
    count, height, width = images.shape
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    low, high = limits if limits is not None else (images.min(), images.max())
    gap = max(1, round(0.08 * width))
    head = round(0.42 * height) if titles is not None else gap
    canvas = np.full((rows * (height + head), columns * (width + gap)), np.nan, "float32")
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        top, left = row * (height + head) + head, column * (width + gap)
        canvas[top : top + height, left : left + width] = image
        if titles is not None:
            ax.text(left + width / 2, top - 0.2 * head, titles[index], ha="center", va="bottom", fontsize=8)
    ax.imshow(canvas, cmap=cmap, vmin=low, vmax=high, interpolation="nearest")
    ax.set_axis_off()
    ax.set_title(title)
    shown = f"{count} grey images of {height} by {width} pixels"
    shown = f"{shown} in 1 row" if rows == 1 else f"{shown} in {rows} rows"
    return f"{shown}." if titles is None else f"{shown}, labelled {', '.join(map(str, titles))}."
