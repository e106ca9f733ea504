"""Forecasts of frames without a network."""

import numpy as np
import pytest

from dlcourse.from_scratch import frame_forecast

RANDOM = np.random.default_rng(2)


def test_a_clip_that_stands_still_is_predicted_by_both():
    past = np.repeat(RANDOM.random((3, 1, 5, 4, 1)), 4, axis=1)
    for forecast in (frame_forecast.copied, frame_forecast.extrapolated):
        found = forecast(past, 3)
        assert found.shape == (3, 3, 5, 4, 1) and found.dtype == np.float32
        np.testing.assert_allclose(found, past[:, :3], atol=1e-6)


def test_pixels_that_change_evenly_are_extrapolated_and_stop_at_white():
    time = np.arange(10)[None, :, None, None, None]
    clip = np.clip(0.1 + 0.15 * np.ones((1, 10, 2, 3, 1)) * time, 0, 1)
    found = frame_forecast.extrapolated(clip[:, :3], 7)
    np.testing.assert_allclose(found, clip[:, 3:], atol=1e-6)
    assert np.abs(frame_forecast.copied(clip[:, :3], 7) - clip[:, 3:]).max() > 0.5


def test_a_calibrated_guess_is_worth_the_share_that_comes_true():
    guess = (RANDOM.random((400, 2, 6, 6, 1)) < 0.5).astype(float)
    flipped = RANDOM.random(guess.shape) < np.array([0.1, 0.4])[:, None, None, None]
    truth = np.abs(guess - flipped)
    found = frame_forecast.Calibrated(guess, truth, bins=4)(guess)
    for horizon, wrong in enumerate((0.1, 0.4)):
        for said, expected in ((0, wrong), (1, 1 - wrong)):
            values = found[:, horizon][guess[:, horizon] == said]
            assert np.ptp(values) == 0 and values[0] == pytest.approx(expected, abs=0.02)


def test_bad_input_says_what_was_expected():
    with pytest.raises(ValueError, match="2 frames or more"):
        frame_forecast.extrapolated(np.zeros((1, 1, 3, 3, 1)), 2)
    with pytest.raises(ValueError, match="1 or more"):
        frame_forecast.copied(np.zeros((1, 2, 3, 3, 1)), 0)
    calibrated = frame_forecast.Calibrated(np.zeros((2, 3, 4, 4, 1)), np.zeros((2, 3, 4, 4, 1)))
    with pytest.raises(ValueError, match="calibration of 3 frames"):
        calibrated(np.zeros((2, 4, 4, 4, 1)))
    with pytest.raises(ValueError, match="of the same shape"):
        frame_forecast.Calibrated(np.zeros((2, 3, 4, 4, 1)), np.zeros((2, 2, 4, 4, 1)))
