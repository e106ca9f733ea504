"""English number words and Chinese numerals say the same number, by readers that are written here."""

import numpy as np
import pytest

from dlcourse.datasets import numerals

SMALL = {word: value for value, word in enumerate(numerals.ONES)}
SMALL |= {word: 10 * (value + 2) for value, word in enumerate(numerals.TENS)}
NUMBERS = [*range(0, 3_000), *np.random.default_rng(0).integers(0, 10**8, 3_000).tolist(), 99_999_999]


def heard(words):
    """What English number words say, by adding and multiplying."""
    total = group = 0
    for word in words:
        if word == "hundred":
            group *= 100
        elif word in ("thousand", "million"):
            total, group = total + group * {"thousand": 1_000, "million": 1_000_000}[word], 0
        else:
            group += SMALL[word]
    return total + group


def read(signs):
    """What a Chinese numeral says, by places."""
    upper, found, lower = signs.partition("万")
    if found:
        return 10_000 * read(upper) + read(lower)
    total = digit = 0
    for sign in signs:
        if sign in "零一二三四五六七八九":
            digit = "零一二三四五六七八九".index(sign)
        else:
            total, digit = total + (digit or 1) * {"十": 10, "百": 100, "千": 1_000}[sign], 0
    return total + digit


def test_both_say_the_number():
    assert [heard(numerals.english(number)) for number in NUMBERS] == NUMBERS
    assert [read(numerals.chinese(number)) for number in NUMBERS] == NUMBERS
    assert [numerals.value(numerals.chinese(number)) for number in NUMBERS] == NUMBERS


def test_numbers_below_a_thousand_are_said_with_and_behind_hundred_only():
    assert " ".join(numerals.said(305)) == "three hundred and five"
    assert " ".join(numerals.said(300)) == "three hundred"
    for number in range(1, 1_000):
        words = numerals.said(number)
        assert [word for word in words if word != "and"] == numerals.english(number)
        assert words.count("and") == (number > 100 and number % 100 > 0)
    for wrong in (1_000, -1):
        with pytest.raises(ValueError, match="said"):
            numerals.said(wrong)


@pytest.mark.parametrize(
    "number, said",
    [
        (0, "零"), (10, "十"), (15, "十五"), (110, "一百一十"), (305, "三百零五"), (1_010, "一千零一十"),
        (10_300, "一万零三百"), (100_000, "十万"), (103_000, "十万三千"),
        (1_200_345, "一百二十万零三百四十五"), (20_000_003, "二千万零三"),
    ],
)  # fmt: skip
def test_numerals_as_they_are_written(number, said):
    assert numerals.chinese(number) == said


@pytest.mark.parametrize("text", ["三百五", "零零", "一一", "万", "三x", "", "一十"])
def test_what_is_no_numeral_has_no_value(text):
    assert numerals.value(text) is None


def test_each_digit_is_said_by_its_word():
    for number in NUMBERS:
        words, signs = numerals.english(number), numerals.chinese(number)
        for sign, place in zip(signs, numerals.word_of_signs(number), strict=True):
            if place >= 0:
                worth = SMALL[words[place]]
                said = {worth, worth - 10, worth // 10}
                assert "零一二三四五六七八九".index(sign) in said
            else:
                assert sign in "零十百千万"


def test_parts_share_no_number_and_lengths_are_as_asked():
    parts = {
        part: numerals.pairs(part, 700, words=(3, 9), seed=4) for part in ("train", "validation", "test")
    }
    everything = np.concatenate([pairs.numbers for pairs in parts.values()])
    assert len(set(everything.tolist())) == len(everything)
    for pairs in parts.values():
        assert pairs.words().min() >= 3 and pairs.words().max() <= 9
        np.testing.assert_array_equal(
            pairs.words(), [len(numerals.english(number)) for number in pairs.numbers]
        )
        assert numerals.read(pairs.y) == [numerals.chinese(number) for number in pairs.numbers]
        assert numerals.read(pairs.x, numerals.ENGLISH) == [
            " ".join(numerals.english(number)) for number in pairs.numbers
        ]
    again = numerals.pairs("test", 700, words=(3, 9), seed=4)
    np.testing.assert_array_equal(again.numbers, parts["test"].numbers)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: numerals.english(10**8), "english"),
        (lambda: numerals.chinese(-1), "chinese"),
        (lambda: numerals.pairs("all", 3), "'train', 'validation' or 'test'"),
        (lambda: numerals.pairs("train", 3, words=(0, 3)), "words"),
        (lambda: numerals.pairs("train", 3, words=7), "fewest and the most"),
        (lambda: numerals.encoded([1.5]), "whole numbers"),
    ],
)
def test_bad_input_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()
