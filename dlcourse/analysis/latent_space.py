"""What a variational autoencoder's latent space holds: the bound's parts, active units, walks, and how samples fare."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

ACTIVE = 0.01
"""A latent is active where its posterior mean varies by more than this over the images (Burda et al. 2016)."""


@dataclass(frozen=True)
class Parts:
    """The negative ELBO's two parts, in nats, float (examples,)."""

    rate: np.ndarray
    distortion: np.ndarray

    @property
    def elbo(self):
        return -self.rate - self.distortion


def in_batches(function, x, y=None, batch_size=1_000):
    """``function(x, y)`` over batches, as NumPy arrays; a tuple of results gives a tuple of arrays."""
    results = []
    for start in range(0, len(x), batch_size):
        rows = slice(start, start + batch_size)
        found = function(x[rows], None if y is None else y[rows])
        results.append(tf.nest.map_structure(np.asarray, found))
    return tf.nest.map_structure(lambda *parts: np.concatenate(parts), *results)


def parts(model, x, y=None, *, draws=1, seed=0):
    """Rate and distortion of each image, the mean of ``draws`` draws of z: Parts."""
    sums = [
        in_batches(lambda x, y, own=seed + index: model.rate_and_distortion(x, y, seed=own), x, y)
        for index in range(draws)
    ]
    return Parts(*(np.mean(values, axis=0) for values in zip(*sums, strict=True)))


