"""Chapter 07c's networks: readers of pen strokes, readers of lines by CTC, and mixture-density networks that write.

Trained by benchmarks/studies/ch07c_pen.py, ch07c_lines.py and ch07c_writing.py; their weights are shipped. Pen strokes
are split by writer (``strokes.by_writers``), the same way for every seed; a seed decides the start, the bent copies and
the order. Lines of the test are made of MNIST's test digits only.
"""

import functools

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from dlcourse import checks, datasets, recording, training
from dlcourse.datasets import lines, strokes
from dlcourse.experiments import shipped_weights
from dlcourse.models import mixture_density
from dlcourse.models.initializers import seeded_initializer
from dlcourse.training import schedules

POINTS, COMPONENTS, QUANTUM = 8, 10, 0.01
"""Points of a stroke; Gaussians of a mixture; the step of the data, whole numbers to 100, scaled to run from 0 to 1."""
WIDTH = 192
"""Of training lines, in pixels: eight digits fit in, nearly always."""


def pen_network(seed=None):
    """Two layers of GRUs: float32 (batch, 8, 4), ``pen_features``, to logits after each point (batch, 8, 10)."""
    model = keras.Sequential([keras.Input((None, 4))])
    for number in range(2):
        model.add(
            layers.GRU(
                96,
                return_sequences=True,
                kernel_initializer=seeded_initializer("glorot_uniform", seed, 2 * number),
                recurrent_initializer=seeded_initializer("orthogonal", seed, 2 * number + 1),
            )
        )
    model.add(layers.Dense(10, kernel_initializer=seeded_initializer("glorot_uniform", seed, 4)))
    return model


def pen_features(points):
    """What the pen network reads at each point: where it is, from -1 to 1, and how far the pen came: (n, points, 4)."""
    moves = np.diff(points, axis=1, prepend=points[:, :1])
    return np.concatenate([2 * points - 1, 2 * moves], axis=-1).astype("float32")


def dense_network(seed=None):
    """A perceptron with as many weights, to 1 %, that has all points at once: (batch, 8, 4) to logits (batch, 10)."""
    model = keras.Sequential([keras.Input((POINTS, 4)), layers.Flatten()])
    for number in range(2):
        start = seeded_initializer("he_normal", seed, number)
        model.add(layers.Dense(272, activation="relu", kernel_initializer=start))
    model.add(layers.Dense(10, kernel_initializer=seeded_initializer("glorot_uniform", seed, 2)))
    return model


def shuffled(points, seed):
    """Each stroke's points in an order of its own: which points there are is kept, when the pen passed them is not."""
    order = np.random.default_rng(seed).random(points.shape[:2]).argsort(axis=1)
    return np.take_along_axis(points, order[..., np.newaxis], axis=1)


def copies(split, number, seed, change=strokes.bent):
    """A split's points so many times over, each time changed anew, and their digits: (x, y)."""
    changed = [change(split.x, seed=seed * 1_000 + index) for index in range(number)]
    return np.concatenate(changed), np.tile(split.y, number)


