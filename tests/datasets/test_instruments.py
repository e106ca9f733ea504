"""Recorded notes: that they sound at the pitch they are said to, loudly, unclipped; splits."""

import numpy as np
import pytest

from dlcourse.datasets import instruments
from dlcourse.from_scratch import additive


@pytest.fixture(scope="module")
def notes():
    return instruments.read()


def test_every_note_is_heard_and_none_is_clipped(notes):
    assert notes.waves.shape == (156, 4_000) and len(notes.names) == 16
    peak, level = np.abs(notes.waves).max(axis=1), np.sqrt((notes.waves**2).mean(axis=1))
    assert (peak > 0.65).all() and (peak < 0.75).all() and (level > 0.02).all()


def test_notes_have_the_pitch_that_is_said(notes):
    """Twenty harmonics of it take more of the wave than those of any pitch one to two semitones away."""
    for row in range(0, len(notes), 9):
        wave = notes.waves[row, 800:3_200]
        window = np.hanning(len(wave))[:, None]

        def kept(hertz, wave=wave, window=window):
            k = np.arange(1, int(3_900 / hertz) + 1)
            angle = 2 * np.pi * hertz * k * np.arange(len(wave))[:, None] / 8_000
            waves = np.concatenate([np.sin(angle), np.cos(angle)], axis=1) * window
            found = waves @ np.linalg.lstsq(waves, wave * window[:, 0], rcond=None)[0]
            return (found**2).sum()

        hertz = notes.hertz[row]
        near = max(kept(hertz * 2 ** (cents / 1200)) for cents in (-40, -20, 0, 20, 40))
        assert near > max(kept(hertz * 2 ** (keys / 12)) for keys in (-2, -1, 1, 2)), (row, hertz)


def test_hertz_is_the_equal_temperament():
    np.testing.assert_allclose(
        instruments.hertz(np.array([69, 81, 57, 60])), [440, 880, 220, 261.6256], rtol=1e-6
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_split_is_whole_and_holds_keys_back_from_all_instruments(notes, seed):
    train, validation, held, unseen = instruments.split(notes, seed)
    assert sorted(np.concatenate([train, validation, held, unseen])) == list(range(len(notes)))
    assert len(np.unique(notes.key[unseen])) == 6
    assert not set(notes.key[unseen]) & set(notes.key[np.concatenate([train, validation, held])])


def test_a_note_is_found_by_name_and_key(notes):
    row = notes.find("oboe", 70)
    assert notes.names[notes.instrument[row]] == "oboe" and notes.key[row] == 70
    with pytest.raises(ValueError, match="no such note; instruments: organ"):
        notes.find("kazoo", 60)


def test_one_note_is_mostly_its_harmonics(notes):
    row = notes.find("organ", 60)
    amplitudes = additive.read_off(notes.waves[row], notes.hertz[row], 14, 8_000)
    assert amplitudes.max() > 0.1
