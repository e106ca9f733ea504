"""Word error rate, against jiwer's numbers, and against trying all edits."""

import functools

import numpy as np
import pytest

from dlcourse.metrics import speech

# By jiwer 4.0.0: process_words(said, recognised): error rate, substitutions, insertions, deletions.
CASES = [
    ("one two three", "one two three", 0, 0, 0),
    ("one two three", "one three", 0, 0, 1),
    ("one two three", "one four three three", 1, 1, 0),
    ("seven", "one two three", 1, 2, 0),
    ("four four five", "five", 0, 0, 2),
    ("one two three four", "two three four one", 0, 1, 1),
]


@pytest.mark.parametrize(("said", "recognised", "substitutions", "insertions", "deletions"), CASES)
def test_edits_are_jiwers(said, recognised, substitutions, insertions, deletions):
    found = speech.edits(said.split(), recognised.split())
    assert found == (substitutions, insertions, deletions)


def test_the_rate_is_over_all_words_together():
    said, recognised = zip(*((one.split(), other.split()) for one, other, *_ in CASES), strict=True)
    # jiwer.wer of the six strings together: 10 edits for 17 words.
    assert speech.word_error_rate(said, recognised) == pytest.approx(10 / 17)
    assert speech.whole_strings(said, recognised) == pytest.approx(1 / 6)


@pytest.mark.parametrize("seed", range(20))
def test_no_way_is_shorter(seed):
    random = np.random.default_rng(seed)
    one, other = (tuple(random.integers(0, 3, random.integers(0, 6)).tolist()) for _ in range(2))

    @functools.cache
    def least(a, b):
        if not a or not b:
            return len(a) + len(b)
        return min(least(a[1:], b) + 1, least(a, b[1:]) + 1, least(a[1:], b[1:]) + (a[0] != b[0]))

    substitutions, insertions, deletions = speech.edits(one, other)
    assert substitutions + insertions + deletions == least(one, other)
    assert len(one) - deletions + insertions == len(other)
    assert speech.edits(other, one) == (substitutions, deletions, insertions)


@pytest.mark.parametrize(
    ("said", "recognised", "message"),
    [
        ([["one"]], [], "equally many strings"),
        ([[]], [["one"]], "has no words"),
        (["one two"], ["one"], r"split a text first"),
    ],
)
def test_what_can_not_be_compared_is_an_error(said, recognised, message):
    with pytest.raises(ValueError, match=message):
        speech.word_error_rate(said, recognised)
