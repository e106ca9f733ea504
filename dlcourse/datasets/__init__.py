"""Real data as NumPy arrays: `load(name)`, and your own by `from_arrays`, `from_csv` and `from_images`."""

from dlcourse.datasets.catalogue import DataError, names
from dlcourse.datasets.dataset import Dataset, Split
from dlcourse.datasets.loading import load

__all__ = ["DataError", "Dataset", "Split", "load", "names"]
