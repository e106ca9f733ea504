"""Chapter 06c's networks: convolutions that read single spoken digits, and strings of them by CTC.

Trained by benchmarks/studies/ch06c_words.py and ch06c_strings.py; five seeds of each are shipped. A seed decides the
split of the recordings too: 2,100 for training, 300 for choices, 600 for the test, each digit in proportion.
"""

import dataclasses
import functools

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from scipy import fft, special
from sklearn import linear_model

from dlcourse import checks, recording, training
from dlcourse.datasets import speech, splitting
from dlcourse.experiments import shipped_weights
from dlcourse.from_scratch import cepstra, ctc
from dlcourse.models import decoding
from dlcourse.models.initializers import seeded_initializer
from dlcourse.training import schedules

FRAMES, FEATURES, VALIDATION, TEST = 48, 13, 300, 600
SPEEDS, COPIES = (0.8, 1.25), 3
"""Training strings are made of the recordings and of three copies of each, slower or faster by a factor drawn anew."""


def word_network(seed=None, flat=False):
    """Three convolutions over time and a mean: float32 (batch, frames, 13) to logits (batch, 10); 20,346 weights.

    Args:
        seed: of the initial weights; None draws from Keras' global generator.
        flat: whether all 12 steps go into the last layer side by side, in the place of their mean.
    """
    parts = [keras.Input((FRAMES, FEATURES))]
    for number, (filters, width) in enumerate([(32, 5), (48, 5), (64, 3)]):
        start = seeded_initializer("he_normal", seed, number)
        parts.append(layers.Conv1D(filters, width, padding="same", kernel_initializer=start))
        parts += [layers.BatchNormalization(momentum=0.9), layers.ReLU()]
        if number < 2:
            parts.append(layers.MaxPooling1D(2))
    parts.append(layers.Flatten() if flat else layers.GlobalAveragePooling1D())
    parts.append(layers.Dense(10, kernel_initializer=seeded_initializer("glorot_uniform", seed, 3)))
    return keras.Sequential(parts)  # all at once: each add() would build the network anew


def string_network(seed=None, ahead=30):
    """Four convolutions over time: float32 (batch, frames, 13) to logits (batch, frames // 2, 11), the blank first.

    In training, noise of a fifth of a standard deviation is added to the frames, and a tenth of the channels dropped.

    Args:
        seed: of the initial weights; None draws from Keras' global generator.
        ahead: frames that an output looks ahead, 0 to 30: 30 is the middle, 0 is causal. It sees 62 frames in any case.
    """
    steps = steps_ahead(ahead)
    parts = [keras.Input((None, FEATURES)), layers.GaussianNoise(0.2, seed=seed)]
    for number, (filters, dilation) in enumerate([(64, 1), (80, 1), (80, 2), (80, 4)]):
        start, right = seeded_initializer("he_normal", seed, number), steps[number]
        parts.append(layers.ZeroPadding1D(((4 - right) * dilation, right * dilation)))
        parts.append(layers.Conv1D(filters, 5, dilation_rate=dilation, kernel_initializer=start))
        parts += [layers.BatchNormalization(momentum=0.9), layers.ReLU()]
        parts.append(layers.SpatialDropout1D(0.1, seed=seed))
        if number == 0:
            parts.append(layers.MaxPooling1D(2))
    parts.append(layers.Dense(11, kernel_initializer=seeded_initializer("glorot_uniform", seed, 4)))
    return keras.Sequential(parts)


