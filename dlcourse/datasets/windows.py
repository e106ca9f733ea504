"""Windows of a series: for each origin the inputs of a forecast, and its targets.

Times are positions 0 ... n - 1. A forecast is made *at* a time t, its origin: it may use what was measured up to and
including t, and predicts t + 1 ... t + horizons.
"""

import dataclasses

import numpy as np

from dlcourse import checks


def fill_forward(values):
    """Fill each gap with the last value before it, which was known at the time.

    Args:
        values: float (n,), NaN where nothing was measured; the first is a number.

    Returns:
        float64 (n,) without gaps.

    Raises:
        ValueError: where the series starts with a gap.
    """
    values = checks.numeric("fill_forward(values)", values, axes=1)
    if not len(values) or np.isnan(values[0]):
        raise ValueError("fill_forward() has nothing before the first gap: cut off the gap at the start.")
    known = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))))
    return values[known]


@dataclasses.dataclass(frozen=True, eq=False)
class Windows:
    """The inputs of a forecast at each origin, and its targets.

    x: float32 (origins, window, features). y: float32 (origins, horizons), NaN where nothing was measured. last:
    float64 (origins,), the value at the origin. origins: int (origins,).
    """

    x: np.ndarray
    y: np.ndarray
    last: np.ndarray
    origins: np.ndarray

    def __len__(self):
        return len(self.origins)


def windows(features, target, *, window, horizons, first, end, relative=()):
    """All windows whose inputs *and* targets lie in first ... end - 1, so that no window reaches into another split.

    Args:
        features: float (n, features) without gaps, the inputs at each time.
        target: float (n,), the series to forecast, NaN where it wasn't measured.
        window: number of times that are inputs of a forecast; the origin is the last of them.
        horizons: number of times to forecast.
        first, end: the split; the first origin is first + window - 1, the last end - horizons - 1.
        relative: columns of ``features`` that are given as differences from their value at the origin: a rising series
            leaves the range of its training years.

    Returns:
        Windows. Where the target wasn't measured at the origin, ``last`` is the last value before it.

    Raises:
        ValueError: where the split is too short for one window, or an input is not finite.
    """
    features = checks.numeric("windows(features)", features, axes=2)
    target = checks.numeric("windows(target)", target, axes=1)
    window = checks.whole_number("windows(window)", window)
    horizons = checks.whole_number("windows(horizons)", horizons)
    first = checks.whole_number("windows(first)", first, least=0)
    end = checks.whole_number("windows(end)", end, least=0)
    if len(features) != len(target):
        raise ValueError(f"windows() got features of {len(features)} times and a target of {len(target)}.")
    if not 0 <= first <= end - window - horizons or end > len(target):
        raise ValueError(
            f"windows(window={window}, horizons={horizons}) doesn't fit between first={first} and end={end} of "
            f"{len(target)} times: a split needs at least window + horizons times."
        )
    if not np.isfinite(features[first:end]).all():
        raise ValueError("windows() takes inputs without gaps: fill them with fill_forward().")
    origins = np.arange(first + window - 1, end - horizons)
    filled = fill_forward(target[first:end])
    x = features[origins[:, None] + np.arange(1 - window, 1)]
    for column in relative:
        x[..., column] -= x[:, -1:, column]
    return Windows(
        x=x.astype("float32"),
        y=target[origins[:, None] + np.arange(1, horizons + 1)].astype("float32"),
        last=filled[origins - first],
        origins=origins,
    )
