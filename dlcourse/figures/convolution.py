"""Figures of convolutional networks: how kernels, poolings and blocks work; maps, receptive fields, attributions."""

import numpy as np

from dlcourse import show
from dlcourse.figures import diagrams
from dlcourse.style import COLOURS, figure_function


@figure_function(figsize=(8.4, 3.4))
def sliding_kernel(ax, image, kernel, place):
    """One place of a convolution: the pixels under the kernel, the kernel, the map, and the sum written out.

    Args:
        ax: Matplotlib Axes.
        image: whole numbers (rows, columns).
        kernel: whole numbers (k, k).
        place: (row, column) of the kernel's upper left corner.
    """
    image, kernel = np.asarray(image), np.asarray(kernel)
    side, (row, column) = len(kernel), place
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    found = (windows * kernel).sum(axis=(-2, -1))
    under, here = np.zeros(image.shape, bool), np.zeros(found.shape, bool)
    under[row : row + side, column : column + side] = True
    here[row, column] = True
    height, gap = len(image) + 2.4, 2.2
    diagrams.canvas(
        ax, image.shape[1] + side + found.shape[1] + 2 * gap, height, "A kernel slides over an image"
    )
    left = 0
    for values, marked, name, sign in [
        (image, under, "image", "*"), (kernel, None, "kernel", "="), (found, here, "map", ""),
    ]:  # fmt: skip
        top = height - 0.9 - (len(image) - len(values)) / 2
        diagrams.numbers(ax, (left, top), _texts(values), marked=marked, size=11)
        ax.text(left + values.shape[1] / 2, top + 0.25, name, ha="center", va="bottom", fontsize=11)
        left += values.shape[1] + gap
        ax.text(left - gap / 2, height - 0.9 - len(image) / 2, sign, ha="center", va="center", fontsize=18)
    products = zip(image[under], kernel.ravel(), strict=True)
    terms = " + ".join(f"{pixel}·{_signed(weight)}" for pixel, weight in products)
    ax.text((left - gap) / 2, 0.5, f"{terms} = {found[row, column]}", ha="center", va="center", fontsize=12)
    return (
        f"A grid of pixels {image.tolist()} with a frame around the {side} by {side} pixels at row {row + 1}, column "
        f"{column + 1}; the kernel {kernel.tolist()}; the map {found.tolist()}; below, {terms} = {found[row, column]}."
    )


def _signed(number):
    return f"(−{-number})" if number < 0 else f"{number}"


def _texts(values):
    """Whole numbers as texts, with a proper minus sign."""
    return np.vectorize(lambda value: f"{value}".replace("-", "−"), otypes=[object])(values)


@figure_function(figsize=(8.4, 3.6))
def padding_and_stride(ax, size=5, kernel=3):
    """Where the middle of a kernel stands: without padding, with it, and with stride 2 as well.

    Args:
        ax: Matplotlib Axes.
        size: pixels of the image along an axis.
        kernel: side of the kernel, odd.
    """
    from matplotlib.patches import Rectangle

    reach = kernel // 2
    panels = [("valid, stride 1", 0, 1), ("same, stride 1", reach, 1), ("same, stride 2", reach, 2)]
    width = size + 2 * reach
    diagrams.canvas(ax, 3 * width + 4, width + 2.4, "Where the middle of the kernel stands")
    for index, (name, pad, stride) in enumerate(panels):
        left, top = index * (width + 2), width + 0.7
        for row in range(-pad, size + pad):
            for column in range(-pad, size + pad):
                inside = 0 <= row < size and 0 <= column < size
                x, y = left + reach + column, top - reach - row - 1
                ax.add_patch(
                    Rectangle((x, y), 1, 1, facecolor="white", edgecolor="0.15" if inside else "0.6",
                              linewidth=1.0 if inside else 0.8, linestyle="-" if inside else ":",
                              zorder=2 if inside else 1)
                )  # fmt: skip
                if not inside:
                    ax.text(x + 0.5, y + 0.5, "0", ha="center", va="center", fontsize=8, color="0.45")
        start = 0 if pad else reach
        places = np.arange(start, size - start, stride)
        for row in places:
            for column in places:
                ax.plot(
                    left + reach + column + 0.5,
                    top - reach - row - 0.5,
                    "o",
                    color="0.15",
                    markersize=6,
                    zorder=4,
                )
        corner = (left + start, top - start - kernel)
        ax.add_patch(
            Rectangle(corner, kernel, kernel, fill=False, edgecolor=COLOURS[0], linewidth=2.6, zorder=3)
        )
        ax.text(left + width / 2, top + 0.45, name, ha="center", va="bottom", fontsize=11)
        ax.text(
            left + width / 2,
            0.1,
            f"map of {len(places)}×{len(places)}",
            ha="center",
            va="center",
            fontsize=11,
        )
    return (
        f"Three grids of {size} by {size} pixels with a {kernel} by {kernel} frame in the corner. Dots mark where the "
        "frame's middle may stand: the inner pixels without padding; all pixels where a ring of dotted zeros is "
        "added; every second pixel with stride 2."
    )


