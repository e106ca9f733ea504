"""What a variational autoencoder has learnt: the bound's two parts, active latents, exact ln p(x), and its samples."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from scipy import special

from dlcourse.training.evaluation import in_batches, predict

ACTIVE = 0.01
"""A latent is active where its posterior mean has a variance above this over the images (Burda et al. 2016)."""


@dataclass(frozen=True)
class Parts:
    """The negative ELBO's two parts, in nats, float (examples,)."""

    rate: np.ndarray
    distortion: np.ndarray

    @property
    def elbo(self):
        return -self.rate - self.distortion


def _with_labels(x, y):
    return (x,) if y is None else (x, y)


def parts(model, x, y=None, *, seed=0):
    """Rate and distortion of each image by one draw of z: Parts.

    Args:
        model: ``models.vae``.
        x: float (examples, *input_shape).
        y: int (examples,), where the model takes labels.
        seed: of the draws.
    """
    return Parts(
        *in_batches(lambda *batch: model.rate_and_distortion(*batch, seed=seed), *_with_labels(x, y))
    )


def codes(model, x, y=None):
    """Posterior means and standard deviations of images: a tuple of two float arrays (examples, latents)."""
    return in_batches(model.posterior_parameters, *_with_labels(x, y))


def active(model, x):
    """Which latents are active, bool (latents,)."""
    return np.var(codes(model, x)[0], axis=0) > ACTIVE


def packed(images):
    """Images in [0, 1] as a list of hexadecimal texts, one byte per pixel."""
    return [np.round(255 * np.asarray(image)).astype("uint8").tobytes().hex() for image in images]


def unpacked(texts, shape=(28, 28, 1)):
    """Images in [0, 1], float32 (n, *shape), from ``packed`` texts."""
    return np.stack(
        [np.frombuffer(bytes.fromhex(text), "uint8").reshape(shape) for text in texts]
    ) / np.float32(255)


class Grid:
    """A fine grid of the codes of a Bernoulli VAE with two latents: sums over it are integrals over z.

    Args:
        model: models.vae with two latents, a Bernoulli likelihood, and no labels.
        reach: the grid runs from -reach to reach along both axes.
        step: its spacing; it should not exceed the posteriors' standard deviations.

    Raises:
        ValueError: where the model is of another kind.
    """

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
        logits = in_batches(decode, self.codes, batch_size=8_192)
        self.logits = logits.reshape(len(self.codes), -1)
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
        """ln p(x) of the visible pixels in nats, exact up to the grid's spacing, float (examples,)."""
        return special.logsumexp(self.log_joint(x, visible), axis=-1)

    def complete(self, x, visible):
        """Mean images given the visible pixels, (examples, *shape): p(x | z) averaged over the posterior of z."""
        posterior = special.softmax(self.log_joint(x, visible), axis=1).astype("float32")
        return (posterior @ special.expit(self.logits)).reshape(-1, *self.shape)


def set_to_pca(model, pca, rotation=None):
    """Set a linear Gaussian VAE to the weights of probabilistic PCA, and to the best posterior that it can express.

    Args:
        model: models.vae(..., hidden=(), likelihood="gaussian").
        pca: PCA with as many latents.
        rotation: orthogonal matrix (latents, latents) that rotates the loading's columns, or None. A rotated loading
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
    """What a classifier says of images.

    confidence: float (n,), the probability of the predicted class. classes: int (n,), the predicted class. mean: float
    (classes,), the mean probability of each class.
    """

    confidence: np.ndarray
    classes: np.ndarray
    mean: np.ndarray

    @property
    def diversity(self):
        """exp of the entropy of ``mean``: the number of equally frequent classes that would have the same entropy."""
        return float(np.exp(-np.sum(self.mean * np.log(self.mean + 1e-12))))


def judge(classifier, images):
    """Judged: what a classifier, a keras.Model with logits, says of images, float (n, ...)."""
    probabilities = special.softmax(predict(classifier, images), axis=1)
    return Judged(probabilities.max(axis=1), probabilities.argmax(axis=1), probabilities.mean(axis=0))


def nearest(images, others):
    """Euclidean distance from each image to the nearest of the others, in units of pixel values, float32 (n,)."""
    a, b = (np.asarray(part, "float32").reshape(len(part), -1) for part in (images, others))
    squares = (a**2).sum(1)[:, None] - 2 * a @ b.T + (b**2).sum(1)
    return np.sqrt(np.maximum(squares.min(axis=1), 0))
