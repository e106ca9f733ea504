"""Tables of measurements, from scikit-learn's files, without importing scikit-learn (it takes a second)."""

import csv
import gzip
import io

import numpy as np

from dlcourse.datasets import catalogue
from dlcourse.datasets.raw import Raw

CELL_NUCLEUS = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
)


def iris(entry):
    """Fisher's irises (1936): x float64 (150, 4) in cm, y 0 to 2."""
    names = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
    return _labelled(entry, names)


def breast_cancer(entry):
    """Breast Cancer Wisconsin (Street, Wolberg & Mangasarian 1993): x float64 (569, 30), y 0 or 1."""
    return _labelled(
        entry,
        [f"mean {name}" for name in CELL_NUCLEUS]
        + [f"{name} error" for name in CELL_NUCLEUS]
        + [f"worst {name}" for name in CELL_NUCLEUS],
    )


def diabetes(entry):
    """Diabetes (Efron, Hastie, Johnstone & Tibshirani 2004): x float64 (442, 10) as measured, y 25 to 346.

    scikit-learn's default scales each column by the mean and norm of all rows, the test data among them.
    Here the columns are as measured: scale them by mean and standard deviation of the training data.
    """
    features, target = entry["files"]
    return Raw(
        np.loadtxt(_text(features)),
        np.loadtxt(_text(target)),
        features=(
            "age (years)",
            "sex (1 or 2)",
            "body mass index (kg/m²)",
            "mean blood pressure (mm Hg)",
            "total cholesterol",
            "low-density lipoproteins",
            "high-density lipoproteins",
            "total cholesterol / HDL",
            "log of triglycerides",
            "blood sugar",
        ),
    )


def _labelled(entry, features):
    """A table whose first line is rows, columns, class names, and whose last column is the label."""
    header, *rows = csv.reader(_text(entry["files"][0]))
    table = np.array(rows, np.float64)
    return Raw(
        table[:, :-1], table[:, -1].astype(np.int32), classes=tuple(header[2:]), features=tuple(features)
    )


def _text(file):
    content = catalogue.read(file)
    return io.StringIO(
        (gzip.decompress(content) if file["file"].endswith(".gz") else content).decode("utf-8")
    )
