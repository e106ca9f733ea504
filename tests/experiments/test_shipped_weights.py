"""Weights of several seeds in one file come back as they went, to float16, and only from the file that was recorded."""

import keras
import numpy as np
import pytest

from dlcourse.experiments import shipped_weights


def small(seed):
    start = keras.initializers.GlorotUniform(seed=seed)
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, kernel_initializer=start)])


def test_networks_come_back_by_seed(tmp_path):
    networks, path = {11: small(11), 2: small(2)}, tmp_path / "small.npz"
    expected = shipped_weights.save(path, networks)
    found = shipped_weights.load(path, lambda seed: small(None), expected, "a_study")
    assert list(found) == [2, 11]
    for seed, network in found.items():
        for ours, theirs in zip(network.get_weights(), networks[seed].get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs.astype("float16").astype("float32"))


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "small.npz"
    expected = shipped_weights.save(path, {0: small(0)})
    shipped_weights.save(path, {0: small(1)})
    with pytest.raises(ValueError, match="make bench STUDY=a_study"):
        shipped_weights.load(path, small, expected, "a_study")


def test_one_network_in_turn_gives_what_each_gives_alone(tmp_path):
    networks, path = {3: small(3), 1: small(1)}, tmp_path / "small.npz"
    expected = shipped_weights.save(path, networks)
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    alone = shipped_weights.load(path, small, expected, "a_study")
    found = shipped_weights.load_in_turn(
        path, small, expected, "a_study", lambda network, seed: (seed, np.asarray(network(x)))
    )
    assert list(found) == [1, 3]
    for seed, (told, outputs) in found.items():
        assert told == seed
        np.testing.assert_allclose(outputs, alone[seed](x), atol=1e-6)
