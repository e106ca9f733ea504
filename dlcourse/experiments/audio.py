"""Chapter 08e's networks: VAEs of two-bar melodies, VAEs of spectral frames, and their rivals.

Trained by benchmarks/studies/ch08e_melodies.py and ch08e_frames.py; five seeds of each are shipped. A seed
decides its own split: which tunes, or which notes, it learns from and which are held out.
"""

import functools
import math

import keras
import numpy as np
import tensorflow as tf
from scipy import signal

from dlcourse import checks, models, recording, training
from dlcourse.datasets import instruments, melodies
from dlcourse.experiments import shipped_weights
from dlcourse.from_scratch import additive, kneser_ney, short_time
from dlcourse.metrics import audio as audio_metrics
from dlcourse.models import additive as additive_synthesis
from dlcourse.training import objectives, schedules

LATENTS, UNITS, HIDDEN = 16, 96, (128,)
MELODY = {
    "seeing": {"latents": LATENTS, "sees_past": True},
    "blind": {"latents": LATENTS, "sees_past": False},
    "memory": {"latents": 0, "sees_past": True},
}
"""Decoders that see the code and the notes before, the code alone, the notes before alone."""


TRAINED = {
    "seeing": {"free_bits": 0.25},
    "blind": {"beta": 0.3},
    "memory": {},
}
"""How each kind is trained, beside the settings that ``train_melodies`` has for all."""


def melody_network(kind, seed=None, units=UNITS):
    """A SequenceVAE of two bars, int (batch, 16), of a kind of ``MELODY``.

    Raises:
        ValueError: where the kind is unknown.
    """
    if not checks.is_one_of(kind, MELODY):
        raise ValueError(f"melody_network({kind!r}): expected one of {', '.join(MELODY)}.")
    from dlcourse.models.sequence_vae import sequence_vae

    return sequence_vae(melodies.STEPS, melodies.SYMBOLS, units=units, seed=seed, **MELODY[kind])


@functools.cache
def melody_parts(seed):
    """A seed's windows: for training in every key, for validation and test as written; three int32 (windows, 16)."""
    train, validation, test = melodies.split(seed)
    return (
        melodies.in_every_key(melodies.two_bars(train)),
        melodies.two_bars(validation, every=2),
        melodies.two_bars(test, every=2),
    )


def train_melodies(model, windows, *, seed, epochs=2, batch_size=256, peak=0.015, beta=1.0, free_bits=0.0):
    """Train on windows by the negative ELBO at a learning rate that rises and falls; returns the Run."""
    objective = objectives.negative_elbo(beta=beta, free_bits=free_bits)
    return _fit(model, windows, seed, epochs, batch_size, peak, objective)


