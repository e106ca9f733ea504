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


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when a validation metric has not improved for ``patience`` epochs, and restore the best weights.

    It says what to do and remembers nothing: one may be given to any number of trainings.

    Args:
        metric: a key of ``Run.history``; those with ``loss`` in their name are better when lower, others when higher.
        patience: number of epochs without improvement after which training stops.

    Raises:
        ValueError: where ``patience`` is not a whole number of 1 or more.
    """

    metric: str = "val_loss"
    patience: int = 3

    def __post_init__(self):
        checks.whole_number("EarlyStopping(patience)", self.patience)


class Best:
    """The best epoch of one training so far, by an EarlyStopping.

    Attributes:
        value: of the metric there; NaN before the first epoch.
        epoch: from 1; 0 before the first.
        weights: list of arrays, in the order of ``model.weights``.
    """

    def __init__(self, stopping: EarlyStopping):
        self.stopping = stopping
        self.value, self.epoch, self.weights = math.nan, 0, []

    def update(self, epoch, measured, model):
        """Take the metrics of an epoch (from 1) into account.

        Raises:
            ValueError: where the metric is not among those measured.
        """
        metric = self.stopping.metric
        if metric not in measured:
            raise ValueError(
                f"EarlyStopping watches {metric!r}, but the run has {sorted(measured)}. Give fit() validation "
                "data, or watch one of these."
            )
        value = measured[metric]
        better = value < self.value if "loss" in metric else value > self.value
        if better or math.isnan(self.value):
            self.value, self.epoch = value, epoch
            self.weights = [weight.numpy() for weight in model.weights]

    def is_over(self, epoch):
        """Whether ``patience`` epochs have passed since the best, at the end of this one (from 1)."""
        return epoch - self.epoch >= self.stopping.patience
