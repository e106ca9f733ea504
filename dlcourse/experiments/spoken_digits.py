"""Chapter 06c's networks: convolutions that read single spoken digits, and strings of them by CTC.

Trained by benchmarks/studies/ch06c_words.py and ch06c_strings.py; five seeds of each are shipped. A seed decides the
split of the recordings too: 2,100 for training, 300 for choices, 600 for the test, each digit in proportion.
"""

import dataclasses
import functools

import keras
import numpy as np
from keras import layers
from sklearn import linear_model

from dlcourse import checks, recording, training
from dlcourse.datasets import speech, splitting
from dlcourse.experiments import shipped_weights
from dlcourse.from_scratch import cepstra
from dlcourse.models.initializers import seeded_initializer

FRAMES, FEATURES, VALIDATION, TEST = 48, 13, 300, 600
STRING_FRAMES = 160
"""Of training strings: six digits and their pauses fit in, nearly always."""


def word_network(seed=None):
    """Three convolutions over time and a mean: float32 (batch, frames, 13) to logits (batch, 10); 20,346 weights."""
    model = keras.Sequential([keras.Input((FRAMES, FEATURES))])
    for number, (filters, width) in enumerate([(32, 5), (48, 5), (64, 3)]):
        start = seeded_initializer("he_normal", seed, number)
        model.add(layers.Conv1D(filters, width, padding="same", kernel_initializer=start))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.ReLU())
        if number < 2:
            model.add(layers.MaxPooling1D(2))
    model.add(layers.GlobalAveragePooling1D())
    model.add(layers.Dense(10, kernel_initializer=seeded_initializer("glorot_uniform", seed, 3)))
    return model


def string_network(seed=None, ahead=2):
    """Four convolutions over time: float32 (batch, frames, 13) to logits (batch, frames // 2, 11), the blank first.

    In training, noise of a fifth of a standard deviation is added to the frames, and a tenth of the channels dropped.

    Args:
        seed: of the initial weights; None draws from Keras' global generator.
        ahead: steps that each kernel of five looks ahead: 2 is the middle, 0 is causal. Together: 15 frames for each.
    """
    ahead = checks.whole_number("string_network(ahead)", ahead, least=0, most=4)
    model = keras.Sequential([keras.Input((None, FEATURES)), layers.GaussianNoise(0.2, seed=seed)])
    for number, (filters, dilation) in enumerate([(64, 1), (80, 1), (80, 2), (80, 4)]):
        start = seeded_initializer("he_normal", seed, number)
        model.add(layers.ZeroPadding1D(((4 - ahead) * dilation, ahead * dilation)))
        model.add(layers.Conv1D(filters, 5, dilation_rate=dilation, kernel_initializer=start))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.ReLU())
        model.add(layers.SpatialDropout1D(0.1, seed=seed))
        if number == 0:
            model.add(layers.MaxPooling1D(2))
    model.add(layers.Dense(11, kernel_initializer=seeded_initializer("glorot_uniform", seed, 4)))
    return model


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


@functools.cache
def synthesised():
    """The synthesised words as our own coefficients, not standardised: speech.Recordings."""
    words = speech.read("spoken_words")
    items = tuple(cepstra.mfcc(item, words.rate) for item in words.items)
    return dataclasses.replace(words, items=items, rate=40.0)


def left_out(words, what, number):
    """Which synthesised words are left out, bool (n,): those of one "voice", 0 to 3, or of one "take", 0 to 4."""
    if what == "take":
        return words.takes == number
    return words.voices == np.unique(words.voices)[number]


def apart(words, out):
    """The words to train on and those to test on, both standardised by the first."""
    train, test = words.take(np.flatnonzero(~out)), words.take(np.flatnonzero(out))
    mean, deviation = speech.statistics(train.items)
    return tuple(standardised(part, mean, deviation) for part in (train, test))


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


def schedule(peak, steps):
    """A learning rate that rises to its peak in a tenth of the steps, then falls by a cosine."""
    warmup = max(1, steps // 10)
    return keras.optimizers.schedules.CosineDecay(
        peak / 10, max(1, steps - warmup), warmup_target=peak, warmup_steps=warmup
    )


def train_words(model, data, *, epochs, seed, batch_size=50, peak=0.005):
    """Train a word network on (x, y); returns the Run."""
    steps = epochs * -(-len(data[1]) // batch_size)
    return training.fit(
        model,
        training.objectives.classification(),
        data,
        epochs=epochs,
        batch_size=min(batch_size, len(data[1])),
        optimizer=keras.optimizers.Adam(schedule(peak, steps)),
        seed=seed,
    )


def train_strings(model, x, y, *, epochs, seed, batch_size=32, peak=0.004):
    """Train a string network by CTC; returns the Run."""
    steps = epochs * -(-len(y) // batch_size)
    return training.fit(
        model,
        training.objectives.ctc(),
        (x, y),
        epochs=epochs,
        batch_size=batch_size,
        optimizer=keras.optimizers.Adam(schedule(peak, steps), global_clipnorm=5.0),
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
    "strings": string_network,
    "strings_permuted": string_network,
    "strings_causal": functools.partial(string_network, ahead=0),
}


def shipped(kind):
    """The trained networks of a kind, a dict from seed to Keras model.

    Raises:
        ValueError: where the kind is unknown, or the file isn't the one whose hash is recorded.
    """
    if not checks.is_one_of(kind, BUILD):
        raise ValueError(f"shipped({kind!r}): expected one of {', '.join(BUILD)}.")
    study = f"ch06c_{kind.split('_')[0]}"
    expected = recording.load(study)[f"{kind}, sha256"]
    return shipped_weights.load(file(kind), BUILD[kind], expected, study)


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
