"""Digits that drift and bounce: where they are, what a single frame tells, and that a seed decides everything."""

import itertools

import numpy as np
import pytest

from dlcourse.datasets import moving_digits

RANDOM = np.random.default_rng(0)
GLYPHS = RANDOM.uniform(0.1, 1, (20, 6, 6)).astype("float32")


def test_shrunk_images_keep_their_mean():
    images = RANDOM.random((5, 28, 28, 1))
    small = moving_digits.shrunk(images)
    assert small.shape == (5, 14, 14) and small.dtype == np.float32
    np.testing.assert_allclose(small.mean(axis=(1, 2)), images.mean(axis=(1, 2, 3)), rtol=1e-6)
    assert small[3, 1, 2] == pytest.approx(images[3, 2:4, 4:6, 0].mean(), rel=1e-6)


@pytest.mark.parametrize("room", [1.0, 5.0, 18.0])
def test_a_bounce_is_a_walk_with_a_turn_at_each_wall(room):
    """Against a walk in tiny steps whose sign changes at the walls."""
    place, sign, tiny, expected = 0.3 * room, 1.0, room / 1_000, []
    for step in range(5_000):
        if step % 500 == 0:
            expected.append(place)
        place += sign * tiny
        if not 0 <= place <= room:
            sign = -sign
            place = -place if place < 0 else 2 * room - place
    straight = 0.3 * room + 500 * tiny * np.arange(10)
    np.testing.assert_allclose(moving_digits.bounced(straight, room), expected, atol=1e-6 * room)


def test_bouncing_digits_stay_inside_and_keep_their_speed():
    clips = moving_digits.bouncing(GLYPHS, 40, frames=12, size=16, digits=2, step=1.3, seed=4)
    assert clips.x.shape == (40, 12, 16, 16, 1) and clips.x.dtype == np.float32 and clips.y is None
    assert clips.places.min() >= 0 and clips.places.max() <= 10
    moved = np.linalg.norm(np.diff(clips.places, axis=1), axis=-1)
    assert moved.max() <= 1.3 + 1e-9 and np.median(moved) == pytest.approx(1.3)


def test_where_two_digits_overlap_the_brighter_pixel_is_seen():
    glyphs = np.array([[np.full((2, 2), 0.4), np.full((2, 2), 0.9)]])
    places = np.array([[[[1.0, 1.0], [2.0, 1.4]]]])
    frame = moving_digits.drawn(glyphs, places, 5)[0, 0, :, :, 0]
    expected = np.zeros((5, 5))
    expected[1:3, 1:3], expected[2:4, 1:3] = 0.4, 0.9
    np.testing.assert_allclose(frame, expected, rtol=1e-6)


def test_what_leaves_a_frame_is_cut_off_or_comes_in_again():
    glyph, corner = np.ones((1, 1, 3, 3)), np.array([[[[-1.0, 3.0]]]])
    cut = moving_digits.drawn(glyph, corner, 5)[0, 0, :, :, 0]
    assert cut.sum() == 4 and (cut[:2, 3:] == 1).all()
    wrapped = moving_digits.drawn(glyph, corner, 5, wrap=True)[0, 0, :, :, 0]
    assert wrapped.sum() == 9 and (wrapped[[4, 0, 1]][:, [3, 4, 0]] == 1).all()
    far = moving_digits.drawn(glyph, np.array([[[[-50.0, 3.0]]]]), 5)
    assert not far.any()


def test_drifting_digits_move_as_their_class_says():
    clips = moving_digits.drifting(GLYPHS, 64, frames=5, size=16, seed=2)
    assert set(clips.y) == set(range(8)) and clips.x.shape == (64, 5, 16, 16, 1)
    for x, y in zip(clips.x[..., 0], clips.y, strict=True):
        down, right = moving_digits.DIRECTIONS[y // 2]
        pixels = 2 if "fast" in moving_digits.MOTIONS[y] else 1
        for before, after in itertools.pairwise(x):
            np.testing.assert_array_equal(
                after, np.roll(before, (pixels * down, pixels * right), axis=(0, 1))
            )


def test_the_names_of_motions_fit_their_directions():
    names = [moving_digits.MOTIONS[2 * number] for number in range(4)]
    assert dict(zip(names, moving_digits.DIRECTIONS, strict=True)) == {
        "right": (0, 1), "left": (0, -1), "down": (1, 0), "up": (-1, 0)
    }  # fmt: skip


def test_played_backwards_a_clip_belongs_to_the_opposite_class():
    clips = moving_digits.drifting(GLYPHS, 30, frames=4, size=16, seed=7)
    opposite = moving_digits.backwards(clips.y)
    for x, y in zip(clips.x[:, ::-1, ..., 0], opposite, strict=True):
        move = np.array(moving_digits.DIRECTIONS[y // 2]) * (1 + y % 2)
        np.testing.assert_array_equal(x[1], np.roll(x[0], move, axis=(0, 1)))
    np.testing.assert_array_equal(moving_digits.backwards(opposite), clips.y)
    with pytest.raises(ValueError, match="0 to 7"):
        moving_digits.backwards([8])


def test_a_single_frame_is_as_likely_under_every_class():
    """Places of the moving digit, by class, in first and last frame: uniform, by a chi-square of 15 degrees."""
    clips = moving_digits.drifting(GLYPHS[:, :1, :1], 8_000, frames=6, size=4, seed=1)
    for frame in (0, 5):
        cells = (clips.places[:, frame, 0] @ [4, 1]).astype(int)
        for label in range(8):
            counts = np.bincount(cells[clips.y == label], minlength=16)
            assert ((counts - counts.mean()) ** 2 / counts.mean()).sum() < 45


def test_distractors_and_noise_are_what_they_say():
    plain = moving_digits.drifting(GLYPHS, 200, frames=3, size=16, distractors=1, seed=5)
    noisy = moving_digits.drifting(GLYPHS, 200, frames=3, size=16, distractors=1, noise=0.1, seed=5)
    np.testing.assert_array_equal(plain.places, noisy.places)
    inside = (plain.x > 0.4) & (plain.x < 0.6)
    assert (noisy.x - plain.x)[inside].std() == pytest.approx(0.1, rel=0.05)
    assert noisy.x.min() >= 0 and noisy.x.max() <= 1
    jumps = np.mod(np.diff(plain.places[:, :, 1], axis=1), 16)
    assert len(np.unique(jumps)) == 16


@pytest.mark.parametrize("make", [moving_digits.bouncing, moving_digits.drifting])
def test_a_seed_decides_everything(make):
    one, same, other = (make(GLYPHS, 5, size=16, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.x, same.x)
    assert not np.array_equal(one.x, other.x)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"images": GLYPHS[0]}, "expected square ones"),
        ({"images": GLYPHS + 1}, "from 0 to 1"),
        ({"number": 0}, "1 or more"),
        ({"size": 6}, "7 or more"),
        ({"frames": 2.5}, "whole number"),
    ],
)
def test_bad_input_says_what_was_expected(wrong, said):
    for make in (moving_digits.bouncing, moving_digits.drifting):
        with pytest.raises(ValueError, match=said):
            make(**{"images": GLYPHS, "number": 2, "size": 16, **wrong})
    with pytest.raises(ValueError, match="even sides"):
        moving_digits.shrunk(np.zeros((2, 27, 28)))
    with pytest.raises(ValueError, match="expected \\(clips, digits"):
        moving_digits.drawn(np.zeros((2, 1, 3, 3)), np.zeros((2, 4, 2, 2)), 8)
