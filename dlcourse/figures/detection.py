"""Figures of object detection: images with boxes, heatmaps, anchors, what a cell says, and the network."""

import numpy as np

from dlcourse import show
from dlcourse.figures import diagrams
from dlcourse.models import boxes as of_boxes
from dlcourse.style import COLOURS, figure_function

LOOKS = {
    "right": {"edgecolor": "#56B4E9", "linestyle": "-"},
    "double": {"edgecolor": "#E69F00", "linestyle": "--"},
    "misnamed": {"edgecolor": "#CC79A7", "linestyle": "--"},
    "misplaced": {"edgecolor": "#F0E442", "linestyle": "--"},
    "background": {"edgecolor": "#D55E00", "linestyle": "--"},
    "missed": {"edgecolor": "white", "linestyle": ":"},
}
"""How boxes of each kind are drawn: by colour and by line."""


def boxed_images(
    images,
    boxes,
    *,
    caption,
    alt,
    titles=None,
    columns=4,
    side=2.3,
    suptitle="",
    texts=None,
    looks=None,
    legend=(),
):
    """Images side by side with boxes and a word at each box.

    Args:
        images: list of float (height, width[, 3]).
        boxes: list of arrays (n, 4), in pixels.
        titles: a text for each image, or None.
        columns: panels per row.
        side: inches per panel.
        texts: list of lists of words, one per box, or None.
        looks: list of lists of keys of ``LOOKS``, one per box, or None: all white.
        legend: keys of ``LOOKS`` that are explained below the panels.
    """
    from matplotlib import pyplot as plt
    from matplotlib.patches import Patch

    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    heights = max(np.shape(image)[0] / np.shape(image)[1] for image in images)
    figsize = (columns * side, rows * (side * heights + (0.3 if titles else 0.1)) + 0.3 * bool(legend))
    fig, axes = plt.subplots(rows, columns, figsize=figsize, squeeze=False)
    for ax in axes.ravel():
        ax.set_axis_off()
    for number, (ax, image) in enumerate(zip(axes.ravel(), images, strict=False)):
        picture(ax, image)
        for index, box in enumerate(boxes[number]):
            look = LOOKS[looks[number][index]] if looks else {"edgecolor": "white", "linestyle": "-"}
            frame(ax, box, texts[number][index] if texts else "", **look)
        if titles:
            ax.set_title(titles[number], fontsize=9, fontweight="normal")
    if legend:
        handles = [Patch(facecolor="0.55", label=kind, linewidth=1.6, **LOOKS[kind]) for kind in legend]
        fig.legend(handles=handles, loc="outside lower center", ncols=len(legend), fontsize=9)
    if suptitle:
        fig.suptitle(suptitle, fontweight="bold")
    show.figure(fig, caption=caption, alt=alt)


def picture(ax, image):
    """An image on an Axes whose coordinates are a box's: the upper left corner is (0, 0)."""
    height, width = np.shape(image)[:2]
    ax.imshow(image, vmin=0, vmax=1, extent=(0, width, height, 0), interpolation="nearest")
    ax.set(xlim=(0, width), ylim=(height, 0))
    ax.grid(False)


def frame(ax, box, text="", edgecolor="white", linestyle="-", linewidth=1.6):
    """A box, and a word above its upper left corner, readable on light and on dark."""
    from matplotlib import patheffects
    from matplotlib.patches import Rectangle

    left, top, right, bottom = map(float, box)
    outlined = [patheffects.withStroke(linewidth=linewidth + 1.4, foreground="black")]
    ax.add_patch(
        Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=edgecolor, linestyle=linestyle,
                  linewidth=linewidth, path_effects=outlined if linestyle == "-" else None)
    )  # fmt: skip
    if text != "":
        behind = {"facecolor": "black", "alpha": 0.55, "linewidth": 0, "pad": 0.8}
        ax.text(left, top - 1, text, color=edgecolor, fontsize=8, va="bottom", clip_on=True, bbox=behind)


