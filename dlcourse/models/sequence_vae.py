"""A variational autoencoder of sequences of symbols: GRUs for encoder and decoder (Bowman et al. 2016)."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from dlcourse import checks
from dlcourse.models import random
from dlcourse.models.fused_gru import FusedGRU
from dlcourse.models.initializers import seeded_initializer
from dlcourse.models.variational import VAE


def sequence_vae(steps, symbols, latents, *, units=96, sees_past=True, seed=None):
    """A VAE of sequences: a GRU each way reads all steps, a GRU writes them from the code.

    Encoder: whole numbers, as any dtype (batch, steps), to means beside raw standard deviations (batch, 2 · latents).
    Decoder: a code (batch, latents) and the symbols before each step (batch, steps), -1 before the first, to logits
    (batch, steps, symbols).

    Args:
        steps: of every sequence.
        symbols: how many there are.
        latents: number of latent variables; 0 gives a language model: its decoder has no code, and its bound is
            exact.
        units: of the decoder's GRU; the encoder's two have half as many each.
        sees_past: whether the decoder is told the symbols before. If not, the code alone says what comes.
        seed: of the initial weights and of all draws.

    Returns:
        SequenceVAE, a keras.Model.

    Raises:
        ValueError: where a number makes no sense.
    """
    steps, symbols = (
        checks.whole_number("sequence_vae(steps)", steps),
        checks.whole_number("sequence_vae(symbols)", symbols, least=2),
    )
    latents = checks.whole_number("sequence_vae(latents)", latents, least=0)
    units = checks.whole_number("sequence_vae(units)", units, least=2)
    if not latents and not sees_past:
        raise ValueError("sequence_vae(latents=0, sees_past=False): its decoder would know nothing at all.")
    return SequenceVAE(
        steps,
        symbols,
        max(latents, 1),
        units,
        sees_past,
        has_code=bool(latents),
        seed=checks.seed("seed", seed),
    )


class SequenceVAE(VAE):
    """As ``sequence_vae`` builds it: a ``variational.VAE`` whose likelihood goes from step to step.

    ``decode`` and what rests on it has no place here: ``write`` makes sequences from codes.
    """

    def __init__(self, steps, symbols, latents, units, sees_past, *, has_code, seed):
        self.symbols, self.sees_past, self.has_code = symbols, sees_past, has_code
        networks = (
            _encoder(steps, symbols, latents, units // 2, seed),
            _decoder(
                steps, symbols, latents, units, sees_past, has_code, None if seed is None else seed + 1_000
            ),
        )
        super().__init__(
            (steps,),
            latents,
            hidden=[],
            likelihood="categorical",
            networks=networks,
            seed=seed,
            name="sequence_vae",
        )

    def posterior_parameters(self, x, y=None):
        loc, scale = super().posterior_parameters(x, y)
        return (loc, scale) if self.has_code else (tf.zeros_like(loc), tf.ones_like(scale))

    def log_likelihood(self, x, z, y=None):
        x = self._checked(x)
        target = tf.broadcast_to(x, tf.concat([tf.shape(z)[:-1], self.shape], 0))
        target = tf.reshape(target, (-1, *self.shape))
        logits = self.decoder([tf.reshape(z, (-1, self.latents)), before(target)])
        cost = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(target, tf.int32), logits)
        return -tf.reshape(tf.reduce_sum(cost, axis=-1), tf.shape(z)[:-1])

    def write(self, z, *, temperature=1.0, seed=None):
        """Sequences from codes, int32 (batch, steps): step by step, each told what was written before.

        Args:
            z: float (batch, latents).
            temperature: of the draws; 0 takes the likeliest symbol at each step.
            seed: of the draws.
        """
        z = tf.cast(tf.convert_to_tensor(z), self.compute_dtype)
        if z.shape.rank != 2 or z.shape[-1] != self.latents:
            raise ValueError(f"write(z): shape {tuple(z.shape)}; expected (batch, {self.latents}).")
        temperature = float(checks.between("write(temperature)", temperature, 0, 100))
        written = np.zeros((len(z), *self.shape), "int32")
        noise = random.uniform(
            (len(z), *self.shape, self.symbols), self.seed(seed), self.compute_dtype
        ).numpy()
        state, logits_of = self._stepwise(z.numpy())
        for step in range(self.shape[0]):
            past = written[:, step - 1] if step else np.full(len(z), -1)
            state, logits = logits_of(state, past, step)
            gumbel = -np.log(-np.log(np.clip(noise[:, step], 1e-12, 1 - 1e-7)))
            written[:, step] = (logits + temperature * gumbel).argmax(axis=-1)
        return written

    def _stepwise(self, z):
        """The decoder's first state, and its step: (state, symbols before, place) to the next state and logits.

        In NumPy, on its weights: one step at a time takes a sixteenth of what all steps take for each.
        """
        kernel, recurrent, (bias, inner), dense, shift = (
            weight.numpy() for weight in self.decoder.trainable_variables
        )
        code = (z if self.has_code else 0 * z) @ kernel[: self.latents] + bias
        of_symbols, of_places = np.split(kernel[self.latents :], [self.symbols])
        units = recurrent.shape[0]

        def step(state, past, place):
            given = code + of_places[place % len(of_places)]
            if self.sees_past:
                given = given + np.where(past[:, None] >= 0, of_symbols[past], 0)
            product = state @ recurrent + inner
            gates = 1 / (1 + np.exp(-(given + product)[:, : 2 * units]))
            update, reset = gates[:, :units], gates[:, units:]
            new = np.tanh(given[:, 2 * units :] + reset * product[:, 2 * units :])
            state = new + update * (state - new)
            return state, state @ dense + shift

        return np.zeros((len(z), units), z.dtype), step

    def reconstruct(self, x, y=None):
        """The likeliest sequences, step by step, from the posterior's mean, int32 of x's shape."""
        return self.write(self.posterior_parameters(x)[0], temperature=0)

    def sample(self, n, y=None, *, seed=None):
        """Sequences drawn from codes that are drawn from the prior, int32 (n, steps)."""
        n = checks.whole_number("sample(n)", n)
        z = random.normal((n, self.latents), self.seed(seed), self.compute_dtype)
        return self.write(z, seed=None if seed is None else seed + 1)

    def interpolate(self, first, second, steps=9, y=None):
        """The likeliest sequences along the line between the codes of two, int32 (steps, own steps)."""
        ends = self.posterior_parameters(np.stack([first, second]))[0].numpy()
        share = np.linspace(0, 1, steps)[:, None]
        return self.write((1 - share) * ends[:1] + share * ends[1:], temperature=0)

    def decode(self, z, y=None):
        raise ValueError("A sequence is written step by step: use write(z), or log_likelihood(x, z).")

    def check_examples(self, x, y=None):
        super().check_examples(x, y)
        x = np.asarray(x)
        if x.size and not ((x >= 0) & (x < self.symbols) & (x == np.round(x))).all():
            raise ValueError(
                f"This VAE takes whole numbers from 0 to {self.symbols - 1}; got values from {x.min():g} to "
                f"{x.max():g}."
            )

    def call(self, x, training=False):
        """Logits of each step, (batch, steps, symbols), from a drawn code and the true steps before."""
        x = self._checked(x)
        return self.decoder([self.draw(*self.posterior_parameters(x)), before(x)])


def before(x):
    """Each step's predecessor, of x's shape (batch, steps): -1 before the first."""
    return tf.pad(x[:, :-1], [[0, 0], [1, 0]], constant_values=-1)


def _encoder(steps, symbols, latents, units, seed):
    inputs = keras.Input((steps,))
    x = _one_hot(inputs, symbols)
    forward = _gru(units, seed, 0)(x)[:, -1]
    backward = _gru(units, seed, 2)(x[:, ::-1])[:, -1]
    x = layers.Concatenate()([forward, backward])
    outputs = layers.Dense(2 * latents, kernel_initializer=seeded_initializer("glorot_uniform", seed, 4))(x)
    return keras.Model(inputs, outputs, name="encoder")


def _decoder(steps, symbols, latents, units, sees_past, has_code, seed):
    code, past = keras.Input((latents,)), keras.Input((steps,))
    given = layers.RepeatVector(steps)(code) if has_code else layers.RepeatVector(steps)(0.0 * code)
    x = _one_hot(past, symbols)
    x = layers.Concatenate()([given, x if sees_past else 0.0 * x, _beats(steps)(past)])
    x = _gru(units, seed, 0)(x)
    outputs = layers.Dense(symbols, kernel_initializer=seeded_initializer("glorot_uniform", seed, 2))(x)
    return keras.Model([code, past], outputs, name="decoder")


def _one_hot(x, symbols):
    return layers.Lambda(
        lambda x: tf.one_hot(tf.cast(x, tf.int32), symbols), output_shape=(x.shape[1], symbols)
    )(x)


def _beats(steps):
    """The place of each step within a group of eight, one-hot (batch, steps, 8)."""
    places = np.eye(8, dtype="float32")[np.arange(steps) % 8]
    return layers.Lambda(
        lambda x: tf.broadcast_to(places, (tf.shape(x)[0], steps, 8)), output_shape=(steps, 8)
    )


def _gru(units, seed, number):
    layer = FusedGRU(units)
    layer.cell.kernel_initializer = seeded_initializer("glorot_uniform", seed, number)
    layer.cell.recurrent_initializer = seeded_initializer("orthogonal", seed, number + 1)
    return layer
