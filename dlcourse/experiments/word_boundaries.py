"""Chapter 08b's models: networks that say where words end, with and without a random field; fields and hidden Markov
models on hand-made features.

The networks are trained by benchmarks/studies/ch08b_boundaries.py; five seeds of each are shipped. A seed decides the
split of the lines too: 500 for the test, 300 for choices, the rest for training.
"""

import functools

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from scipy import optimize

from dlcourse import recording, training
from dlcourse.datasets import word_boundaries
from dlcourse.experiments import shipped_weights
from dlcourse.from_scratch import feature_field, hidden_markov
from dlcourse.metrics import segmentation
from dlcourse.models import crf
from dlcourse.models.initializers import seeded_initializer
from dlcourse.training import objectives, schedules

SEEDS, WINDOWS, CHINESE_WINDOWS = range(5), (1, 3, 7, 15), (3, 15)
MOST, BATCH = 1_863, 64
"""Training lines, all that the English book has; and of a step."""
LABELS = len(word_boundaries.LABELS)
RULES = np.where(word_boundaries.FOLLOWS, 0.0, crf.FORBIDDEN).astype("float32")
FIRST = np.where(word_boundaries.MAY_BEGIN, 0.0, crf.FORBIDDEN).astype("float32")
LAST = np.where(word_boundaries.MAY_END, 0.0, crf.FORBIDDEN).astype("float32")
"""What the labels' meaning forbids, as scores: of pairs, of the first, of the last."""


def network(symbols, window, *, field, seed=None, hidden=32):
    """Letters int (batch, 40) to scores (batch, 40, 4): an embedding, one convolution over ``window`` letters, a
    dense layer.

    Args:
        symbols: numbers that letters may have, padding and unknown letters included.
        window: how many letters a place sees, itself in the middle.
        field: whether the random field's weights are learnt; else they stay 0, and labels are independent.
        seed: of the initial weights; None draws from Keras' global generator.
    """
    x = keras.Input((word_boundaries.LONGEST,), dtype="int32")
    present = keras.ops.not_equal(x, word_boundaries.PADDING)
    start = functools.partial(seeded_initializer, seed=seed)
    h = layers.Embedding(symbols, 16, embeddings_initializer=start("uniform", layer=0))(x)
    h = layers.Conv1D(
        hidden, window, padding="same", activation="relu", kernel_initializer=start("he_normal", layer=1)
    )(h)
    scores = layers.Dense(LABELS, kernel_initializer=start("glorot_uniform", layer=2))(h)
    return keras.Model(x, crf.LinearChainCRF(LABELS, trainable=field)(scores, present))


