"""The priors p(z) of the variational autoencoder, and other distributions of it, on TensorFlow Probability's."""

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd
from tensorflow_probability import util

PRIORS = ("normal", "mixture", "vamp")


class Bernoulli(tfd.Bernoulli):
    """TFP's Bernoulli with ln p(x) = x·l - ln(1 + e^l): one exponential where TFP's own takes two."""

    def _log_prob(self, event):
        logits = tf.convert_to_tensor(self.logits)
        return tf.cast(event, logits.dtype) * logits - tf.math.softplus(logits)


class DiagonalMixture(tfd.MixtureSameFamily):
    """A mixture of Gaussians with independent coordinates, its density by two matrix products.

    Args:
        logits: float (components,), of the weights.
        loc, scale: float (components, latents).
    """

    def __init__(self, logits, loc, scale):
        super().__init__(tfd.Categorical(logits=logits), tfd.Independent(tfd.Normal(loc, scale), 1))
        self._parts = (logits, loc, scale)
        self._parameters = {"logits": logits, "loc": loc, "scale": scale}

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        """What TFP must know of a subclass with its own arguments; without it, it warns."""
        axes = {"logits": 1, "loc": 2, "scale": 2}
        return {name: util.ParameterProperties(event_ndims=number) for name, number in axes.items()}

    def _log_prob(self, z):
        logits, loc, scale = self._parts
        precision = 1 / tf.square(scale)
        constant = -0.5 * tf.reduce_sum(tf.square(loc) * precision + np.log(2 * np.pi), axis=-1)
        constant += tf.nn.log_softmax(logits) - tf.reduce_sum(tf.math.log(scale), axis=-1)
        flat = tf.reshape(z, (-1, z.shape[-1]))
        parts = tf.matmul(flat, loc * precision, transpose_b=True)
        parts -= 0.5 * tf.matmul(tf.square(flat), precision, transpose_b=True)
        return tf.reshape(tf.reduce_logsumexp(parts + constant, axis=-1), tf.shape(z)[:-1])


def diagonal_gaussian(loc, scale):
    """Independent Gaussians over the last axis, as one distribution of vectors."""
    return tfd.Independent(tfd.Normal(loc, scale), 1)


def divergence(loc, scale, prior):
    """KL(q || p) in closed form, q a Gaussian of independent latents, p a prior.

    Raises:
        NotImplementedError: where TFP knows none.
    """
    try:
        return diagonal_gaussian(loc, scale).kl_divergence(prior)
    except NotImplementedError:  # TFP knows the same Gaussian by another name, for multivariate normal priors
        return tfd.MultivariateNormalDiag(loc, scale).kl_divergence(prior)


def positive(raw):
    """Numbers above 0: softplus, shifted so that 0 gives 1."""
    return tf.math.softplus(tf.convert_to_tensor(raw) + np.log(np.e - 1)) + 1e-6


class Normal:
    """The standard normal prior: nothing to learn."""

    def __init__(self, model, latents):
        self.zero = np.zeros(latents, model.compute_dtype)
        self.one = np.ones(latents, model.compute_dtype)

    def distribution(self):
        return diagonal_gaussian(self.zero, self.one)


class Mixture:
    """A learnt mixture of Gaussians; its variables belong to the model."""

    def __init__(self, model, latents, components, seed):
        spread = keras.initializers.RandomNormal(1.0, seed=seed)
        self.logits = model.add_weight(name="prior_logits", shape=(components,), initializer="zeros")
        self.loc = model.add_weight(name="prior_loc", shape=(components, latents), initializer=spread)
        self.raw = model.add_weight(name="prior_scale", shape=(components, latents), initializer="zeros")

    def distribution(self):
        return DiagonalMixture(
            tf.convert_to_tensor(self.logits), tf.convert_to_tensor(self.loc), positive(self.raw)
        )


class Vamp:
    """A mixture of the posteriors of learnt pseudo-inputs (Tomczak & Welling 2018)."""

    def __init__(self, model, input_shape, components, seed):
        spread = keras.initializers.RandomNormal(0.5, seed=seed)
        self.model, self.bounded = model, model.likelihood == "bernoulli"
        self.logits = model.add_weight(name="prior_logits", shape=(components,), initializer="zeros")
        self.inputs = model.add_weight(
            name="pseudo_inputs", shape=(components, *input_shape), initializer=spread
        )

    def distribution(self):
        start = tf.convert_to_tensor(self.model.pixel_bias)
        pseudo = self.inputs + start
        loc, scale = self.model.posterior_parameters(tf.sigmoid(pseudo) if self.bounded else pseudo)
        return DiagonalMixture(tf.convert_to_tensor(self.logits), loc, scale)


class Given:
    """A distribution that the caller made, fixed."""

    def __init__(self, prior, latents):
        shape = prior.event_shape.as_list()
        if shape != [latents] or prior.batch_shape.rank:
            raise ValueError(
                f"vae(prior={prior.name}): its events have shape {tuple(shape)} and its batch {prior.batch_shape}, but "
                f"the model has {latents} latents: expected one distribution of vectors of shape ({latents},), such as "
                "tfd.MultivariateNormalDiag or tfd.Independent(..., 1)."
            )
        self.given = prior

    def distribution(self):
        return self.given


def build(prior, model, input_shape, latents, components, classes, seed):
    """The prior of that name, or around that distribution.

    Raises:
        ValueError: where it is neither, or doesn't match the model.
    """
    if isinstance(prior, tfd.Distribution):
        return Given(prior, latents)
    if prior == "normal":
        return Normal(model, latents)
    if prior == "mixture":
        return Mixture(model, latents, components, seed)
    if prior == "vamp":
        if classes is not None:
            raise ValueError(
                "vae(prior='vamp', classes=...): the pseudo-inputs have no labels to tell the encoder. Take "
                "prior='mixture', or leave classes out."
            )
        return Vamp(model, input_shape, components, seed)
    raise ValueError(
        f"vae(prior={prior!r}): expected one of {', '.join(PRIORS)}, or a TensorFlow Probability distribution over "
        f"vectors of {latents} latents."
    )
