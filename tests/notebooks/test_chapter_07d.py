"""What chapter 07d defines, its networks and clips, and its exercises' judge."""

import ast

import chapter_code
import keras
import numpy as np
import pytest
import three_fits
from keras import layers

from dlcourse import exercises, training
from dlcourse.datasets import moving_digits
from dlcourse.experiments import moving_digits as study
from dlcourse.metrics import video
from dlcourse.training import objectives


@pytest.fixture(scope="module")
def chapter():
    def settings(statement):
        names = [getattr(target, "id", "") for target in getattr(statement, "targets", [])]
        return isinstance(statement, ast.Assign) and names in (["DARK"], ["CONV"])

    return chapter_code.definitions("07d", also=settings)


def same(one, other, x):
    one.set_weights(other.get_weights())
    np.testing.assert_allclose(one(x), other(x), atol=1e-5)


def test_the_networks_in_view_are_those_that_are_shipped(chapter):
    random = np.random.default_rng(0)
    x = random.random((2, 8, 32, 32, 1))
    same(chapter.lstm_network(), study.motion_network("lstm", 0), x)
    same(chapter.pairs_network(), study.motion_network("pairs", 0), x)
    same(chapter.volume_network(), study.motion_network("volume", 0), x)
    same(chapter.map_network(), study.motion_network("convlstm", 0), x)
    x = random.random((2, 10, 32, 32, 1))
    same(chapter.writer(chapter.as_channels), study.frame_network("channels", 0), x)
    same(chapter.writer(chapter.one_by_one), study.frame_network("convlstm", 0), x)


def test_networks_that_are_compared_have_about_as_many_weights():
    motion = [study.motion_network(kind, 0).count_params() for kind in study.MOTION]
    assert max(motion) < 1.2 * min(motion)
    frames = [study.frame_network(kind, 0).count_params() for kind in study.FRAME]
    assert max(frames) < 1.15 * min(frames)


@pytest.mark.parametrize(("height", "width", "filters"), [(4, 5, 3), (7, 3, 2)])
def test_the_step_in_view_is_keras_convolutional_lstm(chapter, height, width, filters):
    layer = layers.ConvLSTM2D(filters, 3, padding="same")
    x = np.random.default_rng(1).normal(size=(3, 4, height, width, 2)).astype("float32")
    expected = layer(x)
    np.testing.assert_allclose(chapter.conv_lstm(x, *layer.get_weights()), expected, atol=1e-5)


def test_keras_fit_the_loop_and_training_fit_end_with_the_same_weights(chapter):
    random = np.random.default_rng(0)
    x, y = random.random((24, 8, 32, 32, 1)).astype("float32"), random.integers(0, 8, 24)
    start = study.motion_network("lstm", 2).get_weights()
    three_fits.end_alike(chapter.lstm_network, start, chapter.step, objectives.classification(), x, y, 8)


def test_single_differences_and_pairs_see_what_their_names_say():
    random = np.random.default_rng(3)
    x = random.random((2, 8, 32, 32, 1)).astype("float32")
    single = study.motion_network("single", 0)
    other = random.random(x.shape).astype("float32")
    other[:, -1] = x[:, -1]
    np.testing.assert_array_equal(single(x), single(other))
    still = np.repeat(x[:, :1], 8, axis=1)
    differences = study.motion_network("differences", 0)
    np.testing.assert_allclose(differences(still), differences(np.zeros_like(still)), atol=1e-6)
    pairs = study.motion_network("pairs", 0)
    a, b = x[:, :1], x[:, 1:2]
    rising = np.concatenate([a, a, b, b, a, b, a, a], axis=1)
    other = np.concatenate([a, b, a, a, a, b, b, a], axis=1)  # the same pairs of neighbours in another order
    np.testing.assert_allclose(pairs(rising), pairs(other), atol=1e-5)
    assert np.abs(pairs(rising) - pairs(still)).max() > 1e-4


def test_objective_is_the_metric_and_keras_loss_times_pixels():
    model = study.frame_network("channels", 0)
    x, y = study.halves(study.bouncing_clips("test", 6, 0))
    found = training.evaluate(model, objectives.frames(), (x, y))
    predicted = study.probabilities(model, x)
    assert found["loss"] == pytest.approx(video.cross_entropy(y, predicted).mean(), rel=1e-4)
    assert found["squared_error"] == pytest.approx(((y - predicted) ** 2).sum() / 60, rel=1e-4)
    by_keras = keras.losses.BinaryCrossentropy(from_logits=True)(y, model(x))
    assert found["loss"] == pytest.approx(1_024 * float(by_keras), rel=1e-4)
    with pytest.raises(ValueError, match="frames that are to be predicted"):
        objectives.frames().check(model, x, y[:, :5])
    with pytest.raises(ValueError, match="pixels from 0 to 1"):
        objectives.frames().check(model, x, 255 * y)


def test_shipped_networks_are_those_that_were_recorded():
    for kind in study.BUILD:
        networks = study.shipped(kind)
        assert len(networks) >= 3 and study.file(kind).stat().st_size < 1_000_000
    for given in (study.shipped, study.functions):
        with pytest.raises(ValueError, match="expected one of motion_single"):
            given("letters")


