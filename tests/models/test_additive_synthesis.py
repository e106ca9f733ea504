"""The differentiable synthesiser: the NumPy sum of sines, and gradients that find amplitudes and pitch."""

import numpy as np
import pytest

from dlcourse.experiments import audio
from dlcourse.from_scratch import additive as by_hand
from dlcourse.models import additive


@pytest.mark.parametrize("hertz", [110.0, 440.0])
def test_it_sounds_as_the_sum_of_sines_does(hertz):
    model = additive.AdditiveSynthesiser([hertz, 2 * hertz], 1_000, 8_000, harmonics=10, frames=5)
    model.raw.assign(np.random.default_rng(0).normal(size=model.raw.shape))
    amplitudes = model.amplitudes().numpy()
    expected = [by_hand.tone(f, a, 8_000, 1_000) for f, a in zip([hertz, 2 * hertz], amplitudes, strict=True)]
    np.testing.assert_allclose(model.waves(), expected, atol=2e-4)
    model.bend.assign([0.25, 0.0])
    np.testing.assert_allclose(model.cents(), [5, 0])
    bent = by_hand.tone(hertz * 2 ** (5 / 1200), amplitudes[0], 8_000, 1_000)
    np.testing.assert_allclose(model.waves()[0], bent, atol=5e-3)


def test_the_distance_is_0_for_equal_waves_whatever_their_sign_and_grows():
    wave = by_hand.tone(300, [0.3, 0.2], 8_000, 2_000).astype("float32")[None]
    assert additive.spectral_distance(wave, wave).numpy() == pytest.approx(0)
    assert additive.spectral_distance(-wave, wave).numpy() == pytest.approx(0, abs=1e-5)
    near, far = (additive.spectral_distance(wave * factor, wave).numpy() for factor in (1.1, 2.0))
    assert 0 < near < far


def test_descent_finds_amplitudes_that_are_known():
    hertz, amplitudes = np.array([220.0]), np.array([[0.3, 0.05, 0.15, 0.02]])
    wave = by_hand.tone(220, amplitudes[0], 8_000, 1_500)[None]
    model, distances = audio.fit_tones(wave, hertz, steps=150, harmonics=4)
    assert distances.shape == (150, 1) and distances[-1] < 0.5 * distances[0]
    found = by_hand.decibels(model.amplitudes().numpy()[0, 5:-5])
    assert np.abs(found - by_hand.decibels(amplitudes)).mean() < 1


def test_wrong_pitches_are_refused():
    with pytest.raises(ValueError, match="frequencies above 0"):
        additive.AdditiveSynthesiser([0.0], 100, 8_000)


def test_waves_of_other_shapes_and_shorter_than_a_frame_are_refused():
    with pytest.raises(ValueError, match=r"shapes \(1, 300\) and \(1, 300\).*512 samples or more"):
        additive.spectral_distance(np.zeros((1, 300), "float32"), np.zeros((1, 300), "float32"))
    with pytest.raises(ValueError, match=r"shapes \(2, 600\) and \(1, 600\)"):
        additive.spectral_distance(np.zeros((2, 600), "float32"), np.zeros((1, 600), "float32"))
    with pytest.raises(
        ValueError, match=r"shapes \(600,\) and \(1,\); expected \(tones, samples\) and \(tones,\)"
    ):
        audio.fit_tones(np.zeros(600), [220.0])
    with pytest.raises(ValueError, match=r"shapes \(5, 600\) and \(1,\)"):
        audio.fit_tones(np.zeros((5, 600)), [220.0])
