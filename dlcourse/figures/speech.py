"""Figures of sound and speech: waves, maps over time, alignments; drawings of sampling, warping and CTC's paths."""

import numpy as np

from dlcourse.figures import charts, diagrams
from dlcourse.style import COLOURS, figure_function


@figure_function(figsize=(7.6, 3.0))
def sampled(ax, low, high, rate, duration=0.002, title="Two tones, the same samples"):
    """Two cosines and the moments at which they are sampled.

    Args:
        ax: Matplotlib Axes.
        low, high: frequencies in Hz.
        rate: samples per second.
        duration: in seconds.
    """
    fine, moments = np.linspace(0, duration, 2_000), np.arange(0, duration * (1 + 1e-9), 1 / rate)
    for hertz, line, colour in [(high, ":", COLOURS[1]), (low, "-", COLOURS[0])]:
        ax.plot(1e3 * fine, np.cos(2 * np.pi * hertz * fine), line, color=colour, label=f"{hertz:,.0f} Hz")
    ax.plot(1e3 * moments, np.cos(2 * np.pi * low * moments), "ko", markersize=5, label="samples", zorder=4)
    ax.set(xlabel="time (ms)", ylabel="pressure", title=title)
    ax.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return (
        f"Line chart: {title}. A tone of {low:,.0f} Hz and one of {high:,.0f} Hz, dotted, pass through the same dots, "
        f"{rate:,.0f} per second."
    )


def wave(ax, samples, rate, title):
    """A wave over time in milliseconds, drawn on an Axes."""
    ax.plot(1e3 * np.arange(len(samples)) / rate, samples, color=COLOURS[0], linewidth=0.6)
    ax.set(xlabel="time (ms)", ylabel="pressure", title=title)


def field(ax, values, seconds, title, ylabel, edges=None, signed=False):
    """A map over time, drawn on an Axes: float (frames, rows), the first row at the bottom.

    Args:
        seconds: from one frame to the next.
        edges: what the first row's lower and the last row's upper edge are worth; None: 0 and the number of rows.
        signed: whether colours tell signs apart: red below 0, blue above.
    """
    values = np.asarray(values)
    low, high = (0, values.shape[1]) if edges is None else edges
    largest = np.abs(values).max()
    colours = {"cmap": "RdBu", "vmin": -largest, "vmax": largest} if signed else {"cmap": "magma"}
    extent = (0, 1e3 * seconds * len(values), low, high)
    ax.imshow(values.T, origin="lower", aspect="auto", extent=extent, interpolation="nearest", **colours)
    ax.set(xlabel="time (ms)", ylabel=ylabel, title=title)
    ax.grid(False)


def steps(sounds, rate, hop, *, caption, alt=None):
    """From wave to coefficients: a row for each sound, with its wave, spectra, mel levels and coefficients.

    Args:
        sounds: dict from name to (samples, spectra in dB, mel levels in dB, coefficients): (samples,), (frames, bins),
            (frames, bands), (frames, coefficients).
        rate: samples per second.
        hop: samples from one frame to the next.
    """

    def drawings(name, parts):
        samples, spectra, levels, coefficients = parts
        seconds = hop / rate
        return [
            lambda ax: wave(ax, samples, rate, f"{name}: wave"),
            lambda ax: field(ax, spectra, seconds, "power (dB)", "frequency (kHz)", (0, rate / 2_000)),
            lambda ax: field(ax, levels, seconds, "mel levels (dB)", "mel band"),
            lambda ax: field(
                ax, coefficients[:, 1:], seconds, "coefficients 1 to 12", "number", (0.5, 12.5), signed=True
            ),
        ]

    charts.row(
        *(draw for name, parts in sounds.items() for draw in drawings(name, parts)),
        columns=4,
        figsize=(11.0, 2.5 * len(sounds)),
        caption=caption,
        alt=alt
        or f"A row for each of {', '.join(sounds)}: wave, spectra, mel levels and coefficients over time.",
    )


@figure_function(figsize=(7.4, 3.0))
def filters(ax, weights, rate, title="Mel filters"):
    """Triangles over frequency.

    Args:
        ax: Matplotlib Axes.
        weights: float (bands, bins).
        rate: samples per second.
    """
    hertz = np.linspace(0, rate / 2, weights.shape[1])
    for number, row in enumerate(weights):
        ax.plot(hertz, row, color=COLOURS[number % 3], linewidth=1.2)
    ax.set(xlabel="frequency (Hz)", ylabel="weight (1/Hz)", title=title)
    return f"Line chart: {title}. {len(weights)} triangles, narrow at low frequencies, wide and flat at high ones."


