"""CartPoles with more buttons are the same world, and the shipped agents believe what was recorded."""

import numpy as np
import pytest

from dlcourse import recording
from dlcourse.experiments import flattering_maximum
from dlcourse.rl import environments


def test_a_button_does_what_its_action_does():
    plain, listed = environments.cart_poles(4), flattering_maximum.many_buttons(4, 8)
    np.testing.assert_array_equal(plain.reset(seed=3)[0], listed.reset(seed=3)[0])
    for buttons in ([0, 1, 14, 15], [3, 2, 8, 9]):
        expected, *_ = plain.step(np.array(buttons) % 2)
        found, *_ = listed.step(np.array(buttons))
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("times", [1, 8])
def test_shipped_agents_believe_what_was_recorded(times):
    believed, _ = flattering_maximum.believed_and_got(flattering_maximum.shipped()[times], times)
    recorded = recording.load("ch09c_buttons")
    for name, values in believed.items():
        np.testing.assert_allclose(values, recorded[f"{name}, {2 * times} actions"][0], atol=0.2)
