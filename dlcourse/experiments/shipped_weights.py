"""Networks of several seeds in one file: weights as float16, with the hash that a study records."""

import collections
import functools
import hashlib

import keras
import numpy as np
import tensorflow as tf

from dlcourse import recording


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
    networks = {}
    for seed, weights in read(path, expected, study).items():
        networks[seed] = build(seed)
        networks[seed].set_weights(weights)
    return networks


def load_in_turn(path, build, expected, study, measure):
    """``measure(network, seed)`` of each network of a file, a dict from seed; as ``load`` else.

    One network is built, and takes each one's weights in turn, so that TensorFlow compiles it only once. It isn't to be
    kept: what ``measure`` gives should be numbers.
    """
    network, found = None, {}
    for seed, weights in read(path, expected, study).items():
        network = network or build(seed)
        network.set_weights(weights)
        found[seed] = measure(network, seed)
    return found


@functools.cache
def built_once(build):
    """``build(0)``, the same network at each call: TensorFlow compiles it once for all that it is asked.

    For ``load_in_turn``, where several measures, or kinds of the same build, take one after another.
    """
    return build(0)


class Function:
    """A shipped network as a function of its inputs, of ``functions``; it can stand where a model predicts."""

    def __init__(self, graph, weights):
        self._graph, self._weights = graph, [tf.constant(weight) for weight in weights]

    def __call__(self, x, training=False):
        """What the network gives for x, any number of rows.

        Raises:
            ValueError: where ``training`` is true: a function doesn't train.
        """
        if training:
            raise ValueError("A shipped network's function doesn't train; take the models that load gives.")
        return self._graph(self._weights, x)

    def get_weights(self):
        return [weight.numpy() for weight in self._weights]

    def count_params(self):
        return sum(int(tf.size(weight)) for weight in self._weights)


def functions(files, build, study):
    """The networks of some files as functions that share one compiled graph: a dict from seed to Function.

    Keras would build each network, and TensorFlow compile it, which takes longer than what a chapter asks of it. Here
    one is built and compiled, with weights as its inputs, for all that are built by the same function, also in later
    calls. It takes one array, of any size where the network's input is open.

    Args:
        files: a dict from path to the file's SHA-256, as recorded; no seed is in two of them.
        build: function from a seed to the network that the weights are for.
        study: name of the study that trains them.

    Raises:
        ValueError: as ``load``.
    """
    stored = {}
    for path, expected in files.items():
        stored |= read(path, expected, study)
    graph = _graph(build)
    return {seed: Function(graph, weights) for seed, weights in stored.items()}


@functools.lru_cache(maxsize=16)
def _graph(build):
    """A network as a compiled function of its weights and its input."""
    network = build(0)
    signature = [
        [tf.TensorSpec(weight.shape, weight.dtype) for weight in network.weights],
        tf.TensorSpec(network.inputs[0].shape, network.inputs[0].dtype),
    ]

    @tf.function(input_signature=signature)
    def compiled(weights, x):
        with keras.StatelessScope(state_mapping=list(zip(network.weights, weights, strict=True))):
            return network(x, training=False)

    return lambda weights, x: compiled(weights, tf.cast(x, network.inputs[0].dtype))


def read(path, expected, study):
    """The weights of a file, a dict from seed to a list of float32 arrays, as ``set_weights`` takes them.

    Args:
        path: the .npz file.
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
    with np.load(path, allow_pickle=False) as stored:
        counts = collections.Counter(int(name.split("/")[0]) for name in stored.files)
        return {
            seed: [stored[f"{seed}/{index}"].astype("float32") for index in range(counts[seed])]
            for seed in sorted(counts)
        }


def save(path, networks):
    """Write the weights of a dict from seed to model; returns the file's SHA-256."""
    stored = {
        f"{seed}/{index}": weight.astype("float16")
        for seed, model in networks.items()
        for index, weight in enumerate(model.get_weights())
    }
    np.savez_compressed(path, **stored)
    return _sha256(path)


def load_kind_in_turn(study, kind, build, measure):
    """``measure(network, seed)`` of each network of a kind that a study ships, in results/STUDY_KIND.npz: a dict from
    seed; see ``load_in_turn``.

    Raises:
        ValueError: where the study records no such weights, or the file isn't the one whose hash is recorded.
    """
    return load_in_turn(_file(study, kind), build, _recorded(study, kind), study, measure)


def functions_of_kind(study, kind, build):
    """The same networks as functions that share one compiled graph; see ``functions``, ``load_kind_in_turn``."""
    return functions({_file(study, kind): _recorded(study, kind)}, build, study)


def _recorded(study, kind):
    """The SHA-256 of a kind's file."""
    ending = ", sha256"
    recorded = {
        key.removesuffix(ending): value
        for key, value in recording.load(study).items()
        if key.endswith(ending) and _file(study, key.removesuffix(ending)).exists()
    }
    if kind not in recorded:
        raise ValueError(f"Study {study} ships no networks of kind {kind!r}; it has {', '.join(recorded)}.")
    return recorded[kind]


def save_kind(study, kind, networks):
    """Write the networks of a kind to results/STUDY_KIND.npz; returns the file's SHA-256, see ``save``."""
    return save(_file(study, kind), networks)


def _file(study, kind):
    return recording.RESULTS / f"{study}_{kind}.npz"


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
