"""Chapter 08c's networks that hear numbers below 1,000, said by synthesised voices, one of which is held out.

Trained by benchmarks/studies/ch08c_voices.py. What they hear in training are waves of single words, as cepstral
coefficients, one after another. A number belongs to training, validation or test by a hash (``numerals.part_of``). Each
number's frames are standardised by themselves, coefficient by coefficient, so that how loud and how bright a voice is
over the whole number is gone.
"""

import dataclasses
import functools

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from dlcourse import checks, models, training
from dlcourse.datasets import numerals, speech
from dlcourse.experiments import shipped_weights, spoken_digits, translation
from dlcourse.from_scratch import cepstra
from dlcourse.models import decoding, translators
from dlcourse.training import schedules

VOICES = ("awb", "kal", "rms", "slt")
STUDY = "ch08c_voices"
LONGEST = 6
"""Symbols of a Chinese numeral below 1,000, ``END`` included."""
WORDS = (*numerals.ONES[1:], *numerals.TENS, "hundred", "and")
"""What a recogniser may write down; its blank comes before them."""
BANDS, WARPS = 40, np.linspace(0.7, 1.35, 27)
"""Mel bands of the coefficients, and by how much the bands are moved in training: other mouths, other formants."""
SPEEDS = (0.75, 1.3)


@functools.cache
def _spoken():
    """The takes of each (voice, word), a dict to lists of float32 (frames, 13); the quiet frames of each voice."""
    found = {}
    names = {value: word for value, word in speech.NUMBER_WORDS.items() if word != "and"}
    for recordings, name in [
        (spoken_digits.synthesised(), numerals.ONES.__getitem__),
        (spoken_digits.heard(speech.read("spoken_number_words")), lambda value: names.get(value, "and")),
    ]:
        for item, digit, voice in zip(recordings.items, recordings.digits, recordings.voices, strict=True):
            found.setdefault((str(voice), name(int(digit))), []).append(item)
    quiet = {
        voice: speech.quiet_frames(
            [item for (own, _), items in found.items() if own == voice for item in items]
        )
        for voice in VOICES
    }
    return found, quiet


@functools.cache
def numbers_of(part):
    """The numbers of 1 to 999 that belong to "train", "validation" or "test", int64 (n,)."""
    return np.array([number for number in range(1, 1_000) if numerals.part_of(number) == part])


@functools.cache
def warp(factor):
    """A matrix (13, 13) that moves what a frame's coefficients say of mel band k · factor to band k.

    Factors above 1 move formants down, as a longer vocal tract does; below 1 up. Bands above the last are the last.
    """
    factor = checks.between("warp(factor)", factor, 0.25, 4)
    at = np.minimum(np.arange(BANDS) * float(factor), BANDS - 1)
    before = np.floor(at).astype(int)
    after, share = np.minimum(before + 1, BANDS - 1), at - before
    moved = np.eye(BANDS)[before] * (1 - share)[:, None] + np.eye(BANDS)[after] * share[:, None]
    waves = cepstra.cosine_waves(13, BANDS)
    return (waves @ moved @ waves.T).astype("float32")


def laid(number, voice, random, changed=False):
    """A number's words by one voice, one after another: coefficients, float32 (frames, 13).

    Between two words there is a pause of up to four quiet frames, or, as often, none.

    Args:
        number: 1 to 999.
        voice: one of ``VOICES``.
        random: NumPy generator.
        changed: whether each word is said faster by itself, as words are within a number.
    """
    found, quiet = _spoken()
    parts = []
    for word in numerals.said(number):
        takes = found[voice, word]
        item = takes[random.integers(len(takes))]
        parts.append(speech.stretched(item, random.uniform(0.55, 1.05)) if changed else item)
        pause = random.integers(0, 5) if random.random() < 0.5 else 0
        parts.append(quiet[voice][random.integers(len(quiet[voice]), size=pause)])
    return np.concatenate(parts).astype("float32")


