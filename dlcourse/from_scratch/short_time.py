"""The short-time Fourier transform, its inverse, and waves from magnitudes alone (Griffin & Lim 1984).

Frames are those of ``cepstra``: centred, faded by Hann's window, the wave silent outside.
"""

import numpy as np

from dlcourse import checks
from dlcourse.from_scratch import cepstra

TINY = 1e-10
"""Weights below this are no weights: nothing is divided by them."""


def window(length):
    """Hann's window of so many samples, float64 (length,): 0 at the first, 1 in the middle."""
    length = checks.whole_number("window(length)", length, least=2)
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)


def transform(samples, length, hop):
    """The spectrum of each frame, complex128 (1 + samples // hop, 1 + length // 2).

    Args:
        samples: float (samples,).
        length: samples of a frame.
        hop: samples from one frame to the next.
    """
    return np.fft.rfft(cepstra.frames(samples, length, hop) * window(length), axis=1)


def inverse(spectra, length, hop, samples=None):
    """The wave whose transform is nearest to ``spectra`` in squares, float64 (samples,) (Griffin & Lim 1984, eq. 6).

    Each frame is turned back, faded once more, and laid at its place; the sum is divided by that of the squared
    windows. Spectra of a wave give that wave back.

    Args:
        spectra: complex (frames, 1 + length // 2).
        length, hop: as for ``transform``; ``hop`` at most half of ``length``, so that every sample has a weight.
        samples: how many; None: hop · (frames - 1).

    Raises:
        ValueError: where the shape isn't that of frames of this length, or the hop is too large.
    """
    spectra = np.asarray(spectra)
    if spectra.dtype.kind not in "biufc" or not np.isfinite(spectra).all():
        raise ValueError(
            f"inverse(spectra) is {spectra.dtype}; expected finite numbers, such as transform() gives."
        )
    length, hop = (
        checks.whole_number("inverse(length)", length, least=2),
        checks.whole_number("inverse(hop)", hop),
    )
    if spectra.ndim != 2 or spectra.shape[1] != 1 + length // 2 or not len(spectra):
        raise ValueError(
            f"inverse(spectra): shape {spectra.shape}; expected (frames, {1 + length // 2}) for frames of {length}."
        )
    if hop > length // 2:
        raise ValueError(f"inverse(hop={hop}): expected at most half of the frame's {length} samples.")
    shape = window(length)
    pieces = np.fft.irfft(spectra, n=length, axis=1) * shape
    places = hop * np.arange(len(spectra))[:, None] + np.arange(length)
    total, weight = (
        np.bincount(places.ravel(), np.broadcast_to(each, places.shape).ravel())
        for each in (pieces, shape**2)
    )
    wave = np.where(weight > TINY, total / np.maximum(weight, TINY), 0)[length // 2 :]
    samples = (
        hop * (len(spectra) - 1) if samples is None else checks.whole_number("inverse(samples)", samples)
    )
    return np.pad(wave, (0, max(0, samples - len(wave))))[:samples]


def griffin_lim(magnitudes, length, hop, *, steps=60, momentum=0.0, seed=0, samples=None):
    """A wave whose spectra have about these magnitudes, float64 (samples,), and its distance after each step (steps,).

    Starts from random phases, or without a seed from phases of 0. A step makes the wave that is nearest, takes its
    spectra's phases, and puts the given magnitudes back; without momentum it can't increase the distance,
    ``inconsistency``. With ``momentum`` (Perraudin et al. 2013) a step goes on beyond where it would end.

    Args:
        magnitudes: float (frames, 1 + length // 2), 0 or more.
        length, hop, samples: as for ``inverse``.
        steps: how many.
        momentum: 0 for Griffin & Lim's; 0.99 is usual.
        seed: of the first phases; None: all 0.
    """
    magnitudes = checks.between("griffin_lim(magnitudes)", magnitudes, 0, cepstra.LARGEST)
    steps = checks.whole_number("griffin_lim(steps)", steps)
    momentum = float(checks.between("griffin_lim(momentum)", momentum, 0, 1))
    if magnitudes.ndim != 2 or len(magnitudes) < 2:
        raise ValueError(
            f"griffin_lim(magnitudes): shape {magnitudes.shape}; expected (frames, frequencies), two frames or more."
        )
    full = hop * (len(magnitudes) - 1) if samples is None else samples
    phases = np.ones(magnitudes.shape, complex)
    if checks.seed("griffin_lim(seed)", seed) is not None:
        phases = np.exp(2j * np.pi * np.random.default_rng(seed).random(magnitudes.shape))
    before, distances = 0, []
    for _ in range(steps):
        found = transform(inverse(magnitudes * phases, length, hop, full), length, hop)[: len(magnitudes)]
        distances.append(_distance(magnitudes, found))
        ahead = found + momentum * (found - before)
        before = found
        phases = ahead / np.maximum(np.abs(ahead), TINY)
    return inverse(magnitudes * phases, length, hop, full), np.array(distances)


def inconsistency(magnitudes, wave, length, hop):
    """How far a wave's magnitudes are from the given ones, in decibels below their power: 0 is as bad as silence.

    20 log10 of ‖magnitudes - |transform(wave)|‖ / ‖magnitudes‖, also called spectral convergence.
    """
    return _distance(np.asarray(magnitudes, "float64"), transform(wave, length, hop)[: len(magnitudes)])


def _distance(magnitudes, spectra):
    share = np.linalg.norm(magnitudes - np.abs(spectra)) / max(np.linalg.norm(magnitudes), TINY)
    return float(20 * np.log10(max(share, TINY)))
