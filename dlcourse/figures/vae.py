"""Figures of variational autoencoders: latent spaces, bounds, rates and distortions, pictures in rows."""

import numpy as np

from dlcourse import show
from dlcourse.figures import charts, diagrams, legends
from dlcourse.style import COLOURS, MARKERS, figure_function

CLASSES = [
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#B8A900",
    "#7F3C8D",
    "#7A7A7A",
]


def codes(panels, labels, *, reach=None, caption, alt=None):
    """Codes of images in the plane by class, one panel per model, with the prior's 95 % circle.

    Args:
        panels: dict from title to codes (examples, 2).
        labels: whole numbers (examples,), 0 to 9.
        reach: dict from title to half the width of the panel; None: what the codes need.
    """
    from matplotlib import pyplot as plt

    fig, axes = plt.subplots(1, len(panels), figsize=(4.6 * len(panels), 4.4))
    for ax, (title, z) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        side = (reach or {}).get(title, float(np.abs(z).max()) * 1.05)
        _by_class(ax, z, labels, side, title)
        turn = np.linspace(0, 2 * np.pi, 200)
        radius = np.sqrt(-2 * np.log(0.05))
        ax.plot(radius * np.cos(turn), radius * np.sin(turn), "--", color="black", linewidth=1.2)
    described = (
        f"{len(panels)} scatter plots ({', '.join(panels)}) of digits' codes in two latent variables, one colour and "
        "written figure per class, and a dashed circle that holds 95 % of the prior."
    )
    show.figure(fig, caption, alt or described)


def _by_class(ax, codes, labels, side, title):
    """Codes (examples, 2) as points of their class's colour, its number at their median."""
    for digit in range(10):
        ax.scatter(*codes[labels == digit].T, s=5, color=CLASSES[digit], linewidths=0)
    middles = np.array([np.median(codes[labels == digit], axis=0) for digit in range(10)])
    for digit, (middle, place) in enumerate(zip(middles, apart(middles, 0.17 * side), strict=True)):
        ax.annotate(
            str(digit),
            middle,
            xytext=place,
            ha="center",
            va="center",
            fontsize=12,
            fontweight="bold",
            arrowprops={"arrowstyle": "-", "linewidth": 1, "shrinkA": 0, "shrinkB": 0},
            bbox={"boxstyle": "circle,pad=0.12", "facecolor": "white", "alpha": 0.9, "linewidth": 0},
        )
    ax.set(title=title, xlabel="latent 1", ylabel="latent 2", xlim=(-side, side), ylim=(-side, side))
    ax.set_aspect("equal")


def apart(places, distance, rounds=200):
    """Places (n, 2) pushed away from each other until no two are nearer than ``distance``, or ``rounds`` are over."""
    places = np.array(places, "float64")
    for _ in range(rounds):
        away = places[:, None] - places[None]  # (n, n, 2)
        far = np.linalg.norm(away, axis=-1) + np.eye(len(places)) * distance
        push = np.maximum(distance - far, 0) / 2 / np.maximum(far, 1e-9)
        if not push.any():
            break
        places += (push[..., None] * away).sum(axis=1)
    return places


def decoded_code(axes, codes, labels, code, image):
    """Left the plane of codes by class with one code marked, right the image that it is decoded to.

    Args:
        axes: two Matplotlib Axes.
        codes, labels: codes (n, 2) of images and their classes (n,), 0 to 9.
        code: (2,), the one that is marked.
        image: float (height, width) in [0, 1].
    """
    _by_class(axes[0], codes, labels, 3.2, "Codes of training images")
    axes[0].plot(
        *code, "P", color="black", markersize=15, markeredgecolor="white", markeredgewidth=1.5, zorder=4
    )
    axes[1].imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes[1].set_axis_off()
    axes[1].set_title(f"Decoded at ({code[0]:g}, {code[1]:g})")


@figure_function(figsize=(7.4, 3.4))
def rows(ax, pictures, title=""):
    """Rows of grey images of the same size, each row with its label at the left.

    Args:
        ax: Matplotlib Axes.
        pictures: dict from label to images (n, height, width[, 1]) in [0, 1].
    """
    stacks = [
        np.asarray(images, "float32").reshape(len(images), *np.shape(images)[1:3])
        for images in pictures.values()
    ]
    count, (height, width) = max(map(len, stacks)), stacks[0].shape[1:]
    canvas = np.full((len(stacks) * (height + 2), count * (width + 2)), np.nan, "float32")
    for row, images in enumerate(stacks):
        for column, image in enumerate(images):
            top, left = row * (height + 2), column * (width + 2)
            canvas[top : top + height, left : left + width] = image
    ax.imshow(canvas, cmap="gray", vmin=0.0, vmax=1.0, interpolation="nearest")
    middles = [row * (height + 2) + height / 2 for row in range(len(stacks))]
    ax.set_yticks(middles, list(pictures), fontsize=9)
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title(title)
    return f"Rows of grey images of {height} by {width} pixels: {'; '.join(pictures)}."


