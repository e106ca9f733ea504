"""Where batches come from: arrays in memory, or a ``tf.data.Dataset``. Each runs an epoch in segments."""

import math
import time
import zlib

import numpy as np
import tensorflow as tf

from dlcourse.training import loop
from dlcourse.training.run import NonFiniteLossError

SEGMENT_SECONDS = 1.0
"""Aimed length of a segment; between segments Python updates the progress bar and writes checkpoints."""


class Rate:
    """Examples per second over the segments that compiled nothing."""

    def __init__(self):
        self.seconds = self.examples = 0.0

    def add(self, seconds, examples):
        self.seconds += seconds
        self.examples += examples

    def __float__(self):
        return self.examples / self.seconds if self.seconds else math.nan


class Arrays:
    """Training data in memory, shuffled anew in each epoch by seed and epoch.

    Args:
        arrays: nest of arrays (examples, ...).
        batch_size: examples per step; the last batch of an epoch takes what is left.
        seed: of the order.
    """

    resumes_within_epoch = True

    def __init__(self, arrays, batch_size, seed):
        self.sample, self.batch_size, self.seed = arrays, batch_size, seed
        self.examples = len(tf.nest.flatten(arrays)[0])
        self.whole, self.rest = divmod(self.examples, batch_size)
        self.steps = self.whole + bool(self.rest)
        self.rate = Rate()

    def compile(self, step, names, jit_compile, count):
        data = tf.nest.map_structure(tf.convert_to_tensor, self.sample)
        self.segment = loop.compiled_loop(step, data, names, self.batch_size, jit_compile, count)
        self.compiled = set()

    def run(self, state):
        """Run what is left of the state's epoch; yields the number of examples after each segment."""
        start = time.perf_counter()
        order = loop.epoch_order(self.examples, self.seed, state.epoch)
        while state.step < self.steps:
            first, last, size = self._next_segment(state.step)
            reached, totals, loss, before = self.segment(
                order, tf.constant(first), tf.constant(last), state.totals, tf.constant(state.loss), size
            )
            check_finite(loss, before, state.epoch, int(reached))
            examples = (last - first) * size
            if size in self.compiled:
                self.rate.add(time.perf_counter() - start, examples)
            self.compiled.add(size)
            state.step, state.totals, state.loss = last, totals, float(loss)
            yield examples
            start = time.perf_counter()

    def _next_segment(self, step):
        """First step, last step, and batch size of the next segment."""
        if step == self.whole:
            return step, step + 1, self.rest
        if self.batch_size not in self.compiled:
            return step, step + 1, self.batch_size
        rate = float(self.rate)
        steps = 10 if math.isnan(rate) else max(1, int(SEGMENT_SECONDS * rate / self.batch_size))
        return step, min(self.whole, step + steps), self.batch_size

    def fingerprint(self):
        """What a checkpoint remembers of the data, to recognise it."""
        checksums = [zlib.crc32(np.ascontiguousarray(array)) for array in tf.nest.flatten(self.sample)]
        return {"examples": self.examples, "batch size": self.batch_size, "data checksums": checksums}


class Stream:
    """Training data from a ``tf.data.Dataset`` of batches, in the dataset's own order.

    Its first batch is looked at before training and then trained on, so that data which can be read only once loses
    none of it.

    Raises:
        ValueError: where the dataset is empty; from ``run``, where a later epoch finds it so.
    """

    resumes_within_epoch = False
    steps = examples = 0  # not known beforehand

    def __init__(self, dataset):
        self.dataset, self.iterator = dataset, iter(dataset)
        self.first = next(self.iterator, None)
        if self.first is None:
            raise ValueError("fit() got an empty tf.data.Dataset; expected at least one batch.")
        self.sample = tf.nest.map_structure(np.asarray, self.first)
        self.rate = Rate()

    def compile(self, step, names, jit_compile, count):
        spec = self.dataset.element_spec
        self.one, self.segment = loop.compiled_stream(step, names, spec, jit_compile, count)
        self.compiled = False

    def run(self, state):
        """Run one epoch; yields the number of examples after each segment."""
        iterator, first = self.iterator or iter(self.dataset), self.first
        self.iterator = self.first = None
        if first is None:
            first = next(iterator, None)
            if first is None:
                raise ValueError(
                    f"The tf.data.Dataset gave no batch in epoch {state.epoch + 1}: it can be read only once. Make it "
                    "of a function that begins anew, tf.data.Dataset.from_generator(make_batches, output_signature="
                    "...), not of a generator that is running; or keep what it gives: dataset.cache()."
                )
        added, loss = self.one(first)
        check_finite(loss, state.loss, state.epoch, 1)
        state.step, state.totals, state.loss = 1, state.totals + added, float(loss)
        yield int(added[-1])
        steps, ended = 1, False
        while not ended:
            start, before_examples = time.perf_counter(), float(state.totals[-1])
            taken, totals, loss, before = self.segment(
                iterator, tf.constant(steps), state.totals, tf.constant(state.loss)
            )
            check_finite(loss, before, state.epoch, state.step + int(taken))
            seconds, examples = time.perf_counter() - start, float(totals[-1]) - before_examples
            state.step, state.totals, state.loss = state.step + int(taken), totals, float(loss)
            ended = int(taken) < steps
            if self.compiled:
                self.rate.add(seconds, examples)
                steps = max(1, min(10 * steps, int(steps * SEGMENT_SECONDS / max(seconds, 1e-3))))
            self.compiled = True
            yield int(examples)

    def fingerprint(self):
        """What a checkpoint remembers of the data, to recognise it."""
        return {"batches": [str(spec) for spec in tf.nest.flatten(self.dataset.element_spec)]}


def check_finite(loss, before, epoch, step):
    """Raise NonFiniteLossError where the last loss is not finite; ``epoch`` counts from 0, ``step`` from 1."""
    loss = float(loss)
    if math.isfinite(loss):
        return
    last = (
        f"the last finite loss was {float(before):.6g}" if epoch or step > 1 else "no step had a finite loss"
    )
    raise NonFiniteLossError(
        f"The loss is {loss} at step {step} of epoch {epoch + 1}; {last}. Training stopped there. Look for values that "
        "are not finite in the data, lower the learning rate, or clip gradients: "
        "keras.optimizers.Adam(1e-3, global_clipnorm=1.0)."
    )


def check_weights(model, epoch):
    """Raise NonFiniteLossError where a weight is not finite: ReLU turns NaN into 0, and the loss looks healthy."""
    for weight in model.trainable_weights:
        if not np.isfinite(weight.numpy()).all():
            raise NonFiniteLossError(
                f"After epoch {epoch + 1} the weights {weight.path} are no longer finite, though the loss is. Training "
                "stopped there. Lower the learning rate, or clip gradients: "
                "keras.optimizers.Adam(1e-3, global_clipnorm=1.0)."
            )
