"""The variational autoencoder as a Keras 3 model, on TensorFlow Probability's distributions.

``models.vae`` builds it. ``tfp.layers`` are Keras 2 layers and don't go into such a model; distributions do.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from tensorflow_probability import distributions as tfd

from dlcourse import checks, files
from dlcourse.models import random, vae_priors
from dlcourse.models.initializers import seeded_initializer
from dlcourse.models.vae_priors import diagonal_gaussian, positive

FLOOR = 1e-3
"""Pixels' means are kept this far from 0 and 1, so that their logits are finite."""


@keras.saving.register_keras_serializable("dlcourse")
class VAE(keras.Model):
    """A variational autoencoder; arguments as for ``models.vae``, which checks them.

    x is float (batch, *input_shape); z float (..., batch, latents); y int (batch,), where the model takes labels. All
    quantities are in nats per example, float (batch,). Draws come from the model's own generator, which
    ``training.fit`` seeds, or, where a method is given ``seed``, from that seed alone.
    """

    def __init__(
        self,
        input_shape,
        latents,
        *,
        hidden,
        activation="tanh",
        likelihood="bernoulli",
        noise=None,
        prior="normal",
        components=100,
        classes=None,
        means=None,
        networks=None,
        dtype="float32",
        seed=None,
        **options,
    ):
        super().__init__(dtype=dtype, **{"name": "vae", **options})
        self.shape, self.latents, self.classes = tuple(input_shape), int(latents), classes
        self.likelihood, self.noise = likelihood, noise
        self.config = {
            "input_shape": list(self.shape),
            "latents": self.latents,
            "hidden": list(hidden),
            "activation": keras.activations.serialize(activation) if callable(activation) else activation,
            "likelihood": likelihood,
            "noise": noise,
            "prior": prior,
            "components": components,
            "classes": classes,
            "seed": seed,
        }
        self.generator = keras.random.SeedGenerator(seed)
        pixels, labels = int(np.prod(self.shape)), classes or 0
        start = self._starting_point(means)
        build = {"activation": activation, "dtype": dtype}
        self.own_networks = networks is not None
        if self.own_networks:
            self.encoder, self.decoder = networks
        else:
            self.encoder = _mlp("encoder", pixels + labels, hidden, 2 * latents, seed=seed, **build)
            later = None if seed is None else seed + 1_000
            self.decoder = _mlp("decoder", latents + labels, hidden[::-1], pixels, seed=later, **build)
            self.decoder.layers[-1].bias.assign(start.reshape(-1))
        self.pixel_bias = self._constant("pixel_bias", start)
        self.pixel_means = self._constant("pixel_means", np.zeros(self.shape) if means is None else means)
        if likelihood == "gaussian":
            level = keras.initializers.Constant(0.0 if noise is None else float(np.log(noise)))
            self.log_noise = self.add_weight(
                name="log_noise", shape=(), initializer=level, trainable=noise is None
            )
        self._prior = vae_priors.build(
            prior, self, self.shape, self.latents, components, classes, None if seed is None else seed + 2_000
        )
        self.built = True

    # The two directions, and the distributions

    def posterior_parameters(self, x, y=None):
        """Mean and standard deviation of q(z | x), each (batch, latents)."""
        x = self._checked(x) - self.pixel_means
        if not self.own_networks:
            x = tf.reshape(x, (-1, int(np.prod(self.shape))))
        loc, raw = tf.split(self.encoder(self._with_labels(x, y)), 2, axis=-1)
        return loc, positive(raw)

    def encode(self, x, y=None):
        """The posterior q(z | x): a distribution of vectors (batch, latents)."""
        return diagonal_gaussian(*self.posterior_parameters(x, y))

    def draw(self, loc, scale, *shape, seed=None):
        """Draws z = loc + scale · noise, (*shape, batch, latents): the reparameterisation trick."""
        noise = random.normal(
            tf.concat([tf.constant(shape, tf.int32), tf.shape(loc)], 0), self.seed(seed), loc.dtype
        )
        return loc + scale * tf.ensure_shape(noise, (*shape, *loc.shape))

    def decode(self, z, y=None):
        """The likelihood p(x | z): a distribution of images (..., *input_shape).

        Raises:
            ValueError: where z doesn't end in an axis of ``latents``, or labels are missing or not expected.
        """
        z = tf.cast(tf.convert_to_tensor(z), self.compute_dtype)
        if z.shape.rank is None or z.shape.rank < 1 or z.shape[-1] != self.latents:
            raise ValueError(
                f"decode() got z of shape {tuple(z.shape)}; this VAE has {self.latents} latents: expected (..., "
                f"{self.latents})."
            )
        inputs = self._with_labels(z, y)
        output = self.decoder(tf.reshape(inputs, (-1, inputs.shape[-1])))
        output = tf.reshape(output, tf.concat([tf.shape(z)[:-1], self.shape], axis=0))
        output = tf.ensure_shape(output, (*z.shape[:-1], *self.shape))
        if self.likelihood == "bernoulli":
            pixels = vae_priors.Bernoulli(logits=output, dtype=output.dtype)
        else:
            pixels = tfd.Normal(output, self.noise_scale())
        return tfd.Independent(pixels, len(self.shape))

    def log_likelihood(self, x, z, y=None):
        """ln p(x | z) of each example, float (..., batch), for z (..., batch, latents)."""
        return self.decode(z, y).log_prob(self._checked(x))

    def prior(self):
        """The prior p(z): a distribution of vectors (latents,)."""
        return self._prior.distribution()

    def noise_scale(self):
        """The Gaussian likelihood's standard deviation, a scalar tensor."""
        return tf.exp(tf.convert_to_tensor(self.log_noise))

    # What training maximises

    def rate_and_distortion(self, x, y=None, *, seed=None, analytic=None):
        """The two parts of the negative ELBO: KL(q(z | x) || p(z)) and -E ln p(x | z), by one draw of z.

        Args:
            analytic: whether the KL divergence is TFP's closed form; None: where there is one, else by the same draw.
        """
        loc, scale = self.posterior_parameters(x, y)
        posterior, prior = diagonal_gaussian(loc, scale), self.prior()
        z = self.draw(loc, scale, seed=seed)
        distortion = -self.log_likelihood(x, z, y)
        if analytic or (analytic is None and self.has_analytic_rate()):
            rate = vae_priors.divergence(loc, scale, prior)
        else:
            rate = posterior.log_prob(z) - prior.log_prob(z)
        return rate, distortion

    def elbo(self, x, y=None, *, seed=None, analytic=None):
        """The evidence lower bound by one draw of z for each example; its expectation is at most ln p(x)."""
        rate, distortion = self.rate_and_distortion(x, y, seed=seed, analytic=analytic)
        return -rate - distortion

    def rate(self, x, y=None, *, seed=None, analytic=None):
        """KL(q(z | x) || p(z)), the rate: nats that the code of an image costs."""
        return self.rate_and_distortion(x, y, seed=seed, analytic=analytic)[0]

    def distortion(self, x, y=None, *, seed=None):
        """-E ln p(x | z), the distortion: nats that the image still costs once its code is known."""
        return self.rate_and_distortion(x, y, seed=seed)[1]

    def rate_by_latent(self, x, y=None):
        """The rate's share of each latent, (batch, latents).

        Raises:
            ValueError: where the prior doesn't treat the latents one by one.
        """
        if not isinstance(self._prior, vae_priors.Normal):
            raise ValueError(
                "The rate splits into latents, and free bits apply to each, only under prior='normal'; this model's "
                f"prior is {self.config['prior']!r}."
            )
        loc, scale = self.posterior_parameters(x, y)
        return tfd.Normal(loc, scale).kl_divergence(tfd.Normal(tf.zeros_like(loc), tf.ones_like(loc)))

    def log_weights(self, x, k, y=None, *, seed=None, through=None):
        """ln p(x, z_i) - ln q(z_i | x) of k draws z_i, (k, batch); the encoder runs once.

        Args:
            through: where given, z passes through this function, and ln q's own parameters get no gradient: what
                the doubly reparameterised estimator needs (``objectives.importance_weighted``).
        """
        k = checks.whole_number("log_weights(k)", k)
        loc, scale = self.posterior_parameters(x, y)
        z = self.draw(loc, scale, k, seed=seed)
        if through is not None:
            z, loc, scale = through(z), tf.stop_gradient(loc), tf.stop_gradient(scale)
        log_joint = self.prior().log_prob(z) + self.log_likelihood(x, z, y)
        return log_joint - diagonal_gaussian(loc, scale).log_prob(z)

    def importance_weighted_bound(self, x, k, y=None, *, seed=0, batch_size=100, at_once=50):
        """ln (1/k) sum of k importance weights (Burda et al. 2016): a lower bound on ln p(x), tighter with each draw.

        Computed in batches under XLA, so that 5,000 draws for 10,000 images fit into memory. NumPy, float (examples,).

        Args:
            k: number of draws, 1 or more.
            batch_size: images at a time.
            at_once: draws at a time.
        """
        k, x = checks.whole_number("importance_weighted_bound(k)", k), np.asarray(self._checked(x))
        batch_size = min(batch_size, len(x))
        found = []
        for start in range(0, len(x), batch_size):
            rows = np.arange(start, start + batch_size) % len(x)  # the last batch is filled up, and cut below
            labels = None if y is None else tf.constant(np.asarray(y)[rows])
            total = np.full(batch_size, -np.inf)
            for first in range(0, k, at_once):
                own = tf.constant([seed, start * 100_003 + first])
                weights = self._drawn_log_weights(tf.constant(x[rows]), labels, own, min(at_once, k - first))
                total = np.logaddexp(total, np.logaddexp.reduce(weights.numpy().astype("float64"), axis=0))
            found.append(total - np.log(k))
        return np.concatenate(found)[: len(x)]

    @tf.function(jit_compile=True)
    def _drawn_log_weights(self, x, y, seed, k):
        """``log_weights`` under XLA, once for each number of images and draws."""
        return self.log_weights(x, k, y, seed=seed)

    # What it is used for

    def reconstruct(self, x, y=None):
        """Mean images of p(x | z) at the posterior's mean z, of x's shape."""
        return self.decode(self.posterior_parameters(x, y)[0], y).mean()

    def sample(self, n, y=None, *, seed=None):
        """Mean images of p(x | z) for n draws of z from the prior, (n, *input_shape); y: labels, int or (n,)."""
        n = checks.whole_number("sample(n)", n)
        if y is not None:
            self._check_labels(y)
        if np.shape(y) not in ((), (n,)):
            raise ValueError(f"sample({n}) got labels of shape {np.shape(y)}; expected one, or {n} of them.")
        z = self.prior().sample(n, seed=self.seed(seed))
        return self.decode(z, None if y is None else tf.broadcast_to(y, (n,))).mean()

    def interpolate(self, first, second, steps=9, y=None):
        """Mean images along the straight line between the codes of two images, (steps, *input_shape)."""
        ends = self.posterior_parameters(tf.stack([first, second]), None if y is None else [y, y])[0]
        share = tf.cast(tf.linspace(0.0, 1.0, steps), self.compute_dtype)[:, None]
        z = (1 - share) * ends[:1] + share * ends[1:]
        return self.decode(z, None if y is None else tf.broadcast_to(y, (steps,))).mean()

    def call(self, x, training=False):
        """Reconstructions from a drawn code."""
        return self.decode(self.draw(*self.posterior_parameters(x))).mean()

    # Plumbing

    def seed(self, seed):
        """A stateless seed, int32 (2,): the model's own next one, one from a whole number, or the given pair."""
        if seed is None:
            return tf.cast(self.generator.next(), tf.int32)
        return tf.constant([seed, 0]) if isinstance(seed, int | np.integer) else seed

    def binarised(self, x, *, seed=None):
        """Images of zeros and ones, drawn with the grey values of x as probabilities, of x's shape."""
        x = self._checked(x)
        return tf.cast(random.uniform(tf.shape(x), self.seed(seed), x.dtype) < x, x.dtype)

    def has_analytic_rate(self):
        """Whether TFP knows KL(q || p) in closed form for this prior."""
        if isinstance(self._prior, vae_priors.Given):
            zero = tf.zeros((1, self.latents), self.compute_dtype)
            try:
                vae_priors.divergence(zero, zero + 1, self.prior())
            except NotImplementedError:
                return False
            return True
        return isinstance(self._prior, vae_priors.Normal)

    def check_examples(self, x, y=None):
        """Raise ValueError where arrays don't fit this model: shape, range under a Bernoulli, labels."""
        if tuple(x.shape[1:]) != self.shape:
            raise ValueError(
                f"This VAE takes examples of shape {self.shape}; got an array of shape {tuple(x.shape)}, so examples "
                f"of {tuple(x.shape[1:])}. Reshape them, or build the model with that input_shape."
            )
        if np.asarray(x).dtype.kind not in "biuf":
            raise ValueError(f"This VAE takes numbers; got an array of {np.asarray(x).dtype}.")
        if self.likelihood == "bernoulli" and len(x) and not (np.min(x) >= 0 and np.max(x) <= 1):
            raise ValueError(
                f"A Bernoulli likelihood takes pixels from 0 to 1; got values from {float(np.min(x)):g} to "
                f"{float(np.max(x)):g}. Scale the images (x / 255), or build the VAE with likelihood='gaussian'."
            )
        if self.classes is not None and y is not None:
            self._check_labels(y)

    def get_config(self):
        if self.own_networks:
            raise ValueError(
                "A VAE with networks of your own is saved by its parts: model.encoder.save(...) and "
                "model.decoder.save(...); build it with them again."
            )
        if isinstance(self._prior, vae_priors.Given):
            raise ValueError(
                "A VAE with a prior that was given as a distribution can't be saved: save its weights "
                "(model.save_weights), and build it with the same prior."
            )
        return {**self.config, "dtype": self.compute_dtype, "name": self.name}

    @classmethod
    def from_config(cls, config):
        activation = config["activation"]
        if isinstance(activation, dict):
            config = {**config, "activation": keras.activations.deserialize(activation)}
        return cls(config.pop("input_shape"), config.pop("latents"), **config)

    def save(self, path, **options):
        """Write the model to a ``.keras`` file, whole or not at all; ``models.load_vae`` reads it."""
        with files.whole(path) as unfinished:
            super().save(unfinished, **options)

    def _constant(self, name, value):
        value = np.asarray(value, self.compute_dtype)
        variable = self.add_weight(name=name, shape=value.shape, initializer="zeros", trainable=False)
        variable.assign(value)
        return variable

    def _starting_point(self, means):
        """The decoder's output for each pixel before training: logits, or means."""
        if means is None:
            return np.zeros(self.shape, self.compute_dtype)
        means = np.asarray(means, self.compute_dtype)
        if means.shape != self.shape:
            raise ValueError(f"vae(means=...) has shape {means.shape}; expected {self.shape}, one per pixel.")
        if self.likelihood == "gaussian":
            return means
        self.check_examples(means[None])
        means = np.clip(means, FLOOR, 1 - FLOOR)
        return np.log(means / (1 - means))

    def _checked(self, x):
        """x as a tensor, after a check of its shape and, where it is an array, its range."""
        if not tf.is_tensor(x):
            x = np.asarray(x)
            self.check_examples(x)
        elif tuple(x.shape[1:]) != self.shape:
            self.check_examples(x)
        return tf.cast(x, self.compute_dtype)

    def _check_labels(self, y):
        if self.classes is None:
            raise ValueError("This VAE takes no labels: build it with classes=..., or leave y out.")
        if np.asarray(y).dtype.kind not in "iu" or np.ndim(y) > 1:
            raise ValueError(
                f"Labels are {np.asarray(y).dtype} {np.shape(y)}; expected whole numbers, one for each image."
            )
        wrong = [int(label) for label in np.unique(y) if not 0 <= label < self.classes]
        if wrong:
            raise ValueError(
                f"Labels {wrong[:5]} are outside 0 to {self.classes - 1}, the classes that this VAE was built for."
            )

    def _with_labels(self, inputs, y):
        """Inputs (..., batch, n) with one-hot labels behind them, where the model takes labels."""
        if (y is None) != (self.classes is None):
            raise ValueError(
                "This VAE takes labels: give y, int (batch,)."
                if y is None
                else "This VAE takes no labels: build it with classes=..., or leave y out."
            )
        if y is None:
            return inputs
        if not tf.is_tensor(y) or hasattr(y, "numpy"):
            self._check_labels(y)
            given, wanted = np.shape(y), inputs.shape[-2] if inputs.shape.rank > 1 else 1
            if given not in ((), (1,), (wanted,)) and wanted is not None:
                raise ValueError(
                    f"This VAE got {given[0]} labels for {wanted} examples: give y, int ({wanted},), or one number."
                )
        labels = tf.one_hot(tf.cast(y, tf.int32), self.classes, dtype=inputs.dtype)
        labels = tf.broadcast_to(labels, tf.concat([tf.shape(inputs)[:-1], [self.classes]], axis=0))
        return tf.concat([inputs, labels], axis=-1)


def _mlp(name, features, hidden, outputs, *, activation, dtype, seed):
    """Dense layers from ``features`` to ``outputs``; the last one is linear."""

    def dense(units, number, **options):
        initializer = seeded_initializer("glorot_uniform", seed, number)
        return layers.Dense(units, kernel_initializer=initializer, dtype=dtype, **options)

    inputs = keras.Input((features,), dtype=dtype)
    x = inputs
    for index, width in enumerate(hidden):
        if activation == "gated":
            gate = dense(width, 100 + index, activation="sigmoid", name=f"gate_{index + 1}")(x)
            x = layers.Multiply(dtype=dtype)([dense(width, index, name=f"hidden_{index + 1}")(x), gate])
        else:
            x = dense(width, index, activation=activation, name=f"hidden_{index + 1}")(x)
    return keras.Model(inputs, dense(outputs, len(hidden), name="output")(x), name=name)