@figure_function(figsize=(7.0, 4.0))
def bounds(ax, series, exact, title):
    """Lower bounds on ln p(x) against k, on a logarithmic axis; a dashed line for the exact value.

    Args:
        ax: Matplotlib Axes.
        series: dict from label to a dict from k to nats.
        exact: nats.
    """
    x = {label: list(map(int, values)) for label, values in series.items()}
    y = {label: list(values.values()) for label, values in series.items()}
    levels = {"exact, by the grid": exact}
    charts.curves(x, y, "draws k per image", "nats per image", title, levels=levels, xscale="log", ax=ax)
    return f"Line chart of the bound in nats per image against the number of draws, for: {', '.join(series)}."


@figure_function(figsize=(7.0, 4.2))
def rate_distortion(ax, points, extra=None):
    """Distortion against rate, one point per beta, joined; further points apart.

    Args:
        ax: Matplotlib Axes.
        points: dict from beta to (rate, distortion), nats per image.
        extra: dict from label to (rate, distortion), or None.
    """
    rate, distortion = np.array(list(points.values())).T
    ax.plot(rate, distortion, color=COLOURS[0], marker=MARKERS[0])
    for beta, where in points.items():
        ax.annotate(f"β = {beta:g}", where, xytext=(6, 5), textcoords="offset points", fontsize=9)
    for index, (label, where) in enumerate((extra or {}).items(), 1):
        ax.plot(*where, color=COLOURS[index], marker=MARKERS[index], linestyle="", markersize=8, label=label)
    line = np.array([0, max(rate) * 1.1])
    best = min(r + d for r, d in points.values())
    ax.plot(line, best - line, ":", color="black", linewidth=1.2, label="rate + distortion, its smallest")
    ax.set(
        xlabel="rate (nats per image)",
        ylabel="distortion (nats per image)",
        title="What a code costs, and what it saves",
    )
    legends.legend(ax)
    return f"Line chart of distortion against rate for beta {', '.join(f'{beta:g}' for beta in points)}."


@figure_function(figsize=(8.4, 3.8))
def estimators(ax, variances):
    """log10 variances by image of two estimators of one gradient: points joined image by image.

    Args:
        ax: Matplotlib Axes.
        variances: dict from label to variances (images,), sorted alike.
    """
    for index, (label, values) in enumerate(variances.items()):
        ax.semilogy(
            np.arange(1, len(values) + 1),
            values,
            linestyle="",
            marker=MARKERS[index],
            color=COLOURS[index],
            label=label,
        )
    ax.set(
        xlabel="image",
        ylabel="variance of one draw's gradient (nats²)",
        title="Variance of gradient estimators",
    )
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return f"Variances by image on a logarithmic axis: {', '.join(variances)}."


def collapse(spectrum, noises, active, latents, *, caption, alt=None):
    """Eigenvalues with the noise variances as levels (left), and active latents against their count above (right).

    Args:
        spectrum: PCA's eigenvalues, largest first.
        noises: standard deviations of the noise.
        active: number of active latents measured at each.
        latents: how many the model has.
    """
    from matplotlib import pyplot as plt

    fig, (left, right) = plt.subplots(1, 2, figsize=(9.0, 3.9))
    left.semilogy(
        np.arange(1, len(spectrum) + 1), spectrum, marker="o", color=COLOURS[0], label="eigenvalues"
    )
    for index, noise in enumerate(noises):
        left.axhline(
            noise**2,
            linestyle="--",
            linewidth=1,
            color="black",
            label="noise variances" if not index else None,
        )
    left.set(xlabel="principal component", ylabel="variance (pixel values²)", title="What PCA predicts")
    left.legend(loc="lower left")
    above = [min(latents, int(np.sum(np.asarray(spectrum) > noise**2))) for noise in noises]
    most = latents + 0.5
    right.plot([0, most], [0, most], "--", color="black", linewidth=1.2, label="as predicted")
    right.plot(above, active, linestyle="", marker="o", markersize=8, color=COLOURS[1], label="measured")
    right.set(
        xlabel=f"eigenvalues above the noise variance, at most {latents}",
        ylabel="active latents",
        title="What the VAE keeps",
    )
    legends.legend(right)
    described = (
        "Left: PCA's eigenvalues falling with their number on a logarithmic axis, noise variances as dashed levels. "
        "Right: number of active latents against the number of eigenvalues above each level, on or near the diagonal."
    )
    show.figure(fig, caption, alt or described)


