"""``fit``: checks, epochs, validation, checkpoints and progress around the compiled loop."""

import functools
import time

import keras
import numpy as np
import tensorflow as tf

from dlcourse import checks, progress, reproducibility
from dlcourse.training import loop, sources
from dlcourse.training.evaluation import BATCH_SIZE, Evaluator, arrays_of, metric_names
from dlcourse.training.run import Run
from dlcourse.training.state import State

CHECKPOINT_SECONDS = 5.0
"""A checkpoint is written about this often, and at the end."""


def fit(
    model,
    objective,
    train,
    *,
    epochs,
    batch_size=None,
    optimizer="adam",
    seed=0,
    validation=None,
    checkpoint=None,
    early_stopping=None,
    jit_compile=None,
):
    """Train a model: minimise an objective by gradient descent over shuffled batches.

    Repeatable: two calls with the same initial weights, data and seed on one machine give the same bits.

    Args:
        model: keras.Model; it is changed in place.
        objective: callable ``(model, batch, training) -> (loss, metrics)``, such as ``objectives.classification()``.
        train: Split, tuple of arrays ``(x, y)``, or ``tf.data.Dataset`` of batches (its own order is kept).
        epochs: passes over the data.
        batch_size: examples per step; the last batch of an epoch takes what is left. Not for a ``tf.data.Dataset``.
        optimizer: a Keras optimizer or its name; learning-rate schedules and gradient clipping are its arguments. One
            that has trained before is copied and starts afresh.
        seed: of the order of the examples and of dropout.
        validation: Split or ``(x, y)``, measured after every epoch.
        checkpoint: folder to save to and to resume from, to the same bits as an uninterrupted run. From arrays it
            resumes in the middle of an epoch, from a ``tf.data.Dataset`` after its last whole epoch, provided that
            the dataset gives the same batches in every run.
        early_stopping: EarlyStopping, or None.
        jit_compile: whether XLA compiles the loop; None: where it pays (``loop.xla_pays``).

    Returns:
        Run.

    Raises:
        ValueError: where data, labels, shapes or numbers don't fit.
        CheckpointError: where the folder holds another training's checkpoint, or only damaged ones.
        NonFiniteLossError: where the loss or a weight becomes infinite or NaN; it names the step and the last
            finite loss.
    """
    reproducibility.deterministic()
    began = saved = time.perf_counter()
    source = _source(model, objective, train, epochs, batch_size, seed)
    if validation is not None:
        _check_arrays(model, objective, arrays_of(validation), "validation")
    optimizer = _ready(optimizer, model)
    if jit_compile is None:
        jit_compile = loop.xla_pays(model, epochs * source.steps)

    names = metric_names(model, objective, source.sample)
    _seed_generators(model, seed)
    state = State(model, optimizer, early_stopping, names)
    if checkpoint is not None:
        identity = _identity(model, optimizer, source, seed, jit_compile)
        state.restore(checkpoint, identity)
    source.compile(functools.partial(loop.train_step, model, objective, optimizer), names, jit_compile)
    validate = dict
    if validation is not None:
        validate = Evaluator(model, objective, arrays_of(validation), BATCH_SIZE, jit_compile)

    total = epochs * source.examples or None
    with progress.bar(total=total, description="training", unit=" examples") as bar:
        bar.update(state.epoch * source.examples + int(state.totals[-1]))
        while state.epoch < epochs and not state.stopped:
            for examples in source.run(state):
                bar.update(examples)
                bar.set_postfix_str(
                    f"epoch {state.epoch + 1} of {epochs}, loss {state.means['loss']:.4f}", refresh=False
                )
                due = time.perf_counter() - saved > CHECKPOINT_SECONDS
                if checkpoint is not None and due and source.resumes_within_epoch:
                    state.save(checkpoint, identity)
                    saved = time.perf_counter()
            sources.check_weights(model, state.epoch)
            state.end_epoch(validate())
            last = state.epoch == epochs or state.stopped
            if checkpoint is not None and (last or not source.resumes_within_epoch):
                state.save(checkpoint, identity)
    state.use_best_weights()
    return Run(
        history=state.history,
        seconds=time.perf_counter() - began,
        examples_per_second=float(source.rate),
        best_epoch=early_stopping.best_epoch if early_stopping else state.epoch,
    )


