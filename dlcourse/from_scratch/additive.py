"""Tones as sums of sines: made from harmonics' amplitudes, and harmonics' amplitudes read off a tone.

Harmonic k sounds at k times the fundamental; those at half the rate or above are left out, since they would sound as
others.
"""

import numpy as np

from dlcourse import checks
from dlcourse.from_scratch import short_time

LARGEST = 1e18
"""Samples as large as this are mistakes, and their squares overflow."""
SILENT = 1e-6
"""Amplitudes below this, -120 dB, count as this in decibels."""


def tone(hertz, amplitudes, rate, samples):
    """A sum of harmonics, float64 (samples,): sum over k of a_k(t) sin(2π k hertz t).

    Args:
        hertz: frequency of the fundamental.
        amplitudes: float (harmonics,), constant; or (frames, harmonics), at equal distances from the first sample to
            the last, in between by straight lines.
        rate: samples per second.
        samples: how many.
    """
    hertz, rate = checks.positive("tone(hertz)", hertz), checks.positive("tone(rate)", rate)
    samples = checks.whole_number("tone(samples)", samples)
    amplitudes = np.atleast_2d(checks.between("tone(amplitudes)", amplitudes, -LARGEST, LARGEST))
    if amplitudes.ndim != 2 or not amplitudes.size:
        raise ValueError(
            f"tone(amplitudes): shape {amplitudes.shape}; expected (harmonics,) or (frames, harmonics)."
        )
    waves = harmonics(hertz, amplitudes.shape[1], rate, samples)
    return (spread(amplitudes, samples) * waves).sum(axis=1)


def harmonics(hertz, number, rate, samples):
    """sin(2π k hertz t) for k = 1 ... number, float64 (samples, number); 0 where k hertz reaches half the rate."""
    k = np.arange(1, number + 1)
    return np.where(
        k * hertz < rate / 2, np.sin(2 * np.pi * hertz * k * np.arange(samples)[:, None] / rate), 0.0
    )


def spread(amplitudes, samples):
    """Amplitudes (frames, harmonics) at each sample, float64 (samples, harmonics), by straight lines."""
    places = np.linspace(0, len(amplitudes) - 1, samples)
    before = np.minimum(places.astype(int), max(0, len(amplitudes) - 2))
    after = np.minimum(before + 1, len(amplitudes) - 1)
    share = (places - before)[:, None]
    return (1 - share) * amplitudes[before] + share * amplitudes[after]


def read_off(wave, hertz, number, rate, *, frames=21, length=512):
    """Amplitudes of harmonics around equally distant places, by least squares of sines and cosines under a window.

    Args:
        wave: float (samples,).
        hertz: of the fundamental; known.
        number: of harmonics; those at half the rate or above get 0.
        rate: samples per second.
        frames: places, the first at the first sample, the last at the last.
        length: samples of the window around a place.

    Returns:
        float64 (frames, number).
    """
    wave = checks.between("read_off(wave)", wave, -LARGEST, LARGEST)
    hertz, rate = checks.positive("read_off(hertz)", hertz), checks.positive("read_off(rate)", rate)
    number, frames = (
        checks.whole_number("read_off(number)", number),
        checks.whole_number("read_off(frames)", frames),
    )
    length = checks.whole_number("read_off(length)", length, least=2)
    if wave.ndim != 1 or len(wave) < length:
        raise ValueError(
            f"read_off(wave): shape {wave.shape}; expected (samples,), as many as a window of {length} or more."
        )
    k = np.arange(1, number + 1)
    k = k[k * hertz < rate / 2]
    angle = 2 * np.pi * hertz * k * np.arange(len(wave))[:, None] / rate
    waves = np.concatenate([np.sin(angle), np.cos(angle)], axis=1)
    found = np.zeros((frames, number))
    for frame, centre in enumerate(np.linspace(0, len(wave) - 1, frames)):
        start = int(np.clip(round(centre) - length // 2, 0, max(0, len(wave) - length)))
        rows = slice(start, start + length)
        weight = short_time.window(len(wave[rows]))[:, None]
        parts, *_ = np.linalg.lstsq(waves[rows] * weight, wave[rows] * weight[:, 0], rcond=1e-6)
        found[frame, : len(k)] = np.hypot(*np.split(parts, 2))
    return found


def decibels(amplitudes):
    """20 log10 of amplitudes, of the same shape; nothing below -120."""
    return 20 * np.log10(np.maximum(np.abs(np.asarray(amplitudes, "float64")), SILENT))
