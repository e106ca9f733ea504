"""Networks that keep things in mind: the rate that a study chose, and the shipped ones are those that were trained."""

import numpy as np
import pytest

from dlcourse import recording
from dlcourse.experiments import recurrent_memory


def test_the_best_rate_is_that_of_the_highest_mean():
    recorded = {
        "recall 2, gru, 0.005": [0.5, 0.7],
        "recall 2, gru, 0.01": [0.9, 0.8],
        "recall 2, lstm, 0.02": [1],
    }
    assert recurrent_memory.best_rate(recorded, "recall", 2, "gru") == 0.01
    assert recurrent_memory.best_rate(recorded, "recall", 2, "lstm") == 0.02


@pytest.mark.parametrize("name", recurrent_memory.SHIPPED)
def test_shipped_networks_score_what_was_recorded(name):
    settings, network = recurrent_memory.SHIPPED[name], recurrent_memory.shipped()[name]
    x, y = recurrent_memory.TASKS[settings["task"]].draw(500, settings["lag"], seed=2)
    found = recurrent_memory.evaluate(network, settings["task"], x, y)
    np.testing.assert_allclose(found, recording.load("ch07_shipped")[name], atol=0.005)
