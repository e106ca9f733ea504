"""The short-time transform, its inverse, and phases from magnitudes: against SciPy, librosa's numbers, and truths."""

import numpy as np
import pytest
from scipy import signal

from dlcourse.from_scratch import short_time

LIBROSA = {
    (256, 64, 0.0): [0.972259, 1.018371, 0.76808, 1.099986, 0.105909],
    (256, 64, 0.99): [0.790918, 0.94834, 0.852799, 1.122777, 0.29615],
    (512, 128, 0.0): [-0.370822, -0.123101, 0.142898, 0.725932, 0.423429],
    (512, 128, 0.99): [0.734966, 0.851344, 0.227749, 0.465051, -0.392095],
}
"""Samples 500, 700, ... 1300 of librosa 0.11.0's griffinlim: 30 steps, init=None, pad_mode="constant", float64."""


def two_tones(samples=2_000, rate=8_000):
    time = np.arange(samples) / rate
    return np.sin(2 * np.pi * 440 * time) + 0.5 * np.sin(2 * np.pi * 660 * time) * np.linspace(0, 1, samples)


@pytest.mark.parametrize(("length", "hop"), [(256, 64), (512, 128), (100, 33), (512, 256)])
def test_the_inverse_gives_the_wave_back_and_the_transform_is_scipys(length, hop):
    wave = two_tones()
    spectra = short_time.transform(wave, length, hop)
    transform = signal.ShortTimeFFT(short_time.window(length), hop, fs=1)
    theirs = transform.stft(np.pad(wave, length // 2), p0=0, p1=len(spectra), k_offset=length // 2)
    np.testing.assert_allclose(np.abs(spectra), np.abs(theirs.T), atol=1e-9)
    kept = hop * (len(spectra) - 1)
    np.testing.assert_allclose(short_time.inverse(spectra, length, hop), wave[:kept], atol=1e-12)


def test_librosas_inverse_of_spectra_that_no_wave_has():
    length, hop = 256, 64
    shape = (1 + length // 2, 32)
    spectra = np.exp(1j * np.arange(np.prod(shape)).reshape(shape)).T
    found = short_time.inverse(spectra, length, hop, samples=1_900)
    # librosa 0.11.0: istft(hop_length=64, n_fft=256, length=1900)
    np.testing.assert_allclose(found[::475], [0.00015, -0.003197, 0.000782, 0.006677], atol=1e-6)


@pytest.mark.parametrize(("length", "hop", "momentum"), LIBROSA)
def test_griffin_lim_is_librosas(length, hop, momentum):
    magnitudes = np.abs(short_time.transform(two_tones(), length, hop))
    wave, _ = short_time.griffin_lim(
        magnitudes, length, hop, steps=30, momentum=momentum, seed=None, samples=2_000
    )
    np.testing.assert_allclose(wave[500:1_500:200], LIBROSA[length, hop, momentum], atol=1e-5)


@pytest.mark.parametrize("seed", [0, 1])
def test_griffin_lim_never_steps_back_and_finds_no_other_loudness(seed):
    wave = two_tones()
    magnitudes = np.abs(short_time.transform(wave, 256, 64))
    found, distances = short_time.griffin_lim(magnitudes, 256, 64, steps=40, seed=seed, samples=2_000)
    assert (np.diff(distances) < 1e-9).all() and distances[-1] < -10
    assert short_time.inconsistency(magnitudes, found, 256, 64) <= distances[-1] + 1e-9
    assert np.sqrt((found**2).mean()) == pytest.approx(np.sqrt((wave**2).mean()), rel=0.05)
    assert short_time.inconsistency(magnitudes, wave, 256, 64) < -150
    assert short_time.inconsistency(magnitudes, 0 * wave, 256, 64) == pytest.approx(0)


@pytest.mark.parametrize("hertz", [250.0, 400.0, 1_000.0])
def test_a_tone_found_from_magnitudes_has_its_frequency(hertz):
    wave = np.sin(2 * np.pi * hertz * np.arange(4_000) / 8_000)
    found, _ = short_time.griffin_lim(np.abs(short_time.transform(wave, 512, 128)), 512, 128, seed=3)
    spectrum = np.abs(np.fft.rfft(found * short_time.window(len(found))))
    assert spectrum.argmax() * 8_000 / len(found) == pytest.approx(hertz, abs=2 * 8_000 / len(found))


def test_what_is_no_spectrum_is_refused_with_its_shape():
    with pytest.raises(ValueError, match=r"shape \(3, 5\); expected \(frames, 129\)"):
        short_time.inverse(np.ones((3, 5)), 256, 64)
    with pytest.raises(ValueError, match="at most half"):
        short_time.inverse(np.ones((3, 129)), 256, 200)
    with pytest.raises(ValueError, match="griffin_lim"):
        short_time.griffin_lim(-np.ones((3, 129)), 256, 64)
    with pytest.raises(ValueError, match=r"expected \(frames, frequencies\), two frames or more"):
        short_time.griffin_lim(np.ones(129), 256, 64)