@figure_function(figsize=(8.6, 3.4))
def intersection_over_union(ax, one, other):
    """Two boxes on squared paper, and their IoU counted.

    Args:
        ax: Matplotlib Axes.
        one, other: (left, top, right, bottom), whole numbers.
    """
    from matplotlib.patches import Rectangle

    right, bottom = max(one[2], other[2]), max(one[3], other[3])
    ax.set(xlim=(-0.2, right + 13), ylim=(bottom + 0.2, -0.9), aspect="equal")
    ax.axis("off")
    for row in range(bottom):
        for column in range(right):
            ax.add_patch(Rectangle((column, row), 1, 1, facecolor="white", edgecolor="0.85", linewidth=0.6))
    inside = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    shared = np.clip(inside[1] - inside[0], 0, None)
    ax.add_patch(Rectangle(inside[0], *shared, facecolor="0.72", edgecolor="none"))
    for box, colour, line, name in [(one, COLOURS[0], "-", "object"), (other, COLOURS[1], "--", "found")]:
        ax.add_patch(
            Rectangle(
                box[:2],
                box[2] - box[0],
                box[3] - box[1],
                fill=False,
                edgecolor=colour,
                linewidth=2.2,
                linestyle=line,
            )
        )
        ax.text(box[0] + 0.1, box[1] - 0.15, name, color=colour, fontsize=10, va="bottom")
    areas = [int((box[2] - box[0]) * (box[3] - box[1])) for box in (one, other)]
    both = int(shared.prod())
    lines = [
        f"object {areas[0]}, found {areas[1]}",
        f"both: {both} (grey)",
        f"either: {areas[0]} + {areas[1]} − {both} = {sum(areas) - both}",
        f"IoU = {both} / {sum(areas) - both} = {both / (sum(areas) - both):.2f}",
    ]
    for number, line in enumerate(lines):
        ax.text(right + 1, 1 + number * 1.5, line, fontsize=11, va="center")
    ax.set_title("Intersection over union, in squares")
    return f"Two overlapping rectangles on squared paper; {'; '.join(lines)}."


@figure_function(figsize=(9.2, 3.0))
def window_to_convolution(ax):
    """A classifier of windows, and the same weights as convolutions over a larger image."""
    steps = [
        ("window", "28×28×3", "data"),
        ("convolutions,\npoolings", "5×5×32", "weights"),
        ("Dense(64):\n800 weights each", "64", "weights"),
        ("Dense(11)", "11", "weights"),
    ]
    below = [
        ("image", "96×96×3", "data"),
        ("the same", "22×22×32", "weights"),
        ("Conv2D(64, 5):\n5·5·32 = 800", "18×18×64", "weights"),
        ("Conv2D(11, 1)", "18×18×11", "weights"),
    ]
    width, gap, high = 4.6, 2.9, 2.0
    total = 4 * (width + gap)
    diagrams.canvas(ax, total, 6.4, "One pass instead of 324 windows")
    for row, y in [(steps, 4.9), (below, 1.4)]:
        for index, (text, shape, fill) in enumerate(row):
            centre = (index * (width + gap) + width / 2, y)
            diagrams.box(ax, centre, text, width, high, fill, size=9)
            edge = centre[0] + width / 2
            if index < 3:
                diagrams.arrow(ax, (edge, y), (edge + gap, y), text=shape)
            else:
                ax.text(edge + 0.2, y, shape, va="center", fontsize=9)
    for index in (1, 2, 3):
        x = index * (width + gap) + width / 2
        ax.text(x, 3.15, "same weights", ha="center", va="center", fontsize=8, style="italic")
    return (
        "Above: a window of 28×28×3 passes convolutions and poolings to 5×5×32, then a dense layer to 64 and one to "
        "11. "
        "Below: an image of 96×96×3 passes the same layers to 22×22×32, a 5×5 convolution to 18×18×64 and a 1×1 "
        "convolution to 18×18×11, with the same weights."
    )


