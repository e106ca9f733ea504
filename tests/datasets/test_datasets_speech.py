"""Spoken digits: what the data set's authors and its carrier say of them, and strings made of recordings."""

import numpy as np
import pytest

from dlcourse import datasets
from dlcourse.datasets import numerals, speech


@pytest.fixture(scope="module")
def digits():
    return speech.read("spoken_digits")


@pytest.fixture(scope="module")
def words():
    return speech.read("spoken_words")


def test_spoken_digits_are_3_000_recordings_of_six_speakers(digits):
    assert len(digits) == 6 * 10 * 50 and np.bincount(digits.digits).tolist() == [300] * 10
    lengths = [len(item) for item in digits.items]
    # Frames in all, and in the shortest and longest, as the carrier's arrays count them.
    assert (sum(lengths), min(lengths), max(lengths)) == (53_999, 6, 92)
    assert all(item.dtype == np.float32 and item.shape[1] == 13 for item in digits.items)
    assert digits.voices is None and "CC BY-SA" in digits.licence and "Jackson" in digits.citation
    # The published waves last 0.1435 s and 2.2827 s at the least and the most: 40 frames per second.
    assert (
        lengths
        and min(lengths) == 1 + int(0.1435 * digits.rate)
        and max(lengths) == 1 + int(2.2827 * digits.rate)
    )


def test_spoken_words_are_ten_digits_five_times_by_four_voices(words):
    assert len(words) == 200 and words.rate == 8_000
    assert sorted(set(words.voices)) == ["awb", "kal", "rms", "slt"]
    assert (
        len(set(zip(words.digits.tolist(), words.voices.tolist(), words.takes.tolist(), strict=True))) == 200
    )
    assert all(np.abs(item).max() <= 1 and item.ndim == 1 for item in words.items)
    assert all(0.15 < len(item) / words.rate < 1.5 for item in words.items)
    # A slower take is longer, of every word and voice.
    for voice in set(words.voices):
        for digit in range(10):
            of = (words.voices == voice) & (words.digits == digit)
            lengths = [len(words.items[row]) for row in np.flatnonzero(of)[np.argsort(words.takes[of])]]
            assert lengths[0] < lengths[2] < lengths[4]


def test_number_words_are_each_spoken_twice_by_four_voices(words):
    others = speech.read("spoken_number_words")
    assert len(speech.NUMBER_WORDS) == 20 and len(others) == 20 * 4 * 2 and others.rate == words.rate
    assert set(others.digits) == set(speech.NUMBER_WORDS)
    for voice in set(others.voices):  # twenty lasts longer than ten, a slower take longer than a faster one
        takes = {
            (digit, take): len(item)
            for item, digit, own, take in zip(
                others.items, others.digits, others.voices, others.takes, strict=True
            )
            if own == voice
        }
        assert len(takes) == 40 and all(takes[value, 1] < takes[value, 3] for value in speech.NUMBER_WORDS)
        assert takes[70, 1] > takes[10, 1]


def test_whole_numbers_are_test_numbers_and_longer_ones_last_longer():
    whole = speech.read("spoken_numbers")
    assert len(whole) == 160 and all(item.shape[1] == 13 for item in whole.items)
    assert all(numerals.part_of(number) == "test" and 0 < number < 1_000 for number in whole.digits)
    for voice in set(whole.voices):
        own = whole.take(np.flatnonzero(whole.voices == voice))
        assert len(set(own.digits)) == len(own) == 40
        counts = [len(numerals.said(int(number))) for number in own.digits]
        assert np.corrcoef(counts, [len(item) for item in own.items])[0, 1] > 0.6


def test_taken_recordings_keep_what_belongs_to_them(words):
    some = words.take([7, 3])
    assert len(some) == 2 and some.digits.tolist() == words.digits[[7, 3]].tolist()
    np.testing.assert_array_equal(some.items[1], words.items[3])
    assert some.takes[0] == words.takes[7] and "2 recordings" in repr(some)


def test_the_mu_law_is_fine_where_sounds_are_soft():
    samples = np.concatenate([np.linspace(-1, 1, 2_001), np.geomspace(1e-5, 1, 100)])
    back = speech.to_samples(speech.to_bytes(samples))
    assert np.all(np.abs(back - samples) <= 0.0221 * np.abs(samples) + 1e-4)
    assert speech.to_bytes(np.array([-1.0, 1.0])).tolist() == [0, 255]
    assert np.all(np.diff(speech.to_bytes(np.linspace(-1, 1, 1_000)).astype(int)) >= 0)
    with pytest.raises(ValueError, match=r"numbers from -1 to 1"):
        speech.to_bytes(np.array([1.5]))


def test_padded_recordings_keep_their_beginnings():
    items = [np.ones((2, 3)), 2 * np.ones((5, 3))]
    x = speech.padded(items, 4)
    assert x.shape == (2, 4, 3) and x.dtype == np.float32
    assert x[:, :, 0].tolist() == [[1, 1, 0, 0], [2, 2, 2, 2]]
    mean, deviation = speech.statistics(items)
    assert mean == pytest.approx([12 / 7] * 3) and deviation == pytest.approx([np.sqrt(10) / 7] * 3)


