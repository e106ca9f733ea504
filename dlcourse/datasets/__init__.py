"""Real data as NumPy arrays.

`load(name)` loads a data set of the course, `names()` says which there are; `texts.read(language)` reads a
book, `series.read(name)` a time series, `speech.read(name)` spoken digits; `melodies.chorales()` and
`instruments.read()` are music. `from_arrays`, `from_csv` and
`from_images` put your own data in their place, and `own_digit` and `own_line` pictures of yours. `from_boxes` takes
your pictures with boxes, and `scenes.compose` makes such of digits.
"""

from dlcourse.datasets import (
    catalogue,
    instruments,
    lines,
    melodies,
    mnist1d,
    scenes,
    series,
    speech,
    strokes,
    texts,
)
from dlcourse.datasets.boxed import BoxedSplit
from dlcourse.datasets.catalogue import DataError, names
from dlcourse.datasets.dataset import Dataset, Split
from dlcourse.datasets.loading import load
from dlcourse.datasets.own import from_arrays, from_csv, from_images
from dlcourse.datasets.own_boxes import from_boxes
from dlcourse.datasets.pictures import own_digit, own_line

__all__ = [
    "BoxedSplit",
    "DataError",
    "Dataset",
    "Split",
    "catalogue",
    "from_arrays",
    "from_boxes",
    "from_csv",
    "from_images",
    "instruments",
    "lines",
    "load",
    "melodies",
    "mnist1d",
    "names",
    "own_digit",
    "own_line",
    "scenes",
    "series",
    "speech",
    "strokes",
    "texts",
]
