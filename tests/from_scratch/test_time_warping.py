"""Dynamic time warping, against every path there is."""

import numpy as np
import pytest

from dlcourse.from_scratch import time_warping


def every_path(rows, columns, at=(0, 0)):
    """All paths from the first pair of frames to the last, by steps right, down and diagonal."""
    if at == (rows - 1, columns - 1):
        yield [at]
        return
    for down, right in ((1, 0), (0, 1), (1, 1)):
        step = at[0] + down, at[1] + right
        if step[0] < rows and step[1] < columns:
            for rest in every_path(rows, columns, step):
                yield [at, *rest]


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 4), (3, 1), (3, 4), (5, 4)])
def test_the_cost_is_the_least_of_all_paths(rows, columns):
    random = np.random.default_rng(rows + columns)
    one, other = random.normal(size=(rows, 2)), random.normal(size=(columns, 2))

    def cost(path):
        return sum(np.sqrt(((one[i] - other[j]) ** 2).sum()) for i, j in path)

    least = min(map(cost, every_path(rows, columns)))
    assert time_warping.costs(one, other)[-1, -1] == pytest.approx(least)
    assert cost(time_warping.path(one, other)) == pytest.approx(least)
    assert time_warping.distances(one, [other])[0] == pytest.approx(least / (rows + columns))


def test_many_at_once_are_each_by_itself():
    random = np.random.default_rng(0)
    one, others = random.normal(size=(6, 3)), [random.normal(size=(n, 3)) for n in (1, 9, 4, 2)]
    expected = [time_warping.costs(one, other)[-1, -1] / (6 + len(other)) for other in others]
    np.testing.assert_allclose(time_warping.distances(one, others), expected)


def test_a_word_spoken_slowly_is_no_distance_away():
    word = np.random.default_rng(1).normal(size=(7, 3))
    slowly = np.repeat(word, 3, axis=0)
    assert time_warping.distances(word, [slowly, word, word[::-1]])[:2] == pytest.approx(0, abs=1e-6)
    assert time_warping.nearest([slowly, slowly[::-1]], [word, word[::-1]], [4, 7]).tolist() == [4, 7]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: time_warping.costs(np.zeros(3), np.zeros((2, 1))), "2 axes"),
        (lambda: time_warping.costs(np.zeros((0, 2)), np.zeros((2, 2))), "one frame at least"),
        (lambda: time_warping.costs(np.zeros((2, 3)), np.zeros((2, 2))), "3 and of 2 features"),
        (lambda: time_warping.distances(np.zeros((2, 3)), []), "expected a list of recordings"),
        (lambda: time_warping.nearest([np.zeros((2, 3))], [np.zeros((2, 3))], [1, 2]), "1 templates"),
    ],
)
def test_what_can_not_be_compared_is_an_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()
