"""Training: one compiled loop for every model that learns by gradient descent, and the objectives."""

from dlcourse import progress
from dlcourse.training import checkpoint, objectives
from dlcourse.training.evaluation import evaluate, predict
from dlcourse.training.fitting import fit
from dlcourse.training.loop import train_step
from dlcourse.training.run import EarlyStopping, NonFiniteLossError, Run

__all__ = [
    "EarlyStopping",
    "NonFiniteLossError",
    "Run",
    "checkpoint",
    "evaluate",
    "fit",
    "objectives",
    "predict",
    "progress",
    "train_step",
]