@pytest.mark.parametrize(
    ("words", "pause", "frames"), [((1, 6), (0, 8), 160), ((7, 10), (2, 2), None), ((1, 1), (0, 0), None)]
)
def test_strings_are_their_recordings_in_a_row(digits, words, pause, frames):
    items = digits.items[:300]
    strings = speech.strings(items, digits.digits[:300], 20, words=words, pause=pause, frames=frames, seed=1)
    known = {item.tobytes(): digit for item, digit in zip(items, digits.digits, strict=False)}
    quiet = {row.tobytes() for row in speech.quiet_frames(items)}
    for x, y, spans, said in zip(strings.x, strings.y, strings.spans, strings.digits(), strict=True):
        assert words[0] <= len(said) <= words[1]
        before = 0
        for digit, (start, end) in zip(said, spans, strict=False):
            assert known[x[start:end].tobytes()] == digit
            assert pause[0] <= start - before <= pause[1]
            assert all(row.tobytes() in quiet for row in x[before:start])
            before = end
        assert all(row.tobytes() in quiet for row in x[before:])
        assert y.tolist() == [digit + 1 for digit in said] + [0] * (words[1] - len(said))
    assert strings.x.shape[1] == (frames or strings.x.shape[1]) and strings.x.dtype == np.float32
    again = speech.strings(items, digits.digits[:300], 20, words=words, pause=pause, frames=frames, seed=1)
    np.testing.assert_array_equal(strings.x, again.x)


def test_quiet_frames_are_those_with_the_least_energy(digits):
    quiet = speech.quiet_frames(digits.items, 0.1)
    everything = np.concatenate(digits.items)
    assert len(quiet) == round(0.1 * len(everything))
    assert quiet[:, 0].max() <= np.quantile(everything[:, 0], 0.1) + 1


def test_mixed_sounds_add_their_powers(digits):
    one, other = digits.items[0][:8], digits.items[1][:8]
    np.testing.assert_allclose(speech.mixed(one, other, -300), one, atol=1e-2)  # as good as silent
    np.testing.assert_allclose(speech.mixed(one, other, 0), speech.mixed(other, one, 0), atol=1e-2)
    # A sound twice: 3 dB more in all 128 bands, so that the first coefficient rises by 3.01 times the root of 128.
    raised = speech.mixed(one, one, 0) - one
    np.testing.assert_allclose(raised[:, 0], 10 * np.log10(2) * np.sqrt(128), rtol=1e-3)
    np.testing.assert_allclose(raised[:, 1:], 0, atol=1e-2)


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.25, 2])
def test_a_stretched_recording_goes_the_same_way_at_another_speed(digits, factor):
    item = digits.items[3]
    other = speech.stretched(item, factor)
    assert other.shape == (round(len(item) * factor), 13) and other.dtype == np.float32
    np.testing.assert_array_equal(other[[0, -1]], item[[0, -1]])
    np.testing.assert_array_equal(speech.stretched(item, 1), item)
    even = np.linspace(-3, 5, 41)[:, None]  # a straight line stays one
    steps = np.diff(speech.stretched(even, factor)[:, 0])
    np.testing.assert_allclose(steps, 8 / (round(41 * factor) - 1), rtol=1e-5)


@pytest.mark.parametrize("decibels", [30, 10, 0, -6])
def test_noise_is_as_soft_as_it_says(words, decibels):
    wave = words.items[0]
    noise = 7 * np.random.default_rng(0).normal(size=len(wave))
    added = speech.noisy(wave, noise, decibels) - wave
    found = 10 * np.log10(np.sum(np.square(wave, dtype="float64")) / np.sum(added**2))
    assert found == pytest.approx(decibels, abs=1e-6)
    assert np.corrcoef(added, noise)[0, 1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: speech.read("spoken_digit"), "Did you mean 'spoken_digits'"),
        (lambda: datasets.load("spoken_digits"), r"datasets.speech.read\('spoken_digits'\)"),
        (lambda: speech.padded([], 4), "expected a list of arrays"),
        (lambda: speech.padded([np.zeros((2, 3)), np.zeros((2, 4))], 4), "the same features"),
        (lambda: speech.strings([np.zeros((2, 3))], [10], 1), "one digit from 0 to 9"),
        (lambda: speech.strings([np.zeros((9, 3))], [1], 5, words=(6, 6), frames=20), "hardly ever fit"),
        (lambda: speech.strings([np.zeros((9, 3))], [1], 5, words=6), "the fewest and the most"),
        (lambda: speech.stretched(np.zeros((4, 2)), 0), "from 0.01 to 100"),
        (lambda: speech.noisy(np.ones(4), np.ones(3), 10), "4 samples and 3 of noise"),
        (lambda: speech.noisy(np.ones(4), np.zeros(4), 10), "a noise that isn't silent"),
        (lambda: speech.mixed(np.zeros((2, 3)), np.zeros((3, 3)), 0), r"shapes \(2, 3\) and \(3, 3\)"),
    ],
)
def test_what_makes_no_sense_is_an_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_recordings_are_no_examples_of_one_shape():
    assert speech.names() == ["spoken_digits", "spoken_words", "spoken_number_words", "spoken_numbers"]
    assert not set(speech.names()) & set(datasets.names())