def standardised(frames):
    """One number's frames, each coefficient with mean 0 and standard deviation 1 over them."""
    return (frames - frames.mean(axis=0)) / (frames.std(axis=0) + 1e-3)


def batches(voices, number, seed, *, warped=False, batch_size=32):
    """Batches of new training numbers by voices drawn at random, (float32 (batch, frames, 13), list of numbers).

    Each is said faster or slower as a whole, and, where ``warped``, with its mel bands moved.
    """
    random, kept = np.random.default_rng(seed), numbers_of("train")
    for _ in range(number):
        said, items = random.choice(kept, batch_size), []
        for one in said.tolist():
            frames = laid(one, voices[random.integers(len(voices))], random, changed=True)
            if warped:
                frames = frames @ warp(WARPS[random.integers(len(WARPS))]).T
            items.append(standardised(speech.stretched(frames, random.uniform(*SPEEDS))))
        yield filled(items), said


def filled(items):
    """Numbers' frames as one array, float32 (n, frames, 13): zeros after the shorter ones, and 8 after the longest."""
    return speech.padded(items, 8 + max(len(item) for item in items))


def targets(numbers):
    """Chinese numerals of numbers below 1,000, int32 (n, ``LONGEST``)."""
    return translation.targets(np.asarray(numbers))[:, :LONGEST]


def labels(numbers):
    """The numbers' words for CTC, int32 (n, 5): places in ``WORDS`` plus 1, filled up with 0."""
    rows = [
        [WORDS.index(word) + 1 for word in numerals.said(number)] for number in np.asarray(numbers).tolist()
    ]
    return numerals.filled(rows, 5)


