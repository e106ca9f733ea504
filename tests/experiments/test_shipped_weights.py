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


def recurrent(seed):
    """With a state that isn't trained, and inputs of any length."""
    start = keras.initializers.GlorotUniform(seed=seed)
    return keras.Sequential(
        [
            keras.Input((None, 3)),
            keras.layers.GRU(4, return_sequences=True, kernel_initializer=start),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(2, kernel_initializer=start),
        ]
    )


def test_functions_share_a_graph_and_give_what_the_networks_give(tmp_path):
    networks, files, alone = {seed: recurrent(seed) for seed in (4, 0)}, {}, {}
    for seed, network in networks.items():
        *others, mean, variance = network.get_weights()[:-2]
        network.set_weights([*others, mean + 0.3, variance + 0.7, *network.get_weights()[-2:]])
        path = tmp_path / f"recurrent_{seed}.npz"
        files[path] = shipped_weights.save(path, {seed: network})
        alone |= shipped_weights.load(path, recurrent, files[path], "a_study")
    found = shipped_weights.functions(files, recurrent, "a_study")
    assert list(found) == [4, 0]
    random = np.random.default_rng(0)
    for rows, steps in [(2, 5), (3, 8)]:
        x = random.normal(size=(rows, steps, 3))
        outputs = {seed: np.asarray(function(x)) for seed, function in found.items()}
        for seed in found:
            np.testing.assert_allclose(outputs[seed], alone[seed](x, training=False), atol=1e-5)
        assert not np.allclose(outputs[0], outputs[4])
    assert found[0].count_params() == networks[0].count_params()
    for ours, theirs in zip(found[0].get_weights(), alone[0].get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(ValueError, match="doesn't train"):
        found[0](x, training=True)
