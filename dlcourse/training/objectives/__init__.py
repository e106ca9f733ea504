"""Objectives of ``training.fit``: callables ``(model, batch, training) -> (loss, metrics)``; one file per kind.

``loss`` is a scalar tensor, the mean over the batch; ``metrics`` a dict from name to scalar tensor. An objective may
have a method ``check(model, x, y)`` that ``fit`` calls on arrays before training.
"""

from dlcourse.training.objectives.classification import classification
from dlcourse.training.objectives.crf import crf, crf_layer
from dlcourse.training.objectives.ctc import ctc
from dlcourse.training.objectives.detection import detection
from dlcourse.training.objectives.elbo import importance_weighted, negative_elbo
from dlcourse.training.objectives.frames import frames
from dlcourse.training.objectives.mixture_density import mixture_density
from dlcourse.training.objectives.regression import regression
from dlcourse.training.objectives.sequences import sequence_classification
from dlcourse.training.objectives.translation import translation

__all__ = [
    "classification",
    "crf",
    "crf_layer",
    "ctc",
    "detection",
    "frames",
    "importance_weighted",
    "mixture_density",
    "negative_elbo",
    "regression",
    "sequence_classification",
    "translation",
]
