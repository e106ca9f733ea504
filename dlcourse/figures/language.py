"""Figures of language models: what is fed back, who attends to what, a transformer's block."""

import numpy as np

from dlcourse.figures import diagrams
from dlcourse.style import figure_function


@figure_function(figsize=(9.2, 3.6))
def teacher_forcing(ax, text="nel m", title="Training and generating"):
    """Left the book's letters go in, whatever the network expects; right its own letter comes back as the next input.

    Args:
        ax: Matplotlib Axes.
        text: letters to show, five or more; a blank is drawn as a low line.
    """
    letters = [letter.replace(" ", "_") for letter in text]
    steps, gap = len(letters) - 1, 3.2
    shift = steps * gap + 3.0
    diagrams.canvas(ax, 2 * shift - 2.0, 9.4, title)
    for side, name in enumerate(["teacher forcing: the book's letters", "generating: its own letters"]):
        left = 1.6 + side * shift
        for step in range(steps):
            x = left + step * gap
            own = side and step
            diagrams.box(ax, (x, 1.0), letters[step] if not own else "?", 1.6, 1.3, "data")
            diagrams.box(ax, (x, 4.0), f"$h_{step + 1}$", 1.8, 1.5, "weights")
            diagrams.box(ax, (x, 7.0), f"$p_{step + 1}$", 1.8, 1.3, "plain")
            diagrams.arrow(ax, (x, 1.65), (x, 3.25))
            diagrams.arrow(ax, (x, 4.75), (x, 6.35))
            if step < steps - 1:
                diagrams.arrow(ax, (x + 0.9, 4.0), (x + gap - 0.9, 4.0))
                if side:
                    diagrams.arrow(ax, (x + 0.9, 6.7), (x + gap - 0.8, 1.3), dashed=True)
        ax.text(left + (steps - 1) * gap / 2, 8.7, name, ha="center", va="center", fontsize=10)
    return (
        f"Left: {steps} states in a row; under each a letter of the book, above each the probabilities of the next. "
        "Right: the same, but from the second step on a dashed arrow leads from the probabilities to the next input, "
        "marked with a question mark."
    )


@figure_function(figsize=(5.4, 4.6))
def attention(ax, weights, text, title="Who attends to whom"):
    """Attention weights as a map: row, the letter that looks; column, the letter that is looked at.

    Args:
        ax: Matplotlib Axes.
        weights: float (letters, letters); each row sums to 1.
        text: its letters.
    """
    letters = [letter.replace("\n", "/").replace(" ", "_") for letter in text]
    ax.imshow(weights, vmin=0, vmax=np.max(weights), cmap="Greys")
    ax.set_xticks(range(len(letters)), letters)
    ax.set_yticks(range(len(letters)), letters)
    ax.grid(False)
    ax.set(xlabel="letter that is looked at", ylabel="letter that looks", title=title)
    return f"{title}: a map of {len(letters)} by {len(letters)} weights, white above the diagonal."


@figure_function(figsize=(9.6, 3.0))
def transformer_block(ax, title="A block of a transformer"):
    """Attention and two dense layers, each behind a normalisation, each added to what came in.

    Args:
        ax: Matplotlib Axes.
    """
    diagrams.canvas(ax, 34.0, 8.2, title)
    centre = 2.8
    diagrams.box(ax, (1.5, centre), "$x$", 1.8, 1.6, "data")
    parts = [
        (6.0, "normalise", "plain", 3.6), (11.6, "attention,\nlooking back", "weights", 4.6), (16.2, "+", "plain", 1.4),
        (20.6, "normalise", "plain", 3.6), (26.0, "Dense, GELU,\nDense", "weights", 4.8), (30.6, "+", "plain", 1.4),
    ]  # fmt: skip
    before = 2.4
    for x, text, fill, width in parts:
        diagrams.box(ax, (x, centre), text, width, 2.2 if "\n" in text else 1.5, fill)
        diagrams.arrow(ax, (before, centre), (x - width / 2, centre))
        before = x + width / 2
    diagrams.arrow(ax, (before, centre), (33.8, centre))
    for start, end in [(3.1, 16.2), (18.0, 30.6)]:
        ax.plot([start, start, end], [centre, 6.4, 6.4], color=diagrams.EDGE, linewidth=1.3)
        diagrams.arrow(ax, (end, 6.4), (end, centre + 0.75))
        ax.text((start + end) / 2, 7.1, "as it came", ha="center", va="center", fontsize=9)
    return (
        "Boxes in a row: x, normalise, attention looking back, plus, normalise, two dense layers with GELU, plus. A "
        "line "
        "leads past attention, and another past the dense layers, each to its plus."
    )