@figure_function(figsize=(5.4, 4.4))
def warping(ax, table, path, title, xlabel, ylabel):
    """What it costs to come to each pair of frames, and the cheapest path.

    Args:
        ax: Matplotlib Axes.
        table: float (frames of one, frames of other).
        path: list of (frame of one, frame of other).
    """
    rows, columns = np.array(path).T
    picture = ax.imshow(table, origin="lower", aspect="auto", cmap="Greys")
    ax.plot(columns, rows, "o-", color=COLOURS[1], markersize=3)
    ax.figure.colorbar(picture, ax=ax, label="cost of the cheapest path so far")
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_major_locator().set_params(integer=True)  # there are no half frames
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.grid(False)
    return f"{title}: a grid of two recordings' frames, darker where dearer, and a path through it."


@figure_function(figsize=(6.4, 3.6))
def lattice(ax, labels, frames, title="All paths of two labels"):
    """CTC's places (blanks and labels) over frames, and the steps between them.

    Args:
        ax: Matplotlib Axes.
        labels: list of texts.
        frames: how many.
    """
    places = ["–"]
    for label in labels:
        places += [label, "–"]
    gap, high = 3.4, 1.9
    diagrams.canvas(ax, frames * gap + 3.2, len(places) * high + 1.2, title)

    def at(frame, place):
        return 4.0 + frame * gap, 1.8 + (len(places) - 1 - place) * high

    def reachable(frame, place):
        left = frames - 1 - frame
        return place <= 1 + 2 * frame and place >= len(places) - 2 - 2 * left

    def steps_from(place):
        ends = [place, place + 1]
        if place % 2 and place + 2 < len(places) and places[place] != places[place + 2]:
            ends.append(place + 2)
        return [end for end in ends if end < len(places)]

    for place, text in enumerate(places):
        ax.text(1.2, at(0, place)[1], text, ha="center", va="center", fontsize=11)
        for frame in range(frames):
            if not reachable(frame, place):
                continue
            for end in steps_from(place) if frame + 1 < frames else []:
                if reachable(frame + 1, end):
                    start, stop = np.array(at(frame, place)), np.array(at(frame + 1, end))
                    along = (stop - start) / np.hypot(*(stop - start))
                    diagrams.arrow(ax, tuple(start + 0.45 * along), tuple(stop - 0.45 * along))
            from matplotlib.patches import Circle

            ax.add_patch(
                Circle(
                    at(frame, place),
                    0.42,
                    facecolor="0.82" if place % 2 else "white",
                    edgecolor=diagrams.EDGE,
                )
            )
    for frame in range(frames):
        ax.text(at(frame, 0)[0], 0.4, f"frame {frame + 1}", ha="center", va="center", fontsize=9)
    return (
        f"{title}: rows {', '.join(places)} (– is the blank) over {frames} frames; arrows stay, go to the next row, or "
        "skip a blank between two different labels."
    )


@figure_function(figsize=(9.4, 3.2))
def alignment(ax, probabilities, spans, digits, seconds, title):
    """What a network says at each frame, and where each digit really was.

    Args:
        ax: Matplotlib Axes.
        probabilities: float (outputs, 11), the blank first.
        spans: int (digits, 2), first output frame of each digit and the first after it, in units of outputs.
        digits: list of whole numbers.
        seconds: from one output to the next.
    """
    time = 1e3 * seconds * np.arange(len(probabilities))
    for (start, end), digit in zip(spans, digits, strict=True):
        ax.axvspan(1e3 * seconds * start, 1e3 * seconds * end, color="0.88", linewidth=0)
        ax.text(1e3 * seconds * (start + end) / 2, 1.08, str(digit), ha="center", va="center", fontsize=11)
    ax.plot(time, probabilities[:, 0], color="0.45", linestyle=":", linewidth=1.2, label="blank")
    for index, digit in enumerate(sorted(set(digits))):
        ax.plot(
            time,
            probabilities[:, digit + 1],
            color=COLOURS[index % len(COLOURS)],
            marker=".",
            markersize=4,
            label=str(digit),
        )
    ax.set(xlabel="time (ms)", ylabel="probability", title=title, ylim=(-0.03, 1.18), xlim=(0, time[-1]))
    ax.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return (
        f"Line chart: {title}. Grey: where digits {', '.join(map(str, digits))} were, lines of probability."
    )
