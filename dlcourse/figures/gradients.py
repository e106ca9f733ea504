"""Figures of gradients that vanish, explode and shatter."""

import numpy as np

from dlcourse import show
from dlcourse.figures import charts, diagrams, legends
from dlcourse.measured import Measured
from dlcourse.style import COLOURS, MARKERS, figure_function


def _interval(values):
    """Mean, low and high of values (..., seeds), as three arrays."""
    values = np.asarray(values, "float64")
    cells = [Measured(cell) for cell in values.reshape(-1, values.shape[-1])]
    return (
        np.array([getattr(c, side) for c in cells]).reshape(values.shape[:-1])
        for side in ("mean", "low", "high")
    )


@figure_function(figsize=(9.2, 2.6))
def jacobian_chain(ax, factor, layers=4, *, title=""):
    """A chain of layers: signals forward, the gradient's norm back, multiplied by one factor per layer.

    Args:
        ax: Matplotlib Axes.
        factor: by which a gradient's norm changes from one layer to the one below.
        layers: how many are drawn.
    """
    stride, width = 7.4, 2.8
    diagrams.canvas(ax, stride * layers + width, 5.2, title)
    for index in range(layers + 1):
        x = index * stride + width / 2
        text, fill = (f"$h_{index + 1}$", "plain") if index < layers else ("loss", "loss")
        diagrams.box(ax, (x, 3.2), text, width, 1.6, fill, size=11)
        norm = factor ** (layers - 1 - index)
        if index < layers:
            ax.text(
                x, 1.15, f"$\\|\\delta_{index + 1}\\| = {norm:.3g}$", ha="center", va="center", fontsize=10
            )
        if index == layers:
            continue
        ends = x + width / 2, x + stride - width / 2
        name = f"$J_{index + 1}$" if index < layers - 1 else ""
        diagrams.arrow(ax, (ends[0], 3.6), (ends[1], 3.6), name, size=11)
        diagrams.arrow(ax, (ends[1], 2.8), (ends[0], 2.8), dashed=True)
        if index < layers - 1:
            ax.text(
                sum(ends) / 2,
                2.0,
                f"$J_{index + 1}^\\top$: × {factor:g}",
                ha="center",
                va="center",
                fontsize=10,
            )
    norms = ", ".join(f"{factor ** (layers - 1 - index):.3g}" for index in range(layers))
    return (
        f"Boxes h1 to h{layers} and the loss in a row. Solid arrows lead to the right, dashed arrows back; each dashed "
        f"arrow between layers multiplies by {factor:g}. The norms of delta, from the first layer: {norms}."
    )


@figure_function(figsize=(9.2, 2.9))
def residual_block(ax, inside=("normalise", "activation φ", "Dense\n$W, b$"), *, title=""):
    """A residual block: what is inside adds to what comes in.

    Args:
        ax: Matplotlib Axes.
        inside: texts of the boxes on the way that is not the link.
    """
    width, stride, row = 5.0, 7.0, 1.6
    length = 5 + stride * len(inside) + 5
    diagrams.canvas(ax, length, 6.2, title)
    diagrams.box(ax, (1.5, row), "$h_{l-1}$", 2.6, 1.8, "data", size=11)
    start = 2.8
    for index, text in enumerate(inside):
        x = 5 + stride * index + width / 2
        diagrams.arrow(ax, (start, row), (x - width / 2, row))
        diagrams.box(ax, (x, row), text, width, 1.8, "weights" if "W" in text else "plain")
        start = x + width / 2
    plus = length - 5.0
    diagrams.arrow(ax, (start, row), (plus - 0.7, row))
    diagrams.box(ax, (plus, row), "+", 1.4, 1.4, size=13)
    diagrams.arrow(ax, (plus + 0.7, row), (length - 2.8, row))
    diagrams.box(ax, (length - 1.5, row), "$h_l$", 2.6, 1.8, "data", size=11)
    ax.plot([1.5, 1.5, plus], [row + 0.9, 4.6, 4.6], color=diagrams.EDGE, linewidth=2.2)
    diagrams.arrow(ax, (plus, 4.65), (plus, row + 0.7))
    ax.text((1.5 + plus) / 2, 4.9, "link: the gradient passes as it is, times 1", ha="center", fontsize=10)
    way = " → ".join(text.replace("\n", " ").replace("$", "") for text in inside)
    return (
        f"From h of layer l - 1 one way leads through {way} to a plus, the link leads there directly; then h of layer "
        "l."
    )