def train(model, x, y, *, seed, epochs):
    """Train a network on lines by Adam, its learning rate rising to 0.01 and falling to 0; returns the Run.

    A field that stays 0 needs no paths: its loss is the cross-entropy of each label, which is computed as such.
    """
    rate = schedules.rise_and_fall(0.01, epochs * -(-len(x) // BATCH))
    learns = objectives.crf_layer(model).trainable
    return training.fit(
        model, objectives.crf() if learns else objectives.sequence_classification(), (x, y), epochs=epochs,
        batch_size=BATCH, seed=seed, optimizer=keras.optimizers.Adam(rate), jit_compile=False,
    )  # fmt: skip


@functools.cache
def parts(language, seed, most=MOST):
    """Lines of a seed's split as numbers: a dict of ``train``, ``validation`` and ``test`` (x, y), and ``symbols``,
    those of the training lines, of which ``most`` are taken."""
    known, choices, test = word_boundaries.three_ways(word_boundaries.lines(language), seed)
    known = known[:most]
    symbols = word_boundaries.symbols_of(known)
    found = {"train": known, "validation": choices, "test": test}
    return {name: word_boundaries.arrays(lines, symbols) for name, lines in found.items()} | {
        "symbols": symbols
    }


@tf.function
def _best_path(scores, transitions, present):
    return crf.best_path(scores, transitions, present)


def decode(scores, transitions, present, rules=True):
    """The best path, int (lines, 40), -1 after a line's end; with ``rules``, the best that the labels allow."""
    scores = tf.cast(tf.convert_to_tensor(scores), "float32")
    transitions = tf.cast(tf.convert_to_tensor(transitions), "float32")
    if rules:
        scores, transitions = crf.with_ends(scores, present, FIRST, LAST), transitions + RULES
    return _best_path(scores, transitions, present).numpy()


def word_f1(model, x, y, rules=True):
    """F1 of whole words of a network, float."""
    found = decode(model(x), objectives.crf_layer(model).transitions, x != 0, rules)
    return segmentation.word_f1(found, y)


def with_counts(scores, known):
    """Independent labels' scores made a hidden Markov model's, by counts of training labels (Bourlard & Morgan 1990).

    A network gives p(label | letters); divided by p(label) it stands for p(letters | label), up to a factor that no
    path changes. Transitions are counted.

    Args:
        scores: float (lines, places, labels), logits.
        known: int (lines, places), training labels, -1 after a line's end.

    Returns:
        (scores, transitions).
    """
    model = hidden_markov.count(np.zeros_like(known), known, labels=LABELS, symbols=1, smoothing=0.3)
    shares = np.log(np.bincount(known[known >= 0], minlength=LABELS) / (known >= 0).sum())
    found = tf.nn.log_softmax(scores, axis=-1).numpy() - shares
    found[:, 0] += model.start
    return found, model.transitions


def word_f1_with_counts(model, x, y, known):
    """F1 of whole words of an independent network whose scores are taken for a hidden Markov model's."""
    return segmentation.word_f1(decode(*with_counts(model(x), known), x != 0), y)


def with_fitted_transitions(model, x, y, c2=0.3):
    """A scale and a bias per label for a finished network's scores, and transitions, fitted together as a random field
    while the network stays as it is.

    Args:
        model: an independent network.
        x, y: int (lines, places), letters and labels to fit to.
        c2: weight of the sum of squares of these numbers.

    Returns:
        (scale, float (1 + labels,), the biases after it; transitions, float (labels, labels)).
    """
    scores, here = model(x).numpy().astype(float), y >= 0
    right = np.eye(LABELS)[y] * here[..., None]
    pairs = np.zeros((LABELS, LABELS))
    np.add.at(pairs, feature_field.pairs_of(y), 1.0)

    def loss(theta):
        """Penalised nats of the right paths, negative, and the slope."""
        moves = theta[1 + LABELS :].reshape(LABELS, LABELS)
        value, marginals, expected = feature_field.log_likelihood_of(
            theta[0] * scores + theta[1 : 1 + LABELS], moves, y
        )
        less = marginals * here[..., None] - right
        slope = np.concatenate([[(less * scores).sum()], less.sum(axis=(0, 1)), (expected - pairs).ravel()])
        return c2 * theta @ theta - value, slope + 2 * c2 * theta

    begin = np.eye(1, 1 + LABELS + LABELS**2)[0]  # scores as they are
    found = optimize.minimize(loss, begin, jac=True, method="L-BFGS-B").x
    return found[: 1 + LABELS], found[1 + LABELS :].reshape(LABELS, LABELS)


def word_f1_with_fitted_transitions(model, x, y, known):
    """F1 of whole words of an independent network with transitions fitted to ``known``, lines and labels."""
    scale, transitions = with_fitted_transitions(model, *known)
    scores = scale[0] * model(x).numpy() + scale[1:]
    return segmentation.word_f1(decode(scores, transitions, x != 0), y)


def counted(language, lines, seed, *, offsets=(0,), smoothing=0.3, part="test"):
    """F1 of words of the hidden Markov model (or naive Bayes, with more offsets) counted on so many lines."""
    data = parts(language, seed, lines)
    model = hidden_markov.count(
        *data["train"], labels=LABELS, symbols=len(data["symbols"]) + 2, offsets=offsets, smoothing=smoothing
    )
    x, y = data[part]
    return segmentation.word_f1(decode(model.scores(x), model.transitions, x != 0), y)


def fitted(language, lines, seed, *, offsets=(0,), c2=0.3, part="test"):
    """F1 of words of the random field on the same features, fitted to so many lines."""
    data = parts(language, seed, lines)
    model = feature_field.fit(
        *data["train"],
        labels=LABELS,
        symbols=len(data["symbols"]) + 2,
        offsets=offsets,
        c2=c2,
        steps=200,
        tolerance=1e-6,
    )
    x, y = data[part]
    return segmentation.word_f1(decode(model.scores(x), model.transitions, x != 0), y)


def kind_of(language, window, field):
    """The name under which a kind of network is shipped."""
    return f"{language}_{window}_{'field' if field else 'independent'}"


@functools.cache
def shipped(language, window, field):
    """The trained networks of a kind, a dict from seed to Keras model.

    Raises:
        ValueError: where there is no such kind, or the file isn't the one whose hash is recorded.
    """
    name, study = kind_of(language, window, field), recording.load("ch08b_boundaries")
    if f"{name}, sha256" not in study:
        raise ValueError(
            f"shipped({language!r}, {window}, {field}): expected english and a window of "
            f"{', '.join(map(str, WINDOWS))}, or chinese and one of {', '.join(map(str, CHINESE_WINDOWS))}, and "
            "whether it has a random field."
        )

    def build(seed):
        return network(len(parts(language, seed)["symbols"]) + 2, window, field=field)

    return shipped_weights.load(file(name), build, study[f"{name}, sha256"], "ch08b_boundaries")


def ship(language, window, field, networks):
    """Write the weights of a dict from seed to model as float16; returns the file's SHA-256."""
    return shipped_weights.save(file(kind_of(language, window, field)), networks)


def file(name):
    return recording.RESULTS / f"ch08b_{name}.npz"
