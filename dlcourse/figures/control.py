"""Figures of toys, games and drives: rods, pixels and cars at several times; soft actor-critic as boxes."""

import numpy as np

from dlcourse.figures import diagrams
from dlcourse.rl import wall_game
from dlcourse.style import COLOURS, figure_function


@figure_function(figsize=(9.6, 4.0))
def soft_actor_critic(ax, title="Soft actor-critic: who learns from what"):
    """Actor, twin critics and temperature, what each hands on, and from what each learns.

    Args:
        ax: Matplotlib Axes.
    """
    diagrams.canvas(ax, 27, 11, title)
    diagrams.box(ax, (3.2, 9.4), "state\n3 numbers", 5.0, 2.2)
    diagrams.box(ax, (11.2, 9.4), "actor\n64, 64, → μ, log σ", 6.4, 2.2, "weights")
    diagrams.box(ax, (23.0, 9.4), "action\ntanh(μ + σ ε)", 6.4, 2.2)
    diagrams.box(ax, (23.0, 5.4), "two critics of (s, a)\n64, 64, → Q", 6.8, 2.2, "weights")
    diagrams.box(ax, (14.4, 5.4), "the smaller Q\nminus α log π", 6.0, 2.2)
    diagrams.box(ax, (7.6, 5.4), "temperature\nα", 4.6, 2.2, "weights")
    diagrams.box(ax, (3.2, 1.4), "memory of\nall steps", 5.0, 2.2)
    diagrams.box(ax, (12.8, 1.4), "target: r + γ (smaller Q of s′\nby slow copies, minus α log π)", 10.8, 2.2)
    diagrams.arrow(ax, (5.7, 9.4), (8.0, 9.4))
    diagrams.arrow(ax, (14.4, 9.4), (19.8, 9.4))
    diagrams.arrow(ax, (23.0, 8.3), (23.0, 6.5))
    diagrams.arrow(ax, (19.6, 5.4), (17.4, 5.4))
    diagrams.arrow(ax, (9.9, 5.4), (11.4, 5.4))
    diagrams.arrow(ax, (1.4, 2.5), (1.4, 8.3))
    diagrams.arrow(ax, (5.7, 1.4), (7.4, 1.4))
    diagrams.arrow(ax, (13.4, 6.5), (13.4, 8.3), dashed=True)
    diagrams.arrow(ax, (9.2, 8.3), (8.0, 6.5), dashed=True)
    diagrams.arrow(ax, (18.2, 1.4), (23.0, 4.3), dashed=True, bend=0.25)
    ax.text(13.8, 7.4, "gradient: towards more", ha="left", va="center", fontsize=10)
    ax.text(7.7, 7.4, "up while log π\nis too large", ha="right", va="center", fontsize=10)
    ax.text(22.4, 1.6, "gradient: towards\nthe target", ha="left", va="center", fontsize=10)
    return (
        "Boxes: a state from memory enters the actor, whose mean and spread give a squashed action; two critics value "
        "it; the gradient of the smaller value minus α log π goes back to the actor. The temperature α enters that "
        "difference, and moves up or down by the actor's log π. The critics learn from a target: the reward of a "
        "remembered step, and the discounted value of the next state by slow copies."
    )


@figure_function(figsize=(9.0, 3.0))
def rods(ax, films, title, *, every=20):
    """A pendulum in side view at several times, one row for each film.

    Args:
        ax: Matplotlib Axes.
        films: dict from label to observations (steps, 3): cos θ, sin θ, speed; θ from the top.
        title: of the whole.
        every: steps from one picture to the next.

    Raises:
        ValueError: where films differ in length.
    """
    lengths = {len(film) for film in films.values()}
    if len(lengths) != 1:
        raise ValueError(f"rods() takes films of one length; got {sorted(lengths)}.")
    times = np.arange(0, lengths.pop(), every)
    for row, film in enumerate(films.values()):
        for column, time in enumerate(times):
            cosine, sine = film[time][:2]
            x, y = 2.4 * column, -2.6 * row
            ax.plot([x, x - sine], [y, y + cosine], color=COLOURS[row % len(COLOURS)], linewidth=3)
            ax.plot([x], [y], marker="o", color="black", markersize=3)
    ax.set_yticks([-2.6 * row for row in range(len(films))], list(films))
    ax.set_xticks(2.4 * np.arange(len(times)), [str(time) for time in times])
    ax.set(xlabel="step", title=title, aspect="equal")
    _bare(ax)
    return f"{title}: rods drawn every {every} steps; rows: {', '.join(films)}."


@figure_function(figsize=(9.0, 2.6))
def wall_film(ax, observations, title, *, columns=8):
    """Pixels of the wall game side by side, in the order of time, in colours.

    Args:
        ax: Matplotlib Axes.
        observations: (frames, 10, 10, 4).
        title: of the whole.
        columns: frames in a row.
    """
    pictures = [wall_game.picture(seen, 1) for seen in observations]
    rows, size = -(-len(pictures) // columns), wall_game.SIZE
    canvas = np.full((rows * (size + 1), columns * (size + 1), 3), 200, "uint8")
    for number, picture in enumerate(pictures):
        top, left = (number // columns) * (size + 1), (number % columns) * (size + 1)
        canvas[top : top + size, left : left + size] = picture
    ax.imshow(canvas, interpolation="nearest")
    ax.set(title=title, xticks=[], yticks=[])
    _bare(ax)
    return (
        f"{title}: {len(pictures)} pictures of 10 × 10 cells, from left to right, row by row: bricks in grey, "
        "the ball in orange with a pale trail, the paddle in blue."
    )


@figure_function(figsize=(9.0, 4.2))
def road(ax, seconds, title, *, lanes=3, reach=(-40, 90)):
    """A road from above, one strip for each second: the own car filled, the others as outlines.

    Args:
        ax: Matplotlib Axes.
        seconds: list of (text, cars); cars are (metres ahead of the own car, lane from 0, own or not).
        title: of the whole.
        lanes: how many.
        reach: metres behind and ahead that are drawn.
    """
    from matplotlib.patches import Rectangle

    height = lanes + 0.8
    for number, (_, cars) in enumerate(seconds):
        top = -number * height
        for line in range(lanes + 1):
            ax.plot(reach, [top - line] * 2, color="0.75", linewidth=0.8 if 0 < line < lanes else 1.6)
        for place, lane, own in cars:
            if reach[0] < place < reach[1]:
                colour = COLOURS[1] if own else "white"
                corner = (place - 2.5, top - lane - 0.75)
                ax.add_patch(Rectangle(corner, 5, 0.5, facecolor=colour, edgecolor="black", zorder=3))
    ax.set_yticks([-n * height - lanes / 2 for n in range(len(seconds))], [text for text, _ in seconds])
    ax.set(
        xlabel="metres ahead of the own car",
        title=title,
        xlim=reach,
        ylim=(-len(seconds) * height + 0.4, 0.4),
    )
    _bare(ax)
    return f"{title}: strips of a road, from top to bottom: {'; '.join(text for text, _ in seconds)}."


def _bare(ax):
    ax.tick_params(length=0)
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
