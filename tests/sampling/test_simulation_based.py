"""Ranks are uniform where draws are right, and their χ² is scipy's."""

import numpy as np
import pytest
from scipy import stats

from dlcourse.sampling import simulation_based


def test_ranks_count_the_draws_below():
    assert simulation_based.ranks([0.5, 2.0], [[0.0, 1.0], [1.0, 1.5], [0.2, 9.0]]).tolist() == [2, 2]


def test_right_draws_give_uniform_ranks_and_narrow_ones_don_t():
    rng = np.random.default_rng(0)
    truths = rng.normal(size=4_000)
    right = simulation_based.ranks(truths, rng.normal(size=(19, 4_000)))
    narrow = simulation_based.ranks(truths, 0.7 * rng.normal(size=(19, 4_000)))
    assert stats.chisquare(simulation_based.histogram(right, 19)).pvalue > 1e-3
    assert simulation_based.unevenness(narrow, 19) > 5


def test_unevenness_is_chi_squared_per_degree_of_freedom():
    ranks = np.random.default_rng(1).integers(0, 10, size=200)
    expected = stats.chisquare(np.bincount(ranks, minlength=10)).statistic / 9
    assert simulation_based.unevenness(ranks, 9) == pytest.approx(expected)


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: simulation_based.ranks([1.0, 2.0], np.zeros((19, 3))), "a column per truth"),
        (lambda: simulation_based.histogram([0.5], 3), "whole numbers from 0 to 3"),
        (lambda: simulation_based.histogram([4], 3), "whole numbers from 0 to 3"),
    ],
)
def test_what_is_no_rank_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