def likelihoods(groups, *, caption, alt=None):
    """Histograms of ln p(x), one row per group of images, on one axis of nats.

    Args:
        groups: dict from label to nats (n,).
    """
    from matplotlib import pyplot as plt

    fig, axes = plt.subplots(len(groups), 1, figsize=(7.4, 1.0 + 0.95 * len(groups)), sharex=True)
    low = min(np.min(values) for values in groups.values())
    high = max(np.max(values) for values in groups.values())
    bins = np.linspace(low, high + 1e-6, 70)
    for index, (ax, (label, values)) in enumerate(zip(axes, groups.items(), strict=True)):
        ax.hist(values, bins=bins, color=COLOURS[index % len(COLOURS)], density=True)
        ax.set(yticks=[], ylabel=label)
        ax.yaxis.label.set(rotation=0, ha="right", va="center", fontsize=9)
    axes[-1].set_xlabel("ln p(x), nats per image")
    fig.suptitle("Likelihood as a score of what is usual", fontweight="bold")
    show.figure(
        fig,
        caption,
        alt or f"Histograms of the log-likelihood, one per group of images: {', '.join(groups)}.",
    )


@figure_function(figsize=(7.2, 4.2))
def recorded_curves(ax, losses, published):
    """Training bound by epoch of recorded studies, from the sixth epoch on.

    Args:
        ax: Matplotlib Axes.
        losses: dict from label to losses (nats), one per epoch.
        published: dict from label to nats, drawn as levels.
    """
    x = {label: np.arange(6, len(values) + 1) for label, values in losses.items()}
    y = {label: -np.asarray(values)[5:] for label, values in losses.items()}
    labels = ("epoch", "training bound (nats per image)", "Long trainings, recorded")
    charts.curves(x, y, *labels, levels=published, ax=ax)
    return f"Line chart of the training bound by epoch: {', '.join(losses)}."


@figure_function(figsize=(9.6, 4.0))
def encoder_decoder(ax, encoder, decoder, drawn=True, title=""):
    """Drawing of an encoder, a code and a decoder, box by box, with the shapes that two Keras models really have.

    Args:
        ax: Matplotlib Axes.
        encoder, decoder: keras.Sequential, or functional models without branches.
        drawn: whether the code is drawn from means and standard deviations, as a VAE's; else it is the encoder's.
    """
    there = [("image x", encoder.input_shape[1:], "data"), *map(_layer, _layers(encoder))]
    back = [*map(_layer, _layers(decoder))]
    back[-1] = (back[-1][0] + "\n= logits", *back[-1][1:])
    latents = decoder.input_shape[-1]
    columns = max(len(there), len(back) + 1) + 1
    wide, stride, high, top, low = 3.9, 4.9, 2.3, 7.6, 1.5
    size = 11 if columns <= 6 else 9
    diagrams.canvas(ax, columns * stride - 1 + 0.4, 9.2, title)

    def place(column, row):
        return column * stride + wide / 2, row

    def row(boxes, first, step, at):
        for index, (text, shape, fill) in enumerate(boxes):
            x, y = place(first + step * index, at)
            diagrams.box(ax, (x, y), f"{text}\n{_shape(shape)}", wide, high, fill, size=size)
            if index:
                diagrams.arrow(ax, (x - step * (stride - wide / 2), y), (x - step * wide / 2, y))

    row(there, 0, 1, top)
    row(back, columns - 2, -1, low)
    end, code = place(len(there) - 1, top), place(columns - 1, (top + low) / 2)
    corner = (code[0], top)
    if drawn:
        diagrams.box(ax, corner, f"split: m, s\n{_shape((latents,))} each", wide, high, size=size)
        diagrams.box(ax, code, f"z = m + s·ε\n{_shape((latents,))}", wide, high - 0.5, "data", size=size)
        rate = (corner[0] - stride * 1.25, code[1])
        diagrams.box(ax, rate, "rate\nKL(q ‖ prior)", wide, high - 0.5, "loss", size=size)
        diagrams.arrow(ax, (corner[0] - wide / 3, top - high / 2), (rate[0] + wide / 2, rate[1] + 0.3))
        diagrams.arrow(ax, (end[0] + wide / 2, top), (corner[0] - wide / 2, top))
        diagrams.arrow(ax, (code[0], top - high / 2), (code[0], code[1] + high / 2 - 0.25))
    else:
        diagrams.box(ax, code, f"the code z\n{_shape((latents,))}", wide, high - 0.5, "data", size=size)
        diagrams.arrow(ax, (end[0] + wide / 2, top), (code[0], code[1] + high / 2 - 0.25), bend=-0.3)
    diagrams.arrow(
        ax, (code[0], code[1] - high / 2 + 0.25), (place(columns - 2, low)[0] + wide / 2, low), bend=-0.3
    )
    last = place(columns - 1 - len(back), low)
    loss = (place(0, low)[0], code[1])
    diagrams.box(ax, loss, "distortion\n−ln p(x | z)", wide, high - 0.5, "loss", size=size)
    diagrams.arrow(ax, (loss[0], top - high / 2), (loss[0], loss[1] + high / 2 - 0.25))
    if last[0] == loss[0]:
        diagrams.arrow(ax, (last[0], low + high / 2), (loss[0], loss[1] - high / 2 + 0.25))
    else:
        diagrams.arrow(ax, (last[0] - wide / 2, low), (loss[0] + 0.6, loss[1] - high / 2 + 0.25), bend=-0.25)
    texts = [text.replace("\n", " ") + f" {_shape(shape)}" for text, shape, _ in there]
    middle = ["means and standard deviations", "a drawn code"] if drawn else ["the code"]
    texts += middle + [text.replace("\n", " ") + f" {_shape(shape)}" for text, shape, _ in back]
    return f"Boxes joined by arrows, above from left to right and below back again: {' → '.join(texts)}."


