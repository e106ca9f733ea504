"""Images of digits (and clothes). Each function returns the catalogue's arrays as `raw.Raw`."""

import gzip
import io

import numpy as np

from dlcourse.datasets import catalogue
from dlcourse.datasets.raw import Raw

DIGITS = tuple("0123456789")
CLOTHES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
KERAS_CACHE = "~/.keras/datasets/fashion-mnist (or $KERAS_HOME/datasets/fashion-mnist)"


def mnist(entry):
    """MNIST (LeCun, Bottou, Bengio & Haffner 1998): x uint8 (60000 + 10000, 28, 28), ink is bright."""
    arrays = catalogue.arrays(entry["files"][0])
    return Raw(
        arrays["x_train"],
        arrays["y_train"],
        test=(arrays["x_test"], arrays["y_test"]),
        classes=DIGITS,
        to_float=_pixels(255),
    )


def digits(entry):
    """scikit-learn's digits (Alpaydin & Kaynak 1998): x uint8 (1797, 8, 8), 0 to 16 dots of 4x4."""
    with gzip.open(io.BytesIO(catalogue.read(entry["files"][0])), "rt") as lines:
        table = np.loadtxt(lines, delimiter=",", dtype=np.uint8)
    return Raw(table[:, :64].reshape(-1, 8, 8), table[:, 64], classes=DIGITS, to_float=_pixels(16))


def fashion_mnist(entry):
    """Fashion-MNIST (Xiao, Rasul & Vollgraf 2017), by Keras' loader into its cache; shaped like MNIST.

    It is 30 MB and so is not shipped: the first call needs a network. Raises catalogue.DataError where the
    download fails, and where what came has other shapes or class counts than the data set is known to have.
    """
    import keras

    try:
        (x, y), (x_test, y_test) = keras.datasets.fashion_mnist.load_data()
    # Keras raises a bare Exception where the network fails, others for a broken file.
    except Exception as error:
        raise catalogue.DataError(
            "fashion_mnist is not shipped with the course. Keras downloads it once (30 MB) into its cache, "
            f"{KERAS_CACHE}, which did not work: {error}\n"
            "Connect to a network and call load again; delete that folder first if a download broke off. "
            "load('mnist') has the same shapes and needs no network."
        ) from error
    counts = [np.bincount(labels, minlength=10).tolist() for labels in (y, y_test)]
    shapes = [images.shape for images in (x, x_test)]
    if shapes != [(60_000, 28, 28), (10_000, 28, 28)] or counts != [[6_000] * 10, [1_000] * 10]:
        raise catalogue.DataError(
            f"what Keras loaded is not Fashion-MNIST: shapes {shapes}, images in each class {counts}; "
            "expected (60000, 28, 28) and (10000, 28, 28), 6,000 and 1,000 in each of 10 classes. Delete "
            f"Keras' cache of it, {KERAS_CACHE}, and call load again."
        )
    return Raw(x, y, test=(x_test, y_test), classes=CLOTHES, to_float=_pixels(255))


def _pixels(white):
    """A function from (n, height, width) of 0..white to float32 (n, height, width, 1) of 0..1."""
    return lambda x: np.divide(x, np.float32(white), dtype=np.float32)[..., np.newaxis]