def _source(model, objective, train, epochs, batch_size, seed):
    checks.whole_number("fit(epochs)", epochs, least=0)
    checks.whole_number("fit(seed)", seed, least=0)
    if isinstance(train, tf.data.Dataset):
        if batch_size is not None:
            raise ValueError(
                "fit(batch_size=...) is for arrays; a tf.data.Dataset gives batches itself: leave it out."
            )
        return sources.Stream(train)
    arrays = arrays_of(train)
    examples = _check_arrays(model, objective, arrays, "training")
    if batch_size is None:
        raise ValueError("fit() needs batch_size, the number of examples per step, such as batch_size=64.")
    checks.whole_number("fit(batch_size)", batch_size, most=examples)
    return sources.Arrays(arrays, batch_size, seed)


def _check_arrays(model, objective, arrays, kind):
    """Check that arrays belong together and fit the model; returns the number of examples."""
    if not tf.nest.flatten(arrays) or not all(hasattr(array, "shape") for array in tf.nest.flatten(arrays)):
        raise ValueError(
            f"fit() takes {kind} data as a Split or a tuple (x, y) of arrays; got {type(arrays).__name__}."
        )
    sizes = [array.shape[0] if array.shape else 0 for array in tf.nest.flatten(arrays)]
    if min(sizes) == 0:
        raise ValueError(f"fit() got no {kind} examples: arrays of {sizes} examples.")
    if len(set(sizes)) > 1:
        raise ValueError(f"fit() got {kind} arrays of {sizes} examples; x and y must have the same number.")
    expected = getattr(model, "input_shape", None)
    x = arrays[0] if isinstance(arrays, tuple) else arrays
    if isinstance(expected, tuple) and hasattr(x, "shape"):
        fits = len(expected) == len(x.shape) and all(
            side is None or side == given for side, given in zip(expected[1:], x.shape[1:], strict=True)
        )
        if not fits:
            raise ValueError(
                f"fit() got {kind} examples of shape {tuple(x.shape[1:])}, but the model takes {expected[1:]}. Reshape "
                "the data, or build the model with that input_shape."
            )
    if not all(_finite(array) for array in tf.nest.flatten(arrays)):
        raise ValueError(
            f"fit() got {kind} data with values that are not finite (NaN or infinite). Find them with "
            "np.argwhere(~np.isfinite(x)), and remove or fill in those examples."
        )
    if hasattr(objective, "check"):
        objective.check(model, *arrays)
    return sizes[0]


def _finite(array):
    """Whether all values are finite, found from the smallest and the largest, which needs no copy."""
    return array.dtype.kind != "f" or bool(np.isfinite(np.min(array)) and np.isfinite(np.max(array)))


def _ready(optimizer, model):
    """A built optimizer without memory of another training."""
    optimizer = keras.optimizers.get(optimizer)
    if optimizer.built:
        optimizer = type(optimizer).from_config(optimizer.get_config())
    optimizer.build(model.trainable_variables)
    return optimizer


def _seed_generators(model, seed):
    """Reset the state of every random layer, so that the seed alone decides what dropout drops."""
    weights = {id(weight) for weight in model.weights}
    generators = [
        variable for variable in model.variables if id(variable) not in weights and variable.shape == (2,)
    ]
    for index, state in enumerate(generators):
        state.assign([seed, index])


def _identity(model, optimizer, source, seed, jit_compile):
    """What must be the same for a checkpoint to go on from, as a dict that JSON can hold."""
    return {
        "model": [[weight.path.split("/", 1)[-1], list(weight.shape)] for weight in model.weights],
        "optimizer": repr(
            sorted((name, value) for name, value in optimizer.get_config().items() if name != "name")
        ),
        "seed": int(seed),
        "compiled by XLA": bool(jit_compile),
        **source.fingerprint(),
    }