@pytest.mark.parametrize(("kind", "frames"), [("motion_convlstm", 8), ("frames_channels", 10)])
def test_functions_give_what_the_shipped_networks_give(kind, frames):
    x = np.random.default_rng(0).random((2, frames, 32, 32, 1)).astype("float32")
    networks, functions = study.shipped(kind), study.functions(kind)
    assert list(networks) == list(functions)
    np.testing.assert_allclose(functions[1](x), networks[1](x, training=False), atol=2e-5)
    assert functions[0].count_params() == networks[0].count_params()
    if frames == 10:
        one, other = (study.probabilities(of[2], x) for of in (networks, functions))
        np.testing.assert_allclose(one, other, atol=2e-5)


def test_networks_of_the_last_frame_were_given_nothing_else():
    past = np.random.default_rng(2).random((3, 10, 32, 32, 1)).astype("float32")
    found = study.stopped(past)
    assert found.shape == past.shape
    for frame in range(10):
        np.testing.assert_array_equal(found[:, frame], past[:, -1])
    seen = []
    model = study.frame_network("channels", 0)
    study.train_frames(model, 32, seed=1, given=lambda x: seen.append(x) or study.stopped(x))
    assert sum(len(x) for x in seen) >= 32 and np.abs(np.diff(seen[0], axis=1)).max() > 0


def test_no_test_digit_is_in_a_training_clip():
    sides = [{digit.tobytes() for digit in study.digits(part)} for part in ("train", "validation", "test")]
    clips = study.bouncing_clips("test", 20, 3)
    assert {glyph.tobytes() for glyph in clips.glyphs.reshape(-1, 14, 14)} <= sides[2]
    common = (sides[0] | sides[1]) & sides[2]
    assert len(common) < 20  # a few small pictures of the digit one are alike


def test_shuffling_changes_order_and_nothing_else():
    clips = study.motion_clips("test", 12, 4)
    mixed = study.shuffled(clips, 1)
    np.testing.assert_array_equal(mixed.y, clips.y)
    for x, other in zip(clips.x, mixed.x, strict=True):
        assert {frame.tobytes() for frame in x} == {frame.tobytes() for frame in other}
    assert not np.array_equal(clips.x, mixed.x)
    drawn = moving_digits.drawn(mixed.glyphs, mixed.places, 32, wrap=True)
    assert np.abs(drawn - mixed.x).mean() < 0.1


def test_straight_on_is_the_future_as_long_as_no_wall_is_touched():
    clips = study.bouncing_clips("test", 200, 5)
    found, (_, future) = study.straight_on(clips), study.halves(clips)
    last = np.diff(clips.places[:, study.PAST - 2 :], axis=1)
    free = np.abs(last - last[:, :1]).max(axis=(2, 3)) < 1e-9
    free = np.cumprod(free, axis=1).astype(bool)[:, 1:]
    assert free[:, 0].sum() > 50
    np.testing.assert_array_equal(found[free], future[free])
    assert np.abs(found[:, -1] - future[:, -1]).mean() > 0.02


@pytest.mark.parametrize("cut", [study.halves, study.straight_on])
def test_clips_of_another_length_are_not_cut_in_halves(cut):
    with pytest.raises(ValueError, match="clips of 12 frames; expected 20"):
        cut(study.bouncing_clips("test", 3, 0, frames=12))


@pytest.mark.parametrize(("number", "said"), [(8, "16 or more"), (40, "multiple of the batch size, 16.*32")])
def test_frames_are_trained_on_whole_batches(number, said):
    with pytest.raises(ValueError, match=said):
        study.train_frames(study.frame_network("channels", 0, filters=2), number, seed=0)


def of_any_length(*parts):
    return keras.Sequential([keras.Input((None, 32, 32, 1)), *parts])


def the_order_of_the_ends():
    """A network that sees all frames, but of their order only which is the first and which the last."""
    clip = keras.Input((None, 32, 32, 1))
    means = layers.GlobalAveragePooling3D()(layers.Conv3D(4, (1, 3, 3), (1, 8, 8), activation="relu")(clip))
    ends = layers.Concatenate()([layers.Flatten()(clip[:, 0]), layers.Flatten()(clip[:, -1])])
    return keras.Model(clip, layers.Dense(8)(layers.Concatenate()([means, ends])))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (keras.Sequential([keras.Input((8, 32, 32, 1)), layers.Flatten(), layers.Dense(8)]), "any number"),
        (
            of_any_length(
                layers.Conv3D(4, (1, 3, 3), (1, 8, 8)), layers.GlobalAveragePooling3D(), layers.Dense(8)
            ),
            "backwards",
        ),
        (of_any_length(layers.Conv3D(8, 3, (1, 8, 8))), "is asked for"),
        (
            of_any_length(layers.Lambda(lambda x: x[:, 0]), layers.Flatten(), layers.Dense(8)),
            "with frame 2 of 9",
        ),
        (
            of_any_length(layers.Lambda(lambda x: x[:, -1]), layers.Flatten(), layers.Dense(8)),
            "with frame 1 of 9",
        ),
        (the_order_of_the_ends(), "inner frames"),
        (  # without an activation all inner frames count alike
            of_any_length(layers.Conv3D(4, 3, (1, 4, 4)), layers.GlobalAveragePooling3D(), layers.Dense(8)),
            "inner frames",
        ),
    ],
)
def test_the_judge_of_exercise_3_sees_what_is_wrong(model, said):
    assert said in exercises.find("07d.3").judge(model)


def test_the_judge_of_exercise_3_takes_what_is_right():
    over_time = layers.Conv3D(4, 3, (1, 4, 4), activation="relu")
    model = of_any_length(over_time, layers.GlobalAveragePooling3D(), layers.Dense(8))
    assert exercises.find("07d.3").judge(model) is None
