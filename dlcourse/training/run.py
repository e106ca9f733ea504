"""The record of a training, and early stopping."""

import math
from dataclasses import dataclass, field

from dlcourse import checks
from dlcourse.measured import Measured


class NonFiniteLossError(ArithmeticError):
    """The loss became infinite or NaN."""


@dataclass
class Run:
    """The record of one call of ``training.fit``.

    Attributes:
        history: dict from metric to a list of floats, one per epoch: ``"loss"`` (nats for cross-entropy, with
            regularisation penalties), the objective's metrics, and with ``val_`` in front those on validation data.
        seconds: time spent in ``fit``, in seconds.
        examples_per_second: training examples per second, without the first steps, which compile the graph, and
            without validation and checkpoints; NaN where all steps compiled.
        best_epoch: with early stopping, the epoch (from 1) whose weights the model has now; else the last epoch.
    """

    history: dict = field(default_factory=dict)
    seconds: float = 0.0
    examples_per_second: float = math.nan
    best_epoch: int = 0

    @property
    def epochs(self):
        return len(self.history.get("loss", []))

    def __repr__(self):
        last = ", ".join(
            f"{name} {Measured(values[-1]):.4f}" for name, values in self.history.items() if values
        )
        return f"Run({self.epochs} epochs; {last})"


class EarlyStopping:
    """Stop when a validation metric has not improved for ``patience`` epochs, and restore the best weights.

    Args:
        metric: a key of ``Run.history``; those with ``loss`` in their name are better when lower, others when higher.
        patience: number of epochs without improvement after which training stops.

    Raises:
        ValueError: where ``patience`` is not a whole number of 1 or more.
    """

    def __init__(self, metric="val_loss", patience=3):
        self.metric, self.patience = metric, checks.whole_number("EarlyStopping(patience)", patience)
        self.best, self.best_epoch, self.best_weights = math.nan, 0, []

    def update(self, epoch, history, model):
        """Take the metric of an epoch (from 1) into account; returns True where training should stop.

        Raises:
            ValueError: where the history has no such metric.
        """
        if self.metric not in history:
            raise ValueError(
                f"EarlyStopping watches {self.metric!r}, but the run has {sorted(history)}. Give fit() validation "
                "data, or watch one of these."
            )
        value = history[self.metric][-1]
        better = value < self.best if "loss" in self.metric else value > self.best
        if better or math.isnan(self.best):
            self.best, self.best_epoch = value, epoch
            self.best_weights = [weight.numpy() for weight in model.weights]
        return epoch - self.best_epoch >= self.patience
