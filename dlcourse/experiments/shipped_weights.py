"""Networks of several seeds in one file: weights as float16, with the hash that a study records."""

import hashlib

import numpy as np


def load(path, build, expected, study):
    """The networks of a file, a dict from seed to Keras model.

    Args:
        path: the .npz file.
        build: function from a seed to the network that the weights are for.
        expected: SHA-256 of the file, as recorded.
        study: name of the study that trains them.

    Raises:
        ValueError: where the file isn't the one whose hash is recorded.
    """
    if _sha256(path) != expected:
        raise ValueError(
            f"{path} isn't the file that was recorded: take it from the repository again, or train it anew by "
            f"make bench STUDY={study}."
        )
    networks = {}
    with np.load(path, allow_pickle=False) as stored:
        for seed in sorted({int(name.split("/")[0]) for name in stored.files}):
            networks[seed] = build(seed)
            count = len(networks[seed].weights)
            networks[seed].set_weights(
                [stored[f"{seed}/{index}"].astype("float32") for index in range(count)]
            )
    return networks


def save(path, networks):
    """Write the weights of a dict from seed to model; returns the file's SHA-256."""
    stored = {
        f"{seed}/{index}": weight.astype("float16")
        for seed, model in networks.items()
        for index, weight in enumerate(model.get_weights())
    }
    np.savez_compressed(path, **stored)
    return _sha256(path)


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
