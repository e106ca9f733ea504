"""Is a classifier right as often as it says? Reliability diagrams, expected calibration error, temperature scaling.

Guo, Pleiss, Sun & Weinberger, On Calibration of Modern Neural Networks, ICML 2017.
"""

import dataclasses

import numpy as np
from scipy import optimize, special

from dlcourse import checks
from dlcourse.from_scratch import losses

LARGEST_LOG_TEMPERATURE = 6.0


@dataclasses.dataclass(frozen=True)
class Reliability:
    """Predictions sorted into bins of confidence.

    Attributes:
        edges: float64 (bins + 1,), from 0 to 1, equally wide.
        counts: int64 (bins,), the number of predictions in each bin.
        confidence: float64 (bins,), the mean probability given to the predicted class; NaN in an empty bin.
        accuracy: float64 (bins,), the share of right predictions; NaN in an empty bin.
    """

    edges: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def error(self):
        """Expected calibration error: mean over all predictions of their bin's |accuracy - confidence|."""
        filled = self.counts > 0
        gaps = np.abs(self.accuracy - self.confidence)[filled]
        return float(np.average(gaps, weights=self.counts[filled]))


def reliability(probabilities, labels, bins=15):
    """Accuracy by confidence.

    Args:
        probabilities: float (examples, classes), rows that sum to 1.
        labels: whole numbers (examples,).
        bins: how many, equally wide; a confidence on an edge belongs to the bin below.

    Returns:
        Reliability.

    Raises:
        ValueError: where shapes or labels don't fit, rows are no probabilities (logits, perhaps), or bins < 1.
    """
    probabilities, labels = _checked(probabilities, labels, "probabilities")
    if (probabilities < 0).any() or not np.allclose(probabilities.sum(axis=1), 1, atol=1e-3):
        raise ValueError(
            "reliability() takes probabilities, each row summing to 1; got rows summing from "
            f"{probabilities.sum(axis=1).min():.3g} to {probabilities.sum(axis=1).max():.3g}. From logits: "
            "calibration.softmax(logits)."
        )
    bins = checks.whole_number("reliability(bins)", bins)
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    edges = np.linspace(0, 1, bins + 1)
    which = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    counts = np.bincount(which, minlength=bins)
    with np.errstate(invalid="ignore"):
        return Reliability(
            edges=edges,
            counts=counts,
            confidence=np.bincount(which, confidence, bins) / counts,
            accuracy=np.bincount(which, correct, bins) / counts,
        )


def expected_calibration_error(probabilities, labels, bins=15):
    """Mean over the predictions of the gap between accuracy and confidence in their bin, from 0 to 1.

    Arguments and errors as for ``reliability``. With finite data it is above 0 for a perfectly calibrated model too.
    """
    return reliability(probabilities, labels, bins).error


def softmax(logits, temperature=1.0):
    """Probabilities, float64 (..., classes), of logits divided by a temperature.

    Raises ValueError where the temperature is not above 0, or the logits are no numbers (..., classes).
    """
    temperature, logits = (
        checks.positive("softmax(temperature)", temperature),
        checks.numeric("logits", logits),
    )
    if not logits.ndim or not logits.shape[-1]:
        raise ValueError(f"softmax() got logits of shape {logits.shape}: expected (..., classes), 1 or more.")
    return special.softmax(logits / temperature, axis=-1)


def fit_temperature(logits, labels):
    """The temperature that makes the labels likeliest: one number, the same for all classes and examples.

    Dividing by it moves no class past another, so accuracy stays to the last example. Fit it on validation data: on
    training data the network has learnt to be sure.

    Args:
        logits: float (examples, classes).
        labels: whole numbers (examples,).

    Returns:
        float: where the mean negative log-likelihood of ``softmax(logits / temperature)`` is smallest.

    Raises:
        ValueError: where shapes or labels don't fit, logits are not finite, or no temperature is best (every
            prediction right, or none better than guessing).
    """
    logits, labels = _checked(logits, labels, "logits")
    of_label = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    reason = None
    if (of_label == logits.max(axis=1)).all():
        reason = "every prediction is right, so that ever smaller ones help"
    elif np.mean(of_label - logits.mean(axis=1)) <= 0:
        reason = "the logits say nothing about the labels, so that ever larger ones help"
    if reason:
        raise ValueError(
            f"fit_temperature() found no best temperature on {len(labels)} examples: {reason}. Use more "
            "validation data, which the network was not trained on."
        )

    def mean_loss(log_temperature):  # convex in 1 / temperature, so with one minimum
        return losses.categorical(logits * np.exp(-log_temperature), labels).mean()

    bounds = (-LARGEST_LOG_TEMPERATURE, LARGEST_LOG_TEMPERATURE)
    return float(
        np.exp(
            optimize.minimize_scalar(mean_loss, bounds=bounds, method="bounded", options={"xatol": 1e-8}).x
        )
    )


def _checked(outputs, labels, what):
    outputs, labels = losses.numbers(outputs, what), np.asarray(labels)
    if outputs.ndim != 2 or outputs.shape[1] < 2 or not len(outputs):
        raise ValueError(
            f"{what} have shape {outputs.shape}: expected (examples, classes), at least 1 and 2 of them. For "
            "one column p of a yes-or-no model give np.stack([1 - p, p], axis=1)."
        )
    if labels.shape != outputs.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"labels are {labels.dtype} {labels.shape}: expected whole numbers of shape ({len(outputs)},), one "
            f"for each row of {what}."
        )
    if labels.min() < 0 or labels.max() >= outputs.shape[1]:
        raise ValueError(
            f"labels run from {labels.min()} to {labels.max()}, but there are {outputs.shape[1]} classes: "
            f"expected 0 to {outputs.shape[1] - 1}."
        )
    return outputs, labels
