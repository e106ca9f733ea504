"""Byte-pair merges by hand, and what they must keep."""

import itertools

import numpy as np
import pytest

from dlcourse.from_scratch import byte_pairs


def test_merges_by_hand():
    """abababc: ab three times; then ab ab twice, overlapping; then nothing occurs twice."""
    pairs = byte_pairs.learn([0, 1, 0, 1, 0, 1, 2], symbols=3, merges=9)
    assert pairs == [(0, 1), (3, 3)]
    np.testing.assert_array_equal(byte_pairs.apply([0, 1, 0, 1, 0, 1, 2], 3, pairs), [4, 3, 2])
    assert byte_pairs.spelled("abc", pairs) == ["a", "b", "c", "ab", "abab"]


@pytest.mark.parametrize(
    ("length", "merged"), [(1, [0]), (2, [1]), (3, [1, 0]), (4, [1, 1]), (7, [1, 1, 1, 0])]
)
def test_of_overlapping_pairs_the_left_one_is_taken(length, merged):
    np.testing.assert_array_equal(byte_pairs.apply([0] * length, 1, [(0, 0)]), merged)


@pytest.mark.parametrize("seed", range(5))
def test_no_letter_is_lost_and_each_merge_shortens_by_what_was_counted(seed):
    random = np.random.default_rng(seed)
    text = "".join(random.choice(list("aabbc "), 400))
    alphabet = sorted(set(text))
    tokens = np.array([alphabet.index(letter) for letter in text])
    pairs = byte_pairs.learn(tokens, len(alphabet), 30)
    spelled = byte_pairs.spelled(alphabet, pairs)
    for number in range(len(pairs) + 1):
        merged = byte_pairs.apply(tokens, len(alphabet), pairs[:number])
        assert "".join(spelled[token] for token in merged) == text
        if number < len(pairs):
            one, other = (spelled[token] for token in pairs[number])
            stands = list(itertools.pairwise(merged))
            most = max(stands.count(pair) for pair in set(stands))
            assert stands.count(pairs[number]) == most and one + other == spelled[len(alphabet) + number]


def test_bad_input_is_said():
    with pytest.raises(ValueError, match="expected 0 to 1"):
        byte_pairs.learn([0, 2], 2, 1)
    with pytest.raises(ValueError, match="whole numbers"):
        byte_pairs.apply([[0, 1]], 2, [])
