"""Thompson sampling on what a network has learnt to see: a linear bandit whose features are a hidden layer's."""

import keras
import numpy as np
import tensorflow as tf

from dlcourse import checks
from dlcourse.models.stacked import feed_forward
from dlcourse.rl.contextual import LinearThompson

BATCH = 64


class NeuralThompson(LinearThompson):
    """Neural-linear Thompson sampling (Riquelme et al. 2018, section 3).

    A perceptron learns the rewards of the arms that were chosen. Now and then it is trained further on all that has
    been seen; then each arm's ridge regression is computed anew from its hidden layer. Between two trainings it is a
    `LinearThompson` on those features. The runs' networks stand side by side.

    Args:
        scale, ridge: as for LinearThompson.
        units: of the hidden layer.
        every: steps between two trainings.
        updates: gradient steps (Adam, batches of 64) of each training; with 0 the hidden layer stays as it was drawn.
        seed: of the weights and batches.
    """

    def __init__(self, scale, ridge=1.0, *, units=64, every=200, updates=200, seed=0):
        super().__init__(scale, ridge)
        self.units = checks.whole_number("NeuralThompson(units)", units)
        self.every = checks.whole_number("NeuralThompson(every)", every)
        self.updates = checks.whole_number("NeuralThompson(updates)", updates, least=0)
        self.seed = checks.seed("NeuralThompson(seed)", seed)

    def start(self, runs, arms, features):
        super().start(runs, arms, self.units + 1)
        first = self.seed * runs
        self.network = feed_forward.mlp(
            range(first, first + runs), (features,), arms, hidden=(self.units,), shared=False
        )
        self.optimizer = keras.optimizers.Adam(1e-3)
        self.optimizer.build(self.network.trainable_variables)
        self.seen, self._train = [], _trainer(self.network, self.optimizer)
        self.rng = np.random.default_rng([self.seed, 7])

    def features(self, x):
        """The hidden layer and a constant, float64 (..., runs, units + 1), of x (..., runs, features)."""
        kernel, bias = (weight.numpy() for weight in self.network.weights[:2])
        hidden = np.maximum(np.einsum("...rf,rfu->...ru", x, kernel) + bias.reshape(len(self.runs), -1), 0)
        return np.concatenate([hidden, np.ones((*hidden.shape[:-1], 1))], axis=-1)

    def choose(self, x, rng):
        return super().choose(self.features(x), rng)

    def learn(self, x, arms, rewards):
        super().learn(self.features(x), arms, rewards)
        self.seen.append((x.astype("float32"), arms, rewards.astype("float32")))
        if len(self.seen) % self.every == 0:
            self._learn_features()

    def _learn_features(self):
        x, arms, rewards = (np.stack(column) for column in zip(*self.seen, strict=True))  # (steps, runs, ...)
        rows = self.rng.integers(len(x), size=(self.updates, BATCH))
        self._train(*(tf.constant(np.swapaxes(item, 0, 1)) for item in (x, arms, rewards)), tf.constant(rows))
        phi = self.features(x)
        for arm in range(self.rewarded.shape[1]):
            mine = phi * (arms == arm)[..., None]
            gram = np.einsum("tri,trj->rij", mine, mine, optimize=True) + self.ridge * np.eye(phi.shape[-1])
            self.covariance[:, arm] = np.linalg.inv(gram)
            self.rewarded[:, arm] = np.einsum("tri,tr->ri", mine, rewards)
        self.weights = np.einsum("raij,raj->rai", self.covariance, self.rewarded)


def _trainer(network, optimizer):
    """A graph that takes gradient steps on the squared error of the chosen arms' rewards."""

    @tf.function(reduce_retracing=True)
    def train(x, arms, rewards, batches):
        for rows in batches:
            chosen, target = tf.gather(arms, rows, axis=1), tf.gather(rewards, rows, axis=1)
            with tf.GradientTape() as tape:
                outputs = network(tf.gather(x, rows, axis=1), training=True)
                error = tf.gather(outputs, chosen, axis=2, batch_dims=2) - target
                loss = tf.reduce_sum(tf.reduce_mean(error**2, axis=1))  # over batches; over runs
            optimizer.apply(tape.gradient(loss, network.trainable_variables), network.trainable_variables)

    return train
