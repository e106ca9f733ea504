"""A small network whose hyperparameters are all arguments of one compiled function, so that a study compiles once.

Networks, one for each setting and seed, train side by side: their weights are stacked along the first axis, and a
learning rate, a penalty or a dropout rate is one number per network. Width and batch size are shapes, so networks that
differ in them run in separate calls of the same function.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from dlcourse import checks, progress, reproducibility
from dlcourse.training import optimizers

MOMENTUM = 0.9
"""Of SGD: the share of the last step that the next one keeps."""


@dataclass(frozen=True)
class Setting:
    """The hyperparameters of one training.

    Args:
        learning_rate: of each step, before a schedule's factor.
        hidden: units of the hidden layer.
        batch_size: examples per step.
        l2: each kernel adds ``l2 * sum(W ** 2)`` to the loss.
        weight_decay: each step multiplies each kernel by ``1 - learning_rate * weight_decay``, apart from the gradient
            step (Loshchilov & Hutter 2019).
        dropout: share of hidden units dropped.
        label_smoothing: share of the target spread over all classes.
        shifts: share of the training examples that are replaced by one of their shifted copies.
        optimizer: ``"sgd"`` (momentum 0.9) or ``"adam"``.

    Raises:
        ValueError: where a value makes no sense.
    """

    learning_rate: float = 0.1
    hidden: int = 32
    batch_size: int = 32
    l2: float = 0.0
    weight_decay: float = 0.0
    dropout: float = 0.0
    label_smoothing: float = 0.0
    shifts: float = 0.0
    optimizer: str = "sgd"

    def __post_init__(self):
        for name in ("hidden", "batch_size"):
            checks.whole_number(f"Setting({name})", getattr(self, name))
        for name in ("learning_rate", "l2", "weight_decay"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(
                    f"Setting({name}={getattr(self, name)!r}): expected a finite number, 0 or more."
                )
        for name in ("dropout", "label_smoothing"):
            checks.rate(f"Setting({name})", getattr(self, name))
        checks.fraction("Setting(shifts)", self.shifts)
        if self.optimizer not in ("sgd", "adam"):
            raise ValueError(f"Setting(optimizer={self.optimizer!r}): expected 'sgd' or 'adam'.")


class Tunable:
    """A classifier with one hidden layer of rectified linear units, on data that stay in the graph.

    Args:
        train: Split, or (x, y): x (examples, ...), flattened; y whole numbers (examples,). Or a list of these, with
            equally many examples: one for each seed, so that the networks of the first seed learn from the first.
        classes: number of classes.
        shifted: float (copies, examples, ...), shifted copies of the training examples, or None. Where ``train`` is a
            list: a list of these, or None.

    Raises:
        ValueError: where shapes don't fit.
    """

    def __init__(self, train, classes, shifted=None):
        self.sets = len(train) if isinstance(train, list) else None
        if self.sets is None:
            train, shifted = [train], None if shifted is None else [shifted]
        pairs = [(one.x, one.y) if hasattr(one, "x") else one for one in train]
        for x, y in pairs:
            if len(x) != len(y) or not len(x):
                raise ValueError(
                    f"Tunable() takes as many labels as examples, and at least one; got {len(x)} and {len(y)}."
                )
        shifted = [()] * len(pairs) if shifted is None else shifted
        if len(shifted) != len(pairs) or len({np.shape(x) for x, _ in pairs}) != 1:
            raise ValueError(
                "Tunable() takes sets of examples that have one shape, and shifted copies of each or of none; got "
                f"{[np.shape(x) for x, _ in pairs]}, and copies of {len(shifted)}."
            )
        images = [[x, *copies] for (x, _), copies in zip(pairs, shifted, strict=True)]
        if (
            len({np.shape(copy) for copies in images for copy in copies}) != 1
            or len(set(map(len, images))) != 1
        ):
            raise ValueError(
                f"Tunable(shifted=...): every copy needs the shape of the examples, {np.shape(pairs[0][0])}, and all "
                "sets as many copies."
            )
        reproducibility.deterministic()
        self.examples, self.classes, self.copies = len(pairs[0][0]), classes, len(images[0])
        rows = len(pairs) * self.copies * self.examples
        self.x = tf.constant(np.stack(images).reshape(rows, -1), tf.float32)
        self.y = tf.constant(np.concatenate([np.tile(y, self.copies) for _, y in pairs]), tf.int32)

    def start(self, settings, seeds):
        """Fresh networks, one for each setting and seed, in that order; a seed's weights don't depend on the setting.

        Args:
            settings: list of Setting that agree in ``hidden``, ``batch_size`` and ``optimizer``.
            seeds: whole numbers; as many as data sets, where these are several.

        Raises:
            ValueError: where settings don't agree, or there are more or fewer seeds than data sets.
        """
        if self.sets not in (None, len(seeds)):
            raise ValueError(f"start() got {len(seeds)} seeds for {self.sets} data sets: give each its seed.")
        return Networks(self, settings, seeds)

    def train(self, settings, seeds, epochs, measure, schedule=None, passes=1):
        """Train every setting with every seed, and measure after every epoch, or less often.

        Args:
            settings: list of Setting, which may differ in everything.
            seeds: whole numbers.
            epochs: passes over the training data.
            measure: function of Networks; it returns an array (networks, ...).
            schedule: function of the share of steps done, an array in [0, 1); it returns the factor of the learning
                rate, an array. None: always 1.
            passes: epochs between two measurements; a divisor of ``epochs``.

        Returns:
            float64 (settings, seeds, epochs / passes, ...).

        Raises:
            ValueError: where ``passes`` doesn't divide ``epochs``.
        """
        if epochs % passes:
            raise ValueError(
                f"train(epochs={epochs}, passes={passes}): expected a divisor of the epochs; give for example {epochs}."
            )
        result = None

        def shape(place):
            return settings[place].hidden, settings[place].batch_size, settings[place].optimizer

        with progress.bar(total=len(settings) * epochs, description="training", unit="epoch") as bar:
            for _, group in itertools.groupby(sorted(range(len(settings)), key=shape), shape):
                places = list(group)
                networks = self.start([settings[place] for place in places], seeds)
                for place in range(epochs // passes):
                    networks.epoch(epochs, schedule, passes)
                    values = np.asarray(measure(networks))
                    if result is None:
                        result = np.zeros((len(settings), len(seeds), epochs // passes, *values.shape[1:]))
                    result[places, :, place] = values.reshape(len(places), len(seeds), *values.shape[1:])
                    bar.update(len(places) * passes)
        return result


class Networks:
    """Networks in training: ``epoch()`` trains them one pass further. Made by ``Tunable.start``."""

    def __init__(self, tunable, settings, seeds):
        first = settings[0]
        shapes = {(one.hidden, one.batch_size, one.optimizer) for one in settings}
        if len(shapes) > 1:
            raise ValueError(
                f"Networks of one graph share hidden units, batch size and optimizer; got {sorted(shapes)}. "
                "Use Tunable.train(), which groups them."
            )
        self.tunable, self.settings, self.seeds = tunable, list(settings), list(seeds)
        self.count, self.hidden = len(settings) * len(self.seeds), first.hidden
        self.adam = first.optimizer == "adam"
        self.batch_size = min(first.batch_size, tunable.examples)
        self.epochs_done = self.steps_done = 0
        inputs = tunable.x.shape[1]
        by_seed = []
        for seed in self.seeds:
            random = np.random.default_rng([seed, 0])
            by_seed.append(
                [
                    random.normal(0, np.sqrt(2 / inputs), (inputs, self.hidden)),
                    np.zeros((1, self.hidden)),
                    random.normal(0, np.sqrt(1 / self.hidden), (self.hidden, tunable.classes)),
                    np.zeros((1, tunable.classes)),
                ]
            )
        tiled = [np.tile(np.stack(arrays), (len(settings), 1, 1)) for arrays in zip(*by_seed, strict=True)]
        self.state = optimizers.begin([array.astype("float32") for array in tiled])

    @property
    def weights(self):
        """Kernel and bias of the hidden layer, kernel and bias of the last, float32 (networks, ...) each."""
        return self.state.weights

    def _column(self, name):
        return np.repeat([float(getattr(one, name)) for one in self.settings], len(self.seeds)).astype(
            "float32"
        )

    def epoch(self, epochs=1, schedule=None, passes=1):
        """Train for one or several passes over the data; a last batch that is not whole is left out of each pass.

        Args:
            epochs: number of epochs of the whole training, for the schedule.
            schedule: see ``Tunable.train``.
            passes: number of epochs to train in this call.

        Raises:
            ValueError: where a setting asks for shifted copies, and there are none.
        """
        if self._column("shifts").any() and self.tunable.copies < 2:
            raise ValueError(
                "Setting(shifts=...) needs shifted copies: Tunable(train, classes, shifted=copies)."
            )
        steps = self.tunable.examples // self.batch_size
        rows = np.concatenate(
            [self._rows(epoch, steps) for epoch in range(self.epochs_done, self.epochs_done + passes)]
        )
        done = (self.epochs_done * steps + np.arange(len(rows))) / (epochs * steps)
        factor = np.ones(len(rows)) if schedule is None else np.asarray(schedule(done))
        self._run(rows, factor[:, None] * self._column("learning_rate"))
        self.epochs_done += passes

    def _rows(self, epoch, steps):
        """Rows of ``x`` that the steps of an epoch take, int (steps, networks, batch); settings share the order."""
        count, examples = steps * self.batch_size, self.tunable.examples
        by_seed = []
        for place, seed in enumerate(self.seeds):
            random = np.random.default_rng([seed, 1 + epoch])
            order, chance = random.permutation(examples)[:count], random.random(count)
            order += place * self.tunable.copies * examples if self.tunable.sets else 0
            by_seed.append((order, chance, random.integers(1, max(2, self.tunable.copies), count)))
        order, chance, copy = (
            np.tile(np.stack(part), (len(self.settings), 1)).reshape(self.count, steps, self.batch_size)
            for part in zip(*by_seed, strict=True)
        )
        rows = order + examples * np.where(chance < self._column("shifts")[:, None, None], copy, 0)
        return rows.transpose(1, 0, 2)

    def _run(self, rows, rates):
        """Train on ``rows``, int (steps, networks, batch), with learning rates (steps, networks)."""
        options = [
            tf.constant(self._column(name)[:, None, None])
            for name in ("l2", "weight_decay", "dropout", "label_smoothing")
        ]
        self.state, self.losses = _steps(
            self.tunable.x,
            self.tunable.y,
            self.state,
            tf.constant(rows, tf.int32),
            tf.constant(rates, tf.float32),
            options,
            tf.constant(self.steps_done),
            tf.constant(self.seeds[0]),
            self.adam,
        )
        self.steps_done += len(rows)

    def logits(self, x):
        """float32 (networks, examples, classes) for x (examples, ...)."""
        return _forward(tf.constant(np.reshape(x, (len(x), -1)), tf.float32), self.weights).numpy()

    def errors(self, split):
        """Error rate of each network on a Split, float64 (networks,).

        A network whose logits are not all finite counts as one that guesses.
        """
        logits = self.logits(split.x)
        wrong = (logits.argmax(axis=-1) != np.asarray(split.y)).mean(axis=-1)
        return np.where(np.isfinite(logits).all(axis=(1, 2)), wrong, 1 - 1 / self.tunable.classes)


@tf.function(reduce_retracing=True)
def _forward(x, weights):
    first, first_bias, last, last_bias = weights
    return tf.matmul(tf.nn.relu(tf.matmul(x[None], first) + first_bias), last) + last_bias


@tf.function(reduce_retracing=True)
def _steps(x, y, state, rows, rates, options, done, seed, adam):
    """One gradient step for each entry of ``rows`` (steps, networks, batch), by Adam, or by SGD with momenta as means.

    Returns optimizers.Adam after them, and losses, float32 (steps, networks), in nats.
    """
    l2, decay, dropout, smoothing = options
    losses = tf.TensorArray(tf.float32, size=tf.shape(rows)[0])

    def body(step, state, losses):
        weights = state.weights
        picked = rows[step]
        batch, labels = tf.gather(x, picked), tf.gather(y, picked)
        rate = rates[step][:, None, None]
        with tf.GradientTape() as tape:
            tape.watch(weights)
            first, first_bias, last, last_bias = weights
            units = tf.nn.relu(tf.matmul(batch, first) + first_bias)
            units = tf.cond(
                tf.reduce_any(dropout > 0),
                lambda: _dropped(units, dropout, [seed, done + step]),
                lambda: units,
            )
            logits = tf.matmul(units, last) + last_bias
            given = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            uniform = tf.reduce_logsumexp(logits, axis=-1) - tf.reduce_mean(logits, axis=-1)
            share = smoothing[:, :, 0]
            nats = tf.reduce_mean((1 - share) * given + share * uniform, axis=-1)
            penalty = l2[:, 0, 0] * (
                tf.reduce_sum(first**2, axis=(1, 2)) + tf.reduce_sum(last**2, axis=(1, 2))
            )
            total = tf.reduce_sum(nats + penalty)
        gradients = tape.gradient(total, weights)
        weights = [
            weight * (1 - rate * decay) if index in (0, 2) else weight for index, weight in enumerate(weights)
        ]
        if adam:
            state = optimizers.step(state._replace(weights=weights), gradients, rates[step])
        else:
            momenta = [MOMENTUM * v - rate * g for v, g in zip(state.means, gradients, strict=True)]
            weights = [w + v for w, v in zip(weights, momenta, strict=True)]
            state = state._replace(weights=weights, means=momenta)
        return step + 1, state, losses.write(step, nats)

    start = (tf.constant(0), state, losses)
    _, state, losses = tf.while_loop(lambda step, *_: step < tf.shape(rows)[0], body, start)
    return state, losses.stack()


def _dropped(units, dropout, seed):
    kept = tf.random.stateless_uniform(tf.shape(units), seed=seed) >= dropout
    return units * tf.cast(kept, tf.float32) / (1 - dropout)
