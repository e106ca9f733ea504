"""Losses as negative log-likelihoods, in NumPy, one value per example.

A loss states how the data scatter about the model's output. Where the scatter has a density or a probability p, the
loss is -log p(target | prediction), in nats, without what doesn't depend on the prediction (Bishop 2006, ch. 1.2.5).

``squared_error``, ``absolute_error``, ``huber(delta)``, ``cross_entropy`` and ``poisson`` are ``Loss`` objects: called,
they give the loss; ``slope`` gives its derivative with respect to the prediction. ``gaussian``,
``laplace``, ``categorical`` and ``counts`` are whole negative log-likelihoods, constants included.
"""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
from scipy import special

from dlcourse import checks


@dataclasses.dataclass(frozen=True)
class Loss:
    """A loss of one number against one number.

    Call it with predictions and targets, floats of shapes that broadcast; it returns float64 of the broadcast shape.

    Attributes:
        name: of the loss, in words.
        noise: the distribution of the scatter, of which the loss is the negative log-likelihood.
        value, slope: functions of (prediction, target): the loss, and its derivative by the prediction.
        check: raises ValueError where predictions or targets make no sense for it.
    """

    name: str
    noise: str
    value: Callable
    derivative: Callable
    check: Callable = lambda prediction, target: None

    def __call__(self, prediction, target):
        return self.value(*self._checked(prediction, target))

    def slope(self, prediction, target):
        return self.derivative(*self._checked(prediction, target))

    def _checked(self, prediction, target):
        prediction, target = numbers(prediction, "prediction"), numbers(target, "target")
        broadcast_or_raise(self.name, prediction, target)
        self.check(prediction, target)
        return prediction, target


def numbers(values, what):
    """The values as float64; raises ValueError where one of them is no finite real number."""
    array = checks.numeric(what, values)
    if not np.isfinite(array).all():
        raise ValueError(
            f"A {what} is not finite ({array[~np.isfinite(array)][0]}): a loss is defined for finite numbers. Find the "
            "example, and remove or mend it."
        )
    return array


def broadcast_or_raise(name, prediction, target):
    """Raise ValueError where two arrays don't have shapes of one example each."""
    try:
        shape = np.broadcast_shapes(prediction.shape, target.shape)
    except ValueError:
        shape = None
    crossed = (
        shape is not None and prediction.ndim != target.ndim and shape not in (prediction.shape, target.shape)
    )
    if shape is None or crossed:  # (n, 1) against (n,) would silently compare each with each
        raise ValueError(
            f"{name}: predictions of shape {prediction.shape} and targets of shape {target.shape} are not one to one. "
            "Reshape one of them, for example prediction[:, 0] or target[:, None]."
        )


def _counts_and_rates(rate, count):
    if (count < 0).any():
        raise ValueError(
            f"Poisson: a target is {count.min():g}; expected counts, 0 or more. For quantities that may be "
            "negative take the squared or the absolute error."
        )
    if (rate <= 0).any():
        raise ValueError(
            f"Poisson: a predicted rate is {rate.min():g}; expected rates above 0. Let the model give the "
            "logarithm of the rate, and take its exponential."
        )


def _probabilities(probability, target):
    if (probability <= 0).any() or (probability >= 1).any():
        wrong = probability[(probability <= 0) | (probability >= 1)].flat[0]
        raise ValueError(
            f"Cross-entropy: a predicted probability is {wrong:g}; expected one between 0 and 1, neither of "
            "them included. From logits, use categorical(logits, labels)."
        )
    if ((target < 0) | (target > 1)).any():
        raise ValueError(
            "Cross-entropy: targets are 0 or 1, or probabilities between them; got "
            f"{target[(target < 0) | (target > 1)].flat[0]:g}."
        )


squared_error = Loss(
    name="squared error",
    noise="Gaussian",
    value=lambda prediction, target: (prediction - target) ** 2,
    derivative=lambda prediction, target: 2 * (prediction - target),
)

absolute_error = Loss(
    name="absolute error",
    noise="Laplace",
    value=lambda prediction, target: np.abs(prediction - target),
    derivative=lambda prediction, target: np.sign(prediction - target),
)


def huber(delta=1.0):
    """Huber's loss (1964): squared, with a half, for errors up to ``delta``, and straight lines beyond.

    Raises ValueError where ``delta`` is not above 0.
    """
    if not delta > 0:
        raise ValueError(
            f"huber(delta={delta!r}): the error at which the loss turns straight must be above 0."
        )
    return Loss(
        name="Huber",
        noise="Gaussian with Laplace's tails",
        value=lambda prediction, target: delta**2 * special.huber(1.0, (prediction - target) / delta),
        derivative=lambda prediction, target: np.clip(prediction - target, -delta, delta),
    )


cross_entropy = Loss(
    name="cross-entropy",
    noise="Bernoulli",
    value=lambda probability, target: -target * np.log(probability) - (1 - target) * np.log1p(-probability),
    derivative=lambda probability, target: (probability - target) / (probability * (1 - probability)),
    check=_probabilities,
)

poisson = Loss(
    name="Poisson",
    noise="Poisson",
    value=lambda rate, count: rate - count * np.log(rate),
    derivative=lambda rate, count: 1 - count / rate,
    check=_counts_and_rates,
)


def _scale(value, what):
    value = numbers(value, what)
    if (value <= 0).any():
        raise ValueError(f"{what} is {value.min():g}: expected above 0. Let the model give its logarithm.")
    return value


def gaussian(mean, target, sigma=1.0):
    """-log of the Gaussian density, nats; below 0 where the density is above 1. ``sigma``: standard deviation."""
    sigma = _scale(sigma, "sigma")
    return squared_error(mean, target) / (2 * sigma**2) + np.log(sigma) + 0.5 * math.log(2 * math.pi)


def laplace(median, target, scale=1.0):
    """-log of the Laplace density, nats; ``scale``: the mean absolute error."""
    scale = _scale(scale, "scale")
    return absolute_error(median, target) / scale + np.log(2 * scale)


def counts(rate, count):
    """-log of the Poisson probability, nats; never below 0, since no probability is above 1."""
    return poisson(rate, count) + special.gammaln(np.asarray(count, "float64") + 1)


def categorical(logits, labels):
    """-log of the labelled class's probability under softmax, nats: cross-entropy with several classes.

    Args:
        logits: float (examples, classes).
        labels: whole numbers (examples,), from 0 to classes - 1.

    Raises:
        ValueError: where shapes or labels don't fit.
    """
    logits, labels = numbers(logits, "logit"), np.asarray(labels)
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"categorical() takes logits (examples, classes), whole-number labels (examples,); got {logits.shape} and "
            f"{labels.dtype} {labels.shape}. For one-hot labels give labels.argmax(axis=1)."
        )
    if len(labels) and not (labels.min() >= 0 and labels.max() < logits.shape[1]):
        raise ValueError(
            f"Labels run from {labels.min()} to {labels.max()}, but the logits name {logits.shape[1]} classes: "
            f"expected 0 to {logits.shape[1] - 1}."
        )
    return special.logsumexp(logits, axis=1) - np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
