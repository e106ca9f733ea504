"""What chapter 06c defines, its shipped networks, and its exercises' judge."""

import chapter_code
import keras
import numpy as np
import pytest
import three_fits

from dlcourse import exercises
from dlcourse.datasets import speech
from dlcourse.experiments import spoken_digits
from dlcourse.training import objectives


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("06c")


def shapes(model):
    return [tuple(weight.shape) for weight in model.weights]


def test_the_networks_in_view_are_those_that_are_shipped(chapter):
    assert shapes(chapter.word_network()) == shapes(spoken_digits.word_network(0))
    in_view, shipped = chapter.string_network(), spoken_digits.string_network(0)
    assert shapes(in_view) == shapes(shipped)
    in_view.set_weights(shipped.get_weights())
    x = np.random.default_rng(0).normal(size=(2, 40, 13)).astype("float32")
    np.testing.assert_allclose(in_view(x), shipped(x), atol=1e-5)
    word, own = chapter.word_network(), spoken_digits.word_network(1)
    word.set_weights(own.get_weights())
    np.testing.assert_allclose(
        word(np.tile(x, (1, 2, 1))[:, :48]), own(np.tile(x, (1, 2, 1))[:, :48]), atol=1e-5
    )


def test_keras_fit_the_loop_and_training_fit_end_with_the_same_weights(chapter):
    random = np.random.default_rng(0)
    x, y = random.normal(size=(60, 48, 13)).astype("float32"), random.integers(0, 10, 60)
    start = spoken_digits.word_network(2).get_weights()
    three_fits.end_alike(chapter.word_network, start, chapter.step, objectives.classification(), x, y, 20)


@pytest.mark.parametrize("frames", [0, 5, 10, 20, 30])
def test_a_string_network_looks_as_far_ahead_as_it_says(frames):
    model = spoken_digits.string_network(0, ahead=frames)
    x = np.random.default_rng(0).normal(size=(1, 200, 13)).astype("float32")
    other = x.copy()
    other[:, 80] += 10
    moved = np.abs(np.asarray(model(other)) - np.asarray(model(x)))[0].max(axis=1) > 1e-7
    first, last = 2 * np.flatnonzero(moved)[[0, -1]]
    assert first in (80 - frames - 1, 80 - frames)
    assert last in (first + 60, first + 61, first + 62)


def test_shipped_networks_are_those_that_were_recorded():
    for kind in spoken_digits.BUILD:
        networks = spoken_digits.shipped(kind)
        assert len(networks) >= 3 and spoken_digits.file(kind).stat().st_size < 1_000_000
    with pytest.raises(ValueError, match="expected one of words, "):
        spoken_digits.shipped("letters")


def test_one_network_in_turn_says_what_each_network_says():
    x = np.random.default_rng(0).normal(size=(2, 48, 13)).astype("float32")
    said = {seed: np.asarray(network(x)) for seed, network in spoken_digits.in_turn("words_new_voice")}
    networks = spoken_digits.shipped("words_new_voice")
    assert list(said) == list(networks)
    for seed, network in networks.items():
        np.testing.assert_allclose(said[seed], network(x), atol=1e-5)
    assert not np.allclose(said[0], said[1], atol=0.1)


