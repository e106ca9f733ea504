"""Figures of variational autoencoders: latent spaces, bounds, rates and distortions, pictures in rows."""

import numpy as np

from dlcourse import show
from dlcourse.figures import charts
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
        middle = np.median(codes[labels == digit], axis=0)
        ax.text(
            *middle,
            str(digit),
            ha="center",
            va="center",
            fontsize=11,
            fontweight="bold",
            bbox={"boxstyle": "circle,pad=0.12", "facecolor": "white", "alpha": 0.8, "linewidth": 0},
        )
    ax.set(title=title, xlabel="latent 1", ylabel="latent 2", xlim=(-side, side), ylim=(-side, side))
    ax.set_aspect("equal")


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
    ax.legend()
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
    left.legend(fontsize=9, loc="lower left")
    above = [min(latents, int(np.sum(np.asarray(spectrum) > noise**2))) for noise in noises]
    most = latents + 0.5
    right.plot([0, most], [0, most], "--", color="black", linewidth=1.2, label="as predicted")
    right.plot(above, active, linestyle="", marker="o", markersize=8, color=COLOURS[1], label="measured")
    right.set(
        xlabel=f"eigenvalues above the noise variance, at most {latents}",
        ylabel="active latents",
        title="What the VAE keeps",
    )
    right.legend(fontsize=9)
    described = (
        "Left: PCA's eigenvalues falling with their number on a logarithmic axis, noise variances as dashed levels. "
        "Right: number of active latents against the number of eigenvalues above each level, on the diagonal."
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
