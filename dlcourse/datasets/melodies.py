"""Chorale melodies in eighth notes: read, sorted into tunes, cut into two bars, transposed.

A step is one symbol: ``HOLD`` (the note goes on), ``REST``, or a key (MIDI's number) that begins, as
``key - LOWEST + 2``.
"""

import dataclasses

import numpy as np

from dlcourse import checks
from dlcourse.datasets import catalogue

HOLD, REST, LOWEST, HIGHEST, STEPS, BAR = 0, 1, 55, 86, 16, 8
SYMBOLS = HIGHEST - LOWEST + 3
ALIKE = 0.3
"""Two chorales have one tune where they share this part of the six-note figures of the shorter one."""


@dataclasses.dataclass(frozen=True, eq=False)
class Chorale:
    """The soprano of a chorale: symbols int32 (steps,), steps before its first full bar, sharps of its signature."""

    symbols: np.ndarray
    pickup: int
    sharps: int
    tune: int


def chorales():
    """All melodies of data/chorales.npz, a tuple of Chorale; those that share much of their melody share ``tune``."""
    arrays = catalogue.arrays(catalogue.entry("chorales")["files"][0])
    lines = np.split(arrays["steps"].astype("int32"), np.cumsum(arrays["lengths"].astype("int64"))[:-1])
    lines = [np.where(line > REST, line - LOWEST + 2, line) for line in lines]
    return tuple(
        Chorale(line, int(pickup), int(sharps), tune)
        for line, pickup, sharps, tune in zip(
            lines, arrays["pickup"], arrays["sharps"], _tunes(lines), strict=True
        )
    )


def _tunes(lines):
    """A number for each line: the first line that it is alike to, directly or by way of others."""
    figures = [_figures(line) for line in lines]
    tune = list(range(len(lines)))
    for later in range(len(lines)):
        for earlier in range(later):
            shorter = min(len(figures[later]), len(figures[earlier]))
            if len(figures[later] & figures[earlier]) > ALIKE * shorter and tune[later] != tune[earlier]:
                low, high = sorted((tune[later], tune[earlier]))
                tune = [low if number == high else number for number in tune]
    return tune


def _figures(line):
    """The set of six-note figures of a line, each as its five intervals."""
    intervals = np.diff(line[line > REST])
    return {tuple(intervals[start : start + 5]) for start in range(len(intervals) - 4)}


def two_bars(lines, every=1):
    """Windows of two whole bars, int32 (windows, 16); a note that is held into a window begins with it.

    Args:
        lines: Chorales.
        every: bars from one window to the next.
    """
    every, found = checks.whole_number("two_bars(every)", every), []
    for line in lines:
        for start in range(line.pickup, len(line.symbols) - STEPS + 1, every * BAR):
            window = line.symbols[start : start + STEPS].copy()
            before = line.symbols[:start]
            if window[0] == HOLD and (before != HOLD).any():
                window[0] = before[before != HOLD][-1]
            if (window > REST).any():
                found.append(window)
    return np.array(found, "int32").reshape(-1, STEPS)


def split(seed, parts=(0.7, 0.1, 0.2)):
    """Chorales to train on, for validation and to test, three tuples; no tune is in two of them.

    Args:
        seed: which tunes go where.
        parts: shares of the tunes.
    """
    lines = chorales()
    tunes = np.unique([line.tune for line in lines])
    order = np.random.default_rng(checks.seed("split(seed)", seed)).permutation(tunes)
    ends = np.round(np.cumsum(parts)[:-1] * len(order)).astype(int)
    return tuple(
        tuple(line for line in lines if line.tune in set(part.tolist())) for part in np.split(order, ends)
    )


def transposed(windows, by):
    """Windows moved up by so many keys; holds and rests stay. int32, of the same shape.

    Args:
        windows: int (windows, 16).
        by: int, one number or (windows,).

    Raises:
        ValueError: where a note would leave the range from ``LOWEST`` to ``HIGHEST``.
    """
    windows = _checked("transposed", windows)
    moved = np.where(windows > REST, windows + np.reshape(np.asarray(by, "int32"), (-1, 1)), windows)
    notes = moved[windows > REST]
    if notes.size and (notes.min() <= REST or notes.max() >= SYMBOLS):
        raise ValueError(
            f"transposed(by={by!r}): a note would leave the keys {LOWEST} to {HIGHEST}; `room` says how far each goes."
        )
    return moved.astype("int32")


def room(windows, most=6):
    """How far each window can be moved down (0 or less) and up, two int arrays (windows,), ``most`` at most."""
    windows = _checked("room", windows)
    notes = np.where(windows > REST, windows, SYMBOLS)
    lowest = notes.min(axis=1)
    highest = np.where(windows > REST, windows, 0).max(axis=1)
    return np.maximum(-most, np.minimum(0, 2 - lowest)), np.clip(SYMBOLS - 1 - highest, 0, most)


def in_every_key(windows, most=6):
    """Each window at each place where it fits, from ``most`` keys below to ``most`` above, int32 (more, 16)."""
    low, high = room(windows, most)
    return np.concatenate(
        [
            transposed(windows[(low <= by) & (by <= high)], by)
            for by in range(-most, most + 1)
            if ((low <= by) & (by <= high)).any()
        ]
    )


def keys(window):
    """The keys (MIDI's numbers) of the notes of one window, int (notes,)."""
    window = np.asarray(window)
    return window[window > REST] + LOWEST - 2


def in_one_scale(window):
    """The largest share of a window's notes that one major scale has, of all twelve; 1 where there are no notes."""
    classes = keys(window) % 12
    if not len(classes):
        return 1.0
    scale = np.isin(np.arange(12), [0, 2, 4, 5, 7, 9, 11])
    return max(float(scale[(classes - tonic) % 12].mean()) for tonic in range(12))


def _checked(name, windows):
    windows = np.asarray(windows)
    if (
        windows.ndim != 2
        or windows.dtype.kind not in "iu"
        or not ((windows >= 0) & (windows < SYMBOLS)).all()
    ):
        raise ValueError(
            f"{name}(windows): {windows.dtype} {windows.shape}; expected whole numbers from 0 to {SYMBOLS - 1}, "
            "(windows, steps), such as two_bars(chorales()) gives."
        )
    return windows
