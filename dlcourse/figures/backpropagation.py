"""Figures about gradients: computation graphs, curves over a quantity, paths over a landscape."""

import numpy as np

from dlcourse.figures import diagrams, legends
from dlcourse.style import COLOURS, MARKERS, figure_function


@figure_function(figsize=(10.2, 3.0))
def chain(ax, steps, *, title=""):
    """A chain of computations: values forward along solid arrows, derivatives back along dashed ones.

    Args:
        ax: Matplotlib Axes.
        steps: list of (operation, result, value, derivative, local): what the box says, the name of what it gives, its
            value, the loss's derivative by it, and the local derivative, a text such as "y (1 - y) = 0.25".
    """
    gap, width = 5.6, 6.8
    stride = gap + width
    diagrams.canvas(ax, stride * len(steps) - 0.6, 4.6, title)
    for index, (operation, name, value, derivative, local) in enumerate(steps):
        x = index * stride + width / 2
        fill = "loss" if index == len(steps) - 1 else "data" if index == 0 else "plain"
        diagrams.box(ax, (x, 2.6), operation, width, 1.9, fill, size=13)
        if local:
            ax.text(x, 0.6, local, ha="center", va="center", fontsize=13)
        there, back = f"{name} = {_short(value)}", f"dE/d{name} = {_short(derivative)}"
        if index == len(steps) - 1:
            ax.text(x + width / 2 + 0.3, 3.05, there, va="center", fontsize=13)
            ax.text(x + width / 2 + 0.3, 2.15, back, va="center", fontsize=13)
            continue
        left, right = x + width / 2, x + width / 2 + gap
        diagrams.arrow(ax, (left, 3.05), (right, 3.05), there, size=13)
        diagrams.arrow(ax, (right, 2.15), (left, 2.15), dashed=True)
        ax.text((left + right) / 2, 1.4, back, ha="center", fontsize=13)
    there = ", ".join(f"{name} = {_short(value)}" for _, name, value, _, _ in steps)
    back = ", ".join(f"dE/d{name} = {_short(derivative)}" for _, name, _, derivative, _ in reversed(steps))
    return f"Boxes in a row. Solid arrows to the right carry {there}; dashed arrows to the left carry {back}."


@figure_function(figsize=(9.2, 3.0))
def two_layers(ax, sizes, *, title=""):
    """A network of two layers: what flows forward, the δ that flow back, and the gradients that branch off.

    Args:
        ax: Matplotlib Axes.
        sizes: (batch, inputs, hidden, classes).
    """
    batch, inputs, hidden, classes = sizes
    diagrams.canvas(ax, 35, 8.6, title)
    places = {"X": 1.6, "Z_1": 10.0, "A_1": 17.2, "Z_2": 25.6, "E": 33.2}
    shapes = {"X": (batch, inputs), "Z_1": (batch, hidden), "A_1": (batch, hidden), "Z_2": (batch, classes)}
    for name, x in places.items():
        text = f"${name}$" + (f"\n{shapes[name]}".replace(" ", "") if name in shapes else "")
        fill = "data" if name == "X" else "loss" if name == "E" else "plain"
        diagrams.box(ax, (x, 5.2), text, 3.2, 2.0, fill, size=12)
    forward = {"X": ("Z_1", "$W_1, b_1$"), "Z_1": ("A_1", "$f$"), "A_1": ("Z_2", "$W_2, b_2$"),
               "Z_2": ("E", "softmax,\nlabels")}  # fmt: skip
    for name, (after, text) in forward.items():
        ends = places[name] + 1.6, places[after] - 1.6
        diagrams.arrow(ax, (ends[0], 5.7), (ends[1], 5.7), text, size=12)
        if name != "X":
            diagrams.arrow(ax, (ends[1], 4.7), (ends[0], 4.7), dashed=True)
    back = [(29.4, "$\\delta_2 = (P - Y)/n$"), (21.4, "$\\delta_2 W_2^\\top$"), (13.6, "$\\odot f'(Z_1)$")]
    for x, text in back:
        ax.text(x, 3.5, text, ha="center", va="center", fontsize=12)
    for name, rows, text in [
        ("Z_2", (hidden, classes), "$dE/dW_2 = A_1^\\top \\delta_2$"),
        ("Z_1", (inputs, hidden), "$dE/dW_1 = X^\\top \\delta_1$"),
    ]:
        diagrams.arrow(ax, (places[name], 4.2), (places[name], 2.2), dashed=True)
        shape = f"{rows}".replace(" ", "")
        diagrams.box(ax, (places[name], 1.2), f"{text}\n{shape}", 7.2, 2.2, "weights", size=12)
    ax.text(13.6, 7.4, "forward: values", ha="center", fontsize=12)
    ax.text(17.8, 1.0, "backward: $\\delta$", ha="center", fontsize=12)
    return (
        f"Boxes from left to right: X of shape ({batch}, {inputs}), Z1 and A1 ({batch}, {hidden}), "
        f"Z2 ({batch}, {classes}), the loss E. Solid arrows lead forward, through the weights W1, f, W2 and the "
        "softmax. Dashed arrows lead back: delta 2 from E to Z2, times W2 transposed to A1, times f' to Z1. From Z2 "
        f"and Z1 dashed arrows lead down to the gradients of W2, ({hidden}, {classes}), and W1, ({inputs}, {hidden})."
    )


