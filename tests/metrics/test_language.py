"""How much a text repeats and copies, against trying everything."""

import itertools

import numpy as np
import pytest

from dlcourse.metrics import language


def test_repetition_by_hand():
    assert language.repetition("abab", 2) == pytest.approx(1 / 3)  # ab, ba, ab
    assert language.repetition("aaaaa", 1) == pytest.approx(4 / 5)
    assert language.repetition("abcdef", 3) == 0
    with pytest.raises(ValueError, match="too few"):
        language.repetition("ab", 3)
    with pytest.raises(ValueError, match="expected a text"):
        language.repetition(["a"], 1)


@pytest.mark.parametrize("seed", range(6))
def test_the_longest_copy_is_the_longest_of_all_stretches(seed):
    random = np.random.default_rng(seed)
    text, source = ("".join(random.choice(list("abc"), length)) for length in (25, 60))
    every = [text[i:j] for i, j in itertools.combinations(range(26), 2) if text[i:j] in source]
    found = language.longest_copy(text, source)
    assert found in text and found in source and len(found) == max(map(len, every))


def test_a_long_copy_is_found_whole_wherever_it_begins():
    random = np.random.default_rng(0)
    source, before, after = ("".join(random.choice(list("abcd"), length)) for length in (400, 30, 30))
    for first, length in [(0, 9), (7, 25), (360, 40)]:
        copied = source[first : first + length]
        assert copied in language.longest_copy(before + "X" + copied + "X" + after, source)


def test_nothing_in_common():
    assert language.longest_copy("abc", "xyz") == ""
    assert language.longest_copy("abc", "xxabcxx") == "abc"
    with pytest.raises(ValueError, match="expected a text"):
        language.longest_copy("abc", 3)


@pytest.mark.parametrize("token", [-1, 3])
def test_a_token_outside_of_the_alphabet_has_no_bits(token):
    with pytest.raises(ValueError, match="expected 0 to 2"):
        language.bits(np.zeros((1, 3)), [token])
