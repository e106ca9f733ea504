"""Forecasts of a series without looking ahead: gaps, windows, baselines, skill, and how sure one is of it.

Times are positions 0 ... n - 1. A forecast is made *at* a time t, its origin: it may use what was measured up to and
including t, and speaks of t + 1 ... t + horizons.
"""

import dataclasses

import numpy as np


def fill_forward(values):
    """Fill gaps with the last value before them: all that was known at the time.

    Args:
        values: float (n,), NaN where nothing was measured; the first must be there.

    Returns:
        float64 (n,) without gaps.

    Raises:
        ValueError: where the series starts with a gap.
    """
    values = np.asarray(values, "float64")
    if np.isnan(values[0]):
        raise ValueError("fill_forward() has nothing before the first gap: cut off the gap at the start.")
    known = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))))
    return values[known]


@dataclasses.dataclass(frozen=True, eq=False)
class Windows:
    """What is known at each origin, and what comes.

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
    """All windows whose inputs *and* targets lie in first ... end - 1: nothing reaches over the end of a split.

    Args:
        features: float (n, features) without gaps, the inputs at each time.
        target: float (n,), the series to forecast, NaN where it wasn't measured.
        window: number of times a forecast sees, the origin being the last.
        horizons: number of times to forecast.
        first, end: the split; the first origin is first + window - 1, the last end - horizons - 1.
        relative: columns of ``features`` that are given as differences from their value at the origin, since a series
            that rises leaves the range of its training years.

    Returns:
        Windows. An origin at which the target wasn't measured takes the last value before it.

    Raises:
        ValueError: where the split is too short for one window, or an input is not finite.
    """
    features, target = np.asarray(features, "float64"), np.asarray(target, "float64")
    if not 0 <= first <= end - window - horizons or end > len(target):
        raise ValueError(
            f"windows(window={window}, horizons={horizons}) doesn't fit between first={first} and end={end} of "
            f"{len(target)} times: a split needs window + horizons times at least."
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


def last_value(windows):
    """Forecast that nothing changes: float64 (origins, horizons)."""
    return np.repeat(windows.last[:, None], windows.y.shape[1], axis=1)


def same_time_last_year(target, windows, period):
    """Forecast what was measured one ``period`` before: float64 (origins, horizons).

    Args:
        target: float (n,), NaN in gaps, which are filled forward.
        windows: Windows with horizons up to ``period``.
        period: times a year, such as 52 or 365.
    """
    horizons = windows.y.shape[1]
    if horizons > period or windows.origins[0] + 1 < period:
        raise ValueError(
            f"same_time_last_year(period={period}) would look ahead, or before the start: {horizons} horizons, first "
            f"origin {windows.origins[0]}."
        )
    return fill_forward(target)[windows.origins[:, None] + np.arange(1, horizons + 1) - period]


class LinearAutoregression:
    """Each horizon as a linear function of the whole window, by ridge regression (Hoerl & Kennard 1970).

    What is foretold is the change from the last value. Columns are scaled by the training windows alone; gaps among
    the targets are left out, horizon by horizon.

    Args:
        train: Windows.
        penalty: weight of the squared coefficients of scaled columns, over the number of origins.
    """

    def __init__(self, train, penalty=1e-3):
        x = train.x.reshape(len(train), -1).astype("float64")
        self.mean, self.scale = x.mean(axis=0), x.std(axis=0)
        self.scale[self.scale < 1e-9] = 1.0
        x = self._columns(x)
        change = train.y - train.last[:, None]
        ridge = penalty * len(x) * np.eye(x.shape[1])
        ridge[-1, -1] = 0.0  # the constant is free
        self.coefficients = np.empty((x.shape[1], change.shape[1]))
        for horizon, column in enumerate(change.T):
            known = np.isfinite(column)
            gram = x[known].T @ x[known] + ridge
            self.coefficients[:, horizon] = np.linalg.solve(gram, x[known].T @ column[known])

    def __call__(self, windows):
        """Forecasts, float64 (origins, horizons)."""
        x = self._columns(windows.x.reshape(len(windows), -1).astype("float64"))
        return windows.last[:, None] + x @ self.coefficients

    def _columns(self, x):
        return np.column_stack([(x - self.mean) / self.scale, np.ones(len(x))])


def squared_errors(forecast, windows):
    """Squared errors, float64 (origins, horizons), NaN where nothing was measured."""
    return np.square(np.asarray(forecast, "float64") - windows.y)


def root_mean_square(errors):
    """Root mean squared error by horizon, float64 (horizons,), of squared errors (origins, horizons)."""
    return np.sqrt(np.nanmean(errors, axis=0))


def skill(errors, baseline):
    """1 - MSE / MSE of the baseline, of squared errors (origins, horizons): 1 is perfect, 0 no better, < 0 worse."""
    both = np.isfinite(errors) & np.isfinite(baseline)
    return 1 - float(np.mean(errors[both]) / np.mean(baseline[both]))


def skill_interval(errors, baseline, *, block, draws=1_000, seed=0):
    """A 95 % interval for the skill by the moving-block bootstrap (Künsch 1989).

    Errors of neighbouring origins resemble each other, so whole blocks of neighbours are drawn with replacement, the
    same for both forecasts; the interval holds the middle 95 % of the skills of such draws.

    Args:
        errors, baseline: squared errors (origins, horizons), NaN where nothing was measured.
        block: origins a block; longer than the errors' memory, and many times shorter than the series.
        draws: number of draws.
        seed: of the draws.

    Returns:
        (low, high).

    Raises:
        ValueError: where the block is longer than the series, or the shapes differ.
    """
    if errors.shape != baseline.shape or not 1 <= block <= len(errors):
        raise ValueError(
            f"skill_interval(block={block}) takes errors of equal shape and at least a block long; got {errors.shape} "
            f"and {baseline.shape}."
        )
    both = np.isfinite(errors) & np.isfinite(baseline)
    sums = np.stack([np.where(both, kind, 0).sum(axis=1) for kind in (errors, baseline)])
    random = np.random.default_rng(seed)
    starts = random.integers(0, len(errors) - block + 1, (draws, -(-len(errors) // block)))
    rows = (starts[..., None] + np.arange(block)).reshape(draws, -1)[:, : len(errors)]
    ours, theirs = sums[:, rows].sum(axis=-1)
    low, high = np.percentile(1 - ours / theirs, [2.5, 97.5])
    return float(low), float(high)
