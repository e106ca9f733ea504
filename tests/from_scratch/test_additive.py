"""Sums of harmonics: against sines written by hand, and read off where the truth is known."""

import numpy as np
import pytest

from dlcourse.from_scratch import additive


def test_a_tone_is_its_sines():
    time = np.arange(900) / 8_000
    by_hand = 0.5 * np.sin(2 * np.pi * 300 * time) + 0.2 * np.sin(2 * np.pi * 900 * time)
    np.testing.assert_allclose(additive.tone(300, [0.5, 0, 0.2], 8_000, 900), by_hand, atol=1e-9)
    rising = additive.tone(300, [[0.0], [1.0]], 8_000, 900)
    np.testing.assert_allclose(rising, np.linspace(0, 1, 900) * np.sin(2 * np.pi * 300 * time), atol=1e-9)


def test_what_would_sound_as_another_is_left_out():
    assert not additive.harmonics(1_500, 3, 8_000, 50)[:, 2].any()
    with_more = additive.tone(1_500, [0.3, 0.2, 0.9], 8_000, 500)
    np.testing.assert_array_equal(with_more, additive.tone(1_500, [0.3, 0.2], 8_000, 500))


@pytest.mark.parametrize("hertz", [150.0, 262.0, 440.0])
def test_amplitudes_are_read_off_whatever_the_phases(hertz):
    random = np.random.default_rng(0)
    amplitudes, phases = random.uniform(0.05, 0.4, 6), random.uniform(0, 2 * np.pi, 6)
    time = np.arange(4_000)[:, None] / 8_000
    wave = (amplitudes * np.sin(2 * np.pi * hertz * np.arange(1, 7) * time + phases)).sum(axis=1)
    found = additive.read_off(wave, hertz, 8, 8_000)
    assert found.shape == (21, 8)
    np.testing.assert_allclose(found[:, :6], np.tile(amplitudes, (21, 1)), rtol=1e-6)
    np.testing.assert_allclose(found[:, 6:], 0, atol=1e-6)


def test_decibels():
    np.testing.assert_allclose(additive.decibels([1, 0.1, 2, 0]), [0, -20, 6.0206, -120], atol=1e-4)


def test_errors_say_what_is_expected():
    with pytest.raises(ValueError, match="expected"):
        additive.tone(0, [1], 8_000, 10)
    with pytest.raises(ValueError, match=r"expected \(harmonics,\) or \(frames, harmonics\)"):
        additive.tone(100, np.ones((2, 2, 2)), 8_000, 10)
