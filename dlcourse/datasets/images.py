"""Images of digits (and clothes). Each function returns the catalogue's arrays as `raw.Raw`."""

import gzip
import io

import numpy as np

from dlcourse.datasets import catalogue
from dlcourse.datasets.raw import Raw

DIGITS = tuple("0123456789")


def mnist(entry):
    """MNIST (LeCun, Bottou, Bengio & Haffner 1998): x uint8 (60000 + 10000, 28, 28), ink is bright."""
    arrays = catalogue.arrays(entry["files"][0])
    return Raw(arrays["x_train"], arrays["y_train"], test=(arrays["x_test"], arrays["y_test"]), classes=DIGITS,
               to_float=_pixels(255))


def digits(entry):
    """scikit-learn's digits (Alpaydin & Kaynak 1998): x uint8 (1797, 8, 8), 0 to 16 inked dots of a 4x4 block."""
    with gzip.open(io.BytesIO(catalogue.read(entry["files"][0])), "rt") as lines:
        table = np.loadtxt(lines, delimiter=",", dtype=np.uint8)
    return Raw(table[:, :64].reshape(-1, 8, 8), table[:, 64], classes=DIGITS, to_float=_pixels(16))


def _pixels(white):
    """A function from (n, height, width) of 0..white to float32 (n, height, width, 1) of 0..1."""
    return lambda x: np.divide(x, np.float32(white), dtype=np.float32)[..., np.newaxis]
