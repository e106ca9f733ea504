"""A synthesiser whose settings are weights: harmonics of one pitch, their loudness in curves (Engel et al. 2020)."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from dlcourse import checks


class AdditiveSynthesiser(layers.Layer):
    """Sums of harmonics, differentiable in amplitudes and pitch; ``waves()`` gives float32 (tones, samples).

    Weights: ``raw`` (tones, frames, harmonics), whose softplus is the amplitudes at equally distant places, and
    ``bend`` (tones,), fifths of a semitone away from ``hertz``. Harmonics at half the rate or above are silent.
    Without the filtered noise and the reverberation of the paper.

    Args:
        hertz: float (tones,), where the pitches start.
        samples, rate: of the waves.
        harmonics, frames: how many.
        learn_pitch: whether ``bend`` is trained.
    """

    def __init__(self, hertz, samples, rate, *, harmonics=20, frames=21, learn_pitch=False, **options):
        super().__init__(**options)
        self.hertz = np.atleast_1d(np.asarray(hertz, "float64"))
        if self.hertz.ndim != 1 or not (self.hertz > 0).all():
            raise ValueError(f"AdditiveSynthesiser(hertz={hertz!r}): expected frequencies above 0, (tones,).")
        self.samples = checks.whole_number("AdditiveSynthesiser(samples)", samples, least=2)
        self.rate = checks.positive("AdditiveSynthesiser(rate)", rate)
        self.harmonics = checks.whole_number("AdditiveSynthesiser(harmonics)", harmonics)
        self.frames = checks.whole_number("AdditiveSynthesiser(frames)", frames, least=2)
        quiet = keras.initializers.Constant(-3.0)
        shape = (len(self.hertz), self.frames, self.harmonics)
        self.raw = self.add_weight(name="raw", shape=shape, initializer=quiet)
        self.bend = self.add_weight(
            name="bend", shape=self.hertz.shape, initializer="zeros", trainable=bool(learn_pitch)
        )
        self.built = True

    def cents(self):
        """How far each pitch is from where it started, in hundredths of a semitone, float (tones,)."""
        return 20 * self.bend.numpy()

    def amplitudes(self):
        """The harmonics' amplitudes at each place, float32 (tones, frames, harmonics); 0 where silent."""
        k = np.arange(1, self.harmonics + 1)
        heard = (k * self.hertz[:, None] < self.rate / 2)[:, None].astype("float32")
        return tf.nn.softplus(tf.convert_to_tensor(self.raw)) * heard

    def waves(self):
        """The tones as they sound now, float32 (tones, samples)."""
        time = tf.constant(np.arange(self.samples) / self.rate, tf.float32)
        octaves = tf.convert_to_tensor(self.bend) / 60
        # the start's turns exactly, in float64; what the learnt part adds to them is small
        k = np.arange(1, self.harmonics + 1)
        turns = np.arange(self.samples)[:, None] * self.hertz[:, None, None] * k / self.rate % 1
        more = (tf.pow(2.0, octaves) - 1) * self.hertz.astype("float32")
        angle = (
            2 * np.pi * (turns.astype("float32") + more[:, None, None] * time[:, None] * k.astype("float32"))
        )
        return tf.reduce_sum(self._spread(self.amplitudes()) * tf.sin(angle), axis=-1)

    def _spread(self, amplitudes):
        """Amplitudes at each sample, (tones, samples, harmonics), by straight lines: a share of either neighbour."""
        away = np.abs(np.linspace(0, self.frames - 1, self.samples)[:, None] - np.arange(self.frames))
        return tf.constant(np.maximum(1 - away, 0), tf.float32) @ amplitudes


def spectral_distance(found, wanted, lengths=(512, 256, 128, 64)):
    """How far waves' magnitudes are apart, (tones,): over several lengths of frames, |difference| of magnitudes and of
    their logarithms, as means (Engel et al. 2020, with their weights of 1).

    Args:
        found, wanted: float (tones, samples).
        lengths: of frames; each is moved on by a quarter of it.

    Raises:
        ValueError: where the shapes differ or a wave is shorter than the longest frame.
    """
    shapes = tuple(found.shape), tuple(wanted.shape)
    if shapes[0] != shapes[1] or len(shapes[0]) != 2 or shapes[0][1] < max(lengths):
        raise ValueError(
            f"spectral_distance(): shapes {shapes[0]} and {shapes[1]}; expected twice (tones, samples), with "
            f"{max(lengths)} samples or more, a frame's length."
        )
    total = 0.0
    for length in lengths:
        one, other = (
            tf.abs(tf.signal.stft(wave, length, length // 4, fft_length=length)) for wave in (found, wanted)
        )
        logarithms = tf.math.log(one + 1e-4) - tf.math.log(other + 1e-4)
        total += tf.reduce_mean(tf.abs(one - other) + tf.abs(logarithms), axis=(1, 2))
    return total
