"""Numbers laid together of words, moved mel bands, and the rule that makes numbers of words."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlcourse import recording
from dlcourse.datasets import numerals, speech
from dlcourse.experiments import spoken_numbers
from dlcourse.from_scratch import cepstra


def test_a_laid_number_holds_its_words_in_their_order():
    frames = spoken_numbers.laid(305, "slt", np.random.default_rng(0))
    digits = speech.read("spoken_words")
    at = []
    for value, source in (
        (3, digits),
        (100, others := speech.read("spoken_number_words")),
        (0, others),
        (5, digits),
    ):
        rows = np.flatnonzero((source.digits == value) & (source.voices == "slt"))
        takes = [cepstra.mfcc(source.items[row], 8_000) for row in rows]
        found = [
            place
            for take in takes
            for place in range(len(frames) - len(take) + 1)
            if np.allclose(frames[place : place + len(take)], take, atol=1e-3)
        ]
        assert len(found) == 1
        at += found
    assert at == sorted(at)


def test_bands_that_are_not_moved_stay_and_a_resonance_moves_by_the_factor():
    np.testing.assert_allclose(spoken_numbers.warp(1.0), np.eye(13), atol=1e-5)
    bands = np.arange(40)
    waves = cepstra.cosine_waves(13, 40)

    def peak(levels, factor):
        return np.argmax(waves.T @ spoken_numbers.warp(factor) @ (waves @ levels))

    for place in (12, 18, 24):
        levels = 40 * np.exp(-(((bands - place) / 4) ** 2))
        for factor in (0.8, 1.2):
            assert abs(peak(levels, factor) - place / factor) <= 1
    with pytest.raises(ValueError, match="warp"):
        spoken_numbers.warp(-1.0)


def test_standardised_numbers_dont_tell_how_loud_and_bright_they_were():
    frames = spoken_numbers.laid(21, "kal", np.random.default_rng(1))
    other = 3.0 * frames + np.arange(13)
    np.testing.assert_allclose(
        spoken_numbers.standardised(frames), spoken_numbers.standardised(other), atol=1e-2
    )


def test_training_numbers_are_no_test_numbers_and_targets_and_labels_say_them():
    for x, said in spoken_numbers.batches(["awb", "kal"], 2, 0):
        assert x.dtype == np.float32 and len(x) == len(said) == 32
        assert not np.any(x[:, -8:]) and {numerals.part_of(number) for number in said.tolist()} == {"train"}
        assert [numerals.value(text) for text in numerals.read(spoken_numbers.targets(said))] == said.tolist()
        for row, number in zip(spoken_numbers.labels(said), said.tolist(), strict=True):
            words = [spoken_numbers.WORDS[label - 1] for label in row if label]
            assert words == numerals.said(number)


def test_test_numbers_were_in_no_training_and_half_of_them_were_said_as_a_whole():
    tests = spoken_numbers.tests(5, 0)
    assert len(tests.x) == len(tests.numbers) == 4 * 45 and tests.whole.sum() == 160
    assert {numerals.part_of(number) for number in tests.numbers.tolist()} == {"test"}
    held = spoken_numbers.tests(5, 0, "validation")
    assert {numerals.part_of(number) for number in held.numbers[~held.whole].tolist()} == {"validation"}


def perfect(labels):
    """A model whose outputs are sure of these labels, (n, steps), blanks between."""
    logits = np.zeros((len(labels), 2 * labels.shape[1], len(spoken_numbers.WORDS) + 1), "float32")
    for row, own in enumerate(labels):
        for place, label in enumerate(own):
            logits[row, 2 * place, label] = logits[row, 2 * place + 1, 0] = 9.0

    class Model:
        inputs = (None,)

        def __call__(self, x, training):
            return tf.constant(logits)

    return Model()


def test_the_rule_reads_all_numbers_from_their_words_and_none_from_others():
    numbers = np.arange(1, 1_000)
    model = perfect(spoken_numbers.labels(numbers))
    x = np.zeros((len(numbers), 4, 13), "float32")
    assert spoken_numbers.recognised(model, x) == numbers.tolist()
    assert spoken_numbers.right(model, x, numbers).all()
    hundred = spoken_numbers.WORDS.index("hundred") + 1
    assert spoken_numbers.recognised(perfect(np.array([[hundred, hundred]])), x[:1]) == [None]


def test_a_number_is_a_wave_of_its_words():
    wave = spoken_numbers.wave(305, "slt")
    assert wave.dtype == np.float32 and 1.0 < len(wave) / 8_000 < 3.5
    assert len(spoken_numbers.wave(999, "slt")) > len(wave) > len(spoken_numbers.wave(5, "slt"))


def test_a_few_steps_of_training_lower_the_loss_of_both_kinds():
    for build in (spoken_numbers.translator, spoken_numbers.recogniser):
        model = build(0)
        first = spoken_numbers.train(model, ["kal"], number=2, seed=0).history["loss"][-1]
        assert spoken_numbers.train(model, ["kal"], number=12, seed=0).history["loss"][-1] < first
        assert isinstance(model, keras.Model)


def test_shipped_networks_hear_voices_that_they_were_trained_on(monkeypatch):
    tests = spoken_numbers.tests(20, 1, "validation")

    def share(network, out):
        rows = (tests.voices == spoken_numbers.VOICES[(out + 1) % 4]) & ~tests.whole
        return spoken_numbers.right(network, tests.x[rows], tests.numbers[rows]).mean()

    assert np.mean(spoken_numbers.in_turn("translator", share)) > 0.6
    with pytest.raises(ValueError, match="expected one of translator"):
        spoken_numbers.in_turn("translators", share)
    monkeypatch.setattr(recording, "load", lambda study: {"translator, sha256": "0" * 64})
    with pytest.raises(ValueError, match="make bench STUDY=ch08c_voices"):
        spoken_numbers.in_turn("translator", share)
