"""What a network's layers know: linear classifiers on their activations, and features reused on other classes."""

import keras
import numpy as np
import tensorflow as tf

from dlcourse import progress
from dlcourse.training import objectives, repeats


def activations(model, x, batch_size=1_000):
    """The outputs of a network's hidden layers.

    Args:
        model: a Keras functional or sequential model.
        x: float (examples, ...).
        batch_size: examples at a time.

    Returns:
        dict from layer name to float32 array (examples, units): every layer that has weights, but the last.

    Raises:
        ValueError: where the model has no hidden layer.
    """
    hidden = [
        layer for layer in model.layers if layer.weights and not isinstance(layer, keras.layers.Dropout)
    ][:-1]
    if not hidden:
        raise ValueError(
            "activations(): the model has no hidden layer with weights, so there is nothing to look at."
        )
    inner = keras.Model(model.input, [layer.output for layer in hidden])
    parts = []
    for start in range(0, len(x), batch_size):
        outputs = inner(tf.convert_to_tensor(x[start : start + batch_size]), training=False)
        parts.append(
            [np.asarray(output) for output in (outputs if len(hidden) > 1 else tf.nest.flatten(outputs))]
        )
    joined = [np.concatenate(of_layer) for of_layer in zip(*parts, strict=True)]
    return {layer.name: values.reshape(len(x), -1) for layer, values in zip(hidden, joined, strict=True)}


class RidgeClassifier:
    """A linear classifier in closed form: ridge regression onto the one-hot labels, the largest output wins.

    Args:
        penalty: of the squared weights, per example, for features of mean 0 whose average variance is 1.

    No iterations and no learning rate, so that probes of different layers differ by their features alone.
    """

    def __init__(self, penalty=0.01):
        if penalty < 0:
            raise ValueError(f"RidgeClassifier(penalty={penalty}): expected a number of 0 or more.")
        self.penalty = penalty

    def fit(self, x, y):
        """Fit to features x, float (examples, features), and labels y, int (examples,). Returns self."""
        x, y = np.asarray(x, "float32").reshape(len(x), -1), np.asarray(y)
        if len(x) != len(y) or not len(x):
            raise ValueError(f"RidgeClassifier.fit() got {len(x)} examples and {len(y)} labels.")
        self.classes = np.unique(y)
        self.mean = x.mean(axis=0)
        centred = x - self.mean
        self.scale = max(float(np.sqrt(np.mean(centred**2))), 1e-12)
        centred /= self.scale
        targets = (y[:, None] == self.classes).astype("float32")
        self.bias = targets.mean(axis=0)
        if len(x) < x.shape[1]:  # fewer examples than features: the same solution from the smaller system
            gram = centred @ centred.T + self.penalty * len(x) * np.eye(len(x), dtype="float32")
            self.weights = centred.T @ np.linalg.solve(gram, targets - self.bias)
        else:
            gram = centred.T @ centred + self.penalty * len(x) * np.eye(x.shape[1], dtype="float32")
            self.weights = np.linalg.solve(gram, centred.T @ (targets - self.bias))
        return self

    def predict(self, x):
        """Labels, (examples,), of features x (examples, features)."""
        x = np.asarray(x, "float32").reshape(len(x), -1)
        return self.classes[np.argmax((x - self.mean) / self.scale @ self.weights + self.bias, axis=1)]

    def accuracy(self, x, y):
        """Share of examples whose label is predicted."""
        return float(np.mean(self.predict(x) == y))


def probe_layers(model, fit, score, penalty=0.01):
    """How well a linear classifier reads the label off each layer.

    Args:
        model: keras.Model; it is not changed.
        fit: Split that the linear classifiers are fitted to. Best held out from the model's own training.
        score: another Split that they are scored on.
        penalty: of RidgeClassifier.

    Returns:
        list of float: accuracy on ``score`` from each hidden layer.
    """
    fitted, scored = activations(model, fit.x), activations(model, score.x)
    return [probe(features, fit.y, scored[layer], score.y, penalty) for layer, features in fitted.items()]


def probe(x, y, held_out_x, held_out_y, penalty=0.01):
    """Accuracy on held-out features of a RidgeClassifier fitted to features x, (examples, ...), and labels y."""
    return RidgeClassifier(penalty).fit(x, y).accuracy(held_out_x, held_out_y)


CONTENDERS = ("reused", "from nothing", "another start")
"""What ``reuse`` starts from: weights trained on other classes; random ones; other random ones."""


def reuse(
    build,
    known,
    new,
    score,
    *,
    counts,
    seeds,
    pretraining,
    steps,
    batch_size=32,
    jit_compile=True,
    contenders=CONTENDERS,
):
    """Learn new classes from few examples: from a network trained on other classes, and from nothing.

    Both have the same layers, the same new output layer, the same examples, in the same order, and the same number of
    steps (Adam, learning rate 1e-3). Only the weights that they start from differ.

    Args:
        build: callable ``seed -> keras.Model`` with logits.
        known: Split to pretrain on.
        new: Split with the new classes, labelled from 0, to draw the few examples from.
        score: Split with the new classes to be scored on.
        counts: examples a class, a list.
        seeds: list of seeds: of weights, order, and which examples are drawn.
        pretraining: steps of pretraining, of 64 examples each.
        steps: steps on the new classes, of ``batch_size`` examples each.
        jit_compile: whether XLA compiles the training.
        contenders: which of those below to train.

    Returns:
        dict from contender to accuracies, float array (seeds, counts): ``"reused"``; ``"from nothing"``; ``"another
        start"``, from nothing as well but from other initial weights, which shows what chance does.
    """
    objective, adam = objectives.classification(), keras.optimizers.Adam
    pretrain = repeats.Repeats(
        build(0), objective, steps=pretraining, batch_size=64, optimizer=adam(1e-3), jit_compile=jit_compile
    )
    adapt = repeats.Repeats(
        build(0), objective, steps=steps, batch_size=batch_size, optimizer=adam(1e-3), jit_compile=jit_compile
    )
    result = {name: np.zeros((len(seeds), len(counts))) for name in contenders}
    for row, seed in enumerate(progress.bar(seeds, "seeds")):
        pretrain.train(build(seed), known.x, known.y, seed=seed)
        fresh, other = build(seed + 1_000).get_weights(), build(seed + 2_000).get_weights()
        reused = pretrain.model.get_weights()[:-2] + fresh[-2:]
        starts = {"reused": reused, "from nothing": fresh, "another start": other}
        drawn = draw_by_class(new.y, max(counts), seed)
        for column, count in enumerate(counts):
            for name in contenders:
                adapt.train(starts[name], new.x, new.y, seed=seed, rows=drawn[:, :count].ravel())
                result[name][row, column] = repeats.accuracy(adapt.model, score)
    return result


def draw_by_class(y, count, seed):
    """Indices of ``count`` examples of each class, int (classes, count); the first few are the same for any count."""
    random = np.random.RandomState(seed)
    drawn = [random.permutation(np.flatnonzero(y == label)) for label in np.unique(y)]
    smallest = min(map(len, drawn))
    if count > smallest:
        raise ValueError(f"draw_by_class(count={count}): the smallest class has only {smallest} examples.")
    return np.stack([of_class[:count] for of_class in drawn])