def test_no_recording_is_on_two_sides():
    sides = [{item.tobytes() for item in part.items} for part in spoken_digits.parts(3)]
    assert [len(side) for side in sides] == [2_100, 300, 600]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]
    frames = np.concatenate(spoken_digits.parts(3)[0].items)
    np.testing.assert_allclose(frames.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(frames.std(axis=0), 1, atol=1e-3)


def test_controls_take_away_what_they_name_and_nothing_else():
    part = spoken_digits.parts(0)[1]
    mixed = spoken_digits.shuffled(part, 1)
    for item, other in zip(part.items[:50], mixed.items, strict=False):
        np.testing.assert_array_equal(np.sort(item, axis=0), np.sort(other, axis=0))
    assert any(not np.array_equal(*pair) for pair in zip(part.items, mixed.items, strict=True))
    y = np.array([[3, 1, 2, 0], [5, 5, 4, 1], [7, 0, 0, 0]], "int32")
    permuted = spoken_digits.permuted(y, 0)
    np.testing.assert_array_equal(np.sort(permuted, axis=1), np.sort(y, axis=1))
    np.testing.assert_array_equal(permuted == 0, y == 0)


def test_training_strings_are_new_ones_with_some_silence_after_them():
    items, digits = spoken_digits.training_words(spoken_digits.parts(0)[0].take(range(200)), 0)
    assert len(items) == len(digits) == 800
    assert all(
        0.7 < len(items[200 + row]) / len(items[row]) < 1.35 for row in range(200) if len(items[row]) > 9
    )
    found = list(spoken_digits.string_batches(items, digits, 5, seed=1))
    assert len(found) == 5 and len({x.tobytes() for x, _ in found}) == 5
    quiet, changed = {row.tobytes() for row in speech.quiet_frames(items)}, 0
    for (x, y), (again, permuted) in zip(
        found, spoken_digits.string_batches(items, digits, 5, seed=1, shuffle_labels=True), strict=True
    ):
        assert x.shape[0] == 32 and x.shape[1] % 2 == 0 and y.shape == (32, 6)
        assert all(row.tobytes() in quiet for string in x for row in string[-3:])
        np.testing.assert_array_equal(x, again)
        np.testing.assert_array_equal(np.sort(y, axis=1), np.sort(permuted, axis=1))
        changed += not np.array_equal(y, permuted)
    assert changed


def test_a_recording_later_is_the_same_after_silence():
    part = spoken_digits.parts(0)[2].take(range(5))
    for item, other in zip(part.items, spoken_digits.later(part, 7).items, strict=True):
        np.testing.assert_array_equal(other[7:], item)
        assert not other[:7].any()


def test_words_under_noise_are_the_other_takes_words():
    clean, take = spoken_digits.synthesised(), 3
    train, test = spoken_digits.apart(clean, clean.takes == take)
    loud = spoken_digits.under_noise(take)
    assert len(loud) == 5 * 160 and take not in loud.takes
    np.testing.assert_array_equal(loud.digits, np.tile(train.digits, 5))
    np.testing.assert_allclose(loud.items[17], train.items[17], atol=1e-5)
    assert np.abs(loud.items[160 + 17] - train.items[17]).max() > 0.1
    as_it_is = spoken_digits.on_take(take)
    np.testing.assert_allclose(as_it_is.items[5], test.items[5], atol=1e-5)
    softest = spoken_digits.on_take(take, spoken_digits.white(200))
    np.testing.assert_allclose(softest.items[5], test.items[5], atol=0.05)


def test_steady_noise_is_as_loud_as_what_it_stands_for():
    part = spoken_digits.parts(0)[1]
    mean, deviation = spoken_digits.scaling(0)
    x = spoken_digits.strings_of(part, 4, 0).x * deviation + mean
    steady, mixed = spoken_digits.steady(x), spoken_digits.in_disorder(x, 0)
    cosines = np.cos(np.pi * np.arange(13)[:, None] * (np.arange(128) + 0.5) / 128) * np.sqrt(2 / 128)
    cosines[0] /= np.sqrt(2)

    def loudness(coefficients):
        return (10 ** (coefficients @ cosines / 10)).mean(axis=(1, 2))

    np.testing.assert_allclose(loudness(mixed), loudness(x), rtol=1e-5)
    # Steady bands are made of 13 coefficients again, so that a little of their shape is lost.
    np.testing.assert_allclose(10 * np.log10(loudness(steady) / loudness(x)), 0, atol=1)
    assert np.ptp(steady, axis=1).max() == 0 and steady.shape == x.shape
    np.testing.assert_array_equal(np.sort(mixed, axis=1), np.sort(x, axis=1))


def test_a_label_is_said_where_the_best_alignment_says_it():
    class Said(keras.Model):
        def call(self, x):
            return x

    logits = np.full((1, 10, 4), -9.0, "float32")
    for at, symbol in enumerate([0, 0, 2, 2, 0, 0, 3, 0, 0, 0]):
        logits[0, at, symbol] = 9
    spans = np.array([[[3, 9], [10, 14], [0, 0]]])
    strings = speech.Strings(logits, np.array([[2, 3, 0]]), spans)
    assert spoken_digits.moments(Said(), strings).tolist() == [[5, 3, 9], [13, 10, 14]]


def test_a_left_out_voice_is_in_no_training_word():
    words = spoken_digits.synthesised()
    out = spoken_digits.left_out(words, "voice", 2)
    train, test = spoken_digits.apart(words, out)
    assert set(test.voices) == {"rms"} and set(train.voices) == {"awb", "kal", "slt"}
    out = spoken_digits.left_out(words, "take", 1)
    assert set(words.takes[out]) == {1} and out.sum() == 40


def test_words_per_wait(chapter):
    """Cutting after the last digit takes frames away, and what is said after the cut does not count."""
    part = spoken_digits.parts(0)[2]
    strings = spoken_digits.strings_of(part, 5, 1)
    pieces = chapter.cut(strings, 4)
    for (x, said), spans, digits in zip(pieces, strings.spans, strings.digits(), strict=True):
        assert len(x) in (spans.max() + 4, spans.max() + 5) or len(x) == strings.x.shape[1]
        assert said == digits


@pytest.mark.parametrize(
    ("build", "said"),
    [
        ({"padding": "same"}, "looks ahead"),
        ({"padding": "causal", "dilation_rate": 1, "kernel_size": 3}, "far enough"),
    ],
)
def test_the_judge_of_exercise_3_sees_what_is_wrong(build, said):
    options = {"kernel_size": 5, "dilation_rate": 3, **build}
    model = keras.Sequential([keras.Input((None, 13)), keras.layers.Conv1D(11, **options)])
    assert said in exercises.find("06c.3").judge(model)


def test_the_judge_of_exercise_3_takes_what_is_right():
    model = keras.Sequential([keras.Input((None, 13)), keras.layers.Conv1D(11, 21, padding="causal")])
    assert exercises.find("06c.3").judge(model) is None
