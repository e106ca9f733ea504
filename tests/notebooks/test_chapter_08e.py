"""What chapter 08e defines, its networks, rivals and shipped weights, and its exercises' judge."""

import chapter_code
import keras
import numpy as np
import pytest
import three_fits

from dlcourse import exercises, models, recording, training
from dlcourse.datasets import instruments, melodies
from dlcourse.experiments import audio as study
from dlcourse.from_scratch import additive
from dlcourse.metrics import audio
from dlcourse.training import objectives


@pytest.fixture(scope="module")
def chapter():
    return chapter_code.definitions("08e")


def some_windows(n=6, seed=0):
    return np.random.default_rng(seed).integers(0, melodies.SYMBOLS, (n, 16)).astype("int32")


def test_the_networks_in_view_are_those_that_are_shipped(chapter):
    x, theirs = some_windows(), study.melody_network("seeing", 0)
    mine = chapter.melody_encoder()
    mine.set_weights(theirs.encoder.get_weights())
    one_hot = np.eye(34, dtype="float32")[x]
    np.testing.assert_allclose(mine(one_hot), theirs.encoder(x.astype("float32")), atol=1e-5)
    mine, z = chapter.melody_decoder(), np.random.default_rng(1).normal(size=(6, 16)).astype("float32")
    mine.set_weights(theirs.decoder.get_weights())
    past = np.pad(x[:, :-1], ((0, 0), (1, 0)), constant_values=-1).astype("float32")
    np.testing.assert_allclose(mine([z, chapter.before(x)]), theirs.decoder([z, past]), atol=1e-5)


def test_the_training_in_view_is_that_of_the_shipped_networks(chapter):
    x, found = some_windows(256), []
    for train in (chapter.train_melody_vae, study.train_melodies):
        model = study.melody_network("memory", 0)
        train(model, x, free_bits=0.25, seed=3)
        found.append(np.concatenate([weight.ravel() for weight in model.get_weights()]))
    np.testing.assert_allclose(*found, atol=1e-6)


def test_the_loss_in_view_is_that_of_the_fits(chapter):
    one, other = np.random.default_rng(0).normal(size=(2, 3, 700)).astype("float32")
    expected = models.additive.spectral_distance(one, other)
    np.testing.assert_allclose(chapter.spectral_loss(one, other), expected, rtol=1e-5)


def test_what_a_step_is_told_is_what_came_before_it_and_its_place(chapter):
    x = some_windows(3)
    told = chapter.before(x)
    assert told.shape == (3, 16, 42) and not told[:, 0, :34].any()
    np.testing.assert_array_equal(told[:, 1:, :34].argmax(axis=-1), x[:, :-1])
    np.testing.assert_array_equal(told[0, :, 34:].argmax(axis=-1), np.arange(16) % 8)


def test_keras_fit_the_loop_and_training_fit_end_with_the_same_weights(chapter):
    y = some_windows(24)
    x, start = chapter.before(y), chapter.next_note_network().get_weights()
    three_fits.end_alike(
        chapter.next_note_network, start, chapter.step, objectives.sequence_classification(), x, y, 8
    )


def test_shipped_networks_are_those_that_were_recorded():
    for kind in study.FILES:
        networks = study.shipped(kind)
        assert len(networks) == 5 and study.file(kind).stat().st_size < 1_000_000
    with pytest.raises(ValueError, match="expected one of melodies_seeing"):
        study.shipped("drums")
    with pytest.raises(ValueError, match="expected one of seeing, blind, memory"):
        study.melody_network("deaf")


def test_one_network_in_turn_gives_back_what_each_gives_back():
    x = study.frame_parts(0, (0.0,))["validation"][:4]
    found = study.in_turn("frames_linear", lambda vae, seed: np.asarray(vae.reconstruct(x)))
    for one, (_, vae) in zip(found, study.shipped("frames_linear").items(), strict=True):
        np.testing.assert_allclose(one, vae.reconstruct(x), atol=1e-6)
    with pytest.raises(ValueError, match="expected one of melodies_seeing"):
        study.in_turn("drums", print)


