"""Figures of translation: encoder and decoder, and where attention looks, in a text and in a recording."""

import numpy as np

from dlcourse.figures import diagrams
from dlcourse.style import figure_function


@figure_function(figsize=(9.6, 3.4))
def encoder_decoder(ax, source, target, title="Encoder and decoder"):
    """A reader and a writer unrolled, joined by one state; dashed, attention at the last step.

    Args:
        ax: Matplotlib Axes.
        source, target: lists of words; the target's are written one by one.
    """
    gap, steps = 4.0, len(source)
    length = gap * (steps + len(target))
    diagrams.canvas(ax, length, 8.6, title)
    for place, word in enumerate([*source, *target]):
        x = 1.8 + gap * place
        reads = word if place < steps else "begin" if place == steps else target[place - steps - 1]
        diagrams.box(ax, (x, 0.9), reads, 3.2, 1.2, "data")
        diagrams.box(ax, (x, 3.4), "encoder" if place < steps else "decoder", 3.0, 1.4, "weights")
        diagrams.arrow(ax, (x, 1.5), (x, 2.7))
        if place:
            diagrams.arrow(ax, (x - gap + 1.5, 3.4), (x - 1.5, 3.4))
        if place >= steps:
            diagrams.box(ax, (x, 5.9), word, 3.2, 1.2)
            diagrams.arrow(ax, (x, 4.1), (x, 5.3))
    last = 1.8 + gap * (steps + len(target) - 1)
    for place in range(steps):
        diagrams.arrow(ax, (1.8 + gap * place, 4.1), (last - 0.8, 6.5), bend=-0.28, dashed=True)
    return (
        f"Boxes in a row: {steps} encoder steps that read {', '.join(source)}; {len(target)} decoder steps that write "
        f"{', '.join(target)}, each reading the word before. Solid arrows from step to step; dashed arrows from all "
        "encoder steps to the last decoder step."
    )


@figure_function(figsize=(5.2, 4.2))
def looked_at(ax, weights, source, target, title="Where the decoder looks"):
    """Attention weights as a map: row, the sign that is written; column, the word that is looked at.

    Args:
        ax: Matplotlib Axes.
        weights: float (signs, words); each row sums to 1.
        source, target: lists of words and of signs' names.
    """
    ax.imshow(weights, vmin=0, vmax=1, cmap="Greys", aspect="auto")
    ax.set_xticks(range(len(source)), source, rotation=40, ha="right")
    ax.set_yticks(range(len(target)), target)
    ax.grid(False)
    ax.set(xlabel="word that is looked at", ylabel="sign that is written", title=title)
    return f"{title}: a map of {len(target)} signs by {len(source)} words, {' '.join(target)} by {' '.join(source)}."


@figure_function(figsize=(9.0, 3.2))
def listened_to(ax, weights, spans, digits, signs, seconds, title="What the decoder listens to"):
    """Attention weights over time: row, the sign that is written; above, where each digit was said.

    Args:
        ax: Matplotlib Axes.
        weights: float (signs, steps); each row sums to 1.
        spans: (digits, 2), first step of each digit and the first after it, in units of steps.
        digits: list of whole numbers.
        signs: their names.
        seconds: from one step to the next.
    """
    end = 1e3 * seconds * weights.shape[1]
    ax.imshow(
        weights,
        vmin=0,
        cmap="Greys",
        aspect="auto",
        extent=(0, end, len(signs) - 0.5, -0.5),
        interpolation="none",
    )
    for (first, last), digit in zip(spans, digits, strict=True):
        for edge in (first, last):
            ax.axvline(1e3 * seconds * edge, color="0.4", linestyle=":", linewidth=1)
        ax.text(1e3 * seconds * (first + last) / 2, -0.75, str(digit), ha="center", va="bottom", fontsize=11)
    ax.set_yticks(range(len(signs)), signs)
    ax.grid(False)
    ax.set(xlabel="time (ms)", ylabel="sign that is written")
    ax.set_title(title, pad=20)
    said = ", ".join(map(str, digits))
    return f"{title}: a map of {len(signs)} signs, {' '.join(signs)}, by time; dotted lines bound the digits {said}."


@figure_function(figsize=(7.2, 2.6))
def weighted_mean(ax, scores, weights, values, title="Dot-product attention, by hand"):
    """Scores, weights and values of one query as rows of numbers, and the mean that comes out.

    Args:
        ax: Matplotlib Axes.
        scores, weights, values: numbers (places,).
    """
    places = len(scores)
    diagrams.canvas(ax, 3.0 * places + 12.0, 5.6, title)
    rows = [("scores $q \\cdot k_j$", scores), ("weights $a_j$", weights), ("values $v_j$", values)]
    for row, (name, cells) in enumerate(rows):
        y = 4.8 - 1.9 * row
        ax.text(5.2, y, name, ha="right", va="center", fontsize=10)
        for place, cell in enumerate(cells):
            diagrams.box(
                ax, (7.2 + 3.0 * place, y), f"{cell:.3g}", 2.5, 1.2, "data" if row != 1 else "weights"
            )
    x = 7.2 + 3.0 * places
    diagrams.box(ax, (x + 2.2, 2.0), f"{np.dot(weights, values):.3g}", 2.5, 1.2)
    diagrams.arrow(ax, (x - 1.6, 2.0), (x + 0.9, 2.0), "sum of $a_j v_j$")
    return f"{title}: rows of scores, weights and values for {places} places, and their weighted mean."