@figure_function(figsize=(9.2, 3.3))
def normalised_axes(ax, values, unit, example, *, title=""):
    """One table of pre-activations twice: batch normalisation averages a column, layer normalisation a row.

    Args:
        ax: Matplotlib Axes.
        values: (examples, units), numbers.
        unit, example: which column and which row are marked.
    """
    values = np.asarray(values)
    rows, columns = values.shape
    cell, top, apart = 1.5, rows * 1.5 + 1.6, 9.0
    width = columns * cell
    diagrams.canvas(ax, 2 * width + apart + 4.5, top + 1.6, title)
    cells = np.arange(rows)[:, None], np.arange(columns)[None]
    for left, marked, name, chosen in [
        (2.6, np.broadcast_to(cells[1] == unit, values.shape), "batch normalisation", values[:, unit]),
        (2.6 + width + apart, np.broadcast_to(cells[0] == example, values.shape), "layer normalisation",
         values[example]),
    ]:  # fmt: skip
        diagrams.numbers(ax, (left, top), values, cell=cell, marked=marked)
        ax.text(
            left + width / 2, top + 0.5, f"{name}\n{columns} units", ha="center", va="bottom", fontsize=10
        )
        ax.text(
            left - 0.3,
            top - rows * cell / 2,
            f"{rows} examples",
            rotation=90,
            ha="right",
            va="center",
            fontsize=10,
        )
        said = f"mean {chosen.mean():.3g}, sd {chosen.std():.3g}"
        ax.text(
            left + width / 2, top - rows * cell - 0.3, f"shaded: {said}", ha="center", va="top", fontsize=10
        )
    return (
        f"A table of {rows} examples and {columns} units, drawn twice. On the left one column is shaded: batch "
        "normalisation averages one unit over the examples. On the right one row is shaded: layer normalisation "
        "averages one example over its units."
    )


@figure_function(figsize=(7.0, 4.0))
def by_layer(ax, series, title="Gradient norm by layer", ylabel="log10 of the gradient's norm"):
    """log10 gradient norms by layer, first layer left, with the 95 % interval over seeds.

    Args:
        ax: Matplotlib Axes.
        series: dict from label to array (layers,) or (layers, seeds).
    """
    layers = {label: np.arange(1, len(values) + 1) for label, values in series.items()}
    charts.curves(layers, series, "layer (1 is next to the input)", ylabel, title, ax=ax)
    return f"Line chart of the log10 gradient norm by layer, one line each for: {', '.join(series)}."


def by_depth(measured, predicted, depths, labels, *, caption, alt=None):
    """First layer's gradient over the last's by depth, one panel per activation, one line per initialisation.

    Args:
        measured: dict from activation to log10 ratios (depths, seeds, labels).
        predicted: dict from the same activations to theory's (depths, labels), drawn dashed.
        depths: numbers of layers.
        labels: of the initialisations.
    """
    from matplotlib import pyplot as plt

    fig, panels = plt.subplots(2, 2, figsize=(7.2, 6.2), sharex=True)
    for ax, (name, values) in zip(panels.flat, measured.items(), strict=True):
        for index, label in enumerate(labels):
            mean, low, high = _interval(values[:, :, index])
            ax.plot(depths, predicted[name][:, index], "--", color=COLOURS[index], linewidth=1.2)
            ax.errorbar(
                depths,
                mean,
                [mean - low, high - mean],
                color=COLOURS[index],
                marker=MARKERS[index],
                linestyle="",
                markersize=5,
                label=label,
            )
        ax.axhline(0, color="black", linewidth=0.8)
        ax.set_title(name)
    for ax in panels[-1]:
        ax.set_xlabel("depth (layers)")
    fig.supylabel("log10 of first layer's over last layer's gradient", fontsize=11)
    fig.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(labels))
    fig.suptitle("How much of the gradient reaches the first layer", fontweight="bold")
    described = (
        f"Four panels ({', '.join(measured)}): log10 of the first layer's gradient norm over the last's against depth "
        f"{min(depths)} to {max(depths)}, a line for each of {', '.join(labels)}; points measured with intervals, "
        "dashed lines from mean-field theory."
    )
    show.figure(fig, caption, alt or described)