@pytest.mark.parametrize(("order", "beats"), [(1, 1), (2, 8), (4, 2)])
def test_n_grams_of_melodies_are_distributions_and_know_their_context_alone(order, beats):
    windows = melodies.two_bars(melodies.chorales()[:40])
    model = study.NoteCounts(order, windows, beats)
    other = windows[:5].copy()
    other[:, : 10 - order + 1] = 5
    for step in (0, 10):
        chances = model.probabilities(windows[:5], step)
        np.testing.assert_allclose(chances.sum(axis=1), 1)
        assert (chances > 0).all()
    np.testing.assert_array_equal(model.probabilities(windows[:5], 10), model.probabilities(other, 10))
    nats = -sum(
        np.log(model.probabilities(windows[:5], step)[np.arange(5), windows[:5, step]]).sum()
        for step in range(16)
    )
    assert model.bits_per_note(windows[:5]) == pytest.approx(nats / np.log(2) / (windows[:5] > 1).sum())
    assert model.write(4, seed=0).shape == (4, 16)
    np.testing.assert_array_equal(model.write(4, seed=0), model.write(4, seed=0))


def test_bits_per_note_are_keras_loss_per_note_where_there_is_no_code(chapter):
    model, x = study.melody_network("memory", 1), some_windows(7)
    past = np.pad(x[:, :-1], ((0, 0), (1, 0)), constant_values=-1).astype("float32")
    logits = model.decoder([np.zeros((7, 1), "float32"), past])
    loss = float(keras.losses.SparseCategoricalCrossentropy(from_logits=True)(x, logits))
    per_note = loss * x.size / (x > 1).sum() / np.log(2)
    assert study.bits_per_note(model, x) == pytest.approx(per_note, rel=1e-4)


def test_recorded_points_are_measured_again():
    frames, tunes = recording.load("ch08e_frames"), recording.load("ch08e_melodies")
    for kind, shifts in (("frames", study.SHIFTS), ("frames_unshifted", (0.0,))):
        held = study.frame_parts(2, shifts)["validation"]
        found = study.distance(held, study.shipped(kind)[2].reconstruct(held))
        assert found == pytest.approx(frames[f"{kind}, distance"][2], abs=0.05)
    train, validation, _ = study.melody_parts(900)
    counted = study.NoteCounts(2, train).bits_per_note(validation)
    assert counted == pytest.approx(tunes["n-grams"]["order 2, 1 places"])
    for kind in ("seeing", "memory"):
        found = study.bits_per_note(study.shipped(f"melodies_{kind}")[1], study.melody_parts(1)[1], draws=50)
        assert found == pytest.approx(tunes[f"melodies_{kind}, bits"][1], abs=0.02)


def test_the_nearest_window_shares_most_steps(chapter):
    train, x = some_windows(50, 1), some_windows(5, 2)
    found = study.nearest_window(train, x)
    for one, nearest in zip(x, found, strict=True):
        assert (nearest == one).sum() == (train == one).sum(axis=1).max()
    np.testing.assert_array_equal(study.nearest_window(train, train[3:9]), train[3:9])
    assert chapter.notes_right(train, train) == 1


def test_notes_are_dealt_out_and_none_is_lost(chapter):
    windows = some_windows(9)
    mixed = chapter.dealt(windows, 0)
    np.testing.assert_array_equal(mixed > 1, windows > 1)
    np.testing.assert_array_equal(np.sort(mixed[mixed > 1]), np.sort(windows[windows > 1]))


def test_levels_are_relative_to_the_loudest_and_notes_shifted_sound_higher():
    notes = instruments.read()
    wave = notes.waves[notes.find("flute", 67)][None]
    levels = study.levels(wave)
    assert levels.shape == (1, 23, 257) and levels.max() == 1 and levels.min() >= 0
    np.testing.assert_allclose(study.levels(0.1 * wave), levels, atol=1e-5)
    for keys in (-1.0, 1.0):
        higher = study.shifted(wave, keys)
        assert higher.shape == wave.shape
        spectrum, before = (np.abs(np.fft.rfft(one[0] * np.hanning(4_000))) for one in (higher, wave))
        assert spectrum.argmax() / before.argmax() == pytest.approx(2 ** (keys / 12), rel=0.02)
    np.testing.assert_allclose(study.shifted(wave, 0.0), wave, atol=1e-5)


def test_no_frame_of_a_held_out_note_is_in_training():
    parts = study.frame_parts(0)
    known = {frame.tobytes() for frame in parts["train"]}
    for name in ("validation", "held-out notes", "unseen keys"):
        assert not known & {frame.tobytes() for frame in parts[name]}
    assert len(parts["train"]) == 5 * len(study.frame_parts(0, shifts=(0.0,))["train"])