def reader(seed=None):
    """A narrower ``translation.reader``, pooled twice, not thrice: (batch, frames, 13) to (batch, frames // 4, 48)."""
    source = keras.Input((None, 13))
    x = layers.GaussianNoise(0.2, seed=seed)(source)
    for place, (filters, width) in enumerate([(40, 5), (48, 5), (48, 3)]):
        x = layers.Conv1D(filters, width, padding="same", kernel_initializer="he_normal")(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        x = layers.SpatialDropout1D(0.1, seed=seed)(x)
        x = layers.MaxPooling1D(2)(x) if place < 2 else x
    return keras.Model(source, layers.Bidirectional(layers.GRU(24, return_sequences=True))(x))


def translator(seed=None):
    """From frames to a Chinese numeral: [float32 (batch, frames, 13), int32 (batch, m)] to logits (batch, m, 17)."""
    keras.utils.set_random_seed(0 if seed is None else seed)
    return models.recurrent_translator(None, translation.TARGET, width=48, reader=reader(seed))


def recogniser(seed=None):
    """The same reader, but each of its steps names a word or the blank: (batch, frames, 13) to (batch, n, 30)."""
    keras.utils.set_random_seed(0 if seed is None else seed)
    heard = reader(seed)
    return keras.Model(heard.inputs, layers.Dense(len(WORDS) + 1)(heard.outputs[0]))


def train(model, voices, *, number, seed, warped=False, peak=0.005):
    """Train a translator or a recogniser on new numbers by some voices, drawn anew for each batch; returns the Run."""
    writes = len(model.inputs) == 2
    said, objective = (targets, "translation") if writes else (labels, "ctc")

    def draws():
        for x, numbers in batches(voices, number, seed, warped=warped):
            yield x, said(numbers)

    kinds = (
        tf.TensorSpec((None, None, 13), tf.float32),
        tf.TensorSpec((None, LONGEST if writes else 5), tf.int32),
    )
    return training.fit(
        model,
        getattr(training.objectives, objective)(),
        tf.data.Dataset.from_generator(draws, output_signature=kinds).prefetch(4),
        epochs=1,
        optimizer=keras.optimizers.Adam(schedules.rise_and_fall(peak, number), global_clipnorm=1.0),
        seed=seed,
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Tests:
    """Numbers that were in no training: x float32 (n, frames, 13); numbers int64 (n,); voices, names (n,); whole, bool
    (n,), whether a number was said as a whole, or is laid together of words."""

    x: np.ndarray
    numbers: np.ndarray
    voices: np.ndarray
    whole: np.ndarray


def tests(number=60, seed=0, part="test"):
    """Numbers of a part by every voice, so many laid together of words as they are, and those said as a whole.

    Of the latter there are 40 by each voice, test numbers in any case.
    """
    random, rows = np.random.default_rng(seed), []
    whole = speech.read("spoken_numbers")
    for voice in VOICES:
        drawn = random.choice(numbers_of(part), number).tolist()
        rows += [(laid(one, voice, random), one, voice, False) for one in drawn]
        own = whole.take(np.flatnonzero(whole.voices == voice))
        rows += [(item, digit, voice, True) for item, digit in zip(own.items, own.digits, strict=True)]
    items, numbers, voices, said = zip(*rows, strict=True)
    x = filled([standardised(item) for item in items])
    return Tests(x, np.array(numbers, "int64"), np.array(voices), np.array(said))


def wave(number, voice):
    """A number's words by one voice as a wave, 50 ms between one and the next: float32 (samples,), 8,000 a second.

    Of each word the slower take that both files have.
    """
    digits, others = speech.read("spoken_words"), speech.read("spoken_number_words")
    parts = []
    for word in numerals.said(number):
        source, value = (
            (digits, numerals.ONES.index(word))
            if word in numerals.ONES[:10]
            else (others, next(value for value, name in speech.NUMBER_WORDS.items() if name == word))
        )
        rows = (source.digits == value) & (source.voices == voice) & (source.takes == 3)
        parts += [source.items[int(np.flatnonzero(rows)[0])], np.zeros(400, "float32")]
    return np.concatenate(parts[:-1])


@functools.cache
def _meanings():
    """What each row of words below 1,000, "and" left out, is worth."""
    return {
        tuple(word for word in numerals.said(number) if word != "and"): number for number in range(1, 1_000)
    }


def recognised(model, x):
    """The numbers that a recogniser's words say by the rule, list of int, None where they say none.

    Words are read by greedy decoding; "and" is left out.
    """
    if not hasattr(model, "words"):  # compiled once for all lengths, and kept with the model
        model.words = tf.function(
            lambda x: model(x, training=False), input_signature=[tf.TensorSpec((None, None, 13), tf.float32)]
        )
    found = decoding.ctc_greedy(model.words(tf.constant(x)).numpy())
    rows = [tuple(WORDS[label - 1] for label in labels) for labels in found]
    return [_meanings().get(tuple(word for word in row if word != "and")) for row in rows]


def right(model, x, numbers):
    """Which numerals are right from the first sign to the last, bool (n,); a recogniser's by the rule."""
    if len(model.inputs) == 2:
        y = targets(numbers)
        return translators.matches(translators.answers(model, x, y.shape[1]), y)
    return np.array([one == other for one, other in zip(recognised(model, x), numbers.tolist(), strict=True)])


BUILD = {"translator": translator, "recogniser": recogniser, "moved": translator}
"""The kinds of networks; "moved" is a translator in whose training mel bands were moved."""


def in_turn(kind, measure):
    """``measure(network, number of the held-out voice)`` of a kind's trained networks, list in the order of VOICES.

    Raises:
        ValueError: where the kind is unknown, or the file isn't the one whose hash is recorded.
    """
    if not checks.is_one_of(kind, BUILD):
        raise ValueError(f"in_turn({kind!r}): expected one of {', '.join(BUILD)}.")
    network = shipped_weights.built_once(BUILD[kind])
    return list(shipped_weights.load_kind_in_turn(STUDY, kind, lambda seed: network, measure).values())


def ship(kind, networks):
    """Write the weights of a dict from the held-out voice's number to model as float16; returns the file's SHA-256."""
    return shipped_weights.save_kind(STUDY, kind, networks)