def ladder(model, x, counts, *, draws, seed=0, at_once=50):
    """The bound by the number of draws, from one set of importance weights: a dict from k to nats, float (examples,).

    Args:
        counts: values of k, each dividing ``draws``; L_k is the mean over all draws / k groups of k of them.
    """
    weights = np.concatenate(
        [
            np.stack(
                [
                    part.numpy()
                    for part in _weights(model, x[start : start + 100], draws, at_once, seed + start)
                ]
            )
            for start in range(0, len(x), 100)
        ],
        axis=-1,
    ).reshape(draws, len(x))
    groups = {k: weights.reshape(draws // k, k, len(x)) for k in counts}
    return {k: np.mean(np.logaddexp.reduce(part, axis=1) - np.log(k), axis=0) for k, part in groups.items()}


def _weights(model, x, draws, at_once, seed):
    """Log importance weights (at_once, images) of one batch, round after round."""
    for first in range(0, draws, at_once):
        yield model._drawn_log_weights(tf.constant(x), None, tf.constant([seed, first]), at_once)


def codes(model, x, y=None):
    """Posterior means and standard deviations of images, a tuple of float (examples, latents)."""
    return in_batches(model.posterior_parameters, x, y)


def active(model, x, y=None):
    """Which latents are active, bool (latents,)."""
    return np.var(codes(model, x, y)[0], axis=0) > ACTIVE


def packed(images):
    """Images in [0, 1] as hexadecimal texts, one byte per pixel."""
    return [np.round(255 * np.asarray(image)).astype("uint8").tobytes().hex() for image in images]


def unpacked(texts, shape=(28, 28, 1)):
    """Images in [0, 1], float32 (n, *shape), from ``packed`` texts."""
    return np.stack(
        [np.frombuffer(bytes.fromhex(text), "uint8").reshape(shape) for text in texts]
    ) / np.float32(255)


class Grid:
    """Every code of a Bernoulli VAE with two latents, on a fine grid: sums over it are integrals over z.

    Args:
        model: models.vae with two latents, a Bernoulli likelihood, and no labels.
        reach: the grid runs from -reach to reach along both axes.
        step: its spacing; it should not exceed the posteriors' standard deviations.

    Raises:
        ValueError: where the model is another.
    """

    CHUNK = 8_192

    def __init__(self, model, reach=4.5, step=0.06):
        if model.latents != 2 or model.likelihood != "bernoulli" or model.classes is not None:
            raise ValueError(
                f"Grid() takes a Bernoulli VAE with 2 latents and no labels; got {model.likelihood}, "
                f"{model.latents} latents, classes={model.classes}."
            )
        line = np.arange(-reach, reach + step / 2, step)
        self.codes = (
            np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2).astype("float32")
        )
        self.log_prior = model.prior().log_prob(self.codes).numpy() + 2 * np.log(step)
        decode = tf.function(lambda z: model.decode(z).distribution.logits)
        chunks = range(0, len(self.codes), self.CHUNK)
        logits = [decode(self.codes[start : start + self.CHUNK]).numpy() for start in chunks]
        self.logits = np.concatenate(logits).reshape(len(self.codes), -1)
        self.blank = np.logaddexp(0, self.logits)  # -ln p(pixel is 0 | z)
        self.shape = model.shape

    def log_joint(self, x, visible=None):
        """ln p(x, z) of the visible pixels for every z of the grid, (examples, codes).

        Args:
            x: zeros and ones (examples, *shape).
            visible: bool (*shape), the pixels that count; None: all.
        """
        flat = np.asarray(x, "float32").reshape(len(x), -1)
        seen = np.ones(flat.shape[1], "float32") if visible is None else np.float32(visible).reshape(-1)
        return (flat * seen) @ self.logits.T - self.blank @ seen + self.log_prior

    def log_likelihood(self, x, visible=None):
        """ln p(x), exact but for the grid's spacing, in nats, float (examples,)."""
        return log_sum(self.log_joint(x, visible))

    def complete(self, x, visible):
        """Mean images given the visible pixels alone, (examples, *shape): an average over all codes."""
        joint = self.log_joint(x, visible)
        shares = np.exp(joint - joint.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        pixels = 0.5 + 0.5 * np.tanh(0.5 * self.logits)  # the sigmoid, without overflow
        return (shares @ pixels).reshape(-1, *self.shape)


def log_sum(values):
    """ln of the sum of exponentials along the last axis."""
    most = values.max(axis=-1, keepdims=True)
    return np.log(np.exp(values - most).sum(axis=-1)) + most[..., 0]


def set_to_pca(model, pca, rotation=None):
    """Give a linear Gaussian VAE the weights of probabilistic PCA, and the best posterior that it can express.

    Args:
        model: models.vae(..., hidden=(), likelihood="gaussian").
        pca: PCA with as many latents.
        rotation: orthogonal (latents, latents) matrix that turns the loading's columns, or None. A turned loading
            has the same likelihood, but a true posterior whose latents are no longer independent.
    """
    loading = pca.loading if rotation is None else pca.loading @ rotation
    precision = loading.T @ loading + pca.noise**2 * np.eye(loading.shape[1])  # times noise**2
    scale = pca.noise / np.sqrt(np.diag(precision))
    raw = np.log(np.expm1(scale - 1e-6)) - np.log(np.e - 1)
    encoder, decoder = model.encoder.layers[-1], model.decoder.layers[-1]
    encoder.kernel.assign(np.concatenate([loading @ np.linalg.inv(precision), 0 * loading], axis=1))
    encoder.bias.assign(np.concatenate([0 * raw, raw]))
    decoder.kernel.assign(loading.T)
    decoder.bias.assign(pca.mean)
    model.pixel_means.assign(pca.mean.reshape(model.shape))
    model.log_noise.assign(np.log(pca.noise))


@dataclass(frozen=True)
class Judged:
    """What a classifier says of images: its certainty of each, float (n,), and its mean probabilities (classes,)."""

    confidence: np.ndarray
    classes: np.ndarray
    mean: np.ndarray

    @property
    def diversity(self):
        """The number of equally frequent classes that would have the same entropy, from 1 to the number of classes."""
        return float(np.exp(-np.sum(self.mean * np.log(self.mean + 1e-12))))


def judge(classifier, images):
    """Judged: a classifier's softmax probabilities of images (n, ...)."""
    logits = np.concatenate(
        [classifier(images[start : start + 1_000], training=False) for start in range(0, len(images), 1_000)]
    )
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return Judged(shares.max(axis=1), shares.argmax(axis=1), shares.mean(axis=0))


def nearest(images, others):
    """Euclidean distance of each image to the nearest of the others, in units of pixels' values, float (n,)."""
    a, b = (np.asarray(part, "float32").reshape(len(part), -1) for part in (images, others))
    squares = (a**2).sum(1)[:, None] - 2 * a @ b.T + (b**2).sum(1)
    return np.sqrt(np.maximum(squares.min(axis=1), 0))