def bits_per_note(model, windows, draws=200):
    """Bits that a model needs per note: the importance-weighted bound of all windows over the number of notes.

    As ``model.importance_weighted_bound``, without compiling it anew for each of many small models.
    """
    nats, draws = 0.0, draws if model.has_code else 1
    for number, part in enumerate(_parts_of(windows.astype("float32"), max(1, 5_000 // draws))):
        weights = model.log_weights(part, draws, seed=number).numpy().astype("float64")
        nats -= (np.logaddexp.reduce(weights, axis=0) - math.log(draws)).sum()
    return float(nats / math.log(2) / (windows > melodies.REST).sum())


class NoteCounts:
    """An n-gram of melodies (``from_scratch.kneser_ney``), which may know the place in the bar.

    Args:
        order: it predicts a step from ``order`` - 1 before.
        windows: int (windows, 16), to count.
        beats: 1, or 2 or 8: a symbol counts as another one at each of so many places.
    """

    def __init__(self, order, windows, beats=1):
        self.order, self.beats = order, checks.whole_number("NoteCounts(beats)", beats)
        self.start = melodies.SYMBOLS * beats  # what stands before a window
        self.model = kneser_ney.KneserNey(order, self._tokens(windows).ravel(), self.start + 1)

    def _tokens(self, windows):
        """Symbols that know their place, after as many starts as a context has: int (windows, order - 1 + steps)."""
        windows = np.asarray(windows, "int64")
        placed = windows + melodies.SYMBOLS * (np.arange(windows.shape[1]) % self.beats)
        return np.pad(placed, ((0, 0), (self.order - 1, 0)), constant_values=self.start)

    def probabilities(self, windows, step):
        """p(symbol | the steps before) at a step of each window, float64 (windows, symbols); rows sum to 1.

        What can't come there (a start, symbols of other places) is left out, and the rest shared among all others.
        """
        contexts = self._tokens(windows)[:, step : step + self.order - 1]
        here = np.arange(melodies.SYMBOLS) + melodies.SYMBOLS * (step % self.beats)
        chances = self.model.distribution(contexts, here)
        return chances / chances.sum(axis=1, keepdims=True)

    def bits_per_note(self, windows):
        """As ``audio.bits_per_note``."""
        rows = np.arange(len(windows))
        nats = sum(
            -np.log(self.probabilities(windows, step)[rows, windows[:, step]]).sum()
            for step in range(melodies.STEPS)
        )
        return float(nats / math.log(2) / (windows > melodies.REST).sum())

    def write(self, n, seed):
        """Windows drawn from the model, int32 (n, 16)."""
        random, written = np.random.default_rng(seed), np.zeros((n, melodies.STEPS), "int32")
        for step in range(melodies.STEPS):
            below = self.probabilities(written, step).cumsum(axis=1) < random.random((n, 1))
            written[:, step] = np.minimum(below.sum(axis=1), melodies.SYMBOLS - 1)
        return written


def nearest_window(train, windows):
    """For each window the training window with which it shares most steps, int of the windows' shape."""
    known, found = np.ascontiguousarray(train.T, "uint8"), []
    for part in _parts_of(windows, 128):
        shared = np.zeros((len(part), len(train)), "uint8")
        for step, symbols in enumerate(known):
            shared += part[:, step, None].astype("uint8") == symbols
        found.append(shared.argmax(axis=1))
    return train[np.concatenate(found)]


def _parts_of(windows, at_once):
    return [windows[start : start + at_once] for start in range(0, len(windows), at_once)]


FRAME, HOP, FLOOR = 512, 128, 60.0
"""Samples of a spectral frame, from one to the next, and how many decibels below a note's loudest are kept."""
EDGES = slice(4, 27)
"""Frames whose window lies within a note's half second, also where it is played a semitone higher."""
SHIFTS = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""Semitones by which training notes are played higher, for all models alike."""


def levels(waves):
    """Each note's spectral frames, float32 (n, 23, 257): 1 is the note's loudest, 0 is ``FLOOR`` decibels below."""
    found = []
    for wave in np.atleast_2d(waves):
        decibels = audio_metrics.decibels(np.abs(short_time.transform(wave, FRAME, HOP)[EDGES]))
        found.append(np.maximum(decibels - decibels.max(), -FLOOR) / FLOOR + 1)
    return np.array(found, "float32")


@functools.cache
def frame_parts(seed, shifts=SHIFTS):
    """A seed's frames: dict of float32 (frames, 257) for "train", "validation", "held-out notes", "unseen keys".

    Args:
        seed: which notes are held out.
        shifts: semitones by which the training notes alone are played higher, each shift giving a copy.
    """
    notes = instruments.read()
    train, *others = instruments.split(notes, seed)
    copies = [levels(shifted(notes.waves[train], shift)) for shift in shifts]
    found = {"train": np.concatenate(copies)}
    found |= {
        name: levels(notes.waves[rows])
        for name, rows in zip(("validation", "held-out notes", "unseen keys"), others, strict=True)
    }
    return {name: part.reshape(-1, part.shape[-1]) for name, part in found.items()}


def shifted(waves, semitones):
    """Waves played faster, so that they sound higher, as long as before: float (n, samples).

    What is missing at the end is silence, and what is too much is cut off.
    """
    samples = waves.shape[1]
    other = signal.resample(waves, round(samples * 2 ** (-semitones / 12)), axis=1)[:, :samples]
    return np.pad(other, ((0, 0), (0, samples - other.shape[1])))


def distance(one, other):
    """Mean log-spectral distance of frames of ``levels``, in decibels, a float."""
    return float(
        audio_metrics.log_spectral_distance(FLOOR * np.asarray(one), FLOOR * np.asarray(other)).mean()
    )


def frame_network(seed=None, means=None, hidden=HIDDEN, latents=LATENTS):
    """A VAE of spectral frames, float32 (batch, 257), with a Gaussian likelihood of learnt width.

    Args:
        seed: of weights and draws.
        means: the training frames' mean, (257,).
    """
    return models.vae(
        (FRAME // 2 + 1,),
        latents,
        hidden=hidden,
        activation="relu",
        likelihood="gaussian",
        means=means,
        seed=seed,
    )


def train_frames(model, frames, *, seed, epochs=30, batch_size=64, peak=0.004, beta=0.3):
    """Train on frames by the negative ELBO at a learning rate that rises and falls; returns the Run."""
    return _fit(model, frames, seed, epochs, batch_size, peak, objectives.negative_elbo(beta=beta))


def _fit(model, x, seed, epochs, batch_size, peak, objective):
    steps = epochs * -(-len(x) // batch_size)
    return training.fit(
        model,
        objective,
        (x.astype("float32"), np.zeros(len(x), "int32")),
        epochs=epochs,
        batch_size=batch_size,
        optimizer=keras.optimizers.Adam(schedules.rise_and_fall(peak, steps), global_clipnorm=5.0),
        seed=seed,
    )


def to_wave(frames, peak=0.7, steps=60):
    """A wave whose spectra have about these levels, by Griffin and Lim, float64 (HOP · (frames + 7),).

    Args:
        frames: float (frames, 257), as of ``levels``; 0 becomes silence.
        peak: the loudest sample.
    """
    frames = np.clip(np.asarray(frames, "float64"), 0, None)
    magnitudes = np.where(frames > 0, 10 ** (FLOOR * (frames - 1) / 20), 0)
    magnitudes = np.pad(magnitudes, ((EDGES.start, EDGES.start), (0, 0)))  # silence at both ends
    wave, _ = short_time.griffin_lim(magnitudes, FRAME, HOP, steps=steps, momentum=0.99)
    return wave * peak / max(np.abs(wave).max(), 1e-9)


def nearest(train, frames, at_once=200):
    """For each frame the training frame that is nearest in squares, of the frames' shape: a rival without a model."""
    lengths, found = (train**2).sum(axis=1), []
    for start in range(0, len(frames), at_once):
        part = frames[start : start + at_once]
        found.append(train[(lengths - 2 * part @ train.T).argmin(axis=1)])
    return np.concatenate(found)


def render(window, hertz_of, amplitudes, *, rate=instruments.RATE, step=0.2, peak=0.7):
    """Two bars as a wave, float64 (samples,): each note a sum of harmonics that fades, its loudest sample at ``peak``.

    Args:
        window: int (16,), symbols of ``melodies``.
        hertz_of: function from a key (MIDI's number) to hertz, such as ``instruments.hertz``.
        amplitudes: float (harmonics,), of each note.
        step: seconds of an eighth note.
    """
    window = np.asarray(window)
    starts = [place for place, symbol in enumerate(window) if symbol != melodies.HOLD]
    samples = round(step * rate)
    wave = np.zeros(samples * len(window))
    for start, end in zip(starts, [*starts[1:], len(window)], strict=True):
        if window[start] > melodies.REST:
            length = (end - start) * samples
            key = window[start] + melodies.LOWEST - 2
            fades = np.minimum(
                np.exp(-np.arange(length) / rate * 2.5), np.arange(length, 0, -1) / (0.03 * rate)
            )
            fades = np.minimum(fades, np.arange(length) / (0.01 * rate))
            wave[start * samples : start * samples + length] = fades * additive.tone(
                float(hertz_of(key)), amplitudes, rate, length
            )
    return wave * peak / max(np.abs(wave).max(), 1e-9)


def fit_tones(waves, hertz, *, steps=300, rate=0.1, learn_pitch=False, harmonics=20, frames=21):
    """Additive synthesisers fitted to waves by gradient descent on ``models.additive.spectral_distance``.

    Args:
        waves: float (tones, samples), 8,000 samples per second.
        hertz: float (tones,), the fundamentals, or where the search for them starts.
        steps, rate: of Adam.
        learn_pitch: whether the pitch is moved as well; a step moves it by ``rate`` fifths of a semitone or so.
        harmonics, frames: of each tone.

    Returns:
        The ``models.additive.AdditiveSynthesiser``, and the distance at each step, float (steps, tones).

    Raises:
        ValueError: where the shapes aren't these.
    """
    waves, hertz = np.asarray(waves), np.asarray(hertz)
    if waves.ndim != 2 or hertz.shape != waves.shape[:1]:
        raise ValueError(
            f"fit_tones(waves, hertz): shapes {waves.shape} and {hertz.shape}; expected (tones, samples) and (tones,)."
        )
    model = additive_synthesis.AdditiveSynthesiser(
        hertz, waves.shape[1], instruments.RATE, harmonics=harmonics, frames=frames, learn_pitch=learn_pitch
    )
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(model.trainable_variables)

    @tf.function
    def step():
        wanted = tf.constant(waves, tf.float32)  # made in here, its spectra are computed once
        with tf.GradientTape() as tape:
            by_tone = additive_synthesis.spectral_distance(model.waves(), wanted)
            loss = tf.reduce_sum(by_tone)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return by_tone

    return model, np.array([step().numpy() for _ in range(steps)])


FILES = {
    "melodies_seeing": "ch08e_melodies",
    "melodies_blind": "ch08e_melodies",
    "melodies_memory": "ch08e_melodies",
    "frames": "ch08e_frames",
    "frames_linear": "ch08e_frames",
    "frames_unshifted": "ch08e_frames",
}
"""The shipped files, by kind, and the study that trains each."""


def file(kind):
    """Where the shipped weights of a kind lie."""
    return recording.RESULTS / f"ch08e_{kind}.npz"


def build(kind, seed):
    """An untrained network of a kind of ``FILES``."""
    if not checks.is_one_of(kind, FILES):
        raise ValueError(f"{kind!r} isn't shipped: expected one of {', '.join(FILES)}.")
    if kind.startswith("frames"):
        return frame_network(seed, hidden=() if kind == "frames_linear" else HIDDEN)
    return melody_network(kind.removeprefix("melodies_"), seed)


@functools.cache
def shipped(kind):
    """The shipped networks of a kind of ``FILES``, a dict from seed to model.

    Raises:
        ValueError: where there is no such kind, or the file isn't the one that was recorded.
    """
    build(kind, 0)
    study = FILES[kind]
    expected = recording.load(study)[f"{kind}, sha256"]
    return shipped_weights.load(file(kind), functools.partial(build, kind), expected, study)


def in_turn(kind, measure):
    """``measure(network, seed)`` of the shipped networks of a kind of ``FILES``, list in the order of seeds.

    One network takes each one's weights in turn; what is measured shouldn't hold on to it.

    Raises:
        ValueError: as ``shipped``.
    """
    network = _built(kind)
    study = FILES[kind]
    expected = recording.load(study)[f"{kind}, sha256"]
    return list(
        shipped_weights.load_in_turn(file(kind), lambda seed: network, expected, study, measure).values()
    )


@functools.cache
def _built(kind):
    """One network of a kind for all that is measured: TensorFlow compiles it once."""
    return build(kind, 0)


def ship(kind, networks):
    """Write a kind's weights, a dict from seed to model; returns the file's SHA-256."""
    return shipped_weights.save(file(kind), networks)
