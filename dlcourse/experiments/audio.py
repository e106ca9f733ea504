"""Chapter 08e's networks: VAEs of two-bar melodies, VAEs of spectral frames, and their rivals.

Trained by benchmarks/studies/ch08e_melodies.py and ch08e_frames.py; five seeds of each are shipped. A seed
decides its own split: which tunes, or which notes, it learns from and which are held out.
"""

import functools
import math

import keras
import numpy as np

from dlcourse import checks, recording, training
from dlcourse.datasets import instruments, melodies
from dlcourse.experiments import shipped_weights
from dlcourse.from_scratch import ngrams, short_time
from dlcourse.models.sequence_vae import sequence_vae
from dlcourse.training import objectives, schedules

LATENTS, UNITS = 16, 96
MELODY = {
    "seeing": {"latents": LATENTS, "sees_past": True},
    "blind": {"latents": LATENTS, "sees_past": False},
    "memory": {"latents": 0, "sees_past": True},
}
"""Decoders that see the code and the notes before, the code alone, the notes before alone."""
BREAK, BEATS = "\n", 8


def melody_network(kind, seed=None, units=UNITS):
    """A SequenceVAE of two bars, int (batch, 16), of a kind of ``MELODY``.

    Raises:
        ValueError: where the kind is unknown.
    """
    if not checks.is_one_of(kind, MELODY):
        raise ValueError(f"melody_network({kind!r}): expected one of {', '.join(MELODY)}.")
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


def train_melodies(model, windows, *, seed, epochs=6, batch_size=128, peak=0.004, beta=1.0, free_bits=0.0):
    """Train on windows by the negative ELBO at a learning rate that rises and falls; returns the Run."""
    steps = epochs * -(-len(windows) // batch_size)
    return training.fit(
        model,
        objectives.negative_elbo(beta=beta, free_bits=free_bits),
        (windows.astype("float32"), np.zeros(len(windows), "int32")),
        epochs=epochs,
        batch_size=batch_size,
        optimizer=keras.optimizers.Adam(schedules.rise_and_fall(peak, steps), global_clipnorm=5.0),
        seed=seed,
    )


def bits_per_note(model, windows, draws=200):
    """Bits that a model needs per note: the importance-weighted bound of all windows over the number of notes."""
    nats = -model.importance_weighted_bound(windows.astype("float32"), draws if model.has_code else 1)
    return float(nats.sum() / math.log(2) / (windows > melodies.REST).sum())


class NoteCounts:
    """An n-gram of melodies (``from_scratch.ngrams``), which may know the place in the bar.

    Args:
        order: it predicts a step from ``order`` - 1 before.
        windows: int (windows, 16), to count.
        beats: 1, or 2 or 8: a symbol is another one at each of so many places.
    """

    def __init__(self, order, windows, beats=1):
        self.beats = beats
        self.model = ngrams.NGram(order, BREAK + BREAK.join(self._text(window) for window in windows))

    def _text(self, window):
        return "".join(chr(100 + symbol + 100 * (step % self.beats)) for step, symbol in enumerate(window))

    def probabilities(self, window, step):
        """p(symbol | the steps before) at a step of a window, float (symbols,); sums to 1."""
        context = BREAK + self._text(window)[:step]
        chances = np.array(
            [
                self.model.probability(chr(100 + symbol + 100 * (step % self.beats)), context)
                for symbol in range(melodies.SYMBOLS)
            ]
        )
        return chances / chances.sum()

    def bits_per_note(self, windows):
        """As ``audio.bits_per_note``; what can't come (a line's end, a symbol of another place) is left out."""
        bits = sum(
            -math.log2(self.probabilities(window, step)[symbol])
            for window in windows
            for step, symbol in enumerate(window)
        )
        return float(bits / (windows > melodies.REST).sum())

    def write(self, n, seed):
        """Windows drawn from the model, int32 (n, 16)."""
        random, written = np.random.default_rng(seed), np.zeros((n, melodies.STEPS), "int32")
        for window in written:
            for step in range(melodies.STEPS):
                window[step] = random.choice(melodies.SYMBOLS, p=self.probabilities(window, step))
        return written
