"""Where training stands, and how that goes into a checkpoint and comes back."""

import math
import zlib

import tensorflow as tf

from dlcourse.training import checkpoint, loop
from dlcourse.training.run import Best, EarlyStopping


class State:
    """All that changes while a model trains.

    Args:
        model: keras.Model.
        optimizer: keras.optimizers.Optimizer, built.
        early_stopping: EarlyStopping or None.
        names: what is measured each step, ``"loss"`` first.
    """

    def __init__(self, model, optimizer, early_stopping: EarlyStopping | None, names):
        self.model, self.optimizer, self.names = model, optimizer, names
        self.best = Best(early_stopping) if early_stopping else None
        self.epoch = self.step = 0
        self.loss = 0.0
        self.stopped = False
        self.history = {}
        self.totals = tf.zeros(len(names) + 2, tf.float64)

    @property
    def means(self):
        """Means over this epoch so far, a dict from name to float."""
        return loop.means(self.totals, self.names)

    def end_epoch(self, validation):
        """Write the epoch into the history; ``validation`` is a dict from metric to float.

        A metric that earlier epochs didn't have, or that this one has no more, is NaN there.
        """
        measured = {**self.means, **{f"val_{name}": value for name, value in validation.items()}}
        for name in {**self.history, **measured}:
            earlier = self.history.setdefault(name, [math.nan] * self.epoch)
            earlier.append(measured.get(name, math.nan))
        self.epoch, self.step, self.totals = self.epoch + 1, 0, tf.zeros_like(self.totals)
        if self.best is not None:
            self.best.update(self.epoch, measured, self.model)
            self.stopped = self.best.is_over(self.epoch)

    def finish(self):
        """Put the averages of an optimizer that keeps some (``use_ema``) into the model, then the best weights."""
        if self.epoch:
            self.optimizer.finalize_variable_values(self.model.trainable_variables)
        if self.best is not None and self.best.weights:
            for weight, value in zip(self.model.weights, self.best.weights, strict=True):
                weight.assign(value)

    def save(self, folder, identity):
        """Write all of it to a checkpoint folder; ``identity`` says which training it belongs to."""
        arrays = {f"model {index}": variable.numpy() for index, variable in enumerate(self.model.variables)}
        arrays |= {
            f"optimizer {index}": variable.numpy() for index, variable in enumerate(self.optimizer.variables)
        }
        arrays["totals"] = self.totals.numpy()
        description = {"identity": identity, "epoch": self.epoch, "step": self.step, "loss": self.loss}
        description["history"] = self.history
        if self.best is not None:
            description["best"] = [self.best.stopping.metric, self.best.value, self.best.epoch]
            arrays |= {f"best {index}": value for index, value in enumerate(self.best.weights)}
        checkpoint.save(folder, arrays, description)

    def restore(self, folder, found, identity):
        """Take up a checkpoint's state.

        Early stopping may change where that can still be honoured: another patience counts from the best epoch so far,
        and without early stopping training goes on from the last weights. Validation may come and go.

        Args:
            folder: of the checkpoint, for messages.
            found: what ``checkpoint.load`` gave: arrays and description.
            identity: dict from what decides a training's result to its value, as JSON has it.

        Returns:
            The identity to save with: the checkpoint's.

        Raises:
            CheckpointError: where it belongs to another training; the message names what differs.
        """
        arrays, description = found
        self._check_identity(folder, arrays, description, identity)
        for prefix, variables in [("model", self.model.variables), ("optimizer", self.optimizer.variables)]:
            for index, variable in enumerate(variables):
                variable.assign(arrays[f"{prefix} {index}"])
        self.totals = tf.constant(arrays["totals"])
        self.epoch, self.step, self.loss = description["epoch"], description["step"], description["loss"]
        self.history = description["history"]
        if self.best is not None and self.epoch:
            metric, self.best.value, self.best.epoch = description.get("best", [None, math.nan, 0])
            if metric != self.best.stopping.metric:
                raise checkpoint.CheckpointError(
                    f"The checkpoint in {folder} kept the best weights by {metric or 'no metric'}, not by "
                    f"{self.best.stopping.metric}, in its first {self.epoch} epochs. Give another folder, or delete "
                    "that one to start anew."
                )
            self.best.weights = _numbered(arrays, "best")
            self.stopped = self.best.is_over(self.epoch) and not self.step
        return description["identity"]

    def _check_identity(self, folder, arrays, description, identity):
        stored = description["identity"]
        differing = [
            name for name in {**stored, **identity} if stored.get(name, "none") != identity.get(name, "none")
        ]
        if differing == [WEIGHTS]:
            places = {id(variable): index for index, variable in enumerate(self.model.variables)}
            last = [arrays[f"model {places[id(weight)]}"] for weight in self.model.weights]
            if weights_checksum(self.model) in [_checksum(last), _checksum(_numbered(arrays, "best"))]:
                return  # the model of that training, still in memory
            raise checkpoint.CheckpointError(
                f"The checkpoint in {folder} belongs to another training: its initial weights were others. Build the "
                "model anew, by the same call with the same seed, to go on; or give another folder, or delete that one "
                "to start anew."
            )
        if differing:
            both = [name for name in differing if name in stored and name in identity and name != WEIGHTS]
            said = [
                f"its {name} is {stored.get(name, 'none')}, here it is {identity.get(name, 'none')}"
                for name in both or differing
            ]
            more = f"; and {len(said) - 3} more differ" if len(said) > 3 else ""
            raise checkpoint.CheckpointError(
                f"The checkpoint in {folder} belongs to another training: {'; '.join(said[:3])}{more}. Give another "
                "folder, or delete that one to start anew."
            )


WEIGHTS = "checksum of the initial weights"


def weights_checksum(model):
    """A CRC-32 of a model's weights as text; states of random layers are not among them."""
    return _checksum([weight.numpy() for weight in model.weights])


def _checksum(arrays):
    checksum = 0
    for array in arrays:
        checksum = zlib.crc32(array.tobytes(), checksum)
    return f"{checksum:08x}"


def _numbered(arrays, prefix):
    """The arrays ``"prefix 0"``, ``"prefix 1"``, ... of a checkpoint, in order."""
    count = sum(name.startswith(f"{prefix} ") for name in arrays)
    return [arrays[f"{prefix} {index}"] for index in range(count)]
