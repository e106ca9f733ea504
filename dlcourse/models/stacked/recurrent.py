"""Recurrent networks of one architecture, one per seed, trained side by side in one graph.

As in ``models.stacked.feed_forward``, each network has its own weights and, where wanted, its own inputs and targets.
The loss is a sum over networks, so that each learns as if it were alone.
"""

import keras
import numpy as np
import tensorflow as tf

from dlcourse import checks
from dlcourse.models.initializers import seeded_initializer
from dlcourse.models.stacked.axis import Stacked
from dlcourse.models.stacked.objectives import classification, regression

__all__ = ["GATES", "RecurrentPopulation", "classification", "regression"]

GATES = {"simple": 1, "lstm": 4, "gru": 3}
"""Number of blocks of ``units`` columns in the kernels of each cell."""


class RecurrentPopulation(Stacked, keras.Model):
    """A recurrent network with one layer for each seed; with seed s it starts as ``models.recurrent(..., seed=s)``.

    Maps float (networks, batch, steps, features), or (1, batch, steps, features) where all see the same, to (networks,
    batch, last, outputs): the outputs after each of the ``last`` steps. Where ``tokens`` is True the inputs are whole
    numbers below ``features``, (networks, batch, steps) or (1, batch, steps), which are encoded one-hot.

    Args:
        seeds: one whole number per network; a seed may come several times.
        features: number of inputs at each step.
        outputs: number of outputs.
        cell: "simple", "lstm" or "gru" (``reset_after``, as Keras has it).
        units: width of the state.
        last: there is an output after each of this many steps at the end.
        tokens: whether the inputs are whole numbers.

    Raises:
        ValueError: where there is no seed, or a number or name makes no sense.
    """

    def __init__(
        self,
        seeds,
        features,
        outputs,
        *,
        cell,
        units,
        last=1,
        tokens=False,
    ):
        super().__init__(name="recurrent_population")
        self.seeds = tuple(seeds)
        checks.whole_number("RecurrentPopulation(len(seeds))", len(self.seeds))
        checks.whole_number("RecurrentPopulation(features)", features)
        checks.whole_number("RecurrentPopulation(outputs)", outputs)
        checks.whole_number("RecurrentPopulation(units)", units)
        checks.whole_number("RecurrentPopulation(last)", last)
        if not checks.is_one_of(cell, GATES):
            raise ValueError(
                f"RecurrentPopulation(cell={cell!r}): expected one of {', '.join(map(repr, GATES))}."
            )
        self.cell, self.units, self.last, self.tokens, self.features = cell, units, last, tokens, features
        networks, columns = len(self.seeds), GATES[cell] * units

        def variable(name, value):
            return self.add_weight(name=name, shape=value.shape, initializer=lambda shape, dtype: value)

        self.kernel = variable("kernel", self._drawn("glorot_uniform", 0, (features, columns)))
        self.recurrent = variable("recurrent_kernel", self._drawn("orthogonal", 1, (units, columns)))
        bias = np.zeros((networks, 1, columns), "float32")
        if cell == "lstm":
            bias[..., units : 2 * units] = 1.0  # Keras' unit_forget_bias
        self.bias = variable("bias", bias)
        if cell == "gru":
            self.recurrent_bias = variable("recurrent_bias", np.zeros_like(bias))
        self.head = variable("head_kernel", self._drawn("glorot_uniform", 2, (units, outputs)))
        self.head_bias = variable("head_bias", np.zeros((networks, 1, outputs), "float32"))
        self.built = True

    def _drawn(self, initializer, layer, shape):
        """Initial kernels, float32 (networks, *shape), drawn as ``models.recurrent`` draws them."""
        drawn = {
            seed: np.asarray(seeded_initializer(initializer, seed, layer)(shape)) for seed in set(self.seeds)
        }
        return np.stack([drawn[seed] for seed in self.seeds])

    @property
    def input_shape(self):
        return (None, None, None) if self.tokens else (None, None, None, self.features)

    def call(self, x, training=False):
        outputs = [state[0] for state in self.states(x)[-self.last :]]  # each (networks, batch, units)
        logits = tf.matmul(tf.concat(outputs, axis=1), self.head) + self.head_bias
        logits = tf.reshape(logits, (len(self.seeds), self.last, tf.shape(x)[1], self.head.shape[-1]))
        return tf.transpose(logits, [0, 2, 1, 3])

    def states(self, x):
        """The state after each step: tuples of tensors (networks, batch, units), (h,) or for an LSTM (h, c)."""
        step, state = getattr(self, f"_{self.cell}"), self._start(x)
        found = []
        for projected in self._projected(x):
            state = step(projected, state)
            found.append(state)
        return found

    def _projected(self, x):
        """The inputs' contribution to the gates, a list with one tensor (networks, batch, columns) per step."""
        if self.tokens:
            x = tf.one_hot(x, self.features, dtype=self.compute_dtype)
        networks, steps = x.shape[0], x.shape[2]
        by_step = tf.reshape(tf.transpose(x, [0, 2, 1, 3]), (networks, -1, self.features))
        return tf.split(tf.matmul(by_step, self.kernel) + self.bias, steps, axis=1)

    def _start(self, x):
        zeros = tf.zeros((len(self.seeds), tf.shape(x)[1], self.units), self.compute_dtype)
        return (zeros, zeros) if self.cell == "lstm" else (zeros,)

    def _simple(self, projected, state):
        return (tf.tanh(projected + tf.matmul(state[0], self.recurrent)),)

    def _lstm(self, projected, state):
        h, c = state
        i, f, g, o = tf.split(projected + tf.matmul(h, self.recurrent), 4, axis=-1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c

    def _gru(self, projected, state):
        (h,) = state
        before = tf.matmul(h, self.recurrent) + self.recurrent_bias
        x_z, x_r, x_g = tf.split(projected, 3, axis=-1)
        h_z, h_r, h_g = tf.split(before, 3, axis=-1)
        z = tf.sigmoid(x_z + h_z)
        g = tf.tanh(x_g + tf.sigmoid(x_r + h_r) * h_g)
        return (z * h + (1 - z) * g,)
