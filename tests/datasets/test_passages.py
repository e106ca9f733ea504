"""Whole passages are held out, and nothing of them is left in the training text."""

import numpy as np
import pytest

from dlcourse.datasets import passages


@pytest.mark.parametrize(("length", "count", "rest"), [(10, 30, 0), (7, 21, 5), (1, 10, 0)])
def test_no_passage_is_on_two_sides_and_none_is_lost(length, count, rest):
    text = "".join(chr(1_000 + place) for place in range(length * count + rest))  # every character once
    training, validation, test = passages.three_ways(text, length, held_out=0.2, seed=3)
    parts = [training, "".join(validation), "".join(test)]
    assert sorted("".join(parts)) == sorted(text)
    assert len(validation) == len(test) == round(0.2 * count)
    assert all(len(passage) == length and passage in text for passage in validation + test)
    order = [text.index(letter) for letter in training]
    assert order == sorted(order)


def test_another_seed_holds_out_others():
    text = "".join(map(chr, range(1_000, 1_600)))
    one, other = (set(passages.three_ways(text, 10, seed=seed)[2]) for seed in (0, 1))
    assert one != other
    assert set(passages.three_ways(text, 10, seed=0)[2]) == one


def test_tidy():
    assert passages.tidy("\n a  b\t c \n \n\n\n d\ne ") == "a b c\n\nd\ne"
    kept = "One line\nand another\n\nA new paragraph."
    assert passages.tidy(kept) == kept


def test_bad_input_is_said():
    for wrong, said in [((5, 2), "expected a text"), (("abc", 2), "at least one"), (("abc", 0), "length")]:
        with pytest.raises(ValueError, match=said):
            passages.three_ways(*wrong)
    with pytest.raises(ValueError, match="at least one"):
        passages.three_ways("a" * 100, 10, held_out=0.5)
    assert np.shape(passages.three_ways("a" * 100, 10, held_out=0.4)[1]) == (4,)
