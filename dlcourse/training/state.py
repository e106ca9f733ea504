"""Where training stands, and how that goes into a checkpoint and comes back."""

import tensorflow as tf

from dlcourse.training import checkpoint
from dlcourse.training.run import EarlyStopping


class State:
    """All that changes while a model trains.

    Args:
        model: keras.Model.
        optimizer: keras.optimizers.Optimizer, built.
        early_stopping: EarlyStopping or None.
        names: what is measured each step, ``"loss"`` first.
    """

    def __init__(self, model, optimizer, early_stopping: EarlyStopping | None, names):
        self.model, self.optimizer, self.early_stopping, self.names = model, optimizer, early_stopping, names
        self.epoch = self.step = 0
        self.loss = 0.0
        self.stopped = False
        self.history = {}
        self.totals = tf.zeros(len(names) + 1, tf.float64)

    @property
    def means(self):
        """Means over the examples of this epoch so far, a dict from name to float."""
        return dict(zip(self.names, (self.totals[:-1] / self.totals[-1]).numpy().tolist(), strict=True))

    def end_epoch(self, validation):
        """Write the epoch into the history; ``validation`` is a dict from metric to float."""
        for name, value in {
            **self.means,
            **{f"val_{name}": value for name, value in validation.items()},
        }.items():
            self.history.setdefault(name, []).append(value)
        self.epoch, self.step, self.totals = self.epoch + 1, 0, tf.zeros_like(self.totals)
        if self.early_stopping is not None:
            self.stopped = self.early_stopping.update(self.epoch, self.history, self.model)

    def use_best_weights(self):
        if self.early_stopping is not None and self.early_stopping.best_weights:
            for weight, value in zip(self.model.weights, self.early_stopping.best_weights, strict=True):
                weight.assign(value)

    def save(self, folder, identity):
        """Write all of it to a checkpoint folder; ``identity`` says which training it belongs to."""
        arrays = {f"model {index}": variable.numpy() for index, variable in enumerate(self.model.variables)}
        arrays |= {
            f"optimizer {index}": variable.numpy() for index, variable in enumerate(self.optimizer.variables)
        }
        arrays["totals"] = self.totals.numpy()
        description = {"identity": identity, "epoch": self.epoch, "step": self.step, "loss": self.loss}
        description |= {"stopped": self.stopped, "history": self.history}
        if self.early_stopping is not None:
            description["best"] = [self.early_stopping.best, self.early_stopping.best_epoch]
            arrays |= {f"best {index}": value for index, value in enumerate(self.early_stopping.best_weights)}
        checkpoint.save(folder, arrays, description)

    def restore(self, folder, identity):
        """Take up a checkpoint folder's state, if it holds one.

        Raises:
            CheckpointError: where it belongs to another training; the message names what differs.
        """
        found = checkpoint.load(folder)
        if found is None:
            return
        arrays, description = found
        for name, expected in identity.items():
            if description["identity"].get(name) != expected:
                raise checkpoint.CheckpointError(
                    f"The checkpoint in {folder} belongs to another training: its {name} is "
                    f"{description['identity'].get(name)}, here it is {expected}. Give another folder, or delete "
                    "that one to start anew."
                )
        for prefix, variables in [("model", self.model.variables), ("optimizer", self.optimizer.variables)]:
            for index, variable in enumerate(variables):
                variable.assign(arrays[f"{prefix} {index}"])
        self.totals = tf.constant(arrays["totals"])
        self.epoch, self.step, self.loss = description["epoch"], description["step"], description["loss"]
        self.stopped, self.history = description["stopped"], description["history"]
        if self.early_stopping is not None and "best" in description:
            self.early_stopping.best, self.early_stopping.best_epoch = description["best"]
            count = sum(name.startswith("best ") for name in arrays)
            self.early_stopping.best_weights = [arrays[f"best {index}"] for index in range(count)]
