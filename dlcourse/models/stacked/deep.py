"""Deep fully connected networks of one architecture, one per seed, trained side by side in one graph."""

import keras
import numpy as np
import tensorflow as tf

from dlcourse import checks
from dlcourse.models.stacked.axis import Stacked
from dlcourse.models.stacked.objectives import classification

AXIS = {"batch": 1, "layer": 2}
"""The axis of pre-activations (networks, batch, width) that a normalisation averages over."""

EPSILON = 1e-5
MOMENTUM = 0.9
"""EPSILON is added to every variance; MOMENTUM is the share of a moving average that stays after a batch."""


class DeepNetworks(Stacked, keras.Model):
    """Fully connected networks of equal shape; each has its own weights and learns as if it were alone.

    Maps float (1, batch, *input_shape), flattened, to logits (networks, batch, classes). All see the same batch.
    With activation φ and normalisation N, the pre-activations of hidden layers l = 1 ... depth are

        h_1 = W_1 x + b_1,    h_l = [h_{l-1} +] W_l φ(N(h_{l-1})) + b_l,    logits = W φ(N(h_depth)) + b

    where only residual networks have the term in brackets (He et al. 2016).

    Args:
        input_shape: of one example, such as (8, 8, 1).
        classes: number of outputs.
        depth: number of hidden layers.
        width: units in each of them.
        activation: a Keras activation or its name.
        weight_variance: σ_w²: weights start as Gaussians of variance σ_w² / fan_in. Between layers of equal width
            1 is both Glorot's and LeCun's initialisation, and 2 is He's. First and last layer always take 1.
        normalisation: None, "batch" (Ioffe & Szegedy 2015) or "layer" (Ba et al. 2016), of the pre-activations.
        residual: whether each hidden layer adds to the one before.
        dropout: share of units dropped after each activation (Srivastava et al. 2014).
        l2: each kernel adds l2 · ‖W‖² to its network's loss.
            These four, weight_variance, residual, dropout and l2, are one value for all networks or a list with one
            for each.
        seeds: of the initial weights, one per network; a network's weights don't depend on its neighbours.
        dtype: "float32", or "float64" where gradients are to be measured.

    Raises:
        ValueError: where a shape, number or name makes no sense.
    """

    objective = classification()

    def __init__(
        self,
        input_shape,
        classes,
        *,
        depth,
        width,
        activation="sigmoid",
        weight_variance=1.0,
        normalisation=None,
        residual=False,
        dropout=0.0,
        l2=0.0,
        seeds=(0,),
        dtype="float32",
    ):
        super().__init__(dtype=dtype, name="deep_networks")
        shape = checks.shape("DeepNetworks(input_shape)", input_shape)
        checks.whole_number("DeepNetworks(classes)", classes)
        checks.whole_number("DeepNetworks(depth)", depth)
        checks.whole_number("DeepNetworks(width)", width)
        checks.whole_number("DeepNetworks(len(seeds))", len(seeds))
        for rate in np.ravel(dropout).tolist():
            checks.rate("DeepNetworks(dropout)", rate)
        if normalisation is not None and not checks.is_one_of(normalisation, AXIS):
            raise ValueError(
                f"DeepNetworks(normalisation={normalisation!r}): expected None or one of {sorted(AXIS)}."
            )
        if not np.min(weight_variance) > 0 or np.min(l2) < 0:
            raise ValueError(
                f"DeepNetworks(weight_variance={weight_variance!r}, l2={l2!r}): a variance is above 0, l2 0 or more."
            )
        self.depth, self.seeds, self.example = depth, tuple(seeds), shape
        self.residual, self.normalisation = self._by_network("residual", residual), normalisation
        self.activation = keras.activations.get(activation)
        self.dropout = self._by_network("dropout", dropout)
        self.generator = keras.random.SeedGenerator(0)
        regularizer = _L2ByNetwork(self._by_network("l2", l2)) if np.any(l2) else None
        weight_variance = self._by_network("weight_variance", weight_variance)

        def variable(name, value, **options):
            return self.add_weight(
                name=name,
                shape=value.shape,
                initializer=lambda shape, dtype: tf.cast(value, dtype),
                **options,
            )

        features, networks = int(np.prod(shape)), len(self.seeds)
        first, hidden, last = _gaussian_weights(features, depth, width, classes, weight_variance, self.seeds)
        self.first = variable("first_kernel", first, regularizer=regularizer)
        self.hidden = variable("hidden_kernel", hidden, regularizer=regularizer)
        self.last = variable("last_kernel", last, regularizer=regularizer)
        by_unit = (networks, depth, 1, width)
        self.bias = variable("bias", np.zeros(by_unit))
        self.last_bias = variable("last_bias", np.zeros((networks, 1, classes)))
        if normalisation:
            self.scale = variable("scale", np.ones(by_unit))
            self.shift = variable("shift", np.zeros(by_unit))
        if normalisation == "batch":
            self.moving_mean = variable("moving_mean", np.zeros(by_unit), trainable=False)
            self.moving_variance = variable("moving_variance", np.ones(by_unit), trainable=False)
        self.built = True

    @property
    def input_shape(self):
        return (1, None, *self.example)

    def _by_network(self, name, value):
        """One number per network, float64 (networks, 1, 1)."""
        if np.shape(value) not in ((), (len(self.seeds),)):
            raise ValueError(
                f"DeepNetworks({name}={value!r}): expected one number, or a list of {len(self.seeds)}, one per seed."
            )
        return np.broadcast_to(np.asarray(value, "float64"), (len(self.seeds),)).reshape(-1, 1, 1)

    def call(self, x, training=False):
        x = tf.reshape(tf.cast(x, self.compute_dtype), (1, -1, self.first.shape[1]))
        kernels, biases, moments = tf.unstack(self.hidden, axis=1), tf.unstack(self.bias, axis=1), []
        norms, links = self._norms(training), tf.cast(self.residual, self.compute_dtype)  # 1 or 0
        h = tf.matmul(x, self.first) + biases[0]
        for kernel, bias, norm in zip(kernels, biases[1:], norms[:-1], strict=True):
            step = tf.matmul(self._units(h, norm, moments, training), kernel) + bias
            h = step + links * h if self.residual.any() else step
        units = self._units(h, norms[-1], moments, training)
        if self.normalisation == "batch" and training:
            self._remember(moments)
        return tf.matmul(units, self.last) + self.last_bias

    def _norms(self, training):
        """For each layer scale and shift, and outside training batch normalisation's moving mean and variance."""
        if self.normalisation is None:
            return [None] * self.depth
        variables = [self.scale, self.shift]
        if self.normalisation == "batch" and not training:
            variables += [self.moving_mean, self.moving_variance]
        return list(zip(*(tf.unstack(variable, axis=1) for variable in variables), strict=True))

    def _units(self, h, norm, moments, training):
        """Activations φ(N(h)) of a layer's pre-activations h (networks, batch, width), with dropout."""
        if norm is not None:
            scale, shift, *known = norm
            h = self._normalised(h, known, moments) * scale + shift
        units = self.activation(h)
        return self._with_dropout(units) if training and self.dropout.any() else units

    def _with_dropout(self, units):
        """Units (networks, batch, width); in networks with dropout some are set to 0, the others enlarged."""
        where = np.flatnonzero(self.dropout)
        dropped = tf.cast(self.dropout[where], units.dtype)
        shape = (len(where), *tf.unstack(tf.shape(units))[1:])
        chance = keras.random.uniform(shape, dtype=units.dtype, seed=self.generator)
        kept = tf.cast(chance >= dropped, units.dtype) / (1 - dropped)
        return units * tf.tensor_scatter_nd_update(tf.ones_like(units), where[:, None], kept)

    def _normalised(self, h, known, moments):
        """``h`` with mean 0 and variance 1: over the batch, or of each example over its layer's units."""
        if known:  # batch normalisation after training
            mean, variance = known
            return (h - mean) * tf.math.rsqrt(variance + EPSILON)
        axis = AXIS[self.normalisation]
        mean = tf.reduce_mean(h, axis, keepdims=True)
        variance = tf.reduce_mean(tf.square(h - mean), axis, keepdims=True)
        moments.append((mean, variance))
        return (h - mean) * tf.math.rsqrt(variance + EPSILON)

    def _remember(self, moments):
        """Update the moving averages, which are used outside training."""
        means, variances = zip(*moments, strict=True)
        for average, values in [(self.moving_mean, means), (self.moving_variance, variances)]:
            average.assign(MOMENTUM * average + (1 - MOMENTUM) * tf.stack(values, axis=1))


@keras.saving.register_keras_serializable("dlcourse")
class _L2ByNetwork(keras.regularizers.Regularizer):
    """Squared weights of every network times that network's number, added up."""

    def __init__(self, l2):
        self.l2 = np.ravel(l2)

    def __call__(self, kernel):
        squares = tf.reduce_sum(tf.square(kernel), axis=list(range(1, len(kernel.shape))))
        return tf.reduce_sum(tf.cast(self.l2, kernel.dtype) * squares)

    def get_config(self):
        return {"l2": self.l2.tolist()}


def _gaussian_weights(features, depth, width, classes, weight_variance, seeds):
    """Kernels of first, hidden and last layers, (networks, ...), of hidden ones (networks, depth - 1, ...); float64."""
    first, hidden, last = [], [], []
    for seed, variance in zip(seeds, weight_variance.ravel(), strict=True):
        generator = np.random.default_rng(seed)
        first.append(generator.standard_normal((features, width)) / np.sqrt(features))
        hidden.append(generator.standard_normal((depth - 1, width, width)) * np.sqrt(variance / width))
        last.append(generator.standard_normal((width, classes)) / np.sqrt(width))
    return np.stack(first), np.stack(hidden), np.stack(last)
