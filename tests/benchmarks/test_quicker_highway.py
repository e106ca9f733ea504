"""highway-env's worlds by shorter ways: the same numbers."""

import importlib.util

import numpy as np
import pytest
from chapter_code import ROOT

from dlcourse.experiments import driving

SPEC = importlib.util.spec_from_file_location("quicker_highway", ROOT / "benchmarks" / "quicker_highway.py")
quicker_highway = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(quicker_highway)


@pytest.mark.parametrize("value", [-3.0, 0.5, 2.0])
def test_numbers_are_clipped_as_numpy_does(value):
    assert quicker_highway.clip(value, -1, 1) == np.clip(value, -1, 1)
    assert (quicker_highway.clip(np.array([value, 0.0]), -1, 1) == np.clip([value, 0.0], -1, 1)).all()


@pytest.mark.parametrize("make", [driving.highway, driving.merging])
def test_shorter_ways_change_no_bit(make):
    pytest.importorskip("highway_env")
    assert quicker_highway.equal(make, seed=3, steps=30)
