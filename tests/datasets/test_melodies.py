"""Chorale melodies: against the music as it is known, and splits that share no tune."""

import numpy as np
import pytest

from dlcourse.datasets import melodies


def test_the_first_chorale_in_common_time_is_the_one_that_is_known():
    """Aus meines Herzens Grunde is in three; the next in common time, BWV 347, begins A A A A B G F sharp E."""
    first = melodies.chorales()[0]
    np.testing.assert_array_equal(melodies.keys(first.symbols)[:8], [69, 69, 69, 69, 71, 67, 66, 64])
    assert first.sharps == 3 and first.pickup == 2


def test_windows_are_whole_bars_and_begin_with_a_note():
    lines = melodies.chorales()
    windows = melodies.two_bars(lines)
    assert windows.shape[1] == 16 and windows.min() == 0 and windows.max() < melodies.SYMBOLS
    assert (windows[:, 0] != melodies.HOLD).all()
    assert len(melodies.two_bars(lines, every=2)) < 0.6 * len(windows)
    line = lines[0]
    np.testing.assert_array_equal(melodies.two_bars([line])[0][1:], line.symbols[3:18])


@pytest.mark.parametrize("seed", range(3))
def test_no_tune_is_in_two_parts(seed):
    parts = melodies.split(seed)
    tunes = [{line.tune for line in part} for part in parts]
    assert not tunes[0] & tunes[1] and not tunes[0] & tunes[2] and not tunes[1] & tunes[2]
    assert sum(map(len, parts)) == 327


def test_the_same_tune_transposed_is_the_same_tune():
    lines = [line.symbols for line in melodies.chorales()[:5]]
    moved = np.where(lines[2] > melodies.REST, lines[2] - 1, lines[2])
    assert melodies._tunes([*lines, moved])[-1] == melodies._tunes(lines)[2]


def test_transposing_moves_notes_alone_and_there_and_back_is_nothing():
    windows = melodies.two_bars(melodies.chorales())[::50]
    low, high = melodies.room(windows)
    assert (low <= 0).all() and (high >= 0).all() and high.max() == 6
    moved = melodies.transposed(windows, high)
    np.testing.assert_array_equal(moved > melodies.REST, windows > melodies.REST)
    np.testing.assert_array_equal(melodies.transposed(moved, -high), windows)
    every = melodies.in_every_key(windows)
    assert len(every) == (high - low + 1).sum()
    with pytest.raises(ValueError, match="leave the keys 55 to 86"):
        melodies.transposed(windows, 30)
    with pytest.raises(ValueError, match="whole numbers from 0 to 33"):
        melodies.transposed(windows + 100, 1)


def test_a_scale_holds_its_own_notes():
    major = np.array([60, 62, 64, 65, 67, 69, 71, 72]) - melodies.LOWEST + 2
    assert melodies.in_one_scale(major) == 1 and melodies.in_one_scale(np.zeros(4)) == 1
    chromatic = np.arange(60, 72) - melodies.LOWEST + 2
    assert melodies.in_one_scale(chromatic) == pytest.approx(7 / 12)