def steps_ahead(frames):
    """How many steps each of ``string_network``'s four kernels looks ahead, so that together it is so many frames.

    A step of the kernels is worth 1, 2, 4 and 8 frames, and each looks two steps ahead at most. The last takes as many
    as fit, then the one before it.
    """
    left = checks.whole_number("string_network(ahead)", frames, least=0, most=30)
    steps = []
    for worth in (8, 4, 2, 1):
        steps.append(min(2, left // worth))
        left -= worth * steps[-1]
    return steps[::-1]


@functools.cache
def _recordings():
    return speech.read("spoken_digits")


@functools.cache
def parts(seed):
    """The recordings of training, validation and test, standardised by the training frames: three speech.Recordings."""
    everything = _recordings()
    rows = splitting.three_ways(everything.digits, VALIDATION, TEST, seed)
    mean, deviation = speech.statistics(everything.take(rows[0]).items)
    return tuple(standardised(everything.take(part), mean, deviation) for part in rows)


def standardised(recordings, mean, deviation):
    """Recordings with every frame less the mean, over the standard deviation."""
    items = tuple((item - mean) / deviation for item in recordings.items)
    return dataclasses.replace(recordings, items=items)


def heard(words, change=None, seed=0):
    """Synthesised waves as our own coefficients, not standardised: speech.Recordings.

    Args:
        words: speech.Recordings of waves.
        change: what happens to a wave before it is heard, a function (samples, NumPy generator) to samples, or None.
        seed: of the generator.
    """
    random = np.random.default_rng(seed)
    waves = words.items if change is None else [change(item, random) for item in words.items]
    return dataclasses.replace(
        words, items=tuple(cepstra.mfcc(wave, words.rate) for wave in waves), rate=40.0
    )


@functools.cache
def synthesised():
    """The synthesised words, ``heard`` as they are: speech.Recordings."""
    return heard(speech.read("spoken_words"))


def white(softest, loudest=None):
    """A change of waves: white noise is added, so many decibels softer than the word, or a level drawn between two."""

    def change(samples, random):
        decibels = softest if loudest is None else random.uniform(loudest, softest)
        return speech.noisy(samples, random.normal(size=len(samples)), decibels)

    return change


def left_out(words, what, number):
    """Which synthesised words are left out, bool (n,): those of one "voice", 0 to 3, or of one "take", 0 to 4."""
    if what == "take":
        return words.takes == number
    return words.voices == np.unique(words.voices)[number]


def apart(words, out, train=None, test=None):
    """The words to train on and those to test on, both standardised by the first; others may take their places."""
    first, second = np.flatnonzero(~out), np.flatnonzero(out)
    mean, deviation = speech.statistics(words.take(first).items)
    train = words.take(first) if train is None else train
    test = words.take(second) if test is None else test
    return tuple(standardised(part, mean, deviation) for part in (train, test))


def on_take(take, change=None, seed=0):
    """The words of a take, changed before they are heard, standardised by the other takes' as they are."""
    words = speech.read("spoken_words")
    out = left_out(words, "take", take)
    return apart(synthesised(), out, test=heard(words.take(np.flatnonzero(out)), change, seed))[1]


def under_noise(take, copies=4):
    """The words of the other takes as they are, and copies of them under 0 to 30 dB softer noise: speech.Recordings."""
    words = speech.read("spoken_words")
    out = left_out(words, "take", take)
    rest = words.take(np.flatnonzero(~out))
    parts = [heard(rest, white(30, 0) if copy else None, seed=10 * take + copy) for copy in range(copies + 1)]
    together = rest.take(np.tile(np.arange(len(rest)), copies + 1))
    together = dataclasses.replace(together, items=sum((part.items for part in parts), ()), rate=40.0)
    return apart(synthesised(), out, train=together)[0]


def in_disorder(x, seed):
    """Strings with the frames of each in another order: float (strings, frames, 13), as given."""
    random = np.random.default_rng(seed)
    return np.array([string[random.permutation(len(string))] for string in x])


def steady(x):
    """Noise with each string's mean power by mel band at every frame: float (strings, frames, 13), as given.

    Args:
        x: coefficients, not standardised.
    """
    power = 10 ** (fft.idct(x, n=speech.BANDS, axis=-1, norm="ortho") / 10)
    levels = 10 * np.log10(power.mean(axis=1, keepdims=True))
    return np.broadcast_to(fft.dct(levels, axis=-1, norm="ortho")[..., : x.shape[-1]], x.shape)


def later(part, frames):
    """Recordings that begin so many frames later, zeros before them: speech.Recordings."""
    silence = np.zeros((frames, FEATURES), "float32")
    return dataclasses.replace(part, items=tuple(np.concatenate([silence, item]) for item in part.items))


def arrays(recordings):
    """Recordings as (x, y): float32 (n, 48, 13), int32 (n,)."""
    return speech.padded(recordings.items, FRAMES), recordings.digits


def shuffled(recordings, seed):
    """Recordings whose frames stand in another order, drawn for each by itself: what order tells is gone, no more."""
    random = np.random.default_rng(seed)
    items = tuple(item[random.permutation(len(item))] for item in recordings.items)
    return dataclasses.replace(recordings, items=items)


def permuted(y, seed):
    """CTC's labels (strings, longest) in another order within each string: the same labels, not as they were said."""
    random, result = np.random.default_rng(seed), np.zeros_like(y)
    for row, labels in zip(result, y, strict=True):
        count = np.count_nonzero(labels)
        row[:count] = random.permutation(labels[:count])
    return result


def train_words(model, data, *, epochs, seed, batch_size=50, peak=0.005):
    """Train a word network on (x, y); returns the Run."""
    steps = epochs * -(-len(data[1]) // batch_size)
    return training.fit(
        model,
        training.objectives.classification(),
        data,
        epochs=epochs,
        batch_size=min(batch_size, len(data[1])),
        optimizer=keras.optimizers.Adam(schedules.rise_and_fall(peak, steps)),
        seed=seed,
    )


def training_words(part, seed):
    """Recordings and digits that training strings are made of: those of a part, and stretched copies of each.

    Returns:
        (list of float32 (own frames, 13), int32 (n,)).
    """
    random, items = np.random.default_rng(seed), list(part.items)
    for _ in range(COPIES):
        items += [speech.stretched(item, random.uniform(*SPEEDS)) for item in part.items]
    return items, np.tile(part.digits, COPIES + 1)


def string_batches(items, digits, batches, seed, *, words=(1, 6), shuffle_labels=False, batch_size=32):
    """Batches of new strings, without end in sight of any of them: strings of a batch are about equally long.

    After the longest of a batch 4 to 40 quiet frames follow, so that few frames are spent on silence.

    Args:
        items, digits: as for ``speech.strings``.
        batches: how many.
        seed: of the draws.
        words: fewest and most digits of a string.
        shuffle_labels: whether labels stand in another order within each string.
        batch_size: strings per batch.

    Yields:
        (float32 (batch_size, frames, 13), int32 (batch_size, most digits)).
    """
    random, quiet, at_once = np.random.default_rng(seed), speech.quiet_frames(items), 32
    for first in range(0, batches, at_once):
        strings = speech.strings(
            items, digits, at_once * batch_size, words=words, quiet=quiet, seed=1_000 * seed + first
        )
        y = permuted(strings.y, seed + first) if shuffle_labels else strings.y
        ends = strings.spans.max(axis=(1, 2))
        ranked = np.argsort(ends, kind="stable").reshape(at_once, batch_size)
        for rows in random.permutation(ranked)[: batches - first]:
            end = 2 * ((ends[rows].max() + random.integers(4, 41)) // 2)
            drawn = quiet[random.integers(len(quiet), size=(batch_size, end))]
            known = min(end, strings.x.shape[1])
            drawn[:, :known] = strings.x[rows, :known]
            yield drawn, y[rows]


def train_strings(model, part, *, batches, seed, peak=0.004, shuffle_labels=False):
    """Train a string network by CTC on strings that are drawn anew for each batch; returns the Run."""
    items, digits = training_words(part, seed)
    draws = functools.partial(string_batches, items, digits, batches, seed, shuffle_labels=shuffle_labels)
    kinds = tf.TensorSpec((None, None, FEATURES), tf.float32), tf.TensorSpec((None, 6), tf.int32)
    return training.fit(
        model,
        training.objectives.ctc(),
        tf.data.Dataset.from_generator(draws, output_signature=kinds).prefetch(4),
        epochs=1,
        optimizer=keras.optimizers.Adam(schedules.rise_and_fall(peak, batches), global_clipnorm=5.0),
        seed=seed,
    )


def strings_of(part, number, seed, *, words=(1, 6), frames=None):
    """Strings of the recordings of one part of ``parts``."""
    return speech.strings(part.items, part.digits, number, words=words, frames=frames, seed=seed)


BUILD = {
    "words": word_network,
    "words_shuffled": word_network,
    "words_new_voice": word_network,
    "words_new_take": word_network,
    "words_noisy": word_network,
    "words_flat": functools.partial(word_network, flat=True),
    "strings": string_network,
    "strings_permuted": string_network,
    "strings_causal": functools.partial(string_network, ahead=0),
}


def read(network, x):
    """What a string network writes down by greedy decoding, a list of lists of digits."""
    found = decoding.ctc_greedy(training.predict(network, x))
    return [[label - 1 for label in labels] for labels in found]


def moments(network, strings):
    """Of each digit: the frame at which it is first said, and its own first frame and the first after it.

    When it is said is found by the best alignment of the labels of its string with the network's output, one output for
    two frames.

    Returns:
        int (digits of all strings, 3).
    """
    rows, logits = [], training.predict(network, strings.x)
    for row, y, spans in zip(logits, strings.y, strings.spans, strict=True):
        path = ctc.alignment(special.log_softmax(row, axis=1), y[y > 0])
        new = (path > 0) & (path != np.append(0, path[:-1]))
        rows += [(2 * at + 1, *span) for at, span in zip(np.flatnonzero(new), spans, strict=False)]
    return np.array(rows)


def shipped(kind):
    """The trained networks of a kind, a dict from seed to Keras model.

    Raises:
        ValueError: where the kind is unknown, or the file isn't the one whose hash is recorded.
    """
    study, expected = _recorded(kind)
    return shipped_weights.load(file(kind), BUILD[kind], expected, study)


def in_turn(kind):
    """The trained networks of a kind one after another: (seed, Keras model), always the same model with other weights.

    Ask each for all that is wanted of it before the next: one model is built faster than five.

    Raises:
        ValueError: as for ``shipped``.
    """
    study, expected = _recorded(kind)
    network = BUILD[kind](0)
    for seed, weights in shipped_weights.read(file(kind), expected, study).items():
        network.set_weights(weights)
        yield seed, network


def _recorded(kind):
    """The study that trains a kind, and the SHA-256 that it recorded."""
    if not checks.is_one_of(kind, BUILD):
        raise ValueError(f"shipped({kind!r}): expected one of {', '.join(BUILD)}.")
    study = f"ch06c_{kind.split('_')[0]}"
    return study, recording.load(study)[f"{kind}, sha256"]


def ship(kind, networks):
    """Write the weights of a dict from seed to model as float16; returns the file's SHA-256."""
    return shipped_weights.save(file(kind), networks)


def file(kind):
    return recording.RESULTS / f"ch06c_{kind}.npz"


def scaling(seed):
    """Mean and standard deviation of the training frames by which ``parts`` standardises: float32 (13,) each."""
    everything = _recordings()
    rows = splitting.three_ways(everything.digits, VALIDATION, TEST, seed)[0]
    return speech.statistics(everything.take(rows).items)


def summaries(part):
    """Mean and standard deviation of each coefficient over a recording's frames, float32 (n, 26)."""
    return np.array([np.concatenate([item.mean(axis=0), item.std(axis=0)]) for item in part.items])


def linear_accuracy(seed):
    """Test accuracy of logistic regression on ``summaries``, trained on all training recordings of a split."""
    train, _, test = parts(seed)
    model = linear_model.LogisticRegression(max_iter=2_000).fit(summaries(train), train.digits)
    return float(model.score(summaries(test), test.digits))
