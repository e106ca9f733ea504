"""From wave to cepstral coefficients, against SciPy, librosa's numbers, and what physics says of a tone."""

import numpy as np
import pytest
from scipy import fft, signal

from dlcourse.from_scratch import cepstra


def chirp(samples=4_000, rate=8_000):
    time = np.arange(samples) / rate
    return np.sin(2 * np.pi * (300 * time + 900 * time**2)) * np.linspace(0.2, 1, samples)


@pytest.mark.parametrize(("length", "hop"), [(256, 80), (256, 200), (512, 200), (100, 33)])
def test_spectra_are_scipys(length, hop):
    wave = chirp()
    ours = cepstra.power_spectra(cepstra.frames(wave, length, hop))
    padded = np.pad(wave, length // 2)
    transform = signal.ShortTimeFFT(signal.get_window("hann", length), hop, fs=1)
    theirs = np.abs(transform.stft(padded, p0=0, p1=len(ours), k_offset=length // 2)) ** 2
    assert ours.shape == (1 + len(wave) // hop, 1 + length // 2)
    np.testing.assert_allclose(ours, theirs.T, atol=1e-8)


@pytest.mark.parametrize("hertz", [500, 1_000, 3_000])
def test_a_tones_power_lies_at_its_frequency(hertz):
    wave = np.sin(2 * np.pi * hertz * np.arange(8_000) / 8_000)
    power = cepstra.power_spectra(cepstra.frames(wave, 256, 200))[5]
    assert power.argmax() * 8_000 / 256 == pytest.approx(hertz, abs=8_000 / 256)
    filters = cepstra.mel_filters(8_000, 256, 40)
    band = (filters @ power).argmax()
    corners = cepstra.to_hertz(np.linspace(0, cepstra.to_mel(4_000), 42))
    assert corners[band] < hertz < corners[band + 2]


def test_above_half_the_rate_a_tone_is_heard_as_another():
    time = np.arange(800) / 8_000
    np.testing.assert_allclose(np.cos(2 * np.pi * 5_000 * time), np.cos(2 * np.pi * 3_000 * time), atol=1e-9)


def test_mel_is_even_below_1_000_hertz_and_by_ratios_above():
    assert cepstra.to_mel(np.array([0, 200, 400, 1_000])).tolist() == pytest.approx([0, 3, 6, 15])
    assert cepstra.to_mel(6_400) - cepstra.to_mel(1_000) == pytest.approx(
        27
    )  # Slaney's 27 steps for a factor of 6.4
    hertz = np.linspace(0, 4_000, 57)
    np.testing.assert_allclose(cepstra.to_hertz(cepstra.to_mel(hertz)), hertz, atol=1e-9)


def test_filters_have_the_area_one():
    fine = 2**16
    filters = cepstra.mel_filters(8_000, fine, 20)
    np.testing.assert_allclose(filters.sum(axis=1) * 8_000 / fine, 1, rtol=1e-3)


def test_cosine_waves_are_the_cosine_transform():
    levels = np.random.default_rng(0).normal(size=(5, 40))
    np.testing.assert_allclose(
        levels @ cepstra.cosine_waves(13, 40).T, fft.dct(levels, norm="ortho")[:, :13], atol=1e-12
    )
    waves = cepstra.cosine_waves(40, 40)
    np.testing.assert_allclose(waves @ waves.T, np.eye(40), atol=1e-12)


def test_decibels():
    assert cepstra.decibels(np.array([1.0, 10.0, 0.001])).tolist() == pytest.approx([0, 10, -30])
    assert cepstra.decibels(np.array([1.0, 0.0]), floor=50).tolist() == [0, -50]
    assert cepstra.decibels(np.array([0.0])) == pytest.approx([-100])


def test_twice_as_loud_raises_the_first_coefficient_alone():
    soft, loud = cepstra.mfcc(chirp(), 8_000), cepstra.mfcc(2 * chirp(), 8_000)
    raised = (loud - soft)[3:-3]
    np.testing.assert_allclose(raised[:, 0], 20 * np.log10(2) * np.sqrt(40), rtol=1e-3)
    np.testing.assert_allclose(raised[:, 1:], 0, atol=1e-3)


# Rows of librosa 0.11.0:
# librosa.feature.mfcc(y=chirp(), sr=8_000, n_mfcc=13, n_fft=256, hop_length=200, n_mels=40)
LIBROSA = {
    2: [
        -335.723,
        67.618,
        39.688,
        4.252,
        -27.074,
        -45.555,
        -48.253,
        -38.112,
        -21.587,
        -5.359,
        6.18,
        11.731,
        12.329,
    ],
    10: [
        -332.02,
        44.751,
        -32.868,
        -74.651,
        -46.18,
        16.987,
        53.035,
        36.803,
        -4.559,
        -29.261,
        -22.553,
        -1.173,
        12.271,
    ],
}


@pytest.mark.parametrize("row", LIBROSA)
def test_coefficients_are_librosas(row):
    found = cepstra.mfcc(chirp(), 8_000)
    assert found.shape == (21, 13)
    np.testing.assert_allclose(found[row], LIBROSA[row], atol=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cepstra.frames(np.zeros((2, 5)), 4, 2), "1 axes"),
        (lambda: cepstra.frames(np.zeros(5), 1, 2), r"frames\(length\)"),
        (lambda: cepstra.decibels(np.array([-1.0])), r"decibels\(power\)"),
        (lambda: cepstra.mel_filters(0, 256, 40), r"mel_filters\(rate\)"),
        (lambda: cepstra.cosine_waves(41, 40), r"cosine_waves\(coefficients\)"),
    ],
)
def test_what_makes_no_sense_is_an_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()