def _layers(model):
    return [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]


def _layer(layer):
    """What a box says of a layer, the shape that it hands on, and the box's fill."""
    kind, text = type(layer).__name__, type(layer).__name__
    if kind == "Dense":
        text = f"Dense {layer.units}"
    elif kind.startswith("Conv"):
        text = f"{kind}\n{layer.filters}, {layer.kernel_size[0]}×{layer.kernel_size[1]}, stride {layer.strides[0]}"
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    if activation != "linear":
        text += ("\n" if kind.startswith("Conv") else ", ") + ("ReLU" if activation == "relu" else activation)
    return text, layer.output.shape[1:], "weights" if layer.weights else "plain"


def _shape(shape):
    inside = ", ".join(map(str, shape))
    return f"({inside},)" if len(shape) == 1 else f"({inside})"


@figure_function(figsize=(9.2, 3.7))
def reparameterisation(ax):
    """Drawing: a draw stops the gradient; the same draw written as m + s·ε lets it pass to m and s.

    Args:
        ax: Matplotlib Axes.
    """
    diagrams.canvas(ax, 30, 11, "Where the gradient passes")

    def half(left, title, middle, through):
        ax.text(left + 6.5, 10.3, title, ha="center", va="center", fontsize=11, fontweight="bold")
        diagrams.box(ax, (left + 1.6, 7.6), "mean m", 3.2, 1.5)
        diagrams.box(ax, (left + 1.6, 3.4), "scale s", 3.2, 1.5)
        diagrams.box(ax, (left + 7.0, 5.5), middle, 3.8, 2.0, "data" if through else "plain")
        diagrams.box(ax, (left + 11.8, 5.5), "f(z)", 2.2, 1.6, "loss")
        for y in (7.6, 3.4):
            diagrams.arrow(ax, (left + 3.2, y), (left + 5.1, 5.5 + (y - 5.5) * 0.3))
        diagrams.arrow(ax, (left + 8.9, 5.75), (left + 10.7, 5.75))
        diagrams.arrow(ax, (left + 11.8, 4.7), (left + 7.9, 4.5), bend=-0.5, dashed=True)
        ax.text(left + 10.0, 2.85, "f′(z)", ha="center", va="center", fontsize=10)

    half(0.2, "z is drawn", "z drawn from\nN(m, s²)", False)
    for side in (1, -1):
        ax.plot([5.5, 4.5], [5.5 + side * 1.0, 5.5 + side * 2.25], "--", color=diagrams.EDGE, linewidth=1.3)
        ax.plot([4.3], [5.5 + side * 2.5], "x", color="black", markersize=11, markeredgewidth=3)
    ax.text(5.2, 0.9, "no slope passes through a draw", ha="center", va="center", fontsize=10)

    right = 16.4
    half(right, "z is computed from a draw", "z = m + s·ε", True)
    diagrams.box(ax, (right + 8.9, 8.9), "ε drawn from N(0, 1)", 5.6, 1.4)
    diagrams.arrow(ax, (right + 7.6, 8.2), (right + 7.2, 6.5))
    diagrams.arrow(ax, (right + 5.3, 6.4), (right + 3.2, 8.1), text="", bend=0.3, dashed=True)
    diagrams.arrow(ax, (right + 5.3, 4.6), (right + 3.2, 2.9), text="", bend=-0.3, dashed=True)
    ax.text(right + 5.3, 8.3, "× 1", ha="center", va="center", fontsize=10)
    ax.text(right + 5.3, 2.7, "× ε", ha="center", va="center", fontsize=10)
    ax.text(
        right + 6.5, 0.9, "dashed: gradients; none is needed for ε", ha="center", va="center", fontsize=10
    )
    return (
        "Two drawings. Left: m and s lead to a box where z is drawn, then to f(z); the dashed gradient comes back from "
        "f to z and stops there, crosses before m and s. Right: z = m + s·ε, with ε drawn apart; the dashed gradient "
        "passes through z to m, times 1, and to s, times ε."
    )