@figure_function(figsize=(6.4, 4.6))
def predicted_rates(ax, predicted, measured):
    """Measured growth of the gradient's log norm per layer against the predicted one, and the line of equality.

    Args:
        ax: Matplotlib Axes.
        predicted: dict from label to rates (starts,).
        measured: dict from the same labels to rates (starts, seeds).
    """
    ends = [min(map(np.min, predicted.values())), max(map(np.max, predicted.values()))]
    ax.plot(ends, ends, color="black", linewidth=1, label="equal")
    for index, (label, values) in enumerate(measured.items()):
        mean, low, high = _interval(values)
        ax.errorbar(
            predicted[label],
            mean,
            [mean - low, high - mean],
            color=COLOURS[index],
            marker=MARKERS[index],
            linestyle="",
            label=label,
        )
    ax.set(
        xlabel="predicted: ½ ln χ per layer",
        ylabel="measured, per layer",
        title="Growth of the gradient's log norm towards the input",
    )
    legends.legend(ax)
    return (
        f"Points of measured against predicted growth rates for {', '.join(measured)}; all lie close to the line where "
        "the two are equal."
    )


@figure_function(figsize=(7.4, 4.8))
def phase_diagram(ax, weight_variances, bias_variances, rates, line, points):
    """Mean-field growth rate over weight and bias variance, the line where it is 0, and measured rates as discs.

    Args:
        ax: Matplotlib Axes.
        weight_variances, bias_variances: axes of ``rates``, (columns,) and (rows,).
        rates: predicted log rate per layer, (rows, columns).
        line: (weight variances, bias variances) where χ = 1.
        points: list of (weight variance, bias variance, measured rate).
    """
    limit = 0.35
    colours = {"cmap": "PuOr_r", "vmin": -limit, "vmax": limit}
    image = ax.pcolormesh(weight_variances, bias_variances, rates, shading="gouraud", **colours)
    ax.plot(*line, color="black", linewidth=2, label="χ = 1, computed")
    x, y, values = np.array(points).T
    ax.scatter(
        x, y, c=values, s=90, edgecolors="black", linewidths=0.8, label="measured", zorder=3, **colours
    )
    ax.figure.colorbar(image, ax=ax, label="log of gradient growth per layer, towards the input")
    ax.set(
        xlabel="weight variance σ_w²",
        ylabel="bias variance σ_b²",
        title="Where tanh networks' gradients shrink and grow",
    )
    ax.set_xlim(min(weight_variances), max(weight_variances))
    ax.legend(loc="upper left", frameon=True)
    return (
        "Map over weight variance (horizontal) and bias variance (vertical): shades show how fast gradients shrink "
        "(upper left of a black line) or grow (lower right); discs of measured rates have the shade of what "
        "surrounds them."
    )