@figure_function(figsize=(6.4, 2.8))
def pooling(ax, values, size=2):
    """Max pooling: blocks of a map, and the largest number of each.

    Args:
        ax: Matplotlib Axes.
        values: whole numbers (rows, columns), multiples of ``size``.
        size: side of a block.
    """
    from matplotlib.patches import Rectangle

    values = np.asarray(values)
    rows, columns = (length // size for length in values.shape)
    blocks = values.reshape(rows, size, columns, size)
    largest = blocks.max(axis=(1, 3))
    marked = (values.reshape(blocks.shape) == largest[:, None, :, None]).reshape(values.shape)
    height, width = values.shape
    diagrams.canvas(ax, width + columns + 3, height, f"Max pooling of {size}×{size}")
    diagrams.numbers(ax, (0, height), values, marked=marked, size=11)
    for row in range(rows):
        for column in range(columns):
            ax.add_patch(
                Rectangle((column * size, height - (row + 1) * size), size, size, fill=False, edgecolor="0.1",
                          linewidth=3, zorder=4)
            )  # fmt: skip
    middle = height / 2
    diagrams.arrow(ax, (width + 0.3, middle), (width + 2.7, middle), "max")
    diagrams.numbers(ax, (width + 3, middle + rows / 2), largest, size=11)
    return (
        f"A map {values.tolist()} in blocks of {size} by {size}, the largest number of each shaded; an arrow to the "
        f"map of these, {largest.tolist()}."
    )


@figure_function(figsize=(8.4, 3.6))
def channel_sums(ax, pixels, kernel):
    """A kernel over three channels at one place: three products, three sums, one number.

    Args:
        ax: Matplotlib Axes.
        pixels, kernel: whole numbers (k, k, 3).
    """
    pixels, kernel = np.asarray(pixels), np.asarray(kernel)
    side = pixels.shape[0]
    sums = (pixels * kernel).sum(axis=(0, 1))
    step = side + 0.9
    diagrams.canvas(ax, 2 * side + 13, 3 * step + 0.6, "One place of a kernel over three channels")
    middle = 1.5 * step
    for channel, name in enumerate(["red", "green", "blue"]):
        top = (3 - channel) * step - 0.2
        centre = top - side / 2
        ax.text(0, centre, name, ha="left", va="center", fontsize=11)
        diagrams.numbers(ax, (2.4, top), _texts(pixels[..., channel]), size=11)
        ax.text(side + 3.0, centre, "*", ha="center", va="center", fontsize=16)
        diagrams.numbers(ax, (side + 3.6, top), _texts(kernel[..., channel]), size=11)
        end = 2 * side + 6.4
        diagrams.arrow(ax, (2 * side + 3.9, centre), (end, centre))
        ax.text(end + 0.5, centre, str(_texts(sums[channel])), ha="center", va="center", fontsize=13)
        diagrams.arrow(ax, (end + 1.1, centre), (2 * side + 10.2, middle + 0.45 * (1 - channel)))
    diagrams.box(ax, (2 * side + 11.2, middle), f"{sums.sum()}", width=1.8, height=1.8, fill="data", size=13)
    ax.text(2 * side + 11.2, middle - 1.5, "one number", ha="center", va="center", fontsize=10)
    ax.text(2.4 + side / 2, 3 * step + 0.05, "pixels", ha="center", va="bottom", fontsize=11)
    ax.text(side + 3.6 + side / 2, 3 * step + 0.05, "one kernel", ha="center", va="bottom", fontsize=11)
    return (
        f"Three rows, red, green and blue: pixels, and a slice of the kernel beside them; their sums of products "
        f"{sums.tolist()} flow together into {sums.sum()}."
    )


@figure_function(figsize=(8.6, 3.6))
def growing_field(ax, strides, size=15):
    """Which inputs one unit depends on: layers of kernels of three points along one axis, seen from the side.

    Args:
        ax: Matplotlib Axes.
        strides: dict from a panel's title to the strides of its layers, from the input upwards.
        size: places of the input.
    """
    width, levels = size + 2.5, max(map(len, strides.values())) + 1
    diagrams.canvas(
        ax, len(strides) * width - 2.5, 2.2 * levels, f"What one unit of layer {levels - 1} depends on"
    )
    described = []
    for panel, (title, of_layers) in enumerate(strides.items()):
        jumps = np.cumprod([1, *of_layers])
        left, middle = panel * width, size // 2
        rows = [middle + jump * np.arange(-(middle // jump), middle // jump + 1) for jump in jumps]
        seen = [{middle}]
        for jump in jumps[-2::-1]:
            below = {place + step * jump for place in seen[0] for step in (-1, 0, 1)}
            seen.insert(0, below)
        for level, places in enumerate(rows):
            y = 0.6 + 2.2 * level
            for place in places:
                marked = place in seen[level]
                ax.plot(left + place + 0.5, y, "s", markersize=9, markerfacecolor="0.35" if marked else "white",
                        markeredgecolor="0.15", zorder=3)  # fmt: skip
            for place in seen[level] if level else ():
                for step in (-1, 0, 1):
                    ax.plot([left + place + 0.5, left + place + step * jumps[level - 1] + 0.5], [y, y - 2.2],
                            color="0.4", linewidth=1, zorder=1)  # fmt: skip
            label = "input" if not level else f"layer {level}"
            ax.text(left - 0.3, y, label if not panel else "", ha="right", va="center", fontsize=9)
        ax.text(
            left + size / 2,
            2.2 * levels - 0.9,
            f"{title}: {len(seen[0])} inputs",
            ha="center",
            va="bottom",
            fontsize=11,
        )
        described.append(f"{title}: the top unit depends on {len(seen[0])} inputs")
    return f"Rows of squares joined by lines, from one unit at the top down to the input. {'; '.join(described)}."


@figure_function(figsize=(9.6, 3.4))
def network_volumes(ax, model):
    """A network for images drawn from its Keras model: maps as stacks of squares, vectors as bars, with shapes.

    Args:
        ax: Matplotlib Axes.
        model: keras.Model, layers one after another; each tensor (batch, height, width, channels) or (batch, units).
    """
    from matplotlib.patches import Rectangle

    shapes = [("image", tuple(model.input_shape[1:]), None)]
    for layer in model.layers:
        if type(layer).__name__ != "InputLayer":
            shapes.append((type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params()))
    height, left, centre = 8.6, 0.0, 5.2
    largest, drawn = model.input_shape[1], []
    for name, shape, parameters in shapes:
        if len(shape) == 3:
            side, sheets = 4.6 * shape[0] / largest, min(2 + shape[2] // 6, 7)
            sheets = 1 if shape[2] == 1 else sheets
            width = side + 0.22 * (sheets - 1)
            for sheet in range(sheets):
                offset = 0.22 * (sheets - 1 - sheet)
                corner = (left + offset, centre - side / 2 + offset - 0.11 * (sheets - 1))
                ax.add_patch(
                    Rectangle(
                        corner, side, side, facecolor=diagrams.FILLS["data"], edgecolor="0.15", linewidth=1
                    )
                )
        else:
            width, tall = 0.5, min(1.0 + 1.1 * np.log10(shape[0]), 4.6)
            ax.add_patch(
                Rectangle((left + 0.4, centre - tall / 2), 0.5, tall, facecolor=diagrams.FILLS["data"],
                          edgecolor="0.15", linewidth=1)
            )  # fmt: skip
            width = 1.3
        drawn.append((left, left + width, name, shape, parameters))
        left += width + 1.9
    diagrams.canvas(ax, left - 1.0, height, "The network and its shapes")
    ax.set_ylim(bottom=-1.0)
    for index, (start, end, name, shape, parameters) in enumerate(drawn):
        middle = (start + end) / 2
        ax.text(middle, 2.05, "×".join(f"{side:,}" for side in shape), ha="center", va="center", fontsize=11)
        if index:
            diagrams.arrow(
                ax, (drawn[index - 1][1] + 0.25, centre), (start - 0.2 + 0.3 * (len(shape) == 1), centre)
            )
            short = name.replace("Pooling2D", "\nPooling2D").replace("GlobalAverage", "Global\nAverage")
            ax.text(middle, 1.5, short, ha="center", va="top", fontsize=11, fontweight="bold")
            ax.text(
                middle, -0.6, f"{parameters:,}" if parameters else "–", ha="center", va="center", fontsize=11
            )
        else:
            ax.text(middle, 1.5, name, ha="center", va="top", fontsize=11, fontweight="bold")
            ax.text(middle, -0.6, "parameters:", ha="center", va="center", fontsize=11)
    steps = [f"{name} {'×'.join(map(str, shape))}" for _, _, name, shape, _ in drawn]
    return f"Stacks of squares and bars joined by arrows: {' → '.join(steps)}."


@figure_function(figsize=(8.6, 3.0))
def residual_block(ax):
    """A residual block: two convolutions with normalisation, and the input added around them."""
    steps = ["Conv2D", "Batch-\nNormalization", "ReLU", "Conv2D", "Batch-\nNormalization"]
    y, gap, width = 1.4, 1.0, 3.4
    total = 2.0 + len(steps) * (width + gap) + 6.4
    diagrams.canvas(ax, total, 5.6, "A residual block")
    ax.text(0.5, y, "$x$", ha="center", va="center", fontsize=14)
    left = 1.2
    for step in steps:
        diagrams.arrow(ax, (left, y), (left + gap, y))
        fill = "plain" if step == "ReLU" else "weights"
        diagrams.box(ax, (left + gap + width / 2, y), step, width, 1.9, fill, size=9)
        left += gap + width
    diagrams.arrow(ax, (left, y), (left + gap, y))
    ax.text(left + gap + 0.55, y, "+", ha="center", va="center", fontsize=18)
    ax.plot(left + gap + 0.55, y, "o", markersize=22, markerfacecolor="none", markeredgecolor="0.15")
    plus = left + gap + 0.55
    ax.plot([1.5, 1.5, plus], [y, 4.4, 4.4], color=diagrams.EDGE, linewidth=1.3)
    diagrams.arrow(ax, (plus, 4.4), (plus, y + 0.75))
    ax.text((1.5 + plus) / 2, 4.65, "the link: $x$ as it is", ha="center", va="bottom", fontsize=10)
    ax.text((1.5 + plus) / 2, y + 1.25, "$F(x)$", ha="center", va="bottom", fontsize=12)
    diagrams.arrow(ax, (plus + 0.7, y), (plus + 1.6, y))
    diagrams.box(ax, (plus + 2.7, y), "ReLU", 2.2, 1.9, "plain", size=9)
    diagrams.arrow(ax, (plus + 3.8, y), (plus + 4.6, y))
    ax.text(plus + 4.9, y, "$y$", ha="center", va="center", fontsize=14)
    return (
        "Boxes in a row: x, convolution, batch normalisation, ReLU, convolution, batch normalisation, a plus, ReLU, y. "
        "A line from x passes above them to the plus."
    )


@figure_function(figsize=(7.6, 3.6))
def transposed_convolution(ax, values, kernel, stride=2):
    """A transposed convolution along an axis: each input stamps the kernel, times itself, and stamps add up.

    Args:
        ax: Matplotlib Axes.
        values: whole numbers (inputs,).
        kernel: whole numbers (k,).
        stride: places between one stamp and the next.
    """
    values, kernel = np.asarray(values), np.asarray(kernel)
    length = stride * (len(values) - 1) + len(kernel)
    stamps = np.zeros((len(values), length), int)
    for index, value in enumerate(values):
        stamps[index, stride * index : stride * index + len(kernel)] = value * kernel
    rows, label = len(values), 3.6
    diagrams.canvas(ax, label + length + 0.4, 1.5 * (rows + 1) + 0.7, "Stamps that add up")
    for index, value in enumerate(values):
        y = 1.5 * (rows + 1 - index) + 0.3
        ax.text(
            label - 0.3, y - 0.5, f"{value} · {tuple(kernel.tolist())}", ha="right", va="center", fontsize=11
        )
        start, end = stride * index, stride * index + len(kernel)
        diagrams.numbers(ax, (label + start, y), stamps[index : index + 1, start:end], size=11)
    overlaps = (stamps != 0).sum(axis=0) > 1
    ax.plot([label - 3.4, label + length], [2.15, 2.15], color=diagrams.EDGE, linewidth=1)
    ax.text(label - 0.3, 1.2, "sum", ha="right", va="center", fontsize=11)
    diagrams.numbers(ax, (label, 1.7), stamps.sum(axis=0)[None], marked=overlaps[None], size=11)
    return (
        f"The kernel {kernel.tolist()} times each of {values.tolist()}, written {stride} places apart, and their sum "
        f"{stamps.sum(axis=0).tolist()}; where two overlap, the sum is shaded."
    )


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