@figure_function(figsize=(5.6, 5.2))
def prior_and_posteriors(ax, line, densities, encoded, labels):
    """In the plane of codes: circles of the prior, exact posteriors of some images, the encoder's Gaussians for them.

    Args:
        ax: Matplotlib Axes.
        line: the grid's positions along each axis, (n,).
        densities: exact posterior of each image, (images, n, n), the first axis along latent 1.
        encoded: pair (means, standard deviations), each (images, 2).
        labels: texts, one per image.
    """
    from matplotlib.patches import Ellipse

    ground = {"boxstyle": "square,pad=0.1", "facecolor": "white", "linewidth": 0}
    for radius, style in ((1, "--"), (2, ":")):
        ax.add_patch(Ellipse((0, 0), 2 * radius, 2 * radius, fill=False, linestyle=style, linewidth=1.3))
        ax.text(-radius, 0, f"{radius} sd", ha="center", va="center", fontsize=10, bbox=ground)
    for density, mean, scale, label in zip(densities, *encoded, labels, strict=True):
        ordered = np.sort(density.ravel())[::-1]
        level = ordered[np.searchsorted(np.cumsum(ordered), 0.95 * ordered.sum())]
        ax.contourf(
            line, line, density.T, levels=[level, density.max() * 1.01], colors=[COLOURS[0]], alpha=0.55
        )
        weight = density / density.sum()
        middle = weight.sum(axis=1) @ line, weight.sum(axis=0) @ line
        ax.plot(*zip(mean, middle, strict=True), color="black", linewidth=1, linestyle=":")
        ax.add_patch(
            Ellipse(mean, *(2 * 2.45 * scale), fill=False, edgecolor="black", linewidth=1.6, zorder=4)
        )
        side = -1 if middle[1] > mean[1] else 1  # the name stands away from the exact posterior
        clear = mean[0], mean[1] + side * (2.45 * scale[1] + 0.06)
        above = "bottom" if side > 0 else "top"
        name = ax.text(*clear, label, ha="center", va=above, fontsize=12, fontweight="bold", zorder=5)
        name.set_bbox(ground)
    ax.set(
        xlim=(-3, 3),
        ylim=(-3, 3),
        xlabel="latent 1",
        ylabel="latent 2",
        title="Prior (circles) and posteriors",
    )
    ax.set_aspect("equal")
    return (
        "Circles of the prior around the origin; small filled spots, the exact posteriors of images, each with an "
        f"ellipse for the encoder's Gaussian. Images: {', '.join(labels)}."
    )


@figure_function(figsize=(8.0, 3.4))
def gaps(ax, parts, title="What the bound loses, by whose fault"):
    """The bound's gap to ln p(x) as bars, one per network, in parts side by side.

    Args:
        ax: Matplotlib Axes.
        parts: dict from label to nats (networks,): the parts from left to right.
    """
    left = np.zeros(len(next(iter(parts.values()))))
    places = np.arange(len(left))
    for index, (label, values) in enumerate(parts.items()):
        hatch = ["", "//", ".."][index % 3]
        ax.barh(places, values, left=left, color=COLOURS[index], edgecolor="black", hatch=hatch, label=label)
        left = left + values
    ax.set_yticks(places, [f"seed {seed}" for seed in places])
    ax.invert_yaxis()
    ax.set(xlabel="nats per test image below exact ln p(x)", title=title)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.08), ncols=len(parts))
    ax.title.set_position((0.5, 1.0))
    return f"One bar per network, each in {len(parts)} parts: {'; '.join(parts)}."
