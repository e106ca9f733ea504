"""Figures of clips: film strips; drawings of a kernel over time and of a convolutional LSTM's step."""

import numpy as np

from dlcourse.figures import diagrams
from dlcourse.style import figure_function


@figure_function(figsize=(9.4, 3.4))
def film_strips(ax, clips, title, *, times=None, limits=(0.0, 1.0)):
    """Frames in rows, one row for each clip, from left to right.

    Args:
        ax: Matplotlib Axes.
        clips: dict from label to float (frames, height, width) or (frames, height, width, 1), all of one shape.
        title: of the whole.
        times: a text for each column; None numbers them from 1.
        limits: values drawn as black and white.

    Raises:
        ValueError: where clips differ in shape.
    """
    rows = {label: np.asarray(clip, "float32") for label, clip in clips.items()}
    rows = {
        label: row[..., 0] if row.ndim == 4 and row.shape[-1] == 1 else row for label, row in rows.items()
    }
    shapes = {row.shape for row in rows.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 3:
        raise ValueError(
            f"film_strips() takes clips of one shape, (frames, height, width[, 1]); got {shapes}."
        )
    [(count, height, width)] = shapes
    gap = max(1, width // 16)
    canvas = np.full((len(rows) * (height + gap), count * (width + gap)), np.nan, "float32")
    for number, row in enumerate(rows.values()):
        for place, frame in enumerate(row):
            top, left = number * (height + gap), place * (width + gap)
            canvas[top : top + height, left : left + width] = frame
    ax.imshow(canvas, cmap="gray", vmin=limits[0], vmax=limits[1], interpolation="nearest")
    ax.set_yticks(np.arange(len(rows)) * (height + gap) + height / 2, list(rows))
    times = [str(number + 1) for number in range(count)] if times is None else times
    ax.set_xticks(np.arange(count) * (width + gap) + width / 2, times)
    ax.set(xlabel="frame", title=title)
    ax.tick_params(length=0)
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return f"{title}: {count} frames of {height} × {width} pixels in each row; rows: {', '.join(rows)}."


@figure_function(figsize=(7.6, 3.4))
def kernel_over_time(ax, title="A kernel over space and time"):
    """Frames behind one another, and a kernel that covers a few pixels of three of them."""
    from matplotlib.patches import Rectangle

    diagrams.canvas(ax, 20, 8.6, title)
    for number in reversed(range(5)):
        left, low = 0.8 + 1.3 * number, 0.8 + 0.7 * number
        ax.add_patch(Rectangle((left, low), 4, 4, facecolor="none", edgecolor=diagrams.EDGE))
        if 1 <= number <= 3:
            square = {"facecolor": "0.75", "edgecolor": diagrams.EDGE, "linewidth": 2}
            ax.add_patch(Rectangle((left + 1.5, low + 1.5), 1.1, 1.1, zorder=9 - number, **square))
    ax.text(2.6, 0.2, "frames, one behind the other", ha="center", va="center", fontsize=9)
    diagrams.arrow(ax, (10.8, 4.4), (13.4, 4.4), text="Σ w x")
    diagrams.box(
        ax, (16.6, 4.4), "one number of\none map, at one\nplace and time", width=6.0, height=2.6, fill="data"
    )
    return (
        f"{title}: five frames behind one another; a grey square lies on three of them, at the same place, and gives "
        "one number."
    )


@figure_function(figsize=(8.6, 3.8))
def conv_lstm_step(ax, title="A convolutional LSTM's step"):
    """Frame and state, both maps, through convolutions into four gates, and on to the new state."""
    diagrams.canvas(ax, 26, 9.4, title)
    diagrams.box(ax, (2.6, 6.6), "frame $X_t$\nmap", width=4.6, height=1.8, fill="data")
    diagrams.box(ax, (2.6, 2.6), "state $H_{t-1}$\nmap", width=4.6, height=1.8, fill="data")
    diagrams.box(ax, (9.4, 6.6), "convolution $W$", width=5.0, height=1.5, fill="weights")
    diagrams.box(ax, (9.4, 2.6), "convolution $U$", width=5.0, height=1.5, fill="weights")
    diagrams.box(ax, (15.0, 4.6), "+", width=1.4, height=1.4)
    diagrams.box(ax, (20.0, 4.6), "gates $i, f, o$\nnews $g$\nat each place", width=5.4, height=2.8)
    diagrams.box(ax, (20.0, 8.3), "memory $C_{t-1}$", width=5.4, height=1.4, fill="data")
    diagrams.box(ax, (20.0, 0.9), "$C_t$ and $H_t$, maps", width=6.4, height=1.4, fill="data")
    diagrams.arrow(ax, (4.9, 6.6), (6.9, 6.6))
    diagrams.arrow(ax, (4.9, 2.6), (6.9, 2.6))
    diagrams.arrow(ax, (11.9, 6.6), (14.6, 5.3))
    diagrams.arrow(ax, (11.9, 2.6), (14.6, 3.9))
    diagrams.arrow(ax, (15.7, 4.6), (17.3, 4.6))
    diagrams.arrow(ax, (20.0, 7.6), (20.0, 6.0))
    diagrams.arrow(ax, (20.0, 3.2), (20.0, 1.6))
    return (
        f"{title}: frame and state, both maps, each go through a convolution; the two are added and give gates at each "
        "place; with the old memory they make new memory and state."
    )
