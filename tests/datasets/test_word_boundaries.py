"""Text without spaces: nothing is lost, labels say where words stood, and splits share no line."""

import numpy as np
import pytest

from dlcourse.datasets import texts
from dlcourse.datasets import word_boundaries as text


def test_lines_are_the_book_word_by_word():
    lines = text.lines("english")
    words = [word for line in lines for word in line]
    assert words == text.letters_of_words(texts.read("english"))
    assert all(len("".join(line)) <= text.LONGEST for line in lines)
    assert max(map(len, words)) <= text.LONGEST
    assert all(word.isalpha() and word == word.lower() for word in words)


def test_a_line_takes_as_many_words_as_fit():
    words = ["abc", "de", "f", "ghij", "klm", "too-long", "n"]
    assert text.in_lines(words, longest=6) == (("abc", "de", "f"), ("ghij",), ("klm", "n"))


def test_words_of_an_alphabet():
    assert text.letters_of_words("Don't say “naïve”, 3 times.") == ["dont", "say", "naïve", "times"]


def test_chinese_phrases_end_at_marks_and_lose_line_ends_and_quotes():
    assert text.chinese_phrases("　　甲乙問：\n「丙丁\n戊，己《庚》辛；」壬。") == [
        "甲乙問",
        "丙丁戊",
        "己庚辛",
        "壬",
    ]
    lines = text.lines("chinese")
    assert all("\u4e00" <= letter <= "\u9fff" for line in lines[:50] for letter in "".join(line))


@pytest.mark.parametrize("language", text.LANGUAGES)
def test_labels_and_words_are_each_others_inverse_and_keep_the_rules(language):
    for line in text.lines(language)[:200]:
        labels = text.labels_of(line)
        letters = "".join(line)
        assert [letters[first:last] for first, last in text.spans(labels)] == list(line)
        assert text.MAY_BEGIN[labels[0]] and text.MAY_END[labels[-1]]
        assert text.FOLLOWS[labels[:-1], labels[1:]].all()


def test_labels_that_break_the_rules_are_read_too():
    b, m, e, s = range(4)
    assert text.spans([b, b, m]) == [(0, 1), (1, 3)]
    assert text.spans([e, m, s, m]) == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert text.spans([s, -1, -1]) == [(0, 1)] and text.spans([-1]) == []


def test_numbers_of_letters():
    symbols = text.symbols_of([("ab", "a"), ("ca",)], most=2)
    assert symbols == {"a": 2, "b": 3}
    x, y = text.arrays([("ab", "c")], symbols)
    assert x[0, :4].tolist() == [2, 3, text.UNKNOWN, text.PADDING]
    assert y[0, :4].tolist() == [text.BEGIN, text.END, text.SINGLE, -1] and x.shape == y.shape == (
        1,
        text.LONGEST,
    )


def test_a_split_shares_no_line_and_its_seed_decides():
    lines = [(f"{number}",) for number in range(100)]
    parts = text.three_ways(lines, 3, validation=10, test=20)
    assert list(map(len, parts)) == [70, 10, 20] and len({line for part in parts for line in part}) == 100
    assert (
        parts
        == text.three_ways(lines, 3, validation=10, test=20)
        != text.three_ways(lines, 4, validation=10, test=20)
    )
    with pytest.raises(ValueError, match="100 lines can't give 90 and 10"):
        text.three_ways(lines, 0, validation=90, test=10)


def test_other_languages_are_refused():
    with pytest.raises(ValueError, match="english, chinese"):
        text.lines("klingon")
    assert np.array(text.FOLLOWS).sum() == 8