@figure_function(figsize=(12.0, 4.6))
def computation_graph(ax, output, *, title=""):
    """A computation as boxes and arrows: what was computed from what, values and gradients.

    Args:
        ax: Matplotlib Axes.
        output: the last node. A node has ``.name``, ``.value`` and ``.gradient`` (numbers; None before the
            backward pass), and ``.parents``, a list of pairs whose first member is the node that it was made from.
    """
    columns, rows = _layout(output)
    boxes = {}
    for node, column in columns.items():
        text = f"{node.name}\n{_short(node.value)}"
        if node.gradient is not None:
            text += f"\n$\\partial$: {_short(node.gradient)}"
        boxes[node] = ax.text(
            column,
            rows[node],
            text,
            ha="center",
            va="center",
            fontsize=12,
            linespacing=1.25,
            bbox={
                "boxstyle": "round,pad=0.35",
                "facecolor": "white" if node.parents else "#FFF3D6",
                "edgecolor": COLOURS[0] if node.parents else COLOURS[4],
            },
        ).get_bbox_patch()
    for node, column in columns.items():
        parents = [parent for parent, _ in node.parents]
        for use, parent in enumerate(parents):
            bend = 0.25 * (-1) ** use if parents.count(parent) > 1 else 0.0  # used twice: two arrows
            ax.annotate(
                "",
                xy=(column, rows[node]),
                xytext=(columns[parent], rows[parent]),
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": "0.45",
                    "patchA": boxes[parent],
                    "patchB": boxes[node],
                    "shrinkA": 1,
                    "shrinkB": 2,
                    "connectionstyle": f"arc3,rad={bend}",
                },
            )
    heights = list(rows.values())
    ax.set(
        xlim=(min(columns.values()) - 0.6, 0.6), ylim=(min(heights) - 0.7, max(heights) + 0.7), title=title
    )
    ax.set_axis_off()
    steps = "; ".join(_made(node) for node in columns if node.parents)
    return f"Graph of a computation with {len(columns)} nodes, inputs left, the output right: {steps}."


def _layout(output):
    """Column (0 for the output, smaller to the left) and row of every node: two dicts."""
    order, waiting, seen = [], [output], set()
    while waiting:  # depth first; a node is listed after all that it was made from
        node = waiting[-1]
        fresh = [parent for parent, _ in node.parents if parent not in seen]
        if node in seen or not fresh:
            waiting.pop()
            if node not in seen:
                seen.add(node)
                order.append(node)
        else:
            waiting.append(fresh[0])
    columns = {output: 0}
    for node in reversed(order):
        for parent, _ in node.parents:
            columns[parent] = min(columns.get(parent, 0), columns[node] - 1)
    rows = {} if output.parents else {output: 0.0}
    for node in order:
        if not node.parents:
            continue
        parents = [parent for parent, _ in node.parents]
        inner = [rows[parent] for parent in parents if parent.parents]
        for leaf in parents:  # below what it meets; leaves alone stand below each other
            if leaf not in rows:
                rows[leaf] = _free(columns, rows, leaf, min(inner) - 1.0 if inner else 0.0)
        rows[node] = float(np.mean([rows[parent] for parent in parents]))
    return columns, rows


def _free(columns, rows, node, row):
    """The first row from ``row`` downwards where a node's column has room."""
    taken = [rows[other] for other in rows if columns[other] == columns[node]]
    while any(abs(row - other) < 1.0 for other in taken):
        row -= 0.25
    return row


def _made(node):
    return f"{node.name} from {' and '.join(parent.name for parent, _ in node.parents)}".replace("$", "")


def _short(value):
    value = np.asarray(value)
    return f"{float(value) + 0.0:.4g}".replace("-", "−") if value.ndim == 0 else f"array {value.shape}"


@figure_function(figsize=(7.0, 4.6))
def trajectories(ax, paths, hessian, *, title=""):
    """Paths of optimisers over a quadratic landscape in the plane, with its contour lines.

    Args:
        ax: Matplotlib Axes.
        paths: dict from label to float (steps + 1, 2), the points visited.
        hessian: float (2, 2), positive definite: the landscape is E(w) = w·H·w / 2, its lowest point 0.

    Raises:
        ValueError: where a shape is another.
    """
    hessian = np.asarray(hessian, "float64")
    shapes = {label: np.shape(path) for label, path in paths.items()}
    wrong = {label: shape for label, shape in shapes.items() if len(shape) != 2 or shape[1] != 2}
    if hessian.shape != (2, 2) or wrong or not paths:
        raise ValueError(
            f"trajectories() takes paths of shape (steps + 1, 2) and a Hessian (2, 2); "
            f"got {shapes} and {hessian.shape}."
        )
    points = np.concatenate(list(paths.values()))
    low, high = points.min(axis=0), points.max(axis=0)
    low, high = np.minimum(low, 0) - 0.08 * (high - low), np.maximum(high, 0) + 0.08 * (high - low)
    across, up = np.meshgrid(np.linspace(low[0], high[0], 120), np.linspace(low[1], high[1], 120))
    grid = np.stack([across, up], axis=-1)
    level = 0.5 * np.einsum("...i,ij,...j->...", grid, hessian, grid)
    lines = np.geomspace(level.max() * 1e-4, level.max(), 12)
    ax.contour(across, up, level, levels=lines, colors="0.75", linewidths=0.7)
    for index, (label, path) in enumerate(paths.items()):
        look = {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)]}
        ax.plot(*np.asarray(path).T, **look, markersize=3, linewidth=1.1, label=label)
    ax.plot(0, 0, marker="*", color="black", markersize=11, linestyle="none", label="lowest point")
    ax.set(xlabel="$w_1$", ylabel="$w_2$", title=title)
    legends.legend(ax)
    return f"Contour map of an elongated bowl with the paths of {', '.join(paths)} towards its lowest point."
