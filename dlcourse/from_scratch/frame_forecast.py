"""Predicting frames without a network: the last frame again, each pixel's line carried on, and what both are worth."""

import numpy as np

from dlcourse import checks


def copied(past, horizon):
    """The last frame, again and again.

    Args:
        past: float (clips, frames, height, width, 1), 0 to 1.
        horizon: number of frames to predict.

    Returns:
        float32 (clips, horizon, height, width, 1).

    Raises:
        ValueError: where the shape is another, numbers lie outside 0 to 1, or there is nothing to predict.
    """
    past, horizon = _checked("copied", past, horizon, least=1)
    return np.repeat(past[:, -1:], horizon, axis=1)


def extrapolated(past, horizon):
    """Each pixel goes on changing as from the last frame but one to the last, as long as it stays within 0 to 1.

    Args:
        past: float (clips, frames, height, width, 1), 0 to 1, two frames or more.
        horizon: number of frames to predict.

    Returns:
        float32 (clips, horizon, height, width, 1).

    Raises:
        ValueError: where the shape is another, numbers lie outside 0 to 1, or there is nothing to predict.
    """
    past, horizon = _checked("extrapolated", past, horizon, least=2)
    change = past[:, -1:] - past[:, -2:-1]
    ahead = np.arange(1, horizon + 1, dtype="float32")[:, None, None, None]
    return np.clip(past[:, -1:] + change * ahead, 0, 1)


class Calibrated:
    """What a guess is worth at each horizon: the mean of the true pixels where it says so much.

    A guess of 1 that is wrong costs without bound in cross-entropy. So guesses are sorted into bins, by horizon, and
    each bin predicts the mean of what came there in the training clips.

    Args:
        guess, truth: float (clips, horizon, height, width, 1), 0 to 1, of training clips.
        bins: how many, of equal width.

    Raises:
        ValueError: where shapes differ, or numbers lie outside 0 to 1.
    """

    def __init__(self, guess, truth, bins=16):
        self.bins = checks.whole_number("Calibrated(bins)", bins)
        guess, truth = (
            checks.between(f"Calibrated({name})", value, 0, 1)
            for name, value in [("guess", guess), ("truth", truth)]
        )
        if guess.shape != truth.shape or guess.ndim != 5 or not guess.size:
            raise ValueError(
                f"Calibrated(): guess {guess.shape} and truth {truth.shape}; expected two of the same shape, "
                "(clips, horizon, height, width, 1)."
            )
        places = self._places(guess)
        size = guess.shape[1] * self.bins
        count = np.bincount(places.ravel(), minlength=size)
        total = np.bincount(places.ravel(), truth.ravel(), minlength=size)
        overall = truth.mean()
        self.means = ((total + overall) / (count + 1)).astype("float32")

    def __call__(self, guess):
        """Probabilities, float32 of the guess's shape.

        Raises:
            ValueError: where it has another number of frames than was calibrated, or numbers lie outside 0 to 1.
        """
        guess = checks.between("Calibrated()(guess)", guess, 0, 1)
        if guess.ndim != 5 or guess.shape[1] * self.bins != len(self.means):
            raise ValueError(
                f"Calibrated()(guess): shape {guess.shape} for a calibration of {len(self.means) // self.bins} frames; "
                "expected (clips, horizon, height, width, 1)."
            )
        return self.means[self._places(guess)]

    def _places(self, guess):
        """The bin of each pixel, numbered through all horizons."""
        inside = np.minimum((guess * self.bins).astype("int64"), self.bins - 1)
        return inside + self.bins * np.arange(guess.shape[1])[:, None, None, None]


def _checked(name, past, horizon, least):
    past = checks.between(f"{name}(past)", past, 0, 1)
    if past.ndim != 5 or past.shape[1] < least:
        raise ValueError(
            f"{name}(past): shape {past.shape}; expected (clips, frames, height, width, 1) with {least} frames or more."
        )
    return past.astype("float32"), checks.whole_number(f"{name}(horizon)", horizon)