def singular_values(spectra, depths, *, caption, alt=None):
    """Largest, median and other singular values of products of layer Jacobians by depth, one panel per network.

    Args:
        spectra: dict from label to log10 singular values (depths, seeds, width), largest first.
        depths: numbers of factors.
    """
    from matplotlib import pyplot as plt

    fig, panels = plt.subplots(1, len(spectra), figsize=(10.4, 3.9), sharey=True)
    for ax, (label, values) in zip(np.atleast_1d(panels), spectra.items(), strict=True):
        values = np.mean(values, axis=1)
        tenth = values.shape[1] // 10
        ranks = {
            "largest": 0,
            "a tenth lie above": tenth,
            "median": values.shape[1] // 2,
            "a tenth lie below": -1 - tenth,
        }
        for index, (name, rank) in enumerate(ranks.items()):
            ax.plot(
                depths, values[:, rank], color=COLOURS[index], marker=MARKERS[index], markersize=4, label=name
            )
        ax.axhline(0, color="black", linewidth=0.8)
        ax.set_ylim(-30, 6)
        ax.set(title=label, xlabel="layers multiplied")
    np.atleast_1d(panels)[0].set_ylabel("log10 of the singular value")
    np.atleast_1d(panels)[-1].legend(loc="lower right")  # where the lines stay near 0
    show.figure(
        fig,
        caption,
        alt
        or (
            f"Panels {', '.join(spectra)}: log10 of the largest, upper tenth, median and lower tenth singular value "
            "of the product of layer Jacobians against the number of layers; the values spread with depth."
        ),
    )


def cures(gradients, accuracies, *, chance, caption, alt=None):
    """Gradients by layer at the start (left) and test accuracy reached (right), one row and colour per network.

    Args:
        gradients: dict from label to log10 norms (layers, seeds).
        accuracies: dict from the same labels to Measured test accuracy.
        chance: accuracy of a guess.
    """
    from matplotlib import pyplot as plt

    labels = list(gradients)
    rows, columns = -(-len(labels) // 2), 2
    fig, (left, right) = plt.subplots(1, columns, figsize=(10.0, 1.6 + 0.62 * rows), width_ratios=[1.25, 1])
    for index, label in enumerate(labels):
        colour, marker = COLOURS[index % 7], MARKERS[index % len(MARKERS)]
        mean, _, _ = _interval(gradients[label])
        left.plot(
            range(1, len(mean) + 1),
            mean,
            "-" if index < 7 else "--",
            color=colour,
            marker=marker,
            markersize=4,
            markevery=3,
        )
        value = accuracies[label]
        right.barh(
            index, value.mean, color=colour, alpha=0.85, hatch=None if index < 7 else "//", edgecolor="white"
        )
        right.errorbar(
            value.mean,
            index,
            xerr=[[value.mean - value.low], [value.high - value.mean]],
            color="black",
            capsize=3,
        )
        right.plot(1.04, index, marker=marker, color=colour, markersize=6, clip_on=False)
    left.set(
        xlabel="layer (1 is next to the input)",
        ylabel="log10 of the kernel gradient's norm",
        title="At the start",
    )
    left.xaxis.get_major_locator().set_params(integer=True)
    right.axvline(chance, color="black", linestyle=":", linewidth=1)
    right.set_yticks(range(len(labels)), labels)
    right.invert_yaxis()
    right.set(xlim=(0, 1), xlabel="test accuracy (dotted: guessing)", title="After training")
    show.figure(
        fig,
        caption,
        alt
        or (
            "Left: log10 gradient norm by layer at the start, one line per network. Right: bars of test accuracy after "
            f"training with intervals, for {', '.join(labels)}."
        ),
    )


@figure_function(figsize=(7.4, 4.2))
def similarity(ax, degrees, measured, predicted):
    """Cosine between input gradients by the angle between inputs.

    Args:
        ax: Matplotlib Axes.
        degrees: angles, (points,).
        measured: dict from label to cosines (seeds, points).
        predicted: dict from the same labels to cosines (points,), drawn dashed.
    """
    for index, (label, values) in enumerate(measured.items()):
        mean, low, high = _interval(np.transpose(values))
        ax.plot(degrees, predicted[label], "--", color=COLOURS[index], linewidth=1.2)
        ax.errorbar(
            degrees,
            mean,
            [mean - low, high - mean],
            color=COLOURS[index],
            marker=MARKERS[index],
            linestyle="",
            markersize=4,
            label=label,
        )
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set(
        xlabel="angle between two inputs (degrees)",
        ylabel="cosine of their gradients",
        title="Do neighbouring inputs ask for the same change?",
    )
    legends.legend(ax)
    return (
        f"Cosine between input gradients against the angle between inputs, for {', '.join(measured)}; points "
        "measured, dashed lines from theory."
    )
