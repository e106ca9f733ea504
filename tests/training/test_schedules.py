"""A learning rate's rise and fall."""

import numpy as np
import pytest

from dlcourse.training import schedules


@pytest.mark.parametrize(("steps", "part", "rise"), [(100, 10, 10), (100, 5, 20), (7, 10, 1)])
def test_it_rises_evenly_from_a_tenth_to_the_peak_and_falls_by_half_a_cosine(steps, part, rise):
    rate = schedules.rise_and_fall(0.02, steps, part)
    rates = np.array([float(rate(step)) for step in range(steps + 1)])
    np.testing.assert_allclose(rates[: rise + 1], np.linspace(0.002, 0.02, rise + 1), rtol=1e-5)
    turned = np.pi * np.arange(steps - rise + 1) / (steps - rise)
    np.testing.assert_allclose(rates[rise:], 0.01 * (1 + np.cos(turned)), atol=1e-8)


def test_a_learning_rate_rises_for_a_tenth_of_the_steps_and_then_falls_to_nothing():
    rate = [float(schedules.rise_and_fall(0.01, 100)(step)) for step in range(101)]
    assert int(np.argmax(rate)) == 10 and max(rate) == pytest.approx(0.01)
    assert np.all(np.diff(rate[:10]) > 0) and np.all(np.diff(rate[10:]) < 0) and rate[-1] < 1e-8


@pytest.mark.parametrize(
    ("wrong", "said"),
    [((0.0, 10), r"\(peak\)=0.0"), ((0.1, 0), r"\(steps\)=0"), ((0.1, 10, 0), r"\(part\)=0")],
)
def test_bad_input_says_what_was_expected(wrong, said):
    with pytest.raises(ValueError, match=said):
        schedules.rise_and_fall(*wrong)
