"""Difference quotients against derivatives known in closed form."""

import numpy as np
import pytest

from dlcourse.from_scratch import difference_quotients


@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 4), (2, 3, 2)])
def test_gradient_of_a_sum_of_sines_is_the_cosines(shape):
    at = np.random.default_rng(len(shape)).normal(size=shape)
    before = at.copy()
    found = difference_quotients.gradient(lambda x: np.sin(x).sum(), at)
    assert found.shape == shape and found == pytest.approx(np.cos(at), abs=1e-9)
    assert (at == before).all()


@pytest.mark.parametrize("h", [1e-2, 0.1, 0.5])
def test_a_parabola_has_no_truncation_error_and_a_cubic_h_squared(h):
    at = np.array([0.3, -2.0])
    assert difference_quotients.gradient(lambda x: (x**2).sum(), at, h) == pytest.approx(2 * at)
    cubic = difference_quotients.gradient(lambda x: (x**3).sum(), at, h)
    assert cubic - 3 * at**2 == pytest.approx([h**2, h**2], rel=1e-6)


def test_whole_numbers_are_a_point_too():
    assert difference_quotients.gradient(lambda x: x @ x, [1, 2]) == pytest.approx([2, 4])


def test_a_function_may_keep_or_change_what_it_is_given():
    kept = []

    def careless(x):
        kept.append(x)
        value = (x**2).sum()
        x += 1
        return value

    assert difference_quotients.gradient(careless, [1.0, 3.0]) == pytest.approx([2, 6])
    assert len(kept) == 4 and kept[0] is not kept[1]


@pytest.mark.parametrize("h", [0, -1e-5, np.inf, np.nan, "small", None])
def test_what_is_no_step_is_refused(h):
    with pytest.raises(ValueError, match=r"gradient\(h\)=.*finite number above 0"):
        difference_quotients.gradient(np.sum, [1.0], h)


def test_relative_error():
    assert difference_quotients.relative_error([3.0, 4.0], [3.0, 0.0]) == pytest.approx(4 / 3)
    assert difference_quotients.relative_error(np.ones((2, 2)), np.ones((2, 2))) == 0
    assert difference_quotients.relative_error([0.0], [0.0]) == 0
    assert difference_quotients.relative_error([1.0], [0.0]) == np.inf
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)"):
        difference_quotients.relative_error([1, 2], [1, 2, 3])
