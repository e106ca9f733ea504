"""Figures of music and spectra: piano rolls, levels over frequency and time, morphs."""

import numpy as np

from dlcourse.datasets import melodies
from dlcourse.figures import charts, speech
from dlcourse.style import COLOURS


def piano_roll(ax, window, title):
    """Two bars on an Axes: a bar for each note, from where it begins to where it ends, at its key."""
    window = np.asarray(window)
    starts = [step for step, symbol in enumerate(window) if symbol != melodies.HOLD]
    for start, end in zip(starts, [*starts[1:], len(window)], strict=True):
        if window[start] > melodies.REST:
            key = window[start] + melodies.LOWEST - 2
            ax.broken_barh([(start, end - start - 0.12)], (key - 0.4, 0.8), color=COLOURS[0])
    ax.axvline(melodies.BAR, color="0.6", linewidth=0.8)
    ax.set(title=title, xlabel="eighth notes", ylabel="key", xlim=(0, len(window)), ylim=(54, 87))
    ax.set_xticks(range(0, len(window) + 1, 4))


def piano_rolls(windows, title, *, caption, columns=4, figsize=None):
    """A piano roll for each window, row by row.

    Args:
        windows: dict from title to int (16,).
        title, caption: of the figure.
    """
    charts.row(
        *(
            lambda ax, name=name, window=window: piano_roll(ax, window, name)
            for name, window in windows.items()
        ),
        title=title,
        columns=columns,
        caption=caption,
        alt=f"{title}: piano rolls, bars at keys over 16 eighth notes: {', '.join(windows)}.",
        figsize=figsize or (10.5, 2.3 * -(-len(windows) // columns) + 0.4),
    )


def spectrograms(maps, rate, hop, title, *, caption, figsize=(10.5, 3.0)):
    """Levels over time and frequency, side by side on one scale of colours.

    Args:
        maps: dict from title to levels in dB, float (frames, frequencies).
        rate, hop: samples per second, and from one frame to the next.
    """
    low = min(float(np.min(values)) for values in maps.values())
    high = max(float(np.max(values)) for values in maps.values())

    def drawing(name, values):
        def draw(ax):
            speech.field(ax, values, hop / rate, name, "frequency (kHz)", (0, rate / 2_000))
            ax.images[0].set_clim(low, high)

        return draw

    charts.row(
        *(drawing(name, values) for name, values in maps.items()),
        title=title,
        caption=caption,
        alt=f"{title}: levels over time and frequency, brighter where louder: {', '.join(maps)}.",
        figsize=figsize,
    )
