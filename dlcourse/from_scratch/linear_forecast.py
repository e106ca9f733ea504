"""Forecasts without a network: the last value, the same time last year, linear autoregression."""

import numpy as np

from dlcourse.datasets.windows import fill_forward


def last_value(windows):
    """The persistence forecast: the last value at every horizon, float64 (origins, horizons)."""
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

    What is predicted is the change from the last value. Columns are scaled by the training windows alone; gaps among
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