def fit(model, objective, data, *, seed, batch_size, peak, epochs=1):
    """Train by Adam at a learning rate that rises and falls; returns the Run."""
    steps = epochs * -(-len(data[1]) // batch_size)
    return training.fit(
        model,
        objective,
        data,
        epochs=epochs,
        batch_size=batch_size,
        optimizer=keras.optimizers.Adam(schedules.rise_and_fall(peak, steps), global_clipnorm=5.0),
        seed=seed,
    )


def train_pen(model, points, digits, *, seed, batch_size=128, peak=0.005):
    """Train a pen network to know the digit, a recurrent one after each point; returns the Run."""
    targets, objective = digits, training.objectives.classification()
    if len(model.output_shape) == 3:
        targets = np.repeat(digits[:, np.newaxis], points.shape[1], axis=1)
        objective = training.objectives.sequence_classification()
    return fit(model, objective, (pen_features(points), targets), seed=seed, batch_size=batch_size, peak=peak)


def _columns(seed):
    """Convolutions that make a step of four columns: (batch, 32, width, 1) to (batch, width // 4, 192)."""
    model = keras.Sequential([keras.Input((lines.HEIGHT, None, 1))])
    for number, (filters, pool) in enumerate([(16, (2, 2)), (32, (2, 2)), (48, (2, 1))]):
        start = seeded_initializer("he_normal", seed, number)
        model.add(layers.Conv2D(filters, 3, padding="same", kernel_initializer=start))
        model.add(layers.MaxPooling2D(pool))  # before the rest, which then has less to do
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.ReLU())
    model.add(layers.Permute((2, 1, 3)))
    model.add(layers.Reshape((-1, lines.HEIGHT // 8 * 48)))
    return model


def line_network(seed=None):
    """Convolutions, an LSTM both ways: (batch, 32, width, 1) to logits (batch, width // 4, 11), the blank first.

    Args:
        seed: of the initial weights; None draws from Keras' global generator.
    """
    model = _columns(seed)
    glorot = functools.partial(seeded_initializer, "glorot_uniform", seed)
    one_way = [
        layers.LSTM(
            64,
            return_sequences=True,
            go_backwards=backwards,
            kernel_initializer=glorot(3 + backwards),
            recurrent_initializer=seeded_initializer("orthogonal", seed, 5 + backwards),
        )
        for backwards in (False, True)
    ]
    model.add(layers.Bidirectional(one_way[0], backward_layer=one_way[1]))
    model.add(layers.Dense(11, kernel_initializer=glorot(7)))
    return model


def convolutional_line_network(seed=None):
    """The same without recurrence, as many weights to 1 %: three convolutions along the line in the LSTMs' place.

    Their kernels are 5 steps long and lie 1, 2 and 4 steps apart: each output sees 29 steps, some 120 columns.
    """
    columns = _columns(seed)
    (x,) = columns.outputs
    for number in range(3):
        start = seeded_initializer("he_normal", seed, 3 + number)
        y = layers.Conv1D(76, 5, padding="same", dilation_rate=2**number, kernel_initializer=start)(x)
        y = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(y))
        x = layers.Add()([x, y]) if number else y
    start = seeded_initializer("glorot_uniform", seed, 7)
    return keras.Model(columns.inputs[0], layers.Dense(11, kernel_initializer=start)(x))


@functools.cache
def mnist():
    """MNIST in three parts, read once."""
    return datasets.load("mnist")


def lines_of(part, number, seed, **options):
    """Lines of MNIST's digits of one part, "train", "validation" or "test": speech.Strings; options of ``compose``."""
    split = getattr(mnist(), part)
    return lines.compose(split.x, split.y, number, seed=seed, **options)


def train_lines(model, part, *, epochs, seed, batch_size=32, peak=0.008):
    """Train a line network by CTC on Strings; returns the Run."""
    objective = training.objectives.ctc()
    return fit(model, objective, (part.x, part.y), seed=seed, batch_size=batch_size, peak=peak, epochs=epochs)


def writing_network(seed=None):
    """An LSTM that writes: (batch, points, 20), ``writing_features``, to mixtures (batch, points, 60)."""
    return keras.Sequential(
        [
            keras.Input((None, 20)),
            layers.LSTM(
                96,
                return_sequences=True,
                kernel_initializer=seeded_initializer("glorot_uniform", seed, 0),
                recurrent_initializer=seeded_initializer("orthogonal", seed, 1),
            ),
            _mixture_head(seed, COMPONENTS),
        ]
    )


def single_network(seed=None):
    """The same with one Gaussian for each point, a tenth fewer weights: (batch, points, 20) to (batch, points, 6)."""
    model = writing_network(seed)
    return keras.Sequential([keras.Input((None, 20)), model.layers[0], _mixture_head(seed, 1)])


def markov_network(seed=None):
    """A perceptron with as many weights, to 1 %, that knows the last point, its number and the digit, and no more."""
    return _perceptron(seed, last=1, units=188)


def second_order_network(seed=None):
    """The same, with as many weights, which knows the last two points: so the way that the pen came, too."""
    return _perceptron(seed, last=2, units=187)


def _perceptron(seed, last, units):
    model = keras.Sequential([keras.Input((None, 20))])
    if last == 2:
        model.add(WithPointBefore())
    for number in range(2):
        start = seeded_initializer("glorot_uniform", seed, number)
        model.add(layers.Dense(units, activation="tanh", kernel_initializer=start))
    model.add(_mixture_head(seed, COMPONENTS))
    return model


@keras.saving.register_keras_serializable("dlcourse")
class WithPointBefore(layers.Layer):
    """Each step's numbers and the point of the step before: (batch, points, 20) to (batch, points, 22)."""

    def call(self, x):
        return tf.concat([x, tf.pad(x[:, :-1, :2], [[0, 0], [1, 0], [0, 0]])], axis=-1)


@keras.saving.register_keras_serializable("dlcourse")
class SpreadMeans(keras.initializers.Initializer):
    """Biases of a mixture's outputs: means spread over the square, scales a fifth of it, equal weights."""

    def __init__(self, components, seed=None):
        self.components, self.seed = components, seed

    def __call__(self, shape, dtype=None):
        random = np.random.default_rng(0 if self.seed is None else self.seed)
        log = np.log(0.2)
        bias = np.concatenate(
            [
                np.zeros(self.components),
                random.uniform(0.1, 0.9, 2 * self.components),
                np.tile([log, 0, log], self.components),
            ]
        )
        return tf.cast(bias, dtype or "float32")

    def get_config(self):
        return {"components": self.components, "seed": self.seed}


def _mixture_head(seed, components):
    return layers.Dense(
        mixture_density.NUMBERS * components,
        kernel_initializer=seeded_initializer("glorot_uniform", seed, 9),
        bias_initializer=SpreadMeans(components, seed),
    )


def writing_features(points, digits):
    """What a writing network reads before each point: the point before it, its number and the digit: (n, points, 20).

    Args:
        points: float (n, points, 2), at most 8; the last is never read, the first point has (0, 0) before it.
        digits: int (n,), 0 to 9.

    Raises:
        ValueError: where points have another shape, or there isn't one digit for each stroke.
    """
    points, digits = checks.numeric("writing_features(points)", points, axes=3), np.asarray(digits)
    count, length = points.shape[:2]
    if points.shape[2] != 2 or length > POINTS:
        raise ValueError(
            f"writing_features(points): got shape {points.shape}; expected (n, points, 2), at most {POINTS} points."
        )
    if digits.shape != (count,) or digits.dtype.kind not in "iu" or np.any((digits < 0) | (digits > 9)):
        raise ValueError(
            f"writing_features(digits): {digits.dtype} {digits.shape} for {count} strokes; expected one digit from 0 "
            "to 9 for each."
        )
    before = np.concatenate([np.zeros((count, 1, 2)), points[:, :-1]], axis=1)
    number = np.tile(np.eye(POINTS)[:length], (count, 1, 1))
    digit = np.repeat(np.eye(10)[digits][:, np.newaxis], length, axis=1)
    return np.concatenate([before, number, digit], axis=-1).astype("float32")


def spread(points, seed):
    """Points from 0 to 1 anywhere within the data's steps, of 0.01: so that a density can't grow without bound.

    The data are whole numbers, and a density could put a spike on each. With the steps filled evenly the log-density,
    per area of a step, is on average over the spread at most the log-probability of the whole numbers (Theis et al.
    2016).
    """
    random = np.random.default_rng(seed)
    return ((points + QUANTUM * random.random(points.shape)) / (1 + QUANTUM)).astype("float32")


def train_writing(model, points, digits, *, seed, batch_size=128, peak=0.005):
    """Train a network that writes on points of ``spread``; returns the Run."""
    objective = training.objectives.mixture_density()
    return fit(
        model,
        objective,
        (writing_features(points, digits), points),
        seed=seed,
        batch_size=batch_size,
        peak=peak,
    )


def nats(model, split, seed=0):
    """Negative log-density of each stroke in nats, per area of a step: float64 (n,).

    On average over what ``spread`` draws an upper bound of the negative log-probability; not for each draw.
    """
    points = spread(split.x, seed)
    outputs = model(writing_features(points, split.y), training=False)
    log_density = mixture_density.log_density(outputs, points).numpy().astype("float64")
    return -(log_density + 2 * np.log(QUANTUM / (1 + QUANTUM))).sum(axis=1)


def write(model, digits, seed=0):
    """Strokes of these digits, drawn point by point: float32 (n, 8, 2), scaled as the pen digits are."""
    digits = np.asarray(digits)
    points, random = np.zeros((len(digits), POINTS, 2), "float32"), np.random.default_rng(seed)
    for number in range(POINTS):
        read = writing_features(points[:, : number + 1], digits)  # ends with the point before this one
        outputs = model(read, training=False)[:, number]
        points[:, number] = np.clip(mixture_density.sample(outputs, random), 0, 1)
    return strokes.scaled(points)


BUILD = {
    "pen": pen_network,
    "pen_straight": pen_network,
    "pen_shuffled": pen_network,
    "pen_dense": dense_network,
    "lines": line_network,
    "lines_more": line_network,
    "lines_convolution": convolutional_line_network,
    "lines_convolution_more": convolutional_line_network,
    "writing": writing_network,
    "writing_single": single_network,
    "writing_markov": markov_network,
    "writing_second": second_order_network,
}
SPLIT = {kind: [kind, f"{kind}_more"] for kind in ("lines", "lines_convolution")}
"""Kinds whose weights are in more than one file."""


def shipped(kind):
    """The trained networks of a kind, a dict from seed to Keras model.

    Raises:
        ValueError: where the kind is unknown, or a file isn't the one whose hash is recorded.
    """
    files, study = _files(kind)
    networks = {}
    for path, expected in files.items():
        networks |= shipped_weights.load(path, BUILD[kind], expected, study)
    return networks


def functions(kind):
    """The trained networks of a kind as functions that share one compiled graph, a dict from seed; ValueError as above.

    See ``shipped_weights.functions``.
    """
    files, study = _files(kind)
    return shipped_weights.functions(files, BUILD[kind], study)


def _files(kind):
    """The files of a kind with their recorded hashes, a dict, and the study."""
    if not checks.is_one_of(kind, BUILD):
        raise ValueError(f"shipped({kind!r}): expected one of {', '.join(BUILD)}.")
    study = f"ch07c_{kind.split('_')[0]}"
    recorded = recording.load(study)
    return {file(part): recorded[f"{part}, sha256"] for part in SPLIT.get(kind, [kind])}, study


def ship(kind, networks):
    """Write the weights of a dict from seed to model as float16; returns the file's SHA-256."""
    return shipped_weights.save(file(kind), networks)


def file(kind):
    return recording.RESULTS / f"ch07c_{kind}.npz"
