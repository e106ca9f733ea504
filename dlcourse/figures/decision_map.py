"""Figure of the plane: what a network with two inputs predicts at each point of it."""

import numpy as np
from scipy import special

from dlcourse.style import COLOURS, MARKERS, figure_function


@figure_function(figsize=(5.4, 4.6))
def decision_map(ax, network, x, y, limits, title):
    """What a network with two inputs predicts at each point: shade the probability, black line the boundary.

    Args:
        ax: Matplotlib Axes.
        network: object with ``logits``, from points (n, 2) to (n,).
        x, y: points (n, 2) and classes (n,), 0 or 1.
        limits: (low, high) of both axes.
    """
    line = np.linspace(*limits, 121)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    logits = network.logits(grid).reshape(121, 121)
    ax.imshow(
        special.expit(logits),
        origin="lower",
        extent=(*limits, *limits),
        cmap="coolwarm",
        vmin=-0.3,
        vmax=1.3,
        interpolation="bilinear",
    )
    if logits.min() < 0 < logits.max():
        ax.contour(line, line, logits, levels=[0], colors="black", linewidths=1.8)
    for label, name in enumerate(("0", "1")):
        ax.plot(
            *x[y == label].T,
            MARKERS[label],
            color=COLOURS[label],
            markersize=4,
            markeredgecolor="white",
            markeredgewidth=0.4,
            linestyle="",
            label=f"class {name}",
        )
    ax.set(xlim=limits, ylim=limits, xlabel="$x_1$", ylabel="$x_2$", title=title)
    ax.grid(False)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    return (
        f"{title}: two classes of points, the network's probability as a shade, its boundary as a black line."
    )
