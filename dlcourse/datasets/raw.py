"""Arrays as their files hold them, before the splits are made and pixels become floats."""

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Raw:
    """x (n, ...), y (n,), and the official test data, (x, y), where the data set has some.

    to_float makes float32 of x. It is applied last: a subset of 5,000 images costs 5,000 conversions.
    """

    x: np.ndarray
    y: np.ndarray
    test: tuple | None = None
    classes: tuple | None = None
    features: tuple | None = None
    to_float: Callable = np.float32