@figure_function(figsize=(6.6, 5.0))
def cell_and_box(ax, image, box, stride=of_boxes.STRIDE):
    """What a cell says of an object: here is its centre, so far from my middle, so wide and so tall is its box.

    Args:
        ax: Matplotlib Axes.
        image: float (height, width, 3).
        box: (left, top, right, bottom).
        stride: pixels per cell.
    """
    from matplotlib.patches import Rectangle

    picture(ax, image)
    height, width = image.shape[:2]
    for place in range(0, width + 1, stride):
        ax.axvline(place, color="white", linewidth=0.4, alpha=0.6)
    for place in range(0, height + 1, stride):
        ax.axhline(place, color="white", linewidth=0.4, alpha=0.6)
    left, top, right, bottom = map(float, box)
    across, down = (left + right) / 2, (top + bottom) / 2
    column, row = int(across // stride), int(down // stride)
    ax.add_patch(
        Rectangle(
            (column * stride, row * stride),
            stride,
            stride,
            facecolor="#F0E442",
            edgecolor="black",
            linewidth=1.2,
        )
    )
    frame(ax, box)
    middle = ((column + 0.5) * stride, (row + 0.5) * stride)
    ax.plot(*middle, "s", color="black", markersize=4)
    ax.plot(across, down, "o", color="#D55E00", markersize=6, markeredgecolor="black")
    from_edge = {"arrowstyle": "<->", "color": "white", "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0}
    below, beside = min(bottom + 4, height - 2), min(right + 4, width - 2)
    ax.annotate("", (left, below), (right, below), arrowprops=from_edge)
    ax.annotate("", (beside, top), (beside, bottom), arrowprops=from_edge)
    style = {
        "color": "white",
        "fontsize": 10,
        "bbox": {"facecolor": "black", "alpha": 0.6, "linewidth": 0, "pad": 1},
    }
    ax.text(across, below + 1.5, f"width {right - left:.0f}", ha="center", va="top", **style)
    ax.text(beside + 1.5, down, f"height {bottom - top:.0f}", va="center", **style)
    off = (across - middle[0]) / stride, (down - middle[1]) / stride
    ax.set(title="What one cell says", xlabel="pixels to the right", ylabel="pixels down")
    return (
        f"A scene with a grid of cells of {stride}×{stride} pixels and a box of "
        f"{right - left:.0f}×{bottom - top:.0f}. The cell in "
        f"row {row}, column {column} is marked; the box's centre lies {off[0]:.2f} cells to the right of its middle "
        "and "
        f"{off[1]:.2f} below it."
    )


@figure_function(figsize=(6.6, 5.0))
def anchors(ax, image, box, sides=(14, 22, 34), ratios=(0.4, 0.7, 1.0)):
    """Anchors at one place: boxes of fixed sizes, and which fits an object best.

    Args:
        ax: Matplotlib Axes.
        image: float (height, width, 3).
        box: of the object whose centre the anchors are drawn at.
        sides: heights in pixels.
        ratios: width over height.
    """
    picture(ax, image)
    centre = (np.asarray(box[:2]) + np.asarray(box[2:])) / 2
    drawn = []
    for tall in sides:
        for ratio in ratios:
            half = np.array([tall * ratio, tall]) / 2
            drawn.append(np.concatenate([centre - half, centre + half]))
    overlaps = of_boxes.iou(drawn, [box])[:, 0]
    for anchor in drawn:
        frame(ax, anchor, edgecolor="0.9", linestyle=":", linewidth=1.2)
    best = drawn[int(overlaps.argmax())]
    frame(ax, box)
    frame(ax, best, f"IoU {overlaps.max():.2f}", edgecolor="#E69F00", linestyle="--", linewidth=2.2)
    ax.set(title="Nine anchors at one place", xlabel="pixels to the right", ylabel="pixels down")
    return (
        f"A scene with nine dotted boxes of three heights and three shapes around one centre, and an object's box. "
        "The best "
        f"of them, dashed, overlaps it with IoU {overlaps.max():.2f}."
    )


@figure_function(figsize=(9.6, 4.0))
def detector_network(ax, model):
    """The detector: down to coarse maps, up again with links across, and two heads.

    Args:
        ax: Matplotlib Axes.
        model: keras.Model with layers "half", "quarter", "eighth", "sixteenth" and "outputs", as ``models.detector``.
    """
    shapes = {}
    for layer in model.layers:
        for name in ("half", "quarter_residual", "eighth", "sixteenth"):
            if layer.name == f"{name}_activation":
                shapes[name] = "×".join(map(str, layer.output.shape[1:]))
        if layer.name == "outputs":
            shapes["outputs"] = "×".join(map(str, layer.output.shape[1:]))
    image = "×".join(map(str, model.input_shape[1:]))
    width, high, step = 4.6, 1.5, 2.3
    diagrams.canvas(ax, 29.5, 5 * step + 0.2, "Down for context, up again for place")
    left = [("image\n" + image, "data"), ("stride 2\n" + shapes["half"], "weights"),
            ("stride 4, residual\n" + shapes["quarter_residual"], "weights"),
            ("stride 8, residual\n" + shapes["eighth"], "weights"),
            ("stride 16, residual\n" + shapes["sixteenth"], "weights")]  # fmt: skip
    for index, (text, fill) in enumerate(left):
        y = 5 * step - 1.0 - index * step
        diagrams.box(ax, (3.0, y), text, width, high, fill, size=9)
        if index:
            diagrams.arrow(ax, (3.0, y + step - high / 2), (3.0, y + high / 2))
    for index, text in [(3, "sum at stride 8"), (2, "sum at stride 4")]:
        y = 5 * step - 1.0 - index * step
        diagrams.box(ax, (12.5, y), text, width, high, "weights", size=9)
        diagrams.arrow(ax, (3.0 + width / 2, y), (12.5 - width / 2, y), text="1×1")
    low = 5 * step - 1.0 - 4 * step
    diagrams.arrow(ax, (3.0 + width / 2, low), (12.5, low + step - high / 2), text="", bend=0.25)
    ax.text(10.4, low - 0.2, "1×1, enlarged", fontsize=9, ha="left", va="center")
    y = 5 * step - 1.0 - 2 * step
    diagrams.arrow(ax, (12.5, y - step + high / 2), (12.5, y - high / 2), text="enlarged")
    diagrams.box(ax, (19.6, y), "3×3", 2.6, high, "weights", size=9)
    diagrams.arrow(ax, (12.5 + width / 2, y), (19.6 - 1.3, y))
    classes = model.output_shape[-1] - 4
    for off, text in [(1.5, f"heatmaps\n{classes} per cell"), (-1.5, "boxes\n4 per cell")]:
        diagrams.box(ax, (25.6, y + off), text, width, high, "loss", size=9)
        diagrams.arrow(ax, (19.6 + 1.3, y), (25.6 - width / 2, y + off))
    return (
        f"Boxes joined by arrows: the image {image} is halved four times, to {shapes['half']}, "
        f"{shapes['quarter_residual']}, "
        f"{shapes['eighth']} and {shapes['sixteenth']}. Then the coarsest map is enlarged and added to the next "
        "finer one, "
        f"twice; from the map at stride 4 come heatmaps and boxes, together {shapes['outputs']}."
    )


def heat_over_images(images, maps, titles, *, caption, alt, columns=4, side=2.3, suptitle="", boxes=None):
    """Heatmaps laid over images: bright where the heat is high.

    Args:
        images: list of float (height, width, 3).
        maps: list of float (rows, columns), from 0 to 1.
        titles: as many texts.
        boxes: list of arrays (n, 4), or None.
    """
    from matplotlib import pyplot as plt

    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(columns * side, rows * (side + 0.3)), squeeze=False)
    for ax in axes.ravel():
        ax.set_axis_off()
    for number, (ax, image, heat) in enumerate(zip(axes.ravel(), images, maps, strict=False)):
        height, width = image.shape[:2]
        picture(ax, 0.45 * image.mean(axis=-1, keepdims=True).repeat(3, axis=-1))
        ax.imshow(heat, cmap="inferno", vmin=0, vmax=1, alpha=0.2 + 0.8 * np.clip(heat, 0, 1),
                  extent=(0, width, height, 0), interpolation="nearest")  # fmt: skip
        for box in boxes[number] if boxes else ():
            frame(ax, box, linewidth=1.2)
        ax.set_title(titles[number], fontsize=9, fontweight="normal")
    if suptitle:
        fig.suptitle(suptitle, fontweight="bold")
    show.figure(fig, caption=caption, alt=alt)
