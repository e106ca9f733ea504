"""Levels, clipping, distances of spectra: against what is known of sines and scales."""

import numpy as np
import pytest

from dlcourse.metrics import audio


def test_levels_of_a_sine():
    sine = np.sin(2 * np.pi * np.arange(8_000) * 100 / 8_000)
    assert audio.level(sine) == pytest.approx(-3.0103, abs=1e-3)
    assert audio.level(sine / 10) == pytest.approx(-23.0103, abs=1e-3)
    assert audio.level(np.zeros(5)) == -200
    with pytest.raises(ValueError, match="no samples"):
        audio.level([])


def test_clipping_is_counted():
    assert audio.clipped([0.2, 1.0, -1.0, 0.99]) == 0.5
    assert audio.clipped([0.2, -0.7], limit=0.7) == 0.5


@pytest.mark.parametrize("shift", [-6.0, 0.0, 12.5])
def test_spectra_that_are_louder_everywhere_are_that_many_decibels_apart(shift):
    spectra = np.random.default_rng(0).normal(size=(3, 4, 50))
    np.testing.assert_allclose(audio.log_spectral_distance(spectra, spectra + shift), abs(shift), atol=1e-12)
    assert audio.log_spectral_distance(spectra, spectra + shift).shape == (3, 4)
    with pytest.raises(ValueError, match=r"\(3, 4, 50\) and \(3, 4, 49\)"):
        audio.log_spectral_distance(spectra, spectra[..., 1:])
