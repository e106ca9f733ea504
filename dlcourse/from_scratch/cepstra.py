"""From a wave to mel-frequency cepstral coefficients, step by step (Davis & Mermelstein 1980).

    samples -> overlapping frames -> power spectra -> mel bands -> decibels -> cepstral coefficients

Frames are centred: frame t is about sample t · hop, and the wave is silent outside. The mel scale is Slaney's
(1998): even up to 1,000 Hz, by equal ratios above.
"""

import numpy as np

from dlcourse import checks

HERTZ_PER_MEL, BEND, RATIO = 200 / 3, 1_000.0, np.log(6.4) / 27
"""Below the bend a mel is so many hertz; above it each is a factor of exp(RATIO)."""
LARGEST = 1e18
"""Samples as large as this are mistakes, and their squares overflow."""
FAINTEST = 1e-10
"""The smallest power that is told from silence: -100 dB."""


def frames(samples, length, hop):
    """Overlapping pieces of a wave, float64 (1 + samples // hop, length); frame t is centred at sample t · hop.

    Args:
        samples: float (samples,).
        length: samples of a frame.
        hop: samples from one frame to the next.

    Raises:
        ValueError: where samples are not one row of numbers, or a length makes no sense.
    """
    samples = checks.numeric("frames(samples)", samples, axes=1)
    checks.between("frames(samples)", samples, -LARGEST, LARGEST)
    length, hop = (
        checks.whole_number("frames(length)", length, least=2),
        checks.whole_number("frames(hop)", hop),
    )
    silent = np.zeros(length // 2)
    wave = np.concatenate([silent, samples, silent, np.zeros(length % 2)])
    starts = hop * np.arange(1 + len(samples) // hop)
    return wave[starts[:, None] + np.arange(length)]


def power_spectra(pieces):
    """How much power each frequency has in each frame, float64 (frames, 1 + length // 2).

    A frame is faded in and out by Hann's window, or its cut ends would look like more frequencies. Column k belongs
    to k · rate / length hertz.

    Args:
        pieces: float (frames, length).
    """
    pieces = checks.numeric("power_spectra(pieces)", pieces, axes=2)
    length = pieces.shape[1]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    return np.abs(np.fft.rfft(pieces * window, axis=1)) ** 2


def to_mel(hertz):
    """Frequencies in mel, of the same shape."""
    hertz = checks.between("to_mel(hertz)", hertz, 0, LARGEST)
    above = BEND / HERTZ_PER_MEL + np.log(np.maximum(hertz, BEND) / BEND) / RATIO
    return np.where(hertz < BEND, hertz / HERTZ_PER_MEL, above)


def to_hertz(mel):
    """Frequencies in hertz, of the same shape: the inverse of ``to_mel``."""
    mel = checks.between("to_hertz(mel)", mel, 0, 1_000)
    bend = BEND / HERTZ_PER_MEL
    return np.where(mel < bend, mel * HERTZ_PER_MEL, BEND * np.exp(RATIO * (np.maximum(mel, bend) - bend)))


def mel_filters(rate, length, bands):
    """Triangles over the frequencies of a spectrum, at equal distances in mel, float64 (bands, 1 + length // 2).

    Each rises from its left neighbour's peak to its own and falls to its right neighbour's; its area over hertz is 1.

    Args:
        rate: samples per second.
        length: samples of a frame.
        bands: how many triangles, from 0 Hz to half the rate.
    """
    rate = checks.positive("mel_filters(rate)", rate)
    length = checks.whole_number("mel_filters(length)", length, least=2)
    bands = checks.whole_number("mel_filters(bands)", bands)
    corners = to_hertz(np.linspace(0, to_mel(rate / 2), bands + 2))
    hertz = np.arange(1 + length // 2) * rate / length
    left, peak, right = (corners[shift : shift + bands, None] for shift in range(3))
    rising, falling = (hertz - left) / (peak - left), (right - hertz) / (right - peak)
    return np.maximum(0, np.minimum(rising, falling)) * 2 / (right - left)


def decibels(power, floor=80.0):
    """Power on a logarithmic scale, 10 log10, of the same shape; nothing is softer than the loudest less ``floor``.

    Args:
        power: float (...), 0 or more.
        floor: in decibels.
    """
    power = checks.between("decibels(power)", power, 0, LARGEST**2)
    levels = 10 * np.log10(np.maximum(power, FAINTEST))
    return (
        np.maximum(levels, levels.max() - checks.positive("decibels(floor)", floor)) if power.size else levels
    )


def cosine_waves(coefficients, bands):
    """Rows of the orthonormal cosine transform (DCT-II), float64 (coefficients, bands): row k has k half waves.

    Row 0 is constant: its coefficient is √bands times the mean level. The next few see the spectrum's broad shape,
    which the mouth makes; the last ones its fine ripple.
    """
    bands = checks.whole_number("cosine_waves(bands)", bands)
    coefficients = checks.whole_number("cosine_waves(coefficients)", coefficients, most=bands)
    number, band = np.arange(coefficients)[:, None], np.arange(bands)
    waves = np.sqrt(2 / bands) * np.cos(np.pi * number * (band + 0.5) / bands)
    waves[0] /= np.sqrt(2)
    return waves


def mfcc(samples, rate, *, length=256, hop=200, bands=40, coefficients=13):
    """All steps: mel-frequency cepstral coefficients of a wave, float32 (1 + samples // hop, coefficients).

    Args:
        samples: float (samples,), usually from -1 to 1.
        rate: samples per second.
        length, hop: samples of a frame, and from one frame to the next.
        bands: mel filters.
        coefficients: how many of the cosine transform are kept.
    """
    power = power_spectra(frames(samples, length, hop)) @ mel_filters(rate, length, bands).T
    return (decibels(power) @ cosine_waves(coefficients, bands).T).astype("float32")
