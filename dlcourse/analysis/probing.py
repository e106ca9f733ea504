"""Probing: what a linear classifier reads off the activations of each layer (Alain & Bengio 2017)."""

import keras
import numpy as np

from dlcourse.training.evaluation import in_batches


def activations(model, x):
    """The outputs of a network's hidden layers.

    Args:
        model: a Keras functional or sequential model.
        x: float (examples, ...).

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
    inner = keras.Model(model.inputs[0], {layer.name: layer.output for layer in hidden})
    # Each network is looked at once: to compile it takes longer than it saves.
    outputs = in_batches(lambda batch: inner(batch, training=False), np.asarray(x))
    return {layer.name: outputs[layer.name].reshape(len(x), -1) for layer in hidden}


class RidgeClassifier:
    """A linear classifier in closed form: ridge regression onto the one-hot labels, the largest output wins.

    Args:
        penalty: weight of the squared weights, per example, for features of mean 0 whose average variance is 1.

    Without iterations and a learning rate, probes of different layers differ by their features alone.

    Raises:
        ValueError: where the penalty is below 0; from ``fit``, where lengths differ or there are no examples.
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


def probe_layers(model, fit, score):
    """How well a linear classifier reads the label off each layer.

    Args:
        model: keras.Model; it is not changed.
        fit: Split that the linear classifiers are fitted to. Best held out from the model's own training.
        score: another Split that they are scored on.

    Returns:
        list of float: accuracy on ``score`` from each hidden layer.
    """
    fitted, scored = activations(model, fit.x), activations(model, score.x)
    return [probe(features, fit.y, scored[layer], score.y) for layer, features in fitted.items()]


def probe(x, y, held_out_x, held_out_y):
    """Accuracy on held-out features of a RidgeClassifier fitted to features x, (examples, ...), and labels y."""
    return RidgeClassifier().fit(x, y).accuracy(held_out_x, held_out_y)
