"""Objectives of variational autoencoders: negative lower bounds on the log-likelihood, in nats per example.

A batch is ``(x,)`` or ``(x, y)``; y is used where the model takes labels. Under a Bernoulli likelihood grey images
are binarised anew in each batch, with their grey values as probabilities.
"""

import numbers

import numpy as np
import tensorflow as tf

from dlcourse import checks


class negative_elbo:
    """Distortion + beta · rate, by one draw of z (Kingma & Welling 2014; Higgins et al. 2017 for beta).

    Args:
        beta: weight of the rate, KL(q(z | x) || p(z)); 1 gives the bound. A number, or a tf.Variable, which may be
            assigned anew between trainings by one compiled loop (``repeats.Repeats``); free_bits likewise.
        free_bits: rate of each latent, in nats and as a mean over the batch, below which it isn't penalised (Kingma et
            al. 2016); 0 gives the bound. For the standard normal prior only.

    Metrics: ``rate``, ``distortion`` and ``elbo``, which don't depend on beta and free bits.

    Raises:
        ValueError: where a number is below 0; from ``check``, where data doesn't fit the model.
    """

    def __init__(self, beta=1.0, free_bits=0.0):
        for name, value in {"beta": beta, "free_bits": free_bits}.items():
            real = isinstance(value, numbers.Real | tf.Variable) and not isinstance(value, bool)
            if not real or not 0 <= value < np.inf:
                raise ValueError(f"negative_elbo({name}={value!r}): expected a number, 0 or more.")
        self.beta, self.free_bits = beta, free_bits

    def __call__(self, model, batch, training):
        x, y = unpacked(model, batch)
        rate, distortion = map(tf.reduce_mean, model.rate_and_distortion(x, y))
        pressed = rate
        if not (isinstance(self.free_bits, int | float) and self.free_bits == 0):
            by_latent = tf.reduce_mean(model.rate_by_latent(x, y), axis=0)
            pressed = tf.reduce_sum(tf.maximum(by_latent, tf.cast(self.free_bits, rate.dtype)))
        loss = distortion + tf.cast(self.beta, rate.dtype) * pressed
        return loss, {"rate": rate, "distortion": distortion, "elbo": -rate - distortion}

    def check(self, model, x, y=None):
        check(model, x, y)


class importance_weighted:
    """The negative importance-weighted bound, -ln (1/k) sum of k weights p(x, z_i) / q(z_i | x) (Burda et al. 2016).

    Args:
        k: number of draws of z for each image; the encoder runs once, the decoder k times.
        estimator: how the encoder's gradient is estimated. "reparameterised": as in that paper. "doubly
            reparameterised" (Tucker et al. 2019): unbiased too, with less noise the nearer q is to the true posterior;
            at k = 1 it is Roeder et al.'s (2017), which has none where q is the true posterior.

    Metrics: ``effective``, the effective sample size of the k weights, from 1 to k, as a mean over the batch.

    Raises:
        ValueError: where ``k`` is not a whole number of 1 or more, or the estimator is unknown; from ``check``, where
            data doesn't fit the model.
    """

    ESTIMATORS = ("doubly reparameterised", "reparameterised")

    def __init__(self, k, estimator=ESTIMATORS[0]):
        if estimator not in self.ESTIMATORS:
            raise ValueError(
                f"importance_weighted(estimator={estimator!r}): expected one of {self.ESTIMATORS}."
            )
        self.k, self.doubly = (
            checks.whole_number("importance_weighted(k)", k),
            estimator == self.ESTIMATORS[0],
        )

    def __call__(self, model, batch, training):
        x, y = unpacked(model, batch)
        shares = {}

        @tf.custom_gradient
        def by_share(z):
            """z itself; its gradient is multiplied by each draw's share of the weights once more."""
            return tf.identity(z), lambda upstream: shares["of draws"][..., None] * upstream

        log_weights = model.log_weights(x, self.k, y, through=by_share if self.doubly else None)
        shares["of draws"] = share = tf.stop_gradient(tf.nn.softmax(log_weights, axis=0))
        bound = tf.reduce_logsumexp(log_weights, axis=0) - np.log(self.k)
        return -tf.reduce_mean(bound), {
            "effective": tf.reduce_mean(1 / tf.reduce_sum(tf.square(share), axis=0))
        }

    def check(self, model, x, y=None):
        check(model, x, y)


def unpacked(model, batch):
    """Images, binarised under a Bernoulli likelihood, and labels, or None where the model takes none."""
    x, *labels = batch if isinstance(batch, tuple | list) else (batch,)
    if model.classes is not None and not labels:
        raise ValueError("This VAE takes labels: give training data as (x, y).")
    if model.likelihood == "bernoulli":
        x = model.binarised(x)
    return x, labels[0] if model.classes is not None else None


def check(model, x, y):
    """Raise ValueError where arrays don't fit the model."""
    if not hasattr(model, "check_examples"):
        raise ValueError(
            f"This objective trains a VAE (models.vae); got a {type(model).__name__}, which has no encoder and decoder."
        )
    model.check_examples(x, y)
