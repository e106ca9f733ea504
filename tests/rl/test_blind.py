"""Policies that look at nothing."""

import numpy as np
import pytest

from dlcourse.rl import blind


def test_who_always_does_the_same_does_it_for_each():
    assert blind.always(2)(np.zeros((4, 3))).tolist() == [2, 2, 2, 2]


def test_drawn_actions_are_as_likely_and_the_same_with_the_same_seed():
    seen = np.zeros((6_000, 2))
    drawn = blind.at_random(3, seed=1)(seen)
    assert np.bincount(drawn) / len(drawn) == pytest.approx([1 / 3] * 3, abs=0.03)
    assert (blind.at_random(3, seed=1)(seen) == drawn).all()
    assert (blind.at_random(3, seed=2)(seen) != drawn).any()


def test_actions_are_whole_numbers():
    with pytest.raises(ValueError, match=r"always\(action\)"):
        blind.always(-1)
    with pytest.raises(ValueError, match=r"at_random\(actions\)"):
        blind.at_random(0)
