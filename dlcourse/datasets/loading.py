"""`load`: a data set by its name."""

import numpy as np

from dlcourse import checks
from dlcourse.datasets import catalogue, images, mnist1d, splitting, strokes, tabular
from dlcourse.datasets.dataset import Dataset, Split

LOADERS = {
    "mnist": images.mnist,
    "digits": images.digits,
    "fashion_mnist": images.fashion_mnist,
    "mnist1d": mnist1d.mnist1d,
    "pen_digits": strokes.pen_digits,
    "iris": tabular.iris,
    "breast_cancer": tabular.breast_cancer,
    "diabetes": tabular.diabetes,
}
MUSIC = {"melodies": "melodies.chorales", "notes": "instruments.read"}
SPLIT_SEED = 0  # the same validation and test examples for everybody, whatever the seed of a subset


def load(name, examples=None, seed=0):
    """The data set `name` of the catalogue: training, validation and test splits of NumPy arrays.

    examples: take this many of the training data, drawn by `seed` with every class in proportion;
    validation and test data stay whole. Official test splits are kept. Validation data come out of the
    training data, by a fixed seed; data without an official test split are divided 60 : 20 : 20 in the same
    way.

    Raises ValueError for an unknown name, or `examples` that is no whole number from 1 to the training
    data's size; catalogue.DataError where a file is missing or is not the one that the catalogue describes.
    """
    entry = catalogue.entry(name)
    if entry["kind"] == "texts":
        raise ValueError(
            f"{name!r} is text, not arrays: use datasets.texts.read(language) with a language of "
            f"{', '.join(file['language'] for file in entry['files'])}"
        )
    if entry["kind"] == "time series":
        raise ValueError(f"{name!r} is one time series, not examples: use datasets.series.read({name!r})")
    if entry["kind"] == "speech":
        raise ValueError(
            f"{name!r} has recordings of unequal length, not examples of one shape: use datasets.speech.read({name!r})"
        )
    if entry["kind"] in MUSIC:
        raise ValueError(f"{name!r} is music, not labelled examples: use datasets.{MUSIC[entry['kind']]}()")
    if entry["kind"] == "policy":
        raise ValueError(
            f"{name!r} is a trained agent, not data: use dlcourse.rl.policies.load({name!r}, ...)"
        )
    of_train, of_validation, of_test = entry["examples"]
    if examples is not None:
        examples = checks.whole_number("load(examples)", examples, most=of_train)
    raw = LOADERS[name](entry)
    if raw.test is None:
        train, validation, test = splitting.three_ways(raw.y, of_validation, of_test, SPLIT_SEED)
        test_x, test_y = raw.x[test], raw.y[test]
    else:
        train, validation = splitting.split_off(raw.y, of_validation, SPLIT_SEED)
        test_x, test_y = raw.test
    if examples is not None:
        train = train[splitting.choose(raw.y[train], examples, seed)]

    def split(x, y):
        return Split(raw.to_float(x), y.astype(np.float32 if raw.classes is None else np.int32))

    return Dataset(
        name=name,
        title=entry["title"],
        classes=raw.classes,
        features=raw.features,
        train=split(raw.x[train], raw.y[train]),
        validation=split(raw.x[validation], raw.y[validation]),
        test=split(test_x, test_y),
        licence=entry["licence"],
        source=entry["source"],
        citation=entry["citation"],
    )