def test_the_nearest_frame_is_the_nearest():
    random = np.random.default_rng(0)
    train, frames = random.random((30, 5)), random.random((450, 5))
    found = study.nearest(train, frames)
    distances = np.linalg.norm(frames[:, None] - train, axis=-1)
    np.testing.assert_allclose(np.linalg.norm(found - frames, axis=1), distances.min(axis=1))
    assert study.distance(frames, frames) == 0
    assert study.distance(frames, frames + 0.1) == pytest.approx(6)


def test_a_wave_from_levels_has_these_levels_and_is_not_clipped():
    tone = additive.tone(300, [0.4, 0.2, 0.1], 8_000, 4_000)
    levels = study.levels(tone)[0]
    wave = study.to_wave(levels)
    assert audio.clipped(wave) == 0 and np.abs(wave).max() == pytest.approx(0.7)
    found = 20 * np.log10(np.abs(np.fft.rfft(wave * np.hanning(len(wave)))))
    loudest = found.argmax() * 8_000 / len(wave)
    assert loudest == pytest.approx(300, abs=5)


def test_a_melody_is_rendered_at_its_pitches_and_is_not_clipped():
    window = np.zeros(16, "int32")
    window[0], window[8], window[12] = 69 - melodies.LOWEST + 2, melodies.REST, 57 - melodies.LOWEST + 2
    wave = study.render(window, instruments.hertz, [1, 0.5])
    assert len(wave) == 16 * 1_600 and audio.clipped(wave) == 0 and np.abs(wave).max() == pytest.approx(0.7)
    assert not wave[8 * 1_600 : 12 * 1_600].any()
    for part, hertz in ((wave[: 8 * 1_600], 440), (wave[12 * 1_600 :], 220)):
        assert np.abs(np.fft.rfft(part)).argmax() * 8_000 / len(part) == pytest.approx(hertz, abs=3)


def test_the_synthesiser_in_view_is_the_sum_of_sines(chapter):
    amplitudes = np.random.default_rng(0).uniform(0, 0.3, (500, 4)).astype("float32")
    k, time = np.arange(1, 5), np.arange(500)[:, None] / 8_000
    expected = (amplitudes * np.sin(2 * np.pi * 220 * k * time)).sum(axis=1)
    np.testing.assert_allclose(chapter.synthesise(amplitudes, 220.0), expected, atol=1e-4)


def test_training_on_frames_lowers_their_distance():
    parts = study.frame_parts(0, shifts=(0.0,))
    frames = parts["train"][::4]
    model = study.frame_network(0, frames.mean(axis=0), hidden=(32,), latents=4)
    before = study.distance(frames, model.reconstruct(frames))
    run = study.train_frames(model, frames, seed=0, epochs=20)
    assert study.distance(frames, model.reconstruct(frames)) < before - 1
    assert isinstance(run, training.Run)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (3.0, "is a function"),
        (lambda wave, hertz: 0.0, "has all of its power"),
        (lambda wave, hertz: 1.0, "next to nothing"),
    ],
)
def test_the_judge_of_exercise_3_sees_what_is_wrong(answer, said):
    assert said in exercises.find("08e.3").judge(answer)


def test_the_judge_of_exercise_3_wants_cosines_and_takes_what_is_right():
    def share(wave, hertz, cosines=True, most=4_000, least=1, harmonics=99):
        k = np.arange(least, min(harmonics + 1, int(np.ceil(most / hertz))))
        angle = 2 * np.pi * hertz * k * np.arange(len(wave))[:, None] / 8_000
        waves = np.concatenate([np.sin(angle), np.cos(angle)], axis=1) if cosines else np.sin(angle)
        return ((waves @ np.linalg.lstsq(waves, wave, rcond=None)[0]) ** 2).sum() / (wave**2).sum()

    judge = exercises.find("08e.3").judge
    assert judge(share) is None
    assert "asked at 187" in judge(lambda wave, hertz: share(wave, 200 if len(wave) == 1_900 else hertz))
    assert "take cosines as well" in judge(lambda wave, hertz: share(wave, hertz, cosines=False))
    assert "not only twenty" in judge(lambda wave, hertz: share(wave, hertz, harmonics=20))
    assert "came back as another" in judge(
        lambda wave, hertz: share(wave, hertz, most=5_000 if hertz == 300 else 4_000)
    )
    assert "no column of ones" in judge(lambda wave, hertz: share(wave, hertz, least=0))
