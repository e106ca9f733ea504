"""One network trained many times in turn: from other seeds, on other examples, at other learning rates.

``fit`` compiles its loop anew for every model, which takes longer than training a small one. A study over seeds
compiles once here, and each training puts other weights and other data into the same graph.
"""

import numbers

import keras
import numpy as np
import tensorflow as tf

from dlcourse import checks, progress, reproducibility
from dlcourse.models.stacked import axis
from dlcourse.training import inputs, loop, objectives
from dlcourse.training.evaluation import in_batches


class Repeats:
    """A compiled training of a given length, called once per seed.

    Args:
        model: keras.Model without random layers; its weights are overwritten by every call.
        objective: callable ``(model, batch, training) -> (loss, metrics)``.
        steps: steps of gradient descent in each training.
        batch_size: examples per step.
        optimizer: a Keras optimizer or its name; its state is reset before every training.
        jit_compile: whether XLA compiles the loop.

    Raises:
        ValueError: where ``steps`` or ``batch_size`` is not a whole number of 1 or more, or the model drops units at
            random (use ``fit``).
    """

    def __init__(self, model, objective, *, steps, batch_size, optimizer="adam", jit_compile=True):
        steps = checks.whole_number("Repeats(steps)", steps)
        batch_size = checks.whole_number("Repeats(batch_size)", batch_size)
        if any(isinstance(layer, keras.layers.Dropout) and layer.rate for layer in model._flatten_layers()):
            raise ValueError(
                "Repeats() trains models without dropout: its seeds would go on from run to run. Use fit()."
            )
        self.model, self.objective, self.steps, self.batch_size = model, objective, steps, batch_size
        self.optimizer = inputs.optimizer(optimizer, "Repeats(optimizer)")
        self.optimizer.build(model.trainable_variables)
        self._fresh = [variable.numpy() for variable in self.optimizer.variables]

        @tf.function(jit_compile=jit_compile or None)
        def run(x, y, order):
            losses = tf.TensorArray(tf.float32, size=steps)

            def body(step, losses):
                rest = order.shape[1:]
                rows = tf.slice(order, [step * batch_size, *(0 for _ in rest)], [batch_size, *rest])
                batch = (tf.gather(x, rows), tf.gather(y, rows))
                return step + 1, losses.write(
                    step, loop.train_step(model, objective, self.optimizer, batch)["loss"]
                )

            return tf.while_loop(lambda step, _: step < steps, body, (0, losses))[1].stack()

        self._run = run

    def train(self, weights, x, y, *, seed, rows=None, learning_rate=None):
        """Train from these weights, in place: afterwards the model has the trained ones.

        Args:
            weights: list of arrays as ``model.get_weights()`` gives them, or a model to copy them from.
            x, y: arrays (examples, ...). Arrays of another shape compile the loop once more; ``rows`` does not.
            seed: of the order of the examples: pass after pass over them, each shuffled anew. Of networks side by side
                a list of seeds, one per network, gives each an order of its own.
            rows: indices of the examples to use; None: all.
            learning_rate: for this training and those after it; None: the optimizer's.

        Returns:
            float32 array (steps,): the loss of each step's batch, before its update.

        Raises:
            ValueError: where the data don't fit, as for ``fit``, or the weights, the rows, a number or the seeds don't.
        """
        x, y = inputs.arrays_of((x, y), "Repeats.train() got data")
        inputs.check(self.model, self.objective, (x, y), "Repeats.train() got data")
        self._check_seed(seed)
        if learning_rate is not None:
            real = isinstance(learning_rate, numbers.Real)
            if not real or not 0 <= learning_rate < np.inf:
                raise ValueError(
                    f"Repeats.train(learning_rate)={learning_rate!r}: expected a finite number, 0 or more; give for "
                    "example 1e-3."
                )
        weights = self._fitting(weights.get_weights() if hasattr(weights, "get_weights") else weights)
        for variable, value in zip(self.model.weights, weights, strict=True):
            variable.assign(value)
        for variable, value in zip(self.optimizer.variables, self._fresh, strict=True):
            if variable is not self.optimizer._learning_rate:
                variable.assign(value)
        if learning_rate is not None:
            self.optimizer.learning_rate = learning_rate
        rows = np.arange(len(x)) if rows is None else _rows(rows, len(x))
        own = checks.is_list(seed)
        order = np.stack([self.order(rows, one) for one in seed], axis=1) if own else self.order(rows, seed)
        with reproducibility.determinism():
            return self._run(tf.convert_to_tensor(x), tf.convert_to_tensor(y), tf.constant(order)).numpy()

    def _fitting(self, weights):
        """The weights, after a check that they have the shapes of the model's."""
        wanted = [tuple(variable.shape) for variable in self.model.weights]
        given = [np.shape(value) for value in weights] if checks.is_list(weights) else None
        if given != wanted:
            raise ValueError(
                f"Repeats.train() got weights of shapes {given or weights!r}; the model's are {wanted}. Give another "
                "such model, or what its get_weights() gives."
            )
        return weights

    def _check_seed(self, seed):
        """One seed, or a list with one for each of the networks side by side."""
        stacked = axis.is_stacked(self.model)
        networks = self.model.weights[0].shape[0] if stacked else 1
        if checks.is_list(seed) and (not stacked or len(seed) != networks):
            raise ValueError(
                f"Repeats.train(seed) has {len(seed)} seeds, and the model holds {networks} network(s): give one whole "
                "number for an order that all share, or networks side by side a list with one seed for each."
            )
        for one in seed if checks.is_list(seed) else [seed]:
            checks.whole_number("Repeats.train(seed)", one, least=0, most=2**32 - 1)

    def order(self, rows, seed):
        """The examples of all steps, int32 (steps · batch_size,): shuffled passes over ``rows``, one after another."""
        if not len(rows):
            raise ValueError("Repeats.train() got no examples.")
        random, needed = np.random.RandomState(seed), self.steps * self.batch_size
        passes = [random.permutation(rows) for _ in range(-(-needed // len(rows)))]
        return np.concatenate(passes)[:needed].astype("int32")


def _rows(rows, examples):
    rows = np.asarray(rows)
    if (
        rows.ndim != 1
        or rows.dtype.kind not in "iu"
        or (rows.size and (rows.min() < 0 or rows.max() >= examples))
    ):
        raise ValueError(
            f"Repeats.train(rows) is {rows.dtype} {rows.shape}: expected indices of examples, whole numbers from 0 to "
            f"{examples - 1}."
        )
    return rows


def classifier(build, *, steps, learning_rate=1e-3, batch_size=64, jit_compile=False):
    """Repeats of a classifier that Adam trains on cross-entropy.

    Args:
        build: callable ``seed -> keras.Model`` with logits.
        learning_rate: Adam's.
        steps, batch_size, jit_compile: as for Repeats.
    """
    return Repeats(
        build(0),
        objectives.classification(),
        steps=steps,
        batch_size=batch_size,
        optimizer=keras.optimizers.Adam(learning_rate),
        jit_compile=jit_compile,
    )


def accuracy(model, data):
    """Share of a Split's examples whose largest logit is that of their label, a float."""
    logits = in_batches(lambda x: model(x, training=False), data.x)
    return float(np.mean(logits.argmax(axis=-1) == data.y))


def accuracies(build, train, score, *, seeds, **options):
    """Train a classifier from each seed, and score it.

    Args:
        build: callable ``seed -> keras.Model`` with logits.
        train, score: Splits.
        seeds: of the initial weights and of the order of the examples.
        options: of ``classifier``.

    Returns:
        float array (seeds,): accuracy on ``score``.
    """
    study = classifier(build, **options)
    found = []
    for seed in progress.bar(seeds, "trainings"):
        study.train(build(seed), train.x, train.y, seed=seed)
        found.append(accuracy(study.model, score))
    return np.array(found)
