"""``fit``: checks, epochs, validation, checkpoints and progress around the compiled loop."""

import functools
import os
import time

import keras
import tensorflow as tf

from dlcourse import checks, progress, reproducibility
from dlcourse.training import checkpoint, identity, inputs, loop, sources
from dlcourse.training.evaluation import BATCH_SIZE, Evaluator, metric_names
from dlcourse.training.run import EarlyStopping, Run
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
            the dataset gives the same batches in every run. More ``epochs``, another patience, no early stopping,
            validation or none may be asked for when it goes on; nothing else.
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
    with reproducibility.determinism():
        return _fit(
            model, objective, train, epochs, batch_size, optimizer, seed, validation, checkpoint, early_stopping,
            jit_compile,
        )  # fmt: skip


def _fit(
    model, objective, train, epochs, batch_size, optimizer, seed, validation, folder, early_stopping, jit_compile
):  # fmt: skip
    began = saved = time.perf_counter()
    _check_settings(model, epochs, seed, early_stopping, folder, jit_compile)
    source = _source(model, objective, train, batch_size, int(seed))
    validate = dict
    if validation is not None:
        held_out = inputs.arrays_of(validation, "fit() got validation data")
        inputs.check(model, objective, held_out, "fit() got validation data")
    inputs.build(model, source.sample[0] if isinstance(source.sample, tuple) else source.sample)
    optimizer = _ready(optimizer, model)
    found = checkpoint.load(folder) if folder is not None else None
    if jit_compile is None:
        jit_compile = (
            found[1]["identity"][identity.COMPILED] if found else loop.xla_pays(model, epochs * source.steps)
        )

    names = metric_names(model, objective, source.sample)
    _seed_generators(model, seed)
    state = State(model, optimizer, early_stopping, names)
    if folder is not None:
        own = identity.of_training(model, objective, optimizer, source, seed, jit_compile)
        own = state.restore(folder, found, own) if found else own
    step = functools.partial(loop.train_step, model, objective, optimizer)
    source.compile(step, names, jit_compile, getattr(objective, "count", None))
    if validation is not None:
        validate = Evaluator(model, objective, held_out, BATCH_SIZE, jit_compile)

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
                if folder is not None and due and source.resumes_within_epoch:
                    state.save(folder, own)
                    saved = time.perf_counter()
            sources.check_weights(model, state.epoch)
            state.end_epoch(validate())
            last = state.epoch == epochs or state.stopped
            if folder is not None and (last or not source.resumes_within_epoch):
                state.save(folder, own)
    state.finish()
    return Run(
        history=state.history,
        seconds=time.perf_counter() - began,
        examples_per_second=float(source.rate),
        best_epoch=state.best.epoch if state.best else state.epoch,
    )


def _check_settings(model, epochs, seed, early_stopping, folder, jit_compile):
    if not isinstance(model, keras.Model):
        raise ValueError(
            f"fit() trains a keras.Model; got {model!r}. Build one, such as models.mlp((8, 8, 1), 10, hidden=[64])."
        )
    checks.whole_number("fit(epochs)", epochs, least=0)
    checks.whole_number("fit(seed)", seed, least=0, most=2**31 - 1)
    if early_stopping is not None and not isinstance(early_stopping, EarlyStopping):
        raise ValueError(
            f"fit(early_stopping={early_stopping!r}): expected training.EarlyStopping(patience=3), or None. Keras' "
            "callbacks belong to Keras' own fit."
        )
    named = isinstance(folder, str | os.PathLike) and str(folder) and "\0" not in str(folder)
    if folder is not None and not named:
        raise ValueError(
            f"fit(checkpoint={folder!r}): expected the path of a folder, such as 'work/run', or None."
        )
    if not (jit_compile is None or isinstance(jit_compile, bool)):
        raise ValueError(
            f"fit(jit_compile={jit_compile!r}): expected True, False, or None, which lets a rule choose."
        )


def _source(model, objective, train, batch_size, seed):
    where = "fit() got training data"
    inputs.check_callable(objective)
    if isinstance(train, tf.data.Dataset):
        if batch_size is not None:
            raise ValueError(
                "fit(batch_size=...) is for arrays; a tf.data.Dataset gives batches itself: leave it out."
            )
        stream = sources.Stream(train)
        first = stream.sample if isinstance(stream.sample, tuple) else (stream.sample,)
        where = "fit() got a tf.data.Dataset; its first batch is data"
        inputs.check(model, objective, inputs.arrays_of(first, where), where)
        return stream
    arrays = inputs.arrays_of(train, where)
    examples = inputs.check(model, objective, arrays, where)
    if batch_size is None:
        raise ValueError("fit() needs batch_size, the number of examples per step, such as batch_size=64.")
    batch_size = checks.whole_number("fit(batch_size)", batch_size, most=examples)
    inputs.check_batches(model, examples, where, batch_size)
    return sources.Arrays(arrays, batch_size, seed)


def _ready(optimizer, model):
    """A built optimizer without memory of another training."""
    optimizer = inputs.optimizer(optimizer, "fit(optimizer)")
    if optimizer.built:
        optimizer = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
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
